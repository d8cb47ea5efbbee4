"""The pass over events against its definition in float64, for probabilities and logits, weights and shares."""

import numpy as np
import pytest

from onewarm.calibration import CalibrationSummary, brier, nll
from onewarm.calibration.summary.cells import CELLS, cell_of


def test_events_by_their_definition():
    c = np.array([0.9, 0.2, 0.0, 1.0, 0.5])
    a = np.array([1.0, 0.25, 0.0, 1.0, 0.0])
    s = CalibrationSummary().update(c, a)
    expected = [-np.log(0.9), -(0.25 * np.log(0.2) + 0.75 * np.log(0.8)), 0, 0, np.log(2)]
    assert nll(s) == pytest.approx(np.mean(expected), rel=1e-12)
    assert brier(s) == pytest.approx(np.mean(c * c - 2 * c * a + a), rel=1e-12)
    assert s.events and repr(s) == "CalibrationSummary(rows=5, events)"
    z = np.log(c[[0, 1, 4]] / (1 - c[[0, 1, 4]]))
    logit = CalibrationSummary().update(z, a[[0, 1, 4]], logits=True)
    assert nll(logit) == pytest.approx(np.mean(np.array(expected)[[0, 1, 4]]), rel=1e-12)
    assert nll(CalibrationSummary().update(np.array([0.0]), np.array([1]))) == np.inf


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["labels", "shares"])
def test_every_sum_is_its_definition(agrees, dtype, weighted, kind):
    rng = np.random.default_rng(0)
    n = 20_000  # more than a block
    c = rng.uniform(size=n).astype(dtype)
    c[:4] = 0, 1, 0, 1
    a = rng.integers(0, 2, n) if kind == "labels" else rng.integers(0, 6, n) / 5
    w = rng.uniform(0, 2, n) * rng.integers(0, 2, n) if weighted else None
    agrees(CalibrationSummary().update(c, a, weights=w), c, a, w)


def test_logits_are_the_log_odds(agrees):
    rng = np.random.default_rng(1)
    z, a = rng.normal(size=3000) * 4, rng.integers(0, 3, 3000) / 2
    agrees(CalibrationSummary().update(z, a, logits=True), 1 / (1 + np.exp(-z)), a)
    far = CalibrationSummary().update(np.array([-2000.0, 2000.0, 0.0]), np.array([1, 0, 1]), logits=True)
    assert far.total("nll") == pytest.approx(4000 + np.log(2)) and far.total("nll_infinite") == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_cells_are_those_of_cell_of(dtype):
    """On every edge, a float32 step above and below it, and between."""
    edge = (np.arange(CELLS + 1) / CELLS).astype(np.float32)
    near = np.r_[edge, np.nextafter(edge, np.float32(0)), np.nextafter(edge[:-1], np.float32(1))]
    c = np.r_[near, np.random.default_rng(0).uniform(size=5000)].astype(dtype)
    found = CalibrationSummary().update(c, np.ones(len(c)))["cell_count"]
    assert found.tolist() == np.bincount(cell_of(c.astype(np.float64)), minlength=CELLS).tolist()


@pytest.mark.parametrize(
    ("predictions", "truth", "weights", "text"),
    [
        ([0.5, 1.5], [0, 1], None, "probabilities[1] is 1.5: are these percentages? divide by 100"),
        ([0.5, np.nan], [0, 1], None, "probabilities[1] is nan: expected a number in [0, 1]"),
        ([0.5, 0.5], [0, 2], None, "truth[1] is 2, outside 0..1: with predictions of shape (N,) the truth is "
         "whether the event happened; for class labels pass predictions of shape (N, K)"),
        ([0.5, 0.5], [0, 1], [1, -1], "weights[1] is -1: weights are finite and not negative; 0 leaves a row out"),
        ([0.5, 0.5], [0, 1], [1], "weights has shape (1,): expected (2,), one a row"),
    ],
)  # fmt: skip
def test_bad_events_are_named(predictions, truth, weights, text):
    s = CalibrationSummary()
    with pytest.raises(ValueError) as error:
        s.update(np.array(predictions), np.array(truth), weights=None if weights is None else np.array(weights))
    assert str(error.value) == text
    assert s.count == 0

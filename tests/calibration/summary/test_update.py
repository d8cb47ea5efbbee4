"""The compiled pass: threads, types, weights, events, and many rows in one place."""

import numpy as np
import pytest

from onewarm.calibration import CalibrationSummary, brier, ece, nll
from onewarm.kernels.cpu import thread_pool as pool


def predictions(n, k=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(k, 0.4), n).astype(np.float32), rng.integers(0, k, n)


@pytest.mark.parametrize("classwise", [False, True])
def test_the_number_of_threads_does_not_show(classwise):
    p, labels = predictions(300_000)
    found = []
    for threads in (1, 2, 3):
        pool.set_threads(threads)
        try:
            found.append(CalibrationSummary(classwise=classwise).update(p, labels).to_bytes())
        finally:
            pool.set_threads(None)
    assert found[0] == found[1] == found[2]


def test_forty_million_rows_in_one_bin():
    """float32 sums stop counting at 2^24 rows."""
    part = np.tile(np.array([0.35, 0.65], np.float32), (1_000_000, 1))
    summary = CalibrationSummary()
    for _ in range(40):
        summary.update(part, np.ones(1_000_000, np.int64))
    assert summary.count == 40_000_000
    assert ece(summary) == pytest.approx(1 - float(np.float32(0.65)), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f8"])
@pytest.mark.parametrize("layout", ["C", "F", "strided"])
def test_any_floating_type_and_layout(dtype, layout):
    rng = np.random.default_rng(0)
    z = (rng.integers(-8, 8, (200, 3)) / 4).astype(dtype)  # exact in every type
    labels = rng.integers(0, 3, 200)
    given = {"C": z, "F": np.asfortranarray(z), "strided": np.repeat(z, 2, axis=0)[::2]}[layout]
    got = CalibrationSummary().update(given, labels.astype(np.int16), logits=True)
    expected = CalibrationSummary().update(z.astype(np.float64), labels, logits=True)
    assert got["cell_count"].tolist() == expected["cell_count"].tolist()
    assert nll(got) == pytest.approx(nll(expected), rel=1e-12)


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


def test_one_column_of_a_binary_model_is_both():
    p, labels = predictions(500, 2)
    p = p.astype(np.float64)
    p[:, 0] = 1 - p[:, 1]
    both = CalibrationSummary(classwise=True).update(p, labels)
    one = CalibrationSummary(2, classwise=True).update(p[:, 1], labels)
    assert one.to_bytes() == both.to_bytes()


def test_weights_of_zero_leave_rows_out():
    p, labels = predictions(100)
    weights = np.arange(100) % 2
    kept = CalibrationSummary().update(p[1::2], labels[1::2], weights=np.ones(50))
    assert CalibrationSummary().update(p, labels, weights=weights).to_bytes() == kept.to_bytes()


def test_weights_of_one_are_no_weights(case):
    z, _, votes, _ = case
    plain = CalibrationSummary(classwise=True).update(z, votes, logits=True)
    ones = CalibrationSummary(classwise=True).update(z, votes, logits=True, weights=np.ones(400))
    assert plain.to_bytes() == ones.to_bytes()


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
def test_bad_events_and_weights_are_named(predictions, truth, weights, text):
    s = CalibrationSummary()
    with pytest.raises(ValueError) as error:
        s.update(np.array(predictions), np.array(truth), weights=None if weights is None else np.array(weights))
    assert str(error.value) == text
    assert s.count == 0


def test_a_bad_row_far_in_is_found():
    p, labels = predictions(400_000)
    p[250_001, 2] = np.nan
    with pytest.raises(ValueError, match=r"^probabilities\[250001, 2\] is nan"):
        CalibrationSummary().update(p, labels)
    p, _ = predictions(400_000)
    labels[399_999] = 5
    with pytest.raises(ValueError, match=r"^truth\[399999\] is 5, outside 0\.\.4: labels start at 0; subtract 1"):
        CalibrationSummary().update(p, labels)

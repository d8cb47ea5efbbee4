"""The pass over probabilities with labels against its definition in float64, and its sums of very many rows."""

import numpy as np
import pytest

from onewarm.calibration import CalibrationSummary, ece


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [2, 5, 130])
def test_every_sum_is_its_definition(agrees, dtype, k):
    rng = np.random.default_rng(k)
    n = 20_000 if k < 100 else 2000  # more than a block, of the few
    p = rng.dirichlet(np.full(k, 0.4), n).astype(dtype)
    p[:3] = np.eye(k)[:1]  # certain, and right or wrong
    labels = rng.integers(0, k, n)
    labels[:2] = 0, 1
    agrees(CalibrationSummary(classwise=True).update(p, labels), p, np.eye(k)[labels], classwise=True)


def test_labels_are_one_hot_distributions():
    """The two ways through compiled code agree, and count alike to the bit."""
    rng = np.random.default_rng(0)
    p, labels = rng.dirichlet(np.ones(4), 5000), rng.integers(0, 4, 5000)
    fast = CalibrationSummary(classwise=True).update(p, labels)
    general = CalibrationSummary(classwise=True).update(p, np.eye(4)[labels])
    for name, values in fast.statistics.items():
        if "count" in name or name == "nll_infinite":
            assert values.tolist() == general[name].tolist(), name
        np.testing.assert_allclose(values, general[name], rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("tiny", [1e-290, 1e-310, 5e-324])
def test_the_least_probabilities_cost_their_logarithm(tiny):
    summary = CalibrationSummary().update(np.array([[tiny, 1.0], [0.5, 0.5], [0.0, 1.0]]), np.array([0, 0, 0]))
    assert summary.total("nll") == pytest.approx(-np.log(tiny) + np.log(2), rel=1e-12)
    assert summary.total("nll2") == pytest.approx(np.log(tiny) ** 2 + np.log(2) ** 2, rel=1e-12)
    assert summary.total("nll_infinite") == 1


def test_forty_million_rows_in_one_bin():
    """float32 sums stop counting at 2^24 rows."""
    part = np.tile(np.array([0.35, 0.65], np.float32), (1_000_000, 1))
    summary = CalibrationSummary()
    for _ in range(40):
        summary.update(part, np.ones(1_000_000, np.int64))
    assert summary.count == 40_000_000
    assert ece(summary) == pytest.approx(1 - float(np.float32(0.65)), rel=1e-12)


def test_groups_are_of_like_size_and_change_with_the_seed():
    rng = np.random.default_rng(0)
    p, labels = rng.dirichlet(np.ones(3), 16_000), rng.integers(0, 3, 16_000)
    sizes = [
        CalibrationSummary(classwise=True, groups=16, seed=seed).update(p, labels)["class_count"].sum(axis=(1, 2)) / 3
        for seed in (0, 1)
    ]
    for size in sizes:
        assert size.sum() == 16_000
        assert ((size - 1000) ** 2 / 1000).sum() < 37.7  # chi-squared of 15 degrees of freedom at .001
    assert (sizes[0] != sizes[1]).any()


@pytest.mark.parametrize(
    ("row", "label", "text"),
    [
        ([0.5, 0.5, 0.0], 3, "truth[1] is 3, outside 0..2: labels start at 0; subtract 1"),
        ([0.5, 0.5, 0.0], -1, "truth[1] is -1, outside 0..2: "),
        ([0.5, 0.4, 0.0], 0, "probabilities[1] sums to 0.9, not 1 (tolerance 0.001): pass normalize=True"),
        ([0.7, 0.5, -0.2], 0, "probabilities[1, 2] is -0.2: probabilities are finite and not negative"),
        ([np.nan, 0.5, 0.5], 0, "probabilities[1, 0] is nan: probabilities are finite and not negative"),
        ([np.inf, 0.5, 0.5], 3, "truth[1] is 3, outside 0..2: "),  # labels first
    ],
)
def test_a_bad_row_is_named_and_nothing_is_kept(row, label, text):
    summary = CalibrationSummary()
    with pytest.raises(ValueError) as error:
        summary.update(np.array([[1.0, 0.0, 0.0], row]), np.array([0, label]))
    assert str(error.value).startswith(text) and summary.count == 0

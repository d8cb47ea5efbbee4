"""Intervals of means against their closed forms, computed from the rows."""

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from onewarm.calibration import CalibrationSummary, estimate
from onewarm.calibration.intervals.wilson import wilson_interval

N = 30  # few, so that n - 1 is not n


def events(seed=0):
    """Confidences on multiples of 1/10, each the only value in its cell, and shares of four votes."""
    rng = np.random.default_rng(seed)
    c = rng.integers(1, 11, N) / 10
    return c, rng.binomial(4, 0.8 * c) / 4, rng.uniform(0.2, 3, N)


def terms(c, a):
    """Each metric as a mean over rows of these."""
    with np.errstate(divide="ignore", invalid="ignore"):
        nll = -(np.where(a > 0, a * np.log(c), 0) + np.where(a < 1, (1 - a) * np.log1p(-c), 0))
    return {"mean_confidence": c, "confidence_gap": c - a, "nll": nll, "brier": c * c - 2 * c * a + a}


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", ["mean_confidence", "confidence_gap", "nll", "brier"])
def test_normal_interval_of_a_mean(name, level):
    c, a, _ = events()
    a = np.where(c == 1, 1, a)  # a finite NLL
    x = terms(c, a)[name]
    found = estimate(CalibrationSummary().update(c, a), name, level=level)
    reach = norm.ppf((1 + level) / 2) * x.std(ddof=1) / np.sqrt(N)
    assert (found.value, found.low, found.high) == pytest.approx((x.mean(), x.mean() - reach, x.mean() + reach))
    assert found.corrected == found.value and found.method == "normal"


@pytest.mark.parametrize("name", ["mean_confidence", "confidence_gap", "nll", "brier"])
def test_normal_interval_of_a_weighted_mean(name):
    c, a, w = events()
    a = np.where(c == 1, 1, a)
    x = terms(c, a)[name]
    mean, rows = (w * x).sum() / w.sum(), w.sum() ** 2 / (w**2).sum()
    spread = np.sqrt((w**2 * (x - mean) ** 2).sum() * rows / (rows - 1)) / w.sum()
    found = estimate(CalibrationSummary().update(c, a, weights=w), name)
    assert (found.low, found.high) == pytest.approx((mean - 1.6448536 * spread, mean + 1.6448536 * spread))


def test_one_row_has_a_width_of_zero_not_an_error():
    found = estimate(CalibrationSummary().update(np.array([0.7]), np.array([1])), "brier")
    assert found.low == found.value == found.high == pytest.approx(0.09)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_accuracy_of_labels_is_wilsons(level):
    c, a, _ = events()
    right = (a > 0.5).astype(int)
    found = estimate(CalibrationSummary().update(c, right), "accuracy", level=level)
    expected = binomtest(int(right.sum()), N).proportion_ci(level, method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high)) and found.method == "wilson"


def test_accuracy_of_votes_counts_as_many_rows_as_their_variance_is_worth():
    c, a, _ = events()
    found = estimate(CalibrationSummary().update(c, a), "accuracy")
    rows = N * a.mean() * (1 - a.mean()) / a.var()
    assert rows > 1.5 * N
    low, high = wilson_interval(np.array([a.mean()]), np.array([rows]), 0.9)[0]
    assert (found.low, found.high) == pytest.approx((low, high))


def test_accuracy_of_rows_that_all_have_one_share_counts_each_as_one():
    """No variance is no evidence of certainty."""
    found = estimate(CalibrationSummary().update(np.full(N, 0.7), np.full(N, 0.5)), "accuracy")
    low, high = wilson_interval(np.array([0.5]), np.array([N]), 0.9)[0]
    assert (found.low, found.high) == pytest.approx((low, high))

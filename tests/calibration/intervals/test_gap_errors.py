"""Errors as functions of gaps agree with the metrics, and their intervals with cases that have a closed form."""

import numpy as np
import pytest

from onewarm import calibration
from onewarm.calibration import CalibrationSummary, estimate
from onewarm.calibration.intervals import gap_errors
from onewarm.calibration.metrics.bins import class_gaps


@pytest.fixture(scope="module")
def summary():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(3, 0.7), 1500)
    return CalibrationSummary(classwise=True).update(p, rng.integers(0, 3, 1500))


ERRORS = {
    "ece": (gap_errors.absolute, gap_errors.by_width),
    "ece_equal_mass": (gap_errors.absolute, gap_errors.by_mass),
    "top_label_ece": (gap_errors.absolute, gap_errors.by_predicted_class),
    "overconfidence": (gap_errors.positive, gap_errors.by_width),
    "underconfidence": (gap_errors.negative, gap_errors.by_width),
    "mce": (gap_errors.greatest, gap_errors.by_width),
}


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("bins", [8, 15])
def test_the_error_of_the_gaps_is_the_metric(summary, name, bins):
    error, bins_of = ERRORS[name]
    gaps = bins_of(summary, bins)
    assert error(gaps.gap, gaps) == pytest.approx(getattr(calibration, name)(summary, bins), rel=1e-12)
    several = np.stack([gaps.gap, 0 * gaps.gap, -gaps.gap])  # draws on the first axis
    assert error(several, gaps).shape == (3,) and error(several, gaps)[1] == 0


@pytest.mark.parametrize("k", [2, 3])
def test_errors_of_classes_are_the_metrics(k):
    """Far from noise the corrected value is the metric itself."""
    rng = np.random.default_rng(1)
    p = 0.5 * rng.dirichlet(np.ones(k), 200_000) + 0.5 * np.eye(k)[0]
    s = CalibrationSummary(classwise=True).update(p, rng.integers(0, k, 200_000))
    for name in ("classwise_ece", "brier_reliability"):
        found = estimate(s, name)
        assert found.corrected == pytest.approx(getattr(calibration, name)(s), rel=0.01), name
        assert found.low < found.value < found.high < 1.05 * found.low


def test_squares_of_classes_are_in_shares_of_rows(summary):
    gaps, _ = class_gaps(summary, 15)
    assert gap_errors.squared(gaps.gap, gaps) == pytest.approx(calibration.brier_reliability(summary), rel=1e-12)


def test_one_sided_errors_see_only_their_sign():
    rng = np.random.default_rng(2)
    c = rng.uniform(0.5, 1, 20_000)
    over = CalibrationSummary().update(c, rng.uniform(size=20_000) < c - 0.1)
    found = estimate(over, "overconfidence")
    assert found.low > 0.08 and found.low < 0.1 < found.high
    assert estimate(over, "underconfidence").high < 0.01
    under = CalibrationSummary().update(c - 0.2, rng.uniform(size=20_000) < c - 0.1)
    assert estimate(under, "underconfidence").low > 0.08 and estimate(under, "overconfidence").high < 0.01


@pytest.mark.parametrize("few", [3, 12])
def test_the_lower_end_of_the_maximum_is_at_least_that_of_the_mean_gap(few):
    """50,000 rows with a gap of .1 beside a bin of few rows, which alone would let the maximum be anything from 0.

    A fifth of the error is spent on the mean gap: at level .9 its lower end is that of level .98, at z = 2.326.
    """
    c = np.r_[np.full(50_000, 0.7), np.full(few, 0.9)]
    a = np.r_[np.arange(50_000) % 10 < 6, np.arange(few) % 10 < 9]
    found = estimate(CalibrationSummary().update(c, a), "mce")
    error = np.sqrt(0.6 * 0.4 / 50_000)
    assert found.low == pytest.approx(0.1 - 2.326 * error, abs=0.3 * error)
    assert found.low <= found.corrected <= found.high and found.high > 0.1


def test_debiased_square_keeps_its_value_and_has_the_interval_of_the_plain_one():
    rng = np.random.default_rng(3)
    c = rng.uniform(0.5, 1, 1000)
    s = CalibrationSummary().update(c, rng.uniform(size=1000) < c)
    found = estimate(s, "squared_error")
    assert found.corrected == found.value < 0.001 and found.low == 0 < found.high


def test_smooth_error_at_a_bandwidth():
    rng = np.random.default_rng(4)
    c = rng.uniform(0.5, 1, 20_000)
    s = CalibrationSummary().update(c, rng.uniform(size=20_000) < c - 0.1)
    for options in ({}, {"bandwidth": 0.05}, {"bandwidth": 0.01}):
        found = estimate(s, "smooth_ece", **options)
        assert found.low < 0.1 < found.high < 0.115 and found.low > 0.085

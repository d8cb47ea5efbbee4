"""The inversion on cases whose answer is known."""

import numpy as np
import pytest

from onewarm.calibration.intervals.inversion import from_gaps, invert, shape
from onewarm.calibration.metrics.bins import Gaps


def one_bin(gap, rows=10_000, confidence=0.8):
    ones = np.ones(1)
    return Gaps(ones, ones * gap, ones * confidence, ones * confidence**2, ones / rows, np.zeros(1, int), 1.0)


def total(gap):
    return np.abs(gap).sum(axis=-1)


@pytest.mark.parametrize("gap", [0.1, -0.1])
def test_far_from_noise_it_is_the_normal_interval(gap):
    found = invert(from_gaps(one_bin(gap), np.random.default_rng(0), draws=4000), total, abs(gap), 0.9)
    right = 0.8 - gap
    reach = 1.645 * np.sqrt(right * (1 - right) / 10_000)
    assert found.corrected == pytest.approx(0.1, abs=3e-4)
    assert (found.low, found.high) == pytest.approx((0.1 - reach, 0.1 + reach), abs=6e-4)


def test_within_noise_it_begins_at_zero():
    error = np.sqrt(0.8 * 0.2 / 10_000)
    found = invert(from_gaps(one_bin(error), np.random.default_rng(0)), total, error, 0.9)
    assert found.low == 0 and error < found.high < 4 * error
    # |N(0, 1)| is above 1.645 in a tenth of samples: from there on, 0 is left out.
    beyond = invert(from_gaps(one_bin(1.75 * error), np.random.default_rng(0), draws=4000), total, 1.75 * error, 0.9)
    assert beyond.low > 0


def many_bins(gap, rows):
    """Bins at confidences .5 to .9 with as many rows each, and these gaps (of a row)."""
    gap = np.asarray(gap, float)
    b = len(gap)
    c, share = np.linspace(0.5, 0.9, b), np.full(b, 1 / b)
    return Gaps(share, gap * share, c, c * c, share**2 / rows, np.zeros(b, int), 1.0)


def errors(gaps):
    return np.sqrt(gaps.moment * (gaps.confidence - gaps.square))


def test_noise_does_not_make_an_even_shape_uneven():
    rng = np.random.default_rng(0)
    uneven = []
    for _ in range(50):
        found = many_bins(0.1 + rng.normal(size=12) * 0.05, 80)  # as off as binomial noise of 80 rows makes them
        uneven.append(np.std(shape(found, errors(found))))
    assert np.mean(uneven) < 0.02 < np.std(found.gap / found.share)


def test_a_clear_shape_is_kept():
    gap = np.where(np.arange(12) % 3, 0.05, -0.1)
    found = many_bins(gap, 100_000)
    np.testing.assert_allclose(shape(found, errors(found)), gap, atol=2e-3)


def test_one_sign_keeps_clear_gaps_of_the_other():
    gap = np.repeat([0.1, 0.0, -0.1], 6)
    found = many_bins(gap, 20_000)
    model = from_gaps(found, np.random.default_rng(0), sign=1)
    assert model.gaps(0.0)[-1] * 18 == pytest.approx(-0.1, rel=0.1) and model.gaps(0.0)[0] == 0
    assert model.gaps(1.0)[0] * 18 == pytest.approx(0.1, rel=0.1)


def test_no_candidate_is_more_wrong_than_always_or_less_than_never():
    found = many_bins([0.05, -0.05, 0.01], 50)
    model = from_gaps(found, np.random.default_rng(0))
    reach = model.gaps(1e6) / found.share
    assert ((reach >= found.confidence - 1 - 1e-12) & (reach <= found.confidence + 1e-12)).all()


def test_every_bin_can_be_raised_however_small_its_gap():
    """With gaps of 0 the candidates still rise in every bin, by a share of its noise; else nothing above 0 is tried."""
    found = many_bins(np.zeros(5), 100)
    model = from_gaps(found, np.random.default_rng(0))
    small, large = np.abs(model.gaps(1.0)), np.abs(model.gaps(2.0))
    assert not model.gaps(0.0).any()
    assert (small > 0.1 * errors(found)).all() and (small < errors(found)).all()
    np.testing.assert_allclose(large, 2 * small, rtol=1e-12)


@pytest.mark.parametrize("rows", [40, 400])
def test_a_calibrated_model_has_an_interval_from_zero_to_beyond_its_error(rows):
    """Half of the calibrated models with as many bins have a larger error: the interval reaches at least their mean."""
    rng = np.random.default_rng(1)
    gaps = many_bins(rng.normal(size=8) * errors(many_bins(np.zeros(8), rows)) * 8, rows)
    observed = float(total(gaps.gap))
    found = invert(from_gaps(gaps, rng), total, observed, 0.9)
    assert found.low == 0 <= found.corrected <= found.high
    assert 0.3 * observed < found.high < 2 * observed

"""The inversion on cases whose answer is known."""

import numpy as np
import pytest

from onewarm.calibration.gaps import Gaps
from onewarm.calibration.inversion import from_gaps, invert, shape


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


def test_a_shape_of_one_sign_keeps_clear_gaps_of_the_other():
    gap, error = np.array([0.1, -0.1, -0.001]), np.full(3, 0.01)
    fixed, scaled = shape(gap, error, 1)
    assert fixed[0] == 0 and fixed[1] == pytest.approx(-0.1, rel=0.01) and scaled[1] == 0
    assert scaled[0] > 0 and scaled[2] > 0

"""Wilson's interval against SciPy's, and its coverage by simulation."""

import numpy as np
import pytest
from scipy.stats import binomtest

from onewarm.calibration.intervals.wilson import wilson_interval


@pytest.mark.parametrize(("right", "rows"), [(0, 1), (0, 12), (12, 12), (5, 12), (999, 1000), (300, 1000)])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_wilson_interval_is_scipys(right, rows, level):
    expected = binomtest(right, rows).proportion_ci(level, method="wilson")
    got = wilson_interval(np.array([right / rows]), np.array([rows]), level)[0]
    assert got.tolist() == pytest.approx([expected.low, expected.high], abs=1e-12)


def test_wilson_interval_covers():
    """At least about its level over many draws, for a share near 1 where the plain normal interval fails."""
    rng = np.random.default_rng(0)
    right = rng.binomial(30, 0.95, 4000)
    low, high = wilson_interval(right / 30, np.full(4000, 30), 0.9).T
    assert 0.87 < ((low <= 0.95) & (high >= 0.95)).mean() < 0.97


def test_any_shape_no_rows_and_a_given_z():
    share, count = np.array([[0.5, 0.2], [0.0, np.nan]]), np.array([[10, 5], [3, 0]])
    ends = wilson_interval(share, count)
    assert ends.shape == (2, 2, 2) and np.isnan(ends[1, 1]).all() and not np.isnan(ends[:, 0]).any()
    np.testing.assert_allclose(wilson_interval(share, count, z=1.959963984540054), ends, rtol=1e-12)
    np.testing.assert_array_equal(wilson_interval(share, count, 0.95), ends)


@pytest.mark.parametrize("level", [0, 1, 95, float("nan")])
def test_levels_outside_the_unit_interval_are_errors(level):
    with pytest.raises(ValueError) as error:
        wilson_interval(np.array([0.5]), np.array([10]), level)
    assert str(error.value) == f"level is {level}: expected a number between 0 and 1, such as .95"

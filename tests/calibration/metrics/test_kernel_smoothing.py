"""The reflected kernel against its definition, and the bandwidth against the equation that it solves."""

import numpy as np
import pytest
from scipy.optimize import brentq

from onewarm.calibration import CalibrationSummary, smooth_ece
from onewarm.calibration.metrics.bins import cell_gaps, equal_width
from onewarm.calibration.metrics.calibration_error import smooth_bandwidth
from onewarm.calibration.metrics.kernel_smoothing import LEAST, bandwidth, error, kernel


def straight_error(c, gap, width, points=4000):
    """int |sum_i gap_i K(x - c_i)| dx, the Gaussian reflected at 0 and 1 as often as it reaches there."""
    x = (np.arange(points) + 0.5) / points
    total = np.zeros(points)
    for i in range(-4, 5):
        for sign in (1, -1):
            image = 2 * i + sign * x
            total += (gap[:, None] * np.exp(-0.5 * ((image - c[:, None]) / width) ** 2)).sum(axis=0)
    return np.abs(total).mean() / (width * np.sqrt(2 * np.pi))


@pytest.mark.parametrize("width", [0.004, 0.05, 0.3, 1.0])
def test_rows_of_the_kernel_are_reflected_densities(width):
    places = np.array([0.0, 0.02, 0.5, 0.97, 1.0])
    matrix, step = kernel(places, width)
    size = matrix.shape[1]
    assert step == 1 / size and size >= max(200, 4 / width)
    np.testing.assert_allclose(matrix.sum(axis=1) * step, 1, rtol=1e-12)
    x = (np.arange(size) + 0.5) / size
    density = sum(
        np.exp(-0.5 * ((2 * i + sign * x - places[:, None]) / width) ** 2) for i in range(-5, 6) for sign in (1, -1)
    ) / (width * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(matrix, density, rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("width", [0.01, 0.08, 0.9])
def test_error_is_the_integral(width):
    rng = np.random.default_rng(0)
    c = rng.uniform(size=300)
    gaps = cell_gaps(CalibrationSummary().update(c, rng.uniform(size=300) < 0.5))
    assert error(gaps, width) == pytest.approx(straight_error(gaps.confidence, gaps.gap, width), abs=5e-5)


def model(seed, bend):
    rng = np.random.default_rng(seed)
    c = rng.beta(3, 1, 4000)
    return CalibrationSummary().update(c, rng.uniform(size=4000) < np.clip(c - bend, 0, 1))


@pytest.mark.parametrize("bend", [0.0, 0.02, 0.2, 0.6])
@pytest.mark.parametrize("seed", range(3))
def test_bandwidth_is_the_root_of_its_equation(seed, bend):
    s = model(seed, bend)
    gaps = cell_gaps(s)
    root = brentq(lambda width: error(gaps, width) - width, LEAST, 1.0)
    assert smooth_bandwidth(s) == pytest.approx(root, rel=3e-4)
    assert smooth_ece(s) == pytest.approx(root, rel=3e-4)


def test_the_coarse_bins_only_save_time():
    gaps = cell_gaps(model(0, 0.1))
    coarse = cell_gaps(model(0, 0.1), equal_width(100))
    assert bandwidth(gaps, coarse) == pytest.approx(bandwidth(gaps, gaps), rel=3e-4)


def test_least_bandwidth():
    perfect = CalibrationSummary().update(np.array([1.0, 0.0]), np.array([1, 0]))
    assert smooth_bandwidth(perfect) == LEAST and smooth_ece(perfect) == 0


@pytest.mark.parametrize("width", [0.0, -0.1, 1.1, float("nan")])
def test_widths_outside_the_unit_interval_are_errors(width):
    with pytest.raises(ValueError) as raised:
        kernel(np.array([0.5]), width)
    assert str(raised.value) == f"bandwidth is {width}: expected a number in (0, 1]"

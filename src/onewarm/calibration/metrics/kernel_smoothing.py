"""Gaps smoothed by a Gaussian kernel that is reflected at 0 and 1."""

from __future__ import annotations

import numpy as np

from onewarm.calibration.metrics.bins import Gaps
from onewarm.calibration.summary.cells import Floats
from onewarm.errors import InputError

LEAST = 1e-3
"""The least bandwidth: cells are 1/600 wide, and a narrower kernel would resolve single cells."""


def kernel(places: Floats, width: float, least: int = 200) -> tuple[Floats, float]:
    """Gaussian kernels at ``places``, on a grid over [0, 1], and the step of that grid.

    Args:
        places: (P,), centres of the kernels.
        width: standard deviation of the kernel, in (0, 1].
        least: the grid has at least this many points, and at least four a bandwidth.

    Returns:
        The kernels, shape (P, G), each row with integral 1 over [0, 1]; and the grid step 1 / G.

    Raises:
        ValueError: a width outside (0, 1].
    """
    if not 0 < width <= 1:
        raise InputError(f"bandwidth is {width}: expected a number in (0, 1]")
    size = int(max(least, np.ceil(4 / width)))
    grid = (np.arange(size) + 0.5) / size
    total = np.zeros((len(places), size))
    # Reflection at 0 and 1: the images of x are 2 i + x and 2 i - x for every integer i.
    for i in range(-int(np.ceil(2 * width)) - 1, int(np.ceil(2 * width)) + 2):
        for image in (2 * i + grid, 2 * i - grid):
            if (np.abs(image - 0.5).min() - 0.5) < 6 * width:
                total += np.exp(-0.5 * ((image - places[:, None]) / width) ** 2)
    return total / (total.sum(axis=1, keepdims=True) / size), 1 / size


def error(gaps: Gaps, width: float) -> float:
    """Smooth calibration error at one bandwidth: int_0^1 |smoothed gap| dx."""
    matrix, step = kernel(gaps.confidence, width)
    return float(np.abs(gaps.gap @ matrix).sum() * step)


def bandwidth(gaps: Gaps, coarse: Gaps) -> float:
    """The s with smECE_s = s, to a relative 2e-4, by bisection: smECE_s decreases in s. At least ``LEAST``.

    The cost of a kernel grows with the number of bins, so that the first steps use ``coarse``: the same rows in fewer
    bins. Its bracket is widened by 2 % at both ends before the search goes on with all bins.
    """
    low, high = LEAST, 1.0
    for binned, steps in ((coarse, 8), (gaps, 8)):
        if binned is gaps:
            low, high = max(low * 0.98, LEAST), min(high * 1.02, 1.0)
            if error(gaps, low) <= low:
                return low
        for _ in range(steps):
            middle = float(np.sqrt(low * high))
            if error(binned, middle) >= middle:
                low = middle
            else:
                high = middle
    return float(np.sqrt(low * high))

"""Gaps smoothed by a Gaussian kernel that is reflected at 0 and 1."""

from __future__ import annotations

import numpy as np

from onewarm.calibration.metrics.bins import Gaps
from onewarm.calibration.summary.cells import Floats

LEAST = 1e-3
"""The least bandwidth that is looked at: cells are 1/600 wide."""


def kernel(places: Floats, width: float, least: int = 200) -> tuple[Floats, float]:
    """The kernel from each place to a grid on [0, 1], shape (len(places), G), each row with integral 1; grid step.

    The grid has at least ``least`` points, and four a bandwidth.
    """
    if not 0 < width <= 1:
        raise ValueError(f"bandwidth is {width}: expected a number in (0, 1]")
    size = int(max(least, np.ceil(4 / width)))
    grid = (np.arange(size) + 0.5) / size
    total = np.zeros((len(places), size))
    for turn in range(-int(np.ceil(2 * width)) - 1, int(np.ceil(2 * width)) + 2):  # images: 2 turn + x and 2 turn - x
        for image in (2 * turn + grid, 2 * turn - grid):
            if (np.abs(image - 0.5).min() - 0.5) < 6 * width:
                total += np.exp(-0.5 * ((image - places[:, None]) / width) ** 2)
    return total / (total.sum(axis=1, keepdims=True) / size), 1 / size


def error(gaps: Gaps, width: float) -> float:
    """int |smoothed gap| at a bandwidth."""
    matrix, step = kernel(gaps.confidence, width)
    return float(np.abs(gaps.gap @ matrix).sum() * step)


def bandwidth(gaps: Gaps, coarse: Gaps) -> float:
    """The s with smECE_s = s, to 1e-4 of itself: smECE_s falls in s. At least ``LEAST``.

    ``coarse`` are the same rows in fewer places, for the first steps: a kernel costs as much as it has places.
    """
    low, high = LEAST, 1.0
    for found, steps in ((coarse, 8), (gaps, 8)):
        if found is gaps:
            low, high = max(low * 0.98, LEAST), min(high * 1.02, 1.0)
            if error(gaps, low) <= low:
                return low
        for _ in range(steps):
            middle = float(np.sqrt(low * high))
            if error(found, middle) >= middle:
                low = middle
            else:
                high = middle
    return float(np.sqrt(low * high))

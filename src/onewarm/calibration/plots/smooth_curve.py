"""Accuracy as a smooth function of confidence, with a simultaneous confidence band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from onewarm.calibration.defaults import LEVEL
from onewarm.calibration.intervals.wilson import wilson_interval
from onewarm.calibration.metrics.bins import Gaps
from onewarm.calibration.summary.cells import Floats
from onewarm.errors import InputError

WIDTH = 0.03
"""Standard deviation of the kernel, in confidence."""

_DRAWS = 1000


@dataclass(frozen=True)
class SmoothCurve:
    """A smooth reliability curve. Made by ``smooth_curve``.

    Attributes:
        x: confidences, from the least to the greatest mean confidence of a cell, shape (points,).
        y: accuracy there, smoothed, in [0, 1].
        low, high: the band around y.
        width: standard deviation of the kernel, in confidence.
        level: how often the band contains the entire smoothed curve of infinitely many rows, such as .95.
    """

    x: Floats
    y: Floats
    low: Floats
    high: Floats
    width: float
    level: float

    def to_dict(self) -> dict[str, Any]:
        """Values for JSON, rounded to 6 digits."""
        lines = {name: getattr(self, name).round(6).tolist() for name in ("x", "y", "low", "high")}
        return {"width": self.width, "level": self.level, **lines}


def smooth_curve(
    cells: Gaps, *, width: float = WIDTH, points: int = 101, level: float = LEVEL, seed: int = 0
) -> SmoothCurve:
    """Confidence minus the gap, smoothed over cells by a Gaussian kernel, with a simultaneous band.

        r(x) = x - sum_c K(x - m_c) gap_c / sum_c K(x - m_c) share_c          m_c: mean confidence of cell c

    The gap is smoothed rather than the accuracy, so that a calibrated model stays on the diagonal even at the ends. The
    band is Wilson's interval for n(x) = 1 / sum_c L_c(x)^2 moment_c / share_c^2 rows, the effective number under the
    kernel with shares L. Its z is the quantile of max_x |Z(x)| over seeded draws of the noise Z, so that it covers all
    x at once. The band is for the smoothed curve: deviations narrower than the kernel are not in it.

    Args:
        cells: the cells of a summary, from ``metrics.bins.cell_gaps``.
        width: standard deviation of the kernel, in confidence, above 0.
        points: number of points of the curve.
        level: coverage of the band, between 0 and 1.
        seed: of the draws.

    Raises:
        ValueError: a width that is not positive, or a level outside (0, 1).

    >>> from onewarm.calibration import CalibrationSummary
    >>> from onewarm.calibration.metrics.bins import cell_gaps
    >>> rng = np.random.default_rng(0)
    >>> c = rng.uniform(0.5, 1, 5000)
    >>> curve = smooth_curve(cell_gaps(CalibrationSummary().update(c, rng.uniform(size=5000) < c)))
    >>> bool(((curve.low <= curve.x) & (curve.x <= curve.high)).all())
    True

    Source: Nadaraya, Theory of Probability and its Applications 9, 1964; Watson, Sankhya A 26, 1964.
    """
    if not width > 0:
        raise InputError(f"width is {width}: expected more than 0")
    if not 0 < level < 1:
        raise InputError(f"level is {level}: expected a number between 0 and 1, such as .95")
    confidence = cells.confidence
    x = np.linspace(confidence.min(), confidence.max(), points)
    distance = ((x[:, None] - confidence) / width) ** 2
    kernel = np.exp(-0.5 * (distance - distance.min(axis=1, keepdims=True))) * cells.share
    kernel /= kernel.sum(axis=1, keepdims=True)
    gap = kernel @ (cells.gap / cells.share)
    accuracy = np.clip(kernel @ confidence - gap, 0, 1)
    noise = kernel * np.sqrt(cells.dispersion * cells.moment) / cells.share
    spread = np.sqrt((noise**2).sum(axis=1))
    draws = np.random.default_rng(seed).standard_normal((_DRAWS, len(confidence))) @ (noise / spread[:, None]).T
    z = float(np.quantile(np.abs(draws).max(axis=1), level))
    ends = wilson_interval(accuracy, 1 / spread**2, z=z)
    y = x - gap
    low, high = (np.clip(y + ends[:, i] - accuracy, 0, 1) for i in (0, 1))
    return SmoothCurve(x, np.clip(y, 0, 1), low, high, width, level)

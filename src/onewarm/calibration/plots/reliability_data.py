"""The data of a reliability diagram: rows, mean confidence, accuracy and its interval in each bin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration import metrics
from onewarm.calibration.defaults import BINS, LEVEL
from onewarm.calibration.intervals.wilson import wilson_interval
from onewarm.calibration.metrics.bins import cell_gaps
from onewarm.calibration.plots.smooth_curve import SmoothCurve, smooth_curve
from onewarm.calibration.summary.cells import Floats
from onewarm.calibration.summary.summary import CalibrationSummary


@dataclass(frozen=True)
class ReliabilityData:
    """What a reliability diagram shows. Made by ``reliability``.

    Attributes:
        lower, upper: edges of the bins (lower, upper], shape (bins,).
        count: rows in each bin, shape (bins,).
        confidence: mean confidence in each bin, shape (bins,); NaN where a bin is empty.
        accuracy: mean correctness in each bin, shape (bins,); NaN where a bin is empty.
        interval: low and high end for each accuracy, shape (bins, 2); NaN where a bin is empty.
        level: coverage of the intervals and of the curve's band, such as .95.
        method: of the intervals, "wilson".
        curve: accuracy as a smooth function of confidence, with a simultaneous band.
        ece, mean_confidence, overall_accuracy: over all rows.
    """

    lower: Floats
    upper: Floats
    count: NDArray[np.int64]
    confidence: Floats
    accuracy: Floats
    interval: Floats
    level: float
    method: str
    curve: SmoothCurve
    ece: float
    mean_confidence: float
    overall_accuracy: float

    @property
    def rows(self) -> int:
        """Number of rows in all bins."""
        return int(self.count.sum())

    def to_dict(self) -> dict[str, Any]:
        """Values for JSON; None where a bin is empty."""
        bins = [
            {
                "lower": lower,
                "upper": upper,
                "count": count,
                "confidence": confidence if count else None,
                "accuracy": accuracy if count else None,
                "interval": interval if count else None,
            }
            for lower, upper, count, confidence, accuracy, interval in zip(
                self.lower.tolist(),
                self.upper.tolist(),
                self.count.tolist(),
                self.confidence.tolist(),
                self.accuracy.tolist(),
                self.interval.tolist(),
                strict=True,
            )
        ]
        return {
            "bins": bins,
            "smooth": self.curve.to_dict(),
            "rows": self.rows,
            "level": self.level,
            "method": self.method,
            "ece": self.ece,
            "mean_confidence": self.mean_confidence,
            "accuracy": self.overall_accuracy,
        }


def reliability(
    summary: CalibrationSummary, bins: int = BINS, *, level: float = LEVEL, seed: int | None = None
) -> ReliabilityData:
    """The reliability diagram of a summary: mean confidence against accuracy in equal-width bins (lo, hi].

    Args:
        summary: of at least one row.
        bins: number of bins, a divisor of 600.
        level: coverage of the interval around each accuracy, and of the band around the curve, between 0 and 1.
        seed: of the draws for the band; by default the summary's seed.

    Raises:
        ValueError: no rows, bins that do not divide 600, or a level outside (0, 1).

    Example:
        >>> import numpy as np
        >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.6, 0.4]])
        >>> data = reliability(CalibrationSummary().update(p, np.array([0, 0, 0, 1])), bins=5)
        >>> data.count.tolist(), data.accuracy.tolist()[2:]
        ([0, 0, 2, 1, 1], [0.5, 1.0, 1.0])

    Source: DeGroot & Fienberg, The Statistician 32, 1983; Guo et al., ICML 2017, section 2 and figure 1.
    """
    overall = metrics.accuracy(summary)
    count, confidence, correct = summary.bins(bins)
    edges = np.arange(bins + 1) / bins
    occupied = count > 0
    weight, square = (summary[name].reshape(bins, -1).sum(axis=1) for name in ("cell_weight", "cell_weight2"))
    divisor = np.where(occupied, weight, 1)
    accuracy = np.where(occupied, correct / divisor, np.nan)
    return ReliabilityData(
        lower=edges[:-1],
        upper=edges[1:],
        count=count,
        confidence=np.where(occupied, confidence / divisor, np.nan),
        accuracy=accuracy,
        interval=wilson_interval(accuracy, weight**2 / np.where(occupied, square, 1), level),  # effective rows
        level=level,
        method="wilson",
        curve=smooth_curve(cell_gaps(summary), level=level, seed=summary.seed if seed is None else seed),
        ece=metrics.ece(summary, bins),
        mean_confidence=metrics.mean_confidence(summary),
        overall_accuracy=overall,
    )

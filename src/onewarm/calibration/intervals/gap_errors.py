"""Intervals of calibration errors, which are functions of the gaps of bins; see ``inversion`` for the method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from onewarm.calibration.defaults import BINS
from onewarm.calibration.intervals import inversion
from onewarm.calibration.intervals.inversion import Interval
from onewarm.calibration.metrics import kernel_smoothing
from onewarm.calibration.metrics.bins import (
    Gaps,
    cell_gaps,
    class_gaps,
    equal_mass,
    equal_width,
    event_gaps,
    predicted_gaps,
)
from onewarm.calibration.metrics.calibration_error import smooth_bandwidth
from onewarm.calibration.summary.cells import Floats
from onewarm.calibration.summary.summary import CalibrationSummary

Error = Callable[[Floats, Gaps], Floats]
"""Gaps (..., B) of the bins, and the bins themselves, to the error (...)."""


def by_width(summary: CalibrationSummary, bins: int) -> Gaps:
    """Equal-width bins of the confidence of the top class."""
    return cell_gaps(summary, equal_width(bins))


def by_mass(summary: CalibrationSummary, bins: int) -> Gaps:
    """Bins of equal weight."""
    return cell_gaps(summary, equal_mass(summary, bins))


def by_predicted_class(summary: CalibrationSummary, bins: int) -> Gaps:
    """Equal-width bins within each predicted class; of events, which have none, equal-width bins."""
    return by_width(summary, bins) if summary.events else predicted_gaps(summary, bins)


def by_event(summary: CalibrationSummary, bins: int) -> Gaps:
    """Equal-width bins of P(y = 1) of two classes, or of events."""
    return event_gaps(summary, bins)


def absolute(gap: Floats, bins: Gaps) -> Floats:
    """sum_b |gap_b|: the ECE of these bins."""
    error: Floats = np.abs(gap).sum(axis=-1)
    return error


def positive(gap: Floats, bins: Gaps) -> Floats:
    """sum_b max(gap_b, 0): overconfidence."""
    error: Floats = np.clip(gap, 0, None).sum(axis=-1)
    return error


def negative(gap: Floats, bins: Gaps) -> Floats:
    """sum_b max(-gap_b, 0): underconfidence."""
    return positive(-gap, bins)


def greatest(gap: Floats, bins: Gaps) -> Floats:
    """max_b |accuracy_b - confidence_b|."""
    error: Floats = np.abs(gap / bins.share).clip(0, 1).max(axis=-1)
    return error


def squared(gap: Floats, bins: Gaps) -> Floats:
    """sum_b share_b (accuracy_b - confidence_b)^2."""
    error: Floats = (gap**2 / bins.share).sum(axis=-1)
    return error


def interval_of(
    error: Error, *, bins_of: Callable[[CalibrationSummary, int], Gaps] = by_width, sign: int = 0
) -> Callable[..., Interval]:
    """The interval of ``error`` over the bins of ``bins_of``; ``sign`` 1 or -1 if only gaps of that sign count."""

    def interval(summary: CalibrationSummary, value: float, level: float, rng: Any, bins: int = BINS) -> Interval:
        return _invert(bins_of(summary, bins), error, value, level, rng, sign)

    return interval


def maximum(summary: CalibrationSummary, value: float, level: float, rng: Any, bins: int = BINS) -> Interval:
    """The interval of ``mce``."""
    gaps = by_width(summary, bins)
    corrected, low, high = _invert(gaps, greatest, value, level, rng)
    # The largest gap is at least the mean gap, whose lower end is known far more precisely: a fifth of the error
    # probability is spent on that bound.
    mean = float(absolute(gaps.gap, gaps))
    low = max(low, _invert(gaps, absolute, mean, 1 - (1 - level) / 5, rng).low)
    return Interval(max(corrected, low), low, max(high, low))


def debiased_square(summary: CalibrationSummary, value: float, level: float, rng: Any, bins: int = BINS) -> Interval:
    """The interval of ``squared_error``: by the error that still has its bias, which the inversion removes itself."""
    gaps = by_width(summary, bins)
    _, low, high = _invert(gaps, squared, float(squared(gaps.gap, gaps)), level, rng)
    return Interval(value, low, high)


def smooth(
    summary: CalibrationSummary, value: float, level: float, rng: Any, bandwidth: float | None = None
) -> Interval:
    """The interval of ``smooth_ece``, at the bandwidth of the data."""
    width = smooth_bandwidth(summary) if bandwidth is None else bandwidth
    gaps = by_width(summary, 600 if width < 0.03 else 120)  # far finer than the kernel
    matrix, step = kernel_smoothing.kernel(gaps.confidence, width, least=64)

    def error(gap: Floats, bins: Gaps) -> Floats:
        total: Floats = np.abs(gap @ matrix).sum(axis=-1) * step
        return total

    return _invert(gaps, error, float(error(gaps.gap, gaps)), level, rng, draws=300)


def of_classes(*, square: bool) -> Callable[..., Interval]:
    """The interval of the mean absolute gap of classes, or with ``square`` of the sum of their squared gaps."""

    def interval(summary: CalibrationSummary, value: float, level: float, rng: Any, bins: int = BINS) -> Interval:
        gaps, grouped = class_gaps(summary, bins)
        if summary.events:
            model, factor = inversion.from_gaps(gaps, rng), 1.0
        else:
            rows = summary.weight**2 / summary.total("cell_weight2")
            model = inversion.from_gaps(gaps, rng, rows=rows, grouped=grouped, draws=400)
            mirrored = summary.num_classes == 2  # the gaps of one class stand for both
            factor = (2.0 if mirrored else 1.0) if square else 1.0 / (1 if mirrored else summary.num_classes or 1)

        def error(gap: Floats) -> Floats:
            total: Floats = factor * (squared(gap, gaps) if square else absolute(gap, gaps))
            return total

        return inversion.invert(model, error, float(error(gaps.gap)), level)

    return interval


def _invert(
    gaps: Gaps, error: Error, value: float, level: float, rng: Any, sign: int = 0, draws: int = inversion.DRAWS
) -> Interval:
    model = inversion.from_gaps(gaps, rng, sign=sign, draws=draws)
    return inversion.invert(model, lambda gap: error(gap, gaps), value, level)

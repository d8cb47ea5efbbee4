"""Intervals of metrics that are means over rows: normal, from second moments; Wilson's for the accuracy."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np

from onewarm.calibration.intervals.inversion import Interval
from onewarm.calibration.intervals.wilson import wilson_interval
from onewarm.calibration.summary.cells import CELLS, Floats
from onewarm.calibration.summary.summary import CalibrationSummary

Spread = Callable[[CalibrationSummary, float], float]
"""A summary and the weighted mean of x in it, to sum_i w_i^2 (x_i - mean)^2."""


def interval_of(spread: Spread) -> Callable[..., Interval]:
    """The normal interval of a weighted mean: its variance is sum_i w_i^2 (x_i - mean)^2 / W^2."""

    def interval(summary: CalibrationSummary, value: float, level: float, rng: Any) -> Interval:
        rows = summary.weight**2 / summary.total("cell_weight2")
        square = max(spread(summary, value), 0.0) * rows / max(rows - 1, 1)  # n - 1, as in a sample variance
        error = math.sqrt(square) / summary.weight
        reach = NormalDist().inv_cdf((1 + level) / 2) * error
        return Interval(value, value - reach, value + reach)

    return interval


def score_spread(name: str) -> Spread:
    """Of a score whose moments the summary keeps: ``nll`` or ``brier``."""

    def spread(summary: CalibrationSummary, mean: float) -> float:
        cross, square = summary.total(f"{name}_w2"), summary.total(f"{name}2")
        return square - 2 * mean * cross + mean**2 * summary.total("cell_weight2")

    return spread


def confidence_spread(summary: CalibrationSummary, mean: float) -> float:
    """Of the confidence."""
    c, w2, _, _ = _cell_moments(summary)
    return float((w2 * (c - mean) ** 2).sum())


def correct_spread(summary: CalibrationSummary, mean: float) -> float:
    """Of the correctness."""
    _, w2, w2a, w2aa = _cell_moments(summary)
    return float((w2aa - 2 * mean * w2a + mean**2 * w2).sum())


def gap_spread(summary: CalibrationSummary, mean: float) -> float:
    """Of confidence minus correctness."""
    c, w2, w2a, w2aa = _cell_moments(summary)
    return float(((c - mean) ** 2 * w2 - 2 * (c - mean) * w2a + w2aa).sum())


def accuracy(summary: CalibrationSummary, value: float, level: float, rng: Any) -> Interval:
    """Wilson's interval of the accuracy, for the number of labelled rows that would have the same variance.

    Correctness that is a share of votes varies less than that of labels, and so counts as more rows.
    """
    square, second = correct_spread(summary, value), summary.total("cell_weight2")
    coin = value * (1 - value) * second
    rows = summary.weight**2 / second * (coin / square if 0 < square < coin else 1.0)
    low, high = wilson_interval(np.asarray(value), np.asarray(rows), level).tolist()
    return Interval(value, low, high)


def _cell_moments(summary: CalibrationSummary) -> tuple[Floats, Floats, Floats, Floats]:
    """By cell: mean confidence, and the sums of w^2, w^2 a and w^2 a^2, where a is correctness."""
    w, wc = summary["cell_weight"], summary["cell_confidence"]
    mean = np.divide(wc, w, where=w > 0, out=np.zeros(CELLS))
    return mean, summary["cell_weight2"], summary["cell_correct_w2"], summary["cell_correct2"]

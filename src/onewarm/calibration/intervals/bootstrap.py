"""Intervals by the bootstrap: of the cells of a summary, or of its random groups of rows.

Source: Davison & Hinkley, Bootstrap Methods and their Application, 1997, chapter 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np

from onewarm.calibration.defaults import BINS
from onewarm.calibration.intervals.inversion import Interval
from onewarm.calibration.metrics.bins import class_bins, dispersion
from onewarm.calibration.summary.cells import CELLS, Floats
from onewarm.calibration.summary.summary import CalibrationSummary

_DRAWS = 400


def of_cells(function: Callable[..., Floats]) -> Callable[..., Interval]:
    """The percentile interval of ``function(weight, correct)``, which takes cells (draws, cells)."""

    def interval(summary: CalibrationSummary, value: float, level: float, rng: Any, **options: Any) -> Interval:
        drawn = function(*resampled_cells(summary, rng), **options)
        low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        return Interval(value, float(low), float(high))

    return interval


def of_groups(function: Callable[..., Floats], *, one_bin: bool = False) -> Callable[..., Interval]:
    """The interval of ``function(weight, sum of p, sum of truth)``, which takes bins of classes (draws, K, bins).

    Whole groups of rows are resampled, because a row lies in bins of several classes at once. The interval is
    reflected at the value (basic bootstrap); with ``one_bin``, for functions of the class frequencies alone, it is that
    of bias-corrected percentiles. Its width is multiplied by sqrt(G / (G - 1)) and by an approximation to the ratio of
    Student's t to the normal quantile, since G groups are few.
    """

    def interval(summary: CalibrationSummary, value: float, level: float, rng: Any, bins: int = BINS) -> Interval:
        wider = 1.0
        if summary.events:  # no groups are kept: resample the rows of cells
            count, correct = resampled_cells(summary, rng)
            occupied = summary["cell_count"] > 0
            place = np.zeros((occupied.sum(), bins))
            place[np.arange(occupied.sum()), np.flatnonzero(occupied) // (CELLS // bins)] = 1
            c = summary["cell_confidence"][occupied] / summary["cell_weight"][occupied]
            tables = [(x @ place)[:, None] for x in (count, count * c, correct)]
        else:
            grouped = class_bins(summary, bins if not one_bin else 1)
            groups = len(grouped[0])
            times = rng.multinomial(groups, np.full(groups, 1 / groups), _DRAWS).astype(np.float64)
            tables = [(times @ x.reshape(groups, -1)).reshape(_DRAWS, *x.shape[1:]) for x in grouped]
            z = NormalDist().inv_cdf((1 + level) / 2)
            wider = math.sqrt(groups / (groups - 1)) * (1 + (z * z + 1) / (4 * groups)) if groups > 1 else math.nan
        drawn = function(*tables)
        drawn = drawn.mean() + (drawn - drawn.mean()) * wider
        if one_bin:
            return bias_corrected(drawn, value, level)
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        return Interval(2 * value - float(np.median(drawn)), 2 * value - float(high), 2 * value - float(low))

    return interval


def resampled_cells(summary: CalibrationSummary, rng: Any) -> tuple[Floats, Floats]:
    """Bootstrap samples of the rows: weight and correctness of the cells that have rows, each (draws, cells).

    Resampling rows draws how many fall in each cell and how many of those are right; only the order of rows within a
    cell, 1/600 wide, is lost.
    """
    occupied = summary["cell_count"] > 0
    w, wa, w2 = (summary[f"cell_{name}"][occupied] for name in ("weight", "correct", "weight2"))
    variance = dispersion(summary)
    share, right = w / w.sum(), np.clip(wa / w, 0, 1)
    rows = max(round(float(w.sum() ** 2 / w2.sum())), 1)
    count = rng.multinomial(rows, share, _DRAWS)
    if variance == 1:
        correct = rng.binomial(count, right).astype(np.float64)
    else:
        noise = np.sqrt(count * variance * right * (1 - right)) * rng.standard_normal(count.shape)
        correct = np.clip(count * right + noise, 0, count)
    return count.astype(np.float64), correct


def bias_corrected(drawn: Floats, value: float, level: float) -> Interval:
    """Bias-corrected percentiles (BC): quantiles of ``drawn`` at Phi(2 z0 +- z), Phi(z0) the share below ``value``."""
    normal = NormalDist()
    below = (np.count_nonzero(drawn < value) + np.count_nonzero(drawn <= value)) / 2
    shift = 2 * normal.inv_cdf(min(max(below, 0.5), len(drawn) - 0.5) / len(drawn))
    reach = normal.inv_cdf((1 + level) / 2)
    middle, low, high = np.quantile(drawn, [normal.cdf(shift + z) for z in (0.0, -reach, reach)])
    return Interval(float(middle), float(low), float(high))

"""How large an error of the mean prediction some rows can show, and how many rows show a given one."""

from __future__ import annotations

import math

import numpy as np

from onewarm.audit.clusters import Clusters
from onewarm.audit.questions.ask import SHARES, Kind, event_cells, top_cells
from onewarm.audit.questions.units import of_all, of_top
from onewarm.calibration.intervals.bernoulli_sums import normal_quantile, normal_to_t
from onewarm.calibration.summary.summary import CalibrationSummary

POWER = 0.8
"""An error counts as visible if this share of samples would show it."""


def visible_error(
    summary: CalibrationSummary, kind: Kind, *, power: float = POWER, clusters: Clusters | None = None
) -> float:
    """The error of the mean prediction that as many such rows would show in 80 % of samples.

        (t_{1 - a/2} + z_{power}) sqrt(u sum_i w_i p_i (1 - p_i)) / W        a: the level of that question in ``ask``

    u is the weight that counts as one independent row. Where p is near 0 or 1 it is at least log(2 / a) u / W: of fewer
    independent rows none might differ.

    Args:
        summary: of at least one row.
        kind: of the predictions: the mean of P(y = 1) for "binary", else the confidence.
        power: share of samples in which the question would be answered no.
        clusters: of the same rows, where they come in groups.

    Returns:
        A share, in 0..1; 1 where the groups are too few to show anything.

    >>> rng = np.random.default_rng(0)
    >>> p = rng.uniform(size=10_000)
    >>> y = (rng.uniform(size=10_000) < p).astype(int)
    >>> s = CalibrationSummary(classwise=True).update(np.stack([1 - p, p], 1), y)
    >>> round(visible_error(s, "binary"), 3)
    0.014
    """
    cells = event_cells(summary) if kind == "binary" else top_cells(summary)
    units = of_all(summary, clusters) if kind == "binary" else of_top(summary, clusters)
    unit, df, alpha = float(units.unit[0]), float(units.df[0]), SHARES[kind]
    if df < 1:
        return 1.0
    variance = unit * float((cells.weight * cells.chance * (1 - cells.chance)).sum())
    deviate = float(normal_to_t(normal_quantile(alpha / 2), df)) + normal_quantile(1 - power)
    least = math.log(2 / alpha) * unit / summary.weight
    return min(max(deviate * math.sqrt(variance) / summary.weight, least), 1.0)


def rows_needed(
    summary: CalibrationSummary,
    kind: Kind,
    *,
    error: float = 0.02,
    power: float = POWER,
    clusters: Clusters | None = None,
) -> int:
    """About how many such rows would show an ``error`` of the mean prediction in 80 % of samples: two digits.

    With ``clusters`` they are rows in groups as large as these.

    >>> rng = np.random.default_rng(0)
    >>> p = rng.uniform(size=500)
    >>> y = (rng.uniform(size=500) < p).astype(int)
    >>> s = CalibrationSummary(classwise=True).update(np.stack([1 - p, p], 1), y)
    >>> rows_needed(s, "binary", error=0.02)
    5100
    """
    times = (visible_error(summary, kind, power=power, clusters=clusters) / error) ** 2
    rows = summary.count * times
    digit = 10.0 ** max(math.floor(math.log10(max(rows, 1))) - 1, 0)
    return int(np.ceil(rows / digit - 1e-9) * digit)

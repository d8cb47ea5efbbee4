"""How much weight counts as one independent row: what labels, weights, votes and groups of rows make of a sum."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.clusters import Clusters
from onewarm.calibration.intervals.group_variance import group_variance
from onewarm.calibration.intervals.slope import Logistic
from onewarm.calibration.summary.cells import Floats
from onewarm.calibration.summary.summary import CalibrationSummary

_LEAST = 1e-6  # truth that is a function of the prediction has no variance: an interval keeps some width


_FEW = 5.0
"""Fewer groups with events, or without, tell too little of how alike the rows of a group are: all of it is assumed."""


class OverGroups(NamedTuple):
    """Of Q sums over rows in groups: estimated variances, and how much of a sum is one group."""

    variance: Floats  # (Q,)
    df: Floats  # (Q,)
    whole: Floats  # (Q,): weight of a group, which counts as one row if all its rows are alike
    eventful: Floats  # (Q,): groups, effectively, that the events come from; or the others, if fewer


def _over_groups(residual: Floats, weight: Floats, observed: Floats, information: Floats | None = None) -> OverGroups:
    """Of sums by group (G, Q)."""
    variance, df = group_variance(residual, weight, information)
    weight = np.broadcast_to(weight, residual.shape)
    total = np.maximum(weight.sum(axis=0), 1e-300)
    eventful = np.minimum(_effective(observed), _effective(weight - observed))
    return OverGroups(variance, df, (weight**2).sum(axis=0) / total, eventful)


def _effective(sums: Floats) -> Floats:
    square = (sums**2).sum(axis=0)
    groups: Floats = np.divide(sums.sum(axis=0) ** 2, square, where=square > 0, out=np.zeros(square.shape))
    return groups


class Units(NamedTuple):
    """Of Q sums: the variance over that of independent rows of weight 1, and how well it is known."""

    unit: Floats  # (Q,): weight that counts as one independent row with a label
    df: Floats  # (Q,): degrees of freedom of ``unit``; inf where it is known
    known: bool  # independent rows with labels and equal weights
    scale: float  # rows a unit of weight, where all weights are equal; else 1

    def at(self, which: NDArray[np.bool_]) -> Units:
        """Those of some of the sums."""
        return self._replace(unit=self.unit[which], df=self.df[which])


def _equal_weight(summary: CalibrationSummary) -> float | None:
    """The weight of every row, if all are equal."""
    count, w, w2 = (summary[f"cell_{name}"] for name in ("count", "weight", "weight2"))
    each = float(w.sum() / count.sum())
    alike = np.allclose(w, count * each, rtol=1e-9, atol=0) and np.allclose(w2, count * each * each, rtol=1e-9, atol=0)
    return each if alike else None


def _labels(summary: CalibrationSummary) -> bool:
    """Whether the truth of every row is one class."""
    return summary.total("truth_entropy") == 0 and bool((summary["cell_correct2"] == summary["cell_correct_w2"]).all())


def _units(
    summary: CalibrationSummary,
    null: Floats,
    kish: Floats,
    variance: Floats,
    df: Floats,
    over: OverGroups | None,
) -> Units:
    """Units from estimated variances.

    Args:
        summary: of the rows.
        null: (Q,) sum of w p (1 - p): the variance of a calibrated model's labels with weights of 1.
        kish: (Q,) sum of w^2 p (1 - p) over ``null``: that of labels with these weights.
        variance, df: (Q,) as rows show it, taken as independent.
        over: of the same sums over groups of rows.
    """
    weight = _equal_weight(summary)
    if _labels(summary) and weight is not None:
        unit, free, known = np.full(null.shape, weight), np.full(null.shape, np.inf), over is None
    else:
        # A sum that happens to have no event shows hardly any variance: all sums together bound each from below.
        own = _ratio(variance, null)
        unit, free, known = np.maximum(own, _together(variance, null)), df, False
        unit = np.maximum(unit, kish if _labels(summary) else _LEAST)
        # Where every prediction is 0 or 1 there is no variance to compare with: rows count by their weights.
        unit = np.where(unit > 0, unit, summary.total("cell_weight2") / summary.weight)
    if over is not None:
        alike = np.maximum(_ratio(over.variance, null), _together(over.variance, null))
        unit = np.maximum(unit, np.where(over.eventful < _FEW, np.maximum(alike, over.whole), alike))
        free = np.minimum(over.df, free)
    return Units(unit, free, known, 1 / weight if weight else 1.0)


def _ratio(variance: Floats, null: Floats) -> Floats:
    fits = (null > 0) & np.isfinite(variance)
    ratio: Floats = np.divide(variance, null, where=fits, out=np.zeros(null.shape))
    return ratio


def _together(variance: Floats, null: Floats) -> float:
    fits = (null > 0) & np.isfinite(variance)
    return float(variance[fits].sum() / null[fits].sum()) if fits.any() else 0.0


def _independent(summary: CalibrationSummary, bins: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Of the top label's residuals in bins: the null's variance, Kish's ratio, the variance that rows show, its df."""
    w, wc, wa, w2, w2a, w2aa = (
        summary[f"cell_{name}"].reshape(bins, -1)
        for name in ("weight", "confidence", "correct", "weight2", "correct_w2", "correct2")
    )
    m = np.clip(np.divide(wc, w, where=w > 0, out=np.zeros(w.shape)), 0, 1)
    weight, square = w.sum(axis=1), w2.sum(axis=1)
    rows = np.divide(weight**2, square, where=square > 0, out=np.zeros(bins))
    mean = np.divide((wc - wa).sum(axis=1), weight, where=weight > 0, out=np.zeros(bins))[:, None]
    variance = (w2 * (m - mean) ** 2 - 2 * (m - mean) * w2a + w2aa).sum(axis=1)
    variance = np.where(rows > 1, np.maximum(variance, 0) * rows / np.maximum(rows - 1, 1e-9), np.inf)
    null = (w * m * (1 - m)).sum(axis=1)
    return null, _ratio((w2 * m * (1 - m)).sum(axis=1), null), variance, np.maximum(rows - 1, 0)


def of_top(summary: CalibrationSummary, clusters: Clusters | None) -> Units:
    """Of the sum of the top label's residuals (confidence - correctness) over all rows."""
    over = None
    if clusters is not None:
        residual = clusters["confidence"] - clusters["correct"]
        over = _over_groups(residual, clusters["weight"], clusters["correct"], clusters["null"])
    return _units(summary, *_independent(summary, 1), over)


def of_bins(summary: CalibrationSummary, bins: int, clusters: Clusters | None) -> Units:
    """Of the same sums in bins of confidence."""
    over = None
    if clusters is not None:
        over = _over_groups(clusters["bin_residual"], clusters["bin_weight"], clusters["bin_observed"])
    return _units(summary, *_independent(summary, bins), over)


def of_events(summary: CalibrationSummary, bins: int | None, clusters: Clusters | None) -> Units:
    """Of the residuals P(y = 1) - y of two classes: over all rows, or in bins of P(y = 1)."""
    w, p, t = (summary[f"class_{name}"][:, 1] for name in ("weight", "probability", "truth"))
    null, kish = _null(summary, w.sum(axis=0).reshape(bins or 1, -1), p.sum(axis=0).reshape(bins or 1, -1))
    over = None
    if bins is None:
        # The residual of class 1 is that of the top label, or minus it: its square is the same.
        _, _, variance, df = _independent(summary, 1)
        if clusters is not None:
            over = _over_groups(
                clusters["event_residual"], clusters["weight"], clusters["event_observed"], clusters["null"]
            )
    else:
        groups = len(w)
        variance, df = group_variance(
            (p - t).reshape(groups, bins, -1).sum(axis=2), w.reshape(groups, bins, -1).sum(axis=2)
        )
        if clusters is not None:
            over = _over_groups(*(clusters[f"event_bin_{name}"] for name in ("residual", "weight", "observed")))
    return _units(summary, null, kish, variance, df, over)


def of_classes(summary: CalibrationSummary, clusters: Clusters | None) -> Units:
    """Of the residuals p_k - t_k of each class over all rows."""
    w, p, t = (summary[f"class_{name}"] for name in ("weight", "probability", "truth"))
    null, kish = _null(summary, w.sum(axis=0), p.sum(axis=0))
    variance, df = group_variance((p - t).sum(axis=2), w.sum(axis=2))
    over = None
    if clusters is not None:
        residual = clusters["class_probability"] - clusters["class_truth"]
        over = _over_groups(residual, clusters["weight"], clusters["class_truth"])
    return _units(summary, null, kish, variance, df, over)


def of_all(summary: CalibrationSummary, clusters: Clusters | None) -> Units:
    """Of the sums over all rows of two classes (of P(y = 1), and of the top label): the greater of their units.

    How alike the rows of a group are shows in both, and is uncertain in each.
    """
    top, event = of_top(summary, clusters), of_events(summary, None, clusters)
    return top._replace(unit=np.maximum(top.unit, event.unit), df=np.minimum(top.df, event.df))


def of_slope(summary: CalibrationSummary, model: Logistic, clusters: Clusters | None, floor: Units) -> Units:
    """Of the score of the slope, sum x (p - y), x the log-odds of p about ``model.middle``; over groups ``floor``."""
    x, null = model.x, model.null
    over = None
    if clusters is not None:
        score = clusters["slope_residual"] - model.middle * clusters["event_residual"]
        over = _over_groups(score, clusters["weight"], clusters["event_observed"], _slope_information(clusters, model))
    if summary.events:
        w, wc, w2, w2a, w2aa = (
            summary[f"cell_{name}"][summary["cell_weight"] > 0]
            for name in ("weight", "confidence", "weight2", "correct_w2", "correct2")
        )
        m = np.clip(wc / w, 0, 1)
        rows = summary.weight**2 / summary.total("cell_weight2")
        variance = np.asarray([(x * x * (w2 * m * m - 2 * m * w2a + w2aa)).sum()])
        kish, df = np.asarray([(x * x * w2 * m * (1 - m)).sum() / null]), np.asarray([rows - 1])
    else:
        used = summary["class_weight"][:, 1].sum(axis=0) > 0
        w, p, t = (summary[f"class_{name}"][:, 1][:, used] for name in ("weight", "probability", "truth"))
        variance, df = (v[None] for v in group_variance((p - t) @ x, w.sum(axis=1)))
        kish = np.asarray([summary.total("cell_weight2") / summary.weight])
    own = _units(summary, np.asarray([null]), kish, variance, df, over)
    if clusters is None:
        return own
    return own._replace(unit=np.maximum(own.unit, floor.unit), df=np.minimum(own.df, floor.df))


def _slope_information(clusters: Clusters, model: Logistic) -> Floats:
    zero, one, two = (clusters[name] for name in ("null", "slope_first", "slope_second"))
    return np.maximum(two - 2 * model.middle * one + model.middle**2 * zero, 0)


def _null(summary: CalibrationSummary, weight: Floats, predicted: Floats) -> tuple[Floats, Floats]:
    """Sum of w p (1 - p) over cells (Q, C), and Kish's ratio of weights, of which only that of all rows is known."""
    m = np.clip(np.divide(predicted, weight, where=weight > 0, out=np.zeros(weight.shape)), 0, 1)
    null = (weight * m * (1 - m)).sum(axis=1)
    return null, np.full(len(null), summary.total("cell_weight2") / summary.weight)

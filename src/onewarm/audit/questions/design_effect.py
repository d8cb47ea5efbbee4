"""Intervals of measures over groups of rows: second moments scaled by how much more a sum varies over groups."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from onewarm.audit.clusters import Clusters
from onewarm.audit.questions.units import Units, of_bins, of_classes, of_events
from onewarm.calibration.defaults import LEVEL
from onewarm.calibration.intervals import means
from onewarm.calibration.intervals.bernoulli_sums import normal_quantile, normal_to_t
from onewarm.calibration.summary.summary import CalibrationSummary

_SCALED = (
    *("cell_weight2", "cell_correct_w2", "cell_correct2"),
    *("nll_w2", "nll2", "brier_w2", "brier2"),
)
_SPREADS: dict[str, means.Spread] = {
    "confidence": means.confidence_spread,
    "correct": means.correct_spread,
    "gap": means.gap_spread,
    "nll": means.score_spread("nll"),
    "brier": means.score_spread("brier"),
}


def design_effect(summary: CalibrationSummary, clusters: Clusters, of: str, bins: int) -> float:
    """By what factor the variance of a measure grows because rows come in groups; at least 1.

        (V_groups / V_rows) (t / z)^2        t with the degrees of freedom of V_groups: few groups know V badly

    Args:
        summary: of at least two rows.
        clusters: of the same rows.
        of: the sum that the measure depends on: "confidence", "correct", "gap", "nll", "brier" over all rows; "bins" of
            the confidence, "events" (bins of P(y = 1)) or "classes", each taken together.
        bins: number of bins.

    Returns:
        The factor; inf where fewer than two groups have rows.

    Source: Kish, Survey Sampling, 1965, section 8.2.
    """
    pooled: dict[str, Callable[[Clusters | None], Units]] = {
        "bins": lambda groups: of_bins(summary, bins, groups),
        "events": lambda groups: of_events(summary, bins, groups),
        "classes": lambda groups: of_classes(summary, groups),
    }
    if of in pooled:
        grouped, alone = pooled[of](clusters), pooled[of](None)
        some = np.isfinite(grouped.unit) & (grouped.df > 0)
        ratio = float(np.median(grouped.unit[some] / alone.unit[some])) if some.any() else np.inf
        df = clusters.mean_variance("correct")[1]
    else:
        variance, df = clusters.mean_variance(of)
        total = {"gap": summary.total("cell_confidence") - summary.total("cell_correct")}.get(of)
        if total is None:
            total = summary.total(of if of in ("nll", "brier") else f"cell_{of}")
        alone_variance = _SPREADS[of](summary, total / summary.weight)
        ratio = variance / alone_variance if alone_variance > 0 else 1.0
    if df < 1 or not np.isfinite(ratio):
        return np.inf
    z = normal_quantile((1 - LEVEL) / 2)
    return max(ratio, 1.0) * (float(normal_to_t(z, df)) / z) ** 2


def thinned(summary: CalibrationSummary, factor: float) -> CalibrationSummary:
    """The summary with second moments as if ``factor`` rows counted as one: values stay, intervals become wider."""
    copy = CalibrationSummary().merge(summary)
    for name in _SCALED:
        copy.statistics[name][...] *= factor
    return copy

"""The numbers of a report's JSON: each arm's metrics, and its reliability."""

from __future__ import annotations

import math
from typing import Any

from onewarm.calibration.defaults import BINS, LEVEL
from onewarm.calibration.plots.reliability_data import reliability
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.study.comparison.results import Results, Training
from onewarm.study.scoring import METRICS

_OF_SOME = ("ece_unsmoothed", "excess_nll")
"""Metrics that are left out for arms and data sets that do not have them."""


def metrics_of(results: Results, arm: str, training: Training) -> dict[str, Any]:
    """Each metric's mean with its 95 % interval, over the seeds that all arms have, and the value of every seed."""
    metrics: dict[str, Any] = {}
    for metric in METRICS:
        if metric in _OF_SOME and not results.has(arm, metric, training):
            continue
        mean, found, _ = results.estimate(arm, None, metric, training)
        metrics[metric] = {
            "mean": mean,
            "interval": None if found is None else list(found.interval(LEVEL)),
            "values": results.values(arm, metric, training),
        }
    return metrics


def reliability_of(results: Results, arm: str, training: Training) -> dict[str, Any]:
    """All seeds' test rows in one diagram, before and after each seed's own temperature."""
    scores = [s for seed in results.seeds if (s := results.scores(arm, seed, training)) is not None]
    temperatures = [t for s in scores if (t := s.metrics["temperature"]) is not None]
    return {
        "before": _bins([s.before for s in scores]),
        "after": _bins([s.after for s in scores if s.after is not None]),
        "temperature": math.fsum(temperatures) / len(temperatures) if temperatures else None,
    }


def _bins(summaries: list[CalibrationSummary]) -> dict[str, Any] | None:
    if not summaries:
        return None
    merged = CalibrationSummary()
    for summary in summaries:
        merged.merge(summary)
    data = reliability(merged, BINS).to_dict()
    # The seeds' test rows may overlap, so an interval that counts rows as independent would be too narrow.
    keep = ("lower", "upper", "count", "confidence", "accuracy")
    return {"bins": [{k: b[k] for k in keep} for b in data["bins"]], "ece": data["ece"], "rows": data["rows"]}

"""What the demo of calibration is told of the studies: reliability over alpha, on two kinds of model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["CALIBRATION_SETS", "calibration"]

# Which data set stands for which kind of model; chosen by what training with hard targets does on it.
CALIBRATION_SETS = {"overconfident": "digits-noisy", "calibrated": "digits"}
_KEPT = ("accuracy", "mean_confidence", "ece", "ece_after", "nll", "temperature")
_COMPARED = ("ece", "ece_after")


def calibration(studies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The part of the study reports that the demo draws, by kind of model; None for a kind without a study.

    Of several reports of one data set the last counts. Kept are the hard and the smooth:ALPHA arms, without the values
    of single seeds.
    """
    reports = {str(report["dataset"]["key"]): report for report in studies}
    return {kind: _part(reports[key]) if key in reports else None for kind, key in CALIBRATION_SETS.items()}


def _part(report: Mapping[str, Any]) -> Any:
    arms = [arm for arm in report["arms"] if arm == "hard" or arm.startswith("smooth:")]
    metrics = {
        arm: {
            name: {k: m[k] for k in ("mean", "interval") if k in m}
            for name, m in report["metrics"][arm].items()
            if name in _KEPT
        }
        for arm in arms
    }
    part = {
        "format": report["format"],
        "dataset": dict(report["dataset"]),
        "arms": arms,
        "seeds": list(report["seeds"]),
        "metrics": metrics,
        "comparisons": [
            {name: c.get(name) for name in ("arm", "baseline", "metric", "mean", "interval", "level", "seeds")}
            for c in report["comparisons"]
            if c["metric"] in _COMPARED and c["arm"] in arms
        ],
        "reliability": {arm: report["reliability"][arm] for arm in arms},
    }
    return _rounded(part)


def _rounded(value: Any) -> Any:
    """Floats to five significant digits, which is more than a picture shows: it halves the page."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value

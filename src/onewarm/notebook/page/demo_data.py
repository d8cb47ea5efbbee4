"""Data for the calibration demo, from study reports: reliability for each alpha, on noisy and on clean data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["CALIBRATION_SETS", "calibration_data"]

# The data set that represents each kind of model: what training to the end with hard targets leads to on it.
CALIBRATION_SETS = {"overconfident": "digits-noisy", "calibrated": "digits"}
_METRICS = ("accuracy", "mean_confidence", "ece", "ece_after", "nll", "temperature")
_COMPARED_METRICS = ("ece", "ece_after")


def calibration_data(studies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The part of the study reports that the demo draws, by kind of model; None for a kind without a study.

    Of several reports on one data set, the last is used. It keeps the arms hard and smooth:ALPHA, without the values
    of single seeds: of the models stopped where their validation NLL was lowest, and under `end` of those trained to
    the end, None where there are none.
    """
    reports = {str(report["dataset"]["key"]): report for report in studies}
    return {kind: _part(reports[key]) if key in reports else None for kind, key in CALIBRATION_SETS.items()}


def _part(report: Mapping[str, Any]) -> Any:
    arms = [arm for arm in report["arms"] if arm == "hard" or arm.startswith("smooth:")]
    part = {
        "format": report["format"],
        "dataset": dict(report["dataset"]),
        "arms": arms,
        "seeds": list(report["seeds"]),
        **_models(report, arms, "stopped", ""),
        "end": _models(report, arms, "end", "_end") if report.get("metrics_end") else None,
    }
    return _rounded(part)


def _models(report: Mapping[str, Any], arms: Sequence[str], training: str, suffix: str) -> dict[str, Any]:
    """What is drawn of the models of one training."""
    metrics, reliability = report["metrics" + suffix], report["reliability" + suffix]
    return {
        "metrics": {
            arm: {
                name: {k: m[k] for k in ("mean", "interval") if k in m}
                for name, m in metrics[arm].items()
                if name in _METRICS
            }
            for arm in arms
        },
        "comparisons": [
            {name: c.get(name) for name in ("arm", "baseline", "metric", "mean", "interval", "level", "seeds")}
            for c in report["comparisons"]
            if c["metric"] in _COMPARED_METRICS and c["arm"] in arms and c.get("training", "stopped") == training
        ],
        "reliability": {arm: reliability[arm] for arm in arms},
    }


def _rounded(value: Any) -> Any:
    """Round floats to five significant digits: more than a picture shows, and half the bytes."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value

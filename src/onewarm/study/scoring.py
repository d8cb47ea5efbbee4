"""Scoring a trained run: its numbers, and its test rows as calibration summaries."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.calibrators.temperature import TemperatureError, fit_temperature
from onewarm.calibration.metrics import scores as metrics
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.definition import unsmooth
from onewarm.study.arms import Arm
from onewarm.study.scores import METRICS, Scores
from onewarm.study.splits import Split
from onewarm.study.training import Outputs


def score(arm: Arm, outputs: Outputs, split: Split) -> Scores:
    """Metrics of a trained run on its test rows, before and after a temperature fitted on its validation rows.

    A temperature that has no finite best value (say, every validation row right) is recorded as missing with the
    reason; it does not stop a study.
    """
    y = split.test.y
    before = CalibrationSummary().update(outputs.test, y, logits=True)
    found = _summary_metrics(before, "") | {"logit_gap": logit_gap(outputs.train, split.train.y)}
    found["train_accuracy"] = float((outputs.train.argmax(1) == split.train.y).mean())
    after, note = None, None
    try:
        temperature = fit_temperature(outputs.validation, split.validation.y).temperature
    except TemperatureError as error:
        note = f"no temperature: {error}"
    else:
        after = CalibrationSummary().update(outputs.test / temperature, y, logits=True)
        found |= {"temperature": temperature} | _summary_metrics(after, "_after")
    probabilities = _softmax(outputs.test)
    if arm.alpha is not None:
        k = probabilities.shape[1]
        counts = np.bincount(split.train.y, minlength=k)
        prior = counts / counts.sum() if arm.kind == "prior" else None
        # A finite sample can give a class less than its share of the smoothing: negative, read as 0.
        q = np.clip(unsmooth(probabilities, arm.alpha, prior=prior), 0, None)
        found["ece_unsmoothed"] = metrics.ece(CalibrationSummary().update(q / q.sum(1, keepdims=True), y))
    if split.test.posterior is not None:
        soft = CalibrationSummary().update(outputs.test, split.test.posterior, logits=True)
        found["excess_nll"] = metrics.nll(soft) - soft.total("truth_entropy") / soft.count
    return Scores({name: found.get(name) for name in METRICS}, before, after, note)


def logit_gap(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Mean over rows of z_y - mean_{j != y} z_j. Under smoothing its optimum is log(1 + K (1 - a) / a).

    >>> logit_gap(np.array([[3.0, 1.0, 0.0]]), np.array([0]))
    2.5
    """
    true = logits[np.arange(len(labels)), labels]
    others = (logits.sum(1) - true) / (logits.shape[1] - 1)
    return float((true - others).mean())


def _summary_metrics(summary: CalibrationSummary, suffix: str) -> dict[str, Any]:
    names = (
        ("nll", "ece", "confidence_gap") if suffix else ("accuracy", "nll", "ece", "mean_confidence", "confidence_gap")
    )
    return {name + suffix: getattr(metrics, name)(summary) for name in names}


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(p / p.sum(1, keepdims=True))

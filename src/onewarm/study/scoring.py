"""The metrics of one trained run, and its test rows as calibration summaries. Imports no PyTorch: the store uses it."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration import metrics as summary_metrics
from onewarm.calibration.calibrators.temperature import TemperatureError, fit_temperature
from onewarm.calibration.defaults import BINS
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.definition import unsmooth
from onewarm.softmax import softmax
from onewarm.study.data.splits import Split

if TYPE_CHECKING:
    from onewarm.study.arms.arm import Arm
    from onewarm.study.models.model import Outputs

METRICS = {
    "accuracy": "share of test rows whose most probable class is the label",
    "nll": "mean negative log-likelihood of the labels, nats",
    "ece": f"expected calibration error, {BINS} equal bins",
    "mean_confidence": "mean probability of the most probable class",
    "confidence_gap": "mean confidence minus accuracy; above 0 is overconfident",
    "nll_after": "NLL after the temperature fitted on the validation rows",
    "ece_after": "ECE after it",
    "confidence_gap_after": "confidence gap after it",
    "temperature": "that temperature; above 1 undoes overconfidence",
    "logit_gap": "mean over training rows of z_y minus the mean other logit",
    "train_accuracy": "share of training rows that the model gets right",
    "ece_unsmoothed": "ECE after the affine inverse of the smoothing (arms that smooth towards one row)",
    "excess_nll": "mean KL(true posterior || p), nats, where the posterior is known",
}
"""The metrics of a run, in the report's order."""


@dataclass(frozen=True)
class Scores:
    """A run's metrics, and calibration summaries of its test rows before and after the fitted temperature.

    A metric that does not exist for the run is None; `note` gives the reason where no temperature could be fitted.
    """

    metrics: dict[str, float | None]
    before: CalibrationSummary
    after: CalibrationSummary | None
    note: str | None = None

    def to_bytes(self) -> bytes:
        """As bytes, compressed: a line of JSON with the metrics, then the summaries."""
        summaries = [s.to_bytes() for s in (self.before, self.after) if s is not None]
        head = json.dumps({"metrics": self.metrics, "note": self.note, "sizes": list(map(len, summaries))})
        return zlib.compress(b"\n".join([head.encode(), b"".join(summaries)]))

    @classmethod
    def from_bytes(cls, data: bytes) -> Scores:
        """What `to_bytes` wrote. Raises ValueError or zlib.error for anything else."""
        head, _, rest = zlib.decompress(data).partition(b"\n")
        parsed = json.loads(head)
        at, summaries = 0, []
        for size in parsed["sizes"]:
            summaries.append(CalibrationSummary.from_bytes(rest[at : at + size]))
            at += size
        return cls(parsed["metrics"], summaries[0], summaries[1] if len(summaries) > 1 else None, parsed["note"])


def score(arm: Arm, outputs: Outputs, split: Split) -> Scores:
    """Metrics of a trained run on its test rows, before and after a temperature fitted on its validation rows.

    A temperature without a finite optimum (all validation rows right, for example) is recorded as missing, with the
    reason in `note`; the study goes on.

    Args:
        arm: the recipe that the run was trained with; a smoothing arm is also scored after the inverse of smoothing.
        outputs: the run's logits on the three parts of `split`.
        split: the rows of the run's seed.
    """
    labels = split.test.y
    before = CalibrationSummary().update(outputs.test, labels, logits=True)
    metrics = _summary_metrics(before, "") | {"logit_gap": logit_gap(outputs.train, split.train.y)}
    metrics["train_accuracy"] = float((outputs.train.argmax(1) == split.train.y).mean())
    after, note = None, None
    try:
        temperature = fit_temperature(outputs.validation, split.validation.y).temperature
    except TemperatureError as error:
        note = f"no temperature: {error}"
    else:
        after = CalibrationSummary().update(outputs.test / temperature, labels, logits=True)
        metrics |= {"temperature": temperature} | _summary_metrics(after, "_after")
    if (smoothing := arm.smoothing(split.train.y, outputs.test.shape[1])) is not None:
        share, prior = smoothing
        # On a finite sample a class may get less than its share of the smoothing; the inverse is then below 0.
        inverse = np.clip(unsmooth(softmax(outputs.test), share, prior=prior), 0, None)
        summary = CalibrationSummary().update(inverse / inverse.sum(1, keepdims=True), labels)
        metrics["ece_unsmoothed"] = summary_metrics.ece(summary)
    if split.test.posterior is not None:
        summary = CalibrationSummary().update(outputs.test, split.test.posterior, logits=True)
        metrics["excess_nll"] = summary_metrics.nll(summary) - summary.total("truth_entropy") / summary.count
    return Scores({name: metrics.get(name) for name in METRICS}, before, after, note)


def logit_gap(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Mean over rows of z_y - mean_{j != y} z_j, for logits (N, K) and labels (N,).

    Under label smoothing with share a, its optimum is log(1 + K (1 - a) / a).

    >>> logit_gap(np.array([[3.0, 1.0, 0.0]]), np.array([0]))
    2.5
    """
    of_label = logits[np.arange(len(labels)), labels]
    of_others = (logits.sum(1) - of_label) / (logits.shape[1] - 1)
    return float((of_label - of_others).mean())


def _summary_metrics(summary: CalibrationSummary, suffix: str) -> dict[str, Any]:
    names = (
        ("nll", "ece", "confidence_gap") if suffix else ("accuracy", "nll", "ece", "mean_confidence", "confidence_gap")
    )
    return {name + suffix: getattr(summary_metrics, name)(summary) for name in names}

"""The metrics of one trained run, and its test rows as calibration summaries. Imports no PyTorch: the store uses it."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    "brier": "Brier score, the squared distance of the probabilities from the label, 0 to 2",
    "auroc": "chance that a right prediction has a higher confidence than a wrong one",
    "aurc": "mean error rate over all coverages where the least confident rows are rejected first",
    "mean_confidence": "mean probability of the most probable class",
    "confidence_gap": "mean confidence minus accuracy; above 0 is overconfident",
    "nll_after": "NLL after the temperature fitted on the validation rows",
    "ece_after": "ECE after it",
    "confidence_gap_after": "confidence gap after it",
    "temperature": "that temperature; above 1 undoes overconfidence",
    "logit_gap": "mean over training rows of z_y minus the mean other logit",
    "train_accuracy": "share of training rows that the model gets right",
    "train_nll": "NLL of the training rows, nats",
    "ece_unsmoothed": "ECE after the affine inverse of the smoothing (arms that smooth towards one row)",
    "excess_nll": "mean KL(true posterior || p), nats, where the posterior is known",
}
"""The metrics of a run, in the report's order."""

PRIOR = 1.0
"""Rows that the prior of a run's temperature counts as: it exists even where all validation rows are right."""

ROW_GROUPS = 20
"""Random groups of test rows, each left out once: the rows' share of a difference's error where seeds share a split."""

_BEFORE: dict[str, Callable[[CalibrationSummary], float]] = {
    name: getattr(summary_metrics, name)
    for name in ("accuracy", "nll", "ece", "brier", "auroc", "aurc", "mean_confidence", "confidence_gap")
}
_AFTER = {name + "_after": _BEFORE[name] for name in ("nll", "ece", "confidence_gap")}


@dataclass(frozen=True)
class Scores:
    """A run's metrics, and calibration summaries of its test rows before and after the fitted temperature.

    A metric that does not exist for the run is None; `note` gives the reason where it is one to know. `without` has
    the metrics of the test rows without each group of them, in the order of groups, where these were asked for.
    """

    metrics: dict[str, float | None]
    before: CalibrationSummary
    after: CalibrationSummary | None
    note: str | None = None
    without: dict[str, list[float | None]] | None = None

    def to_bytes(self) -> bytes:
        """As bytes, compressed: a line of JSON with the metrics, then the summaries."""
        summaries = [s.to_bytes() for s in (self.before, self.after) if s is not None]
        head = {"metrics": self.metrics, "note": self.note, "without": self.without}
        line = json.dumps(head | {"sizes": list(map(len, summaries))})
        return zlib.compress(b"\n".join([line.encode(), b"".join(summaries)]))

    @classmethod
    def from_bytes(cls, data: bytes) -> Scores:
        """What `to_bytes` wrote. Raises ValueError or zlib.error for anything else."""
        head, _, rest = zlib.decompress(data).partition(b"\n")
        parsed = json.loads(head)
        at, summaries = 0, []
        for size in parsed["sizes"]:
            summaries.append(CalibrationSummary.from_bytes(rest[at : at + size]))
            at += size
        after = summaries[1] if len(summaries) > 1 else None
        return cls(parsed["metrics"], summaries[0], after, parsed["note"], parsed["without"])


def score(arm: Arm, outputs: Outputs, split: Split, *, row_groups: int = 0) -> Scores:
    """Metrics of a trained run on its test rows, before and after a temperature fitted on its validation rows.

    The temperature is fitted with a prior that counts as `PRIOR` rows, so that it exists even where all validation
    rows are right. A metric that is not a finite number is None: AUROC where no prediction is wrong, or an NLL where a
    label has probability 0, which `note` then says.

    Args:
        arm: the recipe that the run was trained with; a smoothing arm is also scored after the inverse of smoothing.
        outputs: the run's logits on the three parts of `split`.
        split: the rows of the run's seed.
        row_groups: random groups of test rows, the same for every run with as many of them, to leave out one at a
            time; 0 for none.
    """
    labels = split.test.y
    before = CalibrationSummary().update(outputs.test, labels, logits=True)
    metrics: dict[str, float] = {name: metric(before) for name, metric in _BEFORE.items()}
    metrics["logit_gap"] = logit_gap(outputs.train, split.train.y)
    trained = CalibrationSummary().update(outputs.train, split.train.y, logits=True)
    metrics |= {"train_accuracy": summary_metrics.accuracy(trained), "train_nll": summary_metrics.nll(trained)}
    after, note, tempered = None, None, None
    if infinite := int(before.total("nll_infinite")):
        note = f"the NLL is infinite: {infinite} of {before.count} test rows have probability 0 for their label"
    try:
        fit = fit_temperature(outputs.validation, split.validation.y, prior=PRIOR, bounds=(1e-12, 1e12))
    except TemperatureError as error:
        note = note or f"no temperature: {error}"
    else:
        tempered = outputs.test / fit.temperature
        after = CalibrationSummary().update(tempered, labels, logits=True)
        metrics |= {"temperature": fit.temperature} | {name: metric(after) for name, metric in _AFTER.items()}
    if (smoothing := arm.smoothing(split.train.y, outputs.test.shape[1])) is not None:
        share, prior = smoothing
        # On a finite sample a class may get less than its share of the smoothing; the inverse is then below 0.
        inverse = np.clip(unsmooth(softmax(outputs.test), share, prior=prior), 0, None)
        summary = CalibrationSummary().update(inverse / inverse.sum(1, keepdims=True), labels)
        metrics["ece_unsmoothed"] = summary_metrics.ece(summary)
    if split.test.posterior is not None:
        summary = CalibrationSummary().update(outputs.test, split.test.posterior, logits=True)
        metrics["excess_nll"] = summary_metrics.nll(summary) - summary.total("truth_entropy") / summary.weight
    without = None
    if row_groups and len(labels) > 1:
        without = _leaving_out(outputs.test, labels, row_groups, _BEFORE)
        if tempered is not None:
            without |= _leaving_out(tempered, labels, row_groups, _AFTER)
    return Scores({name: _finite(metrics.get(name)) for name in METRICS}, before, after, note, without)


def logit_gap(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Mean over rows of z_y - mean_{j != y} z_j, for logits (N, K) and labels (N,).

    Under label smoothing with share a, its optimum is log(1 + K (1 - a) / a).

    >>> logit_gap(np.array([[3.0, 1.0, 0.0]]), np.array([0]))
    2.5
    """
    of_label = logits[np.arange(len(labels)), labels]
    of_others = (logits.sum(1) - of_label) / (logits.shape[1] - 1)
    return float((of_label - of_others).mean())


def _leaving_out(
    logits: NDArray[np.float64],
    labels: NDArray[np.int64],
    groups: int,
    metrics: dict[str, Callable[[CalibrationSummary], float]],
) -> dict[str, list[float | None]]:
    """Each metric of the rows without each group; the groups depend on the number of rows alone."""
    order = np.random.default_rng(0).permutation(len(labels))
    parts = [
        CalibrationSummary().update(logits[rows], labels[rows], logits=True)
        for rows in np.array_split(order, min(groups, len(labels)))
    ]
    values: dict[str, list[float | None]] = {name: [] for name in metrics}
    for out in range(len(parts)):
        rest = CalibrationSummary()
        for part in parts[:out] + parts[out + 1 :]:
            rest.merge(part)
        for name, metric in metrics.items():
            values[name].append(_finite(metric(rest)))
    return values


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)

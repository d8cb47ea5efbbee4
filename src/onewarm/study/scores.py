"""A finished run's numbers: which there are, and what holds them."""

from __future__ import annotations

from dataclasses import dataclass

from onewarm.calibration.summary.summary import CalibrationSummary

METRICS = {
    "accuracy": "share of test rows whose most probable class is the label",
    "nll": "mean negative log-likelihood of the labels, nats",
    "ece": "expected calibration error, 15 equal bins",
    "mean_confidence": "mean probability of the most probable class",
    "confidence_gap": "mean confidence minus accuracy; above 0 is overconfident",
    "nll_after": "NLL after the temperature fitted on the validation rows",
    "ece_after": "ECE after it",
    "confidence_gap_after": "confidence gap after it",
    "temperature": "that temperature; above 1 undoes overconfidence",
    "logit_gap": "mean over training rows of z_y minus the mean other logit",
    "train_accuracy": "share of training rows that the model gets right",
    "ece_unsmoothed": "ECE after the affine inverse of the smoothing (smooth and prior arms)",
    "excess_nll": "mean KL(true posterior || p), nats, where the posterior is known",
}
"""The metrics of a run, in the report's order."""


@dataclass(frozen=True)
class Scores:
    """A run's metrics (None where one could not be had, `note` says why) and its test summaries."""

    metrics: dict[str, float | None]
    before: CalibrationSummary
    after: CalibrationSummary | None
    note: str | None = None

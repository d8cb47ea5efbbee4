"""The numbers that an audit reports, with their intervals and their titles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.row_sample import Rows
from onewarm.calibration.defaults import BINS, LEVEL
from onewarm.calibration.intervals.estimate import estimate
from onewarm.calibration.summary.summary import CalibrationSummary

Floats = NDArray[np.float64]

LEVEL_PERCENT = f"{100 * LEVEL:g}"
"""The level of intervals in words, as "95"."""

TITLES = {
    "accuracy": "Accuracy",
    "mean_confidence": "Mean confidence",
    "confidence_gap": "Confidence gap (confidence - accuracy)",
    "ece": f"ECE, {BINS} equal-width bins",
    "ece_equal_mass": f"ECE, {BINS} bins of equal rows",
    "smooth_ece": "Smooth ECE",
    "squared_error": "Squared calibration error, debiased",
    "overconfidence": "ECE from overconfident bins",
    "underconfidence": "ECE from underconfident bins",
    "mce": "Largest gap of a bin (MCE)",
    "top_label_ece": "ECE by predicted class",
    "classwise_ece": "Classwise ECE",
    "nll": "NLL, nats",
    "brier": "Brier score, summed over classes",
    "brier_reliability": "  reliability: what calibration would remove",
    "brier_resolution": "  resolution: what it knows of the classes",
    "brier_uncertainty": "  uncertainty: the score of class shares",
    "auroc": "AUROC of confidence against being right",
    "aurc": "Error averaged over coverage (AURC)",
    "coverage_at_risk": "Share of rows answered at 1 % error",
}
"""The title of each measure, in the order of a report."""


@dataclass(frozen=True)
class Measure:
    """A measure and its interval of ``LEVEL``.

    Attributes:
        value: None where it is infinite.
        interval: None where it is not known.
        corrected: for calibration errors the value corrected for its finite-sample bias, else the value.
        method: how the interval was made, as ``onewarm.calibration.estimate`` names it.
    """

    value: float | None
    interval: tuple[float, float] | None = None
    corrected: float | None = None
    method: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Value and interval for JSON."""
        return {"value": self.value, "interval": list(self.interval) if self.interval else None}


def measure(summary: CalibrationSummary) -> dict[str, Measure]:
    """All measures of a summary, in the order of ``TITLES``."""
    return {name: _measure(summary, name) for name in TITLES}


def _measure(summary: CalibrationSummary, name: str) -> Measure:
    with np.errstate(all="ignore"):  # bins of no row or one have no interval: it becomes None below
        estimated = estimate(summary, name, level=LEVEL)
    ends = (estimated.low, estimated.high)
    known = all(math.isfinite(end) for end in ends) and ends[0] < ends[1]
    value, corrected = (v if math.isfinite(v) else None for v in (estimated.value, estimated.corrected))
    return Measure(value, ends if known else None, corrected, estimated.method)


def chance_ece(summary: CalibrationSummary, bins: int = BINS) -> float:
    """The expected ECE of a perfectly calibrated model with these confidences.

        sum_b w_b sqrt(2 c_b (1 - c_b) / (pi n_b))

    The mean of |accuracy - confidence| over the bins b, where a bin's accuracy is normal about its mean confidence
    c_b with the variance c_b (1 - c_b) / n_b; w_b is the bin's share of the weight, n_b = (sum w)^2 / sum w^2 its
    effective number of rows.
    """
    weight, confidence = (summary[f"cell_{of}"].reshape(bins, -1).sum(axis=1) for of in ("weight", "confidence"))
    rows = _effective_rows(summary, bins)
    filled = rows > 0
    c = confidence[filled] / weight[filled]
    mean_gap = np.sqrt(2 / math.pi * c * np.clip(1 - c, 0, None) / rows[filled])
    return float((weight[filled] * mean_gap).sum() / weight.sum())


def _effective_rows(summary: CalibrationSummary, bins: int) -> Floats:
    """Rows of each bin: (sum w)^2 / sum w^2, which is their number where all weights are equal."""
    weight, squares = (summary[f"cell_{of}"].reshape(bins, -1).sum(axis=1) for of in ("weight", "weight2"))
    rows: Floats = np.divide(weight**2, squares, where=squares > 0, out=np.zeros(bins))
    return rows


def ece_of(p: Floats, rows: Rows) -> Measure:
    """The top-label ECE of probabilities (n, K), with its interval, against the truth of these rows."""
    return _measure(CalibrationSummary().update(p, rows.truth, weights=rows.weights, normalize=True), "ece")


def truth_entropy(summary: CalibrationSummary) -> float:
    """Mean entropy of the truth in nats: the least NLL that any model can have on these rows."""
    return float(summary.total("truth_entropy")) / summary.weight

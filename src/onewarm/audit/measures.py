"""The numbers that an audit reports, with their intervals and their titles."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.clusters import Clusters
from onewarm.audit.questions.ask import Kind
from onewarm.audit.questions.design_effect import design_effect, thinned
from onewarm.audit.questions.whole_range import WholeRange
from onewarm.calibration import metrics
from onewarm.calibration.defaults import BINS, LEVEL
from onewarm.calibration.intervals.bernoulli_sums import LEAST
from onewarm.calibration.intervals.estimate import estimate
from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS, check_bins
from onewarm.calibration.summary.summary import CalibrationSummary

Floats = NDArray[np.float64]


def titles(bins: int = BINS) -> dict[str, str]:
    """The title of each measure, in the order of a report."""
    return {
        "accuracy": "Accuracy",
        "mean_confidence": "Mean confidence",
        "confidence_gap": "Confidence gap (confidence - accuracy)",
        "ece": f"ECE, {bins} equal-width bins",
        "event_ece": f"ECE of P(y = 1), {bins} equal-width bins",
        "calibration_intercept": "Calibration intercept (0 is right)",
        "calibration_slope": "Calibration slope (1 is right)",
        "spiegelhalter_p": "p without bins: Spiegelhalter's z",
        "cumulative_p": "p without bins: cumulative differences",
        "ece_equal_mass": f"ECE, {bins} bins of equal rows",
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


TITLES = titles()

_EFFECTS = {
    "accuracy": "correct",
    "mean_confidence": "confidence",
    "confidence_gap": "gap",
    "event_ece": "events",
    "classwise_ece": "classes",
    "nll": "nll",
    "brier": "brier",
    "brier_reliability": "classes",
    "brier_resolution": "correct",
    "brier_uncertainty": "classes",
    "auroc": "correct",
    "aurc": "correct",
    "coverage_at_risk": "correct",
}
"""The sum whose variance over groups widens an interval; "bins" of the confidence where none is named."""


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


def kind_of(summary: CalibrationSummary) -> Kind:
    """The kind of predictions that a summary is of, as ``Plan.kind``."""
    return "confidence" if summary.events else "binary" if summary.num_classes == 2 else "multiclass"


def measure(
    summary: CalibrationSummary, *, bins: int = BINS, clusters: Clusters | None = None, least: float = LEAST
) -> dict[str, Measure]:
    """All measures that a summary has, in the order of ``titles``.

    The ECE of P(y = 1) is of two classes; intercept and slope are of two classes, and of a confidence.

    Args:
        summary: of at least one row; made with ``classwise=True`` unless of events.
        bins: of binned errors; divides 120 (600 of events).
        clusters: of the same rows, where they come in groups: intervals are then over groups.
        least: what a probability of 0 may have meant at most; see ``questions.ask``.

    Raises:
        ValueError: no rows, or bins that do not divide the cells.
    """
    kind = kind_of(summary)
    check_bins(bins, CELLS if kind == "confidence" else CLASS_CELLS)
    whole = WholeRange(summary, kind, clusters, least)
    found: dict[str, Measure] = {}
    wider: dict[str, float] = {}
    for name in TITLES:
        if name.endswith("_p"):
            p = getattr(whole, name)()
            found[name] = Measure(p, None, p, "normal" if name == "spiegelhalter_p" else "Brownian motion")
        elif name in ("calibration_intercept", "calibration_slope"):
            if kind != "multiclass":
                fit = getattr(whole, name.removeprefix("calibration_"))()
                found[name] = Measure(fit[0], fit[1], fit[0], "inversion") if fit else Measure(None, None, None, "none")
        elif name != "event_ece" or kind == "binary":
            if clusters is None:
                found[name] = _measure(summary, name, bins)
                continue
            effect = _effect(name, kind)
            if effect not in wider:
                wider[effect] = design_effect(summary, clusters, effect, bins)
            found[name] = _over_groups(summary, name, bins, wider[effect])
    return found


def _effect(name: str, kind: Kind) -> str:
    """The sum whose variance over groups widens the interval of a measure."""
    effect = _EFFECTS.get(name, "bins")
    if effect == "classes" and kind != "multiclass":
        return "events" if kind == "binary" else "bins"
    return effect


def _over_groups(summary: CalibrationSummary, name: str, bins: int, factor: float) -> Measure:
    """A measure with its interval made as if ``factor`` rows counted as one."""
    if not math.isfinite(factor):
        return replace(_measure(summary, name, bins), interval=None)
    found = _measure(thinned(summary, factor), name, bins)
    if name in ("brier_resolution", "brier_uncertainty") and found.interval is not None and found.value is not None:
        # Their intervals come from random groups of rows, not from second moments.
        ends = [found.value + math.sqrt(factor) * (end - found.value) for end in found.interval]
        return replace(found, interval=(max(ends[0], 0.0), ends[1]))
    return found


def _measure(summary: CalibrationSummary, name: str, bins: int = BINS) -> Measure:
    options = {"bins": bins} if "bins" in signature(getattr(metrics, name)).parameters else {}
    with np.errstate(all="ignore"):  # bins of no row or one have no interval: it becomes None below
        estimated = estimate(summary, name, level=LEVEL, **options)
    ends = (estimated.low, estimated.high)
    known = all(math.isfinite(end) for end in ends) and ends[0] < ends[1]
    value, corrected = (v if math.isfinite(v) else None for v in (estimated.value, estimated.corrected))
    return Measure(value, ends if known else None, corrected, estimated.method)


def chance_ece(summary: CalibrationSummary, bins: int = BINS, clusters: Clusters | None = None) -> float:
    """The expected ECE of a perfectly calibrated model with these confidences.

        sum_b w_b sqrt(2 c_b (1 - c_b) / (pi n_b))

    The mean of |accuracy - confidence| over the bins b, where a bin's accuracy is normal about its mean confidence
    c_b with the variance c_b (1 - c_b) / n_b; w_b is the bin's share of the weight, n_b = (sum w)^2 / sum w^2 its
    effective number of rows: with ``clusters`` divided by their design effect.
    """
    if clusters is not None:
        summary = thinned(summary, min(design_effect(summary, clusters, "bins", bins), summary.count))
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


def ece_of(summary: CalibrationSummary) -> Measure:
    """The ECE of a summary alone, with its interval."""
    return _measure(summary, "ece")


def truth_entropy(summary: CalibrationSummary) -> float:
    """Mean entropy of the truth in nats: the least NLL that any model can have on these rows."""
    return float(summary.total("truth_entropy")) / summary.weight

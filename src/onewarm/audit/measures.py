"""The numbers that an audit reports, with their intervals and their names in words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.measure import Measure
from onewarm.audit.row_sample import Rows
from onewarm.calibration.intervals.estimate import estimate
from onewarm.calibration.intervals.wilson import wilson_interval
from onewarm.calibration.metrics import bins as gaps
from onewarm.calibration.plots.smooth_curve import smooth_curve
from onewarm.calibration.summary.cells import CLASS_CELLS
from onewarm.calibration.summary.summary import CalibrationSummary

Floats = NDArray[np.float64]

LEVEL = 0.95
MOST_CLASSES = 100

TITLES = {
    "accuracy": "Accuracy",
    "mean_confidence": "Mean confidence",
    "confidence_gap": "Confidence gap (confidence - accuracy)",
    "ece": "ECE, 15 equal-width bins",
    "ece_equal_mass": "ECE, 15 bins of equal rows",
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
"""What each measure is called, in the order of a report."""


def measure(summary: CalibrationSummary) -> dict[str, Measure]:
    """Every measure of a summary, in the order of ``TITLES``."""
    return {name: _measure(summary, name) for name in TITLES}


def _measure(summary: CalibrationSummary, name: str) -> Measure:
    with np.errstate(all="ignore"):  # bins of no or one row have no interval; that is said by None
        found = estimate(summary, name, level=LEVEL)
    ends = (found.low, found.high)
    known = all(math.isfinite(e) for e in ends) and ends[0] < ends[1]
    return Measure(found.value if math.isfinite(found.value) else None, ends if known else None)


def chance_ece(summary: CalibrationSummary, bins: int) -> float:
    """The ECE that these confidences would show by chance if they were right.

        sum_b w_b sqrt(2 c_b (1 - c_b) / (pi n_b))

    The mean of |accuracy - confidence| of a bin whose accuracy is normal about its confidence c_b; w_b is the bin's
    share of the weight, and n_b = (sum w)^2 / sum w^2 its rows.
    """
    weight, confidence, _ = _in_bins(_cells(summary, "cell"), bins)
    rows = _rows(summary, bins)
    some = rows > 0
    c = confidence[some] / weight[some]
    spread = np.sqrt(2 / math.pi * c * np.clip(1 - c, 0, None) / rows[some])
    return float((weight[some] * spread).sum() / weight.sum())


def _rows(summary: CalibrationSummary, bins: int) -> Floats:
    """Rows of each bin; with weights those that would count as much, (sum w)^2 / sum w^2."""
    weight, squares = (summary[f"cell_{of}"].reshape(bins, -1).sum(axis=1) for of in ("weight", "weight2"))
    rows: Floats = np.divide(weight**2, squares, where=squares > 0, out=np.zeros(bins))
    return rows


def _in_bins(cells: tuple[Floats, ...], bins: int) -> tuple[Floats, ...]:
    return tuple(c.reshape(bins, -1).sum(axis=1) for c in cells)


def ece_of(p: Floats, rows: Rows) -> Measure:
    """ECE (15 bins) of probabilities against the truth of these rows."""
    return _measure(CalibrationSummary().update(p, rows.truth, weights=rows.weights, normalize=True), "ece")


def truth_entropy(summary: CalibrationSummary) -> float:
    """Mean entropy of the truth's rows, nats: the least NLL that any model can have on them."""
    return float(summary.total("truth_entropy")) / summary.weight


def diagrams(summary: CalibrationSummary, bins: int, classes: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    """Reliability of all rows, with a smooth curve and its band; then of those answered with each class (K <= 100)."""
    cells = _cells(summary, "cell")
    count = summary["cell_count"].reshape(bins, -1).sum(axis=1)
    of_bins = _bins(count, *_in_bins(cells, bins), rows=_rows(summary, bins))
    smooth = smooth_curve(gaps.cell_gaps(summary), level=LEVEL, seed=summary.seed).to_dict()
    found = [{"of": "all", "title": "all rows", "bins": of_bins, "smooth": smooth}]
    if len(classes) > MOST_CLASSES or "predicted_count" not in summary.statistics:
        return tuple(found)
    by_class = gaps.predicted_gaps(summary, CLASS_CELLS)
    for k, name in enumerate(classes):
        cells = _cells(summary, "predicted", k)
        count = summary["predicted_count"][k].reshape(bins, -1).sum(axis=1)
        if cells[0].any():
            of_bins = _bins(count, *_in_bins(cells, bins), rows=count)
            own = gaps.of_block(by_class, k)
            smooth = smooth_curve(own, points=61, level=LEVEL, seed=summary.seed).to_dict()
            found.append({"of": f"answer {name}", "title": f"rows answered {name}", "bins": of_bins, "smooth": smooth})
    return tuple(found)


def _cells(summary: CalibrationSummary, kind: str, *at: int) -> tuple[Floats, Floats, Floats]:
    """Weight, confidence and correctness by cell: of all rows, or of those answered with one class."""
    weight, confidence, correct = (summary[f"{kind}_{of}"][at] for of in ("weight", "confidence", "correct"))
    return weight, confidence, correct


def _bins(
    count: NDArray[np.int64], weight: Floats, confidence: Floats, correct: Floats, *, rows: NDArray[Any]
) -> list[dict[str, Any]]:
    """Bins as ``ReliabilityData.to_dict`` gives them; intervals are Wilson's, of so many ``rows``."""
    edges = (np.arange(len(count) + 1) / len(count)).tolist()
    some = np.where(weight > 0, weight, 1.0)
    accuracy = np.clip(correct / some, 0, 1)
    ends = wilson_interval(accuracy, rows, LEVEL)
    return [
        {
            "lower": edges[b],
            "upper": edges[b + 1],
            "count": int(count[b]),
            "confidence": float(confidence[b] / some[b]) if count[b] else None,
            "accuracy": float(accuracy[b]) if count[b] else None,
            "interval": ends[b].tolist() if count[b] else None,
        }
        for b in range(len(count))
    ]

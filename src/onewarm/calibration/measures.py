"""The numbers that an audit reports, with their intervals and their names in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration import metrics
from onewarm.calibration.diagram import reliability, wilson_interval
from onewarm.calibration.intervals import estimate
from onewarm.calibration.sample import Rows
from onewarm.calibration.summary import CalibrationSummary

LEVEL = 0.95
MOST_CLASSES = 100

TITLES = {
    "accuracy": "Accuracy",
    "mean_confidence": "Mean confidence",
    "confidence_gap": "Confidence gap (confidence - accuracy)",
    "ece": "ECE, 15 equal-width bins",
    "nll": "NLL, nats",
    "brier": "Brier score, summed over classes",
}
"""What each measure is called, in the order of a report."""


@dataclass(frozen=True)
class Measure:
    """A number and its interval of 95 %; None where it is not defined (an infinite NLL)."""

    value: float | None
    interval: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON."""
        return {"value": self.value, "interval": list(self.interval) if self.interval else None}


def measure(summary: CalibrationSummary) -> dict[str, Measure]:
    """Every measure of a summary, in the order of ``TITLES``."""
    return {name: _measure(summary, name) for name in TITLES}


def _measure(summary: CalibrationSummary, name: str) -> Measure:
    found = estimate(summary, name, level=LEVEL)
    ends = (found.low, found.high)
    known = all(math.isfinite(e) for e in ends) and ends[0] < ends[1]
    return Measure(found.value if math.isfinite(found.value) else None, ends if known else None)


def chance_ece(summary: CalibrationSummary, bins: int) -> float:
    """The ECE that these confidences would show by chance if they were right: sum_b (n_b/N) sqrt(2 c(1-c) / (pi n_b)).

    The mean of |accuracy - confidence| of a bin whose accuracy is normal about its confidence.
    """
    data = reliability(summary, bins)
    some = data.count > 0
    n, c = data.count[some], data.confidence[some]
    spread = np.sqrt(2 / math.pi * c * np.clip(1 - c, 0, None) / n)
    return float((n * spread).sum() / n.sum())


def ece_of(p: NDArray[np.float64], rows: Rows) -> float:
    """ECE (15 bins) of probabilities against the truth of these rows."""
    return metrics.ece(CalibrationSummary().update(p, rows.truth, weights=rows.weights, normalize=True))


def truth_entropy(summary: CalibrationSummary) -> float:
    """Mean entropy of the truth's rows, nats: the least NLL that any model can have on them."""
    return float(summary.total("truth_entropy")) / summary.weight


def diagrams(summary: CalibrationSummary, bins: int, classes: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    """Reliability of all rows, with a smooth curve, then of the rows where each class is the answer (K <= 100)."""
    top = reliability(summary, bins, level=LEVEL).to_dict()
    found: list[dict[str, Any]] = [{"of": "all", "title": "all rows", **top, "smooth": smooth_curve(summary)}]
    if len(classes) > MOST_CLASSES or "predicted_count" not in summary.statistics:
        return tuple(found)
    for k, name in enumerate(classes):
        count, weight, confidence, correct = (
            summary[f"predicted_{of}"][k].reshape(bins, -1).sum(axis=1)
            for of in ("count", "weight", "confidence", "correct")
        )
        if count.any():
            title = f"rows answered {name}"
            found.append({"of": f"answer {name}", "title": title, "bins": _bins(count, weight, confidence, correct)})
    return tuple(found)


def _bins(count: Any, weight: Any, confidence: Any, correct: Any) -> list[dict[str, Any]]:
    edges = (np.arange(len(count) + 1) / len(count)).tolist()
    some = np.where(weight > 0, weight, 1.0)
    accuracy = np.clip(correct / some, 0, 1)
    ends = wilson_interval(accuracy, count, LEVEL)
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


def smooth_curve(summary: CalibrationSummary, width: float = 0.03, points: int = 101) -> dict[str, Any]:
    """Accuracy as a smooth function of confidence: a Gaussian kernel mean over the cells, where there are rows.

        r(x) = sum_c K(x - m_c) correct_c / sum_c K(x - m_c) weight_c        m_c: mean confidence of cell c

    Ends of the curve: the least and the greatest mean confidence of a cell. Nadaraya & Watson, 1964.
    """
    weight, confidence, correct = (summary[f"cell_{of}"] for of in ("weight", "confidence", "correct"))
    some = weight > 0
    middle = confidence[some] / weight[some]
    x = np.linspace(middle.min(), middle.max(), points)
    distance = (x[:, None] - middle) / width
    kernel = np.exp(-0.5 * (distance**2 - (distance**2).min(axis=1, keepdims=True)))
    y = (kernel * correct[some]).sum(axis=1) / (kernel * weight[some]).sum(axis=1)
    return {"width": width, "x": x.tolist(), "y": y.tolist()}

"""The reliability diagrams of an audit: of the top label's confidence, of P(y = 1), of each class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.defaults import BINS, LEVEL
from onewarm.calibration.intervals.wilson import wilson_interval
from onewarm.calibration.metrics import bins as metric_bins
from onewarm.calibration.plots.isotonic_curve import isotonic_curve
from onewarm.calibration.plots.smooth_curve import smooth_curve
from onewarm.calibration.summary.cells import CLASS_CELLS
from onewarm.calibration.summary.summary import CalibrationSummary

Floats = NDArray[np.float64]
Cells = tuple[Floats, Floats, Floats, Floats]
"""Of each cell: its rows, and the sums of the weights, of the predictions and of the outcomes."""

MOST_CLASSES = 100
"""With more classes than this there is no diagram for each class."""


def diagrams(summary: CalibrationSummary, classes: tuple[str, ...], bins: int = BINS) -> tuple[dict[str, Any], ...]:
    """Reliability diagrams, each a dict for JSON.

    - "all": the confidence against being right, over all rows;
    - "event": for two classes, P(y = 1) over 0..1 against the share of class 1;
    - "class NAME": for 3 to 100 classes, P(NAME) against the share of that class;
    - "answer NAME": for 2 to 100 classes, the confidence against being right, of the rows predicted as that class.

    Returns:
        Dicts with "of" (as above), "title", "predicted" and "observed" (what the axes are), "bins" (lower, upper,
        count, and, where there are rows, mean prediction as "confidence", observed share as "accuracy", its Wilson
        interval, and as "beyond" whether the two differ beyond chance, with 5 % false alarms over all bins), "isotonic"
        (the CORP curve: x, y; None for "answer NAME") and "smooth" (a curve with its simultaneous band; None for
        "class NAME"). Class diagrams have the largest number of bins that divides
        ``CLASS_CELLS`` and is not greater than ``bins``.
    """
    cells = _cells(summary, "cell", "confidence", "correct")
    gaps = metric_bins.cell_gaps(summary)
    shown = [_diagram("all", "all rows", "confidence", "share right", summary, cells, bins, gaps)]
    if len(classes) > MOST_CLASSES or "predicted_count" not in summary.statistics:
        return tuple(shown)
    few = max(d for d in range(1, bins + 1) if CLASS_CELLS % d == 0)
    of_class, _ = metric_bins.class_gaps(summary, CLASS_CELLS)
    if len(classes) == 2:
        says = f"P(y = {classes[1]})"
        cells = _class_cells(summary, 1)
        shown.append(_diagram("event", says, says, f"share of {classes[1]}", summary, cells, few, of_class))
    else:
        for k, name in enumerate(classes):
            says, cells = f"P({name})", _class_cells(summary, k)
            shown.append(_diagram(f"class {name}", says, says, f"share of {name}", summary, cells, few))
    by_answer = metric_bins.predicted_gaps(summary, CLASS_CELLS)
    for k, name in enumerate(classes):
        cells = _cells(summary, "predicted", "confidence", "correct", k)
        if cells[1].any():
            gaps = metric_bins.of_block(by_answer, k)
            title = f"rows answered {name}"
            made = _diagram(f"answer {name}", title, "confidence", "share right", summary, cells, few, gaps, points=61)
            shown.append({**made, "isotonic": None})
    return tuple(shown)


def _cells(summary: CalibrationSummary, kind: str, predicted: str, observed: str, *at: int) -> Cells:
    count, weight, p, y = (summary[f"{kind}_{of}"][at] for of in ("count", "weight", predicted, observed))
    return count.astype(np.float64), weight, p, y


def _class_cells(summary: CalibrationSummary, k: int) -> Cells:
    names = ("count", "weight", "probability", "truth")
    count, weight, p, y = (summary[f"class_{of}"][:, k].sum(axis=0) for of in names)
    return count.astype(np.float64), weight, p, y


def _diagram(
    of: str,
    title: str,
    predicted: str,
    observed: str,
    summary: CalibrationSummary,
    cells: Cells,
    bins: int,
    gaps: metric_bins.Gaps | None = None,
    points: int = 101,
) -> dict[str, Any]:
    _, weight, p, y = cells
    filled = weight > 0
    w = weight[filled]
    x, level = isotonic_curve(p[filled] / w, np.clip(y[filled] / w, 0, 1), w)
    smooth = None
    if gaps is not None:
        smooth = smooth_curve(gaps, points=points, level=LEVEL, seed=summary.seed).to_dict()
    return {
        "of": of,
        "title": title,
        "predicted": predicted,
        "observed": observed,
        "bins": _bins(summary, cells, bins),
        "isotonic": {"x": x.round(6).tolist(), "y": level.round(6).tolist()},
        "smooth": smooth,
    }


def _bins(summary: CalibrationSummary, cells: Cells, bins: int) -> list[dict[str, Any]]:
    """Bins as ``ReliabilityData.to_dict`` gives them, with Wilson's interval for the effective number of rows."""
    count, weight, p, y = (c.reshape(bins, -1).sum(axis=1) for c in cells)
    edges = (np.arange(bins + 1) / bins).tolist()
    divisor = np.where(weight > 0, weight, 1.0)
    share = np.clip(y / divisor, 0, 1)
    effective = weight * (summary.weight / summary.total("cell_weight2"))
    ends = wilson_interval(share, effective, LEVEL)
    joint = wilson_interval(share, effective, 1 - (1 - LEVEL) / max(1, int(np.count_nonzero(count))))
    beyond = (p / divisor < joint[:, 0]) | (p / divisor > joint[:, 1])
    return [
        {
            "lower": edges[b],
            "upper": edges[b + 1],
            "count": int(count[b]),
            "confidence": float(p[b] / divisor[b]) if count[b] else None,
            "accuracy": float(share[b]) if count[b] else None,
            "interval": ends[b].tolist() if count[b] else None,
            "beyond": bool(beyond[b]) if count[b] else None,
        }
        for b in range(bins)
    ]

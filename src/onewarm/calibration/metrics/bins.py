"""Bins of a summary and their gaps, confidence minus accuracy: what every binned calibration error is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS, Floats, check_bins
from onewarm.calibration.summary.summary import CalibrationSummary

Mixing = NDArray[np.float64]  # (B, CELLS): which share of each cell goes to each bin


@dataclass(frozen=True)
class Gaps:
    """Bins, as shares of all rows by weight; every array has shape (B,).

    Attributes:
        share: weight of the bin's rows over the weight of all, W_b / W; bins without rows are left out.
        gap: sum_i in b w_i (c_i - a_i) / W: the bin's part of mean confidence minus accuracy.
        confidence, square: mean c and mean c^2 of the bin's rows (by cells: c within a cell is its mean).
        moment: sum_i in b w_i^2 / W^2; 1 / (rows of the bin) times share^2 without weights.
        block: the class that the bin belongs to; 0 where there is one only.
        dispersion: variance of a_i given c_i over that of a coin: 1 for labels, less for votes and distributions.
    """

    share: Floats
    gap: Floats
    confidence: Floats
    square: Floats
    moment: Floats
    block: NDArray[np.int64]
    dispersion: float

    @property
    def effective(self) -> float:
        """Rows that carry as much information as these weighted ones: W^2 / sum w^2."""
        return float(1 / self.moment.sum())


def total_weight(summary: CalibrationSummary) -> float:
    """Rows, by weight. Raises ValueError where there are none."""
    if summary.count == 0:
        raise ValueError("summary has no rows: update it first")
    return summary.weight


def dispersion(summary: CalibrationSummary) -> float:
    """Within cells, the variance of correctness over a(1 - a): 1 for labels, towards 0 for certain distributions."""
    w2, wa, waa = (summary[f"cell_{name}"] for name in ("weight2", "correct_w2", "correct2"))
    mean = np.divide(wa, w2, where=w2 > 0, out=np.zeros(CELLS))
    coin = float((w2 * mean * (1 - mean)).sum())
    seen = float((waa - w2 * mean**2).sum())
    return min(max(seen / coin, 1e-6), 1.0) if coin > 1e-12 * float(w2.sum()) else 1.0


def equal_width(bins: int) -> Mixing:
    """Cells in ``bins`` bins of equal width."""
    check_bins(bins, CELLS)
    mixing: Mixing = np.repeat(np.eye(bins), CELLS // bins, axis=1)
    return mixing


def equal_mass(summary: CalibrationSummary, bins: int) -> Mixing:
    """Cells in ``bins`` bins of equal weight: a cell that an edge falls into is shared between its bins."""
    if bins < 1:
        raise ValueError(f"bins is {bins}: expected at least 1")
    total = total_weight(summary)
    upper = np.cumsum(summary["cell_weight"]) * (bins / total)
    lower = np.concatenate([[0.0], upper[:-1]])
    b = np.arange(bins)[:, None]
    inside = np.clip(np.minimum(upper, b + 1) - np.maximum(lower, b), 0, None)
    mass = upper - lower
    mixing: Mixing = np.divide(inside, mass, where=mass > 0, out=np.zeros_like(inside))
    return mixing


def cell_gaps(summary: CalibrationSummary, mixing: Mixing | None = None) -> Gaps:
    """Bins made of the cells of the top class (or of events); each cell a bin by default."""
    total = total_weight(summary)
    w, wc, wa, w2 = (summary[f"cell_{name}"] for name in ("weight", "confidence", "correct", "weight2"))
    c = np.divide(wc, w, where=w > 0, out=np.zeros(CELLS))
    columns = np.stack([w, wc - wa, wc, wc * c, w2])
    return _gaps(columns if mixing is None else columns @ mixing.T, total, dispersion(summary))


def predicted_gaps(summary: CalibrationSummary, bins: int) -> Gaps:
    """Bins of confidence within each predicted class."""
    total = total_weight(summary)
    _need_classes(summary)
    check_bins(bins, CLASS_CELLS)
    w, wc, wa = (summary[f"predicted_{name}"] for name in ("weight", "confidence", "correct"))
    c = np.divide(wc, w, where=w > 0, out=np.zeros_like(w))
    scale = summary.total("cell_weight2") / total
    columns = np.stack([w, wc - wa, wc, wc * c, w * scale]).reshape(5, len(w), bins, -1).sum(axis=-1)
    return _gaps(columns.reshape(5, -1), total, dispersion(summary), len(w))


def of_block(gaps: Gaps, block: int) -> Gaps:
    """The bins of one class; shares are still of all rows."""
    own = gaps.block == block
    arrays = {name: value[own] for name, value in vars(gaps).items() if isinstance(value, np.ndarray)}
    return replace(gaps, **arrays)


def class_bins(summary: CalibrationSummary, bins: int) -> tuple[Floats, Floats, Floats]:
    """Weight, sum of p and sum of truth of each class in ``bins`` bins of p, shape (G, K, bins), in G groups.

    Events are one class in one group.
    """
    total_weight(summary)
    if summary.events:
        mixing = equal_width(bins)
        w, p, t = ((summary[f"cell_{name}"] @ mixing.T)[None, None] for name in ("weight", "confidence", "correct"))
        return w, p, t
    _need_classes(summary)
    check_bins(bins, CLASS_CELLS)
    groups, k, _ = summary["class_weight"].shape
    w, p, t = (
        summary[f"class_{name}"].reshape(groups, k, bins, -1).sum(axis=-1)
        for name in ("weight", "probability", "truth")
    )
    return w, p, t


def class_gaps(summary: CalibrationSummary, bins: int) -> tuple[Gaps, Floats]:
    """The bins of every class that have rows, as if each row came once a class; and their gaps by group, (G, bins).

    Of two classes, whose gaps mirror each other, only the second. ``share`` and ``moment`` are still over all rows.
    """
    total = total_weight(summary)
    if summary.events:
        found = cell_gaps(summary, equal_width(bins))
        return found, found.gap[None]
    _need_classes(summary)
    check_bins(bins, CLASS_CELLS)
    first = 1 if summary.num_classes == 2 else 0
    w, p, t = (summary[f"class_{name}"][:, first:] for name in ("weight", "probability", "truth"))
    groups, k, _ = w.shape
    grouped = (p - t).reshape(groups, k, bins, -1).sum(axis=-1).reshape(groups, -1) / total
    w, p, t = (x.sum(axis=0) for x in (w, p, t))
    mean = np.divide(p, w, where=w > 0, out=np.zeros_like(w))
    scale = summary.total("cell_weight2") / total
    columns = np.stack([w, p - t, p, p * mean, w * scale]).reshape(5, k, bins, -1).sum(axis=-1).reshape(5, -1)
    return _gaps(columns, total, dispersion(summary), k), grouped[:, columns[0] > 0]


def _need_classes(summary: CalibrationSummary) -> None:
    if not summary.classwise or summary.events:
        raise ValueError("summary keeps no cells of classes: make it by CalibrationSummary(classwise=True)")


def _gaps(columns: Floats, total: float, dispersion: float, blocks: int = 1) -> Gaps:
    some = columns[0] > 0
    w, gap, wc, wcc, w2 = columns[:, some]
    block = np.flatnonzero(some) // (len(some) // blocks)
    return Gaps(w / total, gap / total, wc / w, wcc / w, w2 / total**2, block, dispersion)

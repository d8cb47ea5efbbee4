"""Bins of a summary and their gaps (confidence - accuracy), from which every binned calibration error is computed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS, Floats, check_bins
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.errors import InputError

Mixing = NDArray[np.float64]
"""(B, CELLS): the share of each cell that goes to each bin."""


@dataclass(frozen=True)
class Gaps:
    """Bins that have rows, in shares of the total weight W; every array has shape (B,).

    Attributes:
        share: W_b / W, the weight of the bin's rows over that of all rows.
        gap: sum_{i in b} w_i (c_i - a_i) / W, the bin's contribution to mean confidence minus accuracy.
        confidence, square: mean c and mean c^2 of the bin's rows, where c is constant (the mean) within a cell.
        moment: sum_{i in b} w_i^2 / W^2. Without weights it is share^2 / (rows of the bin).
        block: number of the class that the bin belongs to; 0 if the bins are not by class.
        dispersion: variance of a_i given c_i over a (1 - a): 1 for labels, less for votes and distributions.
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
        """Effective number of rows, W^2 / sum w^2: the number of rows, if all weights are equal."""
        return float(1 / self.moment.sum())


def total_weight(summary: CalibrationSummary) -> float:
    """Sum of the weights; the number of rows, if none were given. Raises ValueError if there are no rows."""
    if summary.count == 0:
        raise InputError("summary has no rows: update it first")
    return summary.weight


def dispersion(summary: CalibrationSummary) -> float:
    """Variance of correctness within cells, over the a(1 - a) of labels.

    1 for labels; near 1/n for n independent votes a row; towards 0 where the truth is a distribution that depends on
    confidence alone. At least 1e-6, so that an interval keeps some width.
    """
    w2, wa, waa = (summary[f"cell_{name}"] for name in ("weight2", "correct_w2", "correct2"))
    mean = np.divide(wa, w2, where=w2 > 0, out=np.zeros(CELLS))
    coin = float((w2 * mean * (1 - mean)).sum())
    variance = float((waa - w2 * mean**2).sum())
    return min(max(variance / coin, 1e-6), 1.0) if coin > 1e-12 * float(w2.sum()) else 1.0


def equal_width(bins: int) -> Mixing:
    """``bins`` bins of equal width. Raises ValueError unless ``bins`` divides the number of cells."""
    check_bins(bins, CELLS)
    mixing: Mixing = np.repeat(np.eye(bins), CELLS // bins, axis=1)
    return mixing


def equal_mass(summary: CalibrationSummary, bins: int) -> Mixing:
    """``bins`` bins of equal weight: a cell that an edge falls into is divided between its bins in proportion.

    Raises ValueError for no rows, or ``bins`` below 1.
    """
    if bins < 1:
        raise InputError(f"bins is {bins}: expected at least 1")
    total = total_weight(summary)
    upper = np.cumsum(summary["cell_weight"]) * (bins / total)
    lower = np.concatenate([[0.0], upper[:-1]])
    b = np.arange(bins)[:, None]
    inside = np.clip(np.minimum(upper, b + 1) - np.maximum(lower, b), 0, None)
    mass = upper - lower
    mixing: Mixing = np.divide(inside, mass, where=mass > 0, out=np.zeros_like(inside))
    return mixing


def cell_gaps(summary: CalibrationSummary, mixing: Mixing | None = None) -> Gaps:
    """Bins of the confidence of the top class (or of events); by default each cell is a bin."""
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
    """The bins of one class; their shares are still shares of all rows."""
    own = gaps.block == block
    arrays = {name: value[own] for name, value in vars(gaps).items() if isinstance(value, np.ndarray)}
    return replace(gaps, **arrays)


def class_bins(summary: CalibrationSummary, bins: int) -> tuple[Floats, Floats, Floats]:
    """Weight, sum of p and sum of truth in ``bins`` bins of each class's probability, by random group of rows.

    Each has shape (G, K, bins): G groups, K classes. Events count as one class in one group.
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
    """Bins of every class's probability, in which each row appears K times; and their gaps by group, shape (G, B).

    Of two classes only the second is returned, because the gaps of the first mirror it. ``share`` and ``moment`` are
    relative to all rows.
    """
    total = total_weight(summary)
    if summary.events:
        gaps = cell_gaps(summary, equal_width(bins))
        return gaps, gaps.gap[None]
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


def event_gaps(summary: CalibrationSummary, bins: int) -> Gaps:
    """Bins of P(y = 1) of two classes, or of events: each row is in one of them.

    Raises ValueError for no rows, more than two classes, or a summary without counts by class.
    """
    if summary.num_classes is not None and summary.num_classes > 2 and summary.count:
        raise InputError(f"summary has {summary.num_classes} classes: P(y = 1) is of two")
    return class_gaps(summary, bins)[0]


def _need_classes(summary: CalibrationSummary) -> None:
    if not summary.classwise or summary.events:
        raise InputError("summary has no counts by class: make it with CalibrationSummary(classwise=True)")


def _gaps(columns: Floats, total: float, dispersion: float, blocks: int = 1) -> Gaps:
    occupied = columns[0] > 0
    w, gap, wc, wcc, w2 = columns[:, occupied]
    block = np.flatnonzero(occupied) // (len(occupied) // blocks)
    return Gaps(w / total, gap / total, wc / w, wcc / w, w2 / total**2, block, dispersion)

"""``CalibrationSummary``: what one pass over predictions keeps, in bounded memory, so that any parts can be merged."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration import codec
from onewarm.calibration.inputs import (
    Floats,
    Truth,
    logit_blocks,
    probability_blocks,
    read_predictions,
    read_truth,
)

CELLS = 600
"""Equal-width cells of a summary: a multiple of the usual bin counts 5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100."""

# An edge counts as the float32 number nearest to it, and so does a confidence: see ``cell_of``.
_UPPER = (np.arange(1, CELLS + 1) / CELLS).astype(np.float32)
_LOWER = np.concatenate([np.array([-1], np.float32), _UPPER[:-1]])  # -1: p = 0 is in the first cell

FIELDS: dict[str, tuple[type, int]] = {
    "cell_count": (np.int64, CELLS),
    "cell_confidence": (np.float64, CELLS),
    "cell_correct": (np.float64, CELLS),
    "nll_infinite": (np.int64, 1),
    "nll": (np.float64, 1),
    "brier": (np.float64, 1),
    "truth_entropy": (np.float64, 1),
    "truth_brier": (np.float64, 1),
}
"""The statistics of a summary: NumPy type and length of each. All of them add up under ``merge``."""


def cell_of(confidence: Floats) -> NDArray[np.int64]:
    """The cell of each confidence: cell c holds c / CELLS < p <= (c + 1) / CELLS; p = 0 is in the first.

    p and the edges are compared as the float32 numbers nearest to them. So .1 lies *on* the edge .1, and in the
    bin below it, whether it came as float32(.1) = .100000001, as float64, as one widened to the other, or as
    .3 - .2; a comparison in float64 would send some of these to the bin above. Bins of any width that is a whole
    number of cells have exactly these edges too, because j / 15 and 40 j / 600 are the same float64 number.

    >>> import numpy as np
    >>> cell_of(np.array([0.0, 0.1, float(np.float32(0.1)), 0.3 - 0.2, 0.1001, 1.0]))
    array([  0,  59,  59,  59,  60, 599])
    """
    p = confidence.astype(np.float32)
    cell: NDArray[np.int64] = np.clip(np.ceil(p * np.float32(CELLS)).astype(np.int64) - 1, 0, CELLS - 1)
    # The product may be rounded across an edge; the comparison with the edges themselves decides.
    cell -= p <= _LOWER[cell]
    cell += p > _UPPER[cell]
    np.minimum(cell, CELLS - 1, out=cell)  # a row may sum to 1 + tolerance, and p with it
    return cell


class CalibrationSummary:
    """Sufficient statistics of confidence, correctness and proper scores: one pass, bounded memory, mergeable.

    For each row i with probabilities p_i and truth t_i (one-hot for a label, shares of the vote for votes):

        confidence  c_i = max_k p_ik, at the class k_i (the first, if several tie)
        correctness a_i = t_i[k_i]                               0 or 1 for labels, a fraction for soft truth
        NLL             = -sum_k t_ik log p_ik                   nats; +inf where t_ik > 0 = p_ik
        Brier           = sum_k p_ik^2 - 2 <p_i, t_i> + 1        E_{y ~ t_i} |p_i - onehot(y)|^2, in [0, 2]

    Kept are, for each of ``CELLS`` = 600 equal cells of confidence (``cell_of``), the number of rows and the sums of
    c_i and a_i; the sums of NLL (over rows where it is finite; the others are counted) and Brier, and of their
    floors, the entropy of t_i and 1 - |t_i|^2. Counts are int64 and sums float64: any split of the rows, merged
    in any order, gives equal counts to the bit and sums equal to about 1e-15 relative. Size: 14 KB at any N.

    Args:
        num_classes: K, if known; else that of the first rows.

    Example:
        >>> import numpy as np
        >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
        >>> whole = CalibrationSummary().update(p, np.array([0, 1, 1]))
        >>> whole
        CalibrationSummary(rows=3, num_classes=2)
        >>> first = CalibrationSummary().update(p[:1], np.array([0]))
        >>> first.merge(CalibrationSummary().update(p[1:], np.array([1, 1]))).count
        3
        >>> CalibrationSummary.from_bytes(whole.to_bytes()).to_bytes() == whole.to_bytes()
        True

    Source: the sums are those of binned calibration error (Naeini, Cooper & Hauskrecht, AAAI 2015; Guo et al.,
    ICML 2017, section 2) and of the two usual proper scores (Gneiting & Raftery, JASA 2007, section 4).
    """

    def __init__(self, num_classes: int | None = None) -> None:
        if num_classes is not None and num_classes < 2:
            raise ValueError(f"num_classes is {num_classes}: a classifier has at least 2")
        self.num_classes = num_classes
        self._stats: dict[str, NDArray[Any]] = {name: np.zeros(n, kind) for name, (kind, n) in FIELDS.items()}

    @property
    def count(self) -> int:
        """Rows seen."""
        return int(self._stats["cell_count"].sum())

    def __repr__(self) -> str:
        return f"CalibrationSummary(rows={self.count}, num_classes={self.num_classes})"

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The statistic of this name (see ``FIELDS``), read-only: ``summary["cell_count"]``."""
        view = self._stats[name].view()
        view.flags.writeable = False
        return view

    def total(self, name: str) -> float:
        """The sum of a statistic over its cells: ``summary.total("cell_confidence")`` is the sum of confidences."""
        return float(self._stats[name].sum())

    def update(self, predictions: Any, truth: Any, *, logits: bool = False, normalize: bool = False) -> Self:
        """Add rows. All of them, or none: bad input raises before anything is kept.

        Args:
            predictions: (N, K) floats, NumPy or PyTorch: probabilities, each row with sum 1 to 1e-3, or with
                ``logits`` logits, where -inf masks a class.
            truth: labels (N,) of integers 0..K-1; votes (N, K) of integers, at least one a row; or
                distributions (N, K) of floats that sum to 1.
            logits: whether ``predictions`` are logits. A small probability then costs its exact NLL, not +inf.
            normalize: whether rows of probabilities or distributions may have another sum, and are divided by it.

        Raises:
            TypeError, ValueError: naming the argument, the first bad row, its value and a remedy.
        """
        array = read_predictions(predictions, "logits" if logits else "probabilities", self.num_classes)
        true = read_truth(truth, array.shape, normalize=normalize)
        part = type(self)(array.shape[1])
        for rows, values in logit_blocks(array) if logits else probability_blocks(array, normalize=normalize):
            if logits:
                values -= np.log(np.exp(values).sum(axis=0))
                part._add(np.exp(values), values, true, rows)
            else:
                part._add(values, None, true, rows)
        return self.merge(part)

    def merge(self, other: CalibrationSummary) -> Self:
        """Add the rows of ``other`` (left as it is) to this summary. Raises ValueError if the classes differ."""
        if None not in (self.num_classes, other.num_classes) and self.num_classes != other.num_classes:
            raise ValueError(
                f"other has {other.num_classes} classes, but this summary {self.num_classes}: keep one a model"
            )
        self.num_classes = self.num_classes if other.num_classes is None else other.num_classes
        for name, values in self._stats.items():
            values += other._stats[name]
        return self

    def bins(self, bins: int) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Rows, sum of confidence and sum of correctness in each of ``bins`` equal bins (lo, hi], shape (bins,).

        Raises ValueError unless ``bins`` divides ``CELLS``.
        """
        if bins < 1 or CELLS % bins:
            usual = [b for b in range(1, CELLS + 1) if CELLS % b == 0]
            raise ValueError(f"bins is {bins}, which does not divide the {CELLS} cells kept: choose one of {usual}")
        count, confidence, correct = (
            self._stats[name].reshape(bins, -1).sum(axis=1)
            for name in ("cell_count", "cell_confidence", "cell_correct")
        )
        return count, confidence, correct

    def to_bytes(self) -> bytes:
        """The summary as bytes: versioned, with a checksum, and the same bytes for the same numbers everywhere."""
        return codec.encode({"num_classes": self.num_classes}, self._stats)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The summary that ``to_bytes`` wrote. Raises ValueError, saying what is wrong, for any other bytes."""
        header, stats = codec.decode(data, FIELDS)
        summary = cls(header["num_classes"])
        summary._stats = stats
        return summary

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON: format, rows, num_classes, cells, the cells that are not empty, and the sums."""
        full = np.flatnonzero(self._stats["cell_count"])
        cells = [
            {"cell": int(c)} | {key: self._stats[f"cell_{key}"][c].item() for key in ("count", "confidence", "correct")}
            for c in full
        ]
        sums = {name: self._stats[name][0].item() for name, (_, length) in FIELDS.items() if length == 1}
        return {
            "format": codec.FORMAT,
            "rows": self.count,
            "num_classes": self.num_classes,
            "cells": CELLS,
            "occupied": cells,
            "sums": sums,
        }

    def _add(self, p: Floats, log_p: Floats | None, truth: Truth, rows: slice) -> None:
        """Add one block: p of shape (K, n), its logarithm if there is one already, the truth of these rows."""
        labels, shares = truth.block(rows)
        n = p.shape[1]
        row = np.arange(n)
        top = p.argmax(axis=0)
        confidence = p[top, row]
        with np.errstate(divide="ignore"):
            if labels is not None:
                correct = (top == labels).astype(np.float64)
                true_p = p[labels, row]
                nll = -(np.log(true_p) if log_p is None else log_p[labels, row])
            else:
                assert shares is not None
                correct = shares[top, row]
                true_p = (p * shares).sum(axis=0)
                log_p = np.log(p) if log_p is None else log_p
                # where=: 0 * log 0 is 0, whether it is the truth or the prediction that is 0.
                nll = -np.multiply(shares, log_p, where=shares > 0, out=np.zeros_like(p)).sum(axis=0)
                log_share = np.log(shares, where=shares > 0, out=np.zeros_like(p))
                self._stats["truth_entropy"] -= (shares * log_share).sum()
                self._stats["truth_brier"] += n - (shares * shares).sum()
        cell = cell_of(confidence)
        finite = np.isfinite(nll)
        self._stats["cell_count"] += np.bincount(cell, minlength=CELLS)
        self._stats["cell_confidence"] += np.bincount(cell, confidence, CELLS)
        self._stats["cell_correct"] += np.bincount(cell, correct, CELLS)
        self._stats["nll_infinite"] += n - np.count_nonzero(finite)
        self._stats["nll"] += nll[finite].sum()
        self._stats["brier"] += ((p * p).sum(axis=0) - 2 * true_p + 1).sum()

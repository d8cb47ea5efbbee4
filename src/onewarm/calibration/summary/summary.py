"""``CalibrationSummary``: what one pass over predictions keeps, in bounded memory, so that any parts can be merged."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.calibration.summary import codec
from onewarm.calibration.summary import update as passes
from onewarm.calibration.summary.cells import CELLS as CELLS
from onewarm.calibration.summary.cells import Floats, check_bins
from onewarm.calibration.summary.cells import cell_of as cell_of
from onewarm.calibration.summary.inputs import Array, Truth, read_happened, read_predictions, read_truth, read_weights
from onewarm.calibration.summary.update import SCORES, SUMS, Totals

GROUPS = 32
"""Random groups that the rows' classes are counted in, unless there are so many classes that fewer must do."""

MOST_GROUPED = 4096  # groups times classes: 4096 * 120 cells * 4 numbers = 16 MB


class CalibrationSummary:
    """Sufficient statistics of confidence, correctness and proper scores: one pass, bounded memory, mergeable.

    For each row i with probabilities p_i, truth t_i (one-hot for a label, shares of the vote for votes), weight w_i:

        confidence  c_i = max_k p_ik, at the class k_i (the first, if several tie)
        correctness a_i = t_i[k_i]                               0 or 1 for labels, a fraction for soft truth
        NLL             = -sum_k t_ik log p_ik                   nats; +inf where t_ik > 0 = p_ik
        Brier           = sum_k p_ik^2 - 2 <p_i, t_i> + 1        E_{y ~ t_i} |p_i - onehot(y)|^2, in [0, 2]

    Predictions of shape (N,) are *events*: c_i is the probability of one event and a_i whether it happened, its NLL
    -a log c - (1 - a) log(1 - c) and its Brier score c^2 - 2 c a + a, in [0, 1]. An event is "the top class is
    right", of a model that gives its confidence alone, or "the class is 1", of a binary model. With
    ``num_classes=2`` predictions of shape (N,) are the probability of class 1 of two, and read as (1 - p, p).

    Kept are, for each of ``CELLS`` = 600 equal cells of confidence (``cell_of``), the number of rows, the sums of
    w_i, w_i c_i, w_i a_i, and the second moments that intervals need; the sums of NLL (over rows where it is finite;
    the others are counted) and Brier with their second moments, and of their floors, the entropy of t_i and
    1 - |t_i|^2. With ``classwise`` also, for each class and each of 120 cells of p_ik, the sums of w_i, w_i p_ik and
    w_i t_ik, in ``groups`` groups, and the sums of c_i and a_i by predicted class.

    Counts are int64 and sums float64: any split of the rows, merged in any order, gives equal counts to the bit and
    sums equal to about 1e-14 relative. A row's group is a hash of its probabilities and the seed, and so no
    split or order changes it; rows of equal probabilities share a group, which makes intervals of classwise
    metrics wider than need be where such rows are many. Size at any N: 34 KB, and with ``classwise`` at most 20 MB
    (1.3 MB for 10 classes; ``to_bytes`` leaves empty cells out).

    Args:
        num_classes: K, if known; else that of the first rows.
        classwise: whether to keep cells of each class: for ``classwise_ece``, ``top_label_ece`` and Brier's split.
        groups: random groups that the classes' cells are kept in, for intervals; at most 4096 / K are.
        seed: of the groups, and of the intervals drawn from this summary.

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
        >>> CalibrationSummary().update(np.array([0.9, 0.6]), np.array([1, 0]))    # confidences, and which were right
        CalibrationSummary(rows=2, events)

    Source: the sums are those of binned calibration error (Naeini, Cooper & Hauskrecht, AAAI 2015; Guo et al.,
    ICML 2017, section 2) and of the two usual proper scores (Gneiting & Raftery, JASA 2007, section 4).
    """

    def __init__(
        self, num_classes: int | None = None, *, classwise: bool = False, groups: int = GROUPS, seed: int = 0
    ) -> None:
        if num_classes is not None and num_classes < 2:
            raise ValueError(f"num_classes is {num_classes}: a classifier has at least 2")
        if groups < 1:
            raise ValueError(f"groups is {groups}: expected at least 1")
        if not 0 <= seed < 2**63:
            raise ValueError(f"seed is {seed}: expected an integer from 0 to 2^63 - 1")
        self.classwise, self.groups, self.seed = bool(classwise), int(groups), int(seed)
        self.num_classes: int | None = None
        self._totals = Totals.zeros(1, 0)
        if num_classes is not None:
            self._settle(int(num_classes))

    @property
    def count(self) -> int:
        """Rows seen (those of weight 0 are not)."""
        return int(self._totals.cell_count.sum())

    @property
    def weight(self) -> float:
        """Sum of the rows' weights: the number of rows, where none were given."""
        return float(self._totals.sums[:, 0].sum())

    @property
    def events(self) -> bool:
        """Whether the rows are events: confidences with correctness, or a binary model's p and its label."""
        return self.num_classes == 1

    def __repr__(self) -> str:
        kind = "events" if self.events else f"num_classes={self.num_classes}"
        return f"CalibrationSummary(rows={self.count}, {kind}{', classwise' if self.classwise else ''})"

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The statistic of this name, read-only: ``summary["cell_count"]``. For all names see ``statistics``."""
        view = self.statistics[name].view()
        view.flags.writeable = False
        return view

    @property
    def statistics(self) -> dict[str, NDArray[Any]]:
        """All that is kept, by name: every array adds up under ``merge``.

        ``cell_*``: (600,), by cell of confidence: count, weight (sum of w), confidence (w c), correct (w a), weight2
        (w^2), correct_w2 (w^2 a), correct2 (w^2 a^2). Of shape (1,): nll_infinite (a count), nll, nll_w2 (w^2 nll),
        nll2 (w^2 nll^2), the same of brier, truth_entropy, truth_brier. With ``classwise`` ``predicted_*``: (K, 120),
        by predicted class, and ``class_*``: (groups, K, 120): count, weight, probability, truth.
        """
        t = self._totals
        named: dict[str, NDArray[Any]] = {"cell_count": t.cell_count}
        named |= {f"cell_{name}": t.sums[:, i] for i, name in enumerate(SUMS)}
        named |= {"nll_infinite": t.infinite} | {name: t.scores[i : i + 1] for i, name in enumerate(SCORES)}
        if t.class_count.size:
            named["predicted_count"] = t.predicted_count
            for i, name in enumerate(("weight", "confidence", "correct")):
                named[f"predicted_{name}"] = t.predicted[..., i]
            named["class_count"] = t.class_count
            for i, name in enumerate(("weight", "probability", "truth")):
                named[f"class_{name}"] = t.classes[..., i]
        return named

    def total(self, name: str) -> float:
        """The sum of a statistic over its cells: ``summary.total("cell_confidence")`` is the sum of confidences."""
        return float(self[name].sum())

    def update(
        self, predictions: Any, truth: Any, *, weights: Any = None, logits: bool = False, normalize: bool = False
    ) -> Self:
        """Add rows. All of them, or none: bad input raises before anything is kept.

        Args:
            predictions: (N, K) floats, NumPy, PyTorch or Arrow: probabilities, each row with sum 1 to 1e-3, or with
                ``logits`` logits, where -inf masks a class. Or (N,): the probability (or logit) of one event a row.
            truth: labels (N,) of integers 0..K-1; votes (N, K) of integers, at least one a row; or
                distributions (N, K) of floats that sum to 1. For events (N,): 0 and 1, or shares between them.
            weights: (N,), finite and not negative: how many rows each row stands for. Rows of weight 0 are left out.
            logits: whether ``predictions`` are logits. A small probability then costs its exact NLL, not +inf.
            normalize: whether rows of probabilities or distributions may have another sum, and are divided by it.

        Raises:
            TypeError, ValueError: naming the argument, the first bad row, its value and a remedy.
        """
        name = "logits" if logits else "probabilities"
        array = read_predictions(predictions, name, self.num_classes)
        classes = array.shape[1] if array.ndim == 2 else self.num_classes or 1
        true: Truth | Array
        if classes == 1:
            true = read_happened(truth, len(array))
        else:
            true = read_truth(truth, (len(array), classes), normalize=normalize, check_labels=False)
        heavy = read_weights(weights, len(array))
        groups = self._kept(classes)
        part, bad = passes.run(passes.Job(array, true, heavy, logits, normalize, self.seed, classes, groups))
        if bad >= 0:
            _explain(array, true, bad, name, classes, normalize)
        self._settle(classes)
        self._totals.add(part)
        return self

    def merge(self, other: CalibrationSummary) -> Self:
        """Add the rows of ``other`` (left as it is) to this summary.

        Raises ValueError if the two keep different things: other classes, groups or seeds. A summary without rows
        whose classes are not known takes over what ``other`` keeps.
        """
        if self.num_classes is None and self.count == 0:
            self.classwise, self.groups, self.seed = other.classwise, other.groups, other.seed
        if None not in (self.num_classes, other.num_classes) and self.num_classes != other.num_classes:
            raise ValueError(f"other has {_kind(other)}, but this summary has {_kind(self)}: keep one a model")
        if other.num_classes is None:
            return self
        for name in ("classwise", "groups", "seed"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs and (name == "classwise" or self.classwise):
                raise ValueError(f"other has {name}={theirs}, but this summary {name}={mine}: make them alike")
        self._settle(other.num_classes)
        self._totals.add(other._totals)
        return self

    def bins(self, bins: int) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Rows, sum of confidence and sum of correctness in each of ``bins`` equal bins (lo, hi], shape (bins,).

        Raises ValueError unless ``bins`` divides ``CELLS``.
        """
        check_bins(bins, CELLS)
        count, confidence, correct = (
            self[name].reshape(bins, -1).sum(axis=1) for name in ("cell_count", "cell_confidence", "cell_correct")
        )
        return count, confidence, correct

    def to_bytes(self) -> bytes:
        """The summary as bytes: versioned, with a checksum, and the same bytes for the same numbers everywhere."""
        header = {"num_classes": self.num_classes, "classwise": self.classwise}
        return codec.encode({**header, "groups": self.groups, "seed": self.seed}, self.statistics)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The summary that ``to_bytes`` wrote, now or in format 1. Raises ValueError for any other bytes."""
        header, stats = codec.decode(data)
        summary = cls(classwise=header.get("classwise", False), groups=header.get("groups", GROUPS),
                      seed=header.get("seed", 0))  # fmt: skip
        if header["num_classes"] is not None:
            summary._settle(header["num_classes"])
        own = summary.statistics
        stats = codec.upgraded(stats)
        if stats.keys() != own.keys() or any(stats[name].size != own[name].size for name in own):
            raise ValueError(f"data is a calibration summary with fields {sorted(stats)}: expected {sorted(own)}")
        for name, values in own.items():
            values[...] = stats[name].reshape(values.shape)
        return summary

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON: format, rows, num_classes, cells, the cells that are not empty, and the sums."""
        full = np.flatnonzero(self._totals.cell_count)
        keys = ("count", "weight", "confidence", "correct")
        cells = [{"cell": int(c)} | {key: self[f"cell_{key}"][c].item() for key in keys} for c in full]
        sums = {name: values[0].item() for name, values in self.statistics.items() if values.shape == (1,)}
        return {
            "format": codec.FORMAT,
            "rows": self.count,
            "weight": self.weight,
            "num_classes": self.num_classes,
            "cells": CELLS,
            "occupied": cells,
            "sums": sums,
        }

    def _kept(self, classes: int) -> int:
        """Groups that cells of so many classes are kept in; 0 where none are."""
        return max(1, min(self.groups, MOST_GROUPED // classes)) if self.classwise and classes > 1 else 0

    def _settle(self, classes: int) -> None:
        """From now on the number of classes is known; 1 for events."""
        if self.num_classes is None:
            self.num_classes = classes
            self._totals = Totals.zeros(classes, self._kept(classes))


def _kind(summary: CalibrationSummary) -> str:
    return "events" if summary.events else f"{summary.num_classes} classes"


def _explain(array: Array, truth: Truth | Array, bad: int, name: str, classes: int, normalize: bool) -> None:
    """Raise for the row that a pass would not take (labels first)."""
    if isinstance(truth, Truth) and truth.labels is not None:
        checks.labels(truth.labels, classes, "truth")
    row = array[bad]
    if array.ndim == 1:
        hint = "are these percentages? divide by 100" if 1 < row <= 100 else "expected a number in [0, 1]"
        raise ValueError(f"{name}[{bad}] is {row:g}: {'expected a number' if name == 'logits' else hint}")
    if name == "logits":
        raise checks.bad_logits(row, bad)
    checks.probabilities(array, name, normalize=normalize)
    raise AssertionError(f"row {bad} was refused and is not at fault")

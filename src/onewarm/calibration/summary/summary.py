"""``CalibrationSummary``: one pass over predictions in bounded memory, with sums that can be merged in any order."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.calibration.summary import codec
from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS, Floats, check_bins
from onewarm.calibration.summary.inputs import Array, Truth, read_happened, read_predictions, read_truth, read_weights
from onewarm.calibration.summary.update import SCORES, SUMS, Job, Totals, run
from onewarm.errors import InputError

GROUPS = 32
"""Number of random groups of rows in which classes are counted; fewer if there are many classes."""

MOST_GROUPED = 4096  # groups times classes: 4096 * 120 cells * 4 numbers = 16 MB


class CalibrationSummary:
    """Sufficient statistics of confidence, correctness and proper scores: one pass, bounded memory, mergeable.

    For each row i with probabilities p_i, truth t_i (one-hot for a label, shares of the vote for votes), weight w_i:

        confidence  c_i = max_k p_ik, at the class k_i (the first, if several tie)
        correctness a_i = t_i[k_i]                               0 or 1 for labels, a fraction for soft truth
        NLL             = -sum_k t_ik log p_ik                   nats; +inf where t_ik > 0 = p_ik
        Brier           = sum_k p_ik^2 - 2 <p_i, t_i> + 1        E_{y ~ t_i} |p_i - onehot(y)|^2, in [0, 2]

    Predictions of shape (N,) are *events*: c_i is the probability of one event and a_i whether it happened, its NLL
    -a log c - (1 - a) log(1 - c) and its Brier score c^2 - 2 c a + a, in [0, 1]. The event may be "the top class is
    right", for a model that returns only its confidence, or "the class is 1", for a binary model. With
    ``num_classes=2`` predictions of shape (N,) are the probability p of class 1, and are read as (1 - p, p).

    The summary keeps, for each of 600 equal-width cells of confidence (bins far finer than those of any metric), the
    number of rows, the sums of w_i, w_i c_i and w_i a_i, and second moments for intervals. It keeps the sums of NLL
    (over rows where it is finite; the others are counted) and of Brier scores with their second moments, and of their
    least possible values, the entropy of t_i and 1 - |t_i|^2. With ``classwise`` it also keeps, for each class and each
    of 120 cells of p_ik, the sums of w_i, w_i p_ik and w_i t_ik in ``groups`` random groups of rows, and the sums of
    c_i and a_i by predicted class.

    Counts are int64 and sums float64: any split of the rows, merged in any order, gives equal counts to the bit, and
    equal sums to about 1e-14 of themselves. A row's group is a hash of its probabilities and the seed, so that it does
    not depend on split or order. Rows with equal probabilities share a group; if there are many of them, the intervals
    of classwise metrics are wider than necessary. Size at any N: 34 KB, and with ``classwise`` at most 20 MB (1.3 MB
    for 10 classes; ``to_bytes`` leaves empty cells out).

    Args:
        num_classes: K; by default that of the first rows.
        classwise: whether to count by class as well: for ``classwise_ece``, ``top_label_ece`` and the parts of the
            Brier score.
        groups: number of random groups in which classes are counted, for intervals; at most 4096 / K are used.
        seed: of the groups, and of intervals computed from this summary; an integer from 0 to 2^63 - 1.

    Raises:
        ValueError: fewer than 2 classes, fewer than 1 group, or a seed out of range.

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
        >>> CalibrationSummary().update(np.array([0.9, 0.6]), np.array([1, 0]))  # confidences; which were right
        CalibrationSummary(rows=2, events)

    Source: the sums are those of binned calibration error (Naeini, Cooper & Hauskrecht, AAAI 2015; Guo et al.,
    ICML 2017, section 2) and of the two usual proper scores (Gneiting & Raftery, JASA 2007, section 4).
    """

    def __init__(
        self, num_classes: int | None = None, *, classwise: bool = False, groups: int = GROUPS, seed: int = 0
    ) -> None:
        if num_classes is not None and checks.count(num_classes, "num_classes", -(2**63)) < 2:
            raise InputError(f"num_classes is {num_classes}: a classifier has at least 2")
        if checks.count(groups, "groups", -(2**63)) < 1:
            raise InputError(f"groups is {groups}: expected at least 1")
        if not 0 <= checks.count(seed, "seed", -(2**63)) < 2**63:
            raise InputError(f"seed is {seed}: expected an integer from 0 to 2^63 - 1")
        self.classwise, self.groups, self.seed = bool(classwise), int(groups), int(seed)
        self.num_classes: int | None = None
        self._totals = Totals.zeros(1, 0)
        if num_classes is not None:
            self._settle(int(num_classes))

    @property
    def count(self) -> int:
        """Number of rows, without those of weight 0."""
        return int(self._totals.cell_count.sum())

    @property
    def weight(self) -> float:
        """Sum of the rows' weights; the number of rows, if no weights were given."""
        return float(self._totals.sums[:, 0].sum())

    @property
    def events(self) -> bool:
        """Whether the rows are events: predictions of shape (N,), of a model that is not known to have two classes."""
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
        """Everything that is kept, by name; ``merge`` adds these arrays up.

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
        """The sum of a statistic over its cells: ``summary.total("cell_confidence")`` is the sum of w_i c_i."""
        return float(self[name].sum())

    def update(
        self, predictions: Any, truth: Any, *, weights: Any = None, logits: bool = False, normalize: bool = False
    ) -> Self:
        """Add rows; either all of them or, if any is bad, none.

        Args:
            predictions: (N, K) floats, NumPy, PyTorch or Arrow: probabilities, each row with sum 1 to 1e-3, or with
                ``logits`` logits, where -inf masks a class. Or (N,): the probability (or logit) of one event a row.
            truth: labels (N,) of integers 0..K-1; votes (N, K) of integers, at least one a row; or
                distributions (N, K) of floats that sum to 1. For events (N,): 0 and 1, or shares between them.
            weights: (N,), finite and not negative: the number of rows each row stands for. Weight 0 skips a row.
            logits: whether ``predictions`` are logits. The NLL of a probability that underflows to 0 is then exact, not
                +inf.
            normalize: whether rows of probabilities or distributions may have a sum other than 1; they are then
                divided by it.

        Returns:
            The summary itself.

        Raises:
            TypeError, ValueError: bad input, with the argument, the first bad row, its value and a remedy.
        """
        name = "logits" if logits else "probabilities"
        array = read_predictions(predictions, name, self.num_classes)
        classes = array.shape[1] if array.ndim == 2 else self.num_classes or 1
        true: Truth | Array
        if classes == 1:
            true = read_happened(truth, len(array))
        else:
            true = read_truth(truth, (len(array), classes), normalize=normalize, check_labels=False)
        row_weights = read_weights(weights, len(array))
        groups = self._groups_for(classes)
        part, bad = run(Job(array, true, row_weights, logits, normalize, self.seed, classes, groups))
        if bad >= 0:
            _explain(array, true, bad, name, classes, normalize)
        self._settle(classes)
        self._totals.add(part)
        return self

    def merge(self, other: CalibrationSummary) -> Self:
        """Add the rows of ``other``, which does not change, to this summary, and return this summary.

        A summary without rows and with no known number of classes takes over the settings of ``other``.

        Raises:
            ValueError: the two differ in ``num_classes`` or ``classwise``, or, if classwise, in ``groups`` or ``seed``.
        """
        if self.num_classes is None and self.count == 0:
            self.classwise, self.groups, self.seed = other.classwise, other.groups, other.seed
        if None not in (self.num_classes, other.num_classes) and self.num_classes != other.num_classes:
            raise InputError(
                f"other has {_kind(other)}, but this summary has {_kind(self)}: use one summary for each model"
            )
        if other.num_classes is None:
            return self
        for name in ("classwise", "groups", "seed"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs and (name == "classwise" or self.classwise):
                raise InputError(f"other has {name}={theirs}, but this summary {name}={mine}: make both alike")
        self._settle(other.num_classes)
        self._totals.add(other._totals)
        return self

    def bins(self, bins: int) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Number of rows, sum of w c and sum of w a in ``bins`` equal-width bins (lo, hi], each of shape (bins,).

        Raises:
            ValueError: ``bins`` does not divide 600.
        """
        check_bins(bins, CELLS)
        count, confidence, correct = (
            self[name].reshape(bins, -1).sum(axis=1) for name in ("cell_count", "cell_confidence", "cell_correct")
        )
        return count, confidence, correct

    def to_bytes(self) -> bytes:
        """The summary as bytes, versioned and with a checksum; equal numbers give equal bytes on every machine."""
        header = {"num_classes": self.num_classes, "classwise": self.classwise}
        return codec.encode({**header, "groups": self.groups, "seed": self.seed}, self.statistics)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The summary that ``to_bytes`` wrote, in this or an earlier format.

        Raises:
            TypeError: not bytes.
            ValueError: bytes of something else, of a later format, or damaged.
        """
        header, stats = codec.decode(data)
        summary = cls(classwise=header.get("classwise", False), groups=header.get("groups", GROUPS),
                      seed=header.get("seed", 0))  # fmt: skip
        classes = header["num_classes"]
        if classes is not None:
            largest = max((a.size for a in stats.values()), default=0)
            if summary._groups_for(classes) * classes * CLASS_CELLS > largest:
                raise InputError(f"data is a calibration summary of {classes} classes, without room for so many")
            summary._settle(classes)
        own = summary.statistics
        stats = codec.upgraded(stats)
        alike = stats.keys() == own.keys() and all(
            stats[name].size == own[name].size and stats[name].dtype == own[name].dtype for name in own
        )
        if not alike:
            raise InputError(f"data is a calibration summary with fields {sorted(stats)}: expected {sorted(own)}")
        for name, values in own.items():
            values[...] = stats[name].reshape(values.shape)
        return summary

    def to_dict(self) -> dict[str, Any]:
        """Values for JSON: format, rows, weight, num_classes, cells, the cells that are not empty, and the sums."""
        occupied = np.flatnonzero(self._totals.cell_count)
        keys = ("count", "weight", "confidence", "correct")
        cells = [{"cell": int(c)} | {key: self[f"cell_{key}"][c].item() for key in keys} for c in occupied]
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

    def _groups_for(self, classes: int) -> int:
        """Number of groups in which so many classes are counted; 0 if nothing is counted by class."""
        return max(1, min(self.groups, MOST_GROUPED // classes)) if self.classwise and classes > 1 else 0

    def _settle(self, classes: int) -> None:
        """Fix the number of classes (1 for events) and make room for its totals."""
        if self.num_classes is None:
            self.num_classes = classes
            self._totals = Totals.zeros(classes, self._groups_for(classes))


def _kind(summary: CalibrationSummary) -> str:
    return "events" if summary.events else f"{summary.num_classes} classes"


def _explain(array: Array, truth: Truth | Array, bad: int, name: str, classes: int, normalize: bool) -> None:
    """Raise the error of a row that a pass refused; a bad label comes first."""
    if isinstance(truth, Truth) and truth.labels is not None:
        checks.labels(truth.labels, classes, "truth")
    row = array[bad]
    if array.ndim == 1:
        hint = "are these percentages? divide by 100" if 1 < row <= 100 else "expected a number in [0, 1]"
        raise InputError(f"{name}[{bad}] is {row:g}: {'expected a number' if name == 'logits' else hint}")
    if name == "logits":
        raise checks.bad_logits(row, bad)
    checks.probabilities(array, name, normalize=normalize, tolerance=checks.SUM_TOLERANCE)
    raise AssertionError(f"row {bad} was refused, but no fault was found in it")

"""One pass over rows, in pieces, on several threads: what ``CalibrationSummary.update`` adds up.

Rows are cut into pieces by their number alone; each piece is summed in blocks, and the pieces are added in order. So
the sums do not depend on how many threads took part, and 4e7 equal rows add up to the last digits.

``kernels.pool`` and Numba are loaded with the first rows, not on import: ``kernels.pool``, ``kernels.compile`` and
``kernels.vector`` are tools that import nothing else of the house.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS, Floats
from onewarm.calibration.summary.inputs import Array, Truth

PIECES = 16  # at most; each has totals of its own
_LEAST = 1 << 14  # rows of a piece
_ROWS = 1 << 16  # rows that are converted at a time
SUMS = ("weight", "confidence", "correct", "weight2", "correct_w2", "correct2")
SCORES = ("nll", "nll_w2", "nll2", "brier", "brier_w2", "brier2", "truth_entropy", "truth_brier")


class Totals(NamedTuple):
    """What a pass adds to: counts and sums of the cells, scores, and the cells of the classes, if they are kept."""

    cell_count: NDArray[np.int64]  # (CELLS,)
    sums: Floats  # (CELLS, 6): ``SUMS``
    scores: Floats  # (8,): ``SCORES``
    infinite: NDArray[np.int64]  # (1,): rows with an infinite NLL
    predicted_count: NDArray[np.int64]  # (K, CLASS_CELLS), by predicted class
    predicted: Floats  # (K, CLASS_CELLS, 3): weight, confidence, correct
    class_count: NDArray[np.int64]  # (G, K, CLASS_CELLS), by group and class
    classes: Floats  # (G, K, CLASS_CELLS, 3): weight, probability, truth

    @classmethod
    def zeros(cls, num_classes: int, groups: int) -> Totals:
        """Nothing yet; with ``groups`` 0 there are no cells of classes."""
        k = num_classes if groups else 0
        return cls(
            np.zeros(CELLS, np.int64),
            np.zeros((CELLS, len(SUMS))),
            np.zeros(len(SCORES)),
            np.zeros(1, np.int64),
            np.zeros((k, CLASS_CELLS), np.int64),
            np.zeros((k, CLASS_CELLS, 3)),
            np.zeros((groups, k, CLASS_CELLS), np.int64),
            np.zeros((groups, k, CLASS_CELLS, 3)),
        )

    def add(self, other: Totals) -> None:
        """Add another pass's totals to these."""
        pairs: Iterator[tuple[Array, Array]] = zip(self, other, strict=True)
        for mine, theirs in pairs:
            mine += theirs


class Job(NamedTuple):
    """What a pass reads: shapes are checked, numbers not (truth of shape (N, K) and weights are)."""

    predictions: Array  # (N, K) floats; or (N,) of one event a row
    truth: Truth | Array  # or for events (N,), whether they happened
    weights: Floats | None
    logits: bool
    normalize: bool
    seed: int
    classes: int  # K; 2 with (N,) predictions: of class 1; 1: events
    groups: int  # 0: no cells of classes


def run(job: Job) -> tuple[Totals, int]:
    """The totals of all rows, and -1; or a row at fault."""
    from onewarm.kernels.cpu import thread_pool as pool

    rows = job.predictions.shape[0]
    few = job.groups * job.classes * CLASS_CELLS > 1 << 17  # big tables: not many copies of them
    pieces = max(1, min(4 if few else PIECES, rows // _LEAST))
    edges = [rows * i // pieces for i in range(pieces + 1)]
    parts = [Totals.zeros(job.classes, job.groups) for _ in range(pieces)]

    def work(lo: int, hi: int) -> int:
        for i in range(lo, hi):
            for rows in _spans(edges[i], edges[i + 1], _plain(job.predictions) and _no_copy(job.truth)):
                bad = _add(job, rows, parts[i])
                if bad >= 0:
                    return int(rows.start) + bad
        return -1

    _add(job, slice(0, 0), parts[0])  # compile before threads ask for it at once
    bad = pool.split(work, pieces, 1, 1)
    for part in parts[1:]:
        parts[0].add(part)
    return parts[0], bad


def _spans(lo: int, hi: int, whole: bool) -> Iterator[slice]:
    step = hi - lo if whole else _ROWS
    for start in range(lo, hi, max(step, 1)):
        yield slice(start, min(start + step, hi))


def _plain(array: Array) -> bool:
    """Whether compiled code reads this array as it is."""
    good = array.dtype in (np.float32, np.float64) and array.dtype.isnative
    return bool(good and array.flags.c_contiguous and array.flags.aligned)


def _no_copy(truth: Truth | Array) -> bool:
    labels = truth.labels if isinstance(truth, Truth) else None
    return labels is not None and labels.dtype == np.int64 and labels.flags.c_contiguous


def _add(job: Job, rows: slice, totals: Totals) -> int:
    from onewarm.calibration.summary import (
        pass_binary as compiled_events,
    )
    from onewarm.calibration.summary import (
        pass_general as compiled_any,
    )
    from onewarm.calibration.summary import (
        pass_labels as compiled,
    )

    p = job.predictions[rows]
    dtype = np.float64 if p.dtype == np.float64 or (p.ndim == 1 and job.classes == 2) else np.float32
    if p.ndim == 1 and job.classes == 2:
        p = p.astype(np.float64)
        p = np.stack([np.zeros_like(p), p] if job.logits else [1 - p, p], axis=1)
    p = np.ascontiguousarray(p, dtype)
    weights = np.empty(0) if job.weights is None else np.ascontiguousarray(job.weights[rows])
    basic = (totals.cell_count, totals.sums, totals.scores, totals.infinite)
    if job.classes == 1:
        assert isinstance(job.truth, np.ndarray)
        happened = np.ascontiguousarray(job.truth[rows], np.float64)
        return int(compiled_events.event_pass(dtype.__name__)(p, happened, weights, job.logits, *basic))
    assert isinstance(job.truth, Truth)
    labels, shares = job.truth.rows(rows)
    if labels is not None and not (job.logits or job.normalize or job.weights is not None):
        return int(compiled.labels_pass(dtype.__name__)(p, labels, np.uint64(job.seed), *basic, *totals[4:]))
    y = np.empty(0, np.int64) if labels is None else labels
    t = np.empty((0, job.classes)) if shares is None else shares
    return int(
        compiled_any.any_pass(dtype.__name__)(
            p, y, t, weights, job.logits, job.normalize, np.uint64(job.seed), *basic, *totals[4:]
        )
    )

"""One pass over rows, in pieces, on several threads: the sums that ``CalibrationSummary.update`` adds.

Rows are cut into pieces by their number alone, each piece is summed in blocks, and the pieces are added in order. So
the sums do not depend on the number of threads, and even 4e7 equal rows are summed accurately.

Numba and the compiled passes are loaded with the first rows, not on import.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS, Floats
from onewarm.calibration.summary.inputs import Array, Truth

PIECES = 16  # at most; each has its own totals
_LEAST = 1 << 14  # rows of a piece, at least
_ROWS = 1 << 16  # rows converted at a time, if their dtype or layout must change
SUMS = ("weight", "confidence", "correct", "weight2", "correct_w2", "correct2")
SCORES = ("nll", "nll_w2", "nll2", "brier", "brier_w2", "brier2", "truth_entropy", "truth_brier")


class Totals(NamedTuple):
    """What a pass adds to: counts and sums by cell, sums of scores, and, if kept, counts and sums by class."""

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
        """All zero; with ``groups`` 0 nothing is kept by class."""
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
        """Add the totals of another pass to these, in place."""
        pairs: Iterator[tuple[Array, Array]] = zip(self, other, strict=True)
        for mine, theirs in pairs:
            mine += theirs


class Job(NamedTuple):
    """What a pass reads. Shapes, weights and truth of shape (N, K) have been checked; the other numbers have not."""

    predictions: Array  # (N, K) floats; or (N,) of one event a row
    truth: Truth | Array  # of events (N,): whether they happened
    weights: Floats | None
    logits: bool
    normalize: bool
    seed: int
    classes: int  # K; 1 for events; 2 with (N,) predictions: the probability of class 1
    groups: int  # 0: nothing is kept by class


def run(job: Job) -> tuple[Totals, int]:
    """The totals of all rows and -1, or incomplete totals and the number of a bad row."""
    from onewarm.kernels.cpu import thread_pool

    rows = job.predictions.shape[0]
    large = job.groups * job.classes * CLASS_CELLS > 1 << 17  # too large for many copies of the totals
    pieces = max(1, min(4 if large else PIECES, rows // _LEAST))
    edges = [rows * i // pieces for i in range(pieces + 1)]
    parts = [Totals.zeros(job.classes, job.groups) for _ in range(pieces)]

    direct = _needs_no_copy(job.predictions, job.truth)

    def work(lo: int, hi: int) -> int:
        for i in range(lo, hi):
            for span in _spans(edges[i], edges[i + 1], whole=direct):
                bad = _add(job, span, parts[i])
                if bad >= 0:
                    return int(span.start) + bad
        return -1

    _add(job, slice(0, 0), parts[0])  # compile now, before several threads do at once
    bad = thread_pool.split(work, pieces, 1, 1)
    for part in parts[1:]:
        parts[0].add(part)
    return parts[0], bad


def _spans(lo: int, hi: int, *, whole: bool) -> Iterator[slice]:
    """lo..hi in spans of ``_ROWS`` rows, or as one."""
    step = hi - lo if whole else _ROWS
    for start in range(lo, hi, max(step, 1)):
        yield slice(start, min(start + step, hi))


def _needs_no_copy(predictions: Array, truth: Truth | Array) -> bool:
    """Whether compiled code can read these arrays as they are."""
    if predictions.dtype not in (np.float32, np.float64) or not predictions.dtype.isnative:
        return False
    labels = truth.labels if isinstance(truth, Truth) else None
    if labels is None or labels.dtype != np.int64 or not labels.flags.c_contiguous:
        return False
    return bool(predictions.flags.c_contiguous and predictions.flags.aligned)


def _add(job: Job, rows: slice, totals: Totals) -> int:
    """Add these rows to ``totals``. Returns -1, or the number of a bad row among them."""
    from onewarm.calibration.summary.pass_binary import event_pass
    from onewarm.calibration.summary.pass_general import general_pass
    from onewarm.calibration.summary.pass_labels import labels_pass

    p = job.predictions[rows]
    dtype = np.float64 if p.dtype.itemsize >= 8 or (p.ndim == 1 and job.classes == 2) else np.float32
    if p.ndim == 1 and job.classes == 2:
        p = p.astype(np.float64)
        p = np.stack([np.zeros_like(p), p] if job.logits else [1 - p, p], axis=1)
    p = np.ascontiguousarray(p, dtype)
    weights = None if job.weights is None else np.ascontiguousarray(job.weights[rows])
    into = totals._asdict()
    if job.classes == 1:
        assert isinstance(job.truth, np.ndarray)
        return event_pass(p, np.ascontiguousarray(job.truth[rows], np.float64), weights, job.logits, into)
    assert isinstance(job.truth, Truth)
    labels, shares = job.truth.rows(rows)
    seed = int(np.uint64(job.seed).astype(np.int64))
    if labels is not None and not (job.logits or job.normalize or weights is not None):
        return labels_pass(p, labels, seed, into, job.groups)
    return general_pass(p, labels, shares, weights, job.logits, job.normalize, seed, into, job.groups)

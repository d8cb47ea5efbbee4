"""What the audit keeps of the rows it reads: summaries, sums a slice, and two samples to fit and to score."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.plan import Batch, Plan
from onewarm.audit.row_sample import RowSample, capacity
from onewarm.calibration.summary.cells import cell_of
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.tables import row_checks as check

SLICE_BINS = 15
_CELLS_A_BIN = 40  # 600 cells in 15 bins
_MOST_VALUES = 10_000

MOMENTS = ("rows", "weight", "weight2", "confidence", "correct", "gap2", "weight2_gap")
"""Sums a slice: n, w, w^2, w c, w a, w^2 d^2, w^2 d with the gap d = c - a."""


@dataclass
class SliceSums:
    """Sums for each value of one slice column: ``moments`` (V, 7) and, by bin, w (c - a) and w (V, 15)."""

    values: dict[str, int] = field(default_factory=dict)
    moments: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, len(MOMENTS))))
    gaps: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, SLICE_BINS)))

    def place(self, names: list[str], column: str, file: str) -> NDArray[np.int64]:
        """Where each of ``names`` is kept; new ones get a place. Raises ValueError where there are too many."""
        for name in names:
            self.values.setdefault(name, len(self.values))
        if len(self.values) > _MOST_VALUES:
            raise ValueError(
                f"{file}: slice column {column!r} has more than {_MOST_VALUES} values: is it an identifier? "
                "give a column of groups"
            )
        new = len(self.values) - len(self.moments)
        if new:
            self.moments = np.concatenate([self.moments, np.zeros((new, len(MOMENTS)))])
            self.gaps = np.concatenate([self.gaps, np.zeros((new, SLICE_BINS))])
        return np.asarray([self.values[n] for n in names], np.int64)

    def merge(self, other: Self) -> Self:
        """Add the sums of ``other``."""
        if other.values:
            at = self.place(list(other.values), "slice", "merged files")
            self.moments[at] += other.moments
            self.gaps[at] += other.gaps
        return self


class Tally:
    """Everything kept of the rows of one part; parts merge to the same numbers in any split.

    Even rows of a file (the first is row 0) may go to the sample that options are fitted on, odd rows to the one
    they are scored on.
    """

    def __init__(self, plan: Plan, *, normalize: bool = False) -> None:
        k = plan.num_classes
        self.logits, self.normalize = plan.layout.logits, normalize
        self.summary = new_summary(k)
        self.slices = {name: SliceSums() for name in plan.layout.slices}
        self.fit, self.score = RowSample(capacity(k)), RowSample(capacity(k))
        self.class_rows = np.zeros(k)
        self.majority = 0.0
        self.file_rows: dict[int, int] = {}

    @property
    def count(self) -> int:
        """Rows seen."""
        return self.fit.seen + self.score.seen

    def add(self, batch: Batch) -> None:
        """Add a batch. Raises ValueError with file, row, column, value and remedy for rows that are no predictions."""
        n = len(batch.predictions)
        if n == 0:
            return
        values = batch.predictions
        if values.dtype.kind != "f":
            values = values.astype(np.float64)
        try:
            more: dict[str, Any] = {} if batch.weights is None else {"weights": batch.weights}
            self.summary.update(values, batch.truth, logits=self.logits, normalize=self.normalize, **more)
        except (ValueError, TypeError) as error:
            at = check.Place(batch.file, batch.first)
            told = check.explain(at, batch.names, values, logits=self.logits, normalize=self.normalize)
            raise (told or ValueError(f"{batch.file}: rows from {batch.first + 1}: {error}")) from None
        number = np.arange(batch.first, batch.first + n, dtype=np.uint64)
        places = number + (np.uint64(batch.number) << np.uint64(40))
        for sample, start in ((self.fit, batch.first % 2), (self.score, 1 - batch.first % 2)):
            pick = slice(start, None, 2)
            weights = None if batch.weights is None else batch.weights[pick]
            sample.add(places[pick], values[pick], batch.truth[pick], weights)
        if batch.truth.ndim == 1:
            self.class_rows += np.bincount(batch.truth, minlength=len(self.class_rows))
        else:
            shares = batch.truth / batch.truth.sum(axis=1, keepdims=True)
            self.class_rows += shares.sum(axis=0)
            self.majority += float(shares.max(axis=1).sum())
        self.file_rows[batch.number] = self.file_rows.get(batch.number, 0) + n
        if self.slices:
            self._slice(batch, values)

    def merge(self, other: Tally) -> Tally:
        """Add the rows of ``other``."""
        self.summary.merge(other.summary)
        for name, sums in self.slices.items():
            sums.merge(other.slices[name])
        self.fit.merge(other.fit)
        self.score.merge(other.score)
        self.class_rows += other.class_rows
        self.majority += other.majority
        for number, rows in other.file_rows.items():
            self.file_rows[number] = self.file_rows.get(number, 0) + rows
        return self

    def _slice(self, batch: Batch, values: NDArray[Any]) -> None:
        p = probabilities(values, logits=self.logits)
        row = np.arange(len(p))
        top = p.argmax(axis=1)
        confidence = p[row, top].astype(np.float64)
        if batch.truth.ndim == 1:
            correct = (top == batch.truth).astype(np.float64)
        else:
            correct = batch.truth[row, top] / batch.truth.sum(axis=1)
        w = np.ones(len(p)) if batch.weights is None else batch.weights
        gap = confidence - correct
        sums = (np.ones(len(p)), w, w * w, w * confidence, w * correct, w * w * gap * gap, w * w * gap)
        bins = cell_of(confidence) // _CELLS_A_BIN
        for name, (codes, said) in batch.slices.items():
            kept = self.slices[name]
            used = np.unique(codes)
            place = np.full(len(said), -1, np.int64)
            place[used] = kept.place([said[c] for c in used], name, batch.file)
            at = place[codes]
            size = len(kept.moments)
            kept.moments += np.stack([np.bincount(at, s, size) for s in sums], axis=1)
            flat = np.bincount(at * SLICE_BINS + bins, w * gap, size * SLICE_BINS)
            kept.gaps += flat.reshape(size, SLICE_BINS)


def new_summary(num_classes: int) -> CalibrationSummary:
    """An empty summary of the kind that the audit keeps: with cells of each class."""
    return CalibrationSummary(num_classes, classwise=True)


def probabilities(values: NDArray[Any], *, logits: bool) -> NDArray[Any]:
    """Rows of probabilities (n, K), float64 for logits; rows of probabilities are divided by their sum."""
    if not logits:
        scaled: NDArray[Any] = values / values.sum(axis=1, keepdims=True)
        return scaled
    z = values.astype(np.float64)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    out: NDArray[Any] = e / e.sum(axis=1, keepdims=True)
    return out

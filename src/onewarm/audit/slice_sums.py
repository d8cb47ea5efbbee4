"""What an audit keeps of each slice of its rows: sums by bin of the prediction, and by bucket of groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.defaults import BINS
from onewarm.calibration.summary.cells import CELLS, cell_of
from onewarm.errors import InputError

Floats = NDArray[np.float64]

MOST_VALUES = 10_000
BUCKETS = 64

SUMS = ("rows", "weight", "predicted", "observed", "null", "null2", "residual2")
"""Kept in each bin, in this order: sums of 1, w, w p, w a, w p (1 - p), w^2 p (1 - p) and w^2 (p - a)^2."""
TOP = ("confidence", "correct")
"""Kept of each slice: sums of w c and w a of the top label."""


@dataclass(frozen=True)
class SlicedRows:
    """The figures of rows that every slicing adds up; all (n,).

    Attributes:
        predicted, observed: what was predicted, P(y = 1) or the confidence of the top label, and what happened.
        confidence, correct: of the top label.
        weights: w.
        groups: hashes of groups, or None.
    """

    predicted: Floats
    observed: Floats
    confidence: Floats
    correct: Floats
    weights: Floats | None = None
    groups: NDArray[np.uint64] | None = None


@dataclass
class SliceSums:
    """Sums for each of the V slices of one slicing.

    Attributes:
        values: each slice's row in the arrays below.
        bins: (V, BINS, 7) as ``SUMS`` names them.
        top: (V, 2) as ``TOP`` names them.
        groups: (V, 64, 2) sums of w and w (p - a) in buckets of whole groups; (0, 64, 2) without groups.
        counted: whether every row has weight 1 and a truth of 0 or 1.
    """

    values: dict[str, int] = field(default_factory=dict)
    bins: Floats = field(default_factory=lambda: np.zeros((0, BINS, len(SUMS))))
    top: Floats = field(default_factory=lambda: np.zeros((0, len(TOP))))
    groups: Floats = field(default_factory=lambda: np.zeros((0, BUCKETS, 2)))
    counted: bool = True

    def place(self, names: list[str], column: str, file: str, *, grouped: bool = False) -> NDArray[np.int64]:
        """The row of each of ``names`` in the arrays; new ones get one. Raises ValueError if there are too many."""
        for name in names:
            self.values.setdefault(name, len(self.values))
        if len(self.values) > MOST_VALUES:
            raise InputError(
                f"{file}: slice column {column!r} has more than {MOST_VALUES:,} values: is it an identifier? give a "
                "column with fewer values, or of numbers, which are sliced by their quantiles; rows that belong "
                "together are named by --group"
            )
        new = len(self.values) - len(self.bins)
        if new:
            self.bins = np.concatenate([self.bins, np.zeros((new, BINS, len(SUMS)))])
            self.top = np.concatenate([self.top, np.zeros((new, len(TOP)))])
            if grouped:
                self.groups = np.concatenate([self.groups, np.zeros((new, BUCKETS, 2))])
        return np.asarray([self.values[n] for n in names], np.int64)

    def add(self, rows: SlicedRows, codes: NDArray[np.int64], texts: list[str], column: str, file: str) -> None:
        """Add rows: the slice of each is ``texts[codes[i]]``."""
        used = np.unique(codes)
        row_of_code = np.full(len(texts), -1, np.int64)
        row_of_code[used] = self.place([texts[c] for c in used], column, file, grouped=rows.groups is not None)
        at = row_of_code[codes]
        p, a, w = rows.predicted, rows.observed, rows.weights
        if w is not None or not bool(((a == 0) | (a == 1)).all()):
            self.counted = False
        w = np.ones(len(p)) if w is None else w
        null, residual = w * p * (1 - p), w * (p - a)
        cell = at * BINS + cell_of(p) // (CELLS // BINS)
        size = len(self.bins)
        for i, values in enumerate((None, w, w * p, w * a, null, w * null, residual * residual)):
            self.bins[..., i] += np.bincount(cell, values, size * BINS).reshape(size, BINS)
        for i, values in enumerate((rows.confidence, rows.correct)):
            self.top[:, i] += np.bincount(at, w * values, size)
        if rows.groups is not None:
            bucket = at * BUCKETS + (rows.groups % np.uint64(BUCKETS)).astype(np.int64)
            for i, values in enumerate((w, residual)):
                self.groups[..., i] += np.bincount(bucket, values, size * BUCKETS).reshape(size, BUCKETS)

    def merge(self, other: Self) -> Self:
        """Add the sums of ``other``."""
        if other.values:
            at = self.place(list(other.values), "slice", "merged files", grouped=len(other.groups) > 0)
            self.bins[at] += other.bins
            self.top[at] += other.top
            if len(other.groups):
                self.groups[at] += other.groups
        self.counted = self.counted and other.counted
        return self

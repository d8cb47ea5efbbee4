"""Typed columns as a float32 matrix: the same columns for every seed, with statistics of its training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.tables.features.columns import Column
from onewarm.tables.features.scale import Scale, fit_common_scale, fit_scale

MOST_LEVELS = 30
FEWEST_ROWS = 3
"""A level of fewer training rows is one of the "other" ones."""
_ROWS = 8192

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Fit:
    """What is known of some rows: the scale of each block; of each column of levels, the feature that each level has,
    or -1; and which of the features of levels and gaps vary over them."""

    scales: tuple[Scale, ...]
    places: tuple[NDArray[np.int64], ...]
    varies: NDArray[np.bool_]


@dataclass(frozen=True)
class Block:
    """Numbers (N, d) that are standardised: column by column, or all by one mean and deviation (`common`)."""

    values: NDArray[Any]
    common: bool = False


class Encoder:
    """Makes features of typed columns.

    Numbers are imputed by the median and standardised, with the statistics of some rows (see ``scale``). Levels become
    one column each, two levels one column; "missing" is a level of its own. How many columns they have is the same for
    every seed; which level has which is decided by some rows, those of training, alone: levels that few of them have
    share one, and so do all but the most frequent of more than ``MOST_LEVELS``. Where a number or anything else is
    missing in some rows, a column says in which. A column that is the same in all the training rows is 0 everywhere:
    nothing could be learnt of it, such as of a level of test rows alone.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        numbers = [c.numbers for c in columns if c.numbers is not None and c.kind != "list"]
        lists = [Block(c.numbers, c.common) for c in columns if c.numbers is not None and c.kind == "list"]
        stacked = [Block(np.concatenate(numbers, axis=1))] if numbers else []
        self.blocks = [*stacked, *lists]
        coded = [c for c in columns if c.codes is not None and c.kind == "levels"]
        self.codes = np.column_stack([c.codes for c in coded if c.codes is not None]) if coded else None
        self.gaps = [int(c.missing is not None) for c in coded]  # whether "missing" is one of its levels, the first
        self.levels = [len(c.levels) + gap for c, gap in zip(coded, self.gaps, strict=True)]
        self.spans = [1 if count == 2 else min(count, MOST_LEVELS + 1) for count in self.levels]
        missing = [c.missing for c in columns if c.missing is not None and c.kind not in ("levels", "empty")]
        self.missing = np.column_stack(missing) if missing else None
        widths = [block.values.shape[1] for block in self.blocks] + self.spans
        if self.missing is not None:
            widths.append(self.missing.shape[1])
        self.width = sum(widths)

    def fit(self, rows: Rows) -> Fit:
        """The scales of the blocks, and which of the other columns vary, by these rows."""
        scales = [(fit_common_scale if block.common else fit_scale)(block.values, rows) for block in self.blocks]
        places = tuple(self._places(j, rows) for j in range(len(self.levels)))
        low, high = np.zeros((2, 0))
        for start in range(0, len(rows), _ROWS):
            some = self._marks(rows[start : start + _ROWS], places)
            lowest, highest = some.min(axis=0), some.max(axis=0)
            low, high = (lowest, highest) if start == 0 else (np.minimum(low, lowest), np.maximum(high, highest))
        return Fit(tuple(scales), places, low < high)

    def transform(self, rows: Rows, fit: Fit) -> NDArray[np.float32]:
        """The features (n, D) of these rows."""
        x = np.empty((len(rows), self.width), np.float32)
        for start in range(0, len(rows), _ROWS):
            some, at = rows[start : start + _ROWS], 0
            out = x[start : start + _ROWS]
            parts = [scale.apply(block.values[some]) for block, scale in zip(self.blocks, fit.scales, strict=True)]
            for part in (*parts, self._marks(some, fit.places) * fit.varies):
                out[:, at : at + part.shape[1]] = part
                at += part.shape[1]
        return x

    def _places(self, j: int, rows: Rows) -> NDArray[np.int64]:
        """The feature of each level of a column, by how many of these rows have it; -1 for the first of two levels."""
        assert self.codes is not None
        levels = self.levels[j]
        if levels == 2:
            return np.array([-1, 0])
        counts = np.bincount(self.codes[rows, j] + self.gaps[j], minlength=levels)
        rare = counts < FEWEST_ROWS
        if levels <= MOST_LEVELS:
            return np.where(rare, rare.argmax(), np.arange(levels))
        kept = np.argsort(-counts, kind="stable")[:MOST_LEVELS]
        kept = np.sort(kept[~rare[kept]])
        places = np.full(levels, MOST_LEVELS)
        places[kept] = np.arange(len(kept))
        return places

    def _marks(self, rows: Rows, places: Sequence[NDArray[np.int64]]) -> NDArray[np.float32]:
        """The columns of 0 and 1: levels, and what is missing."""
        levels = np.zeros((len(rows), sum(self.spans)), np.float32)
        at = 0
        for j, (place, span) in enumerate(zip(places, self.spans, strict=True)):
            assert self.codes is not None
            to = place[self.codes[rows, j] + self.gaps[j]]
            some = np.flatnonzero(to >= 0)
            levels[some, at + to[some]] = 1
            at += span
        return levels if self.missing is None else np.hstack([levels, self.missing[rows].astype(np.float32)])

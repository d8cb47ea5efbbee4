"""Typed columns as a float32 matrix: the same columns for every seed, with statistics of its training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import needs
from onewarm.tables.features.columns import Column
from onewarm.tables.features.scale import Scale, fit_common_scale, fit_scale

MOST_LEVELS = 30
FEWEST_ROWS = 3
"""A level of fewer rows is one of the "other" ones."""
_ROWS = 8192

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Fit:
    """What is known of some rows: the scale of each block, and which columns of levels and gaps vary over them."""

    scales: tuple[Scale, ...]
    varies: NDArray[np.bool_]


@dataclass(frozen=True)
class Block:
    """Numbers (N, d) that are standardised: column by column, or all by one mean and deviation (`common`)."""

    values: NDArray[Any]
    common: bool = False


class Encoder:
    """Makes features of typed columns.

    Numbers are imputed by the median and standardised, with the statistics of some rows (see ``scale``). Levels become
    one column each, two levels one column; which levels get one is fixed by all rows, and so is D. "Missing" is a level
    of its own; where a number or anything else is missing in some rows, a column says in which. A column that is the
    same in all the training rows is 0 everywhere: nothing could be learnt of it, such as of a level of test rows alone.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        numbers = [c.numbers for c in columns if c.numbers is not None and c.kind != "list"]
        lists = [Block(c.numbers, c.common) for c in columns if c.numbers is not None and c.kind == "list"]
        stacked = [Block(np.concatenate(numbers, axis=1))] if numbers else []
        self.blocks = [*stacked, *lists]
        coded = [c.codes for c in columns if c.codes is not None and c.kind == "levels"]
        self.codes = np.column_stack(coded) if coded else None
        missing = [c.missing for c in columns if c.missing is not None and c.kind not in ("levels", "empty")]
        self.missing = np.column_stack(missing) if missing else None
        self.levels = None if self.codes is None else _one_hot(self.codes)
        widths = [block.values.shape[1] for block in self.blocks]
        if self.levels is not None and self.codes is not None:
            widths.append(self.levels.transform(self.codes[:1]).shape[1])
        if self.missing is not None:
            widths.append(self.missing.shape[1])
        self.width = sum(widths)

    def fit(self, rows: Rows) -> Fit:
        """The scales of the blocks, and which of the other columns vary, by these rows."""
        scales = [(fit_common_scale if block.common else fit_scale)(block.values, rows) for block in self.blocks]
        low, high = np.zeros((2, 0))
        for start in range(0, len(rows), _ROWS):
            some = self._marks(rows[start : start + _ROWS])
            lowest, highest = some.min(axis=0), some.max(axis=0)
            low, high = (lowest, highest) if start == 0 else (np.minimum(low, lowest), np.maximum(high, highest))
        return Fit(tuple(scales), low < high)

    def transform(self, rows: Rows, fit: Fit) -> NDArray[np.float32]:
        """The features (n, D) of these rows."""
        x = np.empty((len(rows), self.width), np.float32)
        for start in range(0, len(rows), _ROWS):
            some, at = rows[start : start + _ROWS], 0
            out = x[start : start + _ROWS]
            parts = [scale.apply(block.values[some]) for block, scale in zip(self.blocks, fit.scales, strict=True)]
            for part in (*parts, self._marks(some) * fit.varies):
                out[:, at : at + part.shape[1]] = part
                at += part.shape[1]
        return x

    def _marks(self, rows: Rows) -> NDArray[np.float32]:
        """The columns of 0 and 1: levels, and what is missing."""
        parts = [np.zeros((len(rows), 0), np.float32)]
        if self.levels is not None and self.codes is not None:
            parts.append(self.levels.transform(self.codes[rows]))
        if self.missing is not None:
            parts.append(self.missing[rows].astype(np.float32))
        return np.concatenate(parts, axis=1)


def _one_hot(codes: NDArray[np.int32]) -> Any:
    with needs("onewarm.study", "study"):
        from sklearn.preprocessing import OneHotEncoder

    encoder = OneHotEncoder(
        max_categories=MOST_LEVELS + 1,
        min_frequency=FEWEST_ROWS,
        drop="if_binary",
        sparse_output=False,
        dtype=np.float32,
    )
    return encoder.fit(codes)

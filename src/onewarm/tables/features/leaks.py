"""Columns that determine the label: most often the label under another coding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.tables.features.columns import Column

_ROWS_PER_VALUE = 5
_LOOKED_AT = 10_000


def determining(columns: Sequence[Column], y: NDArray[np.int64], rows: NDArray[np.int64]) -> list[str]:
    """The columns each of whose values occurs with one class only, where values occur in five rows on average.

    Missing is a value. With fewer rows per value it could be chance; but not where each class has an interval of its
    own, as where the label is one side of a threshold.

    >>> species = Column("species_id", "levels", codes=np.repeat([0, 1, 2], 10).astype(np.int32), levels=(1, 2, 3))
    >>> determining([species], np.repeat([0, 1, 2], 10), np.arange(30))
    ['species_id']
    """
    return [c.name for c in columns if (codes := _codes(c)) is not None and _tells(c, codes[rows], y)]


def _codes(column: Column) -> NDArray[Any] | None:
    """The values of a column as numbers, NaN or -1 where missing; None where it is neither levels nor one number."""
    if column.codes is not None and column.kind != "constant":
        return column.codes
    if column.kind == "numbers" and column.numbers is not None:
        return column.numbers[:, 0]
    return None if column.missing is None else column.missing[:, 0]


def _tells(column: Column, values: NDArray[Any], y: NDArray[np.int64]) -> bool:
    if len(y) > _LOOKED_AT and _refuted(values[:_LOOKED_AT], y[:_LOOKED_AT]):
        return False
    return _determines(values, y) or (column.kind == "numbers" and _separates(values, y))


def _refuted(values: NDArray[Any], y: NDArray[np.int64]) -> bool:
    """Whether some rows show that a value occurs with several classes, and that no class has an interval of its own."""
    different, codes = np.unique(values, return_inverse=True)
    pairs = len(np.unique(codes.reshape(-1).astype(np.int64) * (int(y.max()) + 1) + y))
    changes = np.count_nonzero(np.diff(y[np.argsort(values, kind="stable")]))
    return bool(pairs > len(different) and changes > len(np.unique(y)) - 1)


def _separates(values: NDArray[Any], y: NDArray[np.int64]) -> bool:
    """Whether each class has an interval of its own."""
    classes = int(y.max()) + 1
    if len(y) < classes * _ROWS_PER_VALUE:
        return False
    order = np.argsort(values, kind="stable")
    ends = np.flatnonzero(np.diff(y[order]))
    return len(ends) == classes - 1 and bool((values[order][ends] != values[order][ends + 1]).all())


def _determines(values: NDArray[Any], y: NDArray[np.int64]) -> bool:
    different, codes = np.unique(values, return_inverse=True)
    if len(different) < 2 or len(different) * _ROWS_PER_VALUE > len(y):
        return False
    pairs = len(np.unique(codes.reshape(-1).astype(np.int64) * (int(y.max()) + 1) + y))
    return pairs == len(different)

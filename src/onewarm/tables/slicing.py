"""How rows are sliced: by the values of a column, by quantile bins of numbers, or by pairs of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.tables import convert
from onewarm.tables.source import Columns, Source

BINS = 5
MOST_WHOLE = 20
"""A column of whole numbers with more values than this is binned; so is one of other numbers."""
_ROWS = 4096
_PARTS = 8
EMPTY = "(empty)"


@dataclass(frozen=True)
class Slicing:
    """One column, or several whose combinations are the slices.

    Attributes:
        columns: their names.
        edges: of each column that is binned the values that its bins begin with; None: its values are the slices.
    """

    columns: tuple[str, ...]
    edges: tuple[tuple[float, ...] | None, ...]

    @property
    def name(self) -> str:
        """The names of the columns."""
        return ", ".join(self.columns)

    @property
    def binned(self) -> tuple[str, ...]:
        """The columns of numbers that are binned."""
        return tuple(c for c, e in zip(self.columns, self.edges, strict=True) if e is not None)

    def codes(self, columns: Columns) -> tuple[NDArray[np.int64], list[str]]:
        """The rows of a batch as codes (n,), and the slice that each code stands for, as ``title`` takes it."""
        rows, texts = self._of(0, columns)
        for i in range(1, len(self.columns)):
            more, others = self._of(i, columns)
            pairs, rows = np.unique(rows * len(others) + more, return_inverse=True)
            texts = [f"{texts[p // len(others)]}{_BETWEEN}{others[p % len(others)]}" for p in pairs.tolist()]
        return rows, texts

    def title(self, text: str) -> str:
        """A slice as it is written.

        >>> Slicing(("age",), ((30.0, 41.0),)).title("30 to 41")
        'age 30 to 41'
        >>> Slicing(("a", "b"), (None, None)).title("x\\x1fy")
        'a = x, b = y'
        """
        values = text.split(_BETWEEN) if len(self.columns) > 1 else [text]
        parts = zip(self.columns, self.edges, values, strict=True)
        return ", ".join(f"{c} {t}" if e is not None and t != EMPTY else f"{c} = {t}" for c, e, t in parts)

    def value(self, text: str) -> str:
        """A slice without the names of columns that have one value."""
        return text if len(self.columns) == 1 else self.title(text)

    def _of(self, i: int, columns: Columns) -> tuple[NDArray[np.int64], list[str]]:
        edges, column = self.edges[i], columns[self.columns[i]]
        if edges is None:
            codes, texts = convert.codes(column)
            return codes, [t.replace(_BETWEEN, " ") for t in texts] if len(self.columns) > 1 else texts
        values = _numbers(column)
        rows = np.searchsorted(np.asarray(edges), values, side="right").astype(np.int64)
        return np.where(np.isnan(values), len(edges) + 1, rows), [*_bin_names(edges), EMPTY]


_BETWEEN = "\x1f"


def find_slicings(source: Source, columns: Sequence[tuple[str, ...]]) -> tuple[Slicing, ...]:
    """The slicings by these columns. Edges are quantiles of the first rows of a file, and of its parts if it has some.

    They do not depend on how the file is read afterwards, and are the same for every file.
    """
    numbers = [n for n in dict.fromkeys(n for names in columns for n in names) if _is_number(source, n)]
    edges = {n: quantiles(_first(source, n)) for n in numbers}
    return tuple(Slicing(names, tuple(edges.get(n) for n in names)) for names in columns)


def quantiles(values: NDArray[np.float64]) -> tuple[float, ...] | None:
    """The edges of at most five bins with about as many rows each; None for at most 20 different whole numbers.

    >>> quantiles(np.arange(18.0, 78.0))
    (30.0, 42.0, 54.0, 66.0)
    >>> quantiles(np.array([0.0, 1.0, 1.0]))
    """
    values = np.sort(values[np.isfinite(values)])
    different = np.unique(values)
    whole = bool((different == np.floor(different)).all())
    if len(different) < 2 or (whole and len(different) <= MOST_WHOLE):
        return None
    at = values[[len(values) * b // BINS for b in range(1, BINS)]]
    rounded = np.unique([v if whole else float(f"{v:.3g}") for v in at.tolist()])
    edges = tuple(rounded[rounded > different[0]].tolist())
    return edges or None


def _bin_names(edges: tuple[float, ...]) -> list[str]:
    texts = [f"{e:.12g}" for e in edges]
    inner = [f"{low} to {high}" for low, high in pairwise(texts)]
    return [f"below {texts[0]}", *inner, f"{texts[-1]} or more"]


def _is_number(source: Source, name: str) -> bool:
    return source.columns[name].kind in ("int", "float")


def _first(source: Source, name: str) -> NDArray[np.float64]:
    """Numbers of the first rows of up to eight parts of a file."""
    parts = sorted({source.parts * i // _PARTS for i in range(_PARTS)}) if source.parts > 1 else [None]
    found = []
    for part in parts:
        for columns, _, _ in islice(source.batches([name], _ROWS, part, numeric=[name]), 1):
            found.append(_numbers(columns[name])[:_ROWS])
    return np.concatenate(found) if found else np.zeros(0)


def _numbers(column: Any) -> NDArray[np.float64]:
    if not isinstance(column, np.ndarray):
        column = column.cast("float64").to_numpy(zero_copy_only=False)
    return np.asarray(column, np.float64).reshape(-1)

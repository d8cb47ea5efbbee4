"""The first rows of a file: the evidence by which columns are told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.errors import InputError
from onewarm.tables import convert
from onewarm.tables.missing import is_missing
from onewarm.tables.source import Column, Columns, Source

ROWS = 1000
_ROWS_OF_LISTS = 64
_NUMBERS = 1 << 20
_MOST_DIGITS = 6
_ROUNDING = 1e-6  # a probability may lie beyond 0..1 by this much


class Head:
    """At most ``ROWS`` first rows of a file, and what they prove. Without rows nothing is proved, and nothing refuted.

    Attributes:
        file: name of the file.
        columns: its columns and their types.
    """

    def __init__(self, file: str, columns: Mapping[str, Column], rows: Columns | None = None) -> None:
        self.file, self.columns, self._rows = file, columns, rows or {}
        self._texts: dict[str, list[str | None]] = {}

    @classmethod
    def of(cls, source: Source) -> Head:
        """The head of a file. A column that cannot be read is without rows: its error comes when all of it is read."""
        known = {n: c for n, c in source.columns.items() if c.kind != "other"}
        scalars = [n for n, c in known.items() if c.width == 1]
        rows = _first(source, scalars, max(_ROWS_OF_LISTS, min(ROWS, _NUMBERS // max(1, len(scalars)))))
        for name in scalars if scalars and not rows else ():  # arrays of other lengths, or a damaged column
            rows |= _first(source, [name], ROWS)
        for name in known.keys() - set(scalars):
            rows |= _first(source, [name], _ROWS_OF_LISTS)
        return cls(source.name, source.columns, {n: convert.unnested(column) for n, column in rows.items()})

    def numbers(self, name: str) -> NDArray[np.float64] | None:
        """A column's numbers, (n,), NaN where one is missing; None for text (most of which is no number) and lists."""
        if name not in self._rows or self.columns[name].width != 1:
            return None
        column = self._rows[name]
        if self.columns[name].kind in ("int", "float"):
            if not isinstance(column, np.ndarray):
                column = column.cast("float64", safe=False).to_numpy(zero_copy_only=False)
            return _wide(column).reshape(-1)
        texts = [t for t in self.texts(name) if t is not None]
        values = np.asarray([_number(t) for t in texts])
        return values if len(values) and np.isfinite(values).mean() > 0.5 else None

    def is_number(self, name: str) -> bool:
        """Whether a column holds one number a row; of text, whether most of it reads as numbers."""
        column = self.columns[name]
        return column.width == 1 and (column.kind in ("int", "float") or self.numbers(name) is not None)

    def texts(self, name: str) -> list[str | None]:
        """A column's values as texts, None where one is missing; whole numbers without a decimal point."""
        if name not in self._texts:
            self._texts[name] = self._as_texts(name)
        return self._texts[name]

    def _as_texts(self, name: str) -> list[str | None]:
        column = self._rows.get(name)
        if column is None or self.columns[name].width != 1 or str(getattr(column, "type", "")).startswith("list"):
            return []
        empty = is_missing(column)
        codes, names = convert.codes(column)
        plain = [convert.plain(text) for text in names]
        return [None if e else plain[c] for c, e in zip(codes.tolist(), empty.tolist(), strict=True)]

    def distinct(self, name: str) -> set[str]:
        """The values of a column, without missing ones."""
        return {t for t in self.texts(name) if t is not None}

    def within_unit(self, name: str) -> bool | None:
        """Whether every number is within 0..1; None if there are none."""
        values = self.numbers(name)
        if values is None or not np.isfinite(values).any():
            return None
        values = values[np.isfinite(values)]
        return bool((values >= -_ROUNDING).all() and (values <= 1 + _ROUNDING).all())

    def matrix(self, names: Sequence[str]) -> NDArray[np.float64] | None:
        """Columns of numbers (or one of lists) as (n, K), only complete rows; None where there are none."""
        if len(names) == 1 and self.columns[names[0]].width != 1:
            return self._lists(names[0])
        columns = [self.numbers(n) for n in names]
        if not columns or any(c is None for c in columns) or len({len(c) for c in columns if c is not None}) > 1:
            return None
        stacked = np.column_stack([c for c in columns if c is not None])
        complete: NDArray[np.float64] = stacked[np.isfinite(stacked).all(axis=1)]
        return complete if len(complete) else None

    def _lists(self, name: str) -> NDArray[np.float64] | None:
        column = self._rows.get(name)
        if self.columns[name].kind not in ("int", "float") or column is None or not len(column):
            return None
        if not isinstance(column, np.ndarray):
            column = column.filter(~is_missing(column))
            lengths = column.value_lengths().unique()
            if len(lengths) != 1:
                return None
            column = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, lengths[0].as_py())
        return _wide(column)

    def unit(self, names: Sequence[str]) -> float:
        """The unit of the last decimal in which columns are written, as .01; 0 where more than six are used."""
        values = self.matrix(names)
        if values is None:
            return 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            for digits in range(1, _MOST_DIGITS + 1):
                scaled = values * 10.0**digits
                if (np.abs(scaled - np.round(scaled)) < 1e-3).all():
                    return 10.0**-digits
        return 0.0

    def sums_to_one(self, names: Sequence[str]) -> bool | None:
        """Whether rows of these columns sum to 1 within the rounding of their digits (or to 100, as percentages).

        A few rows may not: they are refused with their row when they are read. None where there are no rows.
        """
        values = self.matrix(names)
        if values is None:
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            sums = values.sum(axis=1)
        tolerance = max(10 * checks.SUM_TOLERANCE, rounding(len(names), self.unit(names)))
        good = (np.abs(sums - 1) <= tolerance) & (values >= -_ROUNDING).all(axis=1)
        percent = (np.abs(sums - 100) <= 100 * tolerance) & (values >= -_ROUNDING).all(axis=1)
        return bool(max(good.mean(), percent.mean()) > 0.8)


def _first(source: Source, names: Sequence[str], rows: int) -> Columns:
    try:
        return next((batch for batch, _, _ in source.batches(names, rows)), {}) if names else {}
    except InputError:
        return {}


def _wide(values: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # of NaN of the signalling kind
        return np.asarray(values, np.float64)


def rounding(num_classes: int, unit: float) -> float:
    """How far from 1 a row of K probabilities can sum because each was rounded to a multiple of ``unit``: K unit / 2.

    Probabilities written with one decimal are no sign of rounding: 0.

    >>> rounding(3, 0.01), rounding(3, 0.1)
    (0.015, 0.0)
    """
    return num_classes * unit / 2 if unit <= 0.01 else 0.0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")

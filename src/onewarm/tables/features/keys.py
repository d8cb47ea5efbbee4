"""Columns that say which rows belong together, or which came first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.checks import visible
from onewarm.errors import InputError, needs
from onewarm.tables.features.columns import typed
from onewarm.tables.features.dates import read_dates
from onewarm.tables.features.text import read_numbers
from onewarm.tables.missing import is_missing

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.compute as pc


def codes_of(file: str, name: str, column: Any) -> NDArray[np.int64]:
    """Groups (N,) as numbers. Raises InputError for a row without one.

    >>> codes_of("t.csv", "column 'who'", np.array(["b", "a", "b"])).tolist()
    [1, 0, 1]
    """
    values = column if isinstance(column, np.ndarray) else np.asarray(column.to_pylist(), object)
    missing = is_missing(column if isinstance(column, np.ndarray) else column.combine_chunks())
    if missing.any():
        raise InputError(f"{file}: row {int(missing.argmax()) + 1} has no group ({name}); fill it or drop the row")
    if values.dtype.kind == "O":
        values = values.astype(str)
    return np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.int64)


def distinct(column: Any) -> int:
    """How many different values a column has; 0 for lists and arrays.

    >>> distinct(np.array([3, 3, 4]))
    2
    """
    if isinstance(column, np.ndarray):
        return len(np.unique(column)) if column.ndim == 1 else 0
    return 0 if pa.types.is_nested(column.type) else len(column.unique())


def times_of(file: str, name: str, column: Any, decimal: str = ".") -> NDArray[np.float64]:
    """Times (N,) as numbers that grow with them: numbers, dates, or text that holds dates.

    Raises InputError for a row without one, and for text that is none.

    >>> times_of("t.csv", "column 'when'", np.array(["2024-03-01", "2024-02-28"])).tolist()
    [2.0, 0.0]
    """
    if isinstance(column, np.ndarray) and column.dtype.kind in "iuf":
        times = column.astype(np.float64)
    elif not isinstance(column, np.ndarray) and str(column.type).startswith(("int", "uint", "float", "double")):
        times = column.cast("float64", safe=False).to_numpy()
    elif (numbers := _counted(column)) is not None:
        times = numbers
    else:
        read = typed(name, column, file, decimal)
        if read.kind not in ("date", "numbers") or read.numbers is None:
            values = column.tolist() if isinstance(column, np.ndarray) else column.to_pylist()
            row = next((i for i, value in enumerate(values) if value is not None and not _is_time(value)), 0)
            raise InputError(
                f"{file}: {name} is no time (row {row + 1} is {visible(str(values[row]))[:40]!r}): give numbers or "
                "dates, as 2024-12-24 or 2024-12-24 18:00"
            )
        times = read.numbers[:, 0]
    if np.isnan(times).any():
        row = int(np.isnan(times).argmax()) + 1
        raise InputError(f"{file}: row {row} has no time ({name}); fill it or drop the row")
    return times


def _counted(column: Any) -> NDArray[np.float64] | None:
    """Whole numbers written with leading zeros, as the months 01 to 12; None for other columns."""
    if isinstance(column, np.ndarray) or not pa.types.is_string(column.type):
        return None
    if not pc.all(pc.match_substring_regex(column, r"^\d{1,6}$")).as_py():
        return None
    return np.asarray(column.cast(pa.float64()).to_numpy())


def _is_time(value: Any) -> bool:
    some = [str(value).strip()]
    return read_numbers(some, np.ones(1, np.int64)) is not None or read_dates(some) is not None

"""Arrays, DataFrames and tables that are in memory already, as a source like that of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from onewarm.calibration.summary.inputs import to_numpy
from onewarm.errors import InputError, needs
from onewarm.tables.formats.arrow_types import ArrowSource, column_of, plain
from onewarm.tables.formats.npy import native
from onewarm.tables.source import Column, Columns, Source

with needs("onewarm.tables", "audit"):
    import pyarrow as pa

_KINDS = {"i": "int", "u": "int", "b": "int", "f": "float", "U": "text"}


def open_memory(value: Any, name: str = "probabilities") -> Source:
    """A source of what is in memory, without a copy where there need be none.

    Args:
        value: an array (N,) or (N, K) of NumPy, PyTorch, JAX or any library that NumPy reads; a mapping of names to
            such arrays or to sequences; a DataFrame or table of pandas, polars, PyArrow or any library that speaks the
            Arrow PyCapsule interface or the dataframe interchange protocol.
        name: the argument that errors name; also the column of a single array.

    Raises:
        ValueError: arrays without rows, of other shapes, of different lengths, or of no type of data.

    Example:
        >>> source = open_memory({"p": np.array([[0.25, 0.75]]), "label": [1]}, name="table")
        >>> source.columns
        {'p': Column(kind='float', width=2), 'label': Column(kind='int', width=1)}
        >>> next(source.batches(["label"], 10))[0]["label"]
        array([1])
    """
    if isinstance(value, Mapping):
        return _Arrays(name, {str(key): _array(f"{name}[{key!r}]", array) for key, array in value.items()})
    table = _table(value, name)
    return _Arrays(name, {name: _array(name, value)}) if table is None else _Table(name, table)


class _InMemory(Source):
    """What sources in memory have in common: no file, and a size for the progress."""

    def __init__(self, name: str, size: int) -> None:
        self.path, self.name, self.size = Path(name), name, size
        self.columns, self.parts = {}, 1


class _Arrays(_InMemory):
    """Arrays of NumPy, or of Arrow where values may be missing."""

    def __init__(self, name: str, arrays: dict[str, Any]) -> None:
        super().__init__(name, sum(array.nbytes for array in arrays.values()))
        self.arrays: dict[str, Any] = {}
        for key, array in arrays.items():
            if not isinstance(array, np.ndarray):
                self.arrays[key], self.columns[key] = array, column_of(array.type)
            elif array.ndim in (1, 2) and array.shape[1:] != (0,):
                width = array.shape[1] if array.ndim == 2 else 1
                self.arrays[key], self.columns[key] = array, Column(_KINDS.get(array.dtype.kind, "other"), width)
        if not self.arrays:
            shapes = ", ".join(str(array.shape) for array in arrays.values()) or "()"
            raise InputError(f"{name} has shape {shapes}: expected (N,) or (N, K), one row an example")

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        lengths = {key: len(self.arrays[key]) for key in names}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{key!r} {length}" for key, length in lengths.items())
            raise InputError(f"{self.name}: arrays differ in rows: {shown}")
        total = next(iter(lengths.values()))
        for at in range(0, total, rows):
            done = self.size * min(at + rows, total) // total
            yield {key: self._rows(key, slice(at, at + rows)) for key in names}, at, done

    def _rows(self, key: str, rows: slice) -> Any:
        array = self.arrays[key][rows]
        return native(self, np.ascontiguousarray(array)) if isinstance(array, np.ndarray) else plain(array)


class _Table(_InMemory, ArrowSource):
    def __init__(self, name: str, table: Any) -> None:
        super().__init__(name, table.nbytes)
        self.table = table
        self.declare(table.schema)

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        at, total = 0, max(1, len(self.table))
        for batch in self.table.select(self.tops(names)).to_batches(max_chunksize=rows):
            with self.decoding("Arrow", f"after row {at}: "):
                columns = self.take(batch, names)
            yield columns, at, self.size * (at + len(batch)) // total
            at += len(batch)


def _table(value: Any, name: str) -> Any:
    """The value as an Arrow table; None where it is none."""
    if isinstance(value, pa.Table):
        return value
    with _foreign(value, name, "an Arrow table"):
        if _is_arrow(value) and any(hasattr(value, of_tables) for of_tables in ("columns", "column_names", "schema")):
            return pa.table(value)
        if hasattr(value, "__dataframe__"):
            from pyarrow.interchange import from_dataframe

            return from_dataframe(value)
    return None


def _is_arrow(value: Any) -> bool:
    return hasattr(value, "__arrow_c_stream__") or hasattr(value, "__arrow_c_array__")


def _array(name: str, value: Any) -> Any:
    """The value as an array of NumPy; or of Arrow, where it is one or holds Python's objects."""
    with _foreign(value, name, "an array"):
        if hasattr(value, "collect"):
            raise InputError(f"{name}: {type(value).__name__} is not computed yet: pass what its collect() gives")
        if _is_arrow(value):
            array = pa.chunked_array(value).combine_chunks()
            return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
        masked = np.ma.getmaskarray(value) if isinstance(value, np.ma.MaskedArray) else np.zeros(0, bool)
        if masked.any():
            row = int(masked.reshape(len(masked), -1).any(axis=1).argmax())
            raise InputError(f"{name}: row {row + 1} is masked: fill it or leave it out")
        array = np.asarray(to_numpy(value, name))
        if array.dtype.kind == "O":  # texts, or numbers, of which some may be missing
            return pa.array(array, from_pandas=True) if array.ndim == 1 else array.astype(np.float64)
        return array.astype(np.float32) if array.dtype.kind == "V" and array.dtype.names is None else array


@contextmanager
def _foreign(value: Any, name: str, what: str) -> Iterator[None]:
    """Around conversions by the value's own library."""
    try:
        yield
    except (InputError, ImportError):
        raise
    except Exception as error:
        reason = str(error).split(". ")[0]
        raise InputError(f"{name}: {type(value).__name__} cannot be read as {what}: {reason}") from None

"""A file or DataFrame as whole columns, before anything is decided about them."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from onewarm.checks import visible
from onewarm.errors import InputError, needs
from onewarm.tables.formats import SUFFIXES, open_source
from onewarm.tables.formats.arrow_types import plain
from onewarm.tables.formats.csv import Csv
from onewarm.tables.formats.memory import open_memory
from onewarm.tables.source import Source, Tell, untold

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.compute as pc

_BATCH_ROWS = 1 << 16
_LOOKED_AT = 10_000


@dataclass(frozen=True)
class Raw:
    """The columns of a file or DataFrame, each an array of NumPy (N, ...) or a chunked one of Arrow.

    `decimal` is the decimal sign of a text file; `sha256` of the file's bytes, or of the columns in memory.
    """

    name: str
    columns: dict[str, Any]
    sha256: str
    decimal: str = "."
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """N."""
        return len(next(iter(self.columns.values()))) if self.columns else 0


def of_file(path: Path, tell: Tell = untold) -> Raw:
    """Read a file of any format in ``formats``; `tell` hears how many megabytes are read.

    Raises InputError for a damaged file, one that another program writes at the same time, a first line that holds a
    row instead of names, and a file without rows;
    FileNotFoundError for a missing file, IsADirectoryError for a folder.
    """
    source = open_file(path)
    if isinstance(source, Csv):
        source.keeps_codes = True
    before = file_hash(path)
    columns = whole(source, list(source.columns), tell)
    if file_hash(path) != before:
        raise InputError(f"{source.name}: has changed while it was read; try again when it is complete")
    late = "".join(f" {visible(name)!r} (row {row})" for name, row in getattr(source, "late", {}).items())
    notes = (f"Left out, for the first rows have no such field (write it there, as null):{late}.",) if late else ()
    raw = Raw(source.name, columns, before, getattr(getattr(source, "dialect", None), "decimal", "."), notes)
    if raw.rows == 0:
        raise InputError(f"{raw.name}: no rows, only column names")
    if hasattr(source, "dialect"):
        _check_header(raw)
    return raw


def open_file(path: Path) -> Source:
    """The source of a file. Raises as ``of_file``, but for the rows."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give one of its files")
    if not path.is_file():
        raise _not_found(path)
    return open_source(path)


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def whole(source: Source, names: Sequence[str], tell: Tell = untold) -> dict[str, Any]:
    """These columns of a source, whole."""
    pieces: dict[str, list[Any]] = {name: [] for name in names}
    for batch, _, done in source.batches(names, _BATCH_ROWS):
        for name, piece in batch.items():
            pieces[name].append(piece)
        tell(f"Reading {source.name}, MB", done / 1e6, max(done, source.size) / 1e6)
    return {name: _joined(some) for name, some in pieces.items()}


def of_frame(frame: Any, name: str) -> Raw:
    """The columns of a DataFrame of pandas or polars, of an Arrow table, or of a mapping of names to arrays.

    Raises InputError for two columns of one name, columns of different lengths, and a frame without rows.

    >>> of_frame({"a": [1, None], "b": ["u", 3]}, "X").columns["b"].to_pylist()
    ['u', '3']
    """
    if hasattr(frame, "collect"):
        raise InputError(f"{name}: {type(frame).__name__} is not computed yet: pass what its collect() gives")
    if isinstance(frame, Mapping):
        columns = {str(key): column_of(values, f"{name}[{key!r}]") for key, values in frame.items()}
    elif hasattr(frame, "iloc"):  # pandas
        _check_names(name, [str(column) for column in frame.columns])
        columns = {
            str(column): column_of(frame.iloc[:, i], f"column {str(column)!r} of {name}")
            for i, column in enumerate(frame.columns)
        }
    else:
        source = open_memory(frame, name)
        columns = whole(source, list(source.columns))
    lengths = {key: len(column) for key, column in columns.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{key!r} {length}" for key, length in list(lengths.items())[:8])
        raise InputError(f"{name}: columns differ in rows: {shown}")
    if not columns or not next(iter(lengths.values())):
        raise InputError(f"{name}: no rows")
    return Raw(name, columns, columns_hash(columns))


def column_of(values: Any, name: str) -> Any:
    """A sequence, array, tensor or Series as an array of NumPy or a chunked one of Arrow; mixed values become text.

    Raises InputError where it is none of these.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    if hasattr(values, "to_arrow"):  # a Series of polars
        values = values.to_arrow()
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return pa.chunked_array([plain(chunk) for chunk in getattr(values, "chunks", [values])], _plain_type(values))
    if isinstance(values, np.ma.MaskedArray) and values.ndim == 1:
        values = values.tolist()
    if getattr(getattr(values, "dtype", None), "kind", "") == "c":
        raise InputError(f"{name} holds {values.dtype}: give its real and imaginary part as two columns")
    if isinstance(values, np.ndarray) and values.dtype.kind == "S":
        return np.char.decode(values, "utf-8", "replace")
    if isinstance(values, np.ndarray) and values.dtype.kind in "biufMmU":
        return values
    if hasattr(values, "iloc"):
        values = _of_pandas(values)
        if isinstance(getattr(values, "dtype", None), np.dtype) and values.dtype.kind in "biuf":
            return np.asarray(values)
    try:
        if isinstance(values, list | tuple) and values and isinstance(values[0], list | tuple | np.ndarray):
            values = [None if row is None else list(row) for row in values]
        found = pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        try:
            found = pa.array([None if _is_nothing(v) else str(v) for v in values], pa.string())
        except TypeError as error:
            raise InputError(f"{name}: {type(values).__name__} cannot be read as a column: {error}") from None
    return column_of(found, name)


def _of_pandas(series: Any) -> Any:
    """The values of a Series: periods as the time when they begin, intervals as texts."""
    kind = str(getattr(series.dtype, "categories", series).dtype)
    if kind.startswith("interval"):
        return [None if missing else str(v) for v, missing in zip(series, series.isna(), strict=True)]
    if kind.startswith("period") and hasattr(series, "dt"):
        series = series.dt.to_timestamp()
    return series.array if hasattr(series, "array") else series


def _is_nothing(value: Any) -> bool:
    return (
        value is None or (isinstance(value, float) and np.isnan(value)) or type(value).__name__ in ("NAType", "NaTType")
    )


def _plain_type(values: Any) -> Any:
    return (
        plain(pa.array([], values.type) if not len(values) else values.slice(0, 1).combine_chunks()).type
        if isinstance(values, pa.ChunkedArray)
        else plain(values.slice(0, 0)).type
    )


def columns_hash(columns: Mapping[str, Any]) -> str:
    """SHA-256 of columns in memory: their names, types and values."""
    digest = hashlib.sha256()
    for name, column in columns.items():
        digest.update(f"{name}\0{column.dtype if isinstance(column, np.ndarray) else column.type}\0".encode())
        if isinstance(column, np.ndarray):
            digest.update(np.ascontiguousarray(column).view(np.uint8).data)
        else:
            sink = pa.BufferOutputStream()
            table = pa.table({"": column.combine_chunks()})
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table)
            digest.update(sink.getvalue())
    return digest.hexdigest()


def _joined(pieces: Sequence[Any]) -> Any:
    if not pieces:
        return np.zeros(0)
    if isinstance(pieces[0], np.ndarray):
        return np.concatenate(pieces)
    kinds = {piece.type for piece in pieces}
    if len(kinds) > 1 and all(pa.types.is_dictionary(kind) for kind in kinds):
        pieces = [piece.dictionary_decode() for piece in pieces]
        kinds = {piece.type for piece in pieces}
    if len(kinds) > 1:  # of a text file, whose types are guessed
        texts = any(pa.types.is_string(kind) for kind in kinds)
        pieces = [piece.cast(pa.string() if texts else pa.float64()) for piece in pieces]
    return pa.chunked_array(pieces)


def _not_found(path: Path) -> FileNotFoundError:
    if path.is_symlink() and not path.exists():
        return FileNotFoundError(f"{str(path)!r} is a link to {str(path.readlink())!r}, which does not exist")
    if path.exists():
        return FileNotFoundError(f"{str(path)!r} is a pipe or a device, which is read once only: save it as a file")
    folder = path.parent
    files = [p.name for p in folder.iterdir() if p.suffix.lower() in SUFFIXES] if folder.is_dir() else []
    near = difflib.get_close_matches(path.name, files, n=3)
    hint = f"; similar names: {', '.join(map(visible, near))}" if near else ""
    return FileNotFoundError(f"no file {str(path)!r}{hint}")


def _check_names(name: str, names: Iterable[str]) -> None:
    twice = [column for column, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(f"{name}: column {twice[0]!r} occurs twice; rename one")


def _check_header(raw: Raw) -> None:
    """Refuse a text file whose first line is a row: numbers above numbers, or words that its columns hold."""
    names = list(raw.columns)
    numbers = [n for n in names if re.fullmatch(r"[-+]?\d+([.,]\d+)?", n) and not is_text(raw.columns[n])]
    counted = [n for n in numbers if n.isdecimal()]
    run = [int(n) for n in counted]
    if len(run) > 1 and run == list(range(run[0], run[0] + len(run))):  # columns with numbers for names: years, pixels
        numbers = [n for n in numbers if n not in counted]
    words = [n for n in names if n and is_text(raw.columns[n]) and _holds(raw.columns[n], n)]
    if not numbers and len(words) < min(2, len(names)):
        return
    shown = ",".join(names[:4]) + (",..." if len(names) > 4 else "")
    new = ",".join([f"c{i}" for i in range(min(3, len(names) - 1))] + (["..."] if len(names) > 4 else []) + ["label"])
    raise InputError(
        f"{raw.name}: the first line ({visible(shown)}) looks like a row, not like column names: put names above it, "
        f"as {new!r}"
    )


def is_text(column: Any) -> bool:
    """Whether a column is one of Arrow's that holds texts."""
    return not isinstance(column, np.ndarray) and (
        pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    )


def _holds(column: Any, text: str) -> bool:
    return bool(pc.any(pc.equal(column.slice(0, _LOOKED_AT), pa.scalar(text, column.type))).as_py())

"""A file as features and classes for a study. Errors name the row, the column and the value."""

from __future__ import annotations

import difflib
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.checks import visible
from onewarm.errors import InputError, needs
from onewarm.tables.columns.names import LABEL_NAMES, clean
from onewarm.tables.formats import SUFFIXES, open_source
from onewarm.tables.source import Source

with needs("onewarm.tables", "audit"):
    import pyarrow as pa

_BATCH_ROWS = 1 << 16
MIN_PER_CLASS = 3


@dataclass(frozen=True)
class Table:
    """The examples of a file: features `x` (N, D), classes `y` (N,) in 0..K-1, their names, and the file's SHA-256."""

    x: NDArray[np.float64]
    y: NDArray[np.int64]
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    label: str
    sha256: str


def read(path: Path, label: str | None = None) -> Table:
    """Read a file of any format in ``formats`` with one label column; every other column is a feature, in numbers.

    Classes are numbered in the sorted order of their labels. An array with more than one axis, or a column of lists of
    one length, becomes one column for each entry of a row.

    Args:
        path: the file.
        label: the label column; without it, the column with one of the names in `LABEL_NAMES`.

    Raises InputError naming the row, column and value at fault (rows are counted from 1, without a CSV's header),
    FileNotFoundError for a missing file, IsADirectoryError for a folder.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give one of its files")
    if not path.is_file():
        raise _not_found(path)
    source = open_source(path)
    file = source.name
    chosen = _label_column(file, list(source.columns), label)
    if len(source.columns) == 1:
        raise InputError(f"{file}: no feature columns besides the label column {chosen!r}")
    columns = _columns(source)
    if len(columns[chosen]) == 0:
        raise InputError(f"{file}: no rows, only column names")
    y, class_names = _classes(file, chosen, columns.pop(chosen))
    features = {name: _numbers(file, name, column) for name, column in columns.items()}
    names = [n if x.ndim == 1 else f"{n}[{j}]" for n, x in features.items() for j in range(x[0].size)]
    x = np.column_stack(list(features.values()))
    with path.open("rb") as opened:
        sha = hashlib.file_digest(opened, "sha256").hexdigest()
    return Table(x, y, class_names, tuple(names), chosen, sha)


def _not_found(path: Path) -> FileNotFoundError:
    folder = path.parent
    files = [p.name for p in folder.iterdir() if p.suffix.lower() in SUFFIXES] if folder.is_dir() else []
    near = difflib.get_close_matches(path.name, files, n=3)
    hint = f"; similar names: {', '.join(map(visible, near))}" if near else ""
    return FileNotFoundError(f"no file {str(path)!r}{hint}")


def _label_column(file: str, names: list[str], label: str | None) -> str:
    if label is not None:
        if label in names:
            return label
        near = difflib.get_close_matches(label, names, n=3) or names[:8]
        raise InputError(f"{file}: no column {label!r}; nearest: {', '.join(map(repr, near))}")
    candidates = [n for usual in LABEL_NAMES for n in names if clean(n) == usual]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        listed = ", ".join(map(repr, candidates))
        raise InputError(f"{file}: {listed} could each be the label; name one with --label")
    shown = ", ".join(map(repr, names[:8])) + (", ..." if len(names) > 8 else "")
    raise InputError(
        f"{file}: no label column found (looked for {', '.join(LABEL_NAMES[:7])}, ...); name one with --label: {shown}"
    )


def _columns(source: Source) -> dict[str, Any]:
    """Every column, whole: an array of NumPy, or a chunked one of Arrow."""
    pieces: dict[str, list[Any]] = {name: [] for name in source.columns}
    for batch, _, _ in source.batches(list(source.columns), _BATCH_ROWS):
        for name, piece in batch.items():
            pieces[name].append(piece)
    return {name: _joined(some) for name, some in pieces.items()}


def _joined(pieces: Sequence[Any]) -> Any:
    if not pieces:
        return np.zeros(0)
    if isinstance(pieces[0], np.ndarray):
        whole = np.concatenate(pieces)
        return whole if whole.ndim <= 2 else whole.reshape(len(whole), -1)
    kinds = {piece.type for piece in pieces}
    if len(kinds) > 1:  # of a text file, whose types are guessed
        texts = any(pa.types.is_string(kind) for kind in kinds)
        pieces = [piece.cast(pa.string() if texts else pa.float64()) for piece in pieces]
    return pa.chunked_array(pieces)


def _numbers(file: str, name: str, column: Any) -> NDArray[np.float64]:
    """A feature as float64 (N,) or (N, D), or an error that names the first value that is not a finite number."""
    values = column if isinstance(column, np.ndarray) else _arrow_numbers(file, name, column)
    if values.dtype.kind not in "bifu":
        entries = enumerate(values.reshape(len(values), -1).tolist(), 1)
        bad = next(((row, value) for row, some in entries for value in some if not _is_number(value)), None)
        if bad is not None:
            row, value = bad
            raise InputError(f"{file}: column {name!r} is not numbers: row {row} holds {value!r}; drop or encode it")
    with np.errstate(invalid="ignore"):  # of NaN of the signalling kind
        return _finite(file, name, values.astype(np.float64))


def _arrow_numbers(file: str, name: str, column: Any) -> NDArray[Any]:
    kind = column.type
    if column.null_count == len(column):
        raise InputError(f"{file}: column {name!r} is empty in every row; drop it")
    if column.null_count:
        row = column.is_null().to_pylist().index(True) + 1
        raise InputError(f"{file}: row {row}, column {name!r} is empty; fill it or drop the row")
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return np.asarray(column.to_numpy())
    if pa.types.is_decimal(kind):
        return np.asarray(column.cast(pa.float64()).to_numpy())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        texts = column.to_pylist()
        for row, text in enumerate(texts, 1):
            if text.strip() == "":
                raise InputError(f"{file}: row {row}, column {name!r} is empty; fill it or drop the row")
        return np.asarray(texts, dtype=str)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _lists(file, name, column.combine_chunks())
    raise InputError(f"{file}: column {name!r} holds {kind}, not numbers; drop or encode it")


def _lists(file: str, name: str, column: Any) -> NDArray[Any]:
    lengths = column.value_lengths().to_numpy(zero_copy_only=False)
    if (lengths != lengths[0]).any():
        row = int((lengths != lengths[0]).argmax())
        raise InputError(
            f"{file}: row {row + 1}, column {name!r} holds {lengths[row]} numbers, and row 1 {lengths[0]}; give lists "
            "of one length"
        )
    flat = column.flatten()
    if flat.null_count:
        row, entry = divmod(flat.is_null().to_pylist().index(True), int(lengths[0]))
        raise InputError(f"{file}: row {row + 1}, column '{name}[{entry}]' is empty; fill it or drop the row")
    if not len(flat) or not (pa.types.is_integer(flat.type) or pa.types.is_floating(flat.type)):
        raise InputError(f"{file}: column {name!r} holds {column.type}, not numbers; drop or encode it")
    return np.asarray(flat.to_numpy(zero_copy_only=False)).reshape(len(column), -1)


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _finite(file: str, name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    finite = np.isfinite(values)
    if not finite.all():
        row, *entry = (int(i) for i in np.unravel_index(int(np.argmin(finite)), finite.shape))
        value = values[(row, *entry)]
        which = f"{name}{entry or ''}"
        raise InputError(f"{file}: row {row + 1}, column {which!r} is {value}; fill it or drop the row")
    return values


def _classes(file: str, name: str, column: Any) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels of any type as 0..K-1 in sorted order, with the classes' names."""
    if not isinstance(column, np.ndarray) and pa.types.is_nested(column.type):
        raise InputError(f"{file}: label column {name!r} holds {column.type}, not one class a row")
    values = column.tolist() if isinstance(column, np.ndarray) else column.to_pylist()
    for row, value in enumerate(values, 1):
        if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
            raise InputError(f"{file}: row {row} has no label (column {name!r}); fill it or drop the row")
        if isinstance(value, float) and not value.is_integer():
            raise InputError(f"{file}: label column {name!r} holds measurements, not classes: row {row} is {value}")
    values = [int(v) if isinstance(v, float) else v for v in values]
    classes = sorted(set(values))  # all of one type, as a column's values are
    if len(classes) == 1:
        raise InputError(f"{file}: one class only: every row of {name!r} is {classes[0]!r}")
    index = {c: k for k, c in enumerate(classes)}
    y = np.asarray([index[v] for v in values], np.int64)
    counts = np.bincount(y)
    if counts.min() < MIN_PER_CLASS:
        rare = int(counts.argmin())
        rare_classes = int((counts < MIN_PER_CLASS).sum())
        more = f" ({rare_classes} classes have fewer than {MIN_PER_CLASS})" if rare_classes > 1 else ""
        raise InputError(
            f"{file}: class {classes[rare]!r} of {name!r} has {counts[rare]} row{'s' if counts[rare] > 1 else ''}, "
            f"and needs {MIN_PER_CLASS} (training, validation, test){more}; merge or drop it"
        )
    return y, tuple(str(c) for c in classes)

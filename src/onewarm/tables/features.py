"""A file as features and classes for a study: CSV, Parquet or NPZ. Errors name the row, the column and the value."""

from __future__ import annotations

import difflib
import hashlib
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError, needs

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet


LABEL_NAMES = ("label", "labels", "target", "class", "y")
SUFFIXES = (".csv", ".parquet", ".npz")
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
    """Read a .csv, .parquet or .npz file with one label column; every other column is a feature and must be numeric.

    Classes are numbered in the sorted order of their labels. An array of an .npz file with more than one axis becomes
    one column for each entry of a row.

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
    readers = {".csv": _read_csv, ".parquet": _read_parquet, ".npz": _read_npz}
    if path.suffix.lower() not in readers:
        kind = path.suffix or "a file without suffix"
        raise InputError(f"{path.name}: cannot read {kind}; give one of {', '.join(SUFFIXES)}")
    columns = readers[path.suffix.lower()](path)
    names = list(columns)
    chosen = _label_column(path.name, names, label)
    rows = len(columns[chosen])
    if rows == 0:
        raise InputError(f"{path.name}: no rows, only column names")
    if len(names) == 1:
        raise InputError(f"{path.name}: no feature columns besides the label column {chosen!r}")
    y, class_names = _classes(path.name, chosen, columns[chosen])
    features = [n for n in names if n != chosen]
    x = np.column_stack([_numbers(path.name, n, columns[n]) for n in features])
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    return Table(x, y, class_names, tuple(features), chosen, sha)


def _not_found(path: Path) -> FileNotFoundError:
    folder = path.parent
    files = [p.name for p in folder.iterdir() if p.suffix.lower() in SUFFIXES] if folder.is_dir() else []
    near = difflib.get_close_matches(path.name, files, n=3)
    hint = f"; similar names: {', '.join(near)}" if near else ""
    return FileNotFoundError(f"no file {str(path)!r}{hint}")


def _label_column(file: str, names: list[str], label: str | None) -> str:
    if label is not None:
        if label in names:
            return label
        near = difflib.get_close_matches(label, names, n=3) or names[:8]
        raise InputError(f"{file}: no column {label!r}; nearest: {', '.join(map(repr, near))}")
    candidates = [n for usual in LABEL_NAMES for n in names if n.lower() == usual]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        listed = ", ".join(map(repr, candidates))
        raise InputError(f"{file}: {listed} could each be the label; name one with --label")
    shown = ", ".join(map(repr, names[:8])) + (", ..." if len(names) > 8 else "")
    raise InputError(
        f"{file}: no label column found (looked for {', '.join(LABEL_NAMES)}); name one with --label: {shown}"
    )


def _read_csv(path: Path) -> dict[str, Any]:
    try:
        path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: not a readable CSV: byte {error.start} is not UTF-8 text") from None
    bad: list[str] = []

    def ragged(row: Any) -> str:
        where = f"row {row.number - 1}" if row.number is not None else "a row"
        bad.append(f"{where} has {row.actual_columns} columns, not {row.expected_columns}: {row.text[:60]!r}")
        return "error"

    def attempt(**convert: Any) -> Any:
        return pyarrow.csv.read_csv(
            path,
            read_options=pyarrow.csv.ReadOptions(use_threads=False),  # one thread, so that errors have row numbers
            parse_options=pyarrow.csv.ParseOptions(invalid_row_handler=ragged),
            convert_options=pyarrow.csv.ConvertOptions(**convert),
        )

    try:
        try:
            table = attempt()
        except pa.ArrowInvalid as error:
            if "conversion error" not in str(error):
                raise
            # A later value does not fit the type inferred from the first rows: read text, and let _numbers find it.
            with pyarrow.csv.open_csv(path) as head:
                names = head.schema.names
            table = attempt(column_types={n: pa.string() for n in names})
    except pa.ArrowInvalid as error:
        reason = bad[0] if bad else str(error).split(". ")[0]
        raise InputError(f"{path.name}: not a readable CSV: {reason}") from None
    return _columns(path, table)


def _read_parquet(path: Path) -> dict[str, Any]:
    try:
        return _columns(path, pyarrow.parquet.read_table(path))
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path.name}: not a readable Parquet file, perhaps truncated: {error}") from None


def _columns(path: Path, table: Any) -> dict[str, Any]:
    duplicates = sorted({n for n in table.column_names if table.column_names.count(n) > 1})
    if duplicates:
        raise InputError(f"{path.name}: two columns are called {duplicates[0]!r}; rename one")
    return {n: table.column(n) for n in table.column_names}


def _read_npz(path: Path) -> dict[str, Any]:
    try:
        if not zipfile.is_zipfile(path):
            raise zipfile.BadZipFile("it is not a zip archive, or is cut short")
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: np.asarray(archive[name]) for name in archive.files}
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, AttributeError) as error:
        raise InputError(f"{path.name}: not a readable NPZ file of plain arrays: {error}") from None
    columns: dict[str, Any] = {}
    for name, array in arrays.items():
        if array.ndim == 0:
            continue  # a single number, such as a version, is not a column
        if array.ndim == 1:
            columns[name] = array
        else:
            flat = array.reshape(len(array), -1)
            columns.update({f"{name}[{j}]": flat[:, j] for j in range(flat.shape[1])})
    lengths = {name: len(a) for name, a in arrays.items() if a.ndim}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{name} {n}" for name, n in lengths.items())
        raise InputError(f"{path.name}: arrays differ in rows: {counts}")
    if not columns:
        raise InputError(f"{path.name}: holds no arrays with rows")
    return columns


def _numbers(file: str, name: str, column: Any) -> NDArray[np.float64]:
    """A feature column as float64 (N,), or an error that names the first value that is not a finite number."""
    values = column if isinstance(column, np.ndarray) else _arrow_numbers(file, name, column)
    if values.dtype.kind not in "bifu":
        row = next((row for row, value in enumerate(values.tolist(), 1) if not _is_number(value)), None)
        if row is not None:
            value = values[row - 1].item()
            raise InputError(f"{file}: column {name!r} is not numbers: row {row} holds {value!r}; drop or encode it")
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
    raise InputError(f"{file}: column {name!r} holds {kind}, not numbers; drop or encode it")


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _finite(file: str, name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    finite = np.isfinite(values)
    if not finite.all():
        row = int(np.argmin(finite))
        raise InputError(f"{file}: row {row + 1}, column {name!r} is {values[row]}; fill it or drop the row")
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

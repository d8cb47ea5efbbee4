"""A file of predictions with calibrated probabilities: read in batches, mapped, and written beside and renamed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.calibrators.calibration_map import CalibrationMap
from onewarm.checks import visible
from onewarm.errors import InputError, needs
from onewarm.tables import convert
from onewarm.tables.columns.choice import Choice, Layout
from onewarm.tables.columns.find import find_layout
from onewarm.tables.columns.head import Head
from onewarm.tables.formats.registry import open_source
from onewarm.tables.plan import BATCH_NUMBERS, Progress, find_files
from onewarm.tables.prediction_checks import prediction_fault
from onewarm.tables.row_checks import Place
from onewarm.tables.source import Columns, Source

with needs("onewarm calibrate", "audit"):
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

SUFFIXES = (".parquet", ".csv", ".npz")

Named = dict[str, Any]


def calibrate_file(
    file: str,
    calibrator: CalibrationMap,
    out: Path,
    *,
    probabilities: str | None = None,
    logits: str | None = None,
    normalize: bool = False,
    progress: Progress | None = None,
) -> int:
    """Write a file's rows with calibrated probabilities in the place of its predictions; other columns stay.

    Probabilities keep the names of their columns. Logits become columns p0, p1, ... (or prob_NAME for classes with
    names), or a column of lists named probabilities. The truth is not needed. CSV has a column for each class.
    Parquet and CSV are written batch by batch in bounded memory, NPZ at once.

    Args:
        file: of any format that the audit reads.
        calibrator: the map; its classes must be those of the file.
        out: the file to write, by its suffix Parquet, CSV or NPZ; it appears whole or not at all.
        probabilities, logits: the columns of the predictions, as for the audit.
        normalize: whether rows of probabilities may have another sum than 1.
        progress: called with "calibrating", the bytes read so far and the bytes there are.

    Returns:
        The number of rows.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: bad input, with file, row, column, value and remedy; other classes than the calibrator's.

    Example:
        >>> import tempfile
        >>> halved = CalibrationMap("temperature", 2, {"temperature": 2.0})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "new.csv").write_text("id,p0,p1\\nx,0.1,0.9\\n")
        ...     rows = calibrate_file(f"{folder}/new.csv", halved, Path(folder, "out.csv"))
        ...     print(rows, Path(folder, "out.csv").read_text().splitlines()[0].replace('"', ""))
        1 id,p0,p1
    """
    suffix = out.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{out} has the suffix {out.suffix!r}: write one of {', '.join(SUFFIXES)}")
    paths = find_files([file])
    if len(paths) > 1:
        raise InputError(f"{file} matches {len(paths)} files: calibrate one at a time")
    if out.is_dir() or (out.exists() and not out.is_file()):
        raise InputError(f"{out} is not a regular file: name a file to write")
    if out.resolve() == paths[0].resolve() or (out.exists() and out.samefile(paths[0])):
        raise InputError(f"{out} is the input: write to another file")
    source = open_source(paths[0])
    head = Head.of(source)
    layout = find_layout(head, Choice(probabilities=probabilities, logits=logits), separate_truth=True)
    width = _checked_width(source, layout, calibrator)
    count = 0
    with _writer(out, suffix) as write:
        for columns, first, done in _batches(source, layout, calibrator.num_classes):
            at = Place(source.name, first)
            values = convert.matrix(at, columns, layout.predictions, calibrator.num_classes)
            values = values if values.dtype.kind == "f" else values.astype(np.float64)
            q = _mapped(at, calibrator, values[:, 0] if width == 1 else values, layout, normalize)
            write(_replaced(columns, layout, q, calibrator, lists=suffix != ".csv"))
            count += len(values)
            if progress is not None:
                progress("calibrating", min(done, source.size), source.size)
        if count == 0:
            raise InputError(f"{source.name}: no rows, only column names")
    return count


def _batches(source: Source, layout: Layout, num_classes: int) -> Iterator[tuple[Columns, int, int]]:
    names = [n for n, column in source.columns.items() if column.kind != "other" or n in layout.predictions]
    rows = max(256, BATCH_NUMBERS // max(num_classes, len(names)))
    yield from source.batches(names, rows, None, numeric=layout.predictions)


def _checked_width(source: Source, layout: Layout, calibrator: CalibrationMap) -> int:
    """The numbers of a row's prediction. Raises InputError where they, or their names, are not the calibrator's."""
    width = len(layout.predictions)
    if width == 1:
        name = layout.predictions[0]
        found = source.columns[name].width
        width = (source.list_length(name) or 1) if found is None else found
    classes = 2 if width == 1 else width
    if classes != calibrator.num_classes:
        raise InputError(
            f"{source.name} has predictions for {classes} classes, but the calibrator was fitted on "
            f"{calibrator.num_classes}; choose the columns with --probabilities or --logits"
        )
    names = layout.classes
    if names and calibrator.classes and tuple(names) != calibrator.classes:
        theirs, ours = (", ".join(map(visible, list(c)[:6])) for c in (names, calibrator.classes))
        raise InputError(
            f"{source.name} has the classes {theirs}, but the calibrator was fitted on {ours}, in this order: "
            "name the columns in its order with --probabilities"
        )
    return width


def _mapped(
    at: Place, calibrator: CalibrationMap, values: NDArray[Any], layout: Layout, normalize: bool
) -> NDArray[np.float64]:
    try:
        return calibrator.apply(values, logits=layout.logits, normalize=normalize)
    except (ValueError, TypeError) as error:
        fault = prediction_fault(at, layout.predictions, values, logits=layout.logits, normalize=normalize)
        raise (fault or InputError(f"{at.file}: rows from {at.first + 1}: {error}")) from None


def _replaced(
    columns: Columns, layout: Layout, q: NDArray[np.float64], calibrator: CalibrationMap, *, lists: bool
) -> Named:
    """The columns of a batch, with calibrated probabilities in the place of the predictions."""
    old = layout.predictions
    new: Named
    if q.ndim == 1:
        new = {("probability" if layout.logits else old[0]): q}
    elif len(old) == 1 and lists:
        new = {("probabilities" if layout.logits else old[0]): q}
    elif len(old) == 1 or layout.logits:
        names = layout.classes or calibrator.classes
        new = {(f"prob_{names[k]}" if names else f"p{k}"): q[:, k] for k in range(q.shape[1])}
    else:
        new = {name: q[:, k] for k, name in enumerate(old)}
    carried = [n for n in columns if n not in old]
    taken = next((n for n in new if n in carried), None)
    if taken is not None:
        raise InputError(f"column {visible(taken)!r} is in the file already: rename it, or name the predictions")
    out: Named = {}
    for name in columns:
        if name == old[0]:
            out |= new
        elif name not in old:
            out[name] = columns[name]
    return out


@contextmanager
def _writer(out: Path, suffix: str) -> Iterator[Callable[[Named], None]]:
    """Writes batches to a new file beside ``out``, which takes its place when all is written."""
    target = Path(os.path.realpath(out))
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    parts: list[Named] = []
    open_writers: list[Any] = []

    def write(columns: Named) -> None:
        if suffix == ".npz":
            parts.append(columns)
            return
        table = pa.table({name: _arrow(values) for name, values in columns.items()})
        if not open_writers:
            made = pyarrow.parquet.ParquetWriter if suffix == ".parquet" else pyarrow.csv.CSVWriter
            open_writers.append(made(str(temporary), table.schema))
            open_writers.append(table.schema)
        open_writers[0].write_table(table.cast(open_writers[1]))

    try:
        yield write
        if suffix == ".npz":
            joined = {n: np.concatenate([np.asarray(_array(part[n])) for part in parts]) for n in parts[0]}
            with open(temporary, "wb") as file:
                np.savez(file, allow_pickle=False, **joined)
        else:
            open_writers[0].close()
        os.replace(temporary, target)
    finally:
        if open_writers:
            open_writers[0].close()
        temporary.unlink(missing_ok=True)


def _arrow(values: Any) -> Any:
    if not isinstance(values, np.ndarray):
        return values
    if values.ndim == 1:
        return pa.array(values)
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def _array(values: Any) -> NDArray[Any]:
    if isinstance(values, np.ndarray):
        return values
    array = values.to_numpy(zero_copy_only=False)
    return np.asarray(array, str) if array.dtype == object else np.asarray(array)

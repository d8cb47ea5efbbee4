"""Prediction files as checked batches in bounded memory: what ``onewarm audit`` reads."""

from __future__ import annotations

import difflib
import glob
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from onewarm.calibration import rows as check
from onewarm.calibration.columns import Choice, Column, Layout, find_layout
from onewarm.calibration.formats import SUFFIXES, Csv, Source, open_source

BATCH_NUMBERS = 1 << 20
"""Numbers in the predictions of a batch: its memory is a few times 8 MB, whatever the file's size."""

Progress = Callable[[str, float, float], None]
"""Told as (what, done, of how much)."""


@dataclass(frozen=True)
class Batch:
    """Rows of one file, as NumPy arrays; labels are checked, predictions are checked where they are used.

    Attributes:
        file, number: name of the file, and its place among the files.
        first: number of the first row in its file, from 0.
        predictions: (n, K) floats: probabilities or logits, as the layout says.
        truth: labels (n,) int64; or votes (n, K) of integers; or distributions (n, K) of floats.
        slices: for each slice column, the codes (n,) of its rows and what the codes stand for.
        weights: (n,) float64, or None.
        names: of the predictions' columns, for messages.
    """

    file: str
    number: int
    first: int
    predictions: NDArray[Any]
    truth: NDArray[Any]
    slices: dict[str, tuple[NDArray[np.int64], list[str]]]
    weights: NDArray[np.float64] | None
    names: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What is read and how: files, columns, classes. Made by ``plan``; small, and can be sent to a worker."""

    paths: tuple[Path, ...]
    layout: Layout
    num_classes: int
    sizes: tuple[int, ...]
    parts: tuple[int, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(self.sizes)

    def resolved(self) -> Plan:
        """The same with absolute paths, for workers that stand in another folder."""
        return replace(self, paths=tuple(p.absolute() for p in self.paths))

    def batches(self, number: int, part: int | None = None) -> Iterator[tuple[Batch, int]]:
        """Batches of file ``number`` (of its ``part``), with the bytes read so far.

        Raises ValueError with file, row, column, value and remedy.
        """
        source = open_source(self.paths[number])
        if isinstance(source, Csv):
            source.numeric = (*self.layout.predictions, *(self.layout.truth if self.layout.votes else ()))
            source.numeric += (self.layout.weight,) if self.layout.weight else ()
        rows = max(256, BATCH_NUMBERS // self.num_classes)
        for columns, first, done in source.batches(self.layout.names, rows, part):
            yield self._batch(source.name, number, first, columns), done

    def _batch(self, file: str, number: int, first: int, columns: dict[str, Any]) -> Batch:
        layout, k = self.layout, self.num_classes
        at = check.Place(file, first)
        predictions = _matrix(at, columns, layout.predictions, k)
        if len(layout.predictions) == 1 and predictions.shape[1] == 1:
            if layout.logits:
                predictions = np.hstack([np.zeros_like(predictions), predictions])
            else:
                predictions = np.hstack([1 - predictions, predictions])
        if layout.votes:
            truth = check.votes(at, layout.truth, _matrix(at, columns, layout.truth, k))
        else:
            name = layout.truth[0]
            truth = check.labels(at, name, _values(at, name, columns[name]), k, layout.classes)
        weights = None
        if layout.weight:
            values = _values(at, layout.weight, columns[layout.weight])
            weights = check.weights(at, layout.weight, values)
        slices = {n: _codes(columns[n]) for n in layout.slices}
        return Batch(file, number, first, predictions, truth, slices, weights, layout.predictions)


def find_files(patterns: Sequence[str]) -> tuple[Path, ...]:
    """The files that names and globs stand for, each once, those of a glob in order of their names.

    Raises FileNotFoundError with near names; ValueError for a folder.
    """
    if not patterns:
        raise ValueError("name at least one file, as predictions.parquet or 'parts/*.parquet'")
    found: dict[Path, None] = {}
    for pattern in patterns:
        path = Path(pattern)
        if path.is_dir():
            inside = sorted({p.suffix for p in path.iterdir() if p.suffix.lower() in SUFFIXES})
            hint = f"'{path}/*{inside[0]}'" if inside else "it holds none that can be read"
            raise ValueError(
                f"{pattern} is a folder: name its files, as {hint}" if inside else f"{pattern} is a folder: {hint}"
            )
        if path.is_file():
            found[path] = None
            continue
        matches = [Path(p) for p in sorted(glob.glob(pattern, recursive=True)) if Path(p).is_file()]
        if not matches:
            there = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
            near = difflib.get_close_matches(path.name, [n for n in there if Path(n).suffix.lower() in SUFFIXES])
            raise FileNotFoundError(f"no file {pattern!r}" + (f"; near it: {', '.join(near)}" if near else ""))
        found |= dict.fromkeys(matches)
    return tuple(found)


def plan(patterns: Sequence[str], choice: Choice | None = None) -> Plan:
    """Find files and columns; every file's head is read, and must agree with the first, before any row is.

    Raises ValueError or FileNotFoundError, naming file, column and remedy.
    """
    choice = choice or Choice()
    paths = find_files(patterns)
    sources = [open_source(path) for path in paths]
    first = sources[0]
    layout = find_layout(first.name, first.columns, choice)
    for other in sources[1:]:
        _agree(first, other, layout)
    width = _width(first, layout)
    if width == 1 and first.columns[layout.predictions[0]].kind == "int":
        raise ValueError(
            f"{first.name}: column {layout.predictions[0]!r} holds whole numbers, one a row, not probabilities; "
            "are --probabilities and --labels swapped?"
        )
    notes: tuple[str, ...] = ()
    if layout.unused:
        notes = (f"The truth is {layout.truth[0]!r}; {layout.unused[0]!r} could be it too: --votes {layout.unused[0]}",)
    sizes, parts = tuple(s.size for s in sources), tuple(s.parts for s in sources)
    return Plan(paths, layout, 2 if width == 1 else width, sizes, parts, notes)


def _agree(first: Source, other: Source, layout: Layout) -> None:
    for name in layout.names:
        if name not in other.columns:
            near = difflib.get_close_matches(name, other.columns, n=3)
            hint = f"; nearest: {', '.join(map(repr, near))}" if near else ""
            raise ValueError(f"{other.name}: no column {name!r}, which {first.name} has{hint}; audit files of one kind")
        if name in layout.slices:
            continue
        mine, theirs = first.columns[name], other.columns[name]
        if (mine.kind == "text") != (theirs.kind == "text") or (
            None not in (mine.width, theirs.width) and mine.width != theirs.width
        ):
            raise ValueError(
                f"{other.name}: column {name!r} holds {_said(theirs)}, but in {first.name} {_said(mine)}; "
                "audit files of one kind"
            )


def _said(column: Column) -> str:
    kind = {"int": "whole numbers", "float": "numbers"}.get(column.kind, column.kind)
    return kind if column.width == 1 else f"lists of {column.width or 'some'} {kind}"


def _width(source: Source, layout: Layout) -> int:
    """Classes: columns of the predictions, or numbers in the first row's list. 1: the probability of class 1."""
    if len(layout.predictions) > 1:
        return len(layout.predictions)
    name = layout.predictions[0]
    column = source.columns[name]
    if column.kind == "text":
        raise ValueError(f"{source.name}: column {name!r} holds text, not numbers")
    if column.kind == "other":
        raise ValueError(f"{source.name}: column {name!r} holds neither numbers nor lists of them")
    if column.width is not None:
        return column.width
    for columns, _, _ in source.batches([name], 1):
        lengths = columns[name].value_lengths()
        if len(lengths) and lengths[0].is_valid:
            return int(lengths[0].as_py())
    raise ValueError(f"{source.name}: no rows, only column names")


def _values(at: check.Place, name: str, column: Any) -> NDArray[Any]:
    """One number or text a row; an empty place is an error."""
    if isinstance(column, np.ndarray):
        return column
    if column.null_count:
        row = column.is_null().to_numpy(zero_copy_only=False).argmax()
        raise at.error(int(row), name, "is empty", "fill it or drop the row")
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    return np.asarray(column.to_numpy(zero_copy_only=False))


def _matrix(at: check.Place, columns: dict[str, Any], names: tuple[str, ...], num_classes: int) -> NDArray[Any]:
    """(n, K) from one column of lists, or from a column a class."""
    if len(names) > 1:
        parts = [_values(at, n, columns[n]) for n in names]
        for name, part in zip(names, parts, strict=True):
            if part.dtype.kind not in "fiub":
                raise ValueError(f"{at.file}: column {name!r} holds text, not numbers")
        matrix = np.column_stack(parts)
    else:
        matrix = _lists(at, names[0], columns[names[0]], num_classes)
    if matrix.dtype.kind not in "fiub":
        raise ValueError(f"{at.file}: column {names[0]!r} holds text, not numbers")
    if len(names) > 1 and matrix.shape[1] != num_classes:
        raise ValueError(f"{at.file}: {len(names)} columns from {names[0]!r}, but {num_classes} classes are predicted")
    return matrix


def _lists(at: check.Place, name: str, column: Any, num_classes: int) -> NDArray[Any]:
    if isinstance(column, np.ndarray):
        if column.ndim == 2 and column.shape[1] != num_classes:
            raise ValueError(
                f"{at.file}: {name!r} has {column.shape[1]} columns, but {num_classes} classes are predicted"
            )
        return column.reshape(len(column), -1)
    if not (
        pa.types.is_fixed_size_list(column.type) or pa.types.is_list(column.type) or pa.types.is_large_list(column.type)
    ):
        return _values(at, name, column).reshape(-1, 1)
    if column.null_count:
        row = column.is_null().to_numpy(zero_copy_only=False).argmax()
        raise at.error(int(row), name, "is empty", "fill it or drop the row")
    lengths = column.value_lengths().to_numpy(zero_copy_only=False)
    if (lengths != num_classes).any():
        row = int((lengths != num_classes).argmax())
        raise at.error(row, name, f"holds {lengths[row]} numbers", f"there are {num_classes} classes: one for each")
    flat = column.flatten()
    if flat.null_count:
        row = int(flat.is_null().to_numpy(zero_copy_only=False).argmax())
        raise at.error(row // num_classes, f"{name}[{row % num_classes}]", "is empty", "fill it or drop the row")
    return np.asarray(flat.to_numpy(zero_copy_only=False)).reshape(-1, num_classes)


def _codes(column: Any) -> tuple[NDArray[np.int64], list[str]]:
    """A slice column as codes and the text of each; an empty place is a value of its own."""
    if isinstance(column, np.ndarray):
        found, codes = np.unique(column, return_inverse=True)
        return codes.astype(np.int64), [str(v) for v in found.tolist()]
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    values = [str(v) for v in column.dictionary.to_pylist()]
    codes = column.indices.fill_null(len(values)).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, [*values, "(empty)"]

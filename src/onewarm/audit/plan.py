"""Prediction files as checked batches in bounded memory: what ``onewarm audit`` reads."""

from __future__ import annotations

import difflib
import glob
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.truth_file import Beside, split_path
from onewarm.tables import convert
from onewarm.tables import row_checks as check
from onewarm.tables.columns import Choice, Column, Layout, find_layout, find_truth
from onewarm.tables.formats import SUFFIXES, Csv, Source, open_source

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
    beside: Path | None = None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(self.sizes)

    def resolved(self) -> Plan:
        """The same with absolute paths, for workers that stand in another folder."""
        beside = self.beside.absolute() if self.beside else None
        return replace(self, paths=tuple(p.absolute() for p in self.paths), beside=beside)

    def batches(self, number: int, part: int | None = None) -> Iterator[tuple[Batch, int]]:
        """Batches of file ``number`` (of its ``part``), with the bytes read so far.

        Raises ValueError with file, row, column, value and remedy.
        """
        source = open_source(self.paths[number])
        if isinstance(source, Csv):
            source.numeric = (*self.layout.predictions, *(self.layout.truth if self.layout.votes else ()))
            source.numeric += (self.layout.weight,) if self.layout.weight else ()
        rows = max(256, BATCH_NUMBERS // self.num_classes)
        beside = Beside(self.beside, self.layout, self.num_classes, rows, source.name) if self.beside else None
        for columns, first, done in source.batches(self.layout.names, rows, part):
            yield self._batch(source.name, number, first, columns, beside), done
        if beside is not None:
            beside.end()

    def _batch(self, file: str, number: int, first: int, columns: dict[str, Any], beside: Beside | None) -> Batch:
        layout, k = self.layout, self.num_classes
        at = check.Place(file, first)
        predictions = convert.matrix(at, columns, layout.predictions, k)
        if len(layout.predictions) == 1 and predictions.shape[1] == 1:
            if layout.logits:
                predictions = np.hstack([np.zeros_like(predictions), predictions])
            else:
                predictions = np.hstack([1 - predictions, predictions])
        truth = convert.truth(at, columns, layout, k) if beside is None else beside.take(len(predictions))
        weights = None
        if layout.weight:
            values = convert.values(at, layout.weight, columns[layout.weight])
            weights = check.weights(at, layout.weight, values)
        slices = {n: convert.codes(columns[n]) for n in layout.slices}
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
    choice, beside, named = split_path(choice)
    layout = find_layout(first.name, first.columns, choice, truth=beside is None)
    if beside is not None:
        if len(paths) > 1:
            raise ValueError(f"{beside.name} holds the truth of one file: audit one file of predictions at a time")
        other = open_source(beside)
        names, votes = find_truth(other.name, other.columns, named)
        layout = replace(layout, truth=names, votes=votes, apart=True)
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
    sizes, parts = tuple(s.size for s in sources), tuple(1 if beside else s.parts for s in sources)
    return Plan(paths, layout, 2 if width == 1 else width, sizes, parts, notes, beside)


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
    if column.kind == "text" and not isinstance(source, Csv):
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

"""The inputs of an audit: the files, their columns, and the rows as checked batches in bounded memory."""

from __future__ import annotations

import difflib
import glob
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from onewarm.calibration.defaults import BINS
from onewarm.errors import InputError
from onewarm.tables import convert, lm_eval, row_checks
from onewarm.tables.columns.choice import Choice, Layout
from onewarm.tables.columns.find import find_layout, find_truth
from onewarm.tables.columns.head import Head
from onewarm.tables.columns.labels import coded
from onewarm.tables.formats import SUFFIXES, open_source
from onewarm.tables.missing import is_missing, kept
from onewarm.tables.prediction_checks import told
from onewarm.tables.row_checks import Place
from onewarm.tables.slicing import Slicing, find_slicings
from onewarm.tables.source import Column, Columns, Source
from onewarm.tables.truth_file import TruthFile, read_truth, split_path

BATCH_NUMBERS = 1 << 20
"""Numbers in the predictions of a batch: its memory is a few times 8 MB, whatever the file's size."""

Progress = Callable[[str, float, float], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Batch:
    """Rows of one file as NumPy arrays. The truth and the weights are checked; predictions are when they are used.

    Attributes:
        file, number: name of the file, and its place among the files.
        first: number of the first row in its file, from 0.
        predictions: (n, K) probabilities or logits, as the layout has it; confidences (n,) in kind "confidence".
        truth: labels (n,) int64; or votes (n, K) of integers; or distributions (n, K) of floats. In kind "confidence"
            whether the answer was right, (n,): 0 and 1, or shares between them.
        slices: for each slicing, by its name, the codes (n,) of its rows and the text that each code stands for.
        weights: (n,) float64, or None.
        names: columns of the predictions, for error texts.
        groups: (n,) uint64, a hash of the value of the group column; or None.
        kept: (n,) numbers of the rows in their file, where rows were left out; else None.
        changes: how many rows were read otherwise than they are written, by what was done: {"skipped": 3}.
    """

    file: str
    number: int
    first: int
    predictions: NDArray[Any]
    truth: NDArray[Any]
    slices: dict[str, tuple[NDArray[np.int64], list[str]]]
    weights: NDArray[np.float64] | None
    names: tuple[str, ...]
    groups: NDArray[np.uint64] | None = None
    kept: NDArray[np.int64] | None = None
    changes: dict[str, int] = field(default_factory=dict)

    @property
    def at(self) -> Place:
        """Where the rows stand, for error texts."""
        return Place(self.file, self.first, self.kept)

    @property
    def places(self) -> NDArray[np.uint64]:
        """(n,): a number for each row that no other row of the plan has, whatever the batches."""
        rows = np.arange(self.first, self.first + len(self.predictions)) if self.kept is None else self.kept
        return rows.astype(np.uint64) + (np.uint64(self.number) << np.uint64(40))


@dataclass(frozen=True)
class Plan:
    """Which rows an audit reads and how; made by ``plan``. It is small and can be sent to a worker.

    Attributes:
        sources: the files of the predictions, each with its columns.
        layout: the role of each column that is read.
        num_classes: K; 1 in kind "confidence".
        truth_source: the file of the truth, where it has one of its own.
        normalize: whether rows of probabilities are divided by their sum.
        skip_missing: whether rows with a missing value are left out.
        slicings: how rows are sliced.
        unit: of the last decimal in which probabilities are written, as .01; 0 where more than six are used.
        bins: equal-width bins of an audit's questions, errors and diagrams.
    """

    sources: tuple[Source, ...]
    layout: Layout
    num_classes: int
    truth_source: Source | None = None
    normalize: bool = False
    skip_missing: bool = False
    unit: float = 0.0
    slicings: tuple[Slicing, ...] = ()
    bins: int = BINS

    @property
    def kind(self) -> Literal["binary", "multiclass", "confidence"]:
        """ "binary": two classes, predictions (n, 2) with P(y = 1) in column 1. "multiclass": several, (n, K).

        "confidence": confidences (n,), and whether the answer was right.
        """
        if self.layout.confidence:
            return "confidence"
        return "binary" if self.num_classes == 2 else "multiclass"

    def notes(self, changes: Mapping[str, int]) -> tuple[str, ...]:
        """What a reader should know of how the rows were read: the layout's notes, and what was done to how many rows.

        Args:
            changes: the sum of the ``changes`` of all batches.
        """
        return (*self.layout.notes, *(told(what, rows, self.unit) for what, rows in changes.items()))

    @property
    def roles(self) -> dict[str, Any]:
        """The columns that are read, by their role, as values for JSON."""
        layout = self.layout
        predictions = "confidence" if layout.confidence else "logits" if layout.logits else "probabilities"
        truth = "correct" if layout.confidence and layout.answer is None else "votes" if layout.votes else "labels"
        return {
            predictions: list(layout.predictions),
            truth: list(layout.truth),
            **({"answer": layout.answer} if layout.answer else {}),
            "truth_file": self.truth_source.name if self.truth_source else None,
            "slices": list(layout.slices),
            "weight": layout.weight,
            "group": layout.group,
        }

    @property
    def size(self) -> int:
        """Bytes of all files of predictions."""
        return sum(source.size for source in self.sources)

    @property
    def parts(self) -> tuple[int, ...]:
        """The number of parts in which each file is read; 1 if the truth is read in step from a file of its own."""
        return tuple(1 if self.truth_source else source.parts for source in self.sources)

    def batches(self, number: int, part: int | None = None) -> Iterator[tuple[Batch, int]]:
        """Read file ``number`` (or one part of it): batches, each with the bytes read so far.

        Raises:
            ValueError: with file, row, column, value and remedy.
        """
        source, layout = self.sources[number], self.layout
        numeric = [*layout.predictions, *(layout.truth if layout.votes else ())]
        numeric += [layout.weight] if layout.weight else []
        numeric += [name for slicing in self.slicings for name in slicing.binned]
        rows = max(256, BATCH_NUMBERS // self.num_classes)
        truth_file = None
        if self.truth_source is not None:
            truth_file = TruthFile(self.truth_source, layout, self.num_classes, rows, source.name, self.skip_missing)
        for columns, first, done in source.batches(layout.names, rows, part, numeric=numeric):
            yield self._batch(number, Place(source.name, first), columns, truth_file), done
        if truth_file is not None:
            truth_file.end()

    def _batch(self, number: int, at: Place, columns: Columns, truth_file: TruthFile | None) -> Batch:
        layout, k = self.layout, self.num_classes
        truth = truth_file.take(len(columns[layout.predictions[0]])) if truth_file else None
        changes: dict[str, int] = {}
        if self.skip_missing:
            needed = [n for n in layout.names if n not in layout.slices or n == layout.group]
            missing = np.logical_or.reduce([is_missing(columns[n]) for n in needed])
            if truth_file is not None:
                missing |= truth_file.missing
            if missing.any():
                changes["skipped"] = int(missing.sum())
                columns, truth = kept(columns, ~missing), None if truth is None else truth[~missing]
                at = Place(at.file, at.first, at.first + np.flatnonzero(~missing))
        predictions = convert.matrix(at, columns, layout.predictions, k)
        if layout.confidence:
            predictions = predictions[:, 0]
        elif len(layout.predictions) == 1 and predictions.shape[1] == 1:
            other = np.zeros_like(predictions) if layout.logits else 1 - predictions
            predictions = np.hstack([other, predictions])
        if truth is None:
            truth = read_truth(at, columns, layout, k)
        weights = groups = None
        if layout.weight:
            weights = row_checks.weights(at, layout.weight, convert.values(at, layout.weight, columns[layout.weight]))
        if layout.group:
            groups = convert.hashes(at, layout.group, columns[layout.group])
        slices = {s.name: s.codes(columns) for s in self.slicings}
        return Batch(
            at.file, number, at.first, predictions, truth, slices, weights, layout.predictions, groups, at.kept, changes
        )


def find_files(patterns: Sequence[str]) -> tuple[Path, ...]:
    """The files that names and globs match, each once; those of a glob in the order of their names.

    Raises:
        FileNotFoundError: there is no such file; similar names are given.
        ValueError: no pattern, or a folder.
    """
    if not patterns:
        raise InputError("name at least one file, as predictions.parquet or 'parts/*.parquet'")
    files: dict[Path, None] = {}  # an ordered set
    for pattern in patterns:
        path = Path(pattern)
        if path.is_dir():
            inside = sorted({p.suffix for p in path.iterdir() if p.suffix.lower() in SUFFIXES})
            hint = f"'{path}/*{inside[0]}'" if inside else "it holds none that can be read"
            raise InputError(
                f"{pattern} is a folder: name its files, as {hint}" if inside else f"{pattern} is a folder: {hint}"
            )
        if path.is_file():
            files[path] = None
            continue
        matches = [Path(p) for p in sorted(glob.glob(pattern, recursive=True)) if Path(p).is_file()]
        if not matches:
            names = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
            near = difflib.get_close_matches(path.name, [n for n in names if Path(n).suffix.lower() in SUFFIXES])
            raise FileNotFoundError(f"no file {pattern!r}" + (f"; near it: {', '.join(near)}" if near else ""))
        files |= dict.fromkeys(matches)
    return tuple(files)


def plan(
    files: Sequence[str] | Source,
    choice: Choice | None = None,
    *,
    normalize: bool = False,
    outputs: Sequence[str | Path] = (),
) -> Plan:
    """Find the files and their columns. Reads names and types of columns, which must agree with the first file's.

    Args:
        files: names of files, or globs; or a source that is open already, as one in memory.
        choice: the columns that the user names.
        normalize: whether rows of probabilities are to be divided by their sum.
        outputs: files that will be written afterwards.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a file or a column does not fit, or an output is a folder or one of the files to read; with file,
            column and remedy.
    """
    paths = () if isinstance(files, Source) else find_files(files)
    choice, truth_path, truth_choice = split_path(choice or Choice())
    _check_outputs([*paths, *([truth_path] if truth_path else [])], outputs)
    sources = (files,) if isinstance(files, Source) else lm_eval.unpacked([open_source(path) for path in paths])
    first = sources[0]
    choice = lm_eval.chosen(first, choice)
    head = Head.of(first)
    layout = find_layout(head, choice, separate_truth=truth_path is not None)
    truth_source = None
    if truth_path is not None:
        if len(paths) > 1:
            raise InputError(f"{truth_path.name} holds the truth of one file: audit one file of predictions at a time")
        truth_source = open_source(truth_path)
        names, votes = find_truth(Head.of(truth_source), truth_choice)
        confidence = layout.confidence or truth_choice.correct is not None
        layout = replace(layout, truth=names, votes=votes, confidence=confidence)
    for other in sources[1:]:
        _check_agreement(first, other, layout)
    width = _width(first, layout)
    _check_one_number(first, head, layout, width)
    num_classes = 1 if layout.confidence else max(2, width)
    layout = coded(truth_source or first, layout, num_classes, choice.positive, one=width == 1)
    unit = 0.0 if layout.logits else head.unit(layout.predictions)
    slicings = find_slicings(first, layout.sliced)
    return Plan(sources, layout, num_classes, truth_source, normalize, choice.skip_missing, unit, slicings)


def _check_one_number(source: Source, head: Head, layout: Layout, width: int) -> None:
    name = layout.predictions[0]
    if layout.confidence and width != 1:
        raise InputError(f"{source.name}: column {name!r} holds lists: --confidence takes one number a row")
    if width == 1 and source.columns[name].kind == "int":
        values = head.numbers(name)
        if values is not None and 20 < np.nanmax(values) <= 100 and len(np.unique(values)) > 2:
            raise InputError(
                f"{source.name}: column {name!r} holds whole numbers up to {np.nanmax(values):g}: these are "
                "percentages; divide by 100"
            )
        raise InputError(
            f"{source.name}: column {name!r} holds whole numbers, one a row, not probabilities; "
            "are --probabilities and --labels swapped?"
        )


def _check_outputs(inputs: Sequence[Path], outputs: Sequence[str | Path]) -> None:
    """Raise ValueError where an output is a folder, something else than a file, or one of the inputs."""
    for output in outputs:
        path = Path(output)
        if path.is_dir():
            raise InputError(f"{path} is a folder: name a file in it, as {path / 'audit.html'}")
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is not a regular file: name a file to write")
        if any(path.resolve() == read.resolve() or (path.exists() and path.samefile(read)) for read in inputs):
            raise InputError(f"{path} is an input of the audit: write to another file")


def _check_agreement(first: Source, other: Source, layout: Layout) -> None:
    for name in layout.names:
        if name not in other.columns:
            near = difflib.get_close_matches(name, other.columns, n=3)
            hint = f"; nearest: {', '.join(map(repr, near))}" if near else ""
            raise InputError(f"{other.name}: no column {name!r}, which {first.name} has{hint}; audit files of one kind")
        if name in layout.slices:
            continue
        mine, theirs = first.columns[name], other.columns[name]
        if (mine.kind == "text") != (theirs.kind == "text") or (
            None not in (mine.width, theirs.width) and mine.width != theirs.width
        ):
            raise InputError(
                f"{other.name}: column {name!r} holds {_described(theirs)}, but in {first.name} {_described(mine)}; "
                "audit files of one kind"
            )


def _described(column: Column) -> str:
    kind = {"int": "whole numbers", "float": "numbers"}.get(column.kind, column.kind)
    return kind if column.width == 1 else f"lists of {column.width or 'some'} {kind}"


def _width(source: Source, layout: Layout) -> int:
    """How many columns of predictions there are, or numbers in each list. 1: a probability (or logit) of class 1."""
    if len(layout.predictions) > 1:
        return len(layout.predictions)
    name = layout.predictions[0]
    column = source.columns[name]
    if column.kind == "text" and source.typed:
        raise InputError(f"{source.name}: column {name!r} holds text, not numbers")
    if column.kind == "other":
        raise InputError(f"{source.name}: column {name!r} holds neither numbers nor lists of them")
    if column.width is not None:
        return column.width
    length = source.list_length(name)
    if length is None:
        raise InputError(f"{source.name}: no rows, only column names")
    return length

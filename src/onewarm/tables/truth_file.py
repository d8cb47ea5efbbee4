"""The truth of each row: from the file of the predictions, or row for row from a separate file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError
from onewarm.tables import convert, row_checks
from onewarm.tables.columns.choice import Choice, Layout
from onewarm.tables.columns.coding import Coding, correctness
from onewarm.tables.columns.names import folded
from onewarm.tables.formats import SUFFIXES
from onewarm.tables.missing import is_missing, kept
from onewarm.tables.row_checks import Place
from onewarm.tables.source import Columns, Source


def split_path(choice: Choice) -> tuple[Choice, Path | None, Choice]:
    """Take the file out of a choice whose --labels, --votes or --correct is FILE or FILE:COLUMN.

    Returns:
        The choice for the file of the predictions, the truth's file or None, and the choice for that file, in which
        ``""`` means the usual names.

    >>> split_path(Choice(labels="label"))[1] is None
    True
    """
    for option in ("labels", "votes", "correct"):
        value: str | None = getattr(choice, option)
        if value is None:
            continue
        path, _, column = value.rpartition(":")
        if Path(value).is_file():
            path, column = value, ""
        if Path(path).suffix.lower() in SUFFIXES and Path(path).is_file():
            given = {option: column}
            named = Choice(given.get("labels"), votes=given.get("votes"), correct=given.get("correct"))
            return replace(choice, labels=None, votes=None, correct=None), Path(path), named
    return choice, None, Choice()


def read_truth(at: Place, columns: Columns, layout: Layout, num_classes: int) -> NDArray[Any]:
    """The truth of a batch, checked: labels (n,) int64, votes (n, K) int64, or distributions (n, K) of floats.

    In an audit of confidences: whether each answer was right, (n,) float64.

    Raises:
        ValueError: with file, row, column, value and remedy.
    """
    name = layout.truth[0]
    if layout.answer:
        return equal(at, columns, layout.answer, name)
    if layout.confidence:
        return row_checks.correct(at, name, convert.values(at, name, columns[name]), correctness)
    if layout.votes:
        return row_checks.votes(at, layout.truth, convert.matrix(at, columns, layout.truth, num_classes))
    return (layout.coding or Coding(num_classes)).read(at, name, columns[name])


def equal(at: Place, columns: Columns, answer: str, label: str) -> NDArray[np.float64]:
    """Whether answers equal the labels, (n,): 1.0 or 0.0. Case, punctuation and a decimal point make no difference.

    Raises:
        ValueError: with the first row without an answer or label.
    """
    read = []
    for name in (answer, label):
        empty = is_missing(columns[name])
        if empty.any():
            raise at.error(int(empty.argmax()), name, "is empty", convert.EMPTY)
        codes, texts = convert.codes(columns[name])
        read.append((codes, [folded(convert.plain(text)) for text in texts]))
    known = {text: k for k, text in enumerate(dict.fromkeys(read[0][1] + read[1][1]))}
    mine, theirs = (np.asarray([known[t] for t in texts], np.int64)[codes] for codes, texts in read)
    return np.asarray(mine == theirs, np.float64)


class TruthFile:
    """Reads the truth from its own file in step with the predictions, whose batches may be of other lengths."""

    def __init__(
        self, source: Source, layout: Layout, num_classes: int, rows: int, predictions: str, skip: bool = False
    ) -> None:
        """Start at the first row.

        Args:
            source: the file of the truth.
            layout: its ``truth`` columns are read.
            num_classes: K.
            rows: most rows to read at a time.
            predictions: name of the file of the predictions, for errors.
            skip: whether rows without a truth may be there; after ``take`` they are marked in ``missing``.
        """
        self.name, self.predictions, self.skip = source.name, predictions, skip
        self._batches = self._read(source, layout, num_classes, rows)
        self._buffer: list[NDArray[Any]] = []
        self._marks: list[NDArray[np.bool_]] = []
        self._taken = 0
        self.missing = np.zeros(0, bool)

    def _read(self, source: Source, layout: Layout, num_classes: int, rows: int) -> Iterator[NDArray[Any]]:
        for columns, first, _ in source.batches(layout.truth, rows):
            at = Place(source.name, first)
            marks = np.zeros(len(columns[layout.truth[0]]), bool)
            if self.skip:
                marks = np.logical_or.reduce([is_missing(columns[n]) for n in layout.truth])
                at = replace(at, kept=first + np.flatnonzero(~marks))
            truth = read_truth(at, kept(columns, ~marks) if marks.any() else columns, layout, num_classes)
            complete = np.zeros((len(marks), *truth.shape[1:]), truth.dtype)
            complete[~marks] = truth
            self._marks.append(marks)
            yield complete

    def take(self, rows: int) -> NDArray[Any]:
        """The truth of the next ``rows`` rows. Raises ValueError where there are fewer."""
        while sum(len(batch) for batch in self._buffer) < rows:
            batch = next(self._batches, None)
            if batch is None:
                count = self._taken + sum(len(b) for b in self._buffer)
                raise self._mismatch(f"has {count} rows, and {self.predictions} more")
            self._buffer.append(batch)
        buffered, marks = np.concatenate(self._buffer), np.concatenate(self._marks)
        self._buffer, self._marks = [buffered[rows:]], [marks[rows:]]
        self.missing = marks[:rows]
        self._taken += rows
        return buffered[:rows]

    def end(self) -> None:
        """Raise ValueError unless every row was taken."""
        if any(len(batch) for batch in (*self._buffer, *self._batches)):
            raise self._mismatch(f"has more rows than the {self._taken} of {self.predictions}")

    def _mismatch(self, how: str) -> InputError:
        return InputError(f"{self.name}: {how}: give one row for each prediction, in the same order")

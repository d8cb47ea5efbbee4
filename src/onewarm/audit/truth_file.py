"""The truth in a file of its own, beside the predictions: row for row, in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.tables import convert
from onewarm.tables import row_checks as check
from onewarm.tables.columns import Choice, Layout
from onewarm.tables.formats import SUFFIXES, open_source


def split_path(choice: Choice) -> tuple[Choice, Path | None, Choice]:
    """A choice whose --labels or --votes is FILE or FILE:COLUMN: the rest of it, the file, and the column there."""
    for option in ("labels", "votes"):
        said: str | None = getattr(choice, option)
        if said is None:
            continue
        path, _, column = said.rpartition(":")
        if Path(said).is_file():
            path, column = said, ""
        if Path(path).suffix.lower() in SUFFIXES and Path(path).is_file():
            named = Choice(labels=column) if option == "labels" else Choice(votes=column)
            return replace(choice, labels=None, votes=None), Path(path), named
    return choice, None, Choice()


def truth_files(labels: str | None, votes: str | None) -> list[str]:
    """The file that --labels or --votes names, if it does."""
    path = split_path(Choice(labels=labels, votes=votes))[1]
    return [str(path)] if path else []


class Beside:
    """Reads the truth as the predictions ask for it."""

    def __init__(self, path: Path, layout: Layout, num_classes: int, rows: int, of: str) -> None:
        self.name, self.of = path.name, of
        self._parts = self._read(path, layout, num_classes, rows)
        self._left: list[NDArray[Any]] = []
        self._seen = 0

    @staticmethod
    def _read(path: Path, layout: Layout, num_classes: int, rows: int) -> Iterator[NDArray[Any]]:
        for columns, first, _ in open_source(path).batches(layout.truth, rows):
            yield convert.truth(check.Place(path.name, first), columns, layout, num_classes)

    def take(self, rows: int) -> NDArray[Any]:
        """The truth of the next rows. Raises ValueError where there are fewer."""
        while sum(len(part) for part in self._left) < rows:
            part = next(self._parts, None)
            if part is None:
                have = self._seen + sum(len(p) for p in self._left)
                raise self._differ(f"has {have} rows, and {self.of} more")
            self._left.append(part)
        whole = np.concatenate(self._left)
        self._left = [whole[rows:]]
        self._seen += rows
        return whole[:rows]

    def end(self) -> None:
        """Raise ValueError unless every row was taken."""
        if any(len(part) for part in (*self._left, *self._parts)):
            raise self._differ(f"has more rows than the {self._seen} of {self.of}")

    def _differ(self, how: str) -> ValueError:
        return ValueError(f"{self.name}: {how}: give one row for each prediction, in the same order")

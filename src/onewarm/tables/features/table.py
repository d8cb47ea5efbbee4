"""A file or DataFrame as features and classes for a study. Errors name the row, the column and the value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError
from onewarm.tables.features.columns import Column, category, typed
from onewarm.tables.features.encode import Encoder
from onewarm.tables.features.labels import Rare, classes, find_label
from onewarm.tables.features.leaks import determining
from onewarm.tables.features.notes import sentences
from onewarm.tables.features.raw import Raw, column_of, of_file
from onewarm.tables.source import Tell, untold


@dataclass(frozen=True)
class Table:
    """Examples of a file or DataFrame.

    Attributes:
        name: of the file.
        encoder: makes the features of rows, with the statistics of the training rows.
        rows: the rows that are used (N,), as places in the file.
        y: their classes (N,) in 0..K-1, and the classes' names.
        label: the label column.
        notes: what was done, in sentences.
        sha256: of the file's bytes.
        aside: columns that are no features: of splits, groups, times; whole.
    """

    name: str
    encoder: Encoder
    rows: NDArray[np.int64]
    y: NDArray[np.int64]
    class_names: tuple[str, ...]
    label: str | None
    notes: tuple[str, ...]
    sha256: str
    columns: int
    aside: dict[str, Any] = field(default_factory=dict)


def read(path: Path, label: str | None = None, **options: Any) -> Table:
    """Read a file of any format in ``formats`` with one label column; what the other columns hold is found out.

    Args:
        path: the file.
        label: the label column; without it, the only one with a usual name.
        options: as of ``table``.

    Raises InputError naming the row, column and value at fault (rows are counted from 1, without a CSV's header),
    FileNotFoundError for a missing file, IsADirectoryError for a folder.
    """
    return table(of_file(path), label, **options)


def table(
    raw: Raw,
    label: str | None = None,
    *,
    y: Any = None,
    aside: Sequence[str] = (),
    categories: Sequence[str] = (),
    rare: Rare = "error",
    units: NDArray[np.int64] | None = None,
    tell: Tell = untold,
) -> Table:
    """Decide what each column is, and how it becomes features.

    Args:
        raw: the columns.
        label: the label column; without it, the only one with a usual name.
        y: the labels (N,), where they are no column of the table.
        aside: columns that are no features.
        categories: columns whose values are levels, whatever they look like.
        rare: what to do with classes of fewer than 3 rows: "error", "merge", "drop".
        units: codes (N,) of groups that stay together: each class needs rows in 3 of them.
        tell: hears at how many columns it has looked.

    Raises InputError, the faults of all columns at once.
    """
    columns = dict(raw.columns)
    chosen: str | None = None
    labels, source = None if y is None else column_of(y, "y"), "" if label else ", found by its name"
    if y is None:
        chosen = find_label(raw.name, list(columns), label)
        labels = _of_one_hot(raw.name, chosen, columns.pop(chosen))
    elif len(y) != raw.rows:
        raise InputError(f"y has {len(y)} rows, and {raw.name} {raw.rows}: one label for each row")
    kept_aside = {name: columns.pop(name) for name in aside if name in columns}
    if not columns:
        raise InputError(f"{raw.name}: no feature columns besides the label column {chosen!r}")
    faults: list[str] = []
    found: list[Column] = []
    try:
        truth = classes(raw.name, chosen or "y", labels, rare, units)
    except InputError as error:
        faults.append(str(error).removeprefix(f"{raw.name}: "))
    for i, (name, values) in enumerate(columns.items()):
        tell(f"Looking at the columns of {raw.name}", i, len(columns))
        try:
            as_asked = name in categories
            found.append(category(name, values, raw.name) if as_asked else typed(name, values, raw.name, raw.decimal))
        except InputError as error:
            faults.append(str(error).removeprefix(f"{raw.name}: "))
    if faults:
        more = f"; and {len(faults) - 8} faults more" if len(faults) > 8 else ""
        raise InputError(f"{raw.name}: {'; '.join(faults[:8])}{more}")
    tell(f"Looking at the columns of {raw.name}", len(columns), len(columns))
    encoder = Encoder(found)
    notes = sentences(found, determining(found, truth.y, truth.kept))
    if not encoder.width:
        raise InputError(f"{raw.name}: nothing to learn from besides the label: {' '.join(notes)}")
    named = () if chosen is None else (f"Label: column {chosen!r} ({len(truth.names)} classes){source}.",)
    return Table(
        raw.name, encoder, truth.kept, truth.y, truth.names, chosen, (*named, *truth.notes, *notes), raw.sha256,
        len(columns), kept_aside,
    )  # fmt: skip


def _of_one_hot(file: str, name: str, labels: Any) -> Any:
    """Labels (N,), also where a file holds them one-hot, (N, K)."""
    if not isinstance(labels, np.ndarray) or labels.ndim < 2:
        return labels
    if labels.ndim == 2 and labels.shape[1] == 1:
        return labels[:, 0]
    if labels.ndim == 2 and np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all():
        return labels.argmax(axis=1)
    raise InputError(f"{file}: label column {name!r} has shape {labels.shape}: give one class a row, (N,), or one-hot")

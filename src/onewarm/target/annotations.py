"""Targets from tables of annotations: one label an annotator and item, long or wide."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from onewarm import checks
from onewarm.errors import InputError
from onewarm.soft_target import SoftTarget


class Annotations(NamedTuple):
    """What :func:`votes_from` returns."""

    target: SoftTarget  # a row for each item
    items: list[Any]  # in the order of the table
    classes: list[Any]  # the label of each class


def votes_from(
    table: Any,
    *,
    item: str | None = None,
    annotator: str | None = None,
    label: str | None = None,
    classes: Sequence[Any] | int | None = None,
    weights: Any = None,
) -> Annotations:
    """Votes from annotations: mass by the share of annotators, or of their weights, that chose each class.

    A *long* table has a row for each annotation, with columns for the item and the label. A *wide* one has a row for
    each item and a column for each annotator; leave ``item`` and ``label`` out for it. An empty cell (NaN or None) is
    no vote. Items come in the order in which the table names them first, so that row i of the target is ``items[i]``:
    a cross table would sort them, and features would no longer match.

    Args:
        table: of pandas, polars or PyArrow, a dict of columns, or a list of records; a wide one may be an array.
        item: the column of a long table that names the item.
        annotator: the column that names the annotator; each may then label an item once. Needed for weights by name.
        label: the column that holds the label: a number, a name, anything that hashes.
        classes: the labels in the order of the classes, or K for the labels 0 to K - 1; by default all labels that
            occur, sorted.
        weights: finite and not negative: a column of a long table, one number for each of its rows, or a dict by
            annotator, whose columns are the annotators of a wide one.

    Returns:
        ``(target, items, classes)``, the target in NumPy arrays.

    Raises:
        TypeError: only one of ``item`` and ``label``.
        ValueError: a column that is not there, an item without a name, a label that is none of ``classes``, one
            annotator with two labels for an item, a weight that is negative or missing.

    Example:
        >>> rows = {"photo": ["b", "a", "b", "b"], "said": ["cat", "dog", "cat", "dog"]}
        >>> target, items, classes = votes_from(rows, item="photo", label="said")
        >>> items, classes, target.dense().round(2).tolist()
        (['b', 'a'], ['cat', 'dog'], [[0.67, 0.33], [0.0, 1.0]])
        >>> votes_from([[0, 1, 1], [2, 2, None]], classes=3).target.dense().round(2).tolist()
        [[0.33, 0.67, 0.0], [0.0, 0.0, 1.0]]

    Source: Peterson et al., "Human uncertainty makes classification more robust", ICCV 2019.
    """
    if (item is None) != (label is None):
        raise TypeError("a long table needs both item= and label=; leave both out for a wide one")
    if item is not None and label is not None:
        table = _columns(table)
        items, labels = _column(table, item, "item"), _column(table, label, "label")
        names = None if annotator is None else _column(table, annotator, "annotator")
        by_row = _column(table, weights, "weights") if isinstance(weights, str) else weights
        rows = list(range(len(items)))
    else:
        items, names, labels, rows = _wide(table)
        by_row = weights
    number = _weights(by_row, names, len(labels))
    position: dict[Any, int] = {}
    for row, name in zip(rows, items, strict=True):
        if _missing(name):
            raise InputError(f"item of row {row} is {name!r}: name it, or leave the row out")
        position.setdefault(name, len(position))
    voted = [i for i, value in enumerate(labels) if not _missing(value)]
    known = _classes(classes, [labels[i] for i in voted])
    code = {value: k for k, value in enumerate(known)}
    seen: dict[tuple[Any, Any], int] = {}
    for i in voted:
        if labels[i] not in code:
            raise InputError(
                f"label of row {rows[i]} is {labels[i]!r}, none of the {len(known)} classes: correct it, add it to "
                "classes, or leave the cell empty (None) where it means no vote"
            )
        if names is not None and seen.setdefault((items[i], names[i]), i) != i:
            raise InputError(
                f"annotator {names[i]!r} labels item {items[i]!r} in rows {rows[seen[items[i], names[i]]]} and "
                f"{rows[i]}: drop one, or leave annotator out to count both"
            )
    who = np.array([position[items[i]] for i in voted], np.int64)
    what = np.array([code[labels[i]] for i in voted], np.int64)
    return Annotations(_target(who, what, number[voted], len(position), len(known)), list(position), known)


def _target(item: Any, label: Any, weight: Any, items: int, classes: int) -> SoftTarget:
    """The shares of the classes of each item, the largest first."""
    pairs, place = np.unique(item * classes + label, return_inverse=True)
    mass = np.bincount(place, weight, len(pairs))
    pairs, mass = pairs[mass > 0], mass[mass > 0]
    row, k = pairs // classes, pairs % classes
    share = mass / np.bincount(row, mass, items)[row] if len(row) else mass
    order = np.lexsort((k, -share, row))
    row, k, share = row[order], k[order], share[order]
    counts = np.bincount(row, minlength=items)
    column = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    widest = int(counts.max(initial=0))
    index, weights = np.zeros((items, widest), np.int64), np.zeros((items, widest))
    index[row, column], weights[row, column] = k, share
    return SoftTarget(index=index, weight=weights, num_classes=classes)


def _columns(table: Any) -> Any:
    """The table by column; records become one."""
    if isinstance(table, (list, tuple)):
        if not table or not all(isinstance(record, Mapping) for record in table):
            raise InputError("table is a list, but not of records: pass a frame, a dict of columns, or a list of dicts")
        return {name: [record.get(name) for record in table] for name in table[0]}
    return table


def _names(table: Any) -> list[Any]:
    if hasattr(table, "column_names"):  # PyArrow, datasets
        return list(table.column_names)
    return list(table.columns if hasattr(table, "columns") else table.keys())


def _column(table: Any, name: str, argument: str) -> list[Any]:
    names = _names(table)
    if name not in names:
        close = difflib.get_close_matches(str(name), [str(n) for n in names], 3) or [str(n) for n in names[:10]]
        raise InputError(f"{argument} is {name!r}, but the table has no such column: it has {', '.join(close)}")
    return _list(table[name])


def _list(values: Any) -> list[Any]:
    for method in ("to_pylist", "tolist", "to_list"):
        if hasattr(values, method):
            return list(getattr(values, method)())
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def _wide(table: Any) -> tuple[list[Any], list[Any], list[Any], list[int]]:
    """Item, annotator, label and row of each cell of a wide table."""
    items: Sequence[Any]
    if hasattr(table, "columns") or hasattr(table, "column_names") or isinstance(table, Mapping):
        names = _names(table)
        columns = [_list(table[name]) for name in names]
        cells = [list(row) for row in zip(*columns, strict=True)]
        index = getattr(table, "index", None)
        items = _list(index) if index is not None and not callable(index) else range(len(cells))
    else:
        cells = _list(table)
        if not cells or len({len(row) if isinstance(row, (list, tuple)) else -1 for row in cells}) != 1:
            raise InputError("table is no table: expected a row for each item, a column for each annotator")
        cells = [_list(row) for row in cells]
        names, items = list(range(len(cells[0]))), range(len(cells))
    places = [(i, j) for i in range(len(cells)) for j in range(len(names))]
    return (
        [items[i] for i, _ in places],
        [names[j] for _, j in places],
        [cells[i][j] for i, j in places],
        [i for i, _ in places],
    )


def _classes(classes: Any, labels: list[Any]) -> list[Any]:
    if classes is not None:
        known = list(range(classes)) if isinstance(classes, int) else _list(classes)
        if len(set(known)) != len(known) or not known:
            raise InputError("classes is empty or names one twice: name each class once")
        return known
    found = set(labels)
    if any(isinstance(value, (int, float)) and value < 0 for value in found):
        raise InputError("a label is negative: leave cells without a vote empty (None), or name all classes=")
    if not found:
        raise InputError("no label at all: name the classes= to get rows without mass")
    try:
        return sorted(found)
    except TypeError:
        return sorted(found, key=lambda value: (type(value).__name__, str(value)))


def _weights(weights: Any, names: list[Any] | None, count: int) -> Any:
    """One weight an annotation."""
    if weights is None:
        return np.ones(count)
    if isinstance(weights, Mapping):
        if names is None:
            raise InputError("weights by annotator need annotator=, the column that names them")
        if (unknown := next((name for name in names if name not in weights), None)) is not None:
            raise InputError(f"weights has none for annotator {unknown!r}: add it")
        weights = [weights[name] for name in names]
    array = np.asarray(weights, dtype=np.float64)
    if array.shape != (count,):
        raise InputError(f"weights has shape {array.shape}: expected ({count},), one an annotation, or a dict")
    if (bad := checks.first_true(~np.isfinite(array) | (array < 0))) is not None:
        raise InputError(f"weights[{bad[0]}] is {array[bad]:g}: expected a finite number, not negative")
    return array


def _missing(value: Any) -> bool:
    """Whether this is None, NaN, or a missing value of pandas."""
    try:
        return value is None or bool(value != value)
    except (TypeError, ValueError):  # pandas.NA answers neither yes nor no
        return True

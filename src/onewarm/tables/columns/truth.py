"""Finds the columns of the truth: labels, votes or distributions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from onewarm.errors import InputError
from onewarm.tables.columns import names as usual
from onewarm.tables.columns.coding import is_number
from onewarm.tables.columns.head import Head
from onewarm.tables.columns.names import clean, folded, is_label
from onewarm.tables.columns.predictions import families
from onewarm.tables.source import Column


def votes_columns(head: Head, free: Sequence[str]) -> tuple[str, ...]:
    """Columns of votes, by their usual names: a family, or one of lists."""
    found = families(head, free, "votes")
    if found:
        return found[0].columns
    columns = usual.usual({n: head.columns[n] for n in free}, usual.VOTE_NAMES)
    return tuple(n for n in columns if head.columns[n].width != 1)


def label_columns(head: Head, free: Sequence[str]) -> list[str]:
    """Columns that may hold labels by their usual names; the rare names count where there is no other."""
    labels = [n for n in free if is_label(n)]
    return labels or usual.usual({n: head.columns[n] for n in free}, usual.RARE_LABEL_NAMES)


def label_column(
    head: Head, free: Sequence[str], num_classes: int | None, classes: tuple[str, ...] | None
) -> tuple[str | None, str]:
    """The column of labels, and a note where it was not the only candidate.

    Args:
        head: the file's first rows.
        free: the columns that have no other role.
        num_classes: K; None where it is not known.
        classes: what the columns of predictions are named for.

    Raises:
        ValueError: several columns could be the labels.
    """
    found = label_columns(head, free)
    if not found and classes is not None:
        found = [n for n in free if clean(n) not in usual.ANSWER_NAMES and _holds_names(head, n, classes)]
        if len(found) == 1:
            return found[0], f"The truth is {found[0]!r}, which holds the classes of the columns; others: --labels."
    if len(found) > 1:
        fitting = [n for n in found if fits(head, n, num_classes, classes)]
        if len(fitting) > 1 and all(_same(head, fitting[0], n) for n in fitting[1:]):
            fitting = [next((n for n in fitting if classes and _holds_names(head, n, classes)), fitting[0])]
        if len(fitting) != 1:
            named = ", ".join(map(repr, fitting or found))
            raise InputError(f"{head.file}: {named} could each be used; choose one with --labels")
        others = ", ".join(repr(n) for n in found if n != fitting[0])
        return fitting[0], f"The truth is {fitting[0]!r}; {others} could be it too: --labels."
    return (found[0] if found else None), ""


def fits(head: Head, name: str, num_classes: int | None, classes: tuple[str, ...] | None) -> bool:
    """Whether the first rows of a column can be labels of these classes; False where nothing is known."""
    if head.columns[name].width != 1:
        return False
    values = head.distinct(name)
    if not values:
        return False
    if classes is not None and _holds_names(head, name, classes):
        return True
    if all(is_number(v) for v in values):
        numbers = {float(v) for v in values}
        if num_classes == 2 and len(numbers) <= 2 and not any(v % 1 for v in numbers):
            return True
        return all(v % 1 == 0 and 0 <= v <= (num_classes or np.inf) for v in numbers)
    return len(values) <= (num_classes or len(values)) and classes is None


def _holds_names(head: Head, name: str, classes: tuple[str, ...]) -> bool:
    values = {folded(v) for v in head.distinct(name)}
    return len(values) > 1 and values <= {folded(c) for c in classes} and not any(is_number(v) for v in values)


def _same(head: Head, one: str, other: str) -> bool:
    """Whether two columns say the same: each value of one stands beside one value of the other."""
    pairs = set(zip(head.texts(one), head.texts(other), strict=False))
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def no_truth(head: Head, columns: Mapping[str, Column] | Sequence[str], *, one: bool = False) -> InputError:
    """The error of a file without a truth."""
    families = [n for n in columns if re.fullmatch(r"(?:label|target|y|class)_(?:\d+|\w+)", clean(n))]
    one_hot = f" (--votes {clean(families[0]).partition('_')[0]}_ for one column a class)" if len(families) > 1 else ""
    which = "--labels, or with --correct whether an answer was right" if one else f"--labels or --votes{one_hot}"
    return InputError(
        f"{head.file}: no truth found (looked for {', '.join(usual.LABEL_NAMES[:6])}, "
        f"{'correct' if one else 'votes'}); say which with {which}; there are {listed(columns)}"
    )


def listed(columns: Mapping[str, Column] | Sequence[str]) -> str:
    """The first names of columns, for an error."""
    names = [repr(n) for n in columns]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") if names else "no columns"

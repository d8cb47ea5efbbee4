"""Decides the coding of a file's labels, from the columns' names and from the labels that occur."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from onewarm.errors import InputError
from onewarm.tables import convert
from onewarm.tables.columns.choice import Layout
from onewarm.tables.columns.coding import POSITIVE, Coding, is_number, number, of_names, positive_of, two
from onewarm.tables.columns.names import folded, quoted
from onewarm.tables.missing import is_missing
from onewarm.tables.source import Source

_ROWS = 1 << 16


def coded(source: Source, layout: Layout, num_classes: int, positive: str | None, *, one: bool) -> Layout:
    """The layout with the coding of its labels, the names of its classes, and notes on both.

    Args:
        source: the file of the labels.
        layout: its ``truth`` is the column of labels.
        num_classes: K.
        positive: the label that class 1 of two is, where the user names it.
        one: whether the prediction is one number a row.

    Raises:
        ValueError: ``positive`` is no class.
    """
    if layout.votes or layout.confidence:
        return layout
    (name,) = layout.truth
    if one:
        coding, classes, notes = binary(source, name, positive=positive, named=layout.positive)
        return replace(layout, coding=coding, classes=classes, notes=(*layout.notes, *notes))
    layout = _turned(layout, positive)
    labels = next(growing(source, name), set())
    if all(is_number(v) for v in labels) and not (layout.classes and all(is_number(c) for c in layout.classes)):
        coding, notes = numbered(source, name, num_classes, from_one=layout.from_one)
        if layout.classes is not None and num_classes > 2:
            shown = ", ".join(layout.classes[:4]) + (", ..." if num_classes > 4 else "")
            notes += (f"The numbers in {name!r} are read as those of the columns in their order: {shown}.",)
    elif layout.classes is not None:
        coding, notes = of_names(layout.classes), ()
    else:
        coding, classes, notes = _of_two(source, name, num_classes)
        layout = replace(layout, classes=classes)
    return replace(layout, coding=coding, notes=(*layout.notes, *notes))


def _turned(layout: Layout, positive: str | None) -> Layout:
    """Two columns with the positive class last: the one that the user names, or that words name, as yes beside no."""
    classes = layout.classes
    if positive is not None:
        match = [k for k, name in enumerate(classes or ()) if folded(name) == folded(positive)]
        if len(classes or ()) != 2 or not match:
            raise InputError(
                f"--positive {positive!r} names one of two classes: of a single column of probabilities, or of two "
                "columns named for them"
            )
        turn = match[0] == 0
    else:
        turn = classes is not None and len(classes) == 2 and positive_of(set(classes)) == classes[0]
    if not turn or classes is None:
        return layout
    note = f"Class 1 is {classes[0]!r}, and class 0 {classes[1]!r}."
    turned = replace(layout, classes=classes[::-1], predictions=layout.predictions[::-1])
    return turned if positive is not None else replace(turned, notes=(*turned.notes, note))


def _of_two(source: Source, name: str, num_classes: int) -> tuple[Coding, tuple[str, str] | None, tuple[str, ...]]:
    """Two words beside two numbered columns, of which one is known as the positive one; else labels must be numbers."""
    seen: set[str] = set()
    for seen in growing(source, name):
        if len(seen) > 1:
            break
    positive = positive_of(seen) if num_classes == 2 else None
    if positive is None:
        return Coding(num_classes), None, ()
    (negative,) = seen - {positive}
    note = f"Label {positive!r} is read as class 1, {negative!r} as class 0."
    return two(negative, positive), (negative, positive), (note,)


def numbered(source: Source, name: str, num_classes: int, *, from_one: bool) -> tuple[Coding, tuple[str, ...]]:
    """The coding of labels that are whole numbers, one for each of the columns; and notes.

    They count from 1 where K occurs and 0 does not, or where the columns count from 1 and 0 does not occur. The rows
    are read until a 0 or a K is found.
    """
    seen: set[str] = set()
    for seen in growing(source, name):
        if {"0", str(num_classes), "-1"} & seen or any(number(text) not in range(num_classes + 1) for text in seen):
            break
    values = {number(text) for text in seen}
    if num_classes == 2 and values <= {-1, 1} and -1 in values:
        return two("-1", "1"), (f"Labels -1 and 1 in {name!r} are read as classes 0 and 1.",)
    if values and values <= set(range(1, num_classes + 1)) and (num_classes in values or from_one):
        why = f"Labels in {name!r} are read as 1 to {num_classes}: "
        why += f"{num_classes} occurs, and 0 does not." if num_classes in values else "so the columns are numbered."
        return Coding(num_classes, 1), (why,)
    return Coding(num_classes), ()


def binary(
    source: Source, name: str, *, positive: str | None, named: str | None
) -> tuple[Coding, tuple[str, str] | None, tuple[str, ...]]:
    """The coding of labels beside one column of probabilities, which is of class 1 of two.

    Args:
        source, name: the file and column of the labels.
        positive: the label that is class 1, where the user names it.
        named: what the column of probabilities is named for, as "Yes" for ``.pred_Yes``.

    Returns:
        The coding, the names of both classes where they are more than 0 and 1, and notes.
    """
    seen: set[str] = set()
    for seen in growing(source, name):
        if len(seen) > 1:
            break
    if positive is not None:
        return one_against_rest(positive, seen)
    match = [text for text in seen if named is not None and folded(text) == folded(named)]
    if (seen <= {"0", "1"} and named != "0") or seen <= {"True", "False"} or not seen:
        if seen & {"True", "False"}:
            return two("False", "True"), ("False", "True"), ()
        return Coding(2), None, ()
    if len(seen) > 2 or any(is_number(text) and number(text) % 1 for text in seen):
        return Coding(2), None, ()  # the first row of another label is an error
    if len(seen) == 1:
        (only,) = seen
        if only == "-1":
            return two("-1", "1"), None, ()
        coding = two("other", only) if folded(only) in POSITIVE else two(only, "other")
        return coding, None, (f"Every label in {name!r} is {only!r}.",)
    low, high = sorted(seen, key=lambda text: (number(text) if is_number(text) else 0.0, text))
    chosen = match[0] if match else positive_of(seen)
    if chosen == low:
        low, high = high, low
    other = f"for the other class pass --positive {quoted(low)}"
    if match:
        note = f"The probabilities are read as those of {high!r}, for which their column is named; {other}."
    elif chosen is not None or (low, high) == ("-1", "1"):
        note = f"The probabilities are read as those of label {high!r}, not {low!r}; {other}."
    else:
        note = (
            f"The probabilities are read as those of label {high!r}, the second in order, as in scikit-learn; {other}."
        )
    return two(low, high), (low, high), (note,)


def one_against_rest(positive: str, seen: set[str]) -> tuple[Coding, tuple[str, str], tuple[str, ...]]:
    """Class 1 is the label ``positive``, class 0 every other."""
    others = [text for text in seen if folded(text) != folded(positive)]
    rest = others[0] if len(others) == 1 else f"not {positive}"
    return Coding(2, names=((positive, 1),), rest=0), (rest, positive), ()


def growing(source: Source, name: str) -> Iterator[set[str]]:
    """The distinct labels of a column, after each batch: as text, whole numbers without a decimal point."""
    seen: set[str] = set()
    for columns, _, _ in source.batches([name], _ROWS):
        column = columns[name]
        empty = is_missing(column)
        codes, texts = convert.codes(column)
        used = np.unique(codes[~empty]).tolist()
        seen |= {convert.plain(texts[c]) for c in used}
        yield seen

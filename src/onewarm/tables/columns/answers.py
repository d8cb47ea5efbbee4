"""One number a row: the probability of class 1 of two, or the confidence of an answer? What the rows hold decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from onewarm.errors import InputError
from onewarm.tables.columns import names as usual
from onewarm.tables.columns.coding import correctness
from onewarm.tables.columns.head import Head
from onewarm.tables.columns.names import clean, folded, quoted
from onewarm.tables.columns.predictions import Predictions, is_answer

LEAST_ROWS = 10
"""With fewer rows what they hold proves nothing, and the columns' names decide."""


@dataclass(frozen=True)
class Reading:
    """How one number a row is read.

    Attributes:
        confidence: as the confidence of an answer, else as the probability of class 1.
        answer: the column of answers, which are right where they equal the label.
        correct: the column that says whether the answer was right.
        positive: the label that class 1 is, where the rows show it.
        note: what decided, and how to decide otherwise.
    """

    confidence: bool
    answer: str | None = None
    correct: str | None = None
    positive: str | None = None
    note: str = ""


def confidence_columns(head: Head, free: Sequence[str]) -> list[str]:
    """Columns with a usual name of confidences."""
    columns = {n: head.columns[n] for n in free if head.columns[n].width == 1}
    return [n for n in usual.usual(columns, usual.CONFIDENCE_NAMES) if head.is_number(n)]


def correct_columns(head: Head, free: Sequence[str]) -> list[str]:
    """Columns with a usual name of correctness that hold 0 and 1, True and False, or shares."""
    columns = {n: head.columns[n] for n in free if head.columns[n].width == 1}
    found = usual.usual(columns, usual.CORRECT_NAMES)
    return [n for n in found if head.within_unit(n) is not False and _is_flag(head, n)]


def _is_flag(head: Head, name: str) -> bool:
    return head.is_number(name) or all(correctness(v) is not None for v in head.distinct(name))


def read_as(head: Head, column: Predictions, free: Sequence[str], label: str | None) -> Reading | None:
    """How a column with one number a row is read, beside a column of labels if there is one; None: no truth for it.

    Raises:
        ValueError: there are more than two classes, and no column says what was answered.
    """
    (name,) = column.columns
    said = quoted(name)
    named_confidence = clean(name) in usual.CONFIDENCE_NAMES
    correct = next(iter(correct_columns(head, free)), None)
    answer = next((n for n in free if is_answer(head, n)), None)
    if label is None:
        if correct is None or column.logits:
            return None
        note = "" if named_confidence else _said(name, f"{correct!r} says whether the answer was right", "")
        return Reading(True, correct=correct, note=note)
    if column.logits:
        return Reading(False)
    labels = head.distinct(label)
    if answer is not None and not answers_are_classes(head, answer, label):
        answer = None
    if answer is not None:
        labels |= head.distinct(answer)  # a file sorted by its labels begins with few of them
    if len(labels) > 2:
        if correct is None and answer is None:
            order = list(dict.fromkeys(t for t in head.texts(label) if t is not None))
            row = head.texts(label).index(order[2]) + 1
            raise InputError(
                f"{head.file}: row {row}, column {label!r} is {order[2]!r}, a third class, and {name!r} is one number "
                "a row: give a column for each class, pass --positive for one class against all others, or say with "
                "--correct which column tells whether the answer was right"
            )
        return Reading(True, None if correct else answer, correct)
    if answer is not None:
        decided = by_answers(head, name, answer, label)
        if decided is not None:
            return decided
    if named_confidence and (correct is not None or answer is not None):
        return Reading(True, None if correct else answer, correct, note=_said(name, "its name says so", "positive"))
    if named_confidence:
        note = (
            f"{name!r} is read as the probability of class 1 of {label!r}; where {label!r} says whether an answer was "
        )
        return Reading(False, note=note + f"right, pass --confidence {said} --correct {quoted(label)}.")
    return Reading(False)


def _said(name: str, why: str, option: str) -> str:
    other = "--positive LABEL" if option else f"--probabilities {quoted(name)}"
    return f"{name!r} is read as the confidence of an answer: {why}; as the probability of a class: {other}."


def answers_are_classes(head: Head, answer: str, label: str) -> bool:
    """Whether answers are of the kind of the labels: one of them occurs among the labels, or nothing is known."""
    answers, labels = ({folded(v) for v in head.distinct(n)} for n in (answer, label))
    return not answers or not labels or bool(answers & labels)


def by_answers(head: Head, name: str, answer: str, label: str) -> Reading | None:
    """What the answers of two classes prove; None where they prove nothing.

    Of a probability of class 1 the answers follow: it is higher in every row with one answer than in every row with the
    other. The confidence of an answer is never below 1/2 where it is the probability of that answer, and does not tell
    which answer it was.
    """
    values = head.numbers(name)
    answers = np.asarray([a if a is not None else "" for a in head.texts(answer)])
    if values is None or len(values) < LEAST_ROWS or len(answers) != len(values):
        return None
    known = np.isfinite(values) & (answers != "")
    distinct = np.unique(answers[known]).tolist()
    if len(distinct) != 2:
        return None
    one, other = (values[known & (answers == d)] for d in distinct)
    named_confidence = clean(name) in usual.CONFIDENCE_NAMES
    if one.max() <= other.min() or other.max() <= one.min():
        positive = distinct[1] if one.max() <= other.min() else distinct[0]
        note = f"{name!r} is read as the probability of {positive!r}, since {answer!r} follows from it; as the "
        note += f"confidence of {answer!r}: --confidence {quoted(name)}."
        plain = positive == "1" and "prob" in clean(name) and not named_confidence
        return Reading(False, positive=None if positive == "1" else positive, note="" if plain else note)
    if not named_confidence and values[known].min() < 0.5 - 1e-6:
        note = f"{name!r} is read as the probability of class 1, since the confidence of one of two answers is never "
        return Reading(False, note=note + f"below 1/2; as the confidence of {answer!r}: --confidence {quoted(name)}.")
    return Reading(True, answer, note=_said(name, f"it does not tell which class {answer!r} holds", ""))

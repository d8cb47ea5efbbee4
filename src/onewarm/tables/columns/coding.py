"""How the labels of a column become classes 0..K-1: numbers from 0 or from 1, -1 and 1, or names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from onewarm.checks.visible import visible
from onewarm.tables import convert, row_checks
from onewarm.tables.columns.names import folded
from onewarm.tables.missing import is_missing
from onewarm.tables.row_checks import Place

POSITIVE = frozenset({"yes", "y", "true", "t", "positive", "pos", "1", "spam", "success", "event", "present", "sick",
                       "fraud", "churn", "churned", "case", "malignant", "toxic", "abnormal", "default"})  # fmt: skip
_NEGATIVE = frozenset({"no", "n", "false", "f", "negative", "neg", "0", "-1", "ham", "failure", "none", "absent",
                       "healthy", "control", "benign", "normal", "legit", "legitimate", "clean"})  # fmt: skip
_NOT = re.compile(r"(?:not?|non|un)_?(.+)")


@dataclass(frozen=True)
class Coding:
    """How labels become classes.

    Attributes:
        num_classes: K.
        first: number of the first class, 0 or 1, where labels are numbers.
        names: label and class, where labels are names (or numbers that stand for no position, as -1 and 1).
        rest: the class of every label that is not among ``names``; None: such a label is an error.
        why: how an error explains which labels there are.

    Example:
        >>> Coding(2, names=(("No", 0), ("Yes", 1))).read(Place("a.csv", 0), "y", np.array(["Yes", "no"]))
        array([1, 0])
    """

    num_classes: int
    first: Literal[0, 1] = 0
    names: tuple[tuple[str, int], ...] = ()
    rest: int | None = None
    why: str = ""

    def read(self, at: Place, name: str, column: Any) -> NDArray[np.int64]:
        """Labels (n,) as classes in 0..K-1.

        Raises:
            ValueError: with the first row whose label is missing, or no class.
        """
        if not self.names:
            return row_checks.labels(at, name, convert.values(at, name, column), self.num_classes, self.first)
        empty = is_missing(column)
        codes, texts = convert.codes(column)
        known = {text: self.lookup(convert.plain(text)) for text in texts}
        wrong = np.asarray([known[text] is None for text in texts] + [False], bool)[codes]
        wrong |= empty & ~np.asarray([text in dict(self.names) for text in texts] + [False], bool)[codes]
        if wrong.any():
            row = int(wrong.argmax())
            if empty[row]:
                raise at.error(row, name, "is empty", convert.EMPTY)
            raise at.error(row, name, f"is {texts[codes[row]]!r}", self.why)
        return np.asarray([known[text] or 0 for text in texts], np.int64)[codes]

    def lookup(self, label: str) -> int | None:
        """The class of one label, compared as it is written, then without regard to case and punctuation."""
        exact = dict(self.names)
        if label in exact:
            return exact[label]
        alike = [k for text, k in self.names if folded(text) == folded(label)]
        return alike[0] if len(alike) == 1 else self.rest


def positive_of(labels: set[str]) -> str | None:
    """Which of two labels is the positive one, where words say it: "yes" beside "no", "spam" beside "ham".

    >>> positive_of({"No", "Yes"}), positive_of({"spam", "not spam"}), positive_of({"cat", "dog"})
    ('Yes', 'spam', None)
    """
    if len(labels) != 2:
        return None
    one, other = sorted(labels)
    for mine, theirs in ((one, other), (other, one)):
        a, b = folded(mine), folded(theirs)
        negated = _NOT.fullmatch(b)
        if (a in POSITIVE and b in _NEGATIVE) or (negated and negated[1].strip("_") == a):
            return mine
    return None


def correctness(text: str) -> float | None:
    """What a word says of an answer: 1.0 if it was right, 0.0 if not; None for other words.

    >>> correctness("True"), correctness("wrong"), correctness("maybe")
    (1.0, 0.0, None)
    """
    word = folded(text)
    if word in ("right", "correct"):
        return 1.0
    if word in ("wrong", "incorrect"):
        return 0.0
    return 1.0 if word in POSITIVE else 0.0 if word in _NEGATIVE else None


def of_names(classes: tuple[str, ...]) -> Coding:
    """Labels are the names of the columns' classes."""
    shown = visible(", ".join(classes[:8]) + (", ..." if len(classes) > 8 else ""))
    return Coding(
        len(classes), names=tuple((n, k) for k, n in enumerate(classes)), why=f"the columns name the classes {shown}"
    )


def two(negative: str, positive: str) -> Coding:
    """Two labels, those of class 0 and of class 1."""
    why = (
        f"the labels read so far are {negative!r} and {positive!r}, and the probabilities are of two classes; pass "
        "--positive for one label against all others, or give a column for each class"
    )
    return Coding(2, names=((negative, 0), (positive, 1)), why=why)


def is_number(label: str) -> bool:
    """Whether a label is a number."""
    return number(label) == number(label)


def number(label: str) -> float:
    """A label as a number; NaN where it is none."""
    try:
        return float(label)
    except ValueError:
        return float("nan")

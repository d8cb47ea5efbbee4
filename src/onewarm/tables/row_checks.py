"""Checks of labels, votes and weights read from a file; each error names file, row, column, value and remedy."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.errors import InputError


@dataclass(frozen=True)
class Place:
    """Where a batch comes from, for error texts: its file and the number of its first row, from 0.

    ``kept`` holds the numbers of its rows where some between them were left out. Users count rows from 1, so errors do.

    >>> Place("a.csv", 100).error(2, "label", "is -1", "leave rows without a label out")
    InputError("a.csv: row 103, column 'label' is -1: leave rows without a label out")
    """

    file: str
    first: int
    kept: NDArray[np.int64] | None = None

    def row(self, row: int) -> int:
        """Row ``row`` of this batch, from 0, as the user counts it."""
        return (self.first + row if self.kept is None else int(self.kept[row])) + 1

    def error(self, row: int, column: str, what: str, remedy: str) -> InputError:
        """The error for row ``row`` of this batch, from 0."""
        return InputError(f"{self.file}: row {self.row(row)}, column {column!r} {what}: {remedy}")


def labels(at: Place, name: str, values: NDArray[Any], num_classes: int, first: int = 0) -> NDArray[np.int64]:
    """Check a column of labels that are whole numbers.

    Args:
        at: the batch's place, for errors.
        name: of the column.
        values: (n,) whole numbers, also as floats or text.
        num_classes: K.
        first: the number of the first class, 0 or 1.

    Returns:
        (n,) int64, each in 0..K-1.

    Raises:
        ValueError: with the first bad row, its value and what to do.

    Example:
        >>> labels(Place("a.csv", 0), "y", np.array([2, 1]), 2, 1)
        array([1, 0])
    """
    if values.dtype.kind in "OUS":
        values = _whole_numbers(at, name, values, num_classes)
    if values.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            not_whole = ~(values == np.floor(values)) | ~np.isfinite(values)
        if not_whole.any():
            row = int(not_whole.argmax())
            inside = np.isfinite(values[row]) and 0 < values[row] < 1
            swapped = "; are labels and probabilities swapped?" if inside else ""
            if np.isnan(values[row]):
                raise at.error(row, name, "is nan", "give its label, or leave such rows out with --skip-missing")
            raise at.error(row, name, f"is {values[row]:g}", f"labels are whole numbers 0..{num_classes - 1}{swapped}")
    elif values.dtype.kind not in "iub":
        raise InputError(f"{at.file}: column {name!r} holds {values.dtype}, not labels")
    outside = (values < first) | (values >= num_classes + first)  # before they are whole: 1e300 would be another number
    if outside.any():
        row = int(outside.argmax())
        value = int(values[row])
        remedy = f"labels are {first}..{num_classes - 1 + first}, one for each of the {num_classes} predicted classes"
        if first and value == 0:
            remedy = f"labels before it are 1..{num_classes}: number them from 0 or from 1, not both"
        elif value == -1 or value == -100:
            remedy += "; leave rows without a label out"
        raise at.error(row, name, f"is {value if abs(value) < 1 << 63 else format(values[row], 'g')}", remedy)
    return values.astype(np.int64) - first


def _whole_numbers(at: Place, name: str, values: NDArray[Any], num_classes: int) -> NDArray[np.int64]:
    texts, codes = np.unique(values.astype(str), return_inverse=True)
    wrong = [c for c, text in enumerate(texts.tolist()) if not re.fullmatch(r"\s*[-+]?\d{1,18}\s*", text)]
    if wrong:
        row = int(np.isin(codes, wrong).argmax())
        raise at.error(
            row,
            name,
            f"is {str(values[row])[:60]!r}",
            f"labels are whole numbers 0..{num_classes - 1}, or names where columns are named for classes (prob_cat)",
        )
    return np.asarray([int(text) for text in texts.tolist()], np.int64)[codes]


def votes(at: Place, names: tuple[str, ...], values: NDArray[Any]) -> NDArray[Any]:
    """Check columns of votes, or of shares of the vote.

    Args:
        at: the batch's place, for errors.
        names: of the columns: one a class, or one column of lists.
        values: (n, K).

    Returns:
        (n, K): int64 if every number of the batch is whole; else ``values``, whose rows sum to 1 to 1e-3.

    Raises:
        ValueError: a negative or non-finite number, a row that does not sum to 1, a row without votes.
    """

    def column(k: int) -> str:
        return names[k] if len(names) > 1 else f"{names[0]}[{k}]"

    if values.dtype.kind in "iub":
        counts = values.astype(np.int64)
    else:
        bad = ~np.isfinite(values) | (values < 0) | (values > 2.0**53)
        if bad.any():
            row, k = (int(i) for i in np.unravel_index(int(bad.argmax()), bad.shape))
            remedy = "votes and shares are finite and not negative"
            remedy = remedy if not values[row, k] > 2.0**53 else "there are at most 2^53 votes"
            raise at.error(row, column(k), f"is {values[row, k]:g}", remedy)
        if (values != np.floor(values)).any():
            sums = values.sum(axis=1, dtype=np.float64)
            off = np.abs(sums - 1) > checks.SUM_TOLERANCE
            if off.any():
                row = int(off.argmax())
                raise InputError(
                    f"{at.file}: row {at.row(row)}: {column(0)!r} and the others sum to {sums[row]:g}: votes "
                    "are whole numbers, shares of the vote sum to 1"
                )
            return values
        counts = values.astype(np.int64)
    if (counts < 0).any():
        row, k = (int(i) for i in np.unravel_index(int((counts < 0).argmax()), counts.shape))
        raise at.error(row, column(k), f"is {counts[row, k]}", "counts of votes are not negative")
    empty = counts.sum(axis=1) == 0
    if empty.any():
        row = int(empty.argmax())
        raise InputError(f"{at.file}: row {at.row(row)} has no votes: leave such rows out")
    return counts


def correct(at: Place, name: str, values: NDArray[Any], words: Callable[[str], float | None]) -> NDArray[np.float64]:
    """Check a column that says whether each answer was right: 0 and 1, booleans, or shares between; (n,) float64.

    Args:
        at: the batch's place, for errors.
        name: of the column.
        values: (n,) numbers, booleans or text.
        words: what a text says, 1.0 or 0.0; None where it says neither.

    Raises:
        ValueError: with the first bad row, its value and what to do.
    """
    if values.dtype.kind in "OUS":
        distinct, codes = np.unique(values.astype(str), return_inverse=True)
        read = [words(text) for text in distinct.tolist()]
        numbers = np.asarray([np.nan if share is None else share for share in read])[codes]
    else:
        with np.errstate(invalid="ignore"):
            numbers = values.astype(np.float64)
    with np.errstate(invalid="ignore"):
        bad = ~((numbers >= 0) & (numbers <= 1))
    if bad.any():
        row = int(bad.argmax())
        raise at.error(
            row, name, f"is {values[row]}", "whether the answer was right is 0 or 1, True or False, or a share"
        )
    return numbers


def weights(at: Place, name: str, values: NDArray[Any]) -> NDArray[np.float64]:
    """Check a column of row weights: (n,) float64, finite and not negative.

    Raises:
        ValueError: text, or with the first row whose weight is negative or not finite.
    """
    if values.dtype.kind not in "fiub":
        raise InputError(f"{at.file}: column {name!r} holds text, not weights")
    with np.errstate(invalid="ignore"):  # of NaN of the signalling kind
        wide = values.astype(np.float64)
    bad = ~np.isfinite(wide) | (wide < 0)
    if bad.any():
        row = int(bad.argmax())
        raise at.error(row, name, f"is {wide[row]:g}", "weights are finite and not negative")
    return wide

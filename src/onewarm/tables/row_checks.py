"""What must hold of the rows of a prediction file; each error names file, row, column, value and remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm import checks


@dataclass(frozen=True)
class Place:
    """Where a batch stands: its file, and the number there of its first row, from 0. Rows are told from 1."""

    file: str
    first: int

    def error(self, row: int, column: str, what: str, remedy: str) -> ValueError:
        """The error for a row of this batch."""
        return ValueError(f"{self.file}: row {self.first + row + 1}, column {column!r} {what}: {remedy}")


def labels(
    at: Place, name: str, values: NDArray[Any], num_classes: int, classes: tuple[str, ...] | None
) -> NDArray[np.int64]:
    """Labels 0..K-1 as int64, from whole numbers or the names of the classes."""
    if values.dtype.kind in "OUS":
        return _named(at, name, values, num_classes, classes)
    if values.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            odd = ~(values == np.floor(values)) | ~np.isfinite(values)
        if odd.any():
            row = int(odd.argmax())
            inside = np.isfinite(values[row]) and 0 < values[row] < 1
            swapped = "; are labels and probabilities swapped?" if inside else ""
            raise at.error(row, name, f"is {values[row]:g}", f"labels are whole numbers 0..{num_classes - 1}{swapped}")
    elif values.dtype.kind not in "iub":
        raise ValueError(f"{at.file}: column {name!r} holds {values.dtype}, not labels")
    wide = values.astype(np.int64)
    outside = (wide < 0) | (wide >= num_classes)
    if outside.any():
        row = int(outside.argmax())
        value = int(wide[row])
        remedy = f"labels are 0..{num_classes - 1}, one for each of the {num_classes} predicted classes"
        if value == num_classes and at.first == 0 and wide.min() >= 1:
            remedy += "; no label is 0: do they start at 1? subtract 1"
        elif value == -1 or value == -100:
            remedy += "; leave rows without a label out"
        raise at.error(row, name, f"is {value}", remedy)
    return wide


def _is_whole(text: str) -> bool:
    return text.strip().lstrip("+-").isdecimal()


def _named(
    at: Place, name: str, values: NDArray[Any], num_classes: int, classes: tuple[str, ...] | None
) -> NDArray[np.int64]:
    if classes is None:
        row = next((row for row, value in enumerate(values.tolist()) if not _is_whole(value)), None)
        if row is None:
            return labels(at, name, values.astype(np.int64), num_classes, None)
        raise at.error(
            row,
            name,
            f"is {values[row]!r}",
            f"labels are whole numbers 0..{num_classes - 1}, or names where columns are named for classes (prob_cat)",
        )
    found, codes = np.unique(values.astype(str), return_inverse=True)
    place = {c: k for k, c in enumerate(classes)}
    for value in found.tolist():
        if value not in place:
            row = int((values.astype(str) == value).argmax())
            raise at.error(row, name, f"is {value!r}", f"the columns know the classes {', '.join(classes[:8])}")
    return np.asarray([place[v] for v in found.tolist()], np.int64)[codes]


def votes(at: Place, names: tuple[str, ...], values: NDArray[Any]) -> NDArray[Any]:
    """Votes as int64 where every number is whole and a row may sum to more than 1, else distributions as they are."""

    def column(k: int) -> str:
        return names[k] if len(names) > 1 else f"{names[0]}[{k}]"

    if values.dtype.kind in "iub":
        wide = values.astype(np.int64)
    else:
        bad = ~np.isfinite(values) | (values < 0)
        if bad.any():
            row, k = (int(i) for i in np.unravel_index(int(bad.argmax()), bad.shape))
            raise at.error(row, column(k), f"is {values[row, k]:g}", "votes and shares are finite and not negative")
        if (values != np.floor(values)).any():
            sums = values.sum(axis=1, dtype=np.float64)
            off = np.abs(sums - 1) > checks.SUM_TOLERANCE
            if off.any():
                row = int(off.argmax())
                raise ValueError(
                    f"{at.file}: row {at.first + row + 1}: {column(0)!r} and the others sum to {sums[row]:g}: votes "
                    "are whole numbers, shares of the vote sum to 1"
                )
            return values
        wide = values.astype(np.int64)
    if (wide < 0).any():
        row, k = (int(i) for i in np.unravel_index(int((wide < 0).argmax()), wide.shape))
        raise at.error(row, column(k), f"is {wide[row, k]}", "counts of votes are not negative")
    empty = wide.sum(axis=1) == 0
    if empty.any():
        row = int(empty.argmax())
        raise ValueError(f"{at.file}: row {at.first + row + 1} has no votes: leave such rows out")
    return wide


def weights(at: Place, name: str, values: NDArray[Any]) -> NDArray[np.float64]:
    """Weights as float64: finite, not negative."""
    if values.dtype.kind not in "fiub":
        raise ValueError(f"{at.file}: column {name!r} holds text, not weights")
    wide = values.astype(np.float64)
    bad = ~np.isfinite(wide) | (wide < 0)
    if bad.any():
        row = int(bad.argmax())
        raise at.error(row, name, f"is {wide[row]:g}", "weights are finite and not negative")
    return wide


def explain(
    at: Place, names: tuple[str, ...], values: NDArray[Any], *, logits: bool, normalize: bool
) -> ValueError | None:
    """What is wrong with the predictions of a batch, told by file, row and column; None if nothing is."""

    def column(k: int) -> str:
        return names[k] if len(names) > 1 else (f"{names[0]}[{k}]" if values.shape[1] > 2 else names[0])

    def first(bad: NDArray[np.bool_], remedy: str) -> ValueError:
        row, k = (int(i) for i in np.unravel_index(int(bad.argmax()), bad.shape))
        return at.error(row, column(k), f"is {values[row, k]:g}", remedy)

    with np.errstate(invalid="ignore", over="ignore"):
        if logits:
            bad = np.isnan(values) | np.isposinf(values)
            if bad.any():
                return first(bad, "a logit is a number (or -inf, which masks a class); fix or drop the row")
            masked = np.isneginf(values).all(axis=1)
            if masked.any():
                row = int(masked.argmax())
                return ValueError(f"{at.file}: row {at.first + row + 1} is -inf in every class: leave one unmasked")
            return None
        if (~np.isfinite(values)).any():
            return first(~np.isfinite(values), "probabilities are finite numbers; fix or drop the row")
        sums = values.sum(axis=1, dtype=np.float64)
        if np.abs(np.median(sums) - 100) < 2 or (values.shape[1] == 2 and len(names) == 1 and values.max() > 2):
            big = values > 1
            if big.any() and values.min() >= -100:
                return first(big, "these are percentages; divide by 100")
        wild = (values < 0) | (values > 1 + checks.SUM_TOLERANCE)
        if wild.any() and not (normalize and (values >= 0).all()):
            whole = bool((values == np.floor(values)).all())
            return first(
                wild,
                "probabilities are within 0..1; "
                + ("are these labels or votes?" if whole else "are these logits? pass them with --logits"),
            )
        off = sums <= 0 if normalize else np.abs(sums - 1) > checks.SUM_TOLERANCE
        if off.any():
            row = int(off.argmax())
            which = f"columns {names[0]!r}..{names[-1]!r} sum" if len(names) > 1 else f"column {names[0]!r} sums"
            remedy = "leave it out" if normalize else "pass --normalize to scale rows, if only rounding did this"
            return ValueError(
                f"{at.file}: row {at.first + row + 1}, {which} to {sums[row]:g}, not 1 (tolerance "
                f"{checks.SUM_TOLERANCE:g}): {remedy}"
            )
    return None

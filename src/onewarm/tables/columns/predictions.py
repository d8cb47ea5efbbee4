"""Finds the columns of predictions: one for each class, one of lists, or one number a row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from onewarm.errors import InputError
from onewarm.softmax import softmax
from onewarm.tables.columns import names as usual
from onewarm.tables.columns.head import Head
from onewarm.tables.columns.names import Member, clean, folded, member

_MOST_COLUMNS = 200  # among which a run that sums to 1 is looked for


@dataclass(frozen=True)
class Predictions:
    """Columns that may be the predictions.

    Attributes:
        columns: one for each class; or one, of lists or of one number a row.
        logits: whether they are logits.
        classes: the classes that the columns are named for; None if they are numbered.
        label: the class that a single column of numbers is named for, as "Yes" of ``.pred_Yes``.
        from_one: whether the columns are numbered from 1.
        proven: whether rows of probabilities sum to 1; None where that is not known.
        note: how they were found, where that must be said.
    """

    columns: tuple[str, ...]
    logits: bool = False
    classes: tuple[str, ...] | None = None
    label: str | None = None
    from_one: bool = False
    proven: bool | None = None
    note: str = ""

    @property
    def shown(self) -> str:
        """The columns in an error."""
        return repr(self.columns[0]) if len(self.columns) == 1 else f"{self.columns[0]!r}..{self.columns[-1]!r}"


def with_all_classes(head: Head, free: Sequence[str], labels: Iterable[str]) -> list[Predictions]:
    """Every candidate for predictions of all classes: families by name, lists, columns named as the labels.

    Args:
        head: the file's first rows.
        free: the columns that have no other role.
        labels: columns that may hold the labels.
    """
    found = [*families(head, free, "probability"), *families(head, free, "logit")]
    in_family = {name for candidate in found for name in candidate.columns}
    of_logits = (*usual.LOGIT_NAMES, *usual.LOG_PROBABILITY_NAMES)
    for logits, listed in ((False, usual.PROBABILITY_NAMES), (True, of_logits)):
        wide = [n for n in usual.usual({n: head.columns[n] for n in free}, listed) if head.columns[n].width != 1]
        found += [Predictions((n,), logits) for n in wide if n not in in_family]
    if not any(candidate.proven is not False for candidate in found):
        named = [named_as_labels(head, free, label) for label in labels]
        found = [c for c in named if c is not None][:1] or found
    return found


def families(head: Head, free: Sequence[str], kind: Literal["probability", "logit", "votes"]) -> list[Predictions]:
    """The families of columns of one kind: those with a common prefix or suffix, one for each class.

    A column belongs to a family of probabilities if the rows sum to 1 with it: ``p_value`` is none of ``p_0..p_2``.
    """
    groups: dict[str, list[tuple[str, Member]]] = {}
    for name in free:
        found = member(name, kind)
        if found is None or head.columns[name].width != 1:
            continue
        # A numbered column of text is a CSV column of numbers with a bad value: the error names it when it is read.
        if head.is_number(name) or (found.number is not None and head.columns[name].kind == "text"):
            groups.setdefault(found.family, []).append((name, found))
    found_families = []
    for members in groups.values():
        chosen, proven = _members(head, members, of_probabilities=kind == "probability")
        if len(chosen) < 2 or (not members[0][1].sure and proven is not True):
            continue
        if proven is False and min(m.number if m.number is not None else 0 for _, m in chosen) > 1:
            continue  # p50 and p90 of a time
        found_families.append(_ordered(head, chosen, kind == "logit", proven))
    return found_families


def _members(
    head: Head, members: list[tuple[str, Member]], *, of_probabilities: bool
) -> tuple[list[tuple[str, Member]], bool | None]:
    """The members that are one for each class, and whether rows of them sum to 1."""
    numbered = [m for m in members if m[1].number is not None]
    named = [m for m in members if m[1].number is None and not usual.is_extra(m[1].label)]
    usable = [numbered, members, named]
    if of_probabilities:
        for chosen in (*usable, *_without_one(head, members)):
            if len(chosen) > 1 and head.sums_to_one([name for name, _ in chosen]):
                return chosen, True
    chosen = numbered if len(numbered) > 1 else named
    return chosen, head.sums_to_one([name for name, _ in chosen]) if of_probabilities else None


def _without_one(head: Head, members: list[tuple[str, Member]]) -> Iterator[list[tuple[str, Member]]]:
    """The members without one of them, where the others may sum to 1."""
    values = head.matrix([name for name, _ in members])
    if values is not None:
        others = values.sum(axis=1, keepdims=True) - values
        for k in np.flatnonzero((np.abs(others - 1) < 0.1).mean(axis=0) > 0.8).tolist():
            yield members[:k] + members[k + 1 :]


def _ordered(head: Head, members: list[tuple[str, Member]], logits: bool, proven: bool | None) -> Predictions:
    """Numbered columns in the order of their numbers, which must be 0..K-1 or 1..K; named ones in the file's order."""
    numbers = {m.number: name for name, m in members if m.number is not None}
    if len(numbers) < len(members):
        return Predictions(
            tuple(n for n, _ in members), logits, tuple(m.label for _, m in members), None, False, proven
        )
    try:
        ordered = in_order(head.file, numbers)
    except InputError:
        if not proven:
            raise
        ordered = tuple(numbers[k] for k in sorted(numbers))  # classes 3 and 7 of a larger set: the numbers are names
        return Predictions(ordered, logits, tuple(str(k) for k in sorted(numbers)), None, False, proven)
    return Predictions(ordered, logits, None, None, min(numbers) == 1, proven)


def in_order(file: str, numbers: Mapping[int, str]) -> tuple[str, ...]:
    """Numbered columns in the order of their numbers. Raises ValueError unless these are 0..K-1 or 1..K."""
    first, last = min(numbers), max(numbers)
    expected = range(min(first, 1), last + 1)  # of any length: a column p999999999 is a number too
    missing = next((k for k in expected if k not in numbers and not (k == 0 and first == 1)), None)
    if missing is not None:
        absent = re.sub(r"\d+(?=\D*$)", str(missing), numbers[first])
        raise InputError(
            f"{file}: columns {numbers[first]!r} to {numbers[last]!r} lack {absent!r}: give one for every class"
        )
    return tuple(numbers[k] for k in sorted(numbers))


def named_as_labels(head: Head, free: Sequence[str], label: str) -> Predictions | None:
    """Columns named as the values of a column of labels: ``No`` and ``Yes`` beside ``obs`` with those values."""
    values = {folded(v) for v in head.distinct(label)}
    numeric = [n for n in free if n != label and head.is_number(n)]
    match = [n for n in numeric if folded(n) in values]
    if len(match) < 2:
        return None
    if len(match) < len(values) or head.sums_to_one(match) is False:
        run = summing_run(head, numeric)
        return run if run is not None and set(match) <= set(run.columns) else None
    return Predictions(tuple(match), classes=tuple(n.strip() for n in match), proven=True)


def summing_run(head: Head, free: Sequence[str]) -> Predictions | None:
    """The one longest run of neighbouring columns whose rows sum to 1; None if there is none, or more than one."""
    unit = [n for n in free if head.columns[n].width == 1 and head.within_unit(n)]
    values = head.matrix(unit) if len(unit) <= _MOST_COLUMNS else None
    if values is None or len(values) < 2:
        return None
    runs: list[tuple[int, int]] = []
    for start in range(len(unit) - 1):
        sums = values[:, start:].cumsum(axis=1)
        near = np.flatnonzero((np.abs(sums - 1) <= 0.02).mean(axis=0) > 0.8) + 1
        ends = [start + int(k) for k in near if k > 1 and head.sums_to_one(unit[start : start + int(k)])]
        if ends and not any(s <= start and e >= ends[-1] for s, e in runs):
            runs.append((start, ends[-1]))
    soft = [(s, e) for s, e in runs if ((values[:, s:e] > 0) & (values[:, s:e] < 1)).any()]
    if len(soft) != 1:
        return None
    columns = tuple(unit[slice(*soft[0])])
    note = (
        f"The predictions are columns {columns[0]!r} to {columns[-1]!r}, whose rows sum to 1; others: --probabilities."
    )
    return Predictions(columns, classes=tuple(n.strip() for n in columns), proven=True, note=note)


def of_one_class(head: Head, free: Sequence[str]) -> list[Predictions]:
    """Every candidate for one probability (or logit) a row: by usual names, or one column named for a class."""
    columns = {n: head.columns[n] for n in free if head.columns[n].width == 1}
    found = [Predictions((n,)) for n in usual.usual(columns, usual.PROBABILITY_NAMES)]
    found += [Predictions((n,), True) for n in usual.usual(columns, usual.LOGIT_NAMES)]
    if not found:
        for name in columns:
            m = member(name, "probability")
            if m is None or m.number not in (1, None) or not m.family or usual.is_extra(m.label):
                continue
            if head.is_number(name) and (m.sure or head.within_unit(name)):
                found.append(Predictions((name,), label=None if m.number == 1 else m.label))
    if not found:  # predictions that are not classes
        fractions = [n for n in usual.usual(columns, usual.ANSWER_NAMES) if _fractions(head, n)]
        found = [Predictions((n,)) for n in fractions]
    if len(found) > 1:
        found = [c for c in found if c.logits or head.within_unit(c.columns[0]) is not False] or found
    return found


def _fractions(head: Head, name: str) -> bool:
    values = head.numbers(name)
    return values is not None and bool(head.within_unit(name)) and bool((values % 1 > 0).any())


def is_answer(head: Head, name: str) -> bool:
    """Whether a column holds predicted classes: by its name, and not probabilities."""
    return clean(name) in usual.ANSWER_NAMES and head.columns[name].width == 1 and not _fractions(head, name)


def best(head: Head, found: list[Predictions]) -> Predictions | None:
    """The candidate whose rows are proven to sum to 1, else the only one. Raises ValueError if several are left."""
    strongest = [c for c in found if c.proven] or [c for c in found if c.proven is None] or found
    if len(strongest) == 2 and strongest[0].logits != strongest[1].logits and _same(head, *strongest):
        return next(c for c in strongest if c.logits)
    if len(strongest) > 1:
        shown = ", ".join(c.shown for c in strongest)
        raise InputError(
            f"{head.file}: {shown} could each be the predictions; choose one with --probabilities or --logits"
        )
    return strongest[0] if strongest else None


def _same(head: Head, one: Predictions, other: Predictions) -> bool:
    """Whether the softmax of the logits is the probabilities."""
    logits, p = (head.matrix(c.columns) for c in ((one, other) if one.logits else (other, one)))
    return logits is not None and p is not None and logits.shape == p.shape and bool(
        (np.abs(softmax(logits) - p) < 1e-2).all()
    )  # fmt: skip

"""Finds the columns of predictions, truth, slices and weights, or takes those that the user names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from onewarm.errors import InputError
from onewarm.tables.columns import answers, predictions, truth
from onewarm.tables.columns import names as usual
from onewarm.tables.columns.choice import Choice, Layout
from onewarm.tables.columns.head import Head
from onewarm.tables.columns.names import clean, member
from onewarm.tables.columns.predictions import Predictions
from onewarm.tables.source import Column


def find_layout(head: Head, choice: Choice, *, separate_truth: bool = False) -> Layout:
    """Choose the columns to read from a file.

    Args:
        head: its columns, and its first rows.
        choice: the columns that the user names.
        separate_truth: whether the truth is in a file of its own.

    Raises:
        ValueError: a column is missing (the nearest names are given), several could be meant, or a type does not fit.

    Example:
        >>> columns = dict.fromkeys(["p0", "p1"], Column("float")) | {"y": Column("int")}
        >>> layout = find_layout(Head("a.csv", columns), Choice())
        >>> layout.predictions, layout.truth
        (('p0', 'p1'), ('y',))
    """
    _check(choice)
    file, columns = head.file, head.columns
    weight = _single(file, columns, choice.weight, usual.WEIGHT_NAMES, "--weight")
    group = None if choice.group is None else _known(file, columns, choice.group, "--group")
    sliced = tuple(dict.fromkeys(_sliced(file, columns, name) for name in choice.slices))
    if not sliced:
        sliced = tuple((n,) for n in usual.usual(columns, usual.SLICE_NAMES) if columns[n].width == 1)
    slices = tuple(dict.fromkeys(n for names in sliced for n in names))
    one_value = [*((n, "--slice") for n in slices), (weight, "--weight"), (group, "--group")]
    for name, option in ((n, o) for n, o in one_value if n):
        if columns[name].width != 1:
            raise InputError(f"{file}: column {name!r} holds lists: {option} takes one value a row")
    free = [n for n in columns if n not in (*slices, weight, group)]
    choice, said = _only_column(head, choice) if separate_truth else (choice, "")
    layout = _told(_predictions_and_truth(head, free, choice, separate_truth), said)
    return replace(layout, slices=slices, sliced=sliced, weight=weight, group=group, separate_truth=separate_truth)


def _only_column(head: Head, choice: Choice) -> tuple[Choice, str]:
    """The choice of the only column as predictions, whatever its name, such as an array in a file of its own."""
    usual_names = (*usual.PROBABILITY_NAMES, *usual.LOGIT_NAMES, *usual.CONFIDENCE_NAMES)
    if len(head.columns) != 1 or usual.usual(head.columns, usual_names) or _named(head, choice) is not None:
        return choice, ""
    (name,) = head.columns
    one = head.columns[name].width == 1
    probable = head.within_unit(name) if one else head.sums_to_one([name])
    if probable is None:
        return choice, ""
    if probable:
        return replace(choice, probabilities=name), ""
    return replace(choice, logits=name), f"{name!r} is read as logits; as probabilities: --probabilities {name}"


def _sliced(file: str, columns: Mapping[str, Column], name: str) -> tuple[str, ...]:
    """The column of a slice; or several, with commas."""
    names = [name] if name in columns or "," not in name else [part.strip() for part in name.split(",")]
    return tuple(dict.fromkeys(_known(file, columns, n, "--slice") for n in names))


def _check(choice: Choice) -> None:
    named = [o for o in ("probabilities", "logits", "confidence") if getattr(choice, o) is not None]
    if len(named) > 1:
        raise InputError(f"give --{named[0]} or --{named[1]}, not both")
    named = [o for o in ("labels", "votes") if getattr(choice, o) is not None]
    if len(named) > 1:
        raise InputError("give --labels or --votes as the truth, not both")


def _predictions_and_truth(head: Head, free: list[str], choice: Choice, separate: bool) -> Layout:
    labels = None if choice.labels is None else _label(head, choice.labels)
    votes = () if choice.votes is None else _votes(head, choice.votes)
    correct = None if choice.correct is None else _known(head.file, head.columns, choice.correct, "--correct")
    rest = [n for n in free if n not in (labels, *votes, correct)]
    found = _named(head, choice)
    if found is None:
        if correct is None:
            found = _with_all_classes(head, rest, [labels] if labels else truth.label_columns(head, rest), choice)
        if found is None:
            found = _one_number(head, rest, choice, labels, correct)
    one = len(found.columns) == 1 and head.columns[found.columns[0]].width == 1
    layout = Layout(
        found.columns, found.logits, (), False, classes=found.classes, positive=found.label, from_one=found.from_one,
        notes=(found.note,) if found.note else (),
    )  # fmt: skip
    rest = [n for n in rest if n not in found.columns]
    if votes:
        return replace(layout, truth=votes, votes=True)
    if separate:
        return replace(layout, confidence=one and choice.confidence is not None)
    label, said = labels, ""
    if label is None and correct is None:
        named = (found.label,) if found.label else found.classes
        label, said = truth.label_column(head, rest, 2 if one else len(found.columns), named)
    layout = _told(layout, said)
    if one and (label is None or head.columns[label].width == 1):
        reading = _read_as(head, found, [n for n in rest if n != label], label, correct, choice)
        if reading is not None:
            column = reading.correct or label
            assert column is not None
            positive = reading.positive or layout.positive
            read = replace(layout, truth=(column,), positive=positive, confidence=reading.confidence)
            return _told(replace(read, answer=reading.answer), reading.note)
    columns = truth.votes_columns(head, rest)
    if label is not None and head.columns[label].width == 1:
        note = f"The truth is {label!r}; {columns[0]!r} could be it too: --votes {columns[0]}" if columns else ""
        return _told(replace(layout, truth=(label,)), note if labels is None else "")
    if label is not None or columns:
        return replace(layout, truth=columns or (label or "",), votes=True)
    raise truth.no_truth(head, rest or head.columns, one=one)


def _told(layout: Layout, note: str) -> Layout:
    return replace(layout, notes=(*layout.notes, note)) if note else layout


def _read_as(
    head: Head, found: Predictions, rest: list[str], label: str | None, correct: str | None, choice: Choice
) -> answers.Reading | None:
    """How one number a row is read, by what the user says, else by what the rows hold."""
    name = found.columns[0]
    if choice.confidence is not None or correct is not None:
        correct = correct or next(iter(answers.correct_columns(head, rest)), None)
        answer = next((n for n in rest if predictions.is_answer(head, n)), None)
        if correct is None and (answer is None or label is None):
            if label is None or not answers.correct_columns(head, [label]):
                raise InputError(f"{head.file}: say with --correct which column tells whether the answer was right")
            correct = label
        return answers.Reading(True, None if correct else answer, correct)
    said = label is not None and clean(label) in usual.CORRECT_NAMES and choice.positive is None and not found.logits
    if said and (choice.probabilities is None or clean(name) in usual.CONFIDENCE_NAMES):
        note = f"{name!r} is read as the confidence of an answer, and {label!r} as whether it was right; as the "
        return answers.Reading(True, correct=label, note=note + "probability of a class: --positive 1.")
    if choice.probabilities is not None or choice.positive is not None or found.logits:
        return None if label is None else answers.Reading(False)
    return answers.read_as(head, found, rest, label)


def _named(head: Head, choice: Choice) -> Predictions | None:
    """The predictions that an option names; with the classes that their columns are named for."""
    for option, value, logits in (
        ("--probabilities", choice.probabilities, False),
        ("--logits", choice.logits, True),
        ("--confidence", choice.confidence, False),
    ):
        if value is not None:
            names = _several(head.file, head.columns, value, option)
            members = [member(n, "logit" if logits else "probability") for n in names]
            if len(names) == 1:
                found = members[0]
                named = found is not None and found.number is None and not usual.is_extra(found.label)
                return Predictions(names, logits, label=found.label if named and found else None)
            if all(m is not None and m.number is not None for m in members):
                first = min(m.number or 0 for m in members if m is not None)
                return Predictions(names, logits, from_one=first == 1)
            prefix = value.rstrip("*") if value not in head.columns and "," not in value else ""
            if prefix and all(m is None for m in members):
                return Predictions(names, logits, tuple(n[len(prefix) :].strip("_ .-") for n in names))
            same = all(m is not None for m in members) and len({m.family for m in members if m is not None}) == 1
            classes = tuple(
                m.label if same and m is not None else n.strip() for m, n in zip(members, names, strict=True)
            )
            return Predictions(names, logits, classes)
    return None


def _with_all_classes(head: Head, rest: list[str], labels: list[str], choice: Choice) -> Predictions | None:
    others = {"--labels": choice.labels, "--votes": choice.votes, "--weight": choice.weight}
    taken = {name: option for option, name in others.items() if name} | dict.fromkeys(choice.slices, "--slice")
    roles = {*usual.ANSWER_NAMES, *usual.CONFIDENCE_NAMES, *usual.CORRECT_NAMES, *usual.WEIGHT_NAMES}
    free = [n for n in rest if n not in labels and clean(n) not in roles]
    for name, option in taken.items():
        if name not in head.columns:
            continue
        for kind in ("probability", "logit"):
            whole = predictions.families(head, [*free, name], kind)
            family = next((f for f in whole if name in f.columns), None)
            found = member(name, kind)
            if family is not None and found is not None and found.number is not None:
                raise InputError(
                    f"{head.file}: column {name!r} is one of the predictions {family.shown}, but {option} names it; "
                    "are labels and probabilities swapped?"
                )
    candidates = predictions.with_all_classes(head, free, labels)
    single = predictions.of_one_class(head, free) if not any(c.proven for c in candidates) else []
    in_family = {n for c in candidates for n in c.columns}
    lone = [c for c in single if c.columns[0] not in in_family and len(candidates) and clean(c.columns[0]) != "score"]
    return predictions.best(head, [*candidates, *lone])


def _one_number(head: Head, rest: list[str], choice: Choice, labels: str | None, correct: str | None) -> Predictions:
    """A column with one number a row: a probability, a logit, or a confidence."""
    known = [n for n in rest if not usual.is_label(n) and clean(n) not in usual.CORRECT_NAMES]
    confidences = answers.confidence_columns(head, known)
    found = predictions.of_one_class(head, [n for n in known if n not in confidences])
    has_truth = labels is not None or bool(truth.label_columns(head, rest))
    if confidences and (not found or correct is not None or not has_truth):
        if len(confidences) > 1:
            shown = ", ".join(map(repr, confidences))
            raise InputError(f"{head.file}: {shown} could each be the confidence; choose one with --confidence")
        return Predictions((confidences[0],))
    chosen = predictions.best(head, found)
    if chosen is not None:
        return chosen
    numeric = [n for n in known if clean(n) not in (*usual.ANSWER_NAMES, *usual.WEIGHT_NAMES)]
    run = predictions.summing_run(head, [n for n in numeric if head.columns[n].kind == "float"])
    if run is not None:
        return run
    if all(usual.is_label(n) for n in head.columns):
        raise InputError(
            f"{head.file}: holds labels only: audit the file of the predictions, with --labels {head.file}"
        )
    if "filtered_resps" in head.columns and has_truth:
        raise InputError(
            f"{head.file}: a log of generated answers, without how sure the model was: add a column 'confidence', or "
            "log a multiple-choice task"
        )
    raise InputError(
        f"{head.file}: no predictions found (looked for columns p0, p1, ..., prob_*, probabilities, logits); say which "
        f"with --probabilities or --logits; there are {truth.listed(head.columns)}"
    )


def find_truth(head: Head, choice: Choice) -> tuple[tuple[str, ...], bool]:
    """Find the truth in a file of its own: its columns, and whether they are votes. ``""`` takes the usual names.

    Raises:
        ValueError: as ``find_layout``.
    """
    if choice.labels:
        return (_label(head, choice.labels),), False
    if choice.votes:
        return _votes(head, choice.votes), True
    if choice.correct is not None:
        correct = answers.correct_columns(head, list(head.columns)) or list(head.columns)
        named = _known(head.file, head.columns, choice.correct, "--correct") if choice.correct else correct[0]
        return (named,), False
    free = [n for n in head.columns if choice.votes is None or not usual.is_label(n)]
    label, _ = truth.label_column(head, free, None, None)
    votes = truth.votes_columns(head, free)
    if label is not None and head.columns[label].width != 1:
        return votes or (label,), True
    if label is not None:
        return (label,), False
    if votes:
        return votes, True
    if len(free) == 1:  # a file of one array needs no name
        return (free[0],), head.columns[free[0]].width != 1
    raise truth.no_truth(head, free or head.columns)


def _label(head: Head, name: str) -> str:
    known = _known(head.file, head.columns, name, "--labels")
    if head.columns[known].width != 1:
        raise InputError(
            f"{head.file}: column {known!r} holds {head.columns[known].width or 'many'} numbers a row, and --labels "
            "takes one class a row; are labels and probabilities swapped? (votes: --votes)"
        )
    return known


def _votes(head: Head, value: str) -> tuple[str, ...]:
    names = _several(head.file, head.columns, value, "--votes")
    if len(names) == 1 and head.columns[names[0]].width == 1:
        raise InputError(
            f"{head.file}: column {names[0]!r} holds one number a row: --votes takes one for each class; labels go "
            "with --labels"
        )
    return names


def _several(file: str, columns: Mapping[str, Column], value: str, option: str) -> tuple[str, ...]:
    """The columns that an option's value names: one column, several with commas, or all that begin with a prefix."""
    if value in columns:
        return (value,)
    if "," in value:
        return tuple(_known(file, columns, name.strip(), option) for name in value.split(","))
    prefix = value.rstrip("*")
    family = [n for n in columns if prefix and n.startswith(prefix)]
    if len(family) > 1:
        numbers = {n: n[len(prefix) :].strip("_ .-") for n in family}
        if all(text.isdecimal() for text in numbers.values()):
            return predictions.in_order(file, {int(text): n for n, text in numbers.items()})
        return tuple(family)
    return (_known(file, columns, value, option),)


def _known(file: str, columns: Mapping[str, Column], name: str, option: str) -> str:
    if name in columns:
        return name
    alike = [n for n in columns if n.strip().lower() == name.strip().lower()]
    if len(alike) == 1:
        return alike[0]
    near = difflib.get_close_matches(name, columns, n=3, cutoff=0.5)
    hint = f"nearest: {', '.join(map(repr, near))}" if near else f"there are {truth.listed(columns)}"
    what = "column or file" if re.search(r"\.\w{2,7}$", name) else "column"
    raise InputError(f"{file}: no {what} {name!r} for {option}; {hint}")


def _single(
    file: str, columns: Mapping[str, Column], named: str | None, names: Sequence[str], option: str
) -> str | None:
    if named is not None:
        return _known(file, columns, named, option)
    matches = usual.usual(columns, tuple(names))
    if len(matches) > 1:
        raise InputError(f"{file}: {', '.join(map(repr, matches))} could each be used; choose one with {option}")
    return matches[0] if matches else None

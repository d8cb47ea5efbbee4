"""Finds the columns of predictions, truth, slices and weights: by their usual names, or as the user names them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from onewarm.errors import InputError
from onewarm.tables.source import Column

PROBABILITY_NAMES = ("probabilities", "probability", "probs", "prob", "proba", "y_prob", "y_proba", "softmax", "p")
LOGIT_NAMES = ("logits", "logit")
LABEL_NAMES = ("label", "labels", "target", "targets", "y", "y_true", "truth", "class")
VOTE_NAMES = ("votes", "counts", "soft_labels")
SLICE_NAMES = ("slice", "group")
CORRECT_NAMES = ("correct", "is_correct", "right", "hit", "acc", "accuracy", "exact_match")
WEIGHT_NAMES = ("weight", "weights", "sample_weight")

# Families: one column for each class, as p0 p1 ..., prob_cat prob_dog ..., logit_0 ...
_PROBABILITY_FAMILY = re.compile(r"(?:p_?|probs?_?|probability_?|probabilities_?|proba_?)(\d+)|(?:prob|proba|p)_(\w+)")
_LOGIT_FAMILY = re.compile(r"(?:logits?_?|z_?)(\d+)|logits?_(\w+)")
_VOTE_FAMILY = re.compile(r"(?:votes?_?|counts?_?)(\d+)|(?:votes?|counts?)_(\w+)")


@dataclass(frozen=True)
class Choice:
    """The columns that the user names; those that are None are found by their usual names.

    Attributes:
        labels: column of the true classes.
        probabilities, logits, votes: one column of lists; or a family of one column for each class, given by its
            prefix (``p_``) or by names with commas.
        slices: columns of groups to compare.
        weight: column of row weights.
        group: column whose equal values mark rows that are not independent, as the patient of an image.
        skip_missing: whether rows with a missing prediction, truth, weight or group are left out.
        confidence, correct: column of confidences, and of whether the answer was right: 0 and 1, or shares.
    """

    labels: str | None = None
    probabilities: str | None = None
    logits: str | None = None
    votes: str | None = None
    slices: tuple[str, ...] = ()
    weight: str | None = None
    group: str | None = None
    skip_missing: bool = False
    confidence: str | None = None
    correct: str | None = None


@dataclass(frozen=True)
class Layout:
    """The columns to read. Predictions and votes are one column of lists, or one column for each class.

    Attributes:
        predictions: their columns; a single column of numbers is the probability (or logit) of class 1 of two.
        logits: whether they are logits.
        truth: the column of labels, or the columns of votes (or distributions).
        votes: whether the truth is votes or distributions, not labels.
        slices, weight: columns of groups and of row weights.
        classes: names of the classes, where column names contain them (prob_cat, prob_dog).
        unused: columns that could have been the truth too, and were not taken.
        separate_truth: whether the truth is in a file of its own.
        group: column of groups of rows that are not independent.
        confidence: whether the prediction is a confidence, and the truth whether the answer was right.
    """

    predictions: tuple[str, ...]
    logits: bool
    truth: tuple[str, ...]
    votes: bool
    slices: tuple[str, ...] = ()
    weight: str | None = None
    classes: tuple[str, ...] | None = None
    unused: tuple[str, ...] = field(default=())
    separate_truth: bool = False
    group: str | None = None
    confidence: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that is read from the file of the predictions."""
        truth = () if self.separate_truth else self.truth
        others = (name for name in (*self.slices, self.weight, self.group) if name)
        return tuple(dict.fromkeys((*self.predictions, *truth, *others)))


def find_layout(file: str, columns: Mapping[str, Column], choice: Choice, *, truth: bool = True) -> Layout:
    """Choose the columns to read from a file.

    Args:
        file: its name, for errors.
        columns: its columns and their types.
        choice: the columns that the user names.
        truth: whether the truth is in this file.

    Raises:
        ValueError: a column is missing (the nearest names are given), several could be meant, or a type does not fit.

    Example:
        >>> columns = dict.fromkeys(["p0", "p1"], Column("float")) | {"y": Column("int")}
        >>> layout = find_layout("a.csv", columns, Choice())
        >>> layout.predictions, layout.truth
        (('p0', 'p1'), ('y',))
    """
    if choice.probabilities is not None and choice.logits is not None:
        raise InputError("give --probabilities or --logits, not both")
    if choice.labels is not None and choice.votes is not None:
        raise InputError("give --labels or --votes as the truth, not both")
    names: tuple[str, ...]
    unused: tuple[str, ...]
    if choice.confidence is not None:
        predictions: tuple[str, ...] = (_known(file, columns, choice.confidence, "--confidence"),)
        logits, classes = False, None
        correct = _single(file, columns, choice.correct, CORRECT_NAMES, "--correct")
        if correct is None:
            raise InputError(f"{file}: say with --correct which column says whether the answer was right")
        names, votes, unused = (correct,), False, ()
    else:
        predictions, logits, classes = _predictions(file, columns, choice)
        names, votes, unused = _truth(file, columns, choice, predictions) if truth else ((), False, ())
    slices = tuple(dict.fromkeys(_known(file, columns, name, "--slice") for name in choice.slices))
    if not slices:
        slices = tuple(n for n in columns if n.lower() in SLICE_NAMES and columns[n].width == 1)
    weight = _single(file, columns, choice.weight, WEIGHT_NAMES, "--weight")
    group = None if choice.group is None else _known(file, columns, choice.group, "--group")
    one_value = [*((n, "--slice") for n in slices), (weight, "--weight"), (group, "--group")]
    for name, option in ((n, o) for n, o in one_value if n):
        if columns[name].width != 1:
            raise InputError(f"{file}: column {name!r} holds lists: {option} takes one value a row")
    confidence = choice.confidence is not None
    return Layout(
        predictions, logits, names, votes, slices, weight, classes, unused, group=group, confidence=confidence
    )


def _predictions(
    file: str, columns: Mapping[str, Column], choice: Choice
) -> tuple[tuple[str, ...], bool, tuple[str, ...] | None]:
    others = [("--labels", choice.labels), ("--votes", choice.votes), ("--weight", choice.weight)]
    taken = {name: option for option, name in (*others, *(("--slice", n) for n in choice.slices)) if name}
    free = {n: c for n, c in columns.items() if n not in taken}
    if choice.probabilities is not None or choice.logits is not None:
        logits = choice.logits is not None
        option = "--logits" if logits else "--probabilities"
        names = _named(file, columns, choice.logits or choice.probabilities or "", option)
        return names, logits, _class_names(names, _LOGIT_FAMILY if logits else _PROBABILITY_FAMILY)
    candidates: list[tuple[tuple[str, ...], bool, tuple[str, ...] | None]] = []
    for logits, usual, pattern in (
        (False, PROBABILITY_NAMES, _PROBABILITY_FAMILY),
        (True, LOGIT_NAMES, _LOGIT_FAMILY),
    ):
        usual_names = [n for n in free if n.lower() in usual]
        for name, option in taken.items():
            numbered = pattern.fullmatch(name.lower())
            whole_family = _family(file, columns, pattern) if numbered and numbered[1] and name in columns else ()
            if name in whole_family:
                raise InputError(
                    f"{file}: column {name!r} is one of the predictions {_shown(whole_family)}, but {option} names it; "
                    "are labels and probabilities swapped?"
                )
        family = _family(file, free, pattern)
        if family:
            candidates.append((family, logits, _class_names(family, pattern)))
        candidates.extend(((n,), logits, None) for n in usual_names if n not in family)
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        shown = ", ".join(_shown(names) for names, _, _ in candidates)
        raise InputError(f"{file}: {shown} could each be the predictions; choose one with --probabilities or --logits")
    raise InputError(
        f"{file}: no predictions found (looked for columns p0, p1, ..., prob_*, probabilities, logits); say which "
        f"with --probabilities or --logits; there are {_listed(columns)}"
    )


def find_truth(file: str, columns: Mapping[str, Column], choice: Choice) -> tuple[tuple[str, ...], bool]:
    """Find the truth in a file of its own: its columns, and whether they are votes. ``""`` takes the usual names.

    Raises:
        ValueError: as ``find_layout``.
    """
    if choice.votes == "":
        free = {n: c for n, c in columns.items() if n.lower() not in LABEL_NAMES}
        names, votes, _ = _truth(file, free, Choice(), ())
    elif choice.labels == "":
        names, votes, _ = _truth(file, columns, Choice(), ())
    else:
        names, votes, _ = _truth(file, columns, choice, ())
    return names, votes


def _truth(
    file: str, columns: Mapping[str, Column], choice: Choice, predictions: tuple[str, ...]
) -> tuple[tuple[str, ...], bool, tuple[str, ...]]:
    if choice.labels is not None:
        name = _known(file, columns, choice.labels, "--labels")
        if columns[name].width != 1:
            raise InputError(
                f"{file}: column {name!r} holds {columns[name].width or 'many'} numbers a row, and --labels takes one "
                "class a row; are labels and probabilities swapped? (votes: --votes)"
            )
        return (name,), False, ()
    if choice.votes is not None:
        names = _named(file, columns, choice.votes, "--votes")
        if len(names) == 1 and columns[names[0]].width == 1:
            raise InputError(
                f"{file}: column {names[0]!r} holds one number a row: --votes takes one for each class; labels go with "
                "--labels"
            )
        return names, True, ()
    free = {n: c for n, c in columns.items() if n not in predictions}
    label = _single(file, free, None, LABEL_NAMES, "--labels")
    votes = _family(file, free, _VOTE_FAMILY) or tuple(
        n for n in free if n.lower() in VOTE_NAMES and free[n].width != 1
    )
    if label is not None and columns[label].width != 1:
        votes, label = (votes or (label,)), None
    if label is not None:
        return (label,), False, votes
    if votes:
        return votes, True, ()
    raise InputError(
        f"{file}: no truth found (looked for {', '.join(LABEL_NAMES[:6])}, votes); say which with --labels or --votes; "
        f"there are {_listed(free or columns)}"
    )


def _named(file: str, columns: Mapping[str, Column], value: str, option: str) -> tuple[str, ...]:
    """The columns that an option's value names: one column, several with commas, or all that begin with a prefix."""
    if value in columns:
        return (value,)
    if "," in value:
        return tuple(_known(file, columns, name.strip(), option) for name in value.split(","))
    prefix = value.rstrip("*")
    family = [n for n in columns if prefix and n.startswith(prefix)]
    if len(family) > 1:
        return _in_order(file, family, prefix)
    return (_known(file, columns, value, option),)


def _known(file: str, columns: Mapping[str, Column], name: str, option: str) -> str:
    if name in columns:
        return name
    near = difflib.get_close_matches(name, columns, n=3, cutoff=0.5)
    hint = f"nearest: {', '.join(map(repr, near))}" if near else f"there are {_listed(columns)}"
    raise InputError(f"{file}: no column {name!r} for {option}; {hint}")


def _single(
    file: str, columns: Mapping[str, Column], named: str | None, usual: Sequence[str], option: str
) -> str | None:
    if named is not None:
        return _known(file, columns, named, option)
    matches = [n for n in columns if n.lower() in usual]
    if len(matches) > 1:
        raise InputError(f"{file}: {', '.join(map(repr, matches))} could each be used; choose one with {option}")
    return matches[0] if matches else None


def _family(file: str, columns: Mapping[str, Column], pattern: re.Pattern[str]) -> tuple[str, ...]:
    members = []
    for name, column in columns.items():
        match = pattern.fullmatch(name.lower())
        # A numbered column of text is a CSV column of numbers with a bad value: the error names it when it is read.
        if match and column.width == 1 and (match[1] or column.kind != "text"):
            members.append(name)
    if len(members) < 2:
        return ()
    prefix = re.sub(r"\d+$", "", members[0])
    return _in_order(file, members, prefix)


def _in_order(file: str, names: Sequence[str], prefix: str) -> tuple[str, ...]:
    """Numbered columns in the order of their numbers, which must be 0..K-1 or 1..K; named ones in the file's order."""
    numbers = {n: re.search(r"(\d+)$", n) for n in names}
    if not all(numbers.values()):
        return tuple(names)
    order = {int(m[1]): n for n, m in numbers.items() if m}
    first = min(order)
    missing = [k for k in range(min(first, 1), max(order) + 1) if k not in order and not (k == 0 and first == 1)]
    if missing:
        raise InputError(
            f"{file}: columns {order[first]!r} to {order[max(order)]!r} lack {prefix + str(missing[0])!r}: "
            "give one for every class"
        )
    return tuple(order[k] for k in sorted(order))


def _class_names(names: tuple[str, ...], pattern: re.Pattern[str]) -> tuple[str, ...] | None:
    if len(names) < 2:
        return None
    matches = [pattern.fullmatch(n.lower()) for n in names]
    if not all(m and m[2] for m in matches):
        return None
    return tuple(n[m.start(2) :] for n, m in zip(names, matches, strict=True) if m)


def _shown(names: tuple[str, ...]) -> str:
    return repr(names[0]) if len(names) == 1 else f"{names[0]!r}..{names[-1]!r}"


def _listed(columns: Mapping[str, Column]) -> str:
    names = [repr(n) for n in columns]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") if names else "no columns"

"""Which columns of a file hold the predictions, the truth, slices and weights: by their usual names, or as told."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PROBABILITY_NAMES = ("probabilities", "probability", "probs", "prob", "proba", "y_prob", "y_proba", "softmax", "p")
LOGIT_NAMES = ("logits", "logit")
LABEL_NAMES = ("label", "labels", "target", "targets", "y", "y_true", "truth", "class")
VOTE_NAMES = ("votes", "counts", "soft_labels")
SLICE_NAMES = ("slice", "group")
WEIGHT_NAMES = ("weight", "weights", "sample_weight")

# Families of columns, one a class: p0 p1 ..., prob_cat prob_dog ..., logit_0 ...
_PROBABILITY_FAMILY = re.compile(r"(?:p_?|probs?_?|probability_?|probabilities_?|proba_?)(\d+)|(?:prob|proba|p)_(\w+)")
_LOGIT_FAMILY = re.compile(r"(?:logits?_?|z_?)(\d+)|logits?_(\w+)")
_VOTE_FAMILY = re.compile(r"(?:votes?_?|counts?_?)(\d+)|(?:votes?|counts?)_(\w+)")


@dataclass(frozen=True)
class Column:
    """What a file says of a column: ``kind`` "int", "float", "text" or "other"; numbers a row, or None for lists."""

    kind: str
    width: int | None = 1


@dataclass(frozen=True)
class Choice:
    """What the user said: names of columns (a family may be a prefix, as ``p_``, or names with commas), or None."""

    labels: str | None = None
    probabilities: str | None = None
    logits: str | None = None
    votes: str | None = None
    slices: tuple[str, ...] = ()
    weight: str | None = None


@dataclass(frozen=True)
class Layout:
    """The columns to read. Predictions and votes: one column of lists, or one column a class.

    Attributes:
        predictions: names; a single scalar one is the probability of class 1 of two.
        logits: whether they are logits.
        truth: names: one of labels, or those of votes (or distributions).
        votes: whether the truth is votes or distributions, not labels.
        slices, weight: names of these.
        classes: names of the classes, where the columns tell them (prob_cat, prob_dog).
        unused: columns that could have been the truth too, and were not taken.
        apart: whether the truth is in a file of its own.
    """

    predictions: tuple[str, ...]
    logits: bool
    truth: tuple[str, ...]
    votes: bool
    slices: tuple[str, ...] = ()
    weight: str | None = None
    classes: tuple[str, ...] | None = None
    unused: tuple[str, ...] = field(default=())
    apart: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that is read from the file of the predictions."""
        truth = () if self.apart else self.truth
        return (*self.predictions, *truth, *self.slices, *([self.weight] if self.weight else []))


def find_layout(file: str, columns: Mapping[str, Column], choice: Choice, *, truth: bool = True) -> Layout:
    """The layout of a file with these columns; without ``truth`` that is looked for elsewhere.

    Raises ValueError, naming the nearest columns there are, where one is missing, two would do, or kinds disagree.

    >>> found = find_layout("a.csv", dict.fromkeys(["p0", "p1"], Column("float")) | {"y": Column("int")}, Choice())
    >>> found.predictions, found.truth
    (('p0', 'p1'), ('y',))
    """
    if choice.probabilities is not None and choice.logits is not None:
        raise ValueError("give --probabilities or --logits, not both")
    if choice.labels is not None and choice.votes is not None:
        raise ValueError("give --labels or --votes as the truth, not both")
    predictions, logits, classes = _predictions(file, columns, choice)
    names, votes, unused = _truth(file, columns, choice, predictions) if truth else ((), False, ())
    slices = tuple(dict.fromkeys(_known(file, columns, name, "--slice") for name in choice.slices))
    if not slices:
        slices = tuple(n for n in columns if n.lower() in SLICE_NAMES and columns[n].width == 1)
    weight = _one(file, columns, choice.weight, WEIGHT_NAMES, "--weight")
    for name, option in [*((n, "--slice") for n in slices), *([(weight, "--weight")] if weight else [])]:
        if columns[name].width != 1:
            raise ValueError(f"{file}: column {name!r} holds lists: {option} takes one value a row")
    return Layout(predictions, logits, names, votes, slices, weight, classes, unused)


def _predictions(
    file: str, columns: Mapping[str, Column], choice: Choice
) -> tuple[tuple[str, ...], bool, tuple[str, ...] | None]:
    others = [("--labels", choice.labels), ("--votes", choice.votes), ("--weight", choice.weight)]
    taken = {name: option for option, name in (*others, *(("--slice", n) for n in choice.slices)) if name}
    free = {n: c for n, c in columns.items() if n not in taken}
    if choice.probabilities is not None or choice.logits is not None:
        logits = choice.logits is not None
        option = "--logits" if logits else "--probabilities"
        names = _told(file, columns, choice.logits or choice.probabilities or "", option)
        return names, logits, _class_names(names, _LOGIT_FAMILY if logits else _PROBABILITY_FAMILY)
    found: list[tuple[tuple[str, ...], bool, tuple[str, ...] | None]] = []
    for logits, usual, pattern in (
        (False, PROBABILITY_NAMES, _PROBABILITY_FAMILY),
        (True, LOGIT_NAMES, _LOGIT_FAMILY),
    ):
        whole = [n for n in free if n.lower() in usual]
        for name, option in taken.items():
            numbered = pattern.fullmatch(name.lower())
            whole_family = _family(file, columns, pattern) if numbered and numbered[1] and name in columns else ()
            if name in whole_family:
                raise ValueError(
                    f"{file}: column {name!r} is one of the predictions {_shown(whole_family)}, but {option} names it; "
                    "are labels and probabilities swapped?"
                )
        family = _family(file, free, pattern)
        if family:
            found.append((family, logits, _class_names(family, pattern)))
        found.extend(((n,), logits, None) for n in whole if n not in family)
    if len(found) == 1:
        return found[0]
    if found:
        said = ", ".join(_shown(names) for names, _, _ in found)
        raise ValueError(f"{file}: {said} could each be the predictions; say which with --probabilities or --logits")
    raise ValueError(
        f"{file}: no predictions found (looked for columns p0, p1, ..., prob_*, probabilities, logits); say which "
        f"with --probabilities or --logits; there are {_there(columns)}"
    )


def find_truth(file: str, columns: Mapping[str, Column], choice: Choice) -> tuple[tuple[str, ...], bool]:
    """The columns of the truth in a file of its own, and whether they are votes; "" takes the usual names."""
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
            raise ValueError(
                f"{file}: column {name!r} holds {columns[name].width or 'many'} numbers a row, and --labels takes one "
                "class a row; are labels and probabilities swapped? (votes: --votes)"
            )
        return (name,), False, ()
    if choice.votes is not None:
        names = _told(file, columns, choice.votes, "--votes")
        if len(names) == 1 and columns[names[0]].width == 1:
            raise ValueError(
                f"{file}: column {names[0]!r} holds one number a row: --votes takes one for each class; labels go with "
                "--labels"
            )
        return names, True, ()
    free = {n: c for n, c in columns.items() if n not in predictions}
    label = _one(file, free, None, LABEL_NAMES, "--labels")
    votes = _family(file, free, _VOTE_FAMILY) or tuple(
        n for n in free if n.lower() in VOTE_NAMES and free[n].width != 1
    )
    if label is not None and columns[label].width != 1:
        votes, label = (votes or (label,)), None
    if label is not None:
        return (label,), False, votes
    if votes:
        return votes, True, ()
    raise ValueError(
        f"{file}: no truth found (looked for {', '.join(LABEL_NAMES[:6])}, votes); say which with --labels or --votes; "
        f"there are {_there(free or columns)}"
    )


def _told(file: str, columns: Mapping[str, Column], said: str, option: str) -> tuple[str, ...]:
    """Columns that an option names: one, several with commas, or all that begin with a prefix and a number or name."""
    if said in columns:
        return (said,)
    if "," in said:
        return tuple(_known(file, columns, name.strip(), option) for name in said.split(","))
    begins = [n for n in columns if n.startswith(said.rstrip("*")) and said.rstrip("*")]
    if len(begins) > 1:
        return _in_order(file, begins, said.rstrip("*"))
    return (_known(file, columns, said, option),)


def _known(file: str, columns: Mapping[str, Column], name: str, option: str) -> str:
    if name in columns:
        return name
    near = difflib.get_close_matches(name, columns, n=3, cutoff=0.5)
    hint = f"nearest: {', '.join(map(repr, near))}" if near else f"there are {_there(columns)}"
    raise ValueError(f"{file}: no column {name!r} for {option}; {hint}")


def _one(file: str, columns: Mapping[str, Column], said: str | None, usual: Sequence[str], option: str) -> str | None:
    if said is not None:
        return _known(file, columns, said, option)
    found = [n for n in columns if n.lower() in usual]
    if len(found) > 1:
        raise ValueError(f"{file}: {', '.join(map(repr, found))} could each be it; say which with {option}")
    return found[0] if found else None


def _family(file: str, columns: Mapping[str, Column], pattern: re.Pattern[str]) -> tuple[str, ...]:
    members = []
    for name, column in columns.items():
        found = pattern.fullmatch(name.lower())
        # A numbered column of text is a column of numbers with a bad one, to be told when it is read.
        if found and column.width == 1 and (found[1] or column.kind != "text"):
            members.append(name)
    if len(members) < 2:
        return ()
    prefix = re.sub(r"\d+$", "", members[0])
    return _in_order(file, members, prefix)


def _in_order(file: str, names: Sequence[str], prefix: str) -> tuple[str, ...]:
    """Numbered columns by their number, which must be 0..K-1 or 1..K; named ones as they stand."""
    numbers = {n: re.search(r"(\d+)$", n) for n in names}
    if not all(numbers.values()):
        return tuple(names)
    order = {int(m[1]): n for n, m in numbers.items() if m}
    first = min(order)
    lacking = [k for k in range(min(first, 1), max(order) + 1) if k not in order and not (k == 0 and first == 1)]
    if lacking:
        raise ValueError(
            f"{file}: columns {order[first]!r} to {order[max(order)]!r} lack {prefix + str(lacking[0])!r}: "
            "give one for every class"
        )
    return tuple(order[k] for k in sorted(order))


def _class_names(names: tuple[str, ...], pattern: re.Pattern[str]) -> tuple[str, ...] | None:
    if len(names) < 2:
        return None
    found = [pattern.fullmatch(n.lower()) for n in names]
    if not all(m and m[2] for m in found):
        return None
    return tuple(n[m.start(2) :] for n, m in zip(names, found, strict=True) if m)


def _shown(names: tuple[str, ...]) -> str:
    return repr(names[0]) if len(names) == 1 else f"{names[0]!r}..{names[-1]!r}"


def _there(columns: Mapping[str, Column]) -> str:
    names = [repr(n) for n in columns]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") if names else "no columns"

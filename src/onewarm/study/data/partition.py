"""Which rows are for training, validation and test: stratified by seed, the user's own, whole groups, or by time."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from onewarm.checks import visible
from onewarm.errors import InputError, needs
from onewarm.study.data.splits import Sampling, stratified

Indices = NDArray[np.int64]
Parts = tuple[Indices, Indices, Indices]
PARTS = ("training", "validation", "test")

_SPELLINGS = {
    "training": ("train", "training", "trn", "tr", "fit", "learn"),
    "validation": ("validation", "valid", "val", "dev", "development", "eval", "tune"),
    "test": ("test", "testing", "tst", "te", "holdout", "hold-out"),
}


def looks_like_parts(values: Iterable[Any]) -> bool:
    """Whether a column's values name parts of a split, training and test among them, and nothing else.

    >>> looks_like_parts(["train", "test", "val"]), looks_like_parts(["train", "bus"])
    (True, False)
    """
    named = {_plain(value) for value in values}
    known = {spelling for spellings in _SPELLINGS.values() for spelling in spellings}
    return named <= known and all(named & set(_SPELLINGS[part]) for part in ("training", "test"))


def _plain(value: Any) -> str:
    """The name of a part without what follows it: "Training set", "test_data", "train.csv"."""
    return re.sub(r"[\s_.-]*(set|data|split|part|rows|csv)$", "", str(value).strip().lower())


_FOLDS = 5
MIN_GROUPS = 3


class Partition(Protocol):
    """The places of a seed's training, validation and test rows among N."""

    @property
    def sampling(self) -> Sampling:
        """How seeds differ."""

    @property
    def sentence(self) -> str:
        """How the rows are split, in words."""

    def __call__(self, seed: int) -> Parts:
        """The parts of a seed."""


@dataclass(frozen=True)
class Stratified:
    """60 % training, 20 % validation, 20 % test rows by seed, each class in proportion."""

    y: Indices
    sampling: Sampling = "resplit"
    sentence: str = ""

    def __call__(self, seed: int) -> Parts:
        n = len(self.y)
        sizes = round(0.6 * n), round(0.2 * n), n - round(0.6 * n) - round(0.2 * n)
        return stratified(self.y, sizes, np.random.default_rng([3, seed]))


@dataclass(frozen=True)
class Fixed:
    """Parts that are the same for all seeds; without validation rows, a fifth of the training rows are."""

    y: Indices
    parts: Parts
    sentence: str
    sampling: Sampling = "fixed"

    def __call__(self, seed: int) -> Parts:
        train, validation, test = self.parts
        if len(validation):
            return self.parts
        counts = np.bincount(self.y[train])
        alone = train[counts[self.y[train]] == 1]  # the only training row of its class stays one
        shared = np.setdiff1d(train, alone)
        n = round(0.2 * len(shared))
        some, others, _ = stratified(self.y[shared], (len(shared) - n, n, 0), np.random.default_rng([5, seed]))
        return np.append(shared[some], alone), shared[others], test


@dataclass(frozen=True)
class Grouped:
    """Whole groups in each part, by seed: a fifth of the rows for test, a fifth for validation, as well as it goes."""

    y: Indices
    groups: Indices
    sentence: str
    sampling: Sampling = "resplit"

    def __call__(self, seed: int) -> Parts:
        with needs("a split by groups", "study"):
            from sklearn.model_selection import StratifiedGroupKFold

        count = min(_FOLDS, len(np.unique(self.groups)), int(np.bincount(self.y).max()))
        folds = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of classes in fewer groups than folds
            held = [test for _, test in folds.split(np.zeros(len(self.y)), self.y, self.groups)]
        held = [part for part in held if len(part)]
        classes = len(np.unique(self.y))
        for i in range(len(held)):
            for j in range(len(held)):
                train = np.setdiff1d(np.arange(len(self.y)), np.concatenate([held[i], held[j]]))
                if i != j and len(train) and len(np.unique(self.y[train])) == classes:
                    rng = np.random.default_rng([6, seed])
                    return rng.permutation(train), rng.permutation(held[j]), rng.permutation(held[i])
        raise InputError(
            f"group: seed {seed} leaves a class without training rows, for all of its rows are in few groups: merge or "
            "drop such classes"
        )


def named_parts(
    file: str, name: str, values: Sequence[Any], y: Indices, rows: Indices, classes: Sequence[str]
) -> Fixed:
    """The user's own split, from the name of each row's part; ``rows`` are the rows that are used.

    Raises InputError for names that are none of a part, parts without rows, classes without training rows.
    """
    at = {spelling: k for k, part in enumerate(PARTS) for spelling in _SPELLINGS[part]}
    codes_of = {value: at.get(_plain(value), -1) for value in set(values)}
    found = [codes_of[value] for value in values]
    if -1 in found:
        row = found.index(-1)
        shown = "empty" if values[row] is None else repr(visible(str(values[row])))
        raise InputError(
            f"{file}: row {row + 1}, {name} is {shown}: name each row's part 'train', 'validation' or 'test' (without "
            "'validation' it is cut from the training rows), and leave other rows out of the file"
        )
    codes = np.asarray(found)[rows]
    train, validation, test = (np.flatnonzero(codes == k) for k in range(3))
    return own_parts(file, name, (train, validation, test), y, classes)


def indexed_parts(name: str, parts: Sequence[Any], y: Indices, rows: Indices, classes: Sequence[str]) -> Fixed:
    """The user's own split, from arrays of places in the data; ``rows`` are the places that are used.

    Raises InputError for places that are out of range, or in two parts.
    """
    at = np.full(int(rows.max()) + 1, -1)
    at[rows] = np.arange(len(rows))
    found: list[Indices] = []
    for part, given in zip(PARTS, parts, strict=True):
        places = np.asarray(given)
        if places.dtype == bool and places.shape == (len(at),):
            places = np.flatnonzero(places)
        if places.ndim != 1 or (len(places) and places.dtype.kind not in "iu"):
            raise InputError(f"split: the {part} part has shape {places.shape} of {places.dtype}: give places of rows")
        if len(places) and (places.min() < 0 or places.max() >= len(at)):
            bad = int(places[(places < 0) | (places >= len(at))][0])
            raise InputError(f"split: the {part} part names row {bad}, and {name} has the rows 0 to {len(at) - 1}")
        kept = at[places.astype(np.int64)]
        found.append(kept[kept >= 0])
    every, counts = np.unique(np.concatenate(found), return_counts=True)
    if (counts > 1).any():
        raise InputError(f"split: row {int(rows[every[counts > 1][0]])} is in two parts, or twice in one")
    return own_parts(name, "split", (found[0], found[1], found[2]), y, classes)


def own_parts(file: str, name: str, parts: Parts, y: Indices, classes: Sequence[str]) -> Fixed:
    """The user's own split, checked."""
    train, validation, test = parts
    for part, rows in (("training", train), ("test", test)):
        if not len(rows):
            raise InputError(f"{file}: {name} names no {part} rows")
    _check_training(file, name, y, train, classes)
    own = "" if len(validation) else ", a fifth of them held out by seed for validation"
    own_name = "" if name == "split" else f" ({name})"
    shown = f" and {len(validation)} for validation" if len(validation) else ""
    return Fixed(
        y, parts, f"Split: your own{own_name}: {len(train)} rows for training{own}{shown}, {len(test)} for test."
    )


def grouped(file: str, name: str, codes: Indices, y: Indices) -> Grouped:
    """Whole groups in each part. Raises InputError for fewer than three groups."""
    count = len(np.unique(codes))
    if count < MIN_GROUPS:
        raise InputError(
            f"{file}: {name} has {count} group{'s' if count > 1 else ''}, and needs {MIN_GROUPS}: one each for "
            "training, validation and test"
        )
    of_name = "" if name == "group" else f" of {name}"
    split = f"Split: whole groups{of_name} ({count}) on one side, by seed, classes in proportion"
    return Grouped(y, codes, f"{split}; the numbers of rows differ by seed.")


def timed(file: str, name: str, times: NDArray[Any], y: Indices, classes: Sequence[str]) -> Fixed:
    """The earliest 60 % for training, the next 20 % for validation, the last 20 % for test; equal times stay together.

    Raises InputError for fewer than three different times, and for classes that occur only after training.
    """
    order = np.argsort(times, kind="stable").astype(np.int64)
    ordered = times[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    if len(starts) < len(PARTS):
        raise InputError(
            f"{file}: {name} has {len(starts)} different times, and needs 3: for training, validation and test"
        )
    n = len(times)
    first = int(np.abs(starts[1:-1] - 0.6 * n).argmin()) + 1
    second = first + 1 + int(np.abs(starts[first + 1 :] - 0.8 * n).argmin())
    parts = order[: starts[first]], order[starts[first] : starts[second]], order[starts[second] :]
    _check_training(file, name, y, parts[0], classes)
    sizes = ", ".join(f"{len(part)} for {title}" for part, title in zip(parts, PARTS, strict=True))
    return Fixed(y, parts, f"Split: by {name}, the earliest rows for training, the last for test ({sizes}).")


def _check_training(file: str, name: str, y: Indices, train: Indices, classes: Sequence[str]) -> None:
    absent = np.setdiff1d(y, y[train]).tolist()
    if absent:
        shown = ", ".join(repr(visible(classes[k])) for k in absent[:8]) + (", ..." if len(absent) > 8 else "")
        raise InputError(
            f"{file}: by {name}, {len(absent)} class{'es have' if len(absent) > 1 else ' has'} no training rows: "
            f"{shown}; leave them out, or move some of their rows"
        )

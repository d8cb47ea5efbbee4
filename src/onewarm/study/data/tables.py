"""A data set of a table or array: classes, features by the statistics of the training rows, and the parts of a seed."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.checks import visible
from onewarm.errors import InputError
from onewarm.study.data.arrays import Labels, take, votes_of, without
from onewarm.study.data.datasets import Dataset, content
from onewarm.study.data.partition import (
    MIN_GROUPS,
    Partition,
    Parts,
    Stratified,
    grouped,
    indexed_parts,
    looks_like_parts,
    named_parts,
    timed,
)
from onewarm.study.data.splits import Rows, Split
from onewarm.tables.features.encode import Encoder, Fit
from onewarm.tables.features.keys import codes_of, distinct, times_of
from onewarm.tables.features.labels import has_label, named
from onewarm.tables.features.notes import names_of
from onewarm.tables.features.raw import Raw, column_of, columns_hash, is_text
from onewarm.tables.features.repeats import repeated, row_hashes
from onewarm.tables.features.table import Table, table
from onewarm.tables.source import Tell, untold

_WHOSE = re.compile(
    r"(?:patient|subject|participant|person|user|customer|client|household|family|speaker|author|writer|session|visitor|"
    r"hospital|site|donor|animal|group|video|document)s?(?:[ _-]?(?:id|no|nr|number|code|name))?",
    re.IGNORECASE,
)
"""Names of columns that say whose a row is."""

_ENCODING = 4  # of features: raise it when the same table gives other ones


@dataclass(frozen=True)
class Options:
    """How rows are split, what happens to rare classes and columns, and votes: names of columns, or arrays."""

    split: Any = None
    group: Any = None
    time: Any = None
    rare: Any = "error"
    votes: Any = None
    drop: str | Sequence[str] = ()
    category: str | Sequence[str] = ()

    def __post_init__(self) -> None:
        if len(self.ways) > 1:
            raise InputError(f"{' and '.join(self.ways)} are both given: rows are split in one way; give one of them")

    @property
    def ways(self) -> list[str]:
        """Which of split, group and time are given."""
        return [name for name in ("split", "group", "time") if getattr(self, name) is not None]

    @property
    def given(self) -> list[str]:
        """Which options are given."""
        others = {"votes": self.votes is not None, "rare": self.rare != "error", "drop": bool(self.drop)}
        others["category"] = bool(self.category)
        return [*self.ways, *(name for name, is_given in others.items() if is_given)]

    @property
    def dropped(self) -> tuple[str, ...]:
        """The columns to leave out."""
        return (self.drop,) if isinstance(self.drop, str) else tuple(self.drop)

    @property
    def categories(self) -> tuple[str, ...]:
        """The columns whose values are levels."""
        return (self.category,) if isinstance(self.category, str) else tuple(self.category)

    def columns(self, raw: Raw) -> tuple[str, ...]:
        """The columns that the options name and that are no features."""
        votes = self.votes if isinstance(self.votes, list | tuple) else [self.votes]
        names = [n for n in (self.split, self.group, self.time, *votes, *self.dropped) if isinstance(n, str)]
        return tuple(dict.fromkeys(names))

    def resolved(self, raw: Raw) -> Options:
        """The options with the columns' names as the table has them. Raises InputError for one that is not there."""

        def name(value: Any) -> Any:
            if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
                return [named(raw.name, one, list(raw.columns)) for one in value]
            return named(raw.name, value, list(raw.columns)) if isinstance(value, str) else value

        split = self.split if isinstance(self.split, list | tuple) else name(self.split)
        return replace(self, split=split, group=name(self.group) if isinstance(self.group, str) else self.group,
                       time=name(self.time) if isinstance(self.time, str) else self.time, votes=name(self.votes),
                       drop=name(self.drop), category=name(self.category))  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """The rows of a seed: can be sent to other processes."""

    encoder: Encoder
    rows: NDArray[np.int64]
    y: NDArray[np.int64]
    partition: Partition
    votes: NDArray[np.int64] | None = None
    original: Any = None

    def __call__(self, seed: int) -> Split:
        parts = self.partition(seed)
        fit = self.encoder.fit(self.rows[parts[0]])
        return Split(*(self._part(part, fit) for part in parts))

    def _part(self, part: NDArray[np.int64], fit: Fit) -> Rows:
        at = self.rows[part]
        votes = None if self.votes is None else self.votes[part]
        return Rows(self.encoder.transform(at, fit), self.y[part], votes=votes, original=take(self.original, at))


def of_raw(
    raw: Raw,
    label: str | None,
    labels: Labels | None,
    options: Options = Options(),
    *,
    original: Any = None,
    notes: Sequence[str] = (),
    tell: Tell = untold,
    key: str | None = None,
    title: str | None = None,
    source: str | None = None,
) -> Dataset:
    """The data set of a table.

    Args:
        raw: its columns.
        label: the label column, where labels are one.
        labels: the labels, where they are none.
        options: split, rare classes, votes.
        original: the rows as the user gave them.
        notes: of what was done before.
        tell: hears how far it is.
        key, title, source: of a data set that has a name.

    Raises InputError as ``tables.features.table`` and ``partition``.
    """
    options = options.resolved(raw)
    aside = options.columns(raw)
    votes = _votes(raw, options.votes)
    if labels is None and label is None and votes is not None and not has_label(list(raw.columns)):
        labels = votes
    counts = labels.votes if labels is not None and labels.votes is not None else None if votes is None else votes.votes
    values = {way: _way(raw, way, getattr(options, way)) for way in options.ways}
    units = codes_of(raw.name, _called(options.group), values["group"]) if "group" in values else None
    given = None if labels is None else labels.values
    made = table(
        raw, label, y=given, aside=aside, categories=options.categories, rare=options.rare, units=units, tell=tell
    )
    if both := [n for n in options.categories if n in aside or n == made.label]:
        raise InputError(f"{raw.name}: {both[0]!r} is to be a category, and is no feature: it is named otherwise too")
    if made.label in options.dropped:
        raise InputError(f"{raw.name}: {made.label!r} is the label, and to be left out: name another --label")
    if counts is not None:
        counts = _of_classes(counts, made, raw.name, options.rare)
    partition = _partition(raw, made, options, values, units)
    first = partition(0)
    copies = repeated(row_hashes(made.encoder, made.rows), made.y, first[0], first[2])
    said = [
        *notes,
        *raw.notes,
        copies,
        *(labels.notes if labels else ()),
        *made.notes,
        f"Categories, as asked: {names_of(options.categories)}." if options.categories else "",
        f"Left out, as asked: {names_of(options.dropped)}." if options.dropped else "",
        partition.sentence,
        *_unnamed_split(raw, options),
        *_unnamed_groups(raw, made, options),
    ]
    sizes = tuple(len(part) for part in first)
    extra = [None if v is None else columns_hash({"": v if isinstance(v, np.ndarray) else column_of(v, "")})
             for v in (labels and labels.values, counts)]  # fmt: skip
    key = key or raw.name
    original = _images(raw, made.label) if original is None else original
    dropped = [*aside, *([made.label] if made.label else [])]
    return Dataset(
        key=key,
        title=title or key,
        source=source or f"{key}, {len(made.y)} rows, {made.columns} columns as {made.encoder.width} features"
        + (f", label column {made.label!r}" if made.label else ""),
        class_names=made.class_names,
        sizes=(sizes[0], sizes[1], sizes[2]),
        content=content(raw.sha256, made.label, aside, extra, _hash_of(partition, first), options.rare, _ENCODING,
                        options.categories),
        sample=Sample(made.encoder, made.rows, made.y, partition, counts,
                      without(original, dropped)),
        sampling=partition.sampling,
        label=made.label,
        notes=tuple(sentence for sentence in said if sentence),
        options={name: _named(name, getattr(options, name)) for name in options.given},
    )  # fmt: skip


def _images(raw: Raw, label: str | None) -> Any:
    """The one array of a file of images: models of the user's see its shape."""
    arrays = [c for name, c in raw.columns.items() if name != label]
    return arrays[0] if len(arrays) == 1 and isinstance(arrays[0], np.ndarray) and arrays[0].ndim > 2 else None


def _named(option: str, value: Any) -> Any:
    """A name, or names, of columns as JSON values; None for an array."""
    if isinstance(value, str):
        return value
    names = (
        option in ("drop", "votes", "category")
        and isinstance(value, list | tuple)
        and all(isinstance(v, str) for v in value)
    )
    return list(value) if names else None


def _called(value: Any) -> str:
    return f"column {value!r}" if isinstance(value, str) else ""


def _way(raw: Raw, way: str, value: Any) -> Any:
    """The values of a split, groups or times, (N,); three arrays of places stay as they are."""
    if isinstance(value, str):
        return raw.columns[value]
    if way == "split" and isinstance(value, list | tuple) and len(value) == 3 and not isinstance(value[0], str):
        return value
    values = column_of(value, way)
    if len(values) != raw.rows:
        raise InputError(f"{way} has {len(values)} rows, and {raw.name} {raw.rows}: one value for each row")
    return values


def _partition(raw: Raw, made: Table, options: Options, values: dict[str, Any], units: Any) -> Partition:
    if "split" in values:
        parts = values["split"]
        if isinstance(parts, list | tuple):
            return indexed_parts(raw.name, parts, made.y, made.rows, made.class_names)
        texts = parts.tolist() if isinstance(parts, np.ndarray) else parts.to_pylist()
        name = _called(options.split) or "split"
        return named_parts(raw.name, name, texts, made.y, made.rows, made.class_names)
    if "group" in values:
        return grouped(raw.name, _called(options.group) or "group", units[made.rows], made.y)
    if "time" in values:
        name = _called(options.time) or "time"
        times = times_of(raw.name, name, values["time"], raw.decimal)[made.rows]
        return timed(raw.name, name, times, made.y, made.class_names)
    return Stratified(made.y)


def _unnamed_split(raw: Raw, options: Options) -> list[str]:
    """A sentence for a column that holds the parts of a split and was not named as one."""
    if options.ways:
        return []
    found = [name for name, column in raw.columns.items() if is_text(column) and _names_parts(column)]
    return [
        f"Column {visible(name)!r} names training and test rows, and is a feature here: --split-column {visible(name)} "
        f"(split={visible(name)!r}) takes it as your split."
        for name in found
    ]


def _unnamed_groups(raw: Raw, made: Table, options: Options) -> list[str]:
    """A sentence for a column that says whose rows these are, several a piece, and was not named as groups."""
    if options.ways:
        return []
    names = [n for n in raw.columns if n not in (made.label, *made.aside) and _WHOSE.fullmatch(n.strip())]
    counts = {name: distinct(raw.columns[name]) for name in names}
    return [
        f"Several rows have the same {visible(name)!r} ({counts[name]} in all), and may be alike: --group "
        f"{shlex.quote(visible(name))} (group={visible(name)!r}) keeps them on one side of the split."
        for name in names
        if MIN_GROUPS <= counts[name] <= raw.rows / 2
    ]


def _names_parts(column: Any) -> bool:
    few = column.slice(0, 1000).unique()
    return len(few) <= 10 and looks_like_parts(v for v in column.unique().to_pylist() if v is not None)


def _votes(raw: Raw, given: Any) -> Labels | None:
    if given is None:
        return None
    if isinstance(given, str):
        given = [given]
    if isinstance(given, list | tuple) and given and isinstance(given[0], str):
        columns = [raw.columns[name] for name in given]
        arrays = [c if isinstance(c, np.ndarray) else np.asarray(c.to_pylist()) for c in columns]
        given = arrays[0] if len(arrays) == 1 else np.column_stack(arrays)
    votes = votes_of(given, "votes")
    if len(votes.values) != raw.rows:
        raise InputError(f"votes has {len(votes.values)} rows, and {raw.name} {raw.rows}: one row for each example")
    return votes


def _of_classes(counts: NDArray[np.int64], made: Table, name: str, rare: str) -> NDArray[np.int64]:
    """The votes (n, K) of the rows and classes that are used; those of merged classes are added, of dropped ones not.

    Raises InputError where the columns are not those of the classes, and for votes of a class that no row has.
    """
    counts = counts[made.rows]
    known = [int(text) if text.isdecimal() else -1 for text in made.class_names]
    if counts.shape[1] == len(known) and known.count(-1) != 1:  # a column for each class, in their order
        return counts
    if max(known) >= counts.shape[1] or known.count(-1) > 1:
        raise InputError(
            f"votes have {counts.shape[1]} columns, and {name} has {len(known)} classes: a column for each"
        )
    rest = np.setdiff1d(np.arange(counts.shape[1]), [k for k in known if k >= 0])
    if rare == "error" and -1 not in known and counts[:, rest].any():
        at, column = np.argwhere(counts[:, rest])[0]
        raise InputError(
            f"votes: row {made.rows[at] + 1} has {counts[at, rest[column]]} for class {rest[column]}, which is the "
            f"label of no row of {name}: add that column to another one, or leave it out"
        )
    return np.column_stack([counts[:, rest].sum(axis=1) if k < 0 else counts[:, k] for k in known])


def _hash_of(partition: Partition, parts: Parts) -> str:
    digest = hashlib.sha256(type(partition).__name__.encode())
    for part in parts:
        digest.update(f"{len(part)}\0".encode())
        digest.update(np.ascontiguousarray(part, np.int64).data)
    return digest.hexdigest()

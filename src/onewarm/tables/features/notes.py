"""What was done to the columns of a table, in a few sentences."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

import numpy as np

from onewarm.checks import visible
from onewarm.tables.features.columns import Column
from onewarm.tables.features.encode import FEWEST_ROWS, MOST_LEVELS
from onewarm.tables.features.scale import MOST
from onewarm.tables.features.text import alike

SHOWN = 5
_MOST_COMPARED = 1000
_LEFT_OUT = {
    "id": "a different value in every row, as of an id or an index",
    "index": "whole numbers without a name, as of an index",
    "repeated id": "the id of something that occurs in several rows (so that its rows stay on one side of a split: "
    "--group NAME)",
    "constant": "the same value in every row",
    "empty": "no value in any row",
    "dates": "dates that are written in several ways (to use them, write all as 2024-12-24)",
    "codes": "codes, such as telephone numbers, that differ in most rows",
    "text": "text that is different in most rows (to use it, give its embedding as a column of lists)",
    "bytes": "a type that no features are made of",
}


def names_of(names: Iterable[str], shown: int = SHOWN) -> str:
    """Names in quotes, the first few of them.

    >>> names_of("abcdefg")
    "'a', 'b', 'c', 'd', 'e' and 2 more"
    """
    every = [repr(visible(str(name))) for name in names]
    more = f" and {len(every) - shown} more" if len(every) > shown else ""
    return ", ".join(every[:shown]) + more


def sentences(columns: Sequence[Column], leaks: Sequence[str]) -> tuple[str, ...]:
    """One sentence for each kind of thing that was done."""
    found = [
        f"Warning: {names_of([name])} alone determines the class of every row: where it is the label under another "
        f"coding, or was made from it, leave it out: --drop {shlex.quote(visible(name))} (drop={visible(name)!r})."
        for name in leaks[:SHOWN]
    ]
    if len(leaks) > SHOWN:
        found = [f"Warning: {len(leaks)} columns determine the label exactly: {names_of(leaks)}."]
    by_kind = {kind: [c for c in columns if c.kind == kind] for kind in dict.fromkeys(c.kind for c in columns)}
    if some := [*by_kind.get("numbers", []), *by_kind.get("list", []), *by_kind.get("date", [])]:
        found.append(
            f"Numbers: {names_of(c.name for c in some)}, standardised by the training rows' mean and deviation, "
            f"and kept within {MOST:g} deviations."
        )
    if extreme := [c.name for c in some if c.numbers is not None and _has_infinite(c)]:
        found.append(f"Infinite numbers, which count as {MOST:g} deviations: {names_of(extreme)}.")
    if some := by_kind.get("levels", []):
        shown = ", ".join(f"{visible(c.name)!r} ({len(c.levels)})" for c in some[:SHOWN])
        more = f" and {len(some) - SHOWN} more" if len(some) > SHOWN else ""
        found.append(f"Categories, a column for each value: {shown}{more}.")
        if codes := [c.name for c in some if c.coded and c.remark != "asked"]:
            found.append(f"Numbers taken as categories, for a name or leading zeros as of codes: {names_of(codes)}.")
        if merged := [c.name for c in some if _merges(c)]:
            found.append(
                f'Merged as "other" in {names_of(merged)}: values of fewer than {FEWEST_ROWS} training rows, and all '
                f"but the {MOST_LEVELS} most frequent there; each split decides by its own training rows."
            )
        if variants := [
            (c.name, group) for c in some if len(c.levels) <= _MOST_COMPARED for group in alike(map(str, c.levels))
        ]:
            shown = ", ".join(f"{visible(name)!r} ({names_of(group)})" for name, group in variants[:3])
            more = f" and {len(variants) - 3} more" if len(variants) > 3 else ""
            found.append(f"Kept apart, though they differ only in case or spaces: {shown}{more}.")
    if some := [c for c in by_kind.get("numbers", []) if c.few]:
        shown = ", ".join(f"{visible(c.name)!r} ({c.few})" for c in some[:SHOWN])
        more = f" and {len(some) - SHOWN} more" if len(some) > SHOWN else ""
        found.append(
            f"Whole numbers of few values, taken as numbers: {shown}{more}; where they are codes of categories: "
            f"--category {shlex.quote(visible(some[0].name))} (category={visible(some[0].name)!r})."
        )
    if some := by_kind.get("date", []):
        shown = ", ".join(
            f"{visible(c.name)!r} ({', '.join(p.removeprefix(c.name).strip() for p in c.parts)}"
            + (f"; read as {c.remark})" if c.remark not in ("", "ISO") else ")")
            for c in some[:SHOWN]
        )
        found.append(f"Dates as numbers: {shown}{f' and {len(some) - SHOWN} more' if len(some) > SHOWN else ''}.")
    found += _missing(columns) + _read(columns)
    for kind, why in _LEFT_OUT.items():
        if some := by_kind.get(kind, []):
            found.append(f"Left out: {names_of(c.name for c in some)}: {why}.")
    return tuple(found)


def _has_infinite(column: Column) -> bool:
    return column.numbers is not None and column.numbers.dtype.kind == "f" and bool(np.isinf(column.numbers).any())


def _merges(column: Column) -> bool:
    if column.codes is None:
        return False
    counts = np.bincount(column.codes[column.codes >= 0])
    return bool((counts < 2 * FEWEST_ROWS).any()) or len(counts) > MOST_LEVELS  # about half of the rows are training


def _missing(columns: Sequence[Column]) -> list[str]:
    some = [c for c in columns if c.missing is not None and c.kind != "empty"]
    if not some:
        return []
    shown = ", ".join(
        f"{visible(c.name)!r} ({int(c.missing.any(axis=1).sum())} rows)" for c in some[:SHOWN] if c.missing is not None
    )
    more = f" and {len(some) - SHOWN} more" if len(some) > SHOWN else ""
    return [
        f"Missing values: {shown}{more}; numbers become the median of the training rows, and a column says where "
        "something is missing."
    ]


def _read(columns: Sequence[Column]) -> list[str]:
    found = []
    if some := [c for c in columns if c.code is not None]:
        shown = ", ".join(f"{c.code:g} in {visible(c.name)!r}" for c in some[:SHOWN])
        more = f" and {len(some) - SHOWN} more" if len(some) > SHOWN else ""
        found.append(f"Counted as missing, for it lies far from all other values: {shown}{more}.")
    if some := [c for c in columns if c.kind == "numbers" and c.remark]:
        shown = ", ".join(f"{visible(c.name)!r} ({c.remark})" for c in some[:SHOWN])
        found.append(f"Read as numbers: {shown}{f' and {len(some) - SHOWN} more' if len(some) > SHOWN else ''}.")
    if some := [c for c in columns if c.odd]:
        shown = ", ".join(f"{visible(c.name)!r} ({names_of(c.odd, 2)})" for c in some[:SHOWN])
        found.append(
            f"Neither numbers nor dates as the rest of their column, and counted as missing: {shown}"
            f"{f' and {len(some) - SHOWN} more' if len(some) > SHOWN else ''}."
        )
    return found

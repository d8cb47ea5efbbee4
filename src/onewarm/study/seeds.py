"""Parse seeds: their number, a list of them, or a text."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from onewarm.errors import InputError

MAX_SEED = 2**63 - 1  # the largest integer that SQLite and PostgreSQL store


def parse_seeds(seeds: int | str | Iterable[int]) -> list[int]:
    """Seeds from their number (0, 1, ...), a list of them, or a text like `20` or `0,3,5-9`.

    Raises InputError naming the value at fault: seeds are whole numbers from 0, each given once.

    >>> parse_seeds(3), parse_seeds("3"), parse_seeds("0,3,5-7"), parse_seeds("7,")
    ([0, 1, 2], [0, 1, 2], [0, 3, 5, 6, 7], [7])
    """
    if isinstance(seeds, str):
        seeds = _from_text(seeds)
    if isinstance(seeds, (int, np.integer)):
        if isinstance(seeds, bool) or seeds < 1:
            raise InputError(f"seeds is {seeds!r}: expected how many (at least 1), or which (0,3,5-9)")
        return list(range(int(seeds)))
    parsed: list[int] = []
    for i, seed in enumerate(seeds):
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed <= MAX_SEED:
            raise InputError(f"seeds[{i}] is {seed!r}: expected a whole number from 0")
        if seed in parsed:
            raise InputError(f"seeds[{i}] is {seed}, which is given twice: give each seed once")
        parsed.append(int(seed))
    if not parsed:
        raise InputError("seeds is empty: expected at least one")
    return parsed


def _from_text(text: str) -> int | list[int]:
    parsed: list[int] = []
    for part in text.split(","):
        low, dash, high = (piece.strip() for piece in part.partition("-"))
        if not low and not dash:
            continue  # after a last comma: `7,` is a list of one
        if not low.isdecimal() or (dash and not high.isdecimal()):
            raise InputError(f"seeds is {text!r}: expected how many (20), or which (0,3,5-9)")
        parsed += range(int(low), int(high or low) + 1)
    return parsed if "," in text or "-" in text or not parsed else parsed[0]

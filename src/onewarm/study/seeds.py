"""Seeds as a caller gives them: how many, which, or a line of text."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

MAX_SEED = 2**63 - 1  # what every database's integers hold


def parse_seeds(seeds: int | str | Iterable[int]) -> list[int]:
    """The seeds meant by a number (how many, from 0), a list, or text like `20` or `0,3,5-9`.

    Raises ValueError naming what is not a seed: seeds are whole numbers from 0, each once.

    >>> parse_seeds(3), parse_seeds("3"), parse_seeds("0,3,5-7"), parse_seeds("7,")
    ([0, 1, 2], [0, 1, 2], [0, 3, 5, 6, 7], [7])
    """
    if isinstance(seeds, str):
        seeds = _from_text(seeds)
    if isinstance(seeds, (int, np.integer)):
        if isinstance(seeds, bool) or seeds < 1:
            raise ValueError(f"seeds is {seeds!r}: expected how many (at least 1), or which (0,3,5-9)")
        return list(range(int(seeds)))
    out: list[int] = []
    for i, seed in enumerate(seeds):
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed <= MAX_SEED:
            raise ValueError(f"seeds[{i}] is {seed!r}: expected a whole number from 0")
        if seed in out:
            raise ValueError(f"seeds[{i}] is {seed}, which was given before: expected each once")
        out.append(int(seed))
    if not out:
        raise ValueError("seeds is empty: expected at least one")
    return out


def _from_text(text: str) -> int | list[int]:
    out: list[int] = []
    for part in text.split(","):
        low, dash, high = (piece.strip() for piece in part.partition("-"))
        if not low and not dash:
            continue  # 7, is a list of one
        if not low.isdecimal() or (dash and not high.isdecimal()):
            raise ValueError(f"seeds is {text!r}: expected how many (20), or which (0,3,5-9)")
        out += range(int(low), int(high or low) + 1)
    return out if "," in text or "-" in text or not out else out[0]

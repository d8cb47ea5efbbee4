"""Rows that repeat others, as copies of one case do."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.tables.features.encode import Encoder

_CELLS = 1 << 20
_ODD = np.uint64(0x9E3779B97F4A7C15)


def row_hashes(encoder: Encoder, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A number (n,) for each of these rows, which is the same for rows whose columns hold the same."""
    parts: list[NDArray[Any]] = [block.values for block in encoder.blocks]
    parts += [part for part in (encoder.codes, encoder.missing) if part is not None]
    found = np.zeros(len(rows), np.uint64)
    rng = np.random.default_rng(0)
    for part in parts:
        factors = rng.integers(0, 2**63, part.shape[1], np.uint64) * np.uint64(2) + np.uint64(1)
        step = max(1, _CELLS // part.shape[1])
        for start in range(0, len(rows), step):
            found[start : start + step] += _mixed(part[rows[start : start + step]], factors)
    return found


def _mixed(values: NDArray[Any], factors: NDArray[np.uint64]) -> NDArray[np.uint64]:
    if values.dtype.kind == "f":
        numbers = values.astype(np.float64) + 0.0  # -0 is 0
        numbers[np.isnan(numbers)] = np.nan  # NaN has many forms
        bits = numbers.view(np.uint64)
    else:
        bits = values.astype(np.int64).view(np.uint64) * _ODD
    bits = bits ^ (bits >> np.uint64(29))
    bits = bits * factors
    bits ^= bits >> np.uint64(32)
    return np.asarray((bits * factors).sum(axis=1, dtype=np.uint64))


def repeated(hashes: NDArray[np.uint64], y: NDArray[np.int64], train: Any, test: Any) -> str:
    """A sentence where rows repeat earlier ones, with the label too; "" where few do, or many by chance.

    They do by chance where most rows do, or where the labels of rows that are otherwise the same often differ: in a
    table of few different values. `train` and `test` are places of the split of seed 0.

    >>> hashes = np.append(np.arange(98, dtype=np.uint64), [0, 1]).astype(np.uint64)
    >>> repeated(hashes, np.zeros(100, np.int64), np.arange(60), np.arange(80, 100))[:48]
    'Warning: 2 rows hold the same as an earlier one,'
    """
    whole = hashes ^ (y.astype(np.uint64) * _ODD)
    repeats = len(whole) - len(np.unique(whole))
    differ = len(hashes) - len(np.unique(hashes)) - repeats
    if repeats < max(2, len(whole) / 200) or repeats > len(whole) / 2 or differ > repeats / 10:
        return ""
    shared = int(np.isin(whole[test], whole[train]).sum())
    return (
        f"Warning: {repeats} rows hold the same as an earlier one, label included; of {len(test)} test rows (seed 0), "
        f"{shared} {'is' if shared == 1 else 'are'} among the training rows too. Where these are copies of one case, "
        "leave them out first, as with drop_duplicates() of pandas."
    )

"""Probabilities of exactly 0 and 1: how many there are, and what a 0 can have meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.audit.row_sample import Rows

_MOST_DIGITS = 8
_FLOORED_MASS = 0.1  # a row's mass if every class had the floor, at most


@dataclass(frozen=True)
class Zeros:
    """The probabilities of exactly 0 and 1 in a sample of rows.

    Attributes:
        floor: what a 0 stands for in fits and scores: half a unit of the last decimal where all values are rounded to
            at most 8 decimals (but at most 0.1 / K), else the smallest positive value or the spacing of the floating-
            point type at 1, whichever is less. 0 for logits, unless a true class has -inf: elsewhere -inf is a mask.
        rows: how many have a probability of exactly 0.
        ones: how many have a probability of exactly 1.
        true: how many give a true class a probability of exactly 0: their NLL is infinite.
        digits: the decimals to which all values are rounded, or None.
    """

    floor: float
    rows: int = 0
    ones: int = 0
    true: int = 0
    digits: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The attributes as values for JSON."""
        return dict(self.__dict__)


def find_zeros(rows: Rows, *, logits: bool) -> tuple[Zeros, NDArray[np.bool_]]:
    """The zeros of a sample, and which of its rows give a true class the probability 0, (n,).

    >>> p = np.array([[0.25, 0.75], [1.0, 0.0]])
    >>> found, true = find_zeros(Rows(np.arange(2), p, np.array([0, 1])), logits=False)
    >>> found.floor, found.rows, found.true, found.digits
    (0.005, 1, 1, 2)
    """
    values = rows.predictions
    zero, one = (np.isneginf(values), np.zeros(values.shape, bool)) if logits else (values == 0, values == 1)
    if values.ndim == 1:
        other = np.zeros(len(values), bool) if logits else one
        table = np.stack([other, zero], axis=1)
        truth = np.stack([1 - rows.truth, rows.truth], axis=1)
        true = np.asarray((table & (truth > 0)).any(axis=1))
        zero = table.any(axis=1)
        k = 2
    else:
        if rows.truth.ndim == 1:
            true = zero[np.arange(len(zero)), rows.truth]
        else:
            true = np.asarray((zero & (rows.truth > 0)).any(axis=1))
        zero, one = zero.any(axis=1), one.any(axis=1)
        k = values.shape[1]
    counts = int(zero.sum()), int(one.sum()), int(true.sum())
    if logits:
        return Zeros(_spacing(values) if counts[2] else 0.0, *counts), true
    digits = decimals(values)
    if digits is not None:
        floor = 0.5 * 10.0**-digits
    else:
        positive = values[values > 0]
        floor = min(float(positive.min()) if positive.size else 1.0, _spacing(values))
    return Zeros(min(floor, _FLOORED_MASS / k), *counts, digits), true


def _spacing(values: NDArray[Any]) -> float:
    return float(np.finfo(values.dtype if values.dtype.kind == "f" else np.float64).eps)


def decimals(values: NDArray[Any]) -> int | None:
    """The least number of decimals, 1 to 8, to which all values are rounded; None if there is none, or all are 0 or 1.

    >>> decimals(np.array([0.5, 0.25])), decimals(np.array([0.5, 1 / 3])), decimals(np.array([0.0, 1.0]))
    (2, None, None)
    """
    spacing = _spacing(values)
    for part in (values[:200], values):
        numbers = np.abs(part.astype(np.float64))
        for digits in range(1, _MOST_DIGITS + 1):
            if 10.0**-digits < 16 * spacing:
                return None
            scaled = numbers * 10.0**digits
            whole = np.round(scaled)
            near = np.abs(scaled - whole) <= 10.0**digits * spacing * np.maximum(numbers, 1)
            if (near & ((whole > 0) == (numbers > 0))).all():
                break
        else:
            return None
    return None if np.isin(values, (0, 1)).all() else digits

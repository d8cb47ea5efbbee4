"""Where numbers lie and how far they spread, not moved by a few extreme ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.tables.features.columns import SAME

MOST = 10.0
"""Standardised numbers beyond this many deviations are set to it."""

_TRIMMED = 100
_COLUMNS = 64
_LOOKED_AT = 10_000


@dataclass(frozen=True)
class Scale:
    """What takes the place of missing numbers, mean and deviation of each column, (D,); deviation 0: a constant."""

    fill: NDArray[np.float64]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def apply(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Rows (n, D), imputed and standardised to at most ``MOST`` deviations; a constant column is 0."""
        narrow = values.dtype in (np.float32, np.float16, np.uint8, np.int8)
        z: NDArray[np.floating[Any]] = values.astype(np.float32 if narrow else np.float64)
        deviation = self.deviation.astype(z.dtype)
        constant = deviation == 0
        missing = np.isnan(z)
        if missing.any():
            np.copyto(z, self.fill.astype(z.dtype), where=missing)
        with np.errstate(over="ignore"):
            z -= self.mean.astype(z.dtype)
            z /= np.where(constant, 1, deviation)
        z[:, constant] = 0.0
        return np.clip(z, -MOST, MOST, out=z).astype(np.float32, copy=False)


def fit_scale(values: NDArray[Any], rows: NDArray[np.int64]) -> Scale:
    """The scale of some rows of values (N, D), column by column.

    Missing numbers become the median. Mean and deviation are those of the finite rows, after numbers further than
    ``MOST`` deviations from the mean, both taken without the outer hundredths, are drawn in to there. Where the numbers
    are all the same without the outer hundredths, nothing is drawn in. (The hundredths are those of the first 10,000
    rows, which a split has shuffled.)

    >>> x = np.append(np.arange(100.0), 1e300)[:, None]
    >>> fit_scale(x, np.arange(101)).deviation.round(1).tolist()
    [40.7]
    """
    width = values.shape[1]
    fill, mean, deviation = np.zeros(width), np.zeros(width), np.zeros(width)
    for start in range(0, width, _COLUMNS):
        some = np.ascontiguousarray(values[rows, start : start + _COLUMNS].T, np.float64)
        for j, column in enumerate(some, start):
            finite = np.isfinite(column)
            known = column if finite.all() else column[finite]
            if len(known):
                middle = np.partition(known, (len(known) // 2, (len(known) - 1) // 2))
                fill[j] = middle[len(known) // 2] / 2 + middle[(len(known) - 1) // 2] / 2
                mean[j], deviation[j] = _of_column(known)
    return Scale(fill, mean, deviation)


def fit_common_scale(values: NDArray[Any], rows: NDArray[np.int64]) -> Scale:
    """One mean and one deviation for all columns, as for the pixels of images."""
    some = values[rows]
    known = some[np.isfinite(some)] if some.dtype.kind == "f" else some
    width = (values.shape[1],)
    mean, deviation = float(known.mean(dtype=np.float64)), float(known.std(dtype=np.float64))
    return Scale(np.full(width, mean), np.full(width, mean), np.full(width, deviation))


def _of_column(known: NDArray[np.float64]) -> tuple[float, float]:
    some = known[:_LOOKED_AT]
    cut = -(-len(some) // _TRIMMED)
    if len(some) > 2 * cut:
        ordered = np.partition(some, [cut, len(some) - 1 - cut])
        mean, deviation = _moments(np.clip(some, ordered[cut], ordered[len(some) - 1 - cut]))
        low, high = mean - MOST * deviation, mean + MOST * deviation
        if deviation and not (low <= known.min() and known.max() <= high):
            known = np.clip(known, low, high)
    return _moments(known)


def _moments(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and deviation; deviation 0 where the numbers are the same but for rounding."""
    low, high = float(numbers.min()), float(numbers.max())
    size = max(abs(low), abs(high)) or 1.0
    if high / size - low / size <= SAME:
        return low, 0.0
    unit = numbers / size  # 1e300 squared is beyond float64
    return float(unit.mean()) * size, float(unit.std()) * size

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


@dataclass(frozen=True)
class Scale:
    """What takes the place of missing numbers, mean and deviation of each column, (D,); deviation 0: a constant."""

    fill: NDArray[np.float64]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def apply(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Rows (n, D), imputed and standardised to at most ``MOST`` deviations; a constant column is 0."""
        known = np.where(np.isnan(values), self.fill, values) if values.dtype.kind == "f" else values
        divisor = np.where(self.deviation > 0, self.deviation, 1.0)
        with np.errstate(over="ignore", invalid="ignore"):
            z = known / divisor - self.mean / divisor
        z = np.where(self.deviation > 0, z, 0.0)
        return np.clip(z, -MOST, MOST).astype(np.float32)


def fit_scale(values: NDArray[Any], rows: NDArray[np.int64]) -> Scale:
    """The scale of some rows of values (N, D), column by column.

    Missing numbers become the median. Mean and deviation are those of the finite rows, after numbers further than
    ``MOST`` deviations from the mean, both taken without the outer hundredths, are drawn in to there. Where the numbers
    are all the same without the outer hundredths, nothing is drawn in.

    >>> x = np.append(np.arange(100.0), 1e300)[:, None]
    >>> fit_scale(x, np.arange(101)).deviation.round(1).tolist()
    [40.7]
    """
    width = values.shape[1]
    fill, mean, deviation = np.zeros(width), np.zeros(width), np.zeros(width)
    for start in range(0, width, _COLUMNS):
        some = values[rows, start : start + _COLUMNS].astype(np.float64)
        for j in range(some.shape[1]):
            fill[start + j], mean[start + j], deviation[start + j] = _of_column(some[:, j])
    return Scale(fill, mean, deviation)


def fit_common_scale(values: NDArray[Any], rows: NDArray[np.int64]) -> Scale:
    """One mean and one deviation for all columns, as for the pixels of images."""
    some = values[rows]
    known = some[np.isfinite(some)] if some.dtype.kind == "f" else some
    width = (values.shape[1],)
    mean, deviation = float(known.mean(dtype=np.float64)), float(known.std(dtype=np.float64))
    return Scale(np.full(width, mean), np.full(width, mean), np.full(width, deviation))


def _of_column(column: NDArray[np.float64]) -> tuple[float, float, float]:
    known = column[np.isfinite(column)]
    n = len(known)
    if not n:
        return 0.0, 0.0, 0.0
    cut = -(-n // _TRIMMED)
    places = [(n - 1) // 2, n // 2, *([cut, n - 1 - cut] if n > 2 * cut else [])]
    ordered = np.partition(known, places)
    middle, other, *inner = (float(ordered[k]) for k in places)
    if inner:
        mean, deviation = _moments(np.clip(known, *inner))
        if deviation:
            known = np.clip(known, mean - MOST * deviation, mean + MOST * deviation)
    return middle / 2 + other / 2, *_moments(known)


def _moments(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and deviation; deviation 0 where the numbers are the same but for rounding."""
    low, high = float(numbers.min()), float(numbers.max())
    size = max(abs(low), abs(high)) or 1.0
    if high / size - low / size <= SAME:
        return low, 0.0
    unit = numbers / size  # 1e300 squared is beyond float64
    return float(unit.mean()) * size, float(unit.std()) * size

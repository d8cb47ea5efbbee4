"""Samples of rows that are independent of how the data are split: those with the smallest hashes, or the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_NUMBERS = 1 << 20
_LEAST_ROWS = 10_000
_MOST_NUMBERS = 1 << 24


def capacity(num_classes: int) -> int:
    """Rows that a sample keeps: about 2^20 numbers, but at least 10,000 rows unless there are very many classes.

    >>> capacity(2), capacity(10), capacity(1000)
    (524288, 104857, 10000)
    """
    numbers = max(num_classes, 2)
    return max(_NUMBERS // numbers, min(_LEAST_ROWS, _MOST_NUMBERS // numbers))


def head_capacity(num_classes: int) -> int:
    """Rows that are kept of the beginning of the files: 16,384, or fewer with very many classes.

    >>> head_capacity(2), head_capacity(1000)
    (16384, 1048)
    """
    return min(1 << 14, max((1 << 20) // num_classes, 64))


@dataclass
class Rows:
    """Rows of a sample, in the order of the files.

    Attributes:
        places: (n,) uint64, the file's number times 2^40 plus the row's number in it, both from 0.
        predictions: (n, K), or (n,) confidences.
        truth: (n,) or (n, K).
        weights: (n,), or None.
        groups: (n,) uint64, hashes of the value of a column of groups, or None.
    """

    places: NDArray[np.uint64]
    predictions: NDArray[Any]
    truth: NDArray[Any]
    weights: NDArray[np.float64] | None = None
    groups: NDArray[np.uint64] | None = None

    def __len__(self) -> int:
        return len(self.places)

    def take(self, chosen: NDArray[Any]) -> Rows:
        """The rows that an index array or a mask chooses."""
        weights, groups = (None if a is None else a[chosen] for a in (self.weights, self.groups))
        return Rows(self.places[chosen], self.predictions[chosen], self.truth[chosen], weights, groups)


class RowSample:
    """At most ``size`` rows: those whose place (file, row) has the smallest 64-bit hash, or the ``first`` of the files.

    The k smallest hashes are a simple random sample, and the k smallest of a union are among the k smallest of its
    parts, so that the split does not matter (a bottom-k sketch: Cohen & Kaplan, PODC 2007). The same holds for the
    smallest places.
    """

    def __init__(self, size: int, *, first: bool = False) -> None:
        self.size, self.seen, self.first = size, 0, first
        self._limit = np.uint64(2**64 - 1)
        self._kept: list[tuple[NDArray[np.uint64], Rows]] = []

    def add(
        self,
        places: NDArray[np.uint64],
        predictions: NDArray[Any],
        truth: NDArray[Any],
        weights: NDArray[np.float64] | None = None,
        groups: NDArray[np.uint64] | None = None,
    ) -> None:
        """Add rows, each with a place that no other row has. All or none have weights, and likewise groups."""
        self.seen += len(places)
        keys = places if self.first else scramble(places)
        near = np.flatnonzero(keys <= self._limit)
        if near.size:
            self._kept.append((keys[near], Rows(places, predictions, truth, weights, groups).take(near)))
            if sum(len(keys) for keys, _ in self._kept) > 2 * self.size:
                self._compact()

    def merge(self, other: Self) -> Self:
        """Add the rows of ``other``."""
        self.seen += other.seen
        self._kept += other._kept
        self._compact()
        return self

    def rows(self) -> Rows | None:
        """The sample, in the order of its places; None if no row was seen."""
        self._compact()
        if not self._kept:
            return None
        rows = self._kept[0][1]
        return rows.take(np.argsort(rows.places))

    def _compact(self) -> None:
        if not self._kept:
            return
        keys = np.concatenate([keys for keys, _ in self._kept])
        rows = _joined([rows for _, rows in self._kept])
        if len(keys) > self.size:
            least = np.argpartition(keys, self.size - 1)[: self.size]
            keys, rows = keys[least], rows.take(least)
            self._limit = keys.max()
        self._kept = [(keys, rows)]


def _joined(parts: list[Rows]) -> Rows:
    first = parts[0]
    if len(parts) == 1:
        return first

    def column(name: str) -> Any:
        return None if getattr(first, name) is None else np.concatenate([getattr(part, name) for part in parts])

    return Rows(*(column(name) for name in ("places", "predictions", "truth", "weights", "groups")))


def scramble(places: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A bijective 64-bit hash (the finaliser of splitmix64: Steele, Lea & Flood, OOPSLA 2014, figure 16).

    >>> scramble(np.array([0, 1], np.uint64)).tolist()
    [16294208416658607535, 10451216379200822465]
    """
    with np.errstate(over="ignore"):
        z = places + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        out: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return out

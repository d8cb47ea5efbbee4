"""A random sample of rows that is independent of how the data are split: those with the smallest hashes."""

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
    return max(_NUMBERS // num_classes, min(_LEAST_ROWS, _MOST_NUMBERS // num_classes))


@dataclass
class Rows:
    """Rows of a sample, in the order of the files: predictions (n, K), truth (n,) or (n, K), weights (n,) or None."""

    predictions: NDArray[Any]
    truth: NDArray[Any]
    weights: NDArray[np.float64] | None


class RowSample:
    """At most ``size`` rows: those whose place (file, row) has the smallest 64-bit hash. Merges exactly.

    The k smallest hashes are a simple random sample, and the k smallest of a union are among the k smallest of its
    parts, so that the split does not matter (a bottom-k sketch: Cohen & Kaplan, PODC 2007).
    """

    def __init__(self, size: int) -> None:
        self.size, self.seen = size, 0
        self._limit = np.uint64(2**64 - 1)
        self._kept: list[tuple[NDArray[np.uint64], tuple[NDArray[Any], ...]]] = []

    def add(
        self,
        places: NDArray[np.uint64],
        predictions: NDArray[Any],
        truth: NDArray[Any],
        weights: NDArray[np.float64] | None,
    ) -> None:
        """Add rows, each with a place that no other row has."""
        self.seen += len(places)
        keys = scramble(places)
        near = np.flatnonzero(keys <= self._limit)
        if near.size:
            columns = (keys, predictions, truth) if weights is None else (keys, predictions, truth, weights)
            self._kept.append((places[near], tuple(c[near] for c in columns)))
            if sum(len(p) for p, _ in self._kept) > 2 * self.size:
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
        places, columns = self._kept[0]
        order = np.argsort(places)
        _, predictions, truth, *weights = (c[order] for c in columns)
        return Rows(predictions, truth, weights[0] if weights else None)

    def _compact(self) -> None:
        if not self._kept:
            return
        places = np.concatenate([p for p, _ in self._kept])
        columns = tuple(np.concatenate(parts) for parts in zip(*(c for _, c in self._kept), strict=True))
        if len(places) > self.size:
            least = np.argpartition(columns[0], self.size - 1)[: self.size]
            places, columns = places[least], tuple(c[least] for c in columns)
            self._limit = columns[0].max()
        self._kept = [(places, columns)]


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

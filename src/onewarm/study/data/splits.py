"""The rows of a data set, and their split by a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Rows:
    """Examples: features `x` (N, ...), labels `y` (N,) int64, and what else is known about them.

    `x` is what the study's own models take, float32 (N, D); `original` the same rows as the user gave them (an array
    of any shape, a DataFrame), for models of the user's, or None where these take `x` too. `posterior` (N, K) is the
    true one, `votes` (N, K) the counts of annotators' votes.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int64]
    posterior: NDArray[np.float64] | None = None
    votes: NDArray[np.int64] | None = None
    original: Any = None

    def __len__(self) -> int:
        return len(self.y)


Sampling = Literal["fresh", "resplit", "fixed"]
"""How seeds differ: each draws new rows from the population; each splits the same rows anew; or all have one split."""


@dataclass(frozen=True)
class Split:
    """The rows that a seed's runs are trained on, fit a temperature on, and are scored on.

    A teacher is trained on `teacher`, or on `train` where it is None.
    """

    train: Rows
    validation: Rows
    test: Rows
    teacher: Rows | None = None


def stratified(
    labels: NDArray[np.int64], sizes: tuple[int, int, int], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Three disjoint index sets of exactly these sizes, every class spread over them in proportion.

    Each class is shuffled, and its i-th of n rows gets the rank (i + u) / n, with one u in [0, 1) for each class. In
    the order of ranks every class is spread evenly, and so it is in every part that is cut from it.

    Args:
        labels: (N,).
        sizes: of the three parts; together at most N.
        rng: draws the permutations and u.

    >>> labels = np.repeat([0, 1], [80, 20])
    >>> parts = stratified(labels, (50, 25, 25), np.random.default_rng(0))
    >>> [np.bincount(labels[p]).tolist() for p in parts]
    [[40, 10], [20, 5], [20, 5]]
    """
    rank = np.empty(len(labels))
    for k in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == k))
        rank[rows] = (np.arange(len(rows)) + rng.random()) / len(rows)
    order = np.argsort(rank, kind="stable")
    a, b, c = sizes
    # Shuffled again, so that the order of a part's rows does not follow the ranks.
    return rng.permutation(order[:a]), rng.permutation(order[a : a + b]), rng.permutation(order[a + b : a + b + c])

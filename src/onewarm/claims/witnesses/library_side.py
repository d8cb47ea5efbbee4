"""The library's side of a comparison: its loss and gradient at one row or several, and the largest difference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import onewarm
from onewarm.claims.witnesses.reference_float64 import Vector


class Worst:
    """The largest absolute value of all that were given to `see`; NaN once one of them was NaN.

    >>> worst = Worst()
    >>> worst.see(np.array([0.5, -2.0]), 1.0)
    >>> worst.value
    2.0
    """

    def __init__(self) -> None:
        self.value = 0.0

    def see(self, *differences: Vector | float) -> None:
        """Include these differences, numbers or arrays of any shape."""
        self.value = float(np.max(np.abs([self.value, *(np.max(np.abs(d)) for d in differences)])))


def hard(label: int, classes: int) -> onewarm.SoftTarget:
    """One one-hot row, as a target."""
    return onewarm.one_hot(np.array([label]), classes)


def soft(row: Vector) -> onewarm.SoftTarget:
    """One row of probabilities (K,) as a target."""
    return onewarm.soft(row[None, :])


def losses(rows: Vector, target: onewarm.SoftTarget) -> Vector:
    """The loss of the target at each of M rows of logits, summed over the target's own rows, (M,)."""
    tiled, repeated = _tile(rows, target)
    values: Vector = np.asarray(onewarm.cross_entropy(tiled, repeated, reduction="none"))
    return np.asarray(values.reshape(len(rows), len(target)).sum(axis=1))


def gradients(rows: Vector, target: onewarm.SoftTarget) -> Vector:
    """The gradient of the target's loss at each of M rows of logits, summed over the target's own rows, (M, K)."""
    tiled, repeated = _tile(rows, target)
    values: Vector = np.asarray(onewarm.cross_entropy_with_gradient(tiled, repeated, reduction="sum")[1])
    return np.asarray(values.reshape(len(rows), len(target), -1).sum(axis=1))


def _tile(rows: Vector, target: onewarm.SoftTarget) -> tuple[Vector, onewarm.SoftTarget]:
    """Every row of logits with every row of the target, the target's rows fastest."""
    return np.repeat(rows, len(target), axis=0), target[np.tile(np.arange(len(target)), len(rows))]


def loss_at(z: Vector, target: onewarm.SoftTarget) -> float:
    """The loss of the target at one row of logits (K,), in nats."""
    return float(losses(z[None, :], target)[0])


def gradient_at(z: Vector, target: onewarm.SoftTarget) -> Vector:
    """The gradient of the target's loss at one row of logits, (K,)."""
    return np.asarray(gradients(z[None, :], target)[0])


def losses_of(target: onewarm.SoftTarget) -> Callable[[Vector], Vector]:
    """`losses` of this target, as a function of the rows."""
    return lambda rows: losses(rows, target)


def gradients_of(target: onewarm.SoftTarget) -> Callable[[Vector], Vector]:
    """`gradients` of this target, as a function of the rows."""
    return lambda rows: gradients(rows, target)

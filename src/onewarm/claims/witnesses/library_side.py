"""The library's loss and gradient as witnesses ask for them, and the largest difference that they met."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import onewarm
from onewarm.claims.witnesses.reference_float64 import Vector


class Worst:
    """The largest of the absolute values shown to it; not a number stays not a number."""

    def __init__(self) -> None:
        self.value = 0.0

    def see(self, *differences: Vector | float) -> None:
        """Take these into account."""
        self.value = float(np.max(np.abs([self.value, *(np.max(np.abs(d)) for d in differences)])))


def hard(label: int, classes: int) -> onewarm.SoftTarget:
    """One one-hot row."""
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
    """Its gradient at each of M rows of logits, (M, K)."""
    tiled, repeated = _tile(rows, target)
    values: Vector = np.asarray(onewarm.cross_entropy_with_gradient(tiled, repeated, reduction="sum")[1])
    return np.asarray(values.reshape(len(rows), len(target), -1).sum(axis=1))


def _tile(rows: Vector, target: onewarm.SoftTarget) -> tuple[Vector, onewarm.SoftTarget]:
    return np.repeat(rows, len(target), axis=0), target[np.tile(np.arange(len(target)), len(rows))]


def loss_at(z: Vector, target: onewarm.SoftTarget) -> float:
    """The loss of the target at one row of logits (K,)."""
    return float(losses(z[None, :], target)[0])


def gradient_at(z: Vector, target: onewarm.SoftTarget) -> Vector:
    """Its gradient there, (K,)."""
    return np.asarray(gradients(z[None, :], target)[0])


def losses_of(target: onewarm.SoftTarget) -> Callable[[Vector], Vector]:
    """`losses` of this target, as a function of the rows."""
    return lambda rows: losses(rows, target)


def gradients_of(target: onewarm.SoftTarget) -> Callable[[Vector], Vector]:
    """`gradients` of this target, as a function of the rows."""
    return lambda rows: gradients(rows, target)

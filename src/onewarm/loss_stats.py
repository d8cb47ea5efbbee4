"""What is known of each row beside its loss: its log-partition, the model's entropy and prediction."""

from __future__ import annotations

from typing import Any, NamedTuple

from onewarm.checks import Array, array_namespace, constant, device
from onewarm.soft_target import SoftTarget

_FAR = -800.0  # its exponential is 0, in float64 too
_AT_ONCE = 2**22  # entries of a dense target that are formed at a time


class LossStats(NamedTuple):
    """Figures of each row in the leading shape of the logits, without a gradient. Logits z are scaled and capped.

    A row without mass is not read: 0, prediction -1, not correct.
    """

    lse: Array  # logsumexp(z)
    z_loss: Array  # the row's z-loss, z_loss s lse^2, which is part of its loss
    entropy: Array  # of softmax(z), in nats
    prediction: Array  # the class of the largest logit, the first of equals
    correct: Array  # whether that is the class with the most of the target's mass


def row_stats(z: Array) -> tuple[Array, Array, Array]:
    """``lse``, ``entropy`` and ``prediction`` of rows (N, K) in float32 or float64.

    Example:
        >>> import numpy as np
        >>> lse, entropy, prediction = row_stats(np.log(np.array([[0.5, 1.5, 0.0], [1.0, 1.0, 1.0]]) + 1e-300))
        >>> lse.round(4), entropy.round(4), prediction
        (array([0.6931, 1.0986]), array([0.5623, 1.0986]), array([1, 0]))
    """
    xp = array_namespace(z)
    z = constant(z)
    top = xp.max(z, axis=1, keepdims=True)
    far = xp.full((), _FAR, dtype=z.dtype, device=device(z))
    below = xp.maximum(z - xp.where(xp.isfinite(top), top, 0.0), far)  # finite, since 0 log 0 is 0
    powers = xp.exp(below)
    total = xp.sum(powers, axis=1)
    dot = xp.sum(powers * below, axis=1)
    return xp.log(total) + top[:, 0], xp.log(total) - dot / total, xp.argmax(z, axis=1)


def loss_stats(lse: Array, entropy: Array, prediction: Array, target: SoftTarget, z_loss: Any) -> LossStats:
    """The figures of :func:`row_stats` with those that depend on the target, (N,) each."""
    xp = array_namespace(lse)
    live = target.has_mass()
    mass = xp.astype(constant(target.mass()), lse.dtype)
    lse, entropy = (xp.where(live, figure, 0.0) for figure in (lse, entropy))
    term = constant(z_loss * lse * (mass * lse))
    correct = live & (prediction == likeliest(target))
    return LossStats(lse, term, entropy, xp.where(live, prediction, -1), correct)


def likeliest(target: SoftTarget) -> Array:
    """The class with the most mass of each row, (N,), the first of equals.

    Example:
        >>> import numpy as np
        >>> from onewarm.target import mix, smooth
        >>> one, other = (smooth(np.array(labels), 0.1, num_classes=3) for labels in ([0, 2], [1, 2]))
        >>> likeliest(mix(one, other, 0.3))
        array([1, 2])
    """
    xp = array_namespace(target.weight)
    if target.index.shape[1] == 1 and target.table is None:
        return target.index[:, 0]
    if target.index.shape[1] and (target.table is None or target.table.shape[0] == 1):
        return _of_named(xp, target)
    step = max(_AT_ONCE // target.num_classes, 1)
    parts = [target[i : i + step].dense() for i in range(0, max(len(target), 1), step)]
    found = [xp.argmax(constant(part), axis=1) for part in parts]
    return found[0] if len(found) == 1 else xp.concat(found)


def _of_named(xp: Any, target: SoftTarget) -> Array:
    """Among the named classes, and the class that the table's only row gives most, without forming all."""
    index, weight = target.index, constant(target.weight)
    same = index[:, :, None] == index[:, None, :]
    mass = xp.sum(xp.where(same, weight[:, None, :], 0.0), axis=2)  # a class may be named more than once
    if target.table is not None:
        table = xp.astype(constant(target.table[0, :]), mass.dtype)
        share = xp.sum(constant(target.table_weight), axis=1, keepdims=True)
        best = xp.where(share < 0, xp.argmin(table), xp.argmax(table))
        mass = mass + share * xp.take(table, xp.reshape(index, (-1,)), axis=0).reshape(index.shape)
        others = share * xp.where(share < 0, xp.min(table), xp.max(table))
        index, mass = xp.concat([index, xp.astype(best, index.dtype)], axis=1), xp.concat([mass, others], axis=1)
    most = xp.max(mass, axis=1, keepdims=True)
    return xp.min(xp.where(mass == most, index, target.num_classes), axis=1)

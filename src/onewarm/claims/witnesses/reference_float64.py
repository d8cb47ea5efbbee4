"""The reference that identity witnesses compare the library with: float64 NumPy definitions, one row at a time.

Nothing here calls onewarm, so a mistake in the library cannot be on both sides of a comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float64]

# Eighth-order central difference: weights of f(x + k h) - f(x - k h), k = 1..4.
# At h = 0.02 the truncation error (h^8/630 times the ninth derivative) and the rounding error are below 1e-11.
STENCIL = (4 / 5, -1 / 5, 4 / 105, -1 / 280)
STEP = 0.02


def log_softmax(z: Vector) -> Vector:
    """log p of one row of logits (K,)."""
    shifted: Vector = z - z.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


def softmax(z: Vector) -> Vector:
    """p of one row of logits (K,)."""
    p: Vector = np.exp(log_softmax(z))
    return p


def cross_entropy(t: Vector, z: Vector) -> float:
    """-sum_k t_k log p_k, in nats, of a dense target row (K,)."""
    return float(-(t * log_softmax(z)).sum())


def entropy(t: Vector) -> float:
    """-sum_k t_k log t_k, in nats; 0 log 0 = 0."""
    t = t[t > 0]
    return float(-(t * np.log(t)).sum())


def kl_from_uniform(z: Vector) -> float:
    """KL(u || p), in nats."""
    u = 1 / len(z)
    return float((u * (np.log(u) - log_softmax(z))).sum())


def kl(t: Vector, log_p: Vector) -> float:
    """KL(t || p) = sum_k t_k (log t_k - log p_k), in nats, of two rows (K,); 0 where t_k = 0."""
    positive = t > 0
    return float((t[positive] * (np.log(t[positive]) - log_p[positive])).sum())


def onehot(label: int, num_classes: int) -> Vector:
    """1 on the label, 0 elsewhere, (K,)."""
    row = np.zeros(num_classes)
    row[label] = 1.0
    return row


def derivative(f: Callable[[Vector], Vector], z: Vector) -> Vector:
    """The derivative of f at z (K,) by differences, (K, ...): row k is d f / d z_k. f maps rows (M, K) to (M, ...)."""
    classes = len(z)
    steps = STEP * np.arange(1, len(STENCIL) + 1)
    moved = z + np.eye(classes)[:, None, None, :] * np.stack([steps, -steps])[None, :, :, None]  # (K, 2, 4, K)
    values = f(moved.reshape(-1, classes))
    values = values.reshape(classes, 2, len(STENCIL), *values.shape[1:])
    slopes: Vector = np.einsum("kj...,j->k...", values[:, 0] - values[:, 1], np.array(STENCIL)) / STEP
    return slopes


def minimise(gradient: Callable[[Vector], Vector], start: Vector, *, steps: int = 300, centred: bool = True) -> Vector:
    """The minimiser of a convex function of the logits, by regularised Newton steps; its mean is 0 if `centred`.

    `gradient` maps rows (M, K) to (M, K). The Hessian is taken from it by finite differences, so nothing about its
    form is assumed. The gradient's norm is added to its diagonal (Levenberg and Marquardt): steps stay short where the
    function is flat, and convergence near the optimum is still quadratic.
    """
    z = best = start - start.mean() if centred else start
    least = np.inf
    for _ in range(steps):
        g = gradient(z[None, :])[0]
        norm = float(np.linalg.norm(g))
        if norm < least:
            best, least = z, norm
        elif least < 1e-12 or not np.isfinite(norm):
            break  # only rounding error is left
        if norm < 1e-15:
            break
        curvature = derivative(gradient, z) + norm * np.eye(len(z))
        if centred:
            curvature = curvature + 1 / len(z)  # the loss is flat along equal shifts: keep the mean from drifting
        z = z - np.linalg.solve(curvature, g)
        if centred:
            z = z - z.mean()
    return np.asarray(best)


def root(f: Callable[[float], float], low: float, high: float) -> float:
    """The zero of an increasing f between low and high, by bisection to the last bit; NaN if there is none."""
    if not f(low) < 0 < f(high):
        return float("nan")
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if f(middle) < 0 else (low, middle)
    return middle

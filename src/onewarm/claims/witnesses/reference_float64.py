"""The independent truth that identity witnesses compare with: float64 NumPy, written out, one row at a time.

Nothing here calls onewarm, so a mistake in the library cannot hide in both sides of a comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float64]

# Eighth-order central difference: weights of f(x + k h) - f(x - k h), k = 1..4.
# With h = 0.02 truncation (h^8/630 times the ninth derivative) and rounding both stay below 1e-11.
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
    """KL(t || p) = sum_k t_k (log t_k - log p_k), in nats, of two rows (K,); a class without t_k adds nothing."""
    some = t > 0
    return float((t[some] * (np.log(t[some]) - log_p[some])).sum())


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
    """Where a convex function of the logits has no slope, by regularised Newton steps; mean logit 0 if `centred`.

    The curvature is differenced from the gradient, so nothing about its form is assumed. Adding the slope's norm
    to it keeps steps short where the function is flat and fast near the optimum (Levenberg and Marquardt's idea).
    """
    z = best = start - start.mean() if centred else start
    least = np.inf
    for _ in range(steps):
        g = gradient(z[None, :])[0]
        norm = float(np.linalg.norm(g))
        if norm < least:
            best, least = z, norm
        elif least < 1e-12 or not np.isfinite(norm):
            break  # only rounding is left
        if norm < 1e-15:
            break
        curvature = derivative(gradient, z) + norm * np.eye(len(z))
        if centred:
            curvature = curvature + 1 / len(z)  # the flat direction: no drift of the mean
        z = z - np.linalg.solve(curvature, g)
        if centred:
            z = z - z.mean()
    return np.asarray(best)


def root(f: Callable[[float], float], low: float, high: float) -> float:
    """Where an increasing f crosses 0 between low and high, by bisection to the last bit; nan if it does not."""
    if not f(low) < 0 < f(high):
        return float("nan")
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if f(middle) < 0 else (low, middle)
    return middle

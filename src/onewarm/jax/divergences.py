"""Divergences of rows of logits and their gradients, precise where student and teacher are near.

With q the teacher's row, p the student's and r = log(q / p), KL(q || p) is the sum of ``q (r + exp(-r) - 1)``: no term
is negative, and where r is 0 so is the loss. For this r is made from differences of logits,

    r = d - log(sum p exp(d))          d = (v - z) / T

and for small d the logarithm is ``log1p(sum p expm1(d))``. The generalised Jensen-Shannon divergence is, with the
mixture m, u = (q - p) / m and xi(x) = (1 + x) log(1 + x) - x,

    sum m (beta xi((1 - beta) u) + (1 - beta) xi(-beta u))
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from onewarm.checks import Array
from onewarm.distillation_options import Divergence


@partial(jax.jit, static_argnums=(2, 3, 4))
def row_divergences(z: Array, v: Array, temperature: float, divergence: Divergence, beta: float) -> Array:
    """The divergence of each row, (N,), of ``q = softmax(v / temperature)`` and ``p = softmax(z / temperature)``.

    Args:
        z: (N, K), the student's logits, in float32 or better; -inf masks a class.
        v: (N, K), the teacher's, a constant to ``grad``, in the same dtype. A row of either with a NaN or +inf, or with
            nothing unmasked, gives NaN.
        temperature: above 0.
        divergence: ``"kl"``, ``"reverse_kl"`` or ``"js"``.
        beta: of ``"js"``, between 0 and 1.

    Example:
        >>> p, q = jnp.array([[0.5, 0.5]]), jnp.array([[0.25, 0.75]])
        >>> round(float(row_divergences(jnp.log(p), jnp.log(q), 1.0, "kl", 0.5)[0]), 4)
        0.1308
    """
    return _divergences(z, v, temperature, divergence, beta)


@partial(jax.custom_jvp, nondiff_argnums=(2, 3, 4))
def _divergences(z: Array, v: Array, temperature: float, divergence: Divergence, beta: float) -> Array:
    rows = _rows(z, v, temperature)
    p, q, ratio, dead, absent = rows
    if divergence == "js":
        u = _by_mixture(rows, beta)
        mixture = beta * q + (1 - beta) * p
        of_teacher, of_student = (jnp.maximum(x, -1.0) for x in ((1 - beta) * u, -beta * u))
        return jnp.sum(mixture * (beta * _xi(of_teacher) + (1 - beta) * _xi(of_student)), axis=1)
    if divergence == "kl":
        return _kl(q, p, ratio, absent, dead)
    return _kl(p, q, -ratio, dead, absent)


@_divergences.defjvp
def _divergences_jvp(
    temperature: float, divergence: Divergence, beta: float, primals: Any, tangents: Any
) -> tuple[Array, Array]:
    z, v = primals
    losses = _divergences(z, v, temperature, divergence, beta)
    rows = _rows(z, v, temperature)
    p, q, ratio, dead, absent = rows
    if divergence == "kl":
        slope = -(q + p) * jnp.tanh(ratio / 2)
    elif divergence == "reverse_kl":
        slope = p * (jnp.sum(p * ratio, axis=1, keepdims=True) - ratio)
        slope = jnp.where(jnp.any(absent & ~dead, axis=1, keepdims=True), jnp.nan, slope)
    else:
        least = -1 + float(np.finfo(p.dtype).eps)
        log = jnp.where(dead, 0.0, jnp.log1p(jnp.maximum(-beta * _by_mixture(rows, beta), least)))  # log(p / mixture)
        slope = (1 - beta) * p * (log - jnp.sum(p * log, axis=1, keepdims=True))
    return losses, jnp.sum(slope / temperature * tangents[0], axis=1)


class _Rows(NamedTuple):
    p: Array  # (N, K), as all of these
    q: Array
    ratio: Array  # log(q / p), bounded where one of them is 0
    dead: Array  # the classes that the student masks
    absent: Array  # those that the teacher does


_FAR = 80.0  # tanh(40) is 1: a ratio that is infinite is as good as this one


def _rows(z: Array, v: Array, temperature: float) -> _Rows:
    top_q, top_p = (lax.stop_gradient(jnp.max(x, axis=1, keepdims=True)) for x in (v, z))
    sound = jnp.isfinite(top_p) & jnp.isfinite(top_q)
    z, v = (jnp.where(sound, x, jnp.nan) for x in (z, v))  # in all of such a row, whatever the other has
    dead, absent = z == -jnp.inf, v == -jnp.inf
    both = ~(dead | absent)
    # The logits' difference first: where they are near it has no rounding error.
    difference = jnp.where(both, v, 0.0) - jnp.where(both, z, 0.0) - (top_q - top_p)
    most = float(np.finfo(z.dtype).max) / 4  # finite, so that its product with a probability of 0 is 0
    difference = jnp.where(both, jnp.clip(difference / temperature, -most, most), 0.0)
    powers_q = jnp.exp((v - top_q) / temperature)
    powers_p = jnp.where(dead, 0.0, jnp.exp((jnp.where(dead, top_p, z) - top_p) / temperature))
    total_q, total_p = (jnp.sum(powers, axis=1, keepdims=True) for powers in (powers_q, powers_p))
    p = powers_p / total_p
    shift = jnp.log(total_q) - jnp.log(total_p)
    near = jnp.all((jnp.abs(difference) < 1) & (dead == absent), axis=1, keepdims=True)
    precise = jnp.log1p(jnp.sum(p * jnp.expm1(jnp.where(near, difference, 0.0)), axis=1, keepdims=True))
    # Another value, but the derivatives of the plain difference.
    shift = jnp.where(near, lax.stop_gradient(precise) + (shift - lax.stop_gradient(shift)), shift)
    ratio = jnp.where(both, difference - shift, jnp.where(absent, jnp.where(dead, 0.0, -_FAR), _FAR))
    return _Rows(p, powers_q / total_q, ratio, dead, absent)


def _kl(x: Array, y: Array, ratio: Array, no_x: Array, no_y: Array) -> Array:
    """``sum x log(x / y) - x + y`` of each row; ``ratio`` is log(x / y)."""
    terms = jnp.where(jnp.abs(ratio) < 0.5, x * _near(ratio), jnp.maximum(x * ratio - x + y, 0.0))
    terms = jnp.where(no_x, y, terms)
    return jnp.where(jnp.any(no_y & ~no_x, axis=1), jnp.inf, jnp.sum(terms, axis=1))


def _near(r: Array) -> Array:
    """``r + exp(-r) - 1`` for small r: ``r^2 / 2 - r^3 / 6 + ...``, where the difference would lose its digits."""
    series = jnp.zeros_like(r)
    for k in range(15, 2, -1):
        series = (1 - series) * r / k
    return (1 - series) * r * r / 2


def _by_mixture(rows: _Rows, beta: float) -> Array:
    """``(q - p) / m``, 0 where both are."""
    mixture = beta * rows.q + (1 - beta) * rows.p
    none = mixture == 0
    return jnp.where(none, 0.0, (rows.q + rows.p) * jnp.tanh(rows.ratio / 2) / jnp.where(none, 1.0, mixture))


def _xi(x: Array) -> Array:
    """``(1 + x) log(1 + x) - x`` for x of at least -1; for small x ``x^2 / 2 - x^3 / 6 + x^4 / 12 - ...``."""
    series = jnp.full_like(x, 1 / (17 * 16))
    for k in range(16, 1, -1):
        series = 1 / (k * (k - 1)) - series * x
    inside = jnp.maximum(1 + x, float(np.finfo(x.dtype).tiny))
    return jnp.where(jnp.abs(x) < 0.1, series * x * x, (1 + x) * jnp.log(inside) - x)

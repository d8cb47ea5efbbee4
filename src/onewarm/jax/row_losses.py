"""The loss of each row, written so that XLA computes it and its gradient at the price of a hard label's.

    loss[i] = s log(sum_k exp(z_k - top)) - sum_j w_j (z_j - top) - sum_t c_t <row_t, z - top>

XLA fuses a gradient into one pass only if nothing of the logits' size is computed for another use. So the logits are
read by bare reductions (their largest, their product with a table row) and by ``exp``, whose result becomes the
gradient in its place; each part has its derivative as an elementwise expression, which ``grad``, ``jvp`` and
``hessian`` share. What the usual batch does not need (classes masked with -inf, rows far from 0, where a product with
the logits themselves would lose digits) is computed under ``lax.cond``, some rows at a time.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from onewarm.checks import Array
from onewarm.soft_target.parts import PARTS
from onewarm.target import SoftTarget

_FEW_ROWS = 8  # of a table: products with all of them cost less than taking each example's own
_PIECES = 256  # of the rows, where they are taken some at a time: memory of a few hundredths of the logits


@jax.jit
def row_losses(logits: Array, target_parts: dict[str, Array]) -> tuple[Array, Array]:
    """``s lse - <t, z>`` of each row and its logsumexp, (N,) each, in float32, or float64 for float64 logits.

    Args:
        logits: (N, K); a row without mass is not read, one with a NaN or +inf or nothing unmasked gives NaN.
        target_parts: from :func:`parts_of`; a class outside the table of classes makes the loss NaN.
    """
    z = logits.astype(jnp.promote_types(logits.dtype, jnp.float32))
    index, weight = target_parts["index"], target_parts["weight"].astype(z.dtype)
    live = jnp.any(weight != 0, axis=1)
    if shares := "table" in target_parts:
        live = live | jnp.any(target_parts["table_weight"] != 0, axis=1)
    top, log_total = _logsumexp(z, live)
    top = lax.stop_gradient(top)
    index = jnp.where(index < 0, z.shape[1], index)  # past the end, where a gather gives NaN: it counts from the end
    picked = jnp.take_along_axis(z, index, axis=1, mode="fill")
    masked = picked == -jnp.inf
    # Half of each difference: that of two finite logits may overflow where its product with the target does not.
    half = jnp.where(live[:, None], _unmasked(picked) * 0.5 - jnp.where(masked, 0.0, top[:, None] * 0.5), 0.0)
    half = jnp.sum(weight * half, axis=1)
    mass, impossible = jnp.sum(weight, axis=1), jnp.any(masked & (weight != 0), axis=1)
    if shares:
        for rows, share in _shared_rows(target_parts, z.dtype):
            halves, _, homeless = _table_rows(z, top, rows, live)
            half = half + jnp.sum(share * jnp.where(live[:, None], halves, 0.0), axis=1)
            mass = mass + sum(share[:, r] * jnp.sum(row, axis=1) for r, row in enumerate(rows))
            impossible = impossible | jnp.any((homeless != 0) & (share != 0), axis=1)
    losses = mass * log_total - (half + half)
    losses = losses + jnp.where(impossible, jnp.inf, 0.0)
    return jnp.where(live, losses, 0.0), jnp.where(live, top + log_total, 0.0)


def parts_of(target: SoftTarget) -> dict[str, Array]:
    """The arrays of a target that there are."""
    return {name: getattr(target, name) for name in PARTS if getattr(target, name) is not None}


@jax.custom_jvp
def _unmasked(picked: Array) -> Array:
    """0 for a masked class, whose infinite loss is added apart; its gradient is the target's all the same."""
    return jnp.where(picked == -jnp.inf, 0.0, picked)


@_unmasked.defjvp
def _unmasked_jvp(primals: Any, tangents: Any) -> Any:
    return _unmasked(*primals), tangents[0]


def _powers(z: Array, top: Array) -> Array:
    """``exp(z - top)``, which is above 0 but where a class is masked: the gradient need not read the logits again."""
    least = -708.0 if z.dtype == jnp.float64 else -87.0
    return jnp.where(z == -jnp.inf, 0.0, jnp.exp(jnp.maximum(z - top[:, None], least)))


def _largest(z: Array) -> Array:
    top = jnp.max(z, axis=1)
    return jnp.where(jnp.isfinite(top), top, 0.0)


@jax.custom_jvp
def _logsumexp(z: Array, live: Array) -> tuple[Array, Array]:
    """The largest logit of each row, a constant, and the logarithm of ``sum_k exp(z_k - top)``."""
    top = _largest(z)
    return top, jnp.log(jnp.sum(_powers(z, top), axis=1))


@_logsumexp.defjvp
def _logsumexp_jvp(primals: Any, tangents: Any) -> Any:
    z, live = primals
    top, log_total = _logsumexp(z, live)
    slope = jnp.sum(_softmax(z, live) * tangents[0], axis=1)
    return (top, log_total), (jnp.zeros_like(top), slope)


@jax.custom_jvp
def _softmax(z: Array, live: Array) -> Array:
    """Of rows with mass; 0 in the others, whatever they hold."""
    powers = _powers(z, _largest(z))
    return jnp.where(live[:, None], powers / jnp.sum(powers, axis=1)[:, None], 0.0)


@_softmax.defjvp
def _softmax_jvp(primals: Any, tangents: Any) -> Any:
    p, dz = _softmax(*primals), tangents[0]
    return p, p * (dz - jnp.sum(p * dz, axis=1, keepdims=True))


def _shared_rows(parts: dict[str, Array], dtype: Any) -> list[tuple[tuple[Array, ...], Array]]:
    """The table as groups of rows, (1, K) each or a single (N, K), with the mass that each example gives them, (N, R).

    A few rows are multiplied by the logits at once; of a larger table each example's own rows are taken.
    """
    table, index, share = parts["table"].astype(dtype), parts["table_index"], parts["table_weight"].astype(dtype)
    if index.shape[0] == 0:  # no rows
        return []
    if table.shape[0] <= _FEW_ROWS:
        of_row = [jnp.sum(jnp.where(index == r, share, 0.0), axis=1) for r in range(table.shape[0])]
        rows = tuple(table[r : r + 1] for r in range(table.shape[0]))
        return [(rows, share if index.shape[1] == table.shape[0] == 1 else jnp.stack(of_row, axis=1))]
    taken = [jnp.take(table, index[:, j], axis=0, mode="fill") for j in range(index.shape[1])]
    return [((rows,), share[:, j : j + 1]) for j, rows in enumerate(taken)]


def _table_rows_jvp(primals: Any, tangents: Any) -> Any:
    z, top, rows, live = primals
    dz, _, drows, _ = tangents
    out = _table_rows(z, top, rows, live)
    still = jnp.zeros_like(out[0])
    slopes: tuple[Array, ...] = (still, still, still)
    zero = jax.custom_derivatives.SymbolicZero
    if not isinstance(dz, zero):
        kept, slope = _powers(z, top) > 0, []
        for r, row in enumerate(rows):
            moved = row * jnp.where(kept, out[1][:, r, None], out[2][:, r, None])
            slope.append(0.5 * jnp.sum(jnp.where(live[:, None], moved, 0.0) * dz, axis=1))
        slopes = (jnp.stack(slope, axis=1), still, still)
    if any(not isinstance(d, zero) for d in drows):
        drows = tuple(jnp.zeros_like(row) if isinstance(d, zero) else d for row, d in zip(rows, drows, strict=True))
        _, more = jax.jvp(lambda free: _moved(z, top, free), (rows,), (drows,))
        slopes = tuple(a + jnp.where(live[:, None], b, 0.0) for a, b in zip(slopes, more, strict=True))
    return out, slopes


@jax.custom_jvp
def _table_rows(z: Array, top: Array, rows: tuple[Array, ...], live: Array) -> tuple[Array, Array, Array]:
    """Half of ``<row, z - top>`` after a row's mass has moved off masked classes, and where it goes, (N, R) each.

    Args:
        rows: R of (1, K), or one of (N, K).

    Returns:
        The halves; by what a row's mass on unmasked classes is multiplied; and by what that on masked ones, which is 1
        where all of it lies on masked classes and stays there, else 0.
    """
    mass = jnp.stack([jnp.sum(row, axis=1) for row in rows], axis=1)
    if rows[0].shape[0] == 1:
        product = jnp.dot(z, jnp.concatenate(rows).T, precision=lax.Precision.HIGHEST)
    else:
        product = jnp.einsum("nk,nk->n", z, rows[0], precision=lax.Precision.HIGHEST)[:, None]
    whole = product - mass * top[:, None]
    # As exact as a sum of differences where the product is no larger than they are. A masked class makes it infinite.
    exact = jnp.isfinite(whole) & (jnp.abs(product) <= 4 * jnp.abs(whole) + 4 * jnp.abs(mass))
    usual = jnp.all(exact | ~live[:, None])
    moved: tuple[Array, Array, Array] = lax.cond(usual, _as_it_is, _moved_by_pieces, z, top, rows, 0.5 * whole)
    return moved


_table_rows.defjvp(_table_rows_jvp, symbolic_zeros=True)


def _as_it_is(z: Array, top: Array, rows: tuple[Array, ...], half: Array) -> tuple[Array, Array, Array]:
    return half, jnp.ones_like(half), jnp.zeros_like(half)


def _moved(z: Array, top: Array, rows: tuple[Array, ...]) -> tuple[Array, Array, Array]:
    kept = z != -jnp.inf
    half = jnp.where(kept, z, 0.0) * 0.5 - jnp.where(kept, top[:, None], 0.0) * 0.5
    columns = []
    for row in rows:
        total = jnp.sum(row, axis=1)
        left = jnp.sum(jnp.where(kept, row, 0.0), axis=1)
        homeless = (left == 0) & (total != 0)
        share = jnp.where(homeless, 0.0, total / jnp.where(left == 0, 1.0, left))
        columns.append((share * jnp.sum(row * half, axis=1), share, jnp.where(homeless, 1.0, jnp.zeros_like(left))))
    halves, shares, stay = (jnp.stack(column, axis=1) for column in zip(*columns, strict=True))
    return halves, shares, stay


def _moved_by_pieces(z: Array, top: Array, rows: tuple[Array, ...], half: Array) -> tuple[Array, Array, Array]:
    """:func:`_moved`, some rows at a time."""
    count = z.shape[0]
    piece = max(count // _PIECES, 1)

    def one(i: Array, done: tuple[Array, ...]) -> tuple[Array, ...]:
        start = jnp.minimum(i * piece, count - piece)  # the last piece may begin in the one before

        def cut(a: Array) -> Array:
            return lax.dynamic_slice_in_dim(a, start, piece)

        found = _moved(cut(z), cut(top), rows if rows[0].shape[0] == 1 else (cut(rows[0]),))
        return tuple(lax.dynamic_update_slice_in_dim(a, b, start, 0) for a, b in zip(done, found, strict=True))

    moved: tuple[Array, Array, Array] = lax.fori_loop(0, -(-count // piece), one, (jnp.zeros_like(half),) * 3)
    return moved

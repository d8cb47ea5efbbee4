"""Cross-entropy of a linear layer for JAX: some rows at a time, so that the logits of all rows are never there."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from onewarm import checks, definition
from onewarm.checks import Array
from onewarm.errors import InputError
from onewarm.jax.row_losses import parts_of, row_losses
from onewarm.leading_shape import as_rows
from onewarm.loss_options import LossOptions, Normalizer, Reduction, loss_options
from onewarm.softcap import capped
from onewarm.target import SoftTarget, as_target

_CHUNKS = 128  # of the rows: the logits of one, and what its derivative needs, are a few hundredths of all


def linear_cross_entropy(
    hidden: Array,
    weight: Array,
    target: SoftTarget | Array,
    *,
    bias: Array | None = None,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    chunk: int | None = None,
) -> Array:
    """Cross-entropy of the logits ``hidden weight^T + bias``, which are never formed for all rows at once.

    A scan over chunks of rows, whose logits are computed again for the gradient: one more product with the weight for
    a few hundredths of the memory. Logits are accumulated in float32.

    Args:
        hidden: (..., D), floating point.
        weight: (V, D).
        target: integer labels of the leading shape (...), probabilities (..., V), or a :class:`SoftTarget`.
        bias: (V,) or None.
        reduction, normalizer, z_loss, logit_scale, softcap: as in :func:`onewarm.cross_entropy`.
        chunk: rows at a time; a 128th of them if left out.

    Returns:
        A scalar, or for ``"none"`` the leading shape: float32, or float64 for float64 arguments. JAX differentiates
        it in hidden, weight and bias.

    Raises:
        ValueError: shapes that disagree, labels out of range, options out of their range. Values of logits are not
            checked: a row without a loss is NaN.

    Example:
        >>> x, w = jnp.eye(2), jnp.zeros((4, 2))
        >>> round(float(linear_cross_entropy(x, w, jnp.array([0, 3]))), 4)
        1.3863

    Source: Wijmans et al., "Cut Your Losses in Large-Vocabulary Language Models", 2024; rematerialisation by
    ``jax.checkpoint``.
    """
    options = loss_options(reduction, normalizer, z_loss, logit_scale=logit_scale, softcap=softcap)
    _check_layer(hidden, weight, bias)
    shape, rows = tuple(hidden.shape[:-1]), hidden.reshape(-1, hidden.shape[-1])
    pretended = np.broadcast_to(np.float32(0), (*shape, weight.shape[0]))  # of the logits only the shape is asked
    _, target, layout = as_rows(pretended, target)
    target = _checked_target(target, rows.shape[0], weight.shape[0])
    size = checks.count(chunk, "chunk") if chunk is not None else max(-(-rows.shape[0] // _CHUNKS), 1)
    losses, lse = _scanned(rows, weight, bias, target, options, max(min(size, rows.shape[0]), 1))
    if checks.hidden(options.z_loss) or options.z_loss != 0:
        losses = losses + (options.z_loss * lse) * (target.mass().astype(lse.dtype) * lse)
    loss = definition.reduce(losses, target, options)
    return loss if layout is None else layout.loss(loss)


def _scanned(x: Array, weight: Array, bias: Any, target: SoftTarget, options: LossOptions, size: int) -> Any:
    """Losses and logsumexps of all rows, (N,) each; a last chunk is filled up with rows without mass."""
    count, wide = x.shape[0], jnp.promote_types(jnp.promote_types(x.dtype, weight.dtype), jnp.float32)
    layer = weight.astype(wide), None if bias is None else bias.astype(wide)  # their gradients add up in this dtype
    parts = parts_of(target)
    shared = {"table": parts.pop("table")} if "table" in parts else {}
    pieces = -(-count // size)

    def cut(array: Array) -> Array:
        filled = jnp.pad(array, ((0, pieces * size - count), (0, 0)))
        return filled.reshape(pieces, size, array.shape[1])

    @partial(jax.checkpoint, prevent_cse=False)
    def one(layer: Any, rows: Array, own: dict[str, Array]) -> tuple[Array, Array]:
        w, b = layer
        # Not a product with the transposed weight, of which XLA would make a copy.
        z = jnp.einsum("nd,vd->nv", rows, w.astype(weight.dtype), preferred_element_type=wide)
        z = z if b is None else z + b
        if options.maps_logits:
            z = capped(z, options.logit_scale, options.softcap)
        losses, lse = row_losses(z, own | shared)
        return losses, lse

    _, found = lax.scan(lambda none, piece: (none, one(layer, *piece)), None, (cut(x), jax.tree.map(cut, parts)))
    return tuple(part.reshape(-1)[:count] for part in found)


def _check_layer(hidden: Array, weight: Array, bias: Any) -> None:
    checks.namespace(hidden=hidden, weight=weight, bias=bias)
    if hidden.ndim == 0 or weight.ndim != 2 or hidden.shape[-1] != weight.shape[1] or not weight.shape[0]:
        raise InputError(
            f"hidden has shape {tuple(hidden.shape)} and weight {tuple(weight.shape)}: expected (..., D) and (V, D)"
        )
    if not (jnp.issubdtype(hidden.dtype, jnp.floating) and jnp.issubdtype(weight.dtype, jnp.floating)):
        raise TypeError(f"hidden has dtype {hidden.dtype} and weight {weight.dtype}: expected floating point")
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise InputError(f"bias has shape {tuple(bias.shape)}: expected ({weight.shape[0]},), one for each class")


def _checked_target(target: Any, count: int, classes: int) -> SoftTarget:
    rows: SoftTarget = as_target(target, classes)
    checks.namespace(hidden=jnp.zeros(()), target=rows.weight)
    if rows.index.shape[0] != count:
        raise InputError(f"target has {len(rows)} rows, hidden has {count}: expected one a row")
    definition.in_range(rows.index, classes, "target.index")
    if rows.table is not None:
        definition.in_range(rows.table_index, int(rows.table.shape[0]), "target.table_index")
    return rows

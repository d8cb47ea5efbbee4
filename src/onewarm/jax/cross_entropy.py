"""The loss for JAX arrays, in the shapes of :func:`onewarm.cross_entropy`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from onewarm import checks, definition
from onewarm.checks import Array
from onewarm.errors import InputError
from onewarm.jax.row_losses import parts_of, row_losses
from onewarm.leading_shape import as_rows
from onewarm.loss_options import LossOptions, Normalizer, Reduction, loss_options
from onewarm.softcap import capped
from onewarm.target import SoftTarget


def cross_entropy(
    logits: Array,
    target: SoftTarget | Array,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    axis: int = -1,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    stats: bool = False,
) -> Any:
    """:func:`onewarm.cross_entropy` for JAX: under ``jit`` no slower than a hard loss, and no larger.

    No one-hot or dense target is made: named classes are gathered, and a table row shared by all rows (smoothing, a
    prior) costs a product with the logits. ``grad``, ``jvp``, ``hessian``, ``vmap`` and ``scan`` go through it.
    Where a tracer hides the values, a bad logit or label gives NaN; elsewhere it raises.

    Args, Returns, Raises: as :func:`onewarm.cross_entropy`.

    Example:
        >>> from onewarm.target import smooth
        >>> z = jnp.array([[3.0, 1.0, -0.5, -1.0]])
        >>> round(float(jax.jit(lambda z: cross_entropy(z, smooth(jnp.array([0]), 0.1, num_classes=4)))(z)), 4)
        0.4063
    """
    options = loss_options(reduction, normalizer, z_loss, logit_scale=logit_scale, softcap=softcap)
    logits, target, layout = as_rows(logits, target, axis)
    target = definition.checked(logits, target)
    loss, lse = _reduced(logits, target, options)
    _finite(logits, lse)
    figures = definition.stats_of_rows(logits, target, options) if stats else None
    return definition.in_layout(layout, loss, figures)


def cross_entropy_with_gradient(
    logits: Array,
    target: SoftTarget | Array,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    axis: int = -1,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    overwrite_logits: bool = False,
) -> tuple[Array, Array]:
    """:func:`onewarm.cross_entropy_with_gradient` for JAX.

    Example:
        >>> loss, gradient = cross_entropy_with_gradient(jnp.zeros((1, 2)), jnp.array([0]))
        >>> round(float(loss), 4), gradient.tolist()
        (0.6931, [[-0.5, 0.5]])
    """
    if overwrite_logits:
        raise InputError("overwrite_logits=True needs NumPy arrays or PyTorch tensors on the CPU: leave it out")
    options = loss_options(reduction, normalizer, z_loss, logit_scale=logit_scale, softcap=softcap)
    logits, target, layout = as_rows(logits, target, axis)
    target = definition.checked(logits, target)

    def total(z: Array) -> tuple[Array, tuple[Array, Array]]:
        loss, lse = _reduced(z, target, options)
        return jnp.sum(loss), (loss, lse)

    gradient, (loss, lse) = jax.grad(total, has_aux=True)(logits)
    _finite(logits, lse)
    return (loss, gradient) if layout is None else (layout.loss(loss), layout.gradient(gradient))


def _reduced(logits: Array, target: SoftTarget, options: LossOptions) -> tuple[Array, Array]:
    if options.maps_logits:
        wide = logits.astype(jnp.promote_types(logits.dtype, jnp.float32))
        logits = capped(wide, options.logit_scale, options.softcap)
    rows, lse = row_losses(logits, parts_of(target))
    if checks.hidden(options.z_loss) or options.z_loss != 0:
        rows = rows + (options.z_loss * lse) * (target.mass().astype(lse.dtype) * lse)
    return definition.reduce(rows, target, options), lse


def _finite(logits: Array, lse: Any) -> None:
    if (bad := checks.first_true(~jnp.isfinite(lse))) is not None:
        raise checks.bad_logits(logits[bad[0], :], bad[0])

"""The public loss: the fused kernel where there is one, JAX's own form, the definition elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from onewarm import checks, definition
from onewarm.checks import Array
from onewarm.errors import InputError
from onewarm.leading_shape import as_rows
from onewarm.loss_options import Normalizer, Reduction, loss_options
from onewarm.soft_target import BucketTarget, SoftTarget

_DTYPES = ("float16", "bfloat16", "float32", "float64")  # of NumPy arrays that the CPU kernel computes


@checks.names_foreign
@wraps(definition.cross_entropy)
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
    if isinstance(target, BucketTarget):
        _plain(logit_scale, softcap, stats)
        logits, target, axis = target.events(logits, axis), target.over_events(), -1
    if isinstance(logits, np.ndarray) and logits.dtype.name in _DTYPES:
        from onewarm.kernels.cpu.capped_rows import stats_in_blocks  # Numba takes half a second to import
        from onewarm.kernels.cpu.loss import checked, loss_and_gradient

        options = loss_options(reduction, normalizer, z_loss, logit_scale=logit_scale, softcap=softcap)
        logits, target, layout = as_rows(logits, target, axis)
        rows = checked(logits, target)
        loss = loss_and_gradient(logits, rows, options, gradient=False)[0]
        return definition.in_layout(layout, loss, stats_in_blocks(logits, rows, options) if stats else None)
    if checks.is_tensor(logits):
        from onewarm.torch import cross_entropy as torch_loss

        return torch_loss(
            *(logits, target),
            reduction=reduction,
            normalizer=normalizer,
            z_loss=z_loss,
            axis=axis,
            logit_scale=logit_scale,
            softcap=softcap,
            stats=stats,
        )
    general: Callable[..., Any] = definition.cross_entropy
    if checks.is_jax(logits):
        from onewarm.jax import cross_entropy as jax_loss

        general = jax_loss
    return general(
        *(logits, target),
        reduction=reduction,
        normalizer=normalizer,
        z_loss=z_loss,
        axis=axis,
        logit_scale=logit_scale,
        softcap=softcap,
        stats=stats,
    )


@checks.names_foreign
@wraps(definition.cross_entropy_with_gradient)
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
    if isinstance(target, BucketTarget):
        _plain(logit_scale, softcap, overwrite_logits)
        events: Any = target.events(logits, axis)
        loss, slope = cross_entropy_with_gradient(
            *(events, target.over_events()), reduction=reduction, normalizer=normalizer, z_loss=z_loss
        )
        return loss, target.gradient(logits, slope, axis)
    if isinstance(logits, np.ndarray) and logits.dtype.name in _DTYPES:
        from onewarm.kernels.cpu.loss import checked, loss_and_gradient

        if overwrite_logits and not (logits.flags.c_contiguous and logits.flags.writeable and logits.flags.aligned):
            raise InputError(
                "overwrite_logits=True needs logits in C order that can be written to: leave it out, or copy"
            )
        options = loss_options(reduction, normalizer, z_loss, logit_scale=logit_scale, softcap=softcap)
        logits, target, layout = as_rows(logits, target, axis)
        if overwrite_logits and layout is not None and layout.axis != len(layout.shape):
            raise InputError("overwrite_logits=True needs the classes on the last axis: leave it out")
        out = logits if overwrite_logits else None
        loss, gradient = loss_and_gradient(logits, checked(logits, target), options, gradient=True, out=out)
        return (loss, gradient) if layout is None else (layout.loss(loss), layout.gradient(gradient))
    way: Callable[..., tuple[Array, Array]] = definition.cross_entropy_with_gradient
    if checks.is_tensor(logits):
        from onewarm.torch import cross_entropy_with_gradient as torch_way

        way = torch_way
    elif checks.is_jax(logits):
        from onewarm.jax import cross_entropy_with_gradient as jax_way

        way = jax_way
    return way(
        logits,
        target,
        reduction=reduction,
        normalizer=normalizer,
        z_loss=z_loss,
        axis=axis,
        logit_scale=logit_scale,
        softcap=softcap,
        overwrite_logits=overwrite_logits,
    )


def _plain(logit_scale: Any, softcap: Any, other: bool) -> None:
    """Refuse what acts on classes where the logits are those of events."""
    if softcap is not None or other or not (isinstance(logit_scale, (int, float)) and logit_scale == 1):
        raise InputError(
            "a target with tail='bucket' goes with none of logit_scale, softcap, stats and overwrite_logits: leave "
            "them out, and scale or cap the logits before"
        )

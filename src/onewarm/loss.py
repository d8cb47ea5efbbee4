"""The public loss: the fused kernel where there is one, the definition elsewhere."""

from __future__ import annotations

import sys
from functools import wraps
from typing import Any

import numpy as np

from onewarm import checks, definition
from onewarm.checks import Array
from onewarm.definition import Normalizer, Reduction
from onewarm.target import SoftTarget


@wraps(definition.cross_entropy)
def cross_entropy(
    logits: Array,
    target: SoftTarget | Array,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
) -> Array:
    if _is_tensor(logits):
        from onewarm.torch import cross_entropy as torch_loss

        return torch_loss(logits, target, reduction=reduction, normalizer=normalizer, z_loss=z_loss)
    if not _fused(logits):
        return definition.cross_entropy(logits, target, reduction=reduction, normalizer=normalizer, z_loss=z_loss)
    return _kernel(logits, target, reduction, normalizer, z_loss, gradient=False)[0]


@wraps(definition.cross_entropy_with_gradient)
def cross_entropy_with_gradient(
    logits: Array,
    target: SoftTarget | Array,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    overwrite_logits: bool = False,
) -> tuple[Array, Array]:
    options: dict[str, Any] = {"normalizer": normalizer, "z_loss": z_loss, "overwrite_logits": overwrite_logits}
    if _is_tensor(logits):
        from onewarm.torch import cross_entropy_with_gradient as torch_loss

        return torch_loss(logits, target, reduction=reduction, **options)
    if not _fused(logits):
        return definition.cross_entropy_with_gradient(logits, target, reduction=reduction, **options)
    return _kernel(logits, target, reduction, normalizer, z_loss, gradient=True, overwrite=overwrite_logits)


def _fused(logits: Array) -> bool:
    return isinstance(logits, np.ndarray) and logits.dtype.name in ("float16", "bfloat16", "float32", "float64")


def _is_tensor(logits: Array) -> bool:
    return "torch" in sys.modules and isinstance(logits, sys.modules["torch"].Tensor)


def _kernel(
    logits: Array,
    target: Any,
    reduction: Reduction,
    normalizer: Normalizer,
    z_loss: float,
    *,
    gradient: bool,
    overwrite: bool = False,
) -> tuple[Any, Any]:
    from onewarm.kernels.cpu.loss import checked, loss_and_gradient  # Numba takes half a second to import

    if overwrite and not (logits.flags.c_contiguous and logits.flags.writeable and logits.flags.aligned):
        raise ValueError("overwrite_logits=True needs logits in C order that can be written to: leave it out, or copy")
    checks.z_loss(z_loss)
    target, out = checked(logits, target, reduction), logits if overwrite else None
    return loss_and_gradient(logits, target, reduction, normalizer, z_loss, gradient=gradient, out=out)

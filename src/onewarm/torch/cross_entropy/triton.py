"""The loss on a GPU: the Triton kernel behind a target, and behind the registered operators.

Importing this module registers them; Triton itself is imported when the first loss is computed.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from onewarm.definition import divisor
from onewarm.kernels.triton import rows as triton_rows
from onewarm.loss_options import LossOptions
from onewarm.target import SoftTarget
from onewarm.torch.cross_entropy.ops import soft_cross_entropy, soft_cross_entropy_backward
from onewarm.torch.device import KERNELS

_SUM = torch.float64  # dtype of the sum over rows
_DEVICE_TYPE = KERNELS["triton"].device_type


def loss_and_gradient(
    logits: Tensor,
    target: SoftTarget,
    options: LossOptions,
    *,
    gradient: bool,
    row_scale: Any = None,
    out: Tensor | None = None,
) -> tuple[Tensor, Tensor | None]:
    """:func:`onewarm.kernels.cpu.loss.loss_and_gradient` for tensors on a GPU.

    With ``options.check`` it waits for the GPU once, to name a row that has no loss.
    """
    by: Any = 1.0
    if options.reduction == "mean":
        by = divisor(target, options.normalizer, logits.new_empty((), dtype=_SUM))
    losses, gradients = triton_rows.row_losses(
        *(logits, target.index, target.weight, target.table, target.table_index, target.table_weight),
        row_scale=(1.0 if row_scale is None else row_scale) / by,
        z_loss=options.z_loss,
        gradient=gradient,
        out=out,
        move_mass=options.move_mass,
        check=options.check,
    )
    if options.reduction == "none":
        return losses, gradients
    return (losses.sum(dtype=_SUM) / by).to(losses.dtype), gradients


@soft_cross_entropy.register_kernel(_DEVICE_TYPE)
def forward(logits: Tensor, *rest: Any) -> Tensor:
    """The loss of each row, (N,), on a GPU."""
    *target, z_loss, move_mass, check = rest
    return triton_rows.row_losses(logits, *target, z_loss=z_loss, gradient=False, move_mass=move_mass, check=check)[0]


@soft_cross_entropy_backward.register_kernel(_DEVICE_TYPE)
def backward(above: Tensor, logits: Tensor, *rest: Any) -> Tensor:
    """The gradient, recomputed from the logits, which the forward pass has checked."""
    *target, z_loss, move_mass, _ = rest
    scale = above.contiguous()
    _, gradient = triton_rows.row_losses(
        logits, *target, z_loss=z_loss, row_scale=scale, move_mass=move_mass, check=False
    )
    assert gradient is not None
    return gradient

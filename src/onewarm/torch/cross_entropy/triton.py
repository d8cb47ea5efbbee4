"""The loss on a GPU: the Triton kernel behind a target, and behind the registered operators.

Importing this module registers them; Triton itself is imported when the first loss is computed.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from onewarm.definition import Normalizer, Reduction, divisor
from onewarm.kernels.triton import rows as cuda
from onewarm.target import SoftTarget
from onewarm.torch.cross_entropy.ops import soft_cross_entropy, soft_cross_entropy_backward

_SUM = torch.float64  # of losses, over rows


def takes(logits: Any) -> bool:
    """Whether the Triton kernel may take these logits: on a GPU, of a dtype that it computes, Triton installed.

    >>> import torch
    >>> takes(torch.zeros(1, 2))
    False
    """
    return isinstance(logits, Tensor) and logits.is_cuda and logits.dtype in cuda.DTYPES and cuda.INSTALLED


def loss_and_gradient(
    logits: Tensor,
    target: SoftTarget,
    reduction: Reduction,
    normalizer: Normalizer,
    z_loss: float,
    *,
    gradient: bool,
    row_scale: Any = None,
    out: Tensor | None = None,
    move_mass: bool = True,
) -> tuple[Tensor, Tensor | None]:
    """:func:`onewarm.kernels.cpu.loss.loss_and_gradient` for tensors on a GPU: logits that :func:`takes` takes.

    It waits for the GPU once, to say which row has no loss.
    """
    by: Any = divisor(target, normalizer, logits.new_empty((), dtype=_SUM)) if reduction == "mean" else 1.0
    scale = (1.0 if row_scale is None else row_scale) / by
    parts = (target.index, target.weight, target.table, target.table_index, target.table_weight)
    losses, made = cuda.row_losses(
        *(logits, *parts), row_scale=scale, z_loss=z_loss, gradient=gradient, out=out, move_mass=move_mass
    )
    if reduction == "none":
        return losses, made
    return (losses.sum(dtype=_SUM) / by).to(losses.dtype), made


@soft_cross_entropy.register_kernel("cuda")
def forward(logits: Tensor, *rest: Any) -> Tensor:
    """The loss of each row."""
    *target, z_loss, move_mass = rest
    return cuda.row_losses(logits, *target, z_loss=z_loss, gradient=False, move_mass=move_mass)[0]


@soft_cross_entropy_backward.register_kernel("cuda")
def backward(above: Tensor, logits: Tensor, *rest: Any) -> Tensor:
    """The gradient, made from the logits again; the forward pass has checked them."""
    *target, z_loss, move_mass = rest
    scale = above.contiguous()
    _, gradient = cuda.row_losses(logits, *target, z_loss=z_loss, row_scale=scale, move_mass=move_mass, check=False)
    assert gradient is not None
    return gradient

"""The fused kernel as PyTorch operators, for graphs: ``torch.compile``, ``torch.export``, fake tensors.

    onewarm::soft_cross_entropy           the loss of each row
    onewarm::soft_cross_entropy_backward  the gradient of their weighted sum, recomputed from the logits

Nothing of shape (N, K) is kept between the two. Eager mode does not use them:
:mod:`onewarm.torch.cross_entropy.functional` computes the gradient together with the loss.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from onewarm.definition import divisor
from onewarm.kernels.cpu import rows as cpu
from onewarm.loss_options import LossOptions
from onewarm.target import SoftTarget
from onewarm.torch.cross_entropy.per_row import per_row_loss
from onewarm.torch.device import KERNELS
from onewarm.torch.interop.numpy_views import bits, from_bits, plain
from onewarm.torch.interop.openmp import team

_TARGET = "Tensor index, Tensor weight, Tensor? table, Tensor? table_index, Tensor? table_weight"
_REST = "float z_loss, bool move_mass, bool check"


@torch.library.custom_op(
    "onewarm::soft_cross_entropy",
    mutates_args=(),
    device_types=KERNELS["cpu"].device_type,
    schema=f"(Tensor logits, {_TARGET}, {_REST}) -> Tensor",
)
def soft_cross_entropy(logits: Tensor, *rest: Any) -> Tensor:
    """The loss of each row, (N,), float32 or float64: arguments as for :func:`onewarm.kernels.cpu.rows.row_losses`."""
    *target, z_loss, move_mass, check = rest
    loss, _ = cpu.row_losses(
        *(bits(logits), *(plain(x) for x in target)),
        z_loss=z_loss,
        gradient=False,
        **team(),
        move_mass=move_mass,
        check=check,
    )
    return torch.from_numpy(loss)


@torch.library.custom_op(
    "onewarm::soft_cross_entropy_backward",
    mutates_args=(),
    device_types=KERNELS["cpu"].device_type,
    schema=f"(Tensor above, Tensor logits, {_TARGET}, {_REST}) -> Tensor",
)
def soft_cross_entropy_backward(above: Tensor, logits: Tensor, *rest: Any) -> Tensor:
    """``above[i] d loss[i] / d logits[i]``, (N, K), in the logits' dtype."""
    *target, z_loss, move_mass, check = rest
    _, gradient = cpu.row_losses(
        *(bits(logits), *(plain(x) for x in target)),
        z_loss=z_loss,
        row_scale=plain(above),
        **team(),
        move_mass=move_mass,
        check=check,
    )
    return from_bits(gradient, logits.dtype)


@soft_cross_entropy.register_fake
def _(logits: Tensor, *rest: Any) -> Tensor:
    wide = torch.float64 if logits.dtype == torch.float64 else torch.float32
    return logits.new_empty((logits.shape[0],), dtype=wide)


@soft_cross_entropy_backward.register_fake
def _(above: Tensor, logits: Tensor, *rest: Any) -> Tensor:
    return logits.new_empty(logits.shape)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    *arrays, ctx.z_loss, ctx.move_mass, ctx.check = inputs
    # The logits, (N, K); in the backward operator `above`, (N,), precedes them.
    ctx.first = next(i for i, x in enumerate(arrays) if x is not None and x.dim() == 2)
    if any(isinstance(x, Tensor) and x.requires_grad for x in arrays[ctx.first + 1 :]):
        raise NotImplementedError(
            "a target that requires a gradient: this operator differentiates the logits alone; call "
            "onewarm.torch.cross_entropy, or detach the target"
        )
    ctx.save_for_backward(*arrays)


def _backward(ctx: Any, above: Tensor) -> tuple[Tensor | None, ...]:
    gradient = soft_cross_entropy_backward(above, *ctx.saved_tensors, ctx.z_loss, ctx.move_mass, ctx.check)
    return gradient, *[None] * 8


def _backward_twice(ctx: Any, outer: Tensor) -> tuple[Tensor | None, ...]:
    """The second derivative, through the definition: rarely needed, so no kernel computes it."""
    above, logits, *target = ctx.saved_tensors
    with torch.enable_grad():
        above, z = above.detach().requires_grad_(), logits.detach().requires_grad_()
        parts = dict(zip(("index", "weight", "table", "table_index", "table_weight"), target, strict=True))
        options = LossOptions("none", z_loss=ctx.z_loss, move_mass=ctx.move_mass, check=ctx.check)
        rows = per_row_loss(z, SoftTarget(**parts, num_classes=z.shape[1]), options)
        (slope,) = torch.autograd.grad((rows * above).sum(), z, create_graph=True)
        first, second = torch.autograd.grad(slope, (above, z), outer)
    return first, second, *[None] * 8


soft_cross_entropy.register_autograd(_backward, setup_context=_keep)
soft_cross_entropy_backward.register_autograd(_backward_twice, setup_context=_keep)


def rows(logits: Tensor, target: SoftTarget, options: LossOptions) -> Tensor:
    """:func:`soft_cross_entropy` of a target, (N,); the reduction is the caller's."""
    parts = (target.index, target.weight, target.table, target.table_index, target.table_weight)
    loss: Tensor = torch.ops.onewarm.soft_cross_entropy(
        logits, *parts, options.z_loss, options.move_mass, options.check
    )
    return loss


def gradient(above: Tensor, logits: Tensor, target: SoftTarget, options: LossOptions) -> Tensor:
    """:func:`soft_cross_entropy_backward` of a reduced loss, times the gradient ``above`` it."""
    parts = (target.index, target.weight, target.table, target.table_index, target.table_weight)
    scale = above.double()
    if options.reduction == "mean":
        scale = scale / divisor(target, options.normalizer, scale)
    scale = scale.expand(logits.shape[0])
    slope: Tensor = torch.ops.onewarm.soft_cross_entropy_backward(
        scale, logits, *parts, options.z_loss, options.move_mass, options.check
    )
    return slope

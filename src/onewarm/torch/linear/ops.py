"""The loss of a linear layer as PyTorch operators, for ``torch.compile``, ``torch.export`` and fake tensors.

onewarm::linear_cross_entropy           the summed loss with the gradients that are wanted, or the loss of each row
onewarm::linear_cross_entropy_backward  the gradients of a weighted sum of the rows' losses
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from onewarm.target import SoftTarget
from onewarm.torch.device import on_cpu, sum_dtype
from onewarm.torch.linear.chunks import Layer, run
from onewarm.torch.linear.terms import Term

REMEDY = "form the logits and use onewarm.torch.cross_entropy"
_LAYER = "Tensor hidden, Tensor weight, Tensor? bias"
_TARGET = "Tensor index, Tensor target_weight, Tensor? table, Tensor? table_index, Tensor? table_weight"
_WANTED = "bool d_hidden, bool d_weight, bool d_bias"


@torch.library.custom_op(
    "onewarm::linear_cross_entropy",
    mutates_args=(),
    schema=f"({_LAYER}, {_TARGET}, Tensor scale, float z_loss, bool per_row, {_WANTED}) -> Tensor[]",
)
def linear_cross_entropy(*arguments: Any) -> list[Tensor]:
    """``[loss, d_hidden, d_weight, d_bias]`` of :func:`onewarm.torch.linear.chunks.run`; a gradient that is not wanted
    is an empty tensor, the others are in the arithmetic's dtype until they are scaled. ``scale`` is one number; with
    ``per_row`` the loss is (N,) and no gradient is made."""
    layer, term, per_row, wanted = _parsed(arguments)
    losses, gradients = run(layer, [term], wanted=(False,) * 3 if per_row else wanted, rounded=False)
    return [(losses if per_row else losses.sum()).to(layer.dtype), *_filled(gradients, layer)]


@torch.library.custom_op(
    "onewarm::linear_cross_entropy_backward",
    mutates_args=(),
    schema=f"(Tensor upstream, {_LAYER}, {_TARGET}, Tensor scale, float z_loss, bool per_row, {_WANTED}) -> Tensor[]",
)
def linear_cross_entropy_backward(upstream: Tensor, *arguments: Any) -> list[Tensor]:
    """``[d_hidden, d_weight, d_bias]`` of ``sum_i upstream[i] loss[i]``."""
    layer, term, _, wanted = _parsed(arguments)
    _, gradients = run(layer, [term], upstream=upstream.to(sum_dtype(upstream.device)), wanted=wanted)
    return _filled(gradients, layer)


@linear_cross_entropy.register_fake
def _(*arguments: Any) -> list[Tensor]:
    hidden, weight, bias = arguments[:3]
    per_row, *wanted = arguments[-4:]
    dtype = Layer(hidden, weight, bias).dtype
    loss = hidden.new_empty(hidden.shape[:1] if per_row else (), dtype=dtype)
    return [loss, *_empty(arguments[:3], [want and not per_row for want in wanted], dtype)]


@linear_cross_entropy_backward.register_fake
def _(upstream: Tensor, *arguments: Any) -> list[Tensor]:
    return _empty(arguments[:3], arguments[-3:])


def _parsed(arguments: tuple[Any, ...]) -> tuple[Layer, Term, bool, tuple[bool, bool, bool]]:
    """The arguments of the schema as layer, term, ``per_row`` and the gradients that are wanted."""
    hidden, weight, bias, index, target_weight, *rest = arguments
    table, table_index, table_weight, scale, z_loss, per_row, *wanted = rest
    target = SoftTarget(
        index=index,
        weight=target_weight,
        table=table,
        table_index=table_index,
        table_weight=table_weight,
        num_classes=int(weight.shape[0]),
    )
    factor = float(scale) if on_cpu(scale) else scale
    return Layer(hidden, weight, bias), Term(target, factor, z_loss=z_loss), per_row, tuple(wanted)


def _filled(gradients: Any, layer: Layer) -> list[Tensor]:
    return [layer.hidden.new_empty(0) if gradient is None else gradient for gradient in gradients]


def _empty(layer: Any, wanted: Any, dtype: torch.dtype | None = None) -> list[Tensor]:
    """The shapes of what :func:`_filled` returns, in ``dtype`` or in the dtypes of the layer."""
    return [
        part.new_empty(part.shape, dtype=dtype) if want and part is not None else layer[0].new_empty(0)
        for part, want in zip(layer, wanted, strict=True)
    ]


def _setup_context(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
    tensors, ctx.z_loss, ctx.per_row, ctx.wanted = inputs[:9], inputs[9], inputs[10], inputs[11:]
    ctx.dtypes = [None if part is None else part.dtype for part in tensors[:3]]
    ctx.save_for_backward(*(tensors if ctx.per_row else output[1:]))


def _backward(ctx: Any, upstream: list[Tensor]) -> tuple[Any, ...]:
    if torch.is_grad_enabled():
        raise RuntimeError(f"linear_cross_entropy has no second derivative: {REMEDY}")
    if ctx.per_row:
        computed = linear_cross_entropy_backward(upstream[0], *ctx.saved_tensors, ctx.z_loss, ctx.per_row, *ctx.wanted)
    else:
        computed = [(g * upstream[0]).to(dtype) for g, dtype in zip(ctx.saved_tensors, ctx.dtypes, strict=True)]
    gradients = [gradient if want else None for gradient, want in zip(computed, ctx.wanted, strict=True)]
    return *gradients, *[None] * 11  # for the target, scale, z_loss, per_row and the three of _WANTED


linear_cross_entropy.register_autograd(_backward, setup_context=_setup_context)


def in_graph(layer: Layer, target: SoftTarget, scale: Tensor, z_loss: float, per_row: bool) -> Tensor:
    """The operator :func:`linear_cross_entropy` applied to a target."""
    recorded = torch.is_grad_enabled()
    wanted = [part is not None and recorded and part.requires_grad for part in layer]
    parts = (target.index, target.weight, target.table, target.table_index, target.table_weight)
    results: list[Tensor] = torch.ops.onewarm.linear_cross_entropy(*layer, *parts, scale, z_loss, per_row, *wanted)
    return results[0]

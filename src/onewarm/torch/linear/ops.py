"""The loss of a linear layer as PyTorch operators, for graphs: ``torch.compile``, ``torch.export``, fake tensors.

onewarm::linear_cross_entropy           the loss, and with a summed one the gradients that are wanted
onewarm::linear_cross_entropy_backward  the gradients of a weighted sum of the rows' losses
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from onewarm.target import SoftTarget
from onewarm.torch.linear.chunks import Layer, run
from onewarm.torch.linear.terms import Term

REMEDY = "form the logits and use onewarm.torch.cross_entropy"
_LAYER = "Tensor hidden, Tensor weight, Tensor? bias"
_TARGET = "Tensor index, Tensor share, Tensor? table, Tensor? table_index, Tensor? table_weight"
_WANTED = "bool d_hidden, bool d_weight, bool d_bias"


@torch.library.custom_op(
    "onewarm::linear_cross_entropy",
    mutates_args=(),
    schema=f"({_LAYER}, {_TARGET}, Tensor scale, float z_loss, bool each, {_WANTED}) -> Tensor[]",
)
def linear_cross_entropy(*arguments: Any) -> list[Tensor]:
    """``[loss, d_hidden, d_weight, d_bias]`` as :func:`onewarm.torch.linear.chunks.run` makes them; what is not wanted
    has no entries. ``scale`` is one number; ``each`` is for a loss a row, (N,), without gradients."""
    layer, term, each, wanted = _read(arguments)
    losses, gradients = run(layer, [term], wanted=(False,) * 3 if each else wanted)
    return [(losses if each else losses.sum()).to(layer.dtype), *_filled(gradients, layer)]


@torch.library.custom_op(
    "onewarm::linear_cross_entropy_backward",
    mutates_args=(),
    schema=f"(Tensor above, {_LAYER}, {_TARGET}, Tensor scale, float z_loss, bool each, {_WANTED}) -> Tensor[]",
)
def linear_cross_entropy_backward(above: Tensor, *arguments: Any) -> list[Tensor]:
    """``[d_hidden, d_weight, d_bias]`` of ``sum_i above[i] loss[i]``."""
    layer, term, _, wanted = _read(arguments)
    _, gradients = run(layer, [term], upstream=above.double(), wanted=wanted)
    return _filled(gradients, layer)


@linear_cross_entropy.register_fake
def _(*arguments: Any) -> list[Tensor]:
    hidden, weight, bias = arguments[:3]
    each, *wanted = arguments[-4:]
    loss = hidden.new_empty(hidden.shape[:1] if each else (), dtype=Layer(hidden, weight, bias).dtype)
    return [loss, *_empty(arguments[:3], [asked and not each for asked in wanted])]


@linear_cross_entropy_backward.register_fake
def _(above: Tensor, *arguments: Any) -> list[Tensor]:
    return _empty(arguments[:3], arguments[-3:])


def _read(arguments: tuple[Any, ...]) -> tuple[Layer, Term, bool, tuple[bool, bool, bool]]:
    hidden, weight, bias, index, share, table, table_index, table_weight, scale, z_loss, each, *wanted = arguments
    target = SoftTarget(
        index=index,
        weight=share,
        table=table,
        table_index=table_index,
        table_weight=table_weight,
        num_classes=int(weight.shape[0]),
    )
    return Layer(hidden, weight, bias), Term(target, float(scale), z_loss=z_loss), each, tuple(wanted)


def _filled(gradients: Any, layer: Layer) -> list[Tensor]:
    return [layer.hidden.new_empty(0) if gradient is None else gradient for gradient in gradients]


def _empty(layer: Any, wanted: Any) -> list[Tensor]:
    """What :func:`_filled` returns, without numbers."""
    asked = zip(layer, wanted, strict=True)
    return [part.new_empty(part.shape) if yes and part is not None else layer[0].new_empty(0) for part, yes in asked]


def _keep(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
    *ctx.rest, ctx.each, a, b, c = inputs
    ctx.wanted = (a, b, c)
    tensors = ctx.rest[:9] if ctx.each else output[1:]
    ctx.rest = ctx.rest[9:]
    ctx.save_for_backward(*tensors)


def _backward(ctx: Any, above: list[Tensor]) -> tuple[Any, ...]:
    if torch.is_grad_enabled():
        raise RuntimeError(f"linear_cross_entropy has no second derivative: {REMEDY}")
    if ctx.each:
        made = linear_cross_entropy_backward(above[0], *ctx.saved_tensors, *ctx.rest, ctx.each, *ctx.wanted)
    else:
        made = [gradient * above[0].to(gradient.dtype) for gradient in ctx.saved_tensors]
    found = [gradient if asked else None for gradient, asked in zip(made, ctx.wanted, strict=True)]
    return *found, *[None] * 11


linear_cross_entropy.register_autograd(_backward, setup_context=_keep)


def in_graph(layer: Layer, target: SoftTarget, scale: Tensor, z_loss: float, each: bool) -> Tensor:
    """:func:`linear_cross_entropy` of a target."""
    differentiated = torch.is_grad_enabled()
    wanted = [part is not None and differentiated and part.requires_grad for part in layer]
    parts = (target.index, target.weight, target.table, target.table_index, target.table_weight)
    made: list[Tensor] = torch.ops.onewarm.linear_cross_entropy(*layer, *parts, scale, z_loss, each, *wanted)
    return made[0]

"""The loss of a linear layer as PyTorch operators, for ``torch.compile``, ``torch.export`` and fake tensors.

onewarm::linear_cross_entropy           the summed loss with the gradients that are wanted, or the loss of each row
onewarm::linear_cross_entropy_backward  the gradients of a weighted sum of the rows' losses
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from onewarm.target import SoftTarget
from onewarm.torch.device import on_cpu, sum_dtype
from onewarm.torch.linear.chunks import Cap, Layer, RowStats, run
from onewarm.torch.linear.terms import Term

REMEDY = "form the logits and use onewarm.torch.cross_entropy"
_LAYER = "Tensor hidden, Tensor weight, Tensor? bias"
_TARGET = "Tensor index, Tensor target_weight, Tensor? table, Tensor? table_index, Tensor? table_weight"
_TERM = "Tensor scale, float z_loss, float temperature, float[]? cap"
_WANTED = "bool d_hidden, bool d_weight, bool d_bias"


@torch.library.custom_op(
    "onewarm::linear_cross_entropy",
    mutates_args=(),
    schema=f"({_LAYER}, {_TARGET}, {_TERM}, bool per_row, bool stats, {_WANTED}) -> Tensor[]",
)
def linear_cross_entropy(*arguments: Any) -> list[Tensor]:
    """``[loss, d_hidden, d_weight, d_bias, lse, entropy, prediction]`` of :func:`onewarm.torch.linear.chunks.run`.

    What is not wanted is an empty tensor. Gradients are in the arithmetic's dtype until they are scaled. ``scale`` is
    one number; with ``per_row`` the loss is (N,) and no gradient is made.
    """
    *described, per_row, with_stats, d_hidden, d_weight, d_bias = arguments
    layer, term, cap = _parsed(described)
    wanted = (False,) * 3 if per_row else (d_hidden, d_weight, d_bias)
    stats = RowStats.empty(len(layer.hidden) if with_stats else 0, layer.dtype, layer.hidden.device)
    losses, gradients = run(layer, [term], wanted=wanted, rounded=False, cap=cap, stats=stats if with_stats else None)
    return [(losses if per_row else losses.sum()).to(layer.dtype), *_filled(gradients, layer), *stats]


@torch.library.custom_op(
    "onewarm::linear_cross_entropy_backward",
    mutates_args=(),
    schema=f"(Tensor upstream, {_LAYER}, {_TARGET}, {_TERM}, {_WANTED}) -> Tensor[]",
)
def linear_cross_entropy_backward(upstream: Tensor, *arguments: Any) -> list[Tensor]:
    """``[d_hidden, d_weight, d_bias]`` of ``sum_i upstream[i] loss[i]``."""
    *described, d_hidden, d_weight, d_bias = arguments
    layer, term, cap = _parsed(described)
    rows, wanted = upstream.to(sum_dtype(upstream.device)), (d_hidden, d_weight, d_bias)
    _, gradients = run(layer, [term], upstream=rows, wanted=wanted, cap=cap)
    return _filled(gradients, layer)


@linear_cross_entropy.register_fake
def _(*arguments: Any) -> list[Tensor]:
    hidden, weight, bias = arguments[:3]
    per_row, stats, *wanted = arguments[-5:]
    dtype = Layer(hidden, weight, bias).dtype
    loss = hidden.new_empty(hidden.shape[:1] if per_row else (), dtype=dtype)
    rows = hidden.new_empty(hidden.shape[:1] if stats else (0,), dtype=dtype)
    figures = (rows, torch.empty_like(rows), torch.empty_like(rows, dtype=torch.int64))
    return [loss, *_empty(arguments[:3], [want and not per_row for want in wanted], dtype), *figures]


@linear_cross_entropy_backward.register_fake
def _(upstream: Tensor, *arguments: Any) -> list[Tensor]:
    return _empty(arguments[:3], arguments[-3:])


def _parsed(arguments: Sequence[Any]) -> tuple[Layer, Term, Cap | None]:
    """The first arguments of the schema as layer, term and cap."""
    hidden, weight, bias, index, target_weight, table, table_index, table_weight, *rest = arguments
    scale, z_loss, temperature, cap = rest
    target = SoftTarget(
        index=index,
        weight=target_weight,
        table=table,
        table_index=table_index,
        table_weight=table_weight,
        num_classes=int(weight.shape[0]),
    )
    factor = float(scale) if on_cpu(scale) else scale
    term = Term(target, factor, temperature, z_loss)
    return Layer(hidden, weight, bias), term, None if cap is None else Cap(*cap)


def _filled(gradients: Any, layer: Layer) -> list[Tensor]:
    return [layer.hidden.new_empty(0) if gradient is None else gradient for gradient in gradients]


def _empty(layer: Any, wanted: Any, dtype: torch.dtype | None = None) -> list[Tensor]:
    """The shapes of what :func:`_filled` returns, in ``dtype`` or in the dtypes of the layer."""
    return [
        part.new_empty(part.shape, dtype=dtype) if want and part is not None else layer[0].new_empty(0)
        for part, want in zip(layer, wanted, strict=True)
    ]


def _setup_context(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
    tensors, ctx.numbers, ctx.per_row, ctx.wanted = inputs[:9], inputs[9:12], inputs[12], inputs[14:]
    ctx.dtypes = [None if part is None else part.dtype for part in tensors[:3]]
    ctx.save_for_backward(*(tensors if ctx.per_row else output[1:4]))


def _backward(ctx: Any, upstream: list[Tensor]) -> tuple[Any, ...]:
    if torch.is_grad_enabled():
        raise RuntimeError(f"linear_cross_entropy has no second derivative: {REMEDY}")
    if ctx.per_row:
        computed = linear_cross_entropy_backward(upstream[0], *ctx.saved_tensors, *ctx.numbers, *ctx.wanted)
    else:
        computed = [(g * upstream[0]).to(dtype) for g, dtype in zip(ctx.saved_tensors, ctx.dtypes, strict=True)]
    gradients = [gradient if want else None for gradient, want in zip(computed, ctx.wanted, strict=True)]
    return *gradients, *[None] * 14  # for the target, _TERM, per_row, stats and _WANTED


linear_cross_entropy.register_autograd(_backward, setup_context=_setup_context)


def in_graph(layer: Layer, term: Term, scale: Tensor, per_row: bool, cap: Cap | None, stats: RowStats | None) -> Tensor:
    """The operator :func:`linear_cross_entropy` applied to a term of that ``scale``; fills in ``stats``."""
    recorded = torch.is_grad_enabled()
    wanted = [part is not None and recorded and part.requires_grad for part in layer]
    loss, _, _, _, *figures = torch.ops.onewarm.linear_cross_entropy(
        *_arguments(layer, term, scale, cap), per_row, stats is not None, *wanted
    )
    for figure, found in zip(stats or (), figures, strict=False):
        figure.copy_(found.detach())
    result: Tensor = loss
    return result


def row_gradients_in_graph(
    upstream: Tensor, layer: Layer, term: Term, wanted: Sequence[bool], cap: Cap | None
) -> tuple[Tensor | None, ...]:
    """The operator :func:`linear_cross_entropy_backward` applied to a term, for a graph of compiled autograd."""
    scale = torch.as_tensor(term.scale, dtype=upstream.dtype, device=upstream.device)
    made = torch.ops.onewarm.linear_cross_entropy_backward(upstream, *_arguments(layer, term, scale, cap), *wanted)
    return tuple(gradient if want else None for gradient, want in zip(made, wanted, strict=True))


def _arguments(layer: Layer, term: Term, scale: Tensor, cap: Cap | None) -> tuple[Any, ...]:
    """Those that the schemas of both operators begin with."""
    target = term.target
    parts = (target.index, target.weight, target.table, target.table_index, target.table_weight)
    return *layer, *parts, scale, term.z_loss, term.temperature, None if cap is None else list(cap)

"""Losses of a linear layer under autograd: argument checks, and gradients kept for the backward pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from onewarm import checks
from onewarm.definition import divisor, in_range
from onewarm.loss_options import LossOptions, Reduction
from onewarm.target import SoftTarget, as_target
from onewarm.torch.device import transformed
from onewarm.torch.linear.chunks import Layer, run
from onewarm.torch.linear.ops import REMEDY, in_graph
from onewarm.torch.linear.terms import Term


def checked_layer(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Layer, torch.Size]:
    """The layer with hidden states (N, D), and the leading shape that they had.

    The values of ``hidden`` and ``weight`` are not checked here: a NaN or infinity shows in the kernel.

    Raises:
        TypeError: not dense floating-point tensors.
        ValueError: shapes or devices that disagree, a bias that is NaN or +inf.
    """
    for name, part in (("hidden", hidden), ("weight", weight), ("bias", bias)):
        if part is None and name == "bias":
            continue
        if not isinstance(part, Tensor):
            raise TypeError(f"{name} is a {type(part).__name__}: expected a PyTorch tensor")
        if not part.is_floating_point():
            raise TypeError(f"{name} has dtype {part.dtype}: expected floating point")
        if part.layout is not torch.strided:
            raise TypeError(f"{name} is {part.layout}: expected a dense tensor; call .to_dense()")
        if part.device != hidden.device:
            raise ValueError(f"{name} is on {part.device} but hidden is on {hidden.device}: move one of them")
    if weight.ndim != 2 or 0 in weight.shape:
        raise ValueError(f"weight has shape {tuple(weight.shape)}: expected (V, D), a row for each class")
    if hidden.ndim == 0 or hidden.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"hidden has shape {tuple(hidden.shape)} and weight {tuple(weight.shape)}: expected (..., D) and (V, D)"
        )
    if bias is not None:
        if tuple(bias.shape) != (weight.shape[0],):
            raise ValueError(f"bias has shape {tuple(bias.shape)}: expected ({weight.shape[0]},), one for each class")
        if (bad := checks.first_true(bias.isnan() | (bias == torch.inf))) is not None:
            raise ValueError(
                f"bias[{bad[0]}] is {checks.item(bias, bad):g}: expected a finite number, or -inf to mask the class"
            )
    return Layer(hidden.reshape(-1, hidden.shape[-1]), weight, bias), hidden.shape[:-1]


def checked_target(target: SoftTarget | Tensor, layer: Layer, shape: torch.Size, name: str = "target") -> SoftTarget:
    """A row of mass for each row of the layer, from labels (*shape), probabilities (*shape, V) or a SoftTarget.

    Raises:
        TypeError: a target of another library's arrays.
        ValueError: shapes or devices that disagree, an index out of range.
        RuntimeError: a target that requires a gradient.
    """
    classes = int(layer.weight.shape[0])
    if isinstance(target, Tensor):
        wide = target.is_floating_point()
        expected = (*shape, classes) if wide else tuple(shape)
        if tuple(target.shape) != expected:
            kind = "probabilities" if wide else "labels"
            raise ValueError(f"{name} has shape {tuple(target.shape)}: expected {kind} of shape {expected}")
        target = target.reshape(-1, classes) if wide else target.reshape(-1)
    rows = as_target(target, classes)
    parts = [rows.index, rows.weight, rows.table, rows.table_index, rows.table_weight]
    for part in parts:
        if part is None:
            continue
        if not isinstance(part, Tensor):
            raise TypeError(f"{name} is made of {type(part).__name__}, hidden is a tensor: make it of tensors")
        if part.device != layer.hidden.device:
            raise ValueError(f"{name} is on {part.device} but hidden is on {layer.hidden.device}: move one of them")
        if part.requires_grad:
            raise RuntimeError(f"{name} requires a gradient, which this loss does not compute: detach it, or {REMEDY}")
    if rows.index.shape[0] != layer.hidden.shape[0]:
        raise ValueError(f"{name} has {len(rows)} rows, hidden has {layer.hidden.shape[0]}: expected one for each")
    in_range(rows.index, classes, f"{name}.index")
    if rows.table is not None:
        in_range(rows.table_index, int(rows.table.shape[0]), f"{name}.table_index")
    return rows


def row_factor(target: Any, options: LossOptions) -> Any:
    """The factor of each row's loss in the sum over rows: a number, or a tensor inside a graph."""
    if options.reduction != "mean":
        return 1.0
    factor = 1.0 / divisor(target, options.normalizer, target.mass().double())
    return float(factor) if checks.concrete(factor) else factor


def reduced_loss(layer: Layer, terms: Sequence[Term], reduction: Reduction, shape: torch.Size) -> Tensor:
    """The sum of the terms' losses, for each row or over all rows, under autograd.

    Raises:
        RuntimeError: a transform of ``torch.func``, or forward mode.
    """
    if not torch.compiler.is_compiling() and transformed(layer.hidden):
        raise RuntimeError(
            f"linear_cross_entropy: torch.func transforms and forward mode do not reach into its chunks: {REMEDY}"
        )
    if not checks.concrete(layer.hidden):
        (term,) = terms
        scale = torch.as_tensor(term.scale, dtype=torch.float64, device=layer.hidden.device)
        traced_loss = in_graph(layer, term.target, scale, term.z_loss, reduction == "none")
        return traced_loss.reshape(shape) if reduction == "none" else traced_loss
    loss: Tensor = _Linear.apply(*layer, tuple(terms), reduction == "none")  # type: ignore[no-untyped-call]
    return loss.reshape(shape) if reduction == "none" else loss


class _Linear(torch.autograd.Function):
    """A summed loss makes its gradients in the forward pass; losses by row (``per_row``) make them in the backward
    pass, which knows the upstream gradient of each."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, terms: tuple[Term, ...], per_row: bool
    ) -> Tensor:
        ctx.terms, ctx.per_row = terms, per_row
        ctx.save_for_backward(hidden, weight, bias)
        layer = Layer(hidden, weight, bias)
        wanted = (False,) * 3 if per_row else ctx.needs_input_grad[:3]
        losses, ctx.gradients = run(layer, terms, wanted=wanted)
        return (losses if per_row else losses.sum()).to(layer.dtype)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            raise RuntimeError(f"linear_cross_entropy has no second derivative: {REMEDY}")
        # Autograd may keep and change the returned gradients, so they are not kept here: a second backward pass
        # recomputes them, bit for bit.
        gradients, ctx.gradients = ctx.gradients, None
        if gradients is None or ctx.per_row:
            rows = upstream.double() if ctx.per_row else None
            _, gradients = run(Layer(*ctx.saved_tensors), ctx.terms, upstream=rows, wanted=ctx.needs_input_grad[:3])
        if not ctx.per_row and upstream.item() != 1:
            for gradient in gradients:
                if gradient is not None:
                    gradient.mul_(upstream)
        return *gradients, None, None

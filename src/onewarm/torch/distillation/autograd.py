"""A distillation loss under autograd: its gradient is made with the loss, in float32, and rounded once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from onewarm import checks
from onewarm.torch.device import has_memory, on_cpu, traced, transformed
from onewarm.torch.distillation.defined import defined_divergences
from onewarm.torch.distillation.parts import Part, all_rows, part_tensors, part_with
from onewarm.torch.interop.openmp import share

_TENSOR_TYPES = (Tensor, torch.nn.Parameter)
_ROUNDED = 2**18  # entries that are rounded to half precision at a time


def summed(z: Tensor, parts: Sequence[Part], *, per_row: bool, name: str, given: Sequence[object] = ()) -> Tensor:
    """The sum of the parts' losses over all rows, or with ``per_row`` for each row, under autograd.

    Args:
        z: (N, K), the student's logits.
        parts: of N rows.
        per_row: whether the loss is (N,).
        name: of the logits, for messages.
        given: what else the parts were made of, which may not be changed before the backward pass.
    """
    if _in_graph(z, parts):
        return _defined(z, parts, per_row)
    tensors = [part_tensors(part) for part in parts]
    others = [value for value in given if isinstance(value, Tensor)]
    bare = tuple(part_with(part, [None] * len(own)) for part, own in zip(parts, tensors, strict=True))
    loss: Tensor = _Distilled.apply(z, bare, per_row, name, *chain(*tensors), *others)  # type: ignore[no-untyped-call]
    return loss


def _in_graph(z: Tensor, parts: Sequence[Part]) -> bool:
    """Whether the loss has to be made of operations that PyTorch records, transforms or differentiates."""
    if torch.compiler.is_compiling() or type(z) not in _TENSOR_TYPES or not checks.concrete(z):
        return True
    given = [tensor for part in parts for tensor in part_tensors(part) if tensor is not None]
    unusual = any(type(x) not in _TENSOR_TYPES or (x.requires_grad and torch.is_grad_enabled()) for x in given)
    return unusual or traced(z) or transformed(z)


def _defined(z: Tensor, parts: Sequence[Part], per_row: bool) -> Tensor:
    """The loss by the definition."""
    wide = z.to(torch.promote_types(z.dtype, torch.float32))
    total: Any = 0.0
    for part in parts:
        logits = wide[:, : part.teacher.num_classes].to(torch.promote_types(wide.dtype, part.teacher.dtype))
        losses = defined_divergences(logits, part.teacher, part.temperature, part.divergence, part.beta)
        total = total + part.scale * losses
    loss: Tensor = total if per_row else total.sum()
    return loss.to(wide.dtype)


class _Distilled(torch.autograd.Function):
    """Keeps the gradient in float32 until the backward pass brings its factor; all of it saved as autograd saves it."""

    @staticmethod
    def forward(
        ctx: Any, z: Tensor, bare: tuple[Part, ...], per_row: bool, name: str, *tensors: Tensor | None
    ) -> Tensor:
        ctx.bare, ctx.per_row, ctx.name, ctx.handed_over = bare, per_row, name, False
        losses, gradient = all_rows(_with(bare, tensors), z, gradient=ctx.needs_input_grad[0], name=name)
        given = (z, gradient, *tensors)
        # Tensors of inference mode, such as a teacher's, have no version to check, and save_for_backward refuses them.
        ctx.inference = {i: x for i, x in enumerate(given) if x is not None and x.is_inference()}
        ctx.save_for_backward(*(None if i in ctx.inference else x for i, x in enumerate(given)))
        wide = torch.promote_types(z.dtype, torch.float32)
        return (losses if per_row else losses.sum()).to(wide)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        z, gradient, *tensors = (ctx.inference.get(i, x) for i, x in enumerate(ctx.saved_tensors))
        parts, rest = _with(ctx.bare, tensors), (None,) * (len(ctx.needs_input_grad) - 1)
        if torch.is_grad_enabled():  # the gradient will be differentiated too
            loss = _defined(z, parts, ctx.per_row)
            return *torch.autograd.grad(loss, z, upstream, create_graph=True), *rest
        if ctx.handed_over:
            _, gradient = all_rows(parts, z, gradient=True, name=ctx.name)
        assert gradient is not None
        factor = upstream[..., None] if ctx.per_row else upstream
        if not has_memory(upstream):  # a batch of upstream gradients
            return (gradient * factor).to(z.dtype), *rest
        # Autograd may keep and change what it is given: a second backward pass makes it again. `.data` has a version of
        # its own.
        ctx.handed_over = True
        return _scaled_(gradient.data, factor, z.dtype), *rest


def _scaled_(gradient: Tensor, factor: Tensor, dtype: torch.dtype) -> Tensor:
    """``gradient * factor``, rounded once to ``dtype``; where that is the gradient's own, in its memory."""
    if dtype == gradient.dtype:
        return gradient.mul_(factor)
    if not on_cpu(gradient):
        return torch.mul(gradient, factor, out=torch.empty_like(gradient, dtype=dtype))
    rounded = torch.empty_like(gradient, dtype=dtype)
    size = max(_ROUNDED // max(gradient.shape[1], 1), 1)

    def step(start: int) -> None:  # by blocks: PyTorch would make the whole product first
        rows = slice(start, start + size)
        rounded[rows] = gradient[rows] * (factor[rows] if factor.ndim else factor)

    share(step, range(0, len(gradient), size))
    return rounded


def _with(bare: Sequence[Part], tensors: Sequence[Tensor | None]) -> tuple[Part, ...]:
    parts, start = [], 0
    for part in bare:
        end = start + len(part_tensors(part))
        parts.append(part_with(part, tensors[start:end]))
        start = end
    return tuple(parts)

"""Scaled and softly capped logits under autograd, and figures of rows, in blocks of rows."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from onewarm import softcap
from onewarm.loss_options import LossOptions
from onewarm.loss_stats import LossStats, loss_stats, row_stats
from onewarm.soft_target import SoftTarget
from onewarm.torch.device import has_memory, kernel_of, on_cpu, transformed
from onewarm.torch.softcap import all_finite, cap_

_BLOCK = 2**22  # logits at a time on the CPU: bounded memory, and few operations that start threads


def capped_logits(logits: Tensor, options: LossOptions) -> Tensor:
    """:func:`onewarm.softcap.capped` of logits (N, K), in float32 or float64.

    The derivative is taken in that dtype and multiplied before the gradient is rounded to the logits' dtype.

    Example:
        >>> z = torch.tensor([[-torch.inf, 60.0]], requires_grad=True)
        >>> capped = capped_logits(z, LossOptions(softcap=30.0))
        >>> capped.detach(), torch.autograd.grad(capped.sum(), z)[0]
        (tensor([[   -inf, 28.9208]]), tensor([[0.0000, 0.0707]]))
    """
    numbers = (options.logit_scale, options.softcap)
    fixed = all(isinstance(number, (float, type(None))) for number in numbers)
    if not fixed or torch.compiler.is_compiling() or transformed(logits) or not kernel_of(logits):
        return _plain(logits, *numbers)
    capped: Tensor = _Capped.apply(logits, *numbers)  # type: ignore[no-untyped-call]
    return capped


def through_cap(gradient: Tensor, logits: Tensor, scale: float, cap: float | None) -> Tensor:
    """The gradient in the logits, in their dtype, of what has this ``gradient`` in the capped logits."""
    result = torch.empty(logits.shape, dtype=logits.dtype, device=logits.device)
    with torch.no_grad():
        for rows in _blocks(logits):
            if cap is None:
                result[rows] = gradient[rows] * scale
                continue
            cosh = logits[rows].to(_arithmetic(logits), copy=True).mul_(scale / cap).cosh_()
            if not on_cpu(cosh) or not all_finite(cosh):
                cosh.nan_to_num_(nan=torch.inf, posinf=torch.inf)  # a NaN of a row that is not read
            result[rows] = (gradient[rows] * scale).div_(cosh).div_(cosh)
    return result


def stats_of(logits: Tensor, target: SoftTarget, z_loss: Any) -> LossStats:
    """The figures of rows (N, K), (N,) each; a row without mass is not looked at.

    Example:
        >>> from onewarm.target import one_hot
        >>> stats = stats_of(torch.tensor([[0.0, 0.0], [torch.nan, 1.0]]), one_hot(torch.tensor([1, -100]), 2), 0.0)
        >>> stats.lse, stats.prediction, stats.correct
        (tensor([0.6931, 0.0000]), tensor([ 0, -1]), tensor([False, False]))
    """
    with torch.no_grad():
        z = logits.detach() if has_memory(logits) else logits
        figures = [row_stats(_wide(z[rows])) for rows in _blocks(z)]
        lse, entropy, prediction = (torch.cat(parts) for parts in zip(*figures, strict=True))
        return loss_stats(lse, entropy, prediction, target, z_loss)


class _Capped(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, scale: float, cap: float | None) -> Tensor:
        ctx.save_for_backward(logits)
        ctx.numbers = scale, cap
        capped = torch.empty(logits.shape, dtype=_arithmetic(logits), device=logits.device)
        for rows in _blocks(logits):
            block = capped[rows]
            block.copy_(logits[rows])
            cap_(block, scale, cap)
        return capped

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        (logits,) = ctx.saved_tensors
        if torch.is_grad_enabled() or not has_memory(upstream):  # a second derivative, or a batch of gradients
            slope = softcap.slope(_wide(logits), *ctx.numbers)
            return (slope * upstream).to(logits.dtype), None, None
        return through_cap(upstream, logits, *ctx.numbers), None, None


def _plain(logits: Tensor, scale: Any, cap: Any) -> Tensor:
    """In operations that PyTorch differentiates: for graphs, transforms, and numbers that have a gradient."""
    capped: Tensor = softcap.capped(_wide(logits), scale, cap)
    return capped


def _blocks(logits: Tensor) -> list[slice]:
    """Some rows at a time on the CPU, else all at once."""
    rows, classes = logits.shape
    step = max(_BLOCK // max(classes, 1), 1) if on_cpu(logits) and not torch.compiler.is_compiling() else max(rows, 1)
    return [slice(start, start + step) for start in range(0, max(rows, 1), step)]


def _arithmetic(logits: Tensor) -> torch.dtype:
    return torch.float64 if logits.dtype == torch.float64 else torch.float32


def _wide(logits: Tensor) -> Tensor:
    return logits.to(_arithmetic(logits))

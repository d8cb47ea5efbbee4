"""The module's loss in a handful of PyTorch's operations, for graphs that leave this library: traces and ONNX files.

A registered operator would tie such a graph to onewarm, and a kernel's result would be a constant in it. No shape and
no value is read here, so that the graph is good for other batches.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from onewarm.torch.cross_entropy.per_row import minus_dot
from onewarm.torch.device import traced


def leaves_python(logits: Tensor) -> bool:
    """Whether the operations are recorded by ``torch.jit.trace`` or ``torch.onnx.export``."""
    if torch.onnx.is_in_onnx_export():
        return True
    return not torch.compiler.is_compiling() and logits.dim() > 0 and traced(logits)


def loss_in_graph(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    alpha: Any,
    ours: bool,
    normalizer: Any,
    z_loss: Any,
) -> Tensor:
    """:func:`onewarm.torch.nn_cross_entropy` for checked options; labels out of range are not seen.

    Args:
        ours: whether ``semantics="onewarm"``.

    Example:
        >>> z = torch.tensor([[3.0, 1.0, -0.5, -1.0]])
        >>> loss = loss_in_graph(z, torch.tensor([0]), None, -100, "mean", 0.1, False, None, 0.0)
        >>> round(loss.item(), 4)
        0.4063
    """
    axis = 0 if input.dim() == 1 else 1
    z = input.to(torch.promote_types(input.dtype, torch.float32))
    log_p = torch.log_softmax(z, axis)
    by_class = None if weight is None else weight.to(z.dtype).reshape([-1] + [1] * (z.dim() - axis - 1))
    if target.is_floating_point():
        t = _probabilities(z, target.to(z.dtype), by_class, axis, alpha, ours)
        rows, mass = minus_dot(t, log_p).sum(axis), t.sum(axis)
        share = mass if ours and weight is not None else torch.ones_like(rows)
    else:
        y = target.reshape(()) if input.dim() == 1 else target.long()
        live = y != ignore_index
        y = torch.where(live, y, 0)
        nll = -log_p.gather(axis, y.unsqueeze(axis)).squeeze(axis)
        named = torch.ones_like(nll) if weight is None else weight.to(z.dtype)[y]
        rows, mass = named * nll, named
        if not isinstance(alpha, float) or alpha > 0:
            even, even_mass = _even(z, log_p, by_class, axis, ours)
            rows = (1 - alpha) * rows + alpha * (even * named if ours else even)
            mass = named if ours else (1 - alpha) * named + alpha * even_mass
        rows, mass, share = (torch.where(live, x, 0.0) for x in (rows, mass, named))
    if not isinstance(z_loss, float) or z_loss > 0:
        rows = rows + z_loss * mass * torch.where(mass != 0, torch.logsumexp(z, axis), 0.0) ** 2
    if reduction != "mean":
        return rows.sum() if reduction == "sum" else rows
    if normalizer is None or isinstance(normalizer, str):
        counted = {None: share, "mass": mass, "rows": (mass != 0).to(z.dtype)}[normalizer].sum()
        normalizer = counted if normalizer is None and not ours else torch.where(counted == 0, 1.0, counted)
    return rows.sum().div(normalizer)


def _even(z: Tensor, log_p: Tensor, weight: Tensor | None, axis: int, ours: bool) -> tuple[Tensor, Any]:
    """The loss of mass 1 that is spread over the classes, and that mass after weighting."""
    if ours:
        kept = z > -torch.inf
        return -torch.where(kept, log_p, 0.0).sum(axis) / kept.sum(axis), 1.0
    if weight is None:
        return -log_p.mean(axis), 1.0
    return minus_dot(weight, log_p).mean(axis), weight.mean()


def _probabilities(z: Tensor, t: Tensor, weight: Tensor | None, axis: int, alpha: Any, ours: bool) -> Tensor:
    """The dense target that the loss sees: smoothed and weighted, by our meaning after masked mass has moved."""
    if not ours:
        smoothed = t.mul(1 - alpha).add(torch.ones_like(t).softmax(axis) * alpha)
        return smoothed if weight is None else smoothed * weight
    t = t if weight is None else t * weight
    kept = (z > -torch.inf).to(z.dtype)
    mass = t.sum(axis, keepdim=True)
    left = (t * kept).sum(axis, keepdim=True)
    moved = torch.where(left == 0, t, t * kept * (mass / torch.where(left == 0, 1.0, left)))
    return moved.mul(1 - alpha).add(mass * kept / kept.sum(axis, keepdim=True) * alpha)

"""Cross-entropy against any target for PyTorch: the fused kernel under autograd, the definition where it cannot go."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from onewarm import loss as definition
from onewarm.kernels.fused import loss_and_gradient
from onewarm.loss import Normalizer, Reduction
from onewarm.target import SoftTarget


def cross_entropy(
    logits: Tensor,
    target: SoftTarget | Tensor,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
) -> Tensor:
    """Cross-entropy ``s logsumexp(z) - <t, z>`` of each row, reduced: :func:`onewarm.cross_entropy` for PyTorch.

    On the CPU in float32 and float64 one fused pass computes the loss and, where autograd will ask for it, the
    gradient; with ``reduction="none"`` the gradient is made in the backward pass. Other dtypes and devices, targets
    that require a gradient, tracing, ``torch.func`` and second derivatives go through the definition in
    :mod:`onewarm.loss`, which PyTorch differentiates.

    Args:
        logits: (N, K); -inf masks a class.
        target: a :class:`onewarm.SoftTarget` of tensors, integer labels (N,), or probabilities (N, K).
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for one loss a row.
        normalizer: what ``"mean"`` divides by: ``"rows"`` that have mass, the total ``"mass"``, or a number.
        z_loss: adds ``z_loss s logsumexp(z)^2`` to each row.

    Returns:
        A scalar, or (N,) for ``"none"``.

    Raises:
        TypeError, ValueError: as :func:`onewarm.loss.cross_entropy`.

    Example:
        >>> from onewarm.target import smooth
        >>> z = torch.tensor([[3.0, 1.0, -0.5, -1.0]], requires_grad=True)
        >>> loss = cross_entropy(z, smooth(torch.tensor([0]), 0.1, num_classes=4))
        >>> loss.backward()
        >>> round(loss.item(), 4), [round(g, 3) for g in z.grad[0].tolist()]
        (0.4063, [-0.08, 0.089, 0.001, -0.01])
    """
    target = definition.checked(logits, target, reduction)
    if not _fusable(logits, target, normalizer, z_loss):
        defined: Tensor = definition.cross_entropy(
            logits, target, reduction=reduction, normalizer=normalizer, z_loss=z_loss
        )
        return defined
    if isinstance(normalizer, Tensor):
        normalizer = normalizer.item()
    if logits.requires_grad and torch.is_grad_enabled():
        loss: Tensor = _Fused.apply(logits, target, reduction, normalizer, z_loss)  # type: ignore[no-untyped-call]
        return loss
    loss, _ = _run(logits, target, reduction, normalizer, z_loss, gradient=False)
    return loss


def cross_entropy_with_gradient(
    logits: Tensor,
    target: SoftTarget | Tensor,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """:func:`cross_entropy` and its gradient in the logits, (N, K), in one call and outside autograd.

    For training loops that apply gradients themselves. Arguments and errors as in :func:`cross_entropy`.

    Example:
        >>> loss, gradient = cross_entropy_with_gradient(torch.tensor([[3.0, 1.0, -0.5, -1.0]]), torch.tensor([0]))
        >>> round(loss.item(), 4), [round(g, 3) for g in gradient[0].tolist()]
        (0.1688, [-0.155, 0.114, 0.026, 0.015])
    """
    logits = logits.detach()
    target = definition.checked(logits, target, reduction)
    if _fusable(logits, target, normalizer, z_loss):
        loss, gradient = _run(logits, target, reduction, normalizer, z_loss, gradient=True)
    else:
        loss, gradient = definition.cross_entropy_with_gradient(
            logits, target, reduction=reduction, normalizer=normalizer, z_loss=z_loss
        )
    assert gradient is not None
    return loss, gradient


class _Fused(torch.autograd.Function):
    """The kernel under autograd: the gradient is made with the loss, and scaled when it is asked for."""

    @staticmethod
    def forward(
        ctx: Any, logits: Tensor, target: SoftTarget, reduction: Reduction, normalizer: Normalizer, z_loss: float
    ) -> Tensor:
        ctx.arguments = target, reduction, normalizer, z_loss
        ctx.save_for_backward(logits)
        loss, ctx.gradient = _run(logits, *ctx.arguments, gradient=reduction != "none")
        return loss

    @staticmethod
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor | None, ...]:
        (logits,) = ctx.saved_tensors
        target, reduction, normalizer, z_loss = ctx.arguments
        rest = (None,) * 4
        if torch.is_grad_enabled():  # the gradient will be differentiated: make it of operations that can be
            loss = definition.cross_entropy(logits, target, reduction=reduction, normalizer=normalizer, z_loss=z_loss)
            return *torch.autograd.grad(loss, logits, above, create_graph=True), *rest
        # Handed on, not kept: whoever gets it may own it. A second backward pass makes it anew.
        gradient, ctx.gradient = ctx.gradient, None
        if gradient is None:
            gradient = _run(logits, *ctx.arguments, gradient=True, row_scale=above.detach().numpy())[1]
        elif above.item() != 1:
            gradient.mul_(above)
        return gradient, *rest


def _run(
    logits: Tensor, target: SoftTarget, reduction: Reduction, normalizer: Normalizer, z_loss: float, **options: Any
) -> tuple[Tensor, Tensor | None]:
    """The kernel on tensors that share their memory with NumPy; with PyTorch's number of threads."""
    loss, gradient = loss_and_gradient(
        _numpy(logits), _arrays(target), reduction, normalizer, z_loss, threads=torch.get_num_threads(), **options
    )
    loss = torch.from_numpy(loss) if reduction == "none" else torch.tensor(loss, dtype=logits.dtype)
    # NumPy asks for huge pages, which PyTorch's allocator does not: fresh memory costs less.
    return loss, None if gradient is None else torch.from_numpy(gradient)


def _fusable(logits: Tensor, target: SoftTarget, normalizer: Any, z_loss: Any) -> bool:
    """Whether the kernel may take this call: plain CPU tensors, nothing traced, no gradient but that of the logits."""
    tensors = [logits, *_tensors(target), *(x for x in (normalizer, z_loss) if isinstance(x, Tensor))]
    return (
        not torch.compiler.is_compiling()
        and not torch._C._is_tracing()
        and not torch._C._are_functorch_transforms_active()
        and forward_ad._current_level < 0
        and logits.dtype in (torch.float32, torch.float64)
        and not isinstance(z_loss, Tensor)
        and all(type(x) in (Tensor, torch.nn.Parameter) for x in tensors)
        and all(x.device.type == "cpu" and x.layout == torch.strided for x in tensors)
        and not any(x.requires_grad for x in tensors[1:])
    )


def _tensors(target: SoftTarget) -> list[Tensor]:
    return [x for f in fields(target) if isinstance(x := getattr(target, f.name), Tensor)]


def _numpy(tensor: Tensor) -> Any:
    tensor = tensor.detach().resolve_neg()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def _arrays(target: SoftTarget) -> SoftTarget:
    """The same target in NumPy arrays."""
    arrays = {f.name: _numpy(x) for f in fields(target) if isinstance(x := getattr(target, f.name), Tensor)}
    return replace(target, **arrays)

"""Cross-entropy against any target for PyTorch: the fused kernel under autograd, the definition where it cannot go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

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
    if not _fusable(logits, target, normalizer, z_loss):
        defined: Tensor = definition.cross_entropy(
            logits, target, reduction=reduction, normalizer=normalizer, z_loss=z_loss
        )
        return defined
    arguments = _arguments(logits, target, reduction, normalizer, z_loss)
    if logits.requires_grad and torch.is_grad_enabled():
        loss: Tensor = _Fused.apply(logits, target, arguments)  # type: ignore[no-untyped-call]
        return loss
    loss, _ = _run(logits, arguments, gradient=False)
    return loss


def cross_entropy_with_gradient(
    logits: Tensor,
    target: SoftTarget | Tensor,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """:func:`cross_entropy` and its gradient in the logits, (N, K), at once and without autograd.

    Example:
        >>> loss, gradient = cross_entropy_with_gradient(torch.zeros(1, 2), torch.tensor([0]))
        >>> round(loss.item(), 4), gradient.tolist()
        (0.6931, [[-0.5, 0.5]])
    """
    if _fusable(logits, target, normalizer, z_loss):
        return _run(logits, _arguments(logits, target, reduction, normalizer, z_loss), gradient=True)
    both: tuple[Tensor, Tensor] = definition.cross_entropy_with_gradient(
        logits, target, reduction=reduction, normalizer=normalizer, z_loss=z_loss
    )
    return both


class _Arguments(NamedTuple):
    """What the kernel takes besides the logits, checked, in NumPy arrays that share the tensors' memory."""

    target: SoftTarget
    reduction: Reduction
    normalizer: Normalizer
    z_loss: float


class _Fused(torch.autograd.Function):
    """The kernel under autograd: the gradient is made with the loss, and scaled when it is asked for."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, target: SoftTarget | Tensor, arguments: _Arguments) -> Tensor:
        ctx.target, ctx.arguments = target, arguments
        ctx.save_for_backward(logits)
        loss, ctx.gradient = _run(logits, arguments, gradient=arguments.reduction != "none")
        return loss

    @staticmethod
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor | None, ...]:
        (logits,) = ctx.saved_tensors
        if torch.is_grad_enabled():  # the gradient will be differentiated: make it of operations that can be
            options = ctx.arguments._asdict() | {"target": ctx.target}
            loss = definition.cross_entropy(logits, **options)
            return *torch.autograd.grad(loss, logits, above, create_graph=True), None, None
        # Handed on, not kept: whoever gets it may own it. A second backward pass makes it anew.
        gradient, ctx.gradient = ctx.gradient, None
        if gradient is None:
            _, gradient = _run(logits, ctx.arguments, gradient=True, row_scale=above.numpy())
        elif above.item() != 1:
            gradient.mul_(above)
        return gradient, None, None


def _run(logits: Tensor, arguments: _Arguments, **options: Any) -> tuple[Tensor, Any]:
    """The kernel, with PyTorch's number of threads."""
    loss, gradient = loss_and_gradient(_numpy(logits), *arguments, threads=torch.get_num_threads(), **options)
    # NumPy asks for huge pages, which PyTorch's allocator does not: fresh memory costs less.
    return torch.as_tensor(loss), None if gradient is None else torch.from_numpy(gradient)


def _arguments(logits: Tensor, target: Any, reduction: Reduction, normalizer: Any, z_loss: float) -> _Arguments:
    """Check as the definition does, but in NumPy: PyTorch would start its threads for each small comparison."""
    if isinstance(target, SoftTarget):
        arrays = {name: _numpy(tensor) for name, tensor in _tensors(target).items()}
        target = replace(target, **arrays)
    else:
        target = _numpy(target)
    if isinstance(normalizer, Tensor):
        normalizer = normalizer.item()
    return _Arguments(definition.checked(_numpy(logits), target, reduction), reduction, normalizer, z_loss)


def _fusable(logits: Any, target: Any, normalizer: Any, z_loss: Any) -> bool:
    """Whether the kernel may take this call: plain CPU tensors, nothing traced, no gradient but that of the logits."""
    if isinstance(target, SoftTarget):
        targets = list(_tensors(target).values())
    else:
        targets = [target]
    if isinstance(normalizer, Tensor):
        targets.append(normalizer)
    return (
        not torch.compiler.is_compiling()
        and not torch._C._is_tracing()
        and not torch._C._are_functorch_transforms_active()
        and forward_ad._current_level < 0
        and all(
            type(x) in (Tensor, torch.nn.Parameter) and x.device.type == "cpu" and x.layout == torch.strided
            for x in (logits, *targets)
        )
        and logits.dtype in (torch.float32, torch.float64)
        and not isinstance(z_loss, Tensor)
        and not any(x.requires_grad for x in targets)
    )


def _tensors(target: SoftTarget) -> dict[str, Any]:
    """The arrays of a target by name."""
    names = ("index", "weight", "table", "table_index", "table_weight")
    return {name: array for name in names if (array := getattr(target, name)) is not None}


def _numpy(tensor: Tensor) -> Any:
    """The same memory as a NumPy array, which has no bfloat16."""
    tensor = tensor.detach().resolve_neg()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()

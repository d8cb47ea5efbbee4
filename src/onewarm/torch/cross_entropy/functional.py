"""Cross-entropy against any target for PyTorch: the fused kernel under autograd, else the definition."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from onewarm import definition
from onewarm.kernels.cpu.loss import checked, loss_and_gradient
from onewarm.loss_options import LossOptions, Normalizer, Reduction, loss_options
from onewarm.target import SoftTarget
from onewarm.torch.cross_entropy import ops
from onewarm.torch.cross_entropy import triton as triton_loss
from onewarm.torch.cross_entropy.per_row import per_row_loss
from onewarm.torch.device import kernel_for, operator_for
from onewarm.torch.interop.numpy_views import bits, from_bits, in_numpy, plain, tensors
from onewarm.torch.interop.openmp import team


def cross_entropy(
    logits: Tensor,
    target: SoftTarget | Tensor,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    overwrite_logits: bool = False,
) -> Tensor:
    """Cross-entropy ``s logsumexp(z) - <t, z>`` of each row, reduced: :func:`onewarm.cross_entropy` for PyTorch.

    On the CPU, and with Triton on a GPU, one fused call computes the loss and, where autograd will ask for it, the
    gradient; with ``reduction="none"`` the gradient is made in the backward pass. Inside ``torch.compile`` the
    operators of :mod:`onewarm.torch.cross_entropy.ops` do the same. Other devices, targets that require a gradient,
    ``torch.func``, forward mode and second derivatives go through :mod:`onewarm.definition`, which PyTorch
    differentiates.
    Under autocast the logits come in half precision and the loss is computed in float32 all the same.

    Args:
        logits: (N, K); -inf masks a class.
        target: a :class:`onewarm.SoftTarget` of tensors, integer labels (N,), or probabilities (N, K).
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for one loss a row.
        normalizer: what ``"mean"`` divides by: ``"rows"`` that have mass, the total ``"mass"``, or a number.
        z_loss: adds ``z_loss s logsumexp(z)^2`` to each row.
        overwrite_logits: put the gradient where the logits are, which saves memory of their size: afterwards the
            logits are lost, the loss cannot be differentiated twice, and an earlier operation that keeps its result
            for its own gradient (a softmax, an exp) makes PyTorch raise. For logits that an operation such as a
            linear layer computed, contiguous, on the CPU in eager mode. Without a gradient nothing is written.

    Returns:
        A scalar, or (N,) for ``"none"``: float32, or float64 for float64 logits.

    Raises:
        TypeError, ValueError: as :func:`onewarm.definition.cross_entropy`; ``overwrite_logits`` for logits that are a
            leaf of autograd (a parameter would be lost), a view, not contiguous, or where no kernel runs in place.

    Example:
        >>> from onewarm.target import smooth
        >>> z = torch.tensor([[3.0, 1.0, -0.5, -1.0]], requires_grad=True)
        >>> loss = cross_entropy(z, smooth(torch.tensor([0]), 0.1, num_classes=4))
        >>> loss.backward()
        >>> round(loss.item(), 4), [round(g, 3) for g in z.grad[0].tolist()]
        (0.4063, [-0.08, 0.089, 0.001, -0.01])
    """
    return loss_of(logits, target, loss_options(reduction, normalizer, z_loss), overwrite_logits)


def cross_entropy_with_gradient(
    logits: Tensor,
    target: SoftTarget | Tensor,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    overwrite_logits: bool = False,
) -> tuple[Tensor, Tensor]:
    """:func:`cross_entropy` and its gradient in the logits, (N, K), at once and without autograd.

    With ``overwrite_logits`` the gradient takes the logits' place: contiguous, where a kernel runs, and without
    ``requires_grad``, since autograd would not learn of it.

    Example:
        >>> loss, gradient = cross_entropy_with_gradient(torch.zeros(1, 2), torch.tensor([0]))
        >>> round(loss.item(), 4), gradient.tolist()
        (0.6931, [[-0.5, 0.5]])

    Args, Raises: as :func:`cross_entropy`.
    """
    _dense(logits)
    options = loss_options(reduction, normalizer, z_loss)
    if kernel := kernel_for(logits, target, options.normalizer, options.z_loss):
        if overwrite_logits and logits.requires_grad:
            raise _cannot_overwrite("they require a gradient and autograd would not see the change; detach them")
        if overwrite_logits:
            _may_overwrite(logits)
        return _run(logits, _arguments(kernel, logits, target, options), gradient=True, overwrite=overwrite_logits)
    if overwrite_logits:
        raise _cannot_overwrite("only a kernel in eager mode works in place, and only for a fixed target")
    checked_target = definition.checked(logits, target)
    loss_and_slope: tuple[Tensor, Tensor] = definition.loss_and_gradient(logits, checked_target, options)
    return loss_and_slope


def loss_of(
    logits: Tensor,
    target: SoftTarget | Tensor | None,
    options: LossOptions,
    overwrite_logits: bool = False,
    arrays: SoftTarget | None = None,
) -> Tensor:
    """:func:`cross_entropy` with checked options.

    Args:
        arrays: instead of ``target``, a checked one in NumPy arrays, for a call that ``kernel_for`` gives the CPU's
            kernel.
    """
    _dense(logits)
    differentiated = isinstance(logits, Tensor) and logits.requires_grad and torch.is_grad_enabled()
    kernel = "cpu" if arrays is not None else kernel_for(logits, target, options.normalizer, options.z_loss)
    if not kernel:
        if overwrite_logits and differentiated:
            raise _cannot_overwrite("only a kernel in eager mode works in place, and only for a fixed target")
        return _in_graph(logits, target, options)
    if overwrite_logits and differentiated:
        _may_overwrite(logits)
    if arrays is None:
        arguments = _arguments(kernel, logits, target, options)
    else:
        arguments = _Arguments(arrays, options, kernel)
    if differentiated:
        loss: Tensor = _Fused.apply(logits, target, arguments, overwrite_logits)  # type: ignore[no-untyped-call]
        return loss
    loss, _ = _run(logits, arguments, gradient=False)
    return loss


class _Arguments(NamedTuple):
    """What a kernel takes besides the logits, checked."""

    target: SoftTarget  # for the CPU's kernel of NumPy arrays over the tensors' memory
    options: LossOptions
    kernel: str  # a key of onewarm.torch.device.KERNELS


class _Fused(torch.autograd.Function):
    """The kernel under autograd: the gradient is computed together with the loss, and scaled in the backward pass."""

    @staticmethod
    def forward(
        ctx: Any, logits: Tensor, target: SoftTarget | Tensor | None, arguments: _Arguments, overwrite: bool
    ) -> Tensor:
        ctx.target, ctx.arguments, ctx.overwrite = target, arguments, overwrite
        at_once = arguments.options.reduction != "none"
        ctx.spent = overwrite and at_once
        loss, ctx.gradient = _run(logits, arguments, gradient=at_once, overwrite=ctx.spent)
        ctx.save_for_backward(*(() if ctx.spent else (logits,)))
        return loss

    @staticmethod
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor | None, ...]:
        gradient, ctx.gradient = ctx.gradient, None  # handed over, not kept: autograd may then reuse its memory
        if ctx.overwrite and (torch.is_grad_enabled() or (ctx.spent and gradient is None)):
            raise RuntimeError(
                "overwrite_logits=True leaves one gradient and no logits: for a second backward pass or a second "
                "derivative leave it out"
            )
        if ctx.spent:
            return (gradient if above.item() == 1 else gradient.mul_(above)), None, None, None
        (logits,) = ctx.saved_tensors
        if torch.is_grad_enabled():  # the gradient will be differentiated too: only the definition can be
            target = ctx.target
            if target is None:
                own = {name: torch.tensor(array) for name, array in tensors(ctx.arguments.target).items()}
                target = ctx.arguments.target.replace(**own)
            loss = _defined(logits, target, ctx.arguments.options)
            return *torch.autograd.grad(loss, logits, above, create_graph=True), None, None, None
        if gradient is None:  # not computed yet, or handed over in a first backward pass
            scale = plain(above) if ctx.arguments.kernel == "cpu" else above
            _, gradient = _run(logits, ctx.arguments, gradient=True, row_scale=scale, overwrite=ctx.overwrite)
            ctx.spent = ctx.overwrite
        elif above.item() != 1:
            gradient.mul_(above)
        return gradient, None, None, None


def _run(logits: Tensor, arguments: _Arguments, *, overwrite: bool = False, **options: Any) -> tuple[Tensor, Any]:
    """The kernel; on the CPU with PyTorch's number of threads."""
    if overwrite:
        torch.autograd.graph.increment_version(logits)
    if arguments.kernel == "triton":
        out = logits if overwrite else None
        return triton_loss.loss_and_gradient(logits, arguments.target, arguments.options, out=out, **options)
    array = bits(logits)
    out = array if overwrite else None
    loss, gradient = loss_and_gradient(array, arguments.target, arguments.options, **team(), out=out, **options)
    return torch.from_numpy(np.asarray(loss)), None if gradient is None else from_bits(gradient, logits.dtype)


def _in_graph(logits: Any, target: Any, options: LossOptions) -> Tensor:
    """Inside a graph the registered operators, where a kernel runs; elsewhere the definition."""
    if operator_for(logits) and not isinstance(options.z_loss, Tensor):
        target = definition.checked(logits, target)
        if not any(x.requires_grad for x in tensors(target).values()):
            rows = ops.rows(logits, target, options)
            reduced: Tensor = definition.reduce(rows.double(), target, options)
            return reduced.to(rows.dtype)
    return _defined(logits, target, options)


def _defined(logits: Any, target: Any, options: LossOptions) -> Tensor:
    """The loss in PyTorch's own operations."""
    target = definition.checked(logits, target)
    reduced: Tensor = definition.reduce(per_row_loss(logits, target, options), target, options)
    return reduced


def _dense(logits: Any) -> None:
    if isinstance(logits, Tensor) and logits.layout is not torch.strided:
        raise TypeError(f"logits are {logits.layout}: expected a dense tensor; call .to_dense()")


def _may_overwrite(logits: Tensor) -> None:
    owner = logits._base if logits._is_view() else logits
    if owner is not None and owner.is_leaf and owner.requires_grad:
        raise _cannot_overwrite("they are a leaf of autograd, whose value is the caller's to keep")
    if not logits.is_contiguous():
        raise _cannot_overwrite("they are not contiguous")


def _cannot_overwrite(why: str) -> ValueError:
    return ValueError(f"overwrite_logits=True is not possible for these logits: {why}, or leave overwrite_logits out")


def _arguments(kernel: str, logits: Tensor, target: Any, options: LossOptions) -> _Arguments:
    """Check the target; for the CPU's kernel in NumPy, since PyTorch would start its threads for each comparison."""
    if kernel == "triton":
        return _Arguments(definition.checked(logits, target, indices=False), options, kernel)  # the kernel checks those
    array = bits(logits)
    if isinstance(target, SoftTarget):
        target = in_numpy(target, raw_table=options.normalizer != "mass")
    else:
        target = plain(target)
    return _Arguments(checked(array, target), options, kernel)

"""Cross-entropy against any target for PyTorch: the fused kernel under autograd, else the definition."""

from __future__ import annotations

from typing import Any, Literal, overload

import torch
from torch import Tensor

from onewarm import definition
from onewarm.checks import names_foreign
from onewarm.leading_shape import as_rows
from onewarm.loss_options import LossOptions, Normalizer, Reduction, loss_options
from onewarm.target import SoftTarget
from onewarm.torch.cross_entropy import ops
from onewarm.torch.cross_entropy.autograd import Arguments, Made, arguments, defined, fused, run
from onewarm.torch.cross_entropy.capped import capped_logits, stats_of, through_cap
from onewarm.torch.device import kernel_for, on_cpu, operator_for
from onewarm.torch.interop.numpy_views import tensors
from onewarm.torch.parallel.dtensor import dtensor_loss, is_dtensor


@overload
def cross_entropy(
    logits: Tensor,
    target: SoftTarget | Tensor,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    axis: int = -1,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    stats: Literal[False] = False,
    overwrite_logits: bool = False,
    check: bool | None = None,
) -> Tensor: ...


@overload
def cross_entropy(
    logits: Tensor,
    target: SoftTarget | Tensor,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    axis: int = -1,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    stats: bool,
    overwrite_logits: bool = False,
    check: bool | None = None,
) -> Any: ...  # with stats=True tuple[Tensor, LossStats]


@names_foreign
def cross_entropy(
    logits: Tensor,
    target: SoftTarget | Tensor,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    axis: int = -1,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    stats: bool = False,
    overwrite_logits: bool = False,
    check: bool | None = None,
) -> Any:
    """Cross-entropy ``s logsumexp(z) - <t, z>`` of each row, reduced: :func:`onewarm.cross_entropy` for PyTorch.

    On the CPU one fused call computes the loss and, where autograd will ask for it, the gradient; with
    ``reduction="none"``, and with Triton on a GPU, the gradient is made in the backward pass. Inside ``torch.compile``
    the operators of :mod:`onewarm.torch.cross_entropy.ops` do the same. Other devices, targets that require a gradient,
    ``torch.func``, forward mode and second derivatives go through :mod:`onewarm.definition`, which PyTorch
    differentiates.
    In float16 and bfloat16 a loss scale is multiplied before the only rounding, so that it can do its work.
    Under autocast the logits come in half precision and the loss is computed in float32 all the same.

    Args:
        logits: (..., K), or with the classes on another axis; -inf masks a class.
        target: a :class:`onewarm.SoftTarget` of tensors, one row for each entry of the leading shape in C order;
            integer labels of the leading shape, or probabilities of the logits' shape.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for one loss a row.
        normalizer: what ``"mean"`` divides by: ``"rows"`` that have mass, the total ``"mass"``, or a number.
        z_loss: adds ``z_loss s logsumexp(z)^2`` to each row.
        axis: of the classes, as 1 for images (N, K, H, W).
        logit_scale: a factor of the logits, above 0.
        softcap: c, above 0, for the logits ``c tanh(z / c)`` of Gemma 2; an infinite logit stays infinite.
        stats: also return :class:`onewarm.loss_stats.LossStats` of each row, in the leading shape and
            without a gradient.
        overwrite_logits: the backward pass puts the gradient where the logits are, which saves memory of their size:
            then the logits are lost, the loss cannot be differentiated twice, and an earlier operation that keeps its
            result for its own gradient (a softmax, an exp) makes PyTorch raise. For logits that an operation such as a
            linear layer computed, contiguous, on the CPU in eager mode. Without a gradient nothing is written.
        check: whether logits and labels that have no loss raise, or make that loss and its gradient NaN. By default
            they raise on the CPU alone: on a GPU that waits for the device (and is done by Triton's kernel).

    Returns:
        A scalar, or for ``"none"`` one loss for each entry of the leading shape: float32, or float64 for float64
        logits. With ``stats`` a pair of that and the stats.

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
    options = loss_options(
        reduction, normalizer, z_loss, check=check is not False, logit_scale=logit_scale, softcap=softcap
    )
    if is_dtensor(logits):
        if stats:
            raise ValueError("stats=True and logits that are a DTensor: leave stats out")
        return dtensor_loss(logits, target, options, axis, loss_of)
    rows, target, layout = as_rows(logits, target, axis)
    if overwrite_logits and layout is not None:
        _same_memory(logits, rows)
    figures = None
    if stats or options.maps_logits:
        _dense(rows)
        target = definition.checked(rows, target)
        if options.maps_logits and overwrite_logits:
            raise _cannot_overwrite("they are scaled or capped first")
        if options.maps_logits:
            rows, options = capped_logits(rows, options), options._replace(logit_scale=1.0, softcap=None)
        figures = stats_of(rows, target, options.z_loss) if stats else None
    loss = loss_of(rows, target, options, overwrite_logits, wait=bool(check))
    return definition.in_layout(layout, loss, figures)


@names_foreign
def cross_entropy_with_gradient(
    logits: Tensor,
    target: SoftTarget | Tensor,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    axis: int = -1,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    overwrite_logits: bool = False,
    check: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """:func:`cross_entropy` and its gradient in the logits, in their shape and dtype, at once and without autograd.

    With ``overwrite_logits`` the gradient takes the logits' place: contiguous, where a kernel runs, and without
    ``requires_grad``, since autograd would not learn of it.

    Example:
        >>> loss, gradient = cross_entropy_with_gradient(torch.zeros(1, 2), torch.tensor([0]))
        >>> round(loss.item(), 4), gradient.tolist()
        (0.6931, [[-0.5, 0.5]])

    Args, Raises: as :func:`cross_entropy`.
    """
    options = loss_options(
        reduction, normalizer, z_loss, check=check is not False, logit_scale=logit_scale, softcap=softcap
    )
    rows, target, layout = as_rows(logits, target, axis)
    if overwrite_logits and layout is not None:
        _same_memory(logits, rows)
    loss, gradient = _at_once(rows, target, options, overwrite_logits, bool(check))
    return (loss, gradient) if layout is None else (layout.loss(loss), layout.gradient(gradient))


def _at_once(
    logits: Tensor, target: SoftTarget | Tensor, options: LossOptions, overwrite_logits: bool, wait: bool
) -> tuple[Tensor, Tensor]:
    _dense(logits)
    if options.maps_logits:
        if overwrite_logits:
            raise _cannot_overwrite("they are scaled or capped first")
        plain_options = options._replace(logit_scale=1.0, softcap=None)
        loss, gradient = _at_once(capped_logits(logits.detach(), options), target, plain_options, False, wait)
        return loss, through_cap(gradient, logits, options.logit_scale, options.softcap)
    kernel = kernel_for(logits, target, options.normalizer, options.z_loss)
    options = _check_where(kernel, logits, options, wait)
    if kernel:
        if overwrite_logits and logits.requires_grad:
            raise _cannot_overwrite("they require a gradient and autograd would not see the change; detach them")
        if overwrite_logits:
            _may_overwrite(logits)
        return run(logits, arguments(kernel, logits, target, options), gradient=True, overwrite=overwrite_logits)
    if overwrite_logits:
        raise _cannot_overwrite("only a kernel in eager mode works in place, and only for a fixed target")
    checked_target = definition.checked(logits, target)
    loss_and_slope: tuple[Tensor, Tensor] = definition.loss_and_gradient(logits, checked_target, options)
    return loss_and_slope


def loss_of(
    logits: Tensor,
    target: SoftTarget | Tensor | Made,
    options: LossOptions,
    overwrite_logits: bool = False,
    wait: bool = False,
) -> Tensor:
    """:func:`cross_entropy` of logits (N, K) with checked options.

    Args:
        target: as there; or one in NumPy arrays, for a call that ``kernel_for`` gives the CPU's kernel.
        wait: whether to wait for a GPU to check; ``options.check`` is for the CPU.
    """
    _dense(logits)
    differentiated = isinstance(logits, Tensor) and logits.requires_grad and torch.is_grad_enabled()
    kernel = "cpu" if isinstance(target, Made) else kernel_for(logits, target, options.normalizer, options.z_loss)
    options = _check_where(kernel, logits, options, wait)
    if not kernel:
        if overwrite_logits and differentiated:
            raise _cannot_overwrite("only a kernel in eager mode works in place, and only for a fixed target")
        return _in_graph(logits, target, options)
    if overwrite_logits and differentiated:
        _may_overwrite(logits)
    if isinstance(target, Made):
        call = Arguments(target.target, options, kernel)
    else:
        call = arguments(kernel, logits, target, options)
    if differentiated:
        return fused(logits, target, call, overwrite_logits)
    loss, _ = run(logits, call, gradient=False)
    return loss


def _in_graph(logits: Any, target: Any, options: LossOptions) -> Tensor:
    """Inside a graph the registered operators, where a kernel runs; elsewhere the definition."""
    if operator_for(logits) and not isinstance(options.z_loss, Tensor):
        target = definition.checked(logits, target)
        if not any(x.requires_grad for x in tensors(target).values()):
            rows = ops.rows(logits, target, options)
            reduced: Tensor = definition.reduce(rows.double(), target, options)
            return reduced.to(rows.dtype)
    return defined(logits, target, options)


def _check_where(kernel: str, logits: Any, options: LossOptions, wait: bool) -> LossOptions:
    """Logits that are not on the CPU are checked only if asked for."""
    here = kernel == "cpu" or (kernel == "" and (not isinstance(logits, Tensor) or on_cpu(logits)))
    return options if here else options._replace(check=wait)


def _dense(logits: Any) -> None:
    if isinstance(logits, Tensor) and logits.layout is not torch.strided:
        raise TypeError(f"logits are {logits.layout}: expected a dense tensor; call .to_dense()")


def _may_overwrite(logits: Tensor) -> None:
    owner = logits._base if logits._is_view() else logits
    if owner is not None and owner.is_leaf and owner.requires_grad:
        raise _cannot_overwrite("they are a leaf of autograd, whose value is the caller's to keep")
    if not logits.is_contiguous():
        raise _cannot_overwrite("they are not contiguous")


def _same_memory(logits: Tensor, rows: Tensor) -> None:
    if logits.data_ptr() != rows.data_ptr():
        raise _cannot_overwrite("their classes are not the last axis of contiguous memory")


def _cannot_overwrite(why: str) -> ValueError:
    return ValueError(f"overwrite_logits=True is not possible for these logits: {why}, or leave overwrite_logits out")

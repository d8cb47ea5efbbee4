"""Cross-entropy against any target for PyTorch: the fused kernel under autograd, the definition where it cannot go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd import forward_ad

from onewarm import checks, definition
from onewarm.definition import Normalizer, Reduction
from onewarm.kernels.cpu.loss import checked, loss_and_gradient
from onewarm.target import SoftTarget
from onewarm.torch.cross_entropy import ops
from onewarm.torch.cross_entropy import triton as cuda
from onewarm.torch.interop.numpy_views import bits, from_bits, in_numpy, plain, tensors
from onewarm.torch.interop.openmp import team

_KINDS = (Tensor, torch.nn.Parameter)
_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


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
    return loss_of(logits, target, reduction, normalizer, z_loss, overwrite_logits)


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
    _dense(logits, z_loss)
    if kernel := kernel_for(logits, target, normalizer, z_loss):
        if overwrite_logits and logits.requires_grad:
            raise _cannot_overwrite("they require a gradient and autograd would not see the change; detach them")
        if overwrite_logits:
            _may_overwrite(logits)
        arguments = _arguments(kernel, logits, target, reduction, normalizer, z_loss)
        return _run(logits, arguments, gradient=True, overwrite=overwrite_logits)
    if overwrite_logits:
        raise _cannot_overwrite("only a kernel in eager mode works in place, and only for a fixed target")
    both: tuple[Tensor, Tensor] = definition.cross_entropy_with_gradient(
        logits, target, reduction=reduction, normalizer=normalizer, z_loss=z_loss
    )
    return both


def loss_of(
    logits: Tensor,
    target: SoftTarget | Tensor,
    reduction: Reduction,
    normalizer: Normalizer,
    z_loss: float,
    overwrite_logits: bool = False,
    move_mass: bool = True,
    arrays: SoftTarget | None = None,
) -> Tensor:
    """:func:`cross_entropy`; without ``move_mass`` a table row's mass on a masked class makes the loss +inf.

    ``arrays`` is the checked target in NumPy arrays, for calls that :func:`kernel_for` gives the CPU's.
    """
    _dense(logits, z_loss)
    differentiated = isinstance(logits, Tensor) and logits.requires_grad and torch.is_grad_enabled()
    kernel = "cpu" if arrays is not None else kernel_for(logits, target, normalizer, z_loss)
    if not kernel:
        if overwrite_logits and differentiated:
            raise _cannot_overwrite("only a kernel in eager mode works in place, and only for a fixed target")
        return _in_graph(logits, target, reduction, normalizer, z_loss, move_mass)
    if overwrite_logits and differentiated:
        _may_overwrite(logits)
    if arrays is None:
        arguments = _arguments(kernel, logits, target, reduction, normalizer, z_loss, move_mass)
    else:
        number = normalizer.item() if isinstance(normalizer, Tensor) else normalizer
        arguments = _Arguments(arrays, reduction, number, z_loss, move_mass, kernel)
    if differentiated:
        loss: Tensor = _Fused.apply(logits, target if arrays is None else None, arguments, overwrite_logits)  # type: ignore[no-untyped-call]
        return loss
    loss, _ = _run(logits, arguments, gradient=False)
    return loss


class _Arguments(NamedTuple):
    """What the kernel takes besides the logits, checked; the CPU's takes NumPy arrays over the tensors' memory."""

    target: SoftTarget
    reduction: Reduction
    normalizer: Normalizer
    z_loss: float
    move_mass: bool
    kernel: str  # "cpu" or "triton"


class _Fused(torch.autograd.Function):
    """The kernel under autograd: the gradient is made with the loss, and scaled when it is asked for."""

    @staticmethod
    def forward(
        ctx: Any, logits: Tensor, target: SoftTarget | Tensor, arguments: _Arguments, overwrite: bool
    ) -> Tensor:
        ctx.target, ctx.arguments, ctx.overwrite = target, arguments, overwrite
        at_once = arguments.reduction != "none"
        ctx.spent = overwrite and at_once
        loss, ctx.gradient = _run(logits, arguments, gradient=at_once, overwrite=ctx.spent)
        ctx.save_for_backward(*(() if ctx.spent else (logits,)))
        return loss

    @staticmethod
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor | None, ...]:
        gradient, ctx.gradient = ctx.gradient, None  # handed on, not kept: whoever gets it may own it
        if ctx.overwrite and (torch.is_grad_enabled() or (ctx.spent and gradient is None)):
            raise RuntimeError(
                "overwrite_logits=True leaves one gradient and no logits: for a second backward pass or a second "
                "derivative leave it out"
            )
        if ctx.spent:
            return (gradient if above.item() == 1 else gradient.mul_(above)), None, None, None
        (logits,) = ctx.saved_tensors
        if torch.is_grad_enabled():  # the gradient will be differentiated: make it of operations that can be
            options = dict(zip(_Arguments._fields[:-1], ctx.arguments, strict=False)) | {"target": ctx.target}
            if ctx.target is None:
                own = {name: torch.tensor(array) for name, array in tensors(ctx.arguments.target).items()}
                options["target"] = replace(ctx.arguments.target, **own)
            loss = _defined(logits, **options)
            return *torch.autograd.grad(loss, logits, above, create_graph=True), None, None, None
        if gradient is None:  # not made yet, or given away by a first backward pass
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
        return cuda.loss_and_gradient(logits, *arguments[:4], out=out, move_mass=arguments.move_mass, **options)
    array = bits(logits)
    out = array if overwrite else None
    loss, gradient = loss_and_gradient(
        array, *arguments[:4], **team(), out=out, move_mass=arguments.move_mass, **options
    )
    return torch.from_numpy(np.asarray(loss)), None if gradient is None else from_bits(gradient, logits.dtype)


def _in_graph(logits: Any, target: Any, reduction: Reduction, normalizer: Any, z_loss: Any, move_mass: bool) -> Tensor:
    """The operators, inside a graph where a kernel runs; the definition elsewhere."""
    traced = torch.compiler.is_compiling() and isinstance(logits, Tensor) and not isinstance(z_loss, Tensor)
    if traced and ((logits.is_cpu and logits.dtype in _DTYPES) or cuda.takes(logits)):
        target = definition.checked(logits, target, reduction)
        if not any(x.requires_grad for x in tensors(target).values()):
            rows = ops.rows(logits, target, z_loss, move_mass)
            reduced: Tensor = definition.reduce(rows.double(), target, reduction, normalizer)
            return reduced.to(rows.dtype)
    return _defined(logits, target, reduction, normalizer, z_loss, move_mass)


def _defined(logits: Any, target: Any, reduction: Reduction, normalizer: Any, z_loss: Any, move_mass: bool) -> Tensor:
    """The definition; without ``move_mass``, as PyTorch would have it, where mass on a masked class is +inf."""
    if move_mass:
        options: dict[str, Any] = {"reduction": reduction, "normalizer": normalizer, "z_loss": z_loss}
        defined: Tensor = definition.cross_entropy(logits, target, **options)
        return defined
    target = definition.checked(logits, target, reduction)
    wide = logits.to(torch.promote_types(logits.dtype, torch.float32))
    z = torch.where(target.has_mass()[:, None], wide, 0.0)
    t = target.dense().to(z.dtype)
    rows = -torch.where(t != 0, t * torch.log_softmax(z, 1), 0.0).sum(1)
    rows = rows + z_loss * t.sum(1) * torch.logsumexp(z, 1) ** 2
    reduced: Tensor = definition.reduce(rows, target, reduction, normalizer)
    return reduced


def _dense(logits: Any, z_loss: Any) -> None:
    if isinstance(logits, Tensor) and logits.layout is not torch.strided:
        raise TypeError(f"logits are {logits.layout}: expected a dense tensor; call .to_dense()")
    checks.z_loss(z_loss)


def _may_overwrite(logits: Tensor) -> None:
    owner = logits._base if logits._is_view() else logits
    if owner is not None and owner.is_leaf and owner.requires_grad:
        raise _cannot_overwrite("they are a leaf of autograd, whose value is the caller's to keep")
    if not logits.is_contiguous():
        raise _cannot_overwrite("they are not contiguous")


def _cannot_overwrite(why: str) -> ValueError:
    return ValueError(f"overwrite_logits=True is not possible for these logits: {why}, or leave overwrite_logits out")


def _arguments(
    kernel: str, logits: Tensor, target: Any, reduction: Reduction, normalizer: Any, z_loss: float, move: bool = True
) -> _Arguments:
    """Check as the definition does, but for the CPU in NumPy: PyTorch would start its threads for each comparison."""
    if kernel == "triton":
        target = definition.checked(logits, target, reduction, indices=False)  # the kernel looks at them
        return _Arguments(target, reduction, normalizer, z_loss, move, kernel)
    if isinstance(target, SoftTarget):
        target = in_numpy(target, raw_table=normalizer != "mass")
    else:
        target = plain(target)
    if isinstance(normalizer, Tensor):
        normalizer = normalizer.item()
    return _Arguments(checked(bits(logits), target, reduction), reduction, normalizer, z_loss, move, kernel)


def kernel_for(logits: Any, target: Any, normalizer: Any, z_loss: Any) -> str:
    """Which kernel may take this call, ``"cpu"`` or ``"triton"``, or ``""`` for none.

    It takes plain tensors in its memory, nothing traced, and no gradient but that of the logits.
    """
    if torch.compiler.is_compiling() or type(logits) not in _KINDS:
        return ""
    kernel = "triton" if cuda.takes(logits) else "cpu" if logits.is_cpu and logits.dtype in _DTYPES else ""
    others: tuple[Any, ...] = (target,)
    if isinstance(target, SoftTarget):
        others = (target.index, target.weight, target.table, target.table_index, target.table_weight)
    if isinstance(normalizer, Tensor):
        others += (normalizer,)
    for x in others:
        if x is None:
            continue
        if type(x) not in _KINDS or x.requires_grad or x.layout is not torch.strided:
            return ""
        if not (x.is_cpu if kernel == "cpu" else x.device == logits.device):
            return ""
    free = (
        logits.layout is torch.strided
        and not isinstance(z_loss, Tensor)
        and not torch._C._is_tracing()
        and not torch._C._are_functorch_transforms_active()
        and forward_ad._current_level < 0
    )
    return kernel if free else ""

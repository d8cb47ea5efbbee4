"""The fused kernel under autograd: what the forward pass keeps, and what the backward pass makes of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from onewarm import definition
from onewarm.kernels.cpu.loss import checked, loss_and_gradient
from onewarm.loss_options import LossOptions
from onewarm.soft_target import SoftTarget, unchecked
from onewarm.soft_target.parts import PARTS
from onewarm.torch.cross_entropy import ops
from onewarm.torch.cross_entropy import triton as triton_loss
from onewarm.torch.cross_entropy.per_row import per_row_loss
from onewarm.torch.cross_entropy.upstream import Upstream
from onewarm.torch.device import has_memory, on_cpu
from onewarm.torch.interop.numpy_views import bits, from_bits, in_numpy, plain
from onewarm.torch.interop.openmp import team

_HALF = (torch.float16, torch.bfloat16)
_upstream = Upstream()


class Arguments(NamedTuple):
    """What a kernel takes besides the logits, checked."""

    target: SoftTarget  # for the CPU's kernel of NumPy arrays over the tensors' memory
    options: LossOptions
    kernel: str  # a key of onewarm.torch.device.KERNELS


def arguments(kernel: str, logits: Tensor, target: Any, options: LossOptions) -> Arguments:
    """Check the target; for the CPU's kernel in NumPy, since PyTorch would start its threads for each comparison."""
    if kernel == "triton":
        return Arguments(definition.checked(logits, target, indices=False), options, kernel)  # the kernel checks those
    array = bits(logits)
    if isinstance(target, SoftTarget):
        target = in_numpy(target, raw_table=options.normalizer != "mass")
    else:
        target = plain(target)
    return Arguments(checked(array, target), options, kernel)


def run(logits: Tensor, call: Arguments, *, overwrite: bool = False, **options: Any) -> tuple[Tensor, Any]:
    """The kernel; on the CPU with PyTorch's number of threads."""
    if overwrite:
        torch.autograd.graph.increment_version(logits)
    if call.kernel == "triton":
        out = logits if overwrite else None
        return triton_loss.loss_and_gradient(logits, call.target, call.options, out=out, **options)
    array = bits(logits)
    out = array if overwrite else None
    loss, gradient = loss_and_gradient(array, call.target, call.options, **team(), out=out, **options)
    return torch.from_numpy(np.asarray(loss)), None if gradient is None else from_bits(gradient, logits.dtype)


class Recipe(NamedTuple):
    """How to make a target of some tensors."""

    in_numpy: Callable[..., SoftTarget]
    in_torch: Callable[..., SoftTarget]


class Made(NamedTuple):
    """A target in NumPy arrays, for the CPU's kernel, and how to make it again in the backward pass."""

    target: SoftTarget
    of: tuple[Tensor | None, ...]
    recipe: Recipe


def fused(logits: Tensor, target: SoftTarget | Tensor | Made, call: Arguments, overwrite: bool) -> Tensor:
    """The loss under autograd: arguments as for :func:`onewarm.torch.cross_entropy.functional.loss_of`."""
    remake: Recipe | int | None = None  # what is needed besides the saved tensors to have the target again
    saved: tuple[Tensor | None, ...] = ()
    if isinstance(target, Made):
        saved, remake = target.of, target.recipe
    elif isinstance(target, SoftTarget):
        saved, remake = tuple(getattr(target, name) for name in PARTS), target.num_classes
    else:
        saved = (target,)
    loss: Tensor = _Fused.apply(logits, call, overwrite, saved, remake)  # type: ignore[no-untyped-call]
    return loss


class _Fused(torch.autograd.Function):
    """The gradient is computed together with the loss where that saves a pass, else in the backward pass.

    ===================================  ==================================================================
    the gradient is made                 for
    ===================================  ==================================================================
    with the loss, multiplied later      float32 and float64 on the CPU
    with the loss, for the expected      float16 and bfloat16 on the CPU, which must be rounded once, after
    upstream gradient                    the multiplication; made again where another comes
    in the backward pass                 ``reduction="none"``, ``overwrite_logits``, and GPUs, where it would
                                         take a synchronisation to learn whether another came
    ===================================  ==================================================================

    All of it is saved as autograd saves tensors: activation checkpointing and offloading drop or move it, and what was
    changed in place in between raises.
    """

    @staticmethod
    def forward(
        ctx: Any, logits: Tensor, call: Arguments, overwrite: bool, saved: tuple[Any, ...], remake: Any
    ) -> Tensor:
        ctx.options, ctx.kernel, ctx.overwrite, ctx.remake = call.options, call.kernel, overwrite, remake
        ctx.spent, ctx.loss_name, factor = False, None, None
        at_once = call.kernel == "cpu" and call.options.reduction != "none" and not overwrite
        guessed = at_once and logits.dtype in _HALF
        if guessed:
            kind = logits.dtype, logits.shape[1], call.options.reduction
            ctx.loss_name, factor = _upstream.expected(kind)
            at_once = factor is not None
        loss, gradient = run(logits, call, gradient=at_once, row_scale=factor)
        made_for = None
        if guessed:
            # Saved with the gradient, since a checkpoint computes both again: perhaps for another guess or for none,
            # but it wants tensors of the same shapes.
            made_for = torch.tensor(math.nan if factor is None else factor, dtype=torch.float64)
            gradient = logits.detach().new_empty(()).expand(logits.shape) if gradient is None else gradient
        tensors = (logits, gradient, made_for, *saved)
        # Tensors of inference mode have no version to check, and save_for_backward refuses them.
        ctx.inference = {i: x for i, x in enumerate(tensors) if x is not None and x.is_inference()}
        ctx.save_for_backward(*(None if i in ctx.inference else x for i, x in enumerate(tensors)))
        return loss

    @staticmethod
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.overwrite and (ctx.spent or torch.is_grad_enabled()):
            raise RuntimeError(
                "overwrite_logits=True leaves one gradient and no logits: for a second backward pass or a second "
                "derivative leave it out"
            )
        tensors = [ctx.inference.get(i, x) for i, x in enumerate(ctx.saved_tensors)]
        return _gradient(ctx, above, *tensors), None, None, None, None


def _gradient(
    ctx: Any, above: Tensor, logits: Tensor, gradient: Tensor | None, made_for: Tensor | None, *saved: Any
) -> Tensor:
    """The loss's gradient in the logits, times ``above``."""
    options: LossOptions = ctx.options
    half, by_row = logits.dtype in _HALF, options.reduction == "none"
    if torch.is_grad_enabled():  # the gradient will be differentiated too: only the definition can be
        loss = defined(logits, _target(ctx, saved), options)
        return torch.autograd.grad(loss, logits, above, create_graph=True)[0]
    if torch.compiler.is_compiling():  # by compiled autograd
        return ops.gradient(above, logits, definition.checked(logits, _target(ctx, saved)), options)
    if not has_memory(above):  # vmap: a batch of upstream gradients
        _, rows = run(logits.float() if half else logits, _call(ctx, logits, saved), gradient=True)
        product: Tensor = rows * (above[..., None] if by_row else above)
        return product.to(logits.dtype)
    scale: Any = above
    if ctx.kernel == "cpu":
        scale = plain(above) if by_row else above.item()
    if ctx.loss_name is not None:
        _upstream.seen(ctx.loss_name, scale)
    first, ctx.spent = not ctx.spent, True
    if gradient is not None and first and (made_for is None or made_for.item() == scale):
        # Autograd may give this memory to `logits.grad`, or change it: `.data` has a version of its own, and a second
        # backward pass does not read it.
        handed_over: Tensor = gradient.data
        return handed_over if scale == 1 or made_for is not None else handed_over.mul_(above)
    if gradient is not None and made_for is None:  # a second backward pass gives the bytes of the first
        again: Tensor = run(logits, _call(ctx, logits, saved), gradient=True)[1]
        return again if scale == 1 else again.mul_(above)
    return run(logits, _call(ctx, logits, saved), gradient=True, row_scale=scale, overwrite=ctx.overwrite)[1]  # type: ignore[no-any-return]


def _call(ctx: Any, logits: Tensor, saved: tuple[Any, ...]) -> Arguments:
    """The kernel's arguments, made again of what was saved."""
    if isinstance(ctx.remake, Recipe):
        return Arguments(ctx.remake.in_numpy(*saved), ctx.options, ctx.kernel)
    return arguments(ctx.kernel, logits, _target(ctx, saved), ctx.options)


def _target(ctx: Any, saved: tuple[Any, ...]) -> Any:
    """The target in tensors, made again of what was saved."""
    if isinstance(ctx.remake, Recipe):
        return ctx.remake.in_torch(*saved)
    if ctx.remake is None:
        return saved[0]
    return unchecked(num_classes=ctx.remake, **dict(zip(PARTS, saved, strict=True)))


def _within(target: SoftTarget) -> SoftTarget:
    """A class that does not exist becomes mass NaN: following it would end the whole process's use of a GPU."""
    inside = (target.index >= 0) & (target.index < target.num_classes)
    return target.replace(
        index=torch.where(inside, target.index, 0), weight=torch.where(inside, target.weight, torch.nan)
    )


def defined(logits: Any, target: Any, options: LossOptions) -> Tensor:
    """The loss in PyTorch's own operations."""
    target = definition.checked(logits, target)
    if not on_cpu(logits):
        target = _within(target)
    reduced: Tensor = definition.reduce(per_row_loss(logits, target, options), target, options)
    return reduced

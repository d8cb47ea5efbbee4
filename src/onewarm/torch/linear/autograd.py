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
from onewarm.torch.device import has_memory, on_cpu, sum_dtype, transformed
from onewarm.torch.linear.chunks import Cap, Gradients, Layer, RowStats, run
from onewarm.torch.linear.ops import REMEDY, in_graph, row_gradients_in_graph
from onewarm.torch.linear.saved_terms import put_together, taken_apart
from onewarm.torch.linear.terms import Term

_ROUNDED = 2**18  # entries of a gradient that are rounded to half precision at a time, in the cache


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
        if on_cpu(bias) and (bad := checks.first_true(bias.isnan() | (bias == torch.inf))) is not None:
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
        check_shape(target, shape, classes, name)
        target = target.reshape(-1, classes) if target.is_floating_point() else target.reshape(-1)
    rows = as_target(target, classes)
    parts = [rows.index, rows.weight, rows.table, rows.table_index, rows.table_weight]
    for part in parts:
        if part is None:
            continue
        if not isinstance(part, Tensor):
            raise TypeError(f"{name} is made of {type(part).__name__}, hidden is a tensor: make it of tensors")
        if part.device != layer.hidden.device:
            raise ValueError(f"{name} is on {part.device} but hidden is on {layer.hidden.device}: move one of them")
        refuse_gradient(part, name)
    if rows.index.shape[0] != layer.hidden.shape[0]:
        raise ValueError(f"{name} has {len(rows)} rows, hidden has {layer.hidden.shape[0]}: expected one for each")
    read = on_cpu(layer.hidden)  # elsewhere a check would wait for the device
    if read:
        in_range(rows.index, classes, f"{name}.index")
    if read and rows.table is not None:
        in_range(rows.table_index, int(rows.table.shape[0]), f"{name}.table_index")
    return rows


def check_shape(target: Tensor, shape: torch.Size, classes: int, name: str = "target") -> None:
    """Refuse labels that are not of this shape, and probabilities that have not that many classes besides.

    Raises:
        ValueError: another shape.
    """
    wide = target.is_floating_point()
    expected = (*shape, classes) if wide else tuple(shape)
    if tuple(target.shape) != expected:
        kind = "probabilities" if wide else "labels"
        raise ValueError(f"{name} has shape {tuple(target.shape)}: expected {kind} of shape {expected}")


def row_factor(target: Any, options: LossOptions) -> Any:
    """The factor of each row's loss in the sum over rows: a number, or a tensor inside a graph and on a GPU.

    Raises:
        RuntimeError: an option that requires a gradient.
    """
    for name in ("normalizer", "z_loss", "logit_scale", "softcap"):
        refuse_gradient(getattr(options, name), name)
    if options.reduction != "mean":
        return 1.0
    mass = target.mass()
    factor = 1.0 / divisor(target, options.normalizer, mass.to(sum_dtype(mass.device)))
    return float(factor) if checks.concrete(factor) and on_cpu(factor) else factor


def refuse_gradient(value: object, name: str) -> None:
    """Raise for an argument that autograd is to differentiate, since its gradient would be lost silently.

    Raises:
        RuntimeError: it requires a gradient.
    """
    if isinstance(value, Tensor) and value.requires_grad and torch.is_grad_enabled():
        raise RuntimeError(f"{name} requires a gradient, which this loss does not compute: detach it, or {REMEDY}")


def reduced_loss(
    layer: Layer,
    terms: Sequence[Term],
    reduction: Reduction,
    shape: torch.Size,
    *given: object,
    cap: Cap | None = None,
    stats: RowStats | None = None,
) -> Tensor:
    """The sum of the terms' losses, for each row or over all rows, under autograd.

    Args:
        layer: N rows.
        terms: of N rows.
        reduction: what is returned.
        shape: of N entries, the shape of the losses by row.
        given: what the targets were made of, which may not be changed before the backward pass.
        cap: what the logits go through first.
        stats: figures of the logits to fill in.

    Raises:
        RuntimeError: a transform of ``torch.func``, or forward mode.
    """
    if not torch.compiler.is_compiling() and transformed(layer.hidden):
        raise RuntimeError(
            f"linear_cross_entropy: torch.func transforms and forward mode do not reach into its chunks: {REMEDY}"
        )
    if not checks.concrete(layer.hidden):
        (term,) = terms
        device = layer.hidden.device
        scale = torch.as_tensor(term.scale, dtype=sum_dtype(device), device=device)
        traced_loss = in_graph(layer, term, scale, reduction == "none", cap, stats)
        return traced_loss.reshape(shape) if reduction == "none" else traced_loss
    tensors = [value for value in given if isinstance(value, Tensor)]
    per_row = reduction == "none"
    loss: Tensor = _Linear.apply(*layer, tuple(terms), per_row, cap, stats, *tensors)  # type: ignore[no-untyped-call]
    return loss.reshape(shape) if reduction == "none" else loss


class _Linear(torch.autograd.Function):
    """A summed loss makes its gradients in the forward pass; losses by row (``per_row``) make them in the backward
    pass, which knows the upstream gradient of each."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        terms: tuple[Term, ...],
        per_row: bool,
        cap: Cap | None,
        stats: RowStats | None,
        *given: Tensor,
    ) -> Tensor:
        layer = Layer(hidden, weight, bias)
        wanted = (False,) * 3 if per_row else ctx.needs_input_grad[:3]
        losses, gradients = run(layer, terms, wanted=wanted, rounded=False, cap=cap, stats=stats)
        tensors, ctx.terms = taken_apart(terms)
        saved = (*layer, *gradients, *tensors, *given)
        # Tensors of inference mode (a teacher's) have no version to check, and save_for_backward refuses them.
        ctx.inference = {i: part for i, part in enumerate(saved) if part is not None and part.is_inference()}
        ctx.save_for_backward(*(None if i in ctx.inference else part for i, part in enumerate(saved)))
        ctx.per_row, ctx.cap, ctx.handed_over = per_row, cap, False
        return (losses if per_row else losses.sum()).to(layer.dtype)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            raise RuntimeError(f"linear_cross_entropy has no second derivative: {REMEDY}")
        saved = [ctx.inference.get(i, part) for i, part in enumerate(ctx.saved_tensors)]
        layer, gradients = Layer(*saved[:3]), Gradients(*saved[3:6])
        terms, wanted = put_together(ctx.terms, saved[6:]), ctx.needs_input_grad[:3]
        rest = (None,) * (len(ctx.needs_input_grad) - 3)
        if ctx.per_row:
            rows = upstream.to(sum_dtype(upstream.device))
            if torch.compiler.is_compiling() and len(terms) == 1 and isinstance(terms[0].target, SoftTarget):
                return *row_gradients_in_graph(rows, layer, terms[0], wanted, ctx.cap), *rest
            _, gradients = _eager_run()(layer, terms, upstream=rows, wanted=wanted, cap=ctx.cap)
            return *gradients, *rest
        if ctx.handed_over:
            _, gradients = _eager_run()(layer, terms, wanted=wanted, rounded=False, cap=ctx.cap)
        pairs = zip(gradients, layer, strict=True)
        if not has_memory(upstream):  # a batch of upstream gradients: each has a gradient of its own
            return *(None if g is None or part is None else (g * upstream).to(part.dtype) for g, part in pairs), *rest
        # Autograd may keep and change what it is given, so a second backward pass makes the gradients again, bit for
        # bit. Through .data that change is no change of a saved tensor.
        ctx.handed_over = True
        return *(
            None if g is None or part is None else scaled_(g.data, upstream, part.dtype) for g, part in pairs
        ), *rest


def _eager_run() -> Any:
    """:func:`run`, which compiled autograd does not look into."""
    return torch.compiler.disable(run) if torch.compiler.is_compiling() else run  # type: ignore[no-untyped-call]


def scaled_(gradient: Tensor, factor: Tensor, dtype: torch.dtype) -> Tensor:
    """``gradient * factor`` rounded once to ``dtype``; where that is the gradient's own, in its memory.

    >>> scaled_(torch.tensor([2.0**-30]), torch.tensor(2.0**16), torch.float16)
    tensor([6.1035e-05], dtype=torch.float16)
    """
    if dtype == gradient.dtype:
        one = on_cpu(factor) and checks.concrete(factor) and factor.item() == 1
        return gradient if one else gradient.mul_(factor)
    if not on_cpu(gradient):
        return torch.mul(gradient, factor, out=torch.empty_like(gradient, dtype=dtype))
    rounded = torch.empty_like(gradient, dtype=dtype)
    step = max(_ROUNDED * len(gradient) // max(gradient.numel(), 1), 1)
    for start in range(0, len(gradient), step):  # by blocks: PyTorch would make the whole product first
        some = slice(start, start + step)
        rounded[some] = gradient[some] * factor
    return rounded

"""``torch.nn.CrossEntropyLoss`` on the fused kernel: all of its arguments, and an option where it is surprising."""

from __future__ import annotations

import math
import warnings
from functools import partial
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn

from onewarm import checks
from onewarm.errors import InputError
from onewarm.loss_options import LossOptions, Normalizer, Reduction, loss_options
from onewarm.target import SoftTarget
from onewarm.torch.cross_entropy.autograd import Made, Recipe
from onewarm.torch.cross_entropy.functional import loss_of
from onewarm.torch.cross_entropy.graph import leaves_python, loss_in_graph
from onewarm.torch.cross_entropy.label_target import Labelled, class_target, label_count, labelled
from onewarm.torch.device import kernel_for
from onewarm.torch.interop.numpy_views import plain
from onewarm.torch.interop.symbolic import one_call_in_fx
from onewarm.torch.parallel.dtensor import Counted, dtensor_loss, is_dtensor

Semantics: TypeAlias = Literal["torch", "onewarm"]


@one_call_in_fx
def nn_cross_entropy(
    input: Tensor,
    target: Tensor | SoftTarget,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: Reduction = "mean",
    label_smoothing: float | Tensor = 0.0,
    *,
    semantics: Semantics = "torch",
    normalizer: Normalizer | None = None,
    z_loss: float = 0.0,
    overwrite_logits: bool = False,
) -> Tensor:
    """``torch.nn.functional.cross_entropy`` on the fused kernel, with PyTorch's semantics or ours.

    With labels y (in one-hot form) or class probabilities t, class weights w and smoothing alpha, row by row:

        "torch":    w * ((1 - alpha) t + alpha / K)             smoothed, then weighted
        "onewarm":  (1 - alpha) (w * t) + alpha <w, t> / K      weighted, then smoothed

    =============================  ======================================  =====================================
    case                           ``semantics="torch"``                   ``semantics="onewarm"``
    =============================  ======================================  =====================================
    weights and smoothing          a heavy class draws in smoothed mass    smoothing stays uniform
                                   (pytorch#104776)
    mean, probabilities, weights   divided by the rows                     divided by the mass, as for labels
    logit -inf, alpha above 0      +inf                                    the masked share goes to the others
    every row ignored, mean        NaN                                     0
    rows that do not sum to 1      taken as they are                       an error
    negative class weights         taken as they are                       an error
    NaN, +inf, all -inf logits     the row's loss and gradient are NaN     an error that names the row
    =============================  ======================================  =====================================

    Either way the loss is float32 for half inputs (PyTorch rounds it to the input's dtype), a probability of 0 on a
    masked class costs nothing and an ignored row has no gradient whatever its logits (PyTorch: NaN), labels may be of
    any integer type, labels out of range raise a ValueError that names the row, and class weights may require a
    gradient (PyTorch refuses it for labels), which goes through the mean's divisor too.

    The softmax of a single class is 1: cross-entropy over it is 0 whatever the logits, which a UserWarning says. A mask
    for an image of one channel is a binary target: ``torch.nn.BCEWithLogitsLoss``.

    ``torch.jit.trace``, ``torch.onnx.export`` and ``torch.fx.symbolic_trace`` take it: the first two record plain
    operations, good for other batches, which check nothing; the third one call of this function.

    Logits may be a DTensor, with labels, probabilities or a SoftTarget that is whole on every rank, or with a DTensor
    of labels or probabilities: the loss is a DTensor, the same on every rank. Sharded classes go through
    :func:`onewarm.torch.vocab_parallel_cross_entropy`, with our meaning of masked classes and bad logits.

    Args:
        input: logits (C,), (N, C) or (N, C, d1, ...).
        target: labels () or (1,), (N,), (N, d1, ...); probabilities of the input's shape; or a
            :class:`onewarm.SoftTarget` with a row for each label, in C order of (N, d1, ...), which carries smoothing,
            class weights and ignored rows itself.
        weight: (C,).
        size_average, reduce: deprecated by PyTorch; they override ``reduction``.
        ignore_index: the label whose rows are left out; for probabilities it must be negative and means nothing.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        label_smoothing: alpha in [0, 1], a number, or a tensor: a schedule compiles nothing again.
        semantics: ``"torch"`` or ``"onewarm"``, as above.
        normalizer: what ``"mean"`` divides by instead: ``"rows"``, ``"mass"``, or a number such as the token count over
            all steps of an accumulated batch.
        z_loss, overwrite_logits: as in :func:`onewarm.torch.cross_entropy`.

    Returns:
        A scalar, or for ``"none"`` one loss a row in the target's shape without classes.

    Raises:
        TypeError: a target that is no tensor, labels that are not integers.
        ValueError: shapes that disagree, a label out of range, an unknown ``semantics``, a weight of the wrong shape,
            alpha outside [0, 1]; a SoftTarget together with class weights or smoothing; what the table calls an error.

    Example:
        >>> z = torch.tensor([[3.0, 1.0, -0.5, -1.0]])
        >>> round(nn_cross_entropy(z, torch.tensor([0]), label_smoothing=0.1).item(), 4)
        0.4063

    Source: the documentation of ``torch.nn.CrossEntropyLoss``.
    """
    if semantics not in ("torch", "onewarm"):
        raise ValueError(f"semantics is {semantics!r}: expected 'torch' or 'onewarm'")
    if size_average is not None or reduce is not None:
        reduction = _legacy_reduction(size_average, reduce)
    alpha: Any = label_smoothing
    if not (type(alpha) is float and 0 <= alpha <= 1):
        unread = isinstance(alpha, Tensor) and leaves_python(input)  # reading it would make it a constant
        alpha = alpha if unread else checks.share(alpha, "label_smoothing")
    ours = semantics == "onewarm"
    options = loss_options(reduction, "rows" if normalizer is None else normalizer, z_loss, ours, ours)
    if isinstance(target, SoftTarget):
        if weight is not None or checks.number(alpha) != 0:
            raise ValueError(
                "target is a SoftTarget and the loss has class weights or smoothing: say both in the target, by "
                "onewarm.smooth and reweight"
            )
        options = options._replace(move_mass=True)
    if is_dtensor(input):
        return _of_dtensor(input, target, weight, ignore_index, alpha, options, normalizer)
    if isinstance(target, SoftTarget):
        logits, shape = _with_rows(input, target)
        loss = loss_of(logits, target, options, overwrite_logits)
        return loss.reshape(shape) if reduction == "none" else loss
    _is_tensor(target)
    by_label = not target.is_floating_point()
    if not by_label and ignore_index >= 0:
        raise ValueError(f"ignore_index is {ignore_index} and target holds probabilities: it is for labels alone")
    if leaves_python(input):
        rest = (reduction, alpha, ours, normalizer, options.z_loss)
        return loss_in_graph(input, target, weight, ignore_index, *rest)
    logits, truth, shape = _flat(input, target)
    soft_target: SoftTarget | Made
    divisor: Any = options.normalizer
    readable = isinstance(alpha, float) and (weight is None or _fixed(weight))
    if by_label and readable and kernel_for(logits, truth, options.normalizer, options.z_loss) == "cpu":
        classes = logits.shape[1]
        make = partial(_labelled, classes, ignore_index, alpha, not ours)
        arrays, count = make(truth, weight)
        recipe = Recipe(
            in_numpy=lambda labels, weight: make(labels, weight).target,
            in_torch=lambda labels, weight: class_target(labels, classes, weight, ignore_index, alpha, ours),
        )
        soft_target = Made(arrays, (truth, weight), recipe)
        if normalizer is None:
            divisor = 1.0 if ours and count == 0 else count
    else:
        soft_target = class_target(truth, logits.shape[1], weight, ignore_index, alpha, ours)
        if normalizer is None:
            divisor = ("rows" if weight is None else "mass") if ours else label_count(truth, weight, ignore_index)
    # A kernel divides by a number above 0; PyTorch's mean divides by any, and knows no mean of no rows.
    by_torch = reduction == "mean" and normalizer is None and not ours
    beside = by_torch and not (isinstance(divisor, float) and 0 < divisor < math.inf)
    options = options._replace(reduction="sum" if beside else reduction, normalizer=1.0 if beside else divisor)
    loss = loss_of(logits, soft_target, options, overwrite_logits)
    if beside:
        return _divided(loss, divisor, truth if by_label else None, ignore_index)
    return loss.reshape(shape) if reduction == "none" else loss


class CrossEntropyLoss(nn.CrossEntropyLoss):
    """A drop-in replacement for ``torch.nn.CrossEntropyLoss`` on the fused kernel.

    It takes the same arguments, and the keywords of :func:`nn_cross_entropy`, whose documentation lists where PyTorch's
    meaning and ours differ. The target may also be a :class:`onewarm.SoftTarget`, which then carries smoothing, weights
    and ignored rows itself. Class weights that are an ``nn.Parameter`` are one of the module too.

    Raises:
        ValueError: an unknown ``semantics`` or ``reduction``, alpha outside [0, 1], a ``z_loss`` below 0; a SoftTarget
            together with class weights or smoothing.

    Example:
        >>> z = torch.tensor([[3.0, 1.0, -0.5, -1.0]], requires_grad=True)
        >>> loss = CrossEntropyLoss(label_smoothing=0.1)(z, torch.tensor([0]))
        >>> loss.backward()
        >>> round(loss.item(), 4), [round(g, 3) for g in z.grad[0].tolist()]
        (0.4063, [-0.08, 0.089, 0.001, -0.01])
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: Reduction = "mean",
        label_smoothing: float = 0.0,
        *,
        semantics: Semantics = "torch",
        normalizer: Normalizer | None = None,
        z_loss: float = 0.0,
        overwrite_logits: bool = False,
    ) -> None:
        if semantics not in ("torch", "onewarm"):
            raise ValueError(f"semantics is {semantics!r}: expected 'torch' or 'onewarm'")
        alpha = checks.share(label_smoothing, "label_smoothing")
        alpha = label_smoothing if checks.is_tensor(label_smoothing) else alpha  # a schedule may write to a tensor
        if size_average is not None or reduce is not None:
            reduction = _legacy_reduction(size_average, reduce)
        loss_options(reduction, "rows" if normalizer is None else normalizer, z_loss)
        super().__init__(weight, ignore_index=ignore_index, reduction=reduction, label_smoothing=alpha)
        if isinstance(weight, nn.Parameter):  # PyTorch makes a buffer of it, which no optimizer sees
            del self.weight
            self.weight = weight
        self.semantics: Semantics = semantics
        self.normalizer = normalizer
        self.z_loss = z_loss
        self.overwrite_logits = overwrite_logits

    def forward(self, input: Tensor, target: Tensor | SoftTarget, *, normalizer: Normalizer | None = None) -> Tensor:
        """The loss. A ``normalizer`` given here, such as the token count of this batch, overrides the module's."""
        normalizer = self.normalizer if normalizer is None else normalizer
        reduction: Any = self.reduction
        return nn_cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=reduction,
            label_smoothing=self.label_smoothing,
            semantics=self.semantics,
            normalizer=normalizer,
            z_loss=self.z_loss,
            overwrite_logits=self.overwrite_logits,
        )

    def extra_repr(self) -> str:
        return f"semantics={self.semantics!r}, label_smoothing={self.label_smoothing}, reduction={self.reduction!r}"


def _of_dtensor(
    input: Tensor, target: Any, weight: Any, ignore_index: int, alpha: Any, options: LossOptions, normalizer: Any
) -> Tensor:
    """The loss of logits that are a DTensor."""
    ours = options.check
    axis, _ = _leading(input)
    weight = weight.full_tensor() if is_dtensor(weight) else weight
    if ours and normalizer is None and weight is not None:
        options = options._replace(normalizer="mass")

    def counted(truth: Tensor) -> Counted:
        made = class_target(truth, input.shape[axis], weight, ignore_index, alpha, ours)
        by_torch = normalizer is None and not ours
        return Counted(made, label_count(truth, weight, ignore_index) if by_torch else None)

    if not isinstance(target, SoftTarget):
        _is_tensor(target)
    return dtensor_loss(input, target, options, axis, loss_of, counted)


def _flat(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor, torch.Size]:
    """Logits (M, C), labels (M,) or probabilities (M, C), and the shape of one loss a row."""
    classes, rows = _leading(input)
    shape, dtype = tuple(target.shape), target.dtype
    if target.is_floating_point():
        if target.shape == input.shape:
            return _rows(input, classes), _rows(target, classes), rows
        if target.shape == rows:
            raise TypeError(
                f"target has dtype {dtype}: labels of shape {shape} are integers; target.long() if they are"
            )
        raise ValueError(f"target has shape {shape}: expected {tuple(input.shape)} as the input has")
    if target.shape == rows or (input.dim() == 1 and target.shape == (1,)):
        return _rows(input, classes), target.reshape(-1), rows
    if target.shape == input.shape:
        raise TypeError(f"target has dtype {dtype} and the input's shape {shape}: probabilities are floating point")
    raise ValueError(
        f"target has shape {shape} and input {tuple(input.shape)}: expected labels of shape "
        f"{tuple(rows)}, or probabilities of the input's shape"
    )


def _leading(input: Tensor) -> tuple[int, torch.Size]:
    """The axis of the classes, and the shape of one loss a row."""
    if input.dim() == 0:
        raise ValueError("input has no dimension: expected (C,), (N, C) or (N, C, d1, ...)")
    classes = 0 if input.dim() == 1 else 1
    if input.shape[classes] == 1 and not torch.compiler.is_compiling():
        warnings.warn(
            f"input of shape {tuple(input.shape)} has one class, whose softmax is 1: the loss is 0 whatever the "
            "logits; for a binary mask in one channel use torch.nn.BCEWithLogitsLoss",
            stacklevel=5,
        )
    return classes, torch.Size(d for i, d in enumerate(input.shape) if i != classes)


def _with_rows(input: Tensor, target: SoftTarget) -> tuple[Tensor, torch.Size]:
    """Logits (M, C) for a target of M rows, and the shape of one loss a row."""
    classes, rows = _leading(input)
    if len(target) != rows.numel():
        raise InputError(
            f"target has {len(target)} rows and input shape {tuple(input.shape)}: expected {rows.numel()} rows, one "
            f"for each entry of {tuple(rows)} in C order"
        )
    return _rows(input, classes), rows


def _is_tensor(target: Any) -> None:
    if not isinstance(target, Tensor):
        how = "torch.from_numpy(target)" if type(target).__module__ == "numpy" else "torch.as_tensor(target)"
        raise TypeError(f"target is a {type(target).__name__}: expected a tensor or a SoftTarget; pass {how}")


def _labelled(
    classes: int, ignore_index: int, alpha: float, smoothed_first: bool, labels: Tensor, weight: Tensor | None
) -> Labelled:
    class_weight = None if weight is None else plain(weight)
    return labelled(plain(labels), classes, class_weight, ignore_index, alpha, smoothed_first)


def _fixed(weight: Tensor) -> bool:
    """Whether class weights can be read now and need no gradient."""
    return kernel_for(weight, None) == "cpu" and not (weight.requires_grad and torch.is_grad_enabled())


def _divided(total: Tensor, divisor: Any, labels: Tensor | None, ignore_index: int) -> Tensor:
    """``total / divisor`` as PyTorch divides; over no rows NaN, with a gradient of 0."""
    counted: Any = labels is not None and labels.numel() > 0 and (labels != ignore_index).any()
    if isinstance(counted, bool):
        return total / divisor if counted else total + torch.nan
    divisor = torch.where(counted, torch.as_tensor(divisor, dtype=total.dtype, device=total.device), 1.0)
    return torch.where(counted, total / divisor, torch.nan)


def _rows(array: Tensor, classes: int) -> Tensor:
    """(M, C), classes last; a copy where they are not contiguous."""
    return array if array.dim() == 2 else array.movedim(classes, -1).reshape(-1, array.shape[classes])


def _legacy_reduction(size_average: bool | None, reduce: bool | None) -> Reduction:
    """What PyTorch's deprecated arguments mean."""
    reduction: Reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    text = f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead."
    warnings.warn(text, stacklevel=3)  # PyTorch's words: the same filters apply
    return reduction

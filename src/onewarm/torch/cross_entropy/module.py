"""``torch.nn.CrossEntropyLoss`` on the fused kernel: all of its arguments, and an option where it is surprising."""

from __future__ import annotations

import warnings
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn

from onewarm import checks
from onewarm.loss_options import LossOptions, Normalizer, Reduction, loss_options
from onewarm.target import SoftTarget, mix, one_hot, smooth, soft
from onewarm.torch.cross_entropy.functional import cross_entropy, loss_of
from onewarm.torch.cross_entropy.label_target import labelled
from onewarm.torch.device import kernel_for
from onewarm.torch.interop.numpy_views import plain

Semantics: TypeAlias = Literal["torch", "onewarm"]


def nn_cross_entropy(
    input: Tensor,
    target: Tensor,
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
    =============================  ======================================  =====================================

    Either way the loss is float32 for half inputs (PyTorch rounds it to the input's dtype), a probability of 0 on a
    masked class costs nothing (PyTorch: NaN), and labels out of range, NaN and +inf logits raise.

    Args:
        input: logits (C,), (N, C) or (N, C, d1, ...).
        target: labels (), (N,) or (N, d1, ...), or probabilities of the input's shape.
        weight: (C,), finite and not negative.
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
        TypeError, ValueError: as :func:`onewarm.torch.cross_entropy`; an unknown ``semantics``; a weight of the wrong
            shape; alpha outside [0, 1].

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
    alpha = label_smoothing
    if not (type(alpha) is float and 0 <= alpha <= 1):
        alpha = checks.share(alpha, "label_smoothing")
    ours = semantics == "onewarm"
    logits, truth, shape = _flat(input, target)
    options = loss_options(reduction, "rows" if normalizer is None else normalizer, z_loss, move_mass=ours)
    by_label = not truth.is_floating_point()
    if not by_label and ignore_index >= 0:
        raise ValueError(f"ignore_index is {ignore_index} and target holds probabilities: it is for labels alone")
    soft_target: SoftTarget | None = None
    arrays: SoftTarget | None = None
    divisor: Any = options.normalizer
    readable = isinstance(alpha, float) and (weight is None or kernel_for(weight, None) == "cpu")
    if by_label and readable and kernel_for(logits, truth, options.normalizer, options.z_loss) == "cpu":
        class_weight = None if weight is None else plain(weight)
        arrays, count = labelled(plain(truth), logits.shape[1], class_weight, ignore_index, alpha, not ours)
        if normalizer is None:
            divisor = 1.0 if ours and count == 0 else count
    else:
        soft_target = _target(truth, logits.shape[1], weight, ignore_index, alpha, semantics, by_label)
        if normalizer is None:
            divisor = ("rows" if weight is None else "mass") if ours else _count(truth, weight, ignore_index)
    # PyTorch's mean over no rows is NaN, and a kernel does not divide by 0: take the sum, 0, and add NaN to it.
    empty = normalizer is None and isinstance(divisor, float) and divisor == 0 and reduction == "mean"
    options = LossOptions("sum" if empty else reduction, divisor, options.z_loss, ours)
    loss = loss_of(logits, soft_target, options, overwrite_logits, arrays)
    if empty:
        return loss + torch.nan
    return loss.reshape(shape) if reduction == "none" else loss


class CrossEntropyLoss(nn.CrossEntropyLoss):
    """A drop-in replacement for ``torch.nn.CrossEntropyLoss`` on the fused kernel.

    It takes the same arguments, and the keywords of :func:`nn_cross_entropy`, whose documentation lists where PyTorch's
    meaning and ours differ. The target may also be a :class:`onewarm.SoftTarget`, which then carries smoothing, weights
    and ignored rows itself.

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
        self.semantics: Semantics = semantics
        self.normalizer = normalizer
        self.z_loss = z_loss
        self.overwrite_logits = overwrite_logits

    def forward(self, input: Tensor, target: Tensor | SoftTarget, *, normalizer: Normalizer | None = None) -> Tensor:
        """The loss. A ``normalizer`` given here, such as the token count of this batch, overrides the module's."""
        normalizer = self.normalizer if normalizer is None else normalizer
        reduction: Any = self.reduction
        if isinstance(target, SoftTarget):
            if self.weight is not None or self.label_smoothing:
                raise ValueError(
                    "target is a SoftTarget and the loss has class weights or smoothing: say both in the target, by "
                    "onewarm.smooth and reweight"
                )
            return cross_entropy(
                input,
                target,
                reduction=reduction,
                normalizer="rows" if normalizer is None else normalizer,
                z_loss=self.z_loss,
                overwrite_logits=self.overwrite_logits,
            )
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


def _flat(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor, torch.Size]:
    """Logits (M, C), labels (M,) or probabilities (M, C), and the shape of one loss a row."""
    if input.dim() == 0:
        raise ValueError("input has no dimension: expected (C,), (N, C) or (N, C, d1, ...)")
    classes = 0 if input.dim() == 1 else 1
    rows = torch.Size(d for i, d in enumerate(input.shape) if i != classes)
    if target.is_floating_point():
        if target.shape != input.shape:
            raise ValueError(f"target has shape {tuple(target.shape)}: expected {tuple(input.shape)} as the input has")
        return _rows(input, classes), _rows(target, classes), rows
    if target.shape != rows:
        raise ValueError(
            f"target has shape {tuple(target.shape)} and input {tuple(input.shape)}: expected labels of shape "
            f"{tuple(rows)}, or probabilities of the input's shape"
        )
    return _rows(input, classes), target.reshape(-1), rows


def _rows(array: Tensor, classes: int) -> Tensor:
    """(M, C), classes last; a copy where they are not contiguous."""
    return array if array.dim() == 2 else array.movedim(classes, -1).reshape(-1, array.shape[classes])


def _legacy_reduction(size_average: bool | None, reduce: bool | None) -> Reduction:
    """What PyTorch's deprecated arguments mean."""
    reduction: Reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    text = f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead."
    warnings.warn(text, stacklevel=3)  # PyTorch's words: the same filters apply
    return reduction


def _target(
    truth: Any, classes: int, weight: Any, ignore_index: int, alpha: Any, semantics: str, labelled: bool
) -> SoftTarget:
    """Labels or probabilities as a target, smoothed and weighted in the order of ``semantics``."""
    smoothed = not isinstance(alpha, float) or alpha > 0
    weighted = weight is not None
    if labelled:
        target = one_hot(truth, classes, ignore_index=ignore_index)
    elif semantics == "onewarm":
        target = soft(truth)
    else:
        target = _unchecked_table(truth)
        if smoothed:  # PyTorch adds alpha / K whatever the row sums to
            target = mix(_unchecked_table(checks.as_array([[1 / classes] * classes], truth), len(truth)), target, alpha)
        return target.reweight(weight) if weighted else target
    if weighted and semantics == "onewarm":
        target = target.reweight(weight)
    if smoothed:
        target = smooth(target, alpha)
    return target.reweight(weight) if weighted and semantics == "torch" else target


def _unchecked_table(table: Any, rows: int | None = None) -> SoftTarget:
    """Row i of the table for row i, or with ``rows`` its only row for all; the numbers are not checked."""
    xp = checks.array_namespace(table)
    where = checks.device(table)
    count = len(table) if rows is None else rows
    index = xp.arange(count, device=where) if rows is None else xp.zeros(count, dtype=xp.int64, device=where)
    weight = xp.ones((count, 1), dtype=checks.float_dtype(xp, where), device=where)
    return SoftTarget(
        index=index[:, None][:, :0],
        weight=weight[:, :0],
        table=table,
        table_index=index[:, None],
        table_weight=weight,
        num_classes=int(table.shape[1]),
    )


def _count(truth: Tensor, weight: Tensor | None, ignore_index: int) -> Any:
    """What PyTorch's mean divides by: the number of rows, or for labels the weights of those that are not ignored."""
    if truth.is_floating_point():
        return float(len(truth))
    counted = truth != ignore_index
    if weight is None:
        total = counted.sum()
    else:
        total = torch.where(counted, weight.double()[torch.where(counted, truth, 0)], 0.0).sum()
    return float(total) if checks.concrete(total) else total

"""Cross-entropy of a linear layer's output: the logits over a vocabulary are never all in memory."""

from __future__ import annotations

import warnings
from typing import Any, Literal, overload

import torch
from torch import Tensor

from onewarm import checks
from onewarm.loss_options import Normalizer, Reduction, loss_options
from onewarm.loss_stats import LossStats, loss_stats
from onewarm.target import SoftTarget, one_hot, smooth
from onewarm.torch.linear.autograd import check_shape, checked_layer, checked_target, reduced_loss, row_factor
from onewarm.torch.linear.chunks import Cap, RowStats
from onewarm.torch.linear.terms import Term


@overload
def linear_cross_entropy(
    hidden: Tensor,
    weight: Tensor,
    target: SoftTarget | Tensor,
    *,
    bias: Tensor | None = None,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    stats: Literal[False] = False,
) -> Tensor: ...


@overload
def linear_cross_entropy(
    hidden: Tensor,
    weight: Tensor,
    target: SoftTarget | Tensor,
    *,
    bias: Tensor | None = None,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    stats: bool,
) -> Any: ...  # with stats=True tuple[Tensor, LossStats]


def linear_cross_entropy(
    hidden: Tensor,
    weight: Tensor,
    target: SoftTarget | Tensor,
    *,
    bias: Tensor | None = None,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    stats: bool = False,
) -> Any:
    """Cross-entropy ``s logsumexp(z) - <t, z>`` of the logits ``z = W x + b``, which are never all in memory.

    The loss and the gradients are those of ``cross_entropy(hidden @ weight.T + bias, target)``. Rows are processed in
    chunks that share one buffer of logits (1/27 of the rows, or a million logits if that is more; four million where a
    half-precision weight has to be widened for each chunk), and the kernel overwrites the logits with their gradient.
    Arithmetic and sums over rows are in float32 or better for all inputs: half-precision logits are never rounded, and
    a half-precision weight needs memory for a float32 gradient while that is summed.

    The tables of a target (smoothing, priors, the tail of a sparse teacher) are taken in closed form, ``<row, z> =
    x . (W^T row)``: a dot product for each row, and a rank-one part of the weight's gradient. A table with more than
    one row for 256 rows of ``hidden``, such as a dense teacher, goes through the kernel.

    For ``"mean"`` and ``"sum"`` the gradients are made with the loss (three matrix products) and scaled in the backward
    pass, until which they stay in float32 or better: in half precision they are rounded once, after a loss scale. For
    ``"none"`` the backward pass forms the logits again and makes them there (four matrix products).
    On a GPU nothing is read to be checked: a row whose logits or labels have no loss is NaN.

    Args:
        hidden: (..., D), float16, bfloat16, float32 or float64. Rows without mass are not read.
        weight: (V, D), as ``torch.nn.Linear`` keeps it.
        target: a :class:`onewarm.SoftTarget` with a row for each of ``hidden`` in order, integer labels (...), of
            which -100 is ignored, or probabilities (..., V).
        bias: (V,) or None; -inf masks a class, as a logit of -inf does in :func:`cross_entropy`.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for one loss a row.
        normalizer: what ``"mean"`` divides by: ``"rows"`` that have mass, the total ``"mass"``, or a number.
        z_loss: adds ``z_loss s logsumexp(z)^2`` to each row.
        logit_scale: a factor of the logits, above 0.
        softcap: c, above 0, for the logits ``c tanh(z / c)`` of Gemma 2; tables then go through the kernel.
        stats: also return :class:`onewarm.loss_stats.LossStats` of each row, made of the same chunks of logits.

    Returns:
        A scalar, or (...) for ``"none"``: float32, or float64 where an input is. With ``stats`` a pair of that and the
        stats, (...) each, which have no gradient.

    Raises:
        TypeError: an input that is not a floating-point tensor; a target of another kind.
        ValueError: shapes or devices that disagree; on the CPU a label out of range, a row whose logits have a NaN or
            +inf.
        RuntimeError: second derivatives, ``torch.func`` transforms, a target that requires a gradient: form the logits
            for these.

    Example:
        >>> x, w = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], requires_grad=True)
        >>> loss = linear_cross_entropy(x, w, smooth(torch.tensor([1]), 0.3, num_classes=3))
        >>> loss.backward()
        >>> round(loss.item(), 4), [[round(g, 3) for g in row] for row in w.grad.tolist()]
        (0.749, [[0.159, 0.319], [-0.095, -0.189], [-0.065, -0.13]])

    Source: Hsu et al., "Liger Kernel", 2024, section 3.2, for gradients made with the loss chunk by chunk; the closed
    form follows from the linearity of the cross-entropy in its target.
    """
    options = loss_options(reduction, normalizer, z_loss, logit_scale=logit_scale, softcap=softcap)
    layer, shape = checked_layer(hidden, weight, bias)
    rows = checked_target(target, layer, shape)
    factor, scale = row_factor(rows, options), float(options.logit_scale)
    cap = None if options.softcap is None else Cap(scale, float(options.softcap))
    term = Term(rows, factor, 1.0 if cap else 1 / scale, float(options.z_loss))
    found = RowStats.empty(len(rows), layer.dtype, layer.hidden.device) if stats else None
    loss = reduced_loss(layer, [term], options.reduction, shape, target, cap=cap, stats=found)
    if found is None:
        return loss
    figures = loss_stats(*found, rows, term.z_loss)
    return loss, LossStats(*(figure.reshape(shape) for figure in figures))


class LinearCrossEntropyLoss(torch.nn.Module):
    """:func:`linear_cross_entropy` as a module; the weight stays with its layer, since it is often tied.

    It is called as ``loss(hidden, weight, target, bias=None)``, in the order of :func:`linear_cross_entropy`, PyTorch's
    ``F.linear_cross_entropy`` and cut-cross-entropy. Liger Kernel's module takes ``(weight, hidden, target, bias)``;
    where there are as many rows as classes, both orders have shapes that fit: pass ``hidden=`` and ``weight=`` by name.

    Args:
        label_smoothing: the part of each label's mass that moves to ``prior``; at most 1.
        prior: (V,) class frequencies, or None for the uniform row. Only labels are smoothed.
        ignore_index: the label of rows that are left out.
        reduction, normalizer, z_loss, logit_scale, softcap, stats: as in :func:`linear_cross_entropy`.

    Raises:
        ValueError: ``label_smoothing`` above 1, an unknown ``reduction``, a ``z_loss`` below 0, a ``logit_scale`` or
            ``softcap`` that is not above 0.

    Example:
        >>> head = torch.nn.Linear(4, 10, bias=False)
        >>> loss = LinearCrossEntropyLoss(label_smoothing=0.1)
        >>> loss(torch.zeros(2, 3, 4), head.weight, torch.zeros(2, 3, dtype=torch.int64)).item()  # log 10
        2.3025851249694824
    """

    prior: Tensor | None

    def __init__(
        self,
        *,
        label_smoothing: float = 0.0,
        prior: Tensor | None = None,
        ignore_index: int = -100,
        reduction: Reduction = "mean",
        normalizer: Normalizer = "rows",
        z_loss: float = 0.0,
        logit_scale: float = 1.0,
        softcap: float | None = None,
        stats: bool = False,
    ) -> None:
        super().__init__()
        loss_options(reduction, normalizer, z_loss, logit_scale=logit_scale, softcap=softcap)
        checks.alpha(label_smoothing, 1, torch.zeros(1), "label_smoothing")
        self.label_smoothing, self.ignore_index, self.z_loss = label_smoothing, ignore_index, z_loss
        self.reduction, self.normalizer = reduction, normalizer
        self.logit_scale, self.softcap, self.stats = logit_scale, softcap, stats
        self.register_buffer("prior", prior)

    def extra_repr(self) -> str:
        return f"label_smoothing={self.label_smoothing}, reduction={self.reduction!r}"

    def forward(self, hidden: Tensor, weight: Tensor, target: SoftTarget | Tensor, bias: Tensor | None = None) -> Any:
        """The loss of ``hidden @ weight.T + bias``; with ``stats`` a pair of it and its :class:`LossStats`."""
        _warn_of_order(hidden, weight)
        if isinstance(target, Tensor) and not target.is_floating_point():
            check_shape(target, hidden.shape[:-1], int(weight.shape[0]))
            target = one_hot(target.reshape(-1), weight.shape[0], ignore_index=self.ignore_index)
            if self.label_smoothing:
                target = smooth(target, self.label_smoothing, prior=self.prior)
        return linear_cross_entropy(
            *(hidden, weight, target),
            bias=bias,
            reduction=self.reduction,
            normalizer=self.normalizer,
            z_loss=self.z_loss,
            logit_scale=self.logit_scale,
            softcap=self.softcap,
            stats=self.stats,
        )


def _warn_of_order(hidden: Any, weight: Any) -> None:
    """Warn of arguments in Liger Kernel's order, where the shapes cannot tell them apart but a parameter can."""
    parameter = torch.nn.Parameter
    if isinstance(hidden, parameter) and not isinstance(weight, parameter) and hidden.shape == weight.shape:
        warnings.warn(
            f"hidden is a parameter and weight, of the same shape {tuple(weight.shape)}, is not: the order is "
            "(hidden, weight, target), Liger Kernel's (weight, hidden, target); pass them by name",
            stacklevel=3,
        )

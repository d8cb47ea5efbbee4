"""Distillation of a linear layer's output: neither the student's logits nor a teacher layer's are all in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from onewarm.distillation_options import Divergence, distillation_options
from onewarm.loss_options import Normalizer, Reduction
from onewarm.soft_target import SoftTarget
from onewarm.torch.distillation.options import (
    Vocabulary,
    common_classes,
    counted,
    cut,
    fitting,
    hard_rows,
    live_rows,
)
from onewarm.torch.distillation.parts import Part, PartOfLayer
from onewarm.torch.distillation.teachers import LayerTeacher, LogitTeacher, TargetTeacher, layer_teacher, logit_teacher
from onewarm.torch.linear.autograd import checked_layer, reduced_loss, row_factor
from onewarm.torch.linear.chunks import Layer
from onewarm.torch.linear.terms import Term


def linear_distillation(
    hidden: Tensor,
    weight: Tensor,
    teacher: Tensor | SoftTarget | Sequence[Tensor],
    temperature: float = 1.0,
    *,
    bias: Tensor | None = None,
    hard_target: SoftTarget | Tensor | None = None,
    soft_weight: float | None = None,
    divergence: Divergence = "kl",
    beta: float = 0.5,
    mask: Tensor | None = None,
    ignore_index: int | None = None,
    vocabulary: Vocabulary = "equal",
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
) -> Tensor:
    """:func:`distillation` of the logits ``W x + b``, which are never all in memory; nor are a teacher layer's.

    Both parts of the loss use the same three matrix products; :func:`onewarm.torch.linear_cross_entropy` describes the
    chunks. ``torch.compile`` breaks its graph at this function and runs it as it is: the matrix products take most of
    the time, and a graph would gain nothing.

    Args:
        hidden: (..., D).
        weight: (V, D), the student's.
        teacher: as in :func:`distillation`; or a layer ``(hidden, weight)`` or ``(hidden, weight, bias)`` of shapes
            (..., E), (V, E), (V,), whose logits are made a chunk at a time.
        temperature, hard_target, divergence, beta, mask, ignore_index, vocabulary, reduction, normalizer: as in
            :func:`distillation`.
        bias: (V,) or None.
        soft_weight: what :func:`distillation` calls ``weight``.

    Returns, Raises:
        As :func:`distillation` and :func:`onewarm.torch.linear_cross_entropy`.

    Example:
        >>> x, w = torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 2.0]])
        >>> round(linear_distillation(x, w, torch.tensor([[2.0, 1.0, -1.0]]), 2.0).item(), 4)
        0.2732
    """
    options = (temperature, divergence, beta, soft_weight, mask, ignore_index, vocabulary, reduction, normalizer)
    call = _linear_distillation
    if torch.compiler.is_compiling():
        # Not as a decorator: that would import the compiler, which takes as long as half of PyTorch, with this module.
        call = torch.compiler.disable(call)  # type: ignore[no-untyped-call]
    return call(hidden, weight, teacher, bias, hard_target, *options)


def _linear_distillation(
    hidden: Tensor,
    weight: Tensor,
    teacher: Tensor | SoftTarget | Sequence[Tensor],
    bias: Tensor | None,
    hard_target: SoftTarget | Tensor | None,
    temperature: Any,
    divergence: Any,
    beta: Any,
    soft_weight: Any,
    mask: Any,
    ignore_index: Any,
    vocabulary: Any,
    reduction: Any,
    normalizer: Any,
) -> Tensor:
    options = distillation_options(
        *(temperature, divergence, beta, soft_weight, hard_target, reduction, normalizer), "soft_weight"
    )
    layer, shape = checked_layer(hidden, weight, bias)
    classes = int(weight.shape[0])
    live = live_rows(mask, ignore_index, hard_target, shape, layer.hidden)
    rows: LogitTeacher | TargetTeacher
    if isinstance(teacher, SoftTarget):
        difference = f"teacher has {teacher.num_classes} classes, weight {classes}: expected the same"
        most = common_classes(teacher.num_classes, classes, vocabulary, difference)
        rows = TargetTeacher(cut(counted(fitting(teacher, shape, layer.hidden, "teacher"), live), most))
    elif isinstance(teacher, Tensor):
        rows = logit_teacher(teacher, shape, options.temperature, "hidden", live)
        difference = f"teacher has shape {tuple(teacher.shape)}: expected {(*shape, classes)} as of hidden"
        most = common_classes(rows.num_classes, classes, vocabulary, difference)
        rows = LogitTeacher(rows.logits[:, :most], options.temperature, live)
    else:
        rows = layer_teacher(teacher, shape, options.temperature, live)
        difference = (
            f"teacher has rows of shape {tuple(shape)} over {rows.num_classes} classes, the student {tuple(shape)} "
            f"over {classes}: expected the same"
        )
        most = common_classes(rows.num_classes, classes, vocabulary, difference)
        x, w, b = rows.layer
        rows = LayerTeacher(Layer(x, w[:most], None if b is None else b[:most]), options.temperature, live)
    scale = options.teacher_weight * options.temperature**2 * row_factor(rows, options.loss)
    part = Part(rows, scale, options.temperature, options.divergence, options.beta)
    terms = [Term(PartOfLayer(part))]
    if hard_target is not None:
        hard = hard_rows(hard_target, shape, classes, ignore_index, live, layer.hidden)
        terms.append(Term(hard, (1 - options.teacher_weight) * row_factor(hard, options.loss)))
    return reduced_loss(layer, terms, options.loss.reduction, shape, hard_target, mask)

"""Distillation: a student learns a teacher's distribution at some temperature, and its own labels if it has any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

from onewarm import checks
from onewarm.loss_options import Normalizer, Reduction, loss_options
from onewarm.target import SoftTarget
from onewarm.torch.cross_entropy.functional import loss_of
from onewarm.torch.distillation.teachers import layer_teacher, logit_teacher
from onewarm.torch.linear.autograd import checked_layer, checked_target, reduced_loss, row_factor
from onewarm.torch.linear.terms import Term

Divergence: TypeAlias = Literal["kl", "cross_entropy"]


def distillation(
    student_logits: Tensor,
    teacher: Tensor | SoftTarget,
    temperature: float = 1.0,
    *,
    hard_target: SoftTarget | Tensor | None = None,
    weight: float | None = None,
    divergence: Divergence = "kl",
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
) -> Tensor:
    """``weight T^2 KL(q || softmax(z / T)) + (1 - weight) CE(z, hard_target)``, with q the teacher's distribution.

    The factor T^2 keeps the gradient's size as the temperature changes: it is ``T (softmax(z / T) - q)``, which for
    large T tends to ``((z - mean z) - (v - mean v)) / K`` with v the teacher's logits.

    Args:
        student_logits: (..., K), z.
        teacher: logits v (..., K), from which ``q = softmax(v / T)``; or a :class:`onewarm.SoftTarget` for q itself,
            at that temperature: probabilities (:func:`onewarm.soft`), their largest (:func:`onewarm.top_k`) or a sample
            (:func:`sample_teacher`). A row without mass is ignored. No gradient goes to the teacher.
        temperature: T, above 0.
        hard_target: labels (...), probabilities (..., K) or a SoftTarget, at temperature 1; or None.
        weight: of the teacher's part, 0 to 1; by default 1 without ``hard_target`` and 0.5 with one.
        divergence: ``"kl"``, or ``"cross_entropy"``, which is larger by T^2 times the entropy of q and has the same
            gradient. For a sampled teacher only the cross-entropy is unbiased: a sample's entropy is not its teacher's.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for one loss a row.
        normalizer: what ``"mean"`` divides each of the two parts by: the ``"rows"`` that have mass in it, its total
            ``"mass"``, or a number.

    Returns:
        A scalar, or (...) for ``"none"``: float32, or float64 for float64 logits.

    Raises:
        TypeError: a teacher that is neither a tensor of logits nor a SoftTarget.
        ValueError: a temperature that is not above 0, a weight outside 0 to 1, or given without ``hard_target``,
            shapes that disagree, a NaN or +inf logit, KL to a target with a negative entry.

    Example:
        >>> z, v = torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[2.0, 1.0, -1.0]])
        >>> round(distillation(z, v, 2.0).item(), 4)
        0.2732
        >>> round(distillation(z, v, 2.0, hard_target=torch.tensor([0]), weight=0.7).item(), 4)
        0.3567

    Source: Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015, section 2 and 2.1.
    """
    temperature = checks.positive(temperature, "temperature")
    teacher_weight = checked_weight(weight, hard_target, divergence)
    options = loss_options(reduction, normalizer)
    if not isinstance(student_logits, Tensor):
        raise TypeError(f"student_logits is a {type(student_logits).__name__}: expected a PyTorch tensor")
    if student_logits.ndim == 0:
        raise ValueError("student_logits has shape (): expected (..., K)")
    shape, classes = student_logits.shape[:-1], student_logits.shape[-1]
    z = student_logits.reshape(-1, classes)
    with_entropy = divergence == "kl"
    if isinstance(teacher, SoftTarget):
        q, entropy = teacher, checked_entropy(teacher).to(z.device) if with_entropy else None
    else:
        rows = logit_teacher(teacher, shape, classes, temperature, "student_logits", with_entropy=with_entropy)
        q, entropy = rows.distribution(slice(None))
    soft = loss_of(z / temperature, q, options)
    if entropy is not None:
        factor = row_factor(q, options)
        soft = soft - (entropy if reduction == "none" else entropy.sum() * factor).to(soft.dtype)
    loss = soft * (teacher_weight * temperature**2)
    if hard_target is not None:
        if isinstance(hard_target, Tensor):
            wide = hard_target.is_floating_point()
            hard_target = hard_target.reshape((-1, classes) if wide else (-1,))
        loss = loss + (1 - teacher_weight) * loss_of(z, hard_target, options)
    return loss.reshape(shape) if reduction == "none" else loss


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
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
) -> Tensor:
    """:func:`distillation` of the logits ``W x + b``, which are never all in memory; nor are a teacher layer's.

    Both parts of the loss use the same three matrix products; :func:`onewarm.torch.linear_cross_entropy` describes the
    chunks. ``torch.compile`` breaks its graph at this function.

    Args:
        hidden: (..., D).
        weight: (V, D), the student's.
        teacher: as in :func:`distillation`; or a layer ``(hidden, weight)`` or ``(hidden, weight, bias)`` of shapes
            (..., E), (V, E), (V,), whose logits are made a chunk at a time.
        temperature, hard_target, divergence, reduction, normalizer: as in :func:`distillation`.
        bias: (V,) or None.
        soft_weight: what :func:`distillation` calls ``weight``.

    Returns, Raises:
        As :func:`distillation` and :func:`onewarm.torch.linear_cross_entropy`.

    Example:
        >>> x, w = torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 2.0]])
        >>> round(linear_distillation(x, w, torch.tensor([[2.0, 1.0, -1.0]]), 2.0).item(), 4)
        0.2732
    """
    call = _linear_distillation
    if torch.compiler.is_compiling():
        # Not as a decorator: that would import the compiler, which takes as long as half of PyTorch, with this module.
        call = torch.compiler.disable(call)  # type: ignore[no-untyped-call]
    return call(hidden, weight, teacher, temperature, bias, hard_target, soft_weight, divergence, reduction, normalizer)


def _linear_distillation(
    hidden: Tensor,
    weight: Tensor,
    teacher: Tensor | SoftTarget | Sequence[Tensor],
    temperature: float,
    bias: Tensor | None,
    hard_target: SoftTarget | Tensor | None,
    soft_weight: float | None,
    divergence: Divergence,
    reduction: Reduction,
    normalizer: Normalizer,
) -> Tensor:
    temperature = checks.positive(temperature, "temperature")
    teacher_weight = checked_weight(soft_weight, hard_target, divergence, "soft_weight")
    options = loss_options(reduction, normalizer)
    layer, shape = checked_layer(hidden, weight, bias)
    classes = int(weight.shape[0])
    with_entropy = divergence == "kl"
    entropy = None
    if isinstance(teacher, SoftTarget):
        q: Any = checked_target(teacher, layer, shape, "teacher")
        entropy = checked_entropy(q) if with_entropy else None
    elif isinstance(teacher, Tensor):
        q = logit_teacher(teacher, shape, classes, temperature, "hidden", with_entropy=with_entropy)
    else:
        q = layer_teacher(teacher, shape, classes, temperature, with_entropy=with_entropy)
    scale: float = teacher_weight * temperature**2 * row_factor(q, options)
    terms = [Term(q, scale, temperature, entropy=entropy)]
    if hard_target is not None:
        hard = checked_target(hard_target, layer, shape, "hard_target")
        terms.append(Term(hard, (1 - teacher_weight) * row_factor(hard, options)))
    return reduced_loss(layer, terms, options.reduction, shape)


def checked_weight(weight: Any, hard_target: Any, divergence: str, name: str = "weight") -> float:
    """The weight of the teacher's part of the loss, from a ``weight`` that may be None.

    Raises:
        ValueError: an unknown divergence, a weight outside 0 to 1, or a weight without a hard target.
    """
    if divergence not in ("kl", "cross_entropy"):
        raise ValueError(f"divergence is {divergence!r}: expected 'kl' or 'cross_entropy'")
    if weight is None:
        return 1.0 if hard_target is None else 0.5
    if hard_target is None:
        raise ValueError(f"{name} is {weight!r} but hard_target is None: pass hard_target, or leave {name} out")
    return float(checks.share(weight, name))


def checked_entropy(teacher: SoftTarget) -> Tensor:
    """The entropy of each row, (N,).

    Raises:
        ValueError: a row with a negative entry, which has none.
    """
    entropy: Tensor = teacher.entropy()
    if (bad := checks.first_true(entropy == -torch.inf)) is not None:
        raise ValueError(
            f"teacher[{bad[0]}] has a negative entry, so KL is not defined: pass divergence='cross_entropy'"
        )
    return entropy

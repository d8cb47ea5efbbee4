"""Distillation: a student learns a teacher's distribution at some temperature, and its own labels if it has any."""

from __future__ import annotations

import torch
from torch import Tensor

from onewarm.distillation_options import Divergence, distillation_options
from onewarm.errors import InputError
from onewarm.loss_options import Normalizer, Reduction
from onewarm.soft_target import BucketTarget, SoftTarget
from onewarm.torch.distillation.autograd import summed
from onewarm.torch.distillation.options import (
    Vocabulary,
    common_classes,
    counted,
    cut,
    fitting,
    hard_rows,
    live_rows,
)
from onewarm.torch.distillation.parts import Part
from onewarm.torch.distillation.teachers import LogitTeacher, TargetTeacher, Teacher, logit_teacher
from onewarm.torch.linear.autograd import row_factor


def distillation(
    student_logits: Tensor,
    teacher: Tensor | SoftTarget,
    temperature: float = 1.0,
    *,
    hard_target: SoftTarget | Tensor | None = None,
    weight: float | None = None,
    divergence: Divergence = "kl",
    beta: float = 0.5,
    mask: Tensor | None = None,
    ignore_index: int | None = None,
    vocabulary: Vocabulary = "equal",
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
) -> Tensor:
    """``weight T^2 KL(q || p) + (1 - weight) CE(z, hard_target)`` with q the teacher's and p the student's rows at T.

    The factor T^2 keeps the gradient's size as the temperature changes: it is ``T (p - q)``, which for large T tends to
    ``((z - mean z) - (v - mean v)) / K`` with v the teacher's logits. Every divergence has this factor.

    ===================  ==========================================================================================
    ``divergence``       ``D(q, p)``
    ===================  ==========================================================================================
    ``"kl"``             ``KL(q || p) = sum q log(q / p)``: the student covers all that the teacher does
    ``"cross_entropy"``  ``-sum q log p``: larger by the entropy of q, with the same gradient
    ``"reverse_kl"``     ``KL(p || q)``: the student keeps to what the teacher finds likely
    ``"js"``             ``beta KL(q || m) + (1 - beta) KL(p || m)`` with ``m = beta q + (1 - beta) p``
    ===================  ==========================================================================================

    No divergence is negative, and each is precise however near the student is to its teacher. The arithmetic is in
    float32 or better from the division by the temperature on; a half-precision gradient is rounded once.

    Args:
        student_logits: (..., K), z; -inf masks a class. The teacher's mass on it moves to the others in proportion;
            mass on a named class stays, and makes the loss +inf.
        teacher: logits v (..., K), from which ``q = softmax(v / T)``; or a :class:`onewarm.SoftTarget` for q itself,
            at that temperature: probabilities (:func:`onewarm.soft`), their largest (:func:`onewarm.top_k`, also with
            ``tail="bucket"``, where the divergence is that of the events) or a sample
            (:func:`sample_teacher`). A row without mass is ignored. No gradient goes to the teacher.
        temperature: T, above 0.
        hard_target: labels (...), probabilities (..., K) or a SoftTarget, at temperature 1; or None.
        weight: of the teacher's part, 0 to 1; by default 1 without ``hard_target`` and 0.5 with one.
        divergence: see above. For a sampled teacher only the cross-entropy is unbiased: a sample's entropy is not its
            teacher's. The reverse KL is +inf, and its gradient NaN, where only the teacher masks a class.
        beta: of ``"js"``, 0 to 1, as in GKD and TRL: 0.5 is the Jensen-Shannon divergence; it tends to 0 with beta and
            with 1 - beta, where the ratio tends to a KL, so that 0 stands for ``"kl"`` and 1 for ``"reverse_kl"``.
        mask: bool (...), or None. Rows where it is False are left out of both parts and not read.
        ignore_index: a label of ``hard_target``, such as -100, whose rows are left out of both parts; with None the
            rows of -100 have a teacher only.
        vocabulary: ``"equal"``, or ``"common"`` where one of the two is padded: the teacher's part takes as many
            classes as the smaller of the two has, from the first on, and the teacher's mass on others moves to them.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for one loss a row.
        normalizer: what ``"mean"`` divides each of the two parts by: the ``"rows"`` that have mass in it, its total
            ``"mass"``, or a number.

    Returns:
        A scalar, or (...) for ``"none"``: float32, or float64 for float64 logits.

    Raises:
        TypeError: a teacher that is neither a tensor of logits nor a SoftTarget, a mask that is not of bool.
        ValueError: a temperature that is not above 0, a weight outside 0 to 1, or given without ``hard_target``,
            shapes that disagree, a NaN or +inf logit, a divergence from a target with a negative entry.

    Example:
        >>> import torch
        >>> z, v = torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[2.0, 1.0, -1.0]])
        >>> round(distillation(z, v, 2.0).item(), 4)
        0.2732
        >>> round(distillation(z, v, 2.0, hard_target=torch.tensor([0]), weight=0.7).item(), 4)
        0.3567
        >>> [round(distillation(z, v, 2.0, divergence=d).item(), 4) for d in ("reverse_kl", "js")]
        [0.3353, 0.0744]

    Source: Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015, section 2 and 2.1; reverse KL:
    Gu et al., "MiniLLM", ICLR 2024; generalised Jensen-Shannon: Agarwal et al., "On-Policy Distillation of Language
    Models" (GKD), ICLR 2024, section 2.
    """
    options = distillation_options(temperature, divergence, beta, weight, hard_target, reduction, normalizer)
    if not isinstance(student_logits, Tensor):
        raise TypeError(f"student_logits is a {type(student_logits).__name__}: expected a PyTorch tensor")
    if student_logits.ndim == 0 or student_logits.shape[-1] == 0:
        raise InputError(f"student_logits has shape {tuple(student_logits.shape)}: expected (..., K)")
    if not student_logits.is_floating_point():
        raise TypeError(f"student_logits has dtype {student_logits.dtype}: expected floating point")
    shape, classes = student_logits.shape[:-1], student_logits.shape[-1]
    if isinstance(teacher, BucketTarget):
        if hard_target is not None:
            raise InputError("a teacher with tail='bucket' takes no hard_target: add the two losses")
        wide = student_logits.to(torch.promote_types(student_logits.dtype, torch.float32))
        events = teacher.events(wide / options.temperature)
        loss = distillation(
            *(events, teacher.over_events()),
            divergence=divergence,
            beta=beta,
            mask=mask,
            reduction=reduction,
            normalizer=normalizer,
        )
        return loss * options.temperature**2
    z = student_logits.reshape(-1, classes)
    live = live_rows(mask, ignore_index, hard_target, shape, z)
    if isinstance(teacher, SoftTarget):
        difference = f"teacher has {teacher.num_classes} classes, student_logits {classes}: expected the same"
        most = common_classes(teacher.num_classes, classes, vocabulary, difference)
        rows: Teacher = TargetTeacher(cut(counted(fitting(teacher, shape, z, "teacher"), live), most))
        rows = rows.with_tensors([None if part is None else part.detach() for part in rows.tensors()])
    else:
        by_logits = logit_teacher(teacher, shape, options.temperature, "student_logits", live)
        difference = f"teacher has shape {tuple(teacher.shape)}: expected {(*shape, classes)} as of student_logits"
        most = common_classes(by_logits.num_classes, classes, vocabulary, difference)
        rows = LogitTeacher(by_logits.logits[:, :most], options.temperature, live)
    scale = options.teacher_weight * options.temperature**2 * row_factor(rows, options.loss)
    parts = [Part(rows, scale, options.temperature, options.divergence, options.beta)]
    if hard_target is not None:
        hard = hard_rows(hard_target, shape, classes, ignore_index, live, z)
        parts.append(Part(TargetTeacher(hard), (1 - options.teacher_weight) * row_factor(hard, options.loss)))
    loss = summed(z, parts, per_row=reduction == "none", name="student_logits", given=(hard_target, mask))
    return loss.reshape(shape) if reduction == "none" else loss

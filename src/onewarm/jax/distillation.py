"""Distillation for JAX arrays, with the meaning of :func:`onewarm.torch.distillation`."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from onewarm import checks, definition
from onewarm.checks import Array
from onewarm.distillation_options import Divergence, Options, distillation_options, ignored_label
from onewarm.errors import InputError
from onewarm.jax.divergences import row_divergences
from onewarm.jax.row_losses import parts_of, row_losses
from onewarm.loss_options import Normalizer, Reduction
from onewarm.soft_target import BucketTarget, SoftTarget, whole_row
from onewarm.target import as_target, one_hot


def distillation(
    student_logits: Array,
    teacher: Array | SoftTarget,
    temperature: float = 1.0,
    *,
    hard_target: SoftTarget | Array | None = None,
    weight: float | None = None,
    divergence: Divergence = "kl",
    beta: float = 0.5,
    mask: Array | None = None,
    ignore_index: int | None = None,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
) -> Array:
    """``weight T^2 KL(q || p) + (1 - weight) CE(z, hard_target)`` with q the teacher's and p the student's rows at T.

    The function of :func:`onewarm.torch.distillation` for JAX: the same arguments but ``vocabulary``, and the same
    values. ``jit``, ``grad``, ``jvp``, ``hessian`` and ``vmap`` go through it; where a tracer hides the values, a bad
    logit gives NaN; elsewhere it raises. No divergence is negative, and each is precise however near the student is to
    its teacher; the arithmetic is in float32 or better from the division by the temperature on.

    Args:
        student_logits: (..., K), z; -inf masks a class. The teacher's mass on it moves to the others in proportion;
            mass on a named class stays, and makes the loss +inf.
        teacher: logits v (..., K), from which ``q = softmax(v / T)``; or a :class:`onewarm.SoftTarget` for q itself,
            at that temperature. A row without mass is ignored. No gradient goes to the teacher.
        temperature: T, above 0: a number, not traced.
        hard_target: labels (...), probabilities (..., K) or a SoftTarget, at temperature 1; or None.
        weight: of the teacher's part, 0 to 1; by default 1 without ``hard_target`` and 0.5 with one.
        divergence: ``"kl"``, KL(q || p); ``"cross_entropy"``, larger by the entropy of q; ``"reverse_kl"``, KL(p || q);
            ``"js"``, ``beta KL(q || m) + (1 - beta) KL(p || m)`` with ``m = beta q + (1 - beta) p``.
        beta: of ``"js"``, 0 to 1; 0 stands for ``"kl"`` and 1 for ``"reverse_kl"``.
        mask: bool (...), or None. Rows where it is False are left out of both parts and not read.
        ignore_index: a label of ``hard_target``, such as -100, whose rows are left out of both parts; with None the
            rows of -100 have a teacher only.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for one loss a row.
        normalizer: what ``"mean"`` divides each of the two parts by: the ``"rows"`` that have mass in it, its total
            ``"mass"``, or a number.

    Returns:
        A scalar, or (...) for ``"none"``: float32, or float64 for float64 logits.

    Raises:
        TypeError: a teacher that is neither an array of logits nor a SoftTarget, a mask that is not of bool.
        ValueError: a temperature that is not above 0, a weight outside 0 to 1, or given without ``hard_target``,
            shapes that disagree, a NaN or +inf logit, a divergence from a target with a negative entry.

    Example:
        >>> z, v = jnp.array([[1.0, 0.0, 0.0]]), jnp.array([[2.0, 1.0, -1.0]])
        >>> round(float(distillation(z, v, 2.0)), 4)
        0.2732
        >>> round(float(distillation(z, v, 2.0, hard_target=jnp.array([0]), weight=0.7)), 4)
        0.3567

    Source: Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015, sections 2 and 2.1; Agarwal et
    al., "On-Policy Distillation of Language Models" (GKD), ICLR 2024, section 2.
    """
    options = distillation_options(temperature, divergence, beta, weight, hard_target, reduction, normalizer)
    if not checks.is_jax(student_logits):
        raise TypeError(f"student_logits is a {type(student_logits).__name__}: expected a JAX array")
    if student_logits.ndim == 0 or student_logits.shape[-1] == 0:
        raise InputError(f"student_logits has shape {tuple(student_logits.shape)}: expected (..., K)")
    if not jnp.issubdtype(student_logits.dtype, jnp.floating):
        raise TypeError(f"student_logits has dtype {student_logits.dtype}: expected floating point")
    shape, classes = tuple(student_logits.shape[:-1]), int(student_logits.shape[-1])
    wide = jnp.promote_types(student_logits.dtype, jnp.float32)
    if isinstance(teacher, BucketTarget):
        if hard_target is not None:
            raise InputError("a teacher with tail='bucket' takes no hard_target: add the two losses")
        events = teacher.events(student_logits.astype(wide) / options.temperature)
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
    live = _live_rows(mask, ignore_index, hard_target, shape)
    if isinstance(teacher, SoftTarget):
        if teacher.num_classes != classes:
            raise InputError(f"teacher has {teacher.num_classes} classes, student_logits {classes}: expected the same")
        rows: Any = lax.stop_gradient(_counted(_fitting(whole_row(teacher), z.shape[0], "teacher"), live))
        losses = _of_target(z, rows, options)
    else:
        rows = _Live(jnp.ones(z.shape[0], bool) if live is None else live)
        losses = _of_logits(z, _teacher_logits(teacher, shape, classes), rows.live, options)
    factor = options.teacher_weight * options.temperature**2
    loss = factor * definition.reduce(losses.astype(wide), rows, options.loss)
    if hard_target is not None:
        hard = _hard_rows(hard_target, shape, classes, ignore_index, live)
        losses, lse = row_losses(z, parts_of(hard))
        _finite(z, lse, "student_logits")
        loss = loss + (1 - options.teacher_weight) * definition.reduce(losses.astype(wide), hard, options.loss)
    return loss.reshape(shape) if reduction == "none" else loss


class _Live:
    """Rows (N,) of which each that counts has a mass of 1, as :func:`onewarm.definition.reduce` asks for them."""

    def __init__(self, live: Array) -> None:
        self.live = live

    def has_mass(self) -> Array:
        return self.live

    def mass(self) -> Array:
        return self.live.astype(jnp.float32)


def _of_logits(z: Array, v: Array, live: Array, options: Options) -> Array:
    """The teacher's part by its logits v (N, K), (N,)."""
    dtype = jnp.promote_types(jnp.promote_types(z.dtype, v.dtype), jnp.float32)
    z, v = (jnp.where(live[:, None], x.astype(dtype), 0.0) for x in (z, v))
    _finite(z, jnp.max(z, axis=1), "student_logits")
    _finite(v, top := jnp.max(v, axis=1), "teacher")
    kept = jnp.where(z == -jnp.inf, -jnp.inf, v)
    nowhere = (jnp.max(kept, axis=1) == -jnp.inf) & (top != -jnp.inf)  # all of its mass is on masked classes: it stays
    v = jnp.where(nowhere[:, None], v, kept)
    if options.divergence == "cross_entropy":
        log_q = jax.nn.log_softmax(v / options.temperature, axis=1)
        return jnp.where(live, _cross_entropy(z, log_q, options.temperature), 0.0)
    losses = row_divergences(z, v, options.temperature, options.divergence, options.beta)
    return jnp.where(live, losses, 0.0)


def _cross_entropy(z: Array, log_q: Array, temperature: float) -> Array:
    dead = z == -jnp.inf
    log_p = jax.nn.log_softmax(z / temperature, axis=1)
    losses = -jnp.sum(jnp.exp(log_q) * jnp.where(dead, 0.0, log_p), axis=1)
    return jnp.where(jnp.any(dead & (log_q != -jnp.inf), axis=1), jnp.inf, losses)


def _of_target(z: Array, target: SoftTarget, options: Options) -> Array:
    """The teacher's part by its probabilities, (N,)."""
    given = target.weight if target.table is None else target.table
    dtype = jnp.promote_types(jnp.promote_types(z.dtype, given.dtype), jnp.float32)
    z = z.astype(dtype)
    if options.divergence == "cross_entropy":
        losses, lse = row_losses(z / options.temperature, parts_of(target))
        _finite(z, lse, "student_logits")
        return losses
    live = target.has_mass()
    z = jnp.where(live[:, None], z, 0.0)
    _finite(z, jnp.max(z, axis=1), "student_logits")
    t = _dense_rows(target, z == -jnp.inf, dtype)
    if (bad := checks.first_true(jnp.any(t < 0, axis=1))) is not None:
        raise InputError(
            f"teacher[{bad[0]}] has a negative entry, so KL is not defined: pass divergence='cross_entropy'"
        )
    mass = jnp.sum(t, axis=1)
    v = jnp.where(live[:, None], jnp.log(t / jnp.where(live, mass, 1.0)[:, None]), 0.0)
    losses = row_divergences(z, v * options.temperature, options.temperature, options.divergence, options.beta)
    return jnp.where(live, mass * losses, 0.0)


def _dense_rows(target: SoftTarget, dead: Array, dtype: Any) -> Array:
    """The target's rows (N, K), after table mass has moved off the classes ``dead`` (N, K) where it can."""
    dense = jnp.zeros(dead.shape, dtype)
    for row, weight in target.table_parts():
        row = row.astype(dtype)
        stays = jnp.where(dead, 0.0, row)
        left, total = jnp.sum(stays, axis=1, keepdims=True), jnp.sum(row, axis=1, keepdims=True)
        moved = stays * (total / jnp.where(left == 0, 1.0, left))
        dense = dense + weight.astype(dtype) * jnp.where((left == 0) & (total != 0), row, moved)
    places = jnp.arange(dead.shape[0])[:, None], target.index
    return dense.at[places].add(target.weight.astype(dtype))


def _teacher_logits(teacher: Any, shape: tuple[int, ...], classes: int) -> Array:
    if not checks.is_jax(teacher) or not jnp.issubdtype(teacher.dtype, jnp.floating):
        kind = teacher.dtype if checks.is_jax(teacher) else type(teacher).__name__
        raise TypeError(f"teacher is {kind}: expected a JAX array of logits, or a SoftTarget")
    if tuple(teacher.shape) != (*shape, classes):
        raise InputError(f"teacher has shape {tuple(teacher.shape)}: expected {(*shape, classes)} as of student_logits")
    return lax.stop_gradient(teacher.reshape(-1, classes))


def _live_rows(mask: Any, ignore_index: Any, hard_target: Any, shape: tuple[int, ...]) -> Array | None:
    """The rows (N,) that count in both parts, or None for all."""
    live = None
    if mask is not None:
        if not checks.is_jax(mask) or mask.dtype != jnp.bool_:
            kind = mask.dtype if checks.is_jax(mask) else type(mask).__name__
            raise TypeError(f"mask is {kind}: expected a JAX array of bool, True for the rows that count")
        if tuple(mask.shape) != shape:
            raise InputError(f"mask has shape {tuple(mask.shape)}: expected {shape}, one entry a row")
        live = mask.reshape(-1)
    if ignore_index is None:
        return live
    label = ignored_label(ignore_index, hard_target, labels=_is_labels(hard_target))
    kind = np.iinfo(hard_target.dtype)
    counts = hard_target.reshape(-1) != label if kind.min <= label <= kind.max else jnp.ones(math.prod(shape), bool)
    return counts if live is None else live & counts


def _is_labels(hard_target: Any) -> bool:
    return checks.is_jax(hard_target) and not jnp.issubdtype(hard_target.dtype, jnp.floating)


def _hard_rows(
    hard_target: Any, shape: tuple[int, ...], classes: int, ignore_index: Any, live: Array | None
) -> SoftTarget:
    """The hard target as a row of mass for each of the student's rows; none where it does not count."""
    labels = _is_labels(hard_target)
    if checks.is_jax(hard_target):
        expected = shape if labels else (*shape, classes)
        if tuple(hard_target.shape) != expected:
            kind = "labels" if labels else "probabilities"
            raise InputError(f"hard_target has shape {tuple(hard_target.shape)}: expected {kind} of shape {expected}")
        hard_target = hard_target.reshape((-1,) if labels else (-1, classes))
    if labels and ignore_index is not None:
        rows = one_hot(hard_target, classes, ignore_index=int(ignore_index))
    else:
        rows = as_target(hard_target, classes)
    return _counted(_fitting(rows, math.prod(shape), "hard_target"), live)


def _counted(target: SoftTarget, live: Array | None) -> SoftTarget:
    """A target without mass in the rows that do not count."""
    return target if live is None else target.scale(live.astype(target.weight.dtype))


def _fitting(target: SoftTarget, count: int, name: str) -> SoftTarget:
    for part in parts_of(target).values():
        if not checks.is_jax(part):
            raise TypeError(
                f"{name} is made of {type(part).__name__}, the student's of JAX arrays: make it of JAX arrays"
            )
    if len(target) != count:
        raise InputError(f"{name} has {len(target)} rows, the student {count}: expected one for each")
    definition.in_range(target.index, target.num_classes, f"{name}.index")
    if target.table is not None:
        definition.in_range(target.table_index, int(target.table.shape[0]), f"{name}.table_index")
    return target


def _finite(logits: Array, figure: Array, name: str) -> None:
    if (bad := checks.first_true(~jnp.isfinite(figure))) is not None:
        raise checks.bad_logits(logits[bad[0], :], bad[0], name)

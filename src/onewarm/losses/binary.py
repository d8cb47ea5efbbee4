"""Binary and multi-label cross-entropy: a probability for each logit on its own, against any share of positives."""

from __future__ import annotations

import sys
from typing import Any, Literal

from onewarm import checks
from onewarm.checks import Array, device
from onewarm.errors import InputError
from onewarm.loss_options import Reduction, loss_options
from onewarm.soft_target import SoftTarget


def binary_cross_entropy(
    logits: Array,
    target: Array,
    *,
    label_smoothing: float = 0.0,
    pos_weight: float | Array | None = None,
    mask: Array | None = None,
    ignore_index: int | None = -100,
    reduction: Reduction = "mean",
    normalizer: Literal["entries"] | float | Any = "entries",
) -> Array:
    """Binary cross-entropy ``softplus(z) - t z`` of each entry, in nats, reduced.

    With ``pos_weight`` w: ``w t softplus(-z) + (1 - t) softplus(z)``. The gradient of an entry is ``sigmoid(z) - t``.
    Right at any size of z; half precision is computed in float32 and its gradient rounded once.

    Args:
        logits: any shape, float16, bfloat16, float32 or float64; one logit for each yes-or-no question, such as (N,)
            or, for K labels that do not exclude each other, (N, K).
        target: the same shape: shares of positives in [0, 1], or integers or booleans 0 and 1.
        label_smoothing: alpha in [0, 1]: ``t <- (1 - alpha) t + alpha / 2``.
        pos_weight: what a positive counts, not negative: a number, or an array that broadcasts to the logits.
        mask: booleans that broadcast to the logits; False leaves an entry out.
        ignore_index: a target that leaves its entry out, or None. What is left out is not read: loss 0, gradient 0.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for one loss an entry.
        normalizer: what ``"mean"`` divides by: the ``"entries"`` that are not left out, or a number. No entries: 0.

    Returns:
        A scalar, or for ``"none"`` the logits' shape: float32, or float64 for float64 logits. Autograd of PyTorch and
        JAX differentiates it.

    Raises:
        TypeError: arrays of different libraries, logits that are not floating point, a SoftTarget (its classes
            exclude each other: :func:`onewarm.cross_entropy`).
        ValueError: shapes that disagree, a target outside [0, 1], a NaN logit, options out of their range.

    Example:
        >>> import numpy as np
        >>> z, answers = np.array([2.0, -1.0]), np.array([1, 0])
        >>> binary_cross_entropy(z, answers, label_smoothing=0.1, reduction="none").round(4)
        array([0.2269, 0.3633])

    Source: the Bernoulli log-likelihood in its logit; smoothing as in Keras' BinaryCrossentropy.
    """
    count = 1.0 if isinstance(normalizer, str) and normalizer == "entries" else normalizer
    if isinstance(count, str) or count is None:
        raise InputError(f"normalizer is {count!r}: expected 'entries' or a number")
    options = loss_options(reduction, count)
    alpha = checks.share(label_smoothing, "label_smoothing")
    xp, target, read = _checked(logits, target, mask, ignore_index)
    dtype = logits.dtype if xp.isdtype(logits.dtype, xp.float64) else xp.float32
    z, t = xp.where(read, xp.astype(logits, dtype), 0.0), xp.where(read, xp.astype(target, dtype), 0.0)
    t = t * (1 - alpha) + 0.5 * alpha
    yes = t if pos_weight is None else t * _weight(xp, pos_weight, logits, dtype)
    losses = _times(xp, yes, _softplus(xp, -z)) + _times(xp, 1 - t, _softplus(xp, z))
    losses = xp.where(read, losses, 0.0)
    if reduction == "none":
        return losses
    total = xp.sum(losses)
    if reduction == "sum":
        return total
    if isinstance(normalizer, str):
        entries = xp.sum(xp.astype(read, dtype))
        return total / xp.where(entries == 0, 1.0, entries)
    return total / options.normalizer


def _checked(logits: Array, target: Any, mask: Any, ignore_index: Any) -> tuple[Any, Array, Array]:
    """The namespace, the target, and which entries are read."""
    if isinstance(target, SoftTarget):
        raise TypeError("target is a SoftTarget, whose classes exclude each other: use onewarm.cross_entropy")
    xp = checks.namespace(logits=logits)
    if not xp.isdtype(logits.dtype, "real floating"):
        raise TypeError(f"logits has dtype {logits.dtype}: expected floating point")
    target = checks.as_array(target, logits)
    checks.namespace(logits=logits, target=target)
    if tuple(target.shape) != tuple(logits.shape):
        raise InputError(
            f"target has shape {tuple(target.shape)}, logits have {tuple(logits.shape)}: expected the same"
        )
    if xp.isdtype(target.dtype, "bool"):
        read = xp.ones(target.shape, dtype=xp.bool, device=device(target))
        target = xp.astype(target, xp.int8)
    else:
        read = target == target if ignore_index is None else target != ignore_index  # NaN is a target to refuse
        read = read | (target != target)
    if mask is not None:
        mask = checks.as_array(mask, logits)
        if not xp.isdtype(mask.dtype, "bool"):
            raise TypeError(f"mask has dtype {mask.dtype}: expected booleans")
        read = read & _broadcast(xp, mask, "mask", logits)
    if (bad := checks.first_true(read & ~((target >= 0) & (target <= 1)))) is not None:
        raise InputError(
            f"target{_place(bad)} is {checks.item(target, bad):g}: expected a share of positives in [0, 1]"
            + ("" if ignore_index is None else f", or {ignore_index} to leave the entry out")
        )
    if (bad := checks.first_true(read & (logits != logits))) is not None:
        raise InputError(
            f"logits{_place(bad)} is nan: its loss is undefined; look for an overflow or a division by zero before it"
        )
    return xp, target, read


def _weight(xp: Any, pos_weight: Any, logits: Array, dtype: Any) -> Array:
    number = checks.number(pos_weight)
    weight = xp.asarray(number, dtype=dtype, device=device(logits)) if number is not None else pos_weight
    weight = xp.astype(checks.as_array(weight, logits), dtype)
    checks.namespace(logits=logits, pos_weight=weight)
    _broadcast(xp, weight, "pos_weight", logits)
    if (bad := checks.first_true(~(xp.isfinite(weight) & (weight >= 0)))) is not None:
        raise InputError(
            f"pos_weight{_place(bad)} is {checks.item(weight, bad):g}: expected a finite number, not negative"
        )
    return weight


def _broadcast(xp: Any, array: Array, name: str, logits: Array) -> Array:
    shape, full = tuple(array.shape), tuple(logits.shape)
    if len(shape) > len(full) or any(a not in (1, b) for a, b in zip(reversed(shape), reversed(full), strict=False)):
        raise InputError(f"{name} has shape {shape}: expected one that broadcasts to the logits' {full}")
    return xp.broadcast_to(array, full)


def _place(position: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, position))}]" if position else ""


def _times(xp: Any, share: Array, loss: Array) -> Array:
    """Their product, 0 where the share is: an infinite loss of the answer that is not given does not count."""
    return share * xp.where((share == 0) & xp.isinf(loss), 0.0, loss)


def _softplus(xp: Any, x: Array) -> Array:
    """``log(1 + exp(x))``, and in its derivatives, at any x."""
    if checks.is_tensor(x):
        return -sys.modules["torch"].nn.functional.logsigmoid(-x)
    return xp.logaddexp(x, xp.zeros_like(x))

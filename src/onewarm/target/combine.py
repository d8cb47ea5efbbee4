"""Mixtures of targets, and what a loss accepts as a target."""

from __future__ import annotations

from typing import Any

from onewarm import checks
from onewarm.checks import Array
from onewarm.errors import InputError
from onewarm.soft_target import BucketTarget, SoftTarget, join, whole_row
from onewarm.target.labels import one_hot
from onewarm.target.teacher import from_rows


def mix(a: SoftTarget, b: SoftTarget, lam: float | Array) -> SoftTarget:
    """A mixture of two targets, row by row: ``t = lam a + (1 - lam) b``, as in mixup and CutMix.

    Args:
        a: N rows.
        b: N rows over the same classes; for mixup, ``a[permutation]``.
        lam: finite, one number or one per row.

    Raises:
        ValueError: targets of different length or number of classes.

    Example:
        >>> import numpy as np
        >>> cats = one_hot(np.array([0, 1]), 2)
        >>> mix(cats, cats[::-1], 0.7).dense()
        array([[0.7, 0.3],
               [0.3, 0.7]])

    Source: Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018.
    """
    xp = checks.namespace(a=a.weight, b=b.weight)
    if (len(a), a.num_classes) != (len(b), b.num_classes):
        raise InputError(
            f"a has {len(a)} rows of {a.num_classes} classes and b {len(b)} of {b.num_classes}: expected the same"
        )
    share = checks.per_row(lam, len(a), "lam", a.weight)
    return join(xp, a.scale(share), b.scale(1 - share))


def as_target(target: Any, num_classes: int) -> SoftTarget:
    """Any target that a loss accepts as a SoftTarget: itself, integer labels (N,), or probabilities (N, K)."""
    if isinstance(target, SoftTarget):
        if isinstance(target, BucketTarget) and target.num_classes != num_classes:
            raise InputError("this loss takes no target with tail='bucket': pass target.events(logits) for the logits")
        if target.num_classes != num_classes:
            raise InputError(f"target has {target.num_classes} classes, logits have {num_classes}: expected the same")
        return whole_row(target)
    target = checks.as_array(target)
    xp = checks.namespace(target=target)
    if xp.isdtype(target.dtype, "integral"):
        if len(target.shape) != 1:  # one_hot takes any shape, but these are to match rows
            raise InputError(f"labels has shape {tuple(target.shape)}: expected (N,), one integer a row")
        return one_hot(target, num_classes)
    if len(target.shape) == 1:
        raise TypeError(
            f"target has dtype {target.dtype} and shape {tuple(target.shape)}: expected integer labels (N,), "
            "or probabilities (N, K)"
        )
    if len(target.shape) == 2 and target.shape[1] != num_classes:
        raise InputError(
            f"target has shape {tuple(target.shape)}, logits have {num_classes} classes: expected the same"
        )
    remedy = "pass onewarm.soft(target, normalize=True) to scale the rows"
    return from_rows(checks.probabilities(target, remedy=remedy))

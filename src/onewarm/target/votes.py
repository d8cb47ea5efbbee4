"""Targets from the votes of annotators."""

from __future__ import annotations

from onewarm import checks
from onewarm.checks import Array, device
from onewarm.errors import InputError
from onewarm.soft_target import SoftTarget


def votes(counts: Array) -> SoftTarget:
    """Mass by each class's share of the votes: ``t[i, k] = counts[i, k] / sum_k counts[i, k]``.

    Only classes with votes are stored: J is the largest number of them in a row. A row without votes has no mass.

    Args:
        counts: (N, K), finite and not negative; integers or weights.

    Raises:
        ValueError: wrong shape, a negative or non-finite count.

    Example:
        >>> import numpy as np
        >>> votes(np.array([[0, 3, 1], [5, 0, 0]])).dense()
        array([[0.  , 0.75, 0.25],
               [1.  , 0.  , 0.  ]])

    Source: Peterson et al., "Human uncertainty makes classification more robust", ICCV 2019.
    """
    counts = checks.as_array(counts)
    xp = checks.namespace(counts=counts)
    if len(counts.shape) != 2 or counts.shape[1] == 0:
        raise InputError(f"counts has shape {tuple(counts.shape)}: expected (N, K), one row an example")
    shares = xp.astype(counts, checks.float_dtype(xp, device(counts)))
    if (bad := checks.first_true(~xp.isfinite(shares) | (shares < 0))) is not None:
        value = checks.item(counts, bad)
        raise InputError(f"counts[{bad[0]}, {bad[1]}] is {value:g}: votes are finite and not negative")
    total = xp.sum(shares, axis=1, keepdims=True)
    shares = xp.where(total > 0, shares / xp.where(total > 0, total, 1.0), 0.0)
    named = xp.sum(xp.astype(shares > 0, checks.index_dtype(xp)), axis=1)
    widest = counts.shape[1] if not checks.concrete(named) else int(xp.max(named)) if len(counts) else 0
    order = xp.argsort(-shares, axis=1, stable=True)[:, :widest]
    return SoftTarget(index=order, weight=xp.take_along_axis(shares, order, axis=1), num_classes=int(counts.shape[1]))

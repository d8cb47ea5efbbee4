"""Targets from the votes of annotators: from counts of votes."""

from __future__ import annotations

import numpy as np

from onewarm import checks
from onewarm.checks import Array, device
from onewarm.errors import InputError
from onewarm.soft_target import SoftTarget


def votes(counts: Array) -> SoftTarget:
    """Mass by each class's share of the votes: ``t[i, k] = counts[i, k] / sum_k counts[i, k]``.

    Only classes with votes are stored: J is the largest number of them in a row. A row without votes has no mass.

    Args:
        counts: (..., K), how many chose each class, finite and not negative; integers or weights. A matrix of labels,
            a column for each annotator, looks the same but means something else: pass it to :func:`votes_from`.

    Raises:
        TypeError: names of classes, or others that are no numbers.
        ValueError: wrong shape, a negative or non-finite count.

    Example:
        >>> import numpy as np
        >>> votes(np.array([[0, 3, 1], [5, 0, 0]])).dense()
        array([[0.  , 0.75, 0.25],
               [1.  , 0.  , 0.  ]])

    Source: Peterson et al., "Human uncertainty makes classification more robust", ICCV 2019.
    """
    counts = checks.as_array(counts)
    if isinstance(counts, np.ndarray) and counts.dtype.kind not in "biufV":  # V: bfloat16 of ml_dtypes
        raise TypeError(f"counts has dtype {counts.dtype}: expected numbers; for labels use onewarm.votes_from")
    xp = checks.namespace(counts=counts)
    if len(counts.shape) == 0 or counts.shape[-1] == 0:
        raise InputError(f"counts has shape {tuple(counts.shape)}: expected (..., K), one row an example")
    shares = xp.astype(counts, checks.float_dtype(xp, device(counts)))
    if (bad := checks.first_true(~xp.isfinite(shares) | (shares < 0))) is not None:
        value = checks.item(counts, bad)
        hint = "; in a pivot table fill empty cells: .fillna(0)" if value != value else ""
        hint = hint or ("; for labels, a column for each annotator, use onewarm.votes_from" if value < 0 else "")
        raise InputError(f"{checks.at('counts', bad)} is {value:g}: votes are finite and not negative{hint}")
    shares = shares if len(shares.shape) == 2 else xp.reshape(shares, (-1, shares.shape[-1]))
    total = xp.sum(shares, axis=1, keepdims=True)
    shares = xp.where(total > 0, shares / xp.where(total > 0, total, 1.0), 0.0)
    named = xp.sum(xp.astype(shares > 0, checks.index_dtype(xp)), axis=1)
    widest = shares.shape[1] if not checks.concrete(named) else int(xp.max(named)) if shares.shape[0] else 0
    order = xp.argsort(-shares, axis=1, stable=True)[:, :widest]
    return SoftTarget(index=order, weight=xp.take_along_axis(shares, order, axis=1), num_classes=int(shares.shape[1]))

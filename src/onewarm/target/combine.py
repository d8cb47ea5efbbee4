"""Targets from other targets: mixtures and concatenations; and what a loss accepts as a target."""

from __future__ import annotations

from typing import Any

from onewarm import checks
from onewarm.checks import Array, device
from onewarm.errors import InputError
from onewarm.soft_target import SoftTarget, join, pool_tables, widen
from onewarm.target.labels import one_hot
from onewarm.target.teacher import soft


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


def concat(targets: list[SoftTarget]) -> SoftTarget:
    """The rows of several targets, one after the other; rows with fewer parts are padded with mass 0.

    Tables of different dtypes become one of the wider; a single row, such as a prior, widens no further than float32.

    Raises:
        TypeError: arrays of different libraries.
        ValueError: no targets, or numbers of classes that differ.

    Example:
        >>> import numpy as np
        >>> len(concat([one_hot(np.array([0, 1]), 2), soft(np.array([[0.5, 0.5]]))]))
        3
    """
    if not targets:
        raise InputError("targets is empty: give at least one")
    first = targets[0]
    xp = checks.namespace(**{f"targets[{i}]": t.weight for i, t in enumerate(targets)})
    for i, t in enumerate(targets):
        if t.num_classes != first.num_classes:
            raise InputError(
                f"targets[{i}] has {t.num_classes} classes, targets[0] {first.num_classes}: expected the same"
            )
    widest = max(t.index.shape[1] for t in targets)
    joined: dict[str, Array] = {
        name: xp.concat([widen(xp, getattr(t, name), widest) for t in targets]) for name in ("index", "weight")
    }
    tables = [t for t in targets if t.table is not None]
    if tables:
        most = max(t.table_index.shape[1] for t in tables)
        pool: Array = None
        indices, weights = [], []
        for t in targets:
            if t.table is None:
                indices.append(xp.zeros((len(t), most), dtype=t.index.dtype, device=device(t.index)))
                weights.append(xp.zeros((len(t), most), dtype=t.weight.dtype, device=device(t.weight)))
                continue
            pool, offset = pool_tables(xp, pool, t.table)
            indices.append(widen(xp, t.table_index, most) + offset)
            weights.append(widen(xp, t.table_weight, most))
        joined |= {"table": pool, "table_index": xp.concat(indices), "table_weight": xp.concat(weights)}
    return SoftTarget(num_classes=first.num_classes, **joined)


def as_target(target: Any, num_classes: int) -> SoftTarget:
    """Any target that a loss accepts as a SoftTarget: itself, integer labels (N,), or probabilities (N, K)."""
    if isinstance(target, SoftTarget):
        if target.num_classes != num_classes:
            raise InputError(f"target has {target.num_classes} classes, logits have {num_classes}: expected the same")
        return target
    target = checks.as_array(target)
    xp = checks.namespace(target=target)
    if xp.isdtype(target.dtype, "integral"):
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
    return soft(target)

"""Functions that make a target from labels, votes, probabilities, a sparse teacher or other targets."""

from __future__ import annotations

from typing import Any, Literal

from onewarm import checks
from onewarm.checks import Array, array_namespace, device
from onewarm.errors import InputError
from onewarm.soft_target import SoftTarget as SoftTarget
from onewarm.soft_target import from_table, join, pool_tables, times, unchecked, widen


def one_hot(labels: Array, num_classes: int, *, ignore_index: int | None = -100) -> SoftTarget:
    """All mass on the label: ``t = onehot(label)``. Rows labelled ``ignore_index`` get none.

    Args:
        labels: integers (N,) in [0, K), or ``ignore_index``.
        num_classes: K.
        ignore_index: the label that marks a row to leave out, or None.

    Raises:
        TypeError: labels that are not integers.
        ValueError: a label out of range, ``num_classes`` below 1 or no integer.

    Example:
        >>> import numpy as np
        >>> one_hot(np.array([1, -100]), 3).dense()
        array([[0., 1., 0.],
               [0., 0., 0.]])
    """
    num_classes = checks.count(num_classes, "num_classes")
    labels = checks.labels(labels, num_classes, ignore_index=ignore_index)
    xp = array_namespace(labels)
    where = device(labels)
    dtype = checks.float_dtype(xp, where)
    counted = True if ignore_index is None else labels != ignore_index
    if counted is True or (checks.concrete(counted) and bool(xp.all(counted))):
        ones = xp.broadcast_to(xp.ones((1, 1), dtype=dtype, device=where), (labels.shape[0], 1))
        return unchecked(index=labels[:, None], weight=ones, num_classes=num_classes)
    index, weight = xp.where(counted, labels, 0)[:, None], xp.astype(counted, dtype)[:, None]
    return unchecked(index=index, weight=weight, num_classes=num_classes)


def smooth(
    labels_or_target: Array | SoftTarget,
    alpha: float | Array,
    *,
    num_classes: int | None = None,
    prior: Array | None = None,
    exclude_label: bool = False,
) -> SoftTarget:
    """Move a share alpha of each row's mass to a prior: ``t <- (1 - alpha) t + alpha * mass * prior``.

    Without a prior the mass goes to the uniform row, so the true class keeps ``1 - alpha + alpha / K``: the convention
    of Szegedy et al., PyTorch and timm. ``exclude_label=True`` is the other one (fairseq, Megatron): the true class
    keeps ``1 - alpha`` and each other class gets ``alpha / (K - 1)``; it equals the first with ``alpha K / (K - 1)``.

    Args:
        labels_or_target: integer labels (N,), or any target.
        alpha: at most 1, one number or one per row; negative values take mass from the prior (noise correction).
        num_classes: K, needed for labels without a prior.
        prior: (K,), one row for all (class frequencies); or (K, K), where the mass of class y moves to row y
            (class-conditional smoothing, a noise or confusion matrix). Rows sum to 1.
        exclude_label: the alpha / (K - 1) convention; only without a prior.

    Raises:
        ValueError: alpha above 1 or not finite, a prior of the wrong shape, sum or sign, labels with neither
            ``num_classes`` nor a prior.

    Example:
        >>> import numpy as np
        >>> smooth(np.array([0]), 0.1, num_classes=4).dense()
        array([[0.925, 0.025, 0.025, 0.025]])
        >>> smooth(np.array([0]), 0.1, num_classes=4, exclude_label=True).dense().round(4)
        array([[0.9   , 0.0333, 0.0333, 0.0333]])
        >>> smooth(np.array([0]), 0.1, prior=np.array([0.5, 0.3, 0.2])).dense()
        array([[0.95, 0.03, 0.02]])

    Source: Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016, section 7.
    """
    if prior is not None:
        prior = checks.as_array(prior, getattr(labels_or_target, "weight", labels_or_target))
        if len(prior.shape) not in (1, 2) or (len(prior.shape) == 2 and prior.shape[0] != prior.shape[1]):
            raise InputError(f"prior has shape {tuple(prior.shape)}: expected (K,) or (K, K), a row for each label")
        if exclude_label:
            raise InputError("exclude_label=True is defined for the uniform prior: leave prior out, or exclude_label")
    if isinstance(labels_or_target, SoftTarget):
        target = labels_or_target
        if num_classes is not None and checks.count(num_classes, "num_classes") != target.num_classes:
            raise InputError(f"num_classes is {num_classes} but the target has {target.num_classes}: leave it out")
    else:
        known = num_classes if num_classes is not None else None if prior is None else int(prior.shape[-1])
        if known is None:
            raise InputError("num_classes is missing: labels alone do not tell how many classes there are")
        target = one_hot(labels_or_target, known)
    classes = target.num_classes
    xp = array_namespace(target.weight)
    a = checks.alpha(alpha, target.index.shape[0], target.weight)[:, None]
    if exclude_label:
        if classes == 1:
            raise InputError("exclude_label=True needs at least 2 classes: with one there is no other class")
        a = a * (classes / (classes - 1))
    if prior is None:
        rows = _uniform(target)
    else:
        rows = prior[None, :] if len(prior.shape) == 1 else prior
        if rows.shape[1] != classes:
            raise InputError(f"prior has shape {tuple(prior.shape)}: expected rows of {classes} classes")
        rows = checks.probabilities(rows, "prior")
        if rows.shape[0] == 1:  # a larger table keeps its own, perhaps narrower, dtype
            rows = xp.astype(rows, target.weight.dtype)
    if rows.shape[0] == 1:
        return join(xp, target.scale(1 - a[:, 0]), from_table(xp, rows, times(target.mass()[:, None], a)))
    moved = from_table(xp, rows, times(target.weight, a), target.index)
    if target.table is not None and target.table_weight is not None:
        beyond = xp.astype(target.table, rows.dtype) @ rows
        moved = join(xp, moved, from_table(xp, beyond, target.table_weight * a, target.table_index))
    return join(xp, target.scale(1 - a[:, 0]), moved)


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


def top_k(
    index: Array, weight: Array, *, num_classes: int, tail: Literal["drop", "uniform"] | Array = "uniform"
) -> SoftTarget:
    """A teacher's largest probabilities, and its tail spread: ``sum_j w_j onehot(c_j) + (1 - sum_j w_j) tail``.

    Args:
        index: integers (N, J), the classes kept.
        weight: (N, J), their probabilities; a row sums to at most 1 (to 1e-3).
        num_classes: K.
        tail: ``"uniform"`` or a row (K,), over which the remaining mass is spread, or ``"drop"``: the row's mass is
            then below 1.

    Raises:
        TypeError: an index that is not integer.
        ValueError: a class out of range, a negative or non-finite weight, a row above 1, a tail of the wrong shape.

    Example:
        >>> import numpy as np
        >>> top_k(np.array([[2, 0]]), np.array([[0.6, 0.2]]), num_classes=4).dense()
        array([[0.25, 0.05, 0.65, 0.05]])

    Source: Anshumann et al., "Sparse Logit Sampling", ACL 2025 (why dropping the tail biases the student).
    """
    num_classes = checks.count(num_classes, "num_classes")
    weight = checks.as_array(weight, index)
    xp = checks.namespace(index=index, weight=weight)
    if not xp.isdtype(weight.dtype, "real floating"):
        raise TypeError(f"weight has dtype {weight.dtype}: expected floating point")
    kept = SoftTarget(index=index, weight=weight, num_classes=num_classes)
    if (bad := checks.first_true((index < 0) | (index >= num_classes))) is not None:
        raise InputError(f"index[{bad[0]}, {bad[1]}] is {checks.item(index, bad)}, outside 0..{num_classes - 1}")
    if (bad := checks.first_true(~xp.isfinite(weight) | (weight < 0))) is not None:
        value = checks.item(weight, bad)
        raise InputError(f"weight[{bad[0]}, {bad[1]}] is {value:g}: probabilities are finite and not negative")
    total = kept.mass()
    if (bad := checks.first_true(total > 1 + checks.SUM_TOLERANCE)) is not None:
        raise InputError(f"weight[{bad[0]}] sums to {checks.item(total, bad):g}, above 1: pass probabilities")
    if isinstance(tail, str):
        if tail == "drop":
            return kept
        if tail != "uniform":
            raise InputError(f"tail is {tail!r}: expected 'drop', 'uniform' or a row of shape ({num_classes},)")
        row = _uniform(kept)
    else:
        tail = checks.as_array(tail, weight)
        if tuple(tail.shape) != (num_classes,):
            raise InputError(f"tail has shape {tuple(tail.shape)}: expected ({num_classes},), 'drop' or 'uniform'")
        row = xp.astype(checks.probabilities(tail[None, :], "tail"), weight.dtype)
    left = xp.where(total < 1, 1 - total, 0.0)
    return join(xp, kept, from_table(xp, row, left[:, None]))


def soft(probabilities: Array, *, normalize: bool = False) -> SoftTarget:
    """A given distribution for each row, such as a teacher's softmax: the table itself, row i for row i, uncopied.

    Args:
        probabilities: (N, K), finite, not negative, rows that sum to 1 (to 1e-3).
        normalize: scale rows to sum 1 instead of refusing them.

    Raises:
        TypeError: not floating point.
        ValueError: wrong shape, a negative or non-finite entry, a row that does not sum to 1.

    Example:
        >>> import numpy as np
        >>> soft(np.array([[0.5, 0.25, 0.25]])).entropy().round(4)
        array([1.0397])

    Source: Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015.
    """
    table = checks.probabilities(probabilities, normalize=normalize)
    xp = array_namespace(table)
    rows = xp.arange(table.shape[0], device=device(table))
    dtype = checks.float_dtype(xp, device(table))
    return SoftTarget(
        index=xp.zeros((table.shape[0], 0), dtype=rows.dtype, device=device(table)),
        weight=xp.zeros((table.shape[0], 0), dtype=dtype, device=device(table)),
        table=table,
        table_index=rows[:, None],
        table_weight=xp.ones((table.shape[0], 1), dtype=dtype, device=device(table)),
        num_classes=int(table.shape[1]),
    )


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


def _uniform(target: SoftTarget) -> Array:
    xp = array_namespace(target.weight)
    shape, share = (1, target.num_classes), 1 / target.num_classes
    return xp.full(shape, share, dtype=target.weight.dtype, device=device(target.weight))

"""Targets from labels: one-hot and smoothed."""

from __future__ import annotations

from typing import Any

import numpy as np

from onewarm import checks
from onewarm.checks import Array, array_namespace, device
from onewarm.errors import InputError
from onewarm.soft_target import SoftTarget, from_table, join, times, unchecked, uniform


def one_hot(labels: Array, num_classes: int, *, ignore_index: int | None = -100) -> SoftTarget:
    """All mass on the label: ``t = onehot(label)``. Rows labelled ``ignore_index`` get none.

    Args:
        labels: integers of any shape (...) in [0, K), or ``ignore_index``; the rows are in C order.
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
    labels = checks.labels(labels, num_classes, ignore_index=ignore_index, any_shape=True)
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
    normalize: bool = False,
) -> SoftTarget:
    """Move a share alpha of each row's mass to a prior: ``t <- (1 - alpha) t + alpha * mass * prior``.

    Without a prior the mass goes to the uniform row, so the true class keeps ``1 - alpha + alpha / K``: the convention
    of Szegedy et al., PyTorch and timm. ``exclude_label=True`` is the other one (fairseq, Megatron): the true class
    keeps ``1 - alpha`` and each other class gets ``alpha / (K - 1)``; it equals the first with ``alpha K / (K - 1)``.

    Args:
        labels_or_target: integer labels of any shape (...), or any target; the rows are in C order.
        alpha: at most 1, one number, or one per row in the labels' shape; negative values take mass from the prior
            (noise correction).
        num_classes: K, needed for labels without a prior.
        prior: (K,), one row for all (class frequencies); or (K, K), where the mass of class y moves to row y
            (class-conditional smoothing, a noise or confusion matrix). Rows sum to 1; of a matrix whose columns do,
            such as cleanlab's inverse noise matrix ``P(true | given)``, pass ``.T``.
        exclude_label: the alpha / (K - 1) convention; only without a prior.
        normalize: scale the rows of the prior to sum 1; counts of classes will do then.

    Raises:
        ValueError: alpha above 1 or not finite, a prior of the wrong shape, sum or sign, labels with neither
            ``num_classes`` nor a prior.

    Example:
        >>> import numpy as np
        >>> smooth(np.array([0]), 0.1, num_classes=4).dense()
        array([[0.925, 0.025, 0.025, 0.025]])
        >>> smooth(np.array([0]), 0.1, num_classes=4, exclude_label=True).dense().round(4)
        array([[0.9   , 0.0333, 0.0333, 0.0333]])
        >>> smooth(np.array([0]), 0.1, prior=np.array([5, 3, 2]), normalize=True).dense()
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
    a = checks.alpha(_by_row(alpha, labels_or_target), target.index.shape[0], target.weight)[:, None]
    if exclude_label:
        if classes == 1:
            raise InputError("exclude_label=True needs at least 2 classes: with one there is no other class")
        a = a * (classes / (classes - 1))
    if prior is None:
        rows = uniform(target)
    else:
        rows = prior[None, :] if len(prior.shape) == 1 else prior
        if rows.shape[1] != classes:
            raise InputError(f"prior has shape {tuple(prior.shape)}: expected rows of {classes} classes")
        rows = checks.probabilities(rows, "prior", normalize=normalize)
        if rows.shape[0] == 1:  # a larger table keeps its own, perhaps narrower, dtype
            rows = xp.astype(rows, target.weight.dtype)
    if rows.shape[0] == 1:
        return join(xp, target.scale(1 - a[:, 0]), from_table(xp, rows, times(target.mass()[:, None], a)))
    moved = from_table(xp, rows, times(target.weight, a), target.index)
    if target.table is not None and target.table_weight is not None:
        beyond = xp.astype(target.table, rows.dtype) @ rows
        moved = join(xp, moved, from_table(xp, beyond, target.table_weight * a, target.table_index))
    return join(xp, target.scale(1 - a[:, 0]), moved)


def _by_row(alpha: Any, labels: Any) -> Any:
    """Strengths in the shape of labels (...) as one a row."""
    if isinstance(alpha, float):  # also the symbol of a compiled graph, which has no shape to ask for
        return alpha
    shape = tuple(getattr(alpha, "shape", ()))
    if len(shape) < 2 or isinstance(labels, SoftTarget) or shape != tuple(np.shape(labels)):
        return alpha
    return array_namespace(alpha).reshape(alpha, (-1,))

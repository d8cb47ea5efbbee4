"""Labels or probabilities, class weights and smoothing as a target, by PyTorch's meaning or by ours.

The module makes one a step: from labels on the CPU in NumPy arrays, in few passes, and elsewhere in tensors.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onewarm import checks
from onewarm.errors import InputError
from onewarm.soft_target import SoftTarget, unchecked
from onewarm.target import mix, one_hot, smooth, soft
from onewarm.torch.device import sum_dtype


class Labelled(NamedTuple):
    """A target of NumPy arrays and the divisor of its mean."""

    target: SoftTarget
    divisor: float


def labelled(
    labels: NDArray[Any], classes: int, weight: Any, ignore_index: int, alpha: float, smoothed_first: bool
) -> Labelled:
    """``smooth(one_hot(labels), alpha)`` with class weights applied after the smoothing or before it.

    Args:
        labels: integers (N,).
        weight: (K,) or None.
        smoothed_first: whether class weights apply to the smoothed mass too, as in PyTorch, or to the label's alone;
            then they are checked.

    Returns:
        The target, and the sum over counted rows of their label's weight (1 without weights).

    Example:
        >>> made = labelled(np.array([0, -100]), 2, np.array([3.0, 1.0]), -100, 0.5, True)
        >>> made.target.dense(), made.divisor
        (array([[2.25, 0.25],
               [0.  , 0.  ]]), 3.0)
    """
    inside = labels.dtype == np.int64 and labels.size > 0 and bool(labels.view(np.uint64).max() < classes)
    if not inside:
        labels = checks.labels(labels, classes, ignore_index=ignore_index)  # raises for the first label out of range
    none_ignored = inside and not -1 < ignore_index < classes
    counted = None if none_ignored else labels != ignore_index
    labels = labels if counted is None else np.where(counted, labels, 0)
    mass = _same(1.0, len(labels)) if counted is None else counted.astype(np.float64)
    if weight is None:
        named, count = mass, float(len(labels) if counted is None else np.count_nonzero(counted))
    else:
        weight = _weights(weight, classes, checked=not smoothed_first)
        named = weight[labels] if counted is None else np.where(counted, weight[labels], 0.0)
        count = float(named.sum())
    index = labels[:, None]
    if alpha == 0:
        return Labelled(unchecked(index=index, weight=named[:, None], num_classes=classes), count)
    row = np.full((1, classes), 1 / classes)
    after = smoothed_first and weight is not None
    target = unchecked(
        index=index,
        weight=_times(1 - alpha, named),
        table=row * weight if after else row,
        table_index=_same(0, len(labels))[:, None],
        table_weight=_times(alpha, mass if after else named),
        num_classes=classes,
    )
    return Labelled(target, count)


def _same(number: float, rows: int) -> NDArray[Any]:
    """One number for all rows, (N,) float64 or int64: a read-only broadcast view of a single entry."""
    dtype = np.int64 if isinstance(number, int) else np.float64
    view: NDArray[Any] = np.ndarray((rows,), dtype, np.array([number], dtype), strides=(0,))
    view.flags.writeable = False
    return view


def _times(factor: float, mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """``factor * mass`` as (N, 1); a broadcast view stays one."""
    if mass.strides == (0,) and mass.size:
        return _same(float(factor * mass[0]), len(mass))[:, None]
    return (factor * mass)[:, None]


def class_target(truth: Tensor, classes: int, weight: Tensor | None, ignore_index: int, alpha: Any, ours: bool) -> Any:
    """:func:`labelled` for labels or probabilities (N, K) in tensors, which are differentiated: the target alone.

    Args:
        ours: whether class weights apply before the smoothing, and numbers are checked; PyTorch takes any.
    """
    smoothed = not isinstance(alpha, float) or alpha > 0
    if not truth.is_floating_point():
        target = one_hot(truth, classes, ignore_index=ignore_index)
    elif ours:
        target = soft(truth)
    else:
        target = _unchecked_table(truth)
        if smoothed:  # PyTorch adds alpha / K whatever the row sums to
            even = _unchecked_table(checks.as_array([[1 / classes] * classes], truth), len(truth))
            return _times_class(mix(even, target, alpha), weight)
    if ours:
        target = target if weight is None else target.reweight(weight)
    target = smooth(target, alpha) if smoothed and (ours or not truth.is_floating_point()) else target
    return target if ours else _times_class(target, weight)


def label_count(truth: Tensor, weight: Tensor | None, ignore_index: int) -> Any:
    """What PyTorch's mean divides by: the number of rows, or for labels the weights of those that are not ignored.

    A float, or a tensor where reading it would wait for another device, it is hidden, or it requires a gradient.
    """
    if truth.is_floating_point():
        return float(len(truth))
    counted = truth != ignore_index
    if weight is None:
        total = counted.sum()
    else:
        wide = weight.to(sum_dtype(weight.device))
        total = torch.where(counted, wide[torch.where(counted, truth, 0).long()], 0.0).sum()
    readable = total.is_cpu and checks.concrete(total) and not total.requires_grad
    return float(total) if readable else total


def _times_class(target: SoftTarget, weight: Tensor | None) -> SoftTarget:
    """``target.reweight(weight)`` for any numbers."""
    if weight is None:
        return target
    if weight.shape != (target.num_classes,):
        raise InputError(f"class_weight has shape {tuple(weight.shape)}: expected ({target.num_classes},)")
    table = target.table
    if table is not None:  # the product is not rounded to half precision
        wide = torch.promote_types(table.dtype, torch.float32)
        table = table.to(wide) * weight.to(wide)
    return target.replace(weight=target.weight * weight.to(target.weight.dtype)[target.index.long()], table=table)


def _unchecked_table(table: Any, rows: int | None = None) -> SoftTarget:
    """Row i of the table for row i, or with ``rows`` its only row for all; the numbers are not checked."""
    xp = checks.array_namespace(table)
    where = checks.device(table)
    count = len(table) if rows is None else rows
    index = xp.arange(count, device=where) if rows is None else xp.zeros(count, dtype=xp.int64, device=where)
    weight = xp.ones((count, 1), dtype=checks.float_dtype(xp, where), device=where)
    return SoftTarget(
        index=index[:, None][:, :0],
        weight=weight[:, :0],
        table=table,
        table_index=index[:, None],
        table_weight=weight,
        num_classes=int(table.shape[1]),
    )


def _weights(weight: NDArray[Any], classes: int, checked: bool) -> NDArray[np.float64]:
    """Class weights, (K,) float64."""
    if weight.shape != (classes,):
        raise InputError(f"class_weight has shape {tuple(weight.shape)}: expected ({classes},)")
    if checked and (bad := checks.first_true(~np.isfinite(weight) | (weight < 0))) is not None:
        raise InputError(f"class_weight[{bad[0]}] is {weight[bad]:g}: expected a finite weight, not negative")
    return weight.astype(np.float64)

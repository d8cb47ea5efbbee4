"""Labels, class weights and smoothing as a target of NumPy arrays, in few passes: the module makes one a step."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.soft_target import SoftTarget, unchecked


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
        smoothed_first: whether class weights apply to the smoothed mass too, as in PyTorch, or to the label's alone.

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
        weight = _weights(weight, classes)
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


def _weights(weight: NDArray[Any], classes: int) -> NDArray[np.float64]:
    """Checked class weights, (K,) float64."""
    if weight.shape != (classes,):
        raise ValueError(f"class_weight has shape {tuple(weight.shape)}: expected ({classes},)")
    if (bad := checks.first_true(~np.isfinite(weight) | (weight < 0))) is not None:
        raise ValueError(f"class_weight[{bad[0]}] is {weight[bad]:g}: expected a finite weight, not negative")
    return weight.astype(np.float64)

"""A soft target as weighted rows with one label each: what an estimator with `sample_weight` can be fitted on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError
from onewarm.target import SoftTarget


class Expansion(NamedTuple):
    """M weighted rows: row `row[m]` of the target with the label `label[m]` and the weight `weight[m]`."""

    row: NDArray[np.int64]
    label: NDArray[np.int64]
    weight: NDArray[np.float64]


def expand(target: SoftTarget) -> Expansion:
    """One weighted row for each (row, class) that has mass: the same loss, since the target enters it linearly.

    sum_i H(t_i, z_i) = sum_i sum_k t_ik * -log softmax(z_i)_k

    Args:
        target: N rows over K classes, no mass below 0.

    Returns: the rows in the order of the target's rows, a row's classes in ascending order.

    Raises: InputError for a negative mass, naming the row.

    Example:
        >>> from onewarm import smooth
        >>> row, label, weight = expand(smooth(np.array([1, 0]), 0.2, num_classes=2))
        >>> row.tolist(), label.tolist(), weight.round(3).tolist()
        ([0, 0, 1, 1], [0, 1, 0, 1], [0.1, 0.9, 0.9, 0.1])
    """
    mass = np.asarray(target.dense(), np.float64)
    if (mass < 0).any():
        i, k = (int(at[0]) for at in np.nonzero(mass < 0))
        raise InputError(
            f"row {i + 1} of the target has the mass {mass[i, k]:.6g} on class {k}: a sample weight cannot be negative"
        )
    row, label = np.nonzero(mass)
    return Expansion(row, label, mass[row, label])

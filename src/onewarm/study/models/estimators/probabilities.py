"""Probabilities of the classes that a model knows, as log probabilities of all classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SMALLEST = float(np.finfo(np.float64).eps)
"""A probability below this counts as this, as in scikit-learn's log_loss: a forest's 0 would cost an infinite NLL."""


def log_probabilities(p: NDArray[np.float64], columns: NDArray[np.int64], num_classes: int) -> NDArray[np.float64]:
    """The log of p (N, k) in the columns of its classes, and of `SMALLEST` in the others: (N, num_classes).

    >>> log_probabilities(np.array([[0.25, 0.75]]), np.array([2, 0]), 3).round(2).tolist()
    [[-0.29, -36.04, -1.39]]
    """
    full = np.full((len(p), num_classes), SMALLEST)
    full[:, columns] = np.maximum(p, SMALLEST)
    return np.asarray(np.log(full))

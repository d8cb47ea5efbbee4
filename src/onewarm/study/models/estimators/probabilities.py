"""Probabilities of the classes that a model knows, as log probabilities of all classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError

SMALLEST = float(np.finfo(np.float64).eps)
"""A probability below this counts as this, as in scikit-learn's log_loss: a forest's 0 would cost an infinite NLL."""


def log_probabilities(
    p: NDArray[np.float64], columns: NDArray[np.int64], num_classes: int, name: str = "the model"
) -> NDArray[np.float64]:
    """The log of p (N, k) in the columns of its classes, and of `SMALLEST` in the others: (N, num_classes).

    Raises InputError with the model's name where p has another shape, or rows that are no distributions.

    >>> log_probabilities(np.array([[0.25, 0.75]]), np.array([2, 0]), 3).round(2).tolist()
    [[-0.29, -36.04, -1.39]]
    """
    if p.ndim != 2 or p.shape[1] != len(columns):
        raise InputError(
            f"predict_proba of {name} gave the shape {p.shape}: expected {len(columns)} columns, one for each class "
            "of its training rows"
        )
    wrong = ~(np.isfinite(p).all(1) & (p >= 0).all(1) & (abs(p.sum(1) - 1) < 1e-3))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"predict_proba of {name} gave row {row + 1} of {len(p)} numbers that are no probabilities: each from 0 to "
            f"1, sum {p[row].sum():.6g} instead of 1"
        )
    full = np.full((len(p), num_classes), SMALLEST)
    full[:, columns] = np.maximum(p, SMALLEST)
    return np.asarray(np.log(full))

"""Probabilities of the classes that a model knows, as log probabilities of all classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError

SMALLEST = float(np.finfo(np.float64).eps)
"""A probability below this counts as this, as in scikit-learn's log_loss: a forest's 0 would cost an infinite NLL."""


def columns_of(model: Any, classes: int) -> NDArray[np.int64] | None:
    """The class of each column of a fitted model's probabilities: its `classes_`, or else 0, 1, ...

    None where these are not whole numbers from 0 to `classes` - 1, each once.

    >>> columns_of(object(), 3)
    array([0, 1, 2])
    """
    columns = np.asarray(getattr(model, "classes_", np.arange(classes)))
    given = columns.tolist()
    if columns.dtype.kind not in "iub" or columns.ndim != 1 or not set(given) <= set(range(classes)):
        return None
    return columns.astype(np.int64) if len(set(given)) == len(given) else None


def short(classes: Any) -> str:
    """The first classes of a model in words.

    >>> short(["a", "b", "c", "d"])
    "'a', 'b', 'c', ..."
    """
    listed = np.asarray(classes).ravel().tolist()
    return ", ".join([*map(repr, listed[:3]), *(["..."] if len(listed) > 3 else [])])


def log_probabilities(
    p: NDArray[np.float64], rows: int, columns: NDArray[np.int64], num_classes: int, name: str = "the model"
) -> NDArray[np.float64]:
    """The log of p (rows, k) in the columns of its classes, and of `SMALLEST` in the others: (rows, num_classes).

    Raises InputError with the model's name where p has another shape, or rows that are no distributions.

    >>> log_probabilities(np.array([[0.25, 0.75]]), 1, np.array([2, 0]), 3).round(2).tolist()
    [[-0.29, -36.04, -1.39]]
    """
    if p.shape != (rows, len(columns)):
        raise InputError(
            f"predict_proba of {name} gave the shape {p.shape} for {rows} rows: expected {(rows, len(columns))}, a "
            "column for each class of its training rows"
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

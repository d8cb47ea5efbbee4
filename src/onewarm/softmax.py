"""Converts logits to probabilities, for NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def softmax(logits: NDArray[Any], temperature: float = 1.0, *, axis: int = 1) -> NDArray[Any]:
    """Softmax of each row: ``exp(z / T) / sum(exp(z / T))``, without overflow at any common offset of a row.

    Args:
        logits: (N, K) floating point; -inf gives a class the probability 0. A row that is -inf everywhere, or holds a
            NaN or +inf, gives NaN: check before.
        temperature: T, above 0.
        axis: along which the classes lie: 0 for (K, N).

    Returns:
        Probabilities, of the shape and dtype of ``logits``.

    Example:
        >>> softmax(np.array([[0.0, np.log(3.0)], [1e4, 1e4]]))
        array([[0.25, 0.75],
               [0.5 , 0.5 ]])
    """
    powers = np.exp((logits - logits.max(axis=axis, keepdims=True)) / logits.dtype.type(temperature))
    probabilities: NDArray[Any] = powers / powers.sum(axis=axis, keepdims=True)
    return probabilities

"""One function of several, chosen by the type of an argument; sums in the order written."""

from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from onewarm.kernels.jit import decorators as jit


def kind_of(x: Any) -> int:
    raise NotImplementedError("compiled code only")


def _float_kind(x: Any) -> int:
    return 1


def _int_kind(x: Any) -> int:
    return 2


jit.chosen_by_type(kind_of, float64=_float_kind, int64=_int_kind)


@njit
def kinds(number: Any, array: Any) -> tuple[int, int]:
    return kind_of(number), kind_of(array)


def test_a_function_chosen_by_the_type_of_a_number_or_of_entries() -> None:
    assert kinds(1.0, np.zeros(2, np.int64)) == (1, 2)
    with pytest.raises(Exception, match="kind_of"):
        kinds(np.float32(1), np.zeros(2))  # there is none for float32


@jit.ordered
def total(x: NDArray[np.float64]) -> float:
    s = 0.0
    for k in range(x.size):
        s += x[k]
    return s


@njit
def call(x: NDArray[np.float64]) -> float:
    return total(x)


def test_a_sum_in_the_order_written() -> None:
    x = np.random.default_rng(0).standard_normal(1000) * 10.0 ** np.arange(0, 10, 0.01)
    assert call(x) == sum(x.tolist())

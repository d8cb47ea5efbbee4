"""Lines of numbers: made of an address, read, written, divided; the same helpers with NumPy's arrays."""

from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from onewarm.kernels.jit.intrinsics import cast, fetch_add
from onewarm.kernels.jit.line import array_at, lanes, view


def address_of(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


@njit
def parts(address: int) -> Any:
    whole = array_at(address, np.float64, 5)
    inner = view(whole, 1, 3)
    inner[0] *= 10
    total = 0.0
    for k in range(inner.size):
        total += inner[np.uint64(k)]
    return whole.size, inner.size, total, whole[4]


def test_lines_of_an_address_and_parts_of_them() -> None:
    array = np.arange(1.0, 6)
    assert parts(address_of(array)) == (5, 3, 20 + 3 + 4, 5)
    assert array.tolist() == [1, 20, 3, 4, 5]


@pytest.mark.parametrize("dtype", ["bool", "int16", "uint16", "int32", "int64", "float32", "float64"])
def test_entries_of_every_type(dtype: str) -> None:
    kind = np.dtype(dtype).type

    @njit
    def copied(source: int, target: int) -> Any:
        x, y = array_at(source, kind, 4), array_at(target, kind, 4)
        for k in range(y.size):
            y[k] = x[3 - k]
        y[0] = 1  # cast to the type of the entries
        return x[1], cast(1.0, y)

    source = np.array([1, 0, 1, 1]).astype(dtype) if dtype == "bool" else np.array([3, 250, 7, 9]).astype(dtype)
    target = np.zeros(4, dtype)
    second, one = copied(address_of(source), address_of(target))
    assert target.tolist() == [1, *source[2::-1].tolist()]
    assert second == source[1] and one == 1
    assert isinstance(second, bool) == (dtype == "bool")


@njit
def with_arrays(words: NDArray[np.int64], numbers: NDArray[np.float32]) -> Any:
    part = view(numbers, 1, 2)
    part[0] += 1
    return fetch_add(words, 2, 5), part.size, lanes(numbers)


def test_helpers_take_arrays_too() -> None:
    words, numbers = np.arange(4), np.arange(3, dtype=np.float32)
    assert with_arrays(words, numbers) == (2, 2, 16)
    assert words.tolist() == [0, 1, 7, 3] and numbers.tolist() == [0, 2, 2]
    np.testing.assert_array_equal(view(numbers, 1, 2), [2, 2])

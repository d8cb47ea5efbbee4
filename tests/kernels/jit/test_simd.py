"""Vectors against NumPy: every length of a row's end, both types and from one to the other, neighbours untouched."""

from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from onewarm.kernels.jit.simd import (
    fill_after,
    full,
    load,
    load_first,
    reduce_add,
    reduce_max,
    store,
    store_first,
    times_power_of_two,
    where_at_least,
    where_equal,
)

Rows = NDArray[Any]


@njit
def whole(a: Rows, b: Rows, out: Rows) -> Any:
    """out <- 2 a - b + 1 of a vector; its sum and largest entry."""
    v = load(a, 1, out) * 2.0 - load(b, 2, out) + full(1, out)
    store(out, 3, v)
    return reduce_add(v), reduce_max(v)


@njit
def part(a: Rows, count: int, out: Rows) -> Any:
    """out <- the first of a; the sum of those and of sevens in the place of the others."""
    v = load_first(a, 1, count, out)
    store_first(out, 3, count, v)
    return reduce_add(fill_after(v, count, 7)), reduce_add(v)


@njit
def chosen(a: Rows, b: Rows, number: float, equal: Rows, at_least: Rows) -> None:
    store(equal, 0, where_equal(load(a, 0, equal), load(b, 0, equal), number))
    store(at_least, 0, where_at_least(load(a, 0, equal), load(b, 0, equal), full(number, equal)))


@njit
def scaled(a: Rows, shifted: Rows, out: Rows) -> None:
    store(out, 0, times_power_of_two(load(a, 0, out), load(shifted, 0, out)))


@njit
def first_as(a: Rows, out: Rows) -> None:
    store(out, 0, load(a, 0, a))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("source", [np.float32, np.float64])
def test_load_compute_store(dtype: type, source: type) -> None:
    width = 64 // np.dtype(dtype).itemsize
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(width + 5).astype(source) for _ in range(2))
    out = np.full(width + 6, 9, dtype)
    added, top = whole(a, b, out)
    expected = 2 * a[1 : width + 1].astype(dtype) - b[2 : width + 2].astype(dtype) + 1
    np.testing.assert_allclose(out[3 : width + 3], expected, rtol=1e-6)
    assert top == out[3 : width + 3].max()
    np.testing.assert_allclose(added, out[3 : width + 3].sum(dtype=np.float64), rtol=1e-5)
    assert np.all(np.delete(out, np.s_[3 : width + 3]) == 9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("source", [np.float32, np.float64])
def test_the_end_of_a_row(dtype: type, source: type) -> None:
    width = 64 // np.dtype(dtype).itemsize
    for count in range(1, width):
        a = np.full(width + 1, np.nan, source)
        a[1 : count + 1] = np.arange(1, count + 1)
        out = np.full(width + 6, 9, dtype)
        with_sevens, alone = part(a, count, out)
        assert alone == count * (count + 1) / 2
        assert with_sevens == alone + 7 * (width - count)
        np.testing.assert_array_equal(out[3 : count + 3], np.arange(1, count + 1))
        assert np.all(np.delete(out, np.s_[3 : count + 3]) == 9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_choice_by_comparison(dtype: type) -> None:
    width = 64 // np.dtype(dtype).itemsize
    a, b = np.arange(1, width + 1, dtype=dtype), (np.arange(width) % 3).astype(dtype)
    a[1], b[2] = np.nan, np.nan
    equal, at_least = np.full((2, width), 9, dtype)
    chosen(a, b, 1, equal, at_least)
    np.testing.assert_array_equal(equal, np.where(b == 1, a, 0))
    np.testing.assert_array_equal(at_least, np.where(b >= 1, a, 0))


@pytest.mark.parametrize(("dtype", "magic"), [(np.float32, 1.5 * 2**23), (np.float64, 1.5 * 2**52)])
def test_times_a_power_of_two(dtype: type, magic: float) -> None:
    width = 64 // np.dtype(dtype).itemsize
    a, n = np.linspace(0.7, 1.4, width).astype(dtype), np.arange(-20, width - 20)
    out = np.zeros(width, dtype)
    scaled(a, (n + magic).astype(dtype), out)
    np.testing.assert_array_equal(out, np.ldexp(a, n))


def test_a_conversion_that_is_not_there_is_named() -> None:
    with pytest.raises(Exception, match="no vector conversion from float64 to int32"):
        first_as(np.zeros(8), np.zeros(16, np.int32))

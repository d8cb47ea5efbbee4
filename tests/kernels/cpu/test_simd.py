"""Vectors against NumPy: every count of a last part, both types and from one to the other, neighbours untouched."""

from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from onewarm.kernels.cpu.exp_log import EXP, constants, exp
from onewarm.kernels.cpu.simd import full, largest, load, load_first, only_first, store, store_first, total, where_equal

Rows = NDArray[Any]


@njit
def whole(a: Rows, b: Rows, out: Rows) -> Any:
    """out <- 2 a - b + 1 of a vector; its sum and largest entry."""
    v = load(a, 1, out) * 2.0 - load(b, 2, out) + full(1, out)
    store(out, 3, v)
    return total(v), largest(v)


@njit
def part(a: Rows, count: int, out: Rows) -> Any:
    """out <- the first of a; the sum of those and of sevens in the place of the others."""
    v = load_first(a, 1, count, out)
    store_first(out, 3, count, v)
    return total(only_first(v, count, 7)), total(v)


@njit
def picked(a: Rows, b: Rows, number: float, out: Rows) -> None:
    store(out, 0, where_equal(load(a, 0, out), load(b, 0, out), number))


@njit
def exponentials(x: Rows, numbers: Rows, out: Rows) -> None:
    c = constants(numbers, out)
    for k in range(0, x.size, 64 // x.itemsize):
        store(out, k, exp(load(x, k, out), c))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("source", [np.float32, np.float64])
def test_reads_reckons_and_writes(dtype: type, source: type) -> None:
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
def test_where_equal(dtype: type) -> None:
    width = 64 // np.dtype(dtype).itemsize
    a, b = np.arange(1, width + 1, dtype=dtype), (np.arange(width) % 3).astype(dtype)
    a[1], b[2] = np.nan, np.nan
    out = np.full(width, 9, dtype)
    picked(a, b, 1, out)
    np.testing.assert_array_equal(out, np.where(b == 1, a, 0))


@pytest.mark.parametrize(("dtype", "lowest", "error"), [(np.float32, -87.33, 1.5e-7), (np.float64, -708.39, 3e-16)])
def test_exp(dtype: type, lowest: float, error: float) -> None:
    x = np.concatenate([np.linspace(lowest, 0, 4094), [-0.0, 0.0]]).astype(dtype)
    x[x < lowest] = lowest
    out = np.empty_like(x)
    exponentials(x, EXP[np.dtype(dtype).name], out)
    truth = np.exp(x.astype(np.longdouble))
    assert np.max(np.abs(out - truth) / truth) < error
    beyond = np.array([np.nextafter(dtype(lowest), -np.inf, dtype=dtype), -1e30, -np.inf] + [0] * 13, dtype)  # type: ignore[operator]
    exponentials(beyond, EXP[np.dtype(dtype).name], out)
    np.testing.assert_array_equal(out[:4], [0, 0, 0, 1])

"""The passes over a row against NumPy in float64: every way a row can end, sums in blocks, neighbours untouched."""

from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from onewarm.kernels.cpu.row_passes import (
    STEP,
    Prefetch,
    exponentials,
    exponentials_and_dot,
    row_max,
    scaled_minus,
    scaled_minus_row,
)
from onewarm.kernels.jit.exp_log import EXP_CONSTANTS, exp_constants

Rows = NDArray[Any]
SIZES = [1, 7, 8, 9, 15, 16, 17, 31, 33, 48, 100, STEP - 1, STEP, STEP + 1, 3 * STEP + 5]


@njit
def passes(z: Rows, row: Rows, constants: Rows, e: Rows, e_with_row: Rows, with_gradient: bool) -> Any:
    c, ahead = exp_constants(constants, e), Prefetch(z, z.size, row, 0, e, 0, with_gradient)
    top = row_max(z, e)
    return top, exponentials(z, top, e, ahead, c), exponentials_and_dot(z, top, e_with_row, row, ahead, c)


@njit
def differences(e: Rows, c: float, row: Rows, w: float, g: Rows, g_row: Rows) -> None:
    scaled_minus(e, c, w, g)
    scaled_minus_row(e, c, row, w, g_row)


def padded(size: int, dtype: type) -> Rows:
    """Room for whole vectors, and one guard entry after them."""
    width = 64 // np.dtype(dtype).itemsize
    return np.full(size + -size % width + 1, 7, dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES)
def test_largest_exponentials_and_sums(size: int, dtype: type) -> None:
    rng = np.random.default_rng(size)
    z, row = (rng.standard_normal(size) * 5).astype(dtype), rng.random(size).astype(dtype)
    e, same = padded(size, dtype), padded(size, dtype)
    constants = EXP_CONSTANTS[np.dtype(dtype).name]
    top, (sum_e, sum_d), (sum_e_again, dot, mass) = passes(z, row, constants, e[:-1], same[:-1], True)
    assert top == z.max()
    d = (z - z.max()).astype(np.float64)
    near = 1e-6 if dtype == np.float32 else 1e-14
    np.testing.assert_allclose(e[:size], np.exp(d), rtol=near)
    np.testing.assert_array_equal(e, same)
    assert (e[size:-1] == 0).all() and e[-1] == 7
    np.testing.assert_allclose([sum_e, sum_d], [np.exp(d).sum(), d.sum()], rtol=near)
    assert sum_e_again == sum_e
    np.testing.assert_allclose([dot, mass], [d @ row, row.sum(dtype=np.float64)], rtol=2 * near)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 16, 23, STEP + 3])
def test_an_entry_that_is_not_finite_shows_in_the_sums(size: int, dtype: type) -> None:
    """Whatever its place: that is how a row with a mask or a bad logit is found without a pass of its own."""
    constants = EXP_CONSTANTS[np.dtype(dtype).name]
    for value in (-np.inf, np.inf, np.nan):
        for k in {0, size // 2, size - 1}:
            z, row = np.zeros(size, dtype), np.zeros(size, dtype)  # no mass there: 0 times an infinity is NaN
            z[k] = value
            _, (_, sum_d), (_, dot, _) = passes(z, row, constants, padded(size, dtype), padded(size, dtype), False)
            assert not np.isfinite(sum_d) and not np.isfinite(dot)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 8, 15, 16, 17, 100])
def test_the_gradient(size: int, dtype: type) -> None:
    rng = np.random.default_rng(size)
    e, row = padded(size, dtype), rng.standard_normal(size).astype(dtype)
    e[:size] = rng.random(size)
    g, g_row = np.full((2, size + 2), 9, dtype)
    differences(e, 0.75, row, 0.125, g[1:-1], g_row[1:-1])
    near = 1e-6 if dtype == np.float32 else 1e-15
    np.testing.assert_allclose(g[1:-1], 0.75 * e[:size].astype(np.float64) - 0.125, rtol=near, atol=near)
    np.testing.assert_allclose(g_row[1:-1], 0.75 * e[:size].astype(np.float64) - 0.125 * row, rtol=near, atol=near)
    assert g[0] == g[-1] == g_row[0] == g_row[-1] == 9

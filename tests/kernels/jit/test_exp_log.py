"""exp and log against NumPy in extended precision; the loops over a row with masks against float64."""

from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from onewarm.kernels.jit.exp_log import EXP_CONSTANTS, exp, exp_constants, log, masked_dot, max_and_bad
from onewarm.kernels.jit.simd import load, store

Rows = NDArray[Any]


@njit
def exponentials(x: Rows, constants: Rows, out: Rows) -> None:
    c = exp_constants(constants, out)
    for k in range(0, x.size, 64 // x.itemsize):
        store(out, k, exp(load(x, k, out), c))


@njit
def logarithms(x: Rows, out: Rows) -> None:
    for k in range(x.size):
        out[k] = log(x[k])


@njit
def largest(z: Rows) -> Any:
    return max_and_bad(z)


@njit
def dot(z: Rows, top: Any, row: Rows) -> Any:
    return masked_dot(z, top, row)


@pytest.mark.parametrize(("dtype", "lowest", "error"), [(np.float32, -87.33, 1.5e-7), (np.float64, -708.39, 3e-16)])
def test_exp(dtype: type, lowest: float, error: float) -> None:
    x = np.concatenate([np.linspace(lowest, 0, 4094), [-0.0, 0.0]]).astype(dtype)
    x[x < lowest] = lowest
    out = np.empty_like(x)
    exponentials(x, EXP_CONSTANTS[np.dtype(dtype).name], out)
    truth = np.exp(x.astype(np.longdouble))
    assert np.max(np.abs(out - truth) / truth) < error
    beyond = np.array([np.nextafter(dtype(lowest), -np.inf, dtype=dtype), -1e30, -np.inf] + [0] * 13, dtype)  # type: ignore[operator]
    exponentials(beyond, EXP_CONSTANTS[np.dtype(dtype).name], out)
    np.testing.assert_array_equal(out[:4], [0, 0, 0, 1])


def test_log_is_within_two_units_in_the_last_place() -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [
            [1.0, np.nextafter(1, 0), np.nextafter(1, 2), 2.0**-0.5, 2.0**0.5, np.e],
            [np.finfo(np.float64).tiny, np.finfo(np.float64).max],
            np.exp(rng.uniform(-700, 700, 20_000)),
            1 + rng.uniform(-1e-3, 1e-3, 20_000),
        ]
    )
    out = np.empty_like(x)
    logarithms(x, out)
    truth = np.log(x.astype(np.longdouble))
    assert out[0] == 0
    assert np.max(np.abs(out - truth) / np.spacing(np.abs(truth).astype(np.float64))) <= 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 5, 16, 100])
def test_the_largest_and_whether_one_is_bad(size: int, dtype: type) -> None:
    z = np.random.default_rng(size).standard_normal(size).astype(dtype)
    z[0] = -np.inf if size > 1 else z[0]
    assert largest(z) == (z.max(), False)
    for value in (np.nan, np.inf):
        for k in {0, size // 2, size - 1}:
            bad = z.copy()
            bad[k] = value
            assert largest(bad)[1]
    assert largest(np.full(size, -np.inf, dtype)) == (-np.inf, False)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dot_product_and_mass_apart_by_masks(dtype: type) -> None:
    z = np.array([3.0, -np.inf, 1.0, -np.inf, 2.0], dtype)
    row = np.array([0.5, 0.25, 2.0, 0.0, -1.0], dtype)
    assert dot(z, dtype(3), row) == (2.0 * -2 + -1.0 * -1, 1.5, 0.25)
    everything = np.full(3, -np.inf, dtype)
    assert dot(everything, dtype(0), row[:3].copy()) == (0.0, 0.0, 2.75)

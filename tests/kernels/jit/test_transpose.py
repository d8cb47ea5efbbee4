"""Blocks transposed in registers against NumPy: every width of a block, neighbours untouched."""

from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from onewarm.kernels.jit.transpose import transpose_in, transpose_out


@njit
def inwards(rows: NDArray[Any], at: int, step: int, count: int, tile: NDArray[Any], place: int, lanes: int) -> None:
    transpose_in(rows, at, step, count, tile, place, lanes)


@njit
def outwards(rows: NDArray[Any], at: int, step: int, count: int, tile: NDArray[Any], place: int, lanes: int) -> None:
    transpose_out(rows, at, step, count, tile, place, lanes)


@pytest.mark.parametrize(("dtype", "width"), [(np.float32, 16), (np.float64, 8)])
def test_into_a_tile_and_back(dtype: type, width: int) -> None:
    rng = np.random.default_rng(0)
    step, lanes, first, place = width + 5, 2 * width, 3, width
    rows = rng.standard_normal((width, step)).astype(dtype)
    for count in range(1, width + 1):
        tile = np.full((width, lanes), 7, dtype)
        inwards(rows.reshape(-1), first, step, count, tile.reshape(-1), place, lanes)
        np.testing.assert_array_equal(tile[:count, place:], rows[:, first : first + count].T)
        np.testing.assert_array_equal(tile[count:, place:], 0)
        np.testing.assert_array_equal(tile[:, :place], 7)
        back = np.full_like(rows, 9)
        outwards(back.reshape(-1), first, step, count, tile.reshape(-1), place, lanes)
        np.testing.assert_array_equal(back[:, first : first + count], rows[:, first : first + count])
        np.testing.assert_array_equal(np.delete(back, np.s_[first : first + count], axis=1), 9)


def test_reads_and_writes_nothing_beyond_the_last_row() -> None:
    """The last row ends where the array does: a whole vector from there would leave it."""
    rows = np.arange(16 * 10, dtype=np.float32)
    guarded = np.full(rows.size + 16, np.nan, np.float32)
    guarded[: rows.size] = rows
    tile = np.zeros(16 * 16, np.float32)
    inwards(guarded, 0, 10, 10, tile, 0, 16)
    outwards(guarded, 0, 10, 10, tile, 0, 16)
    np.testing.assert_array_equal(guarded[: rows.size], rows)
    assert np.isnan(guarded[rows.size :]).all()

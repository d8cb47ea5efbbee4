"""The slow way: masked classes, mass on them, several table rows, rows without mass, logits that overflow."""

from types import SimpleNamespace as Reference
from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from onewarm.kernels.cpu.arguments import Target
from onewarm.kernels.cpu.fallback_row import (
    RowScratch,
    distinct_table_rows,
    has_mass,
    masked_dot_in_blocks,
    scratch_size,
    subtract_row,
)
from onewarm.kernels.cpu.rows import row_losses


@njit
def merged(table_index: NDArray[Any], table_weight: NDArray[Any], i: int, shares: int, chosen: Any, share: Any) -> int:
    """Row i of a target with table rows alone."""
    target = Target(table_index, 0, share, 0, 0, None, table_index, shares, table_weight, shares, shares)
    return distinct_table_rows(target, i, RowScratch(share, share, share, chosen, share, share))


@njit
def any_mass(weight: NDArray[Any], named: int, table_weight: NDArray[Any], shares: int, i: int) -> bool:
    target = Target(weight, named, weight, named, named, None, weight, shares, table_weight, shares, shares)
    return has_mass(target, i)


@njit
def dot(z: NDArray[Any], top: Any, row: NDArray[Any]) -> Any:
    return masked_dot_in_blocks(z, top, row)


@njit
def subtract(z: NDArray[Any], row: NDArray[Any], w: Any, masked_w: Any, g: NDArray[Any]) -> None:
    subtract_row(z, row, w, masked_w, g)


def test_a_table_row_that_is_named_twice_counts_once() -> None:
    index = np.array([[9, 9, 9, 9], [3, 1, 3, 2]])
    weight = np.array([[0.0, 0.0, 0.0, 0.0], [0.25, 0.5, 0.125, 0.0]])
    chosen, share = np.full(4, -7), np.full(4, np.nan)
    assert merged(index.reshape(-1), weight.reshape(-1), 1, 4, chosen, share) == 2  # row 2 has no weight
    assert chosen.tolist() == [3, 1, -7, -7]
    assert share[:2].tolist() == [0.375, 0.5]
    assert merged(index.reshape(-1), weight.reshape(-1), 0, 4, chosen, share) == 0


def test_mass_is_any_weight_that_is_not_zero() -> None:
    weight, table_weight = np.array([0.0, 0.0, 0.0, -1e-300]), np.array([0.0, 1.0, 0.0])
    assert [any_mass(weight, 2, table_weight * 0, 1, i) for i in range(2)] == [False, True]
    assert [any_mass(weight * 0, 1, table_weight, 1, i) for i in range(3)] == [False, True, False]
    assert not any_mass(weight, 0, table_weight, 0, 1)  # nothing named, no table


@pytest.mark.parametrize("size", [1, 1023, 1024, 1025, 5000])
def test_the_dot_product_over_unmasked_classes(size: int) -> None:
    rng = np.random.default_rng(size)
    z = rng.standard_normal(size).astype(np.float32) * 5
    row = rng.random(size).astype(np.float32)
    z[rng.random(size) < 0.3] = -np.inf
    z[0] = 20
    masked = np.isneginf(z)
    d = np.where(masked, 0, z.astype(np.float64) - 20)
    wanted = d @ row.astype(np.float64), row[~masked].sum(dtype=np.float64), row[masked].sum(dtype=np.float64)
    np.testing.assert_allclose(dot(z, np.float32(20), row), wanted, rtol=3e-6)


def test_a_row_is_subtracted_with_its_weight_on_masked_classes() -> None:
    z = np.array([0.0, -np.inf, 1.0, -np.inf])
    g, row = np.ones(4), np.array([1.0, 2.0, 3.0, 4.0])
    subtract(z, row, 0.5, 0.25, g)
    assert g.tolist() == [0.5, 0.5, -0.5, 0.0]


def test_scratch_memory_holds_three_rows() -> None:
    assert scratch_size(classes=17, shares=3) == (3 * 32, 6, 3, 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [4, 70, 1500])
def test_masked_classes(reference: Reference, dtype: type, k: int) -> None:
    rng = np.random.default_rng(3)
    z = (rng.standard_normal((200, k)) * 3).astype(dtype)
    z[rng.random(z.shape) < 0.3] = -np.inf
    z[np.arange(200), rng.integers(0, k, 200)] = 1.5
    for parts in (reference.smoothed(rng, 200, k), reference.mixed(rng, 200, k)):
        reference.agrees(z, parts)
        _, gradient = row_losses(z, *parts)
        assert np.isfinite(gradient).all()


def test_mass_on_a_masked_class() -> None:
    z = np.array([[0.0, -np.inf, 1.0]])
    table = np.array([[0.0, 1.0, 0.0], [0.5, 0.25, 0.25]])
    none = (np.zeros((1, 0), np.int64), np.zeros((1, 0)))
    one = np.ones((1, 1))
    p = np.exp([0.0, -np.inf, 1.0]) / (1 + np.e)

    named, gradient = row_losses(z, np.array([[1]]), one)
    assert named[0] == np.inf
    np.testing.assert_allclose(gradient, [p - [0, 1, 0]], atol=1e-15)

    lost, gradient = row_losses(z, *none, table, np.array([[0]]), one)
    assert lost[0] == np.inf
    np.testing.assert_allclose(gradient, [p - [0, 1, 0]], atol=1e-15)

    moved, gradient = row_losses(z, *none, table, np.array([[1]]), one)
    np.testing.assert_allclose(moved, np.log(1 + np.e) - 1 / 3)
    np.testing.assert_allclose(gradient, [p - [2 / 3, 0, 1 / 3]], atol=1e-15)

    untouched, gradient = row_losses(z, np.array([[0, 1]]), np.array([[1.0, 0.0]]))
    np.testing.assert_allclose(untouched, np.log(1 + np.e))
    np.testing.assert_allclose(gradient, [p - [1, 0, 0]], atol=1e-15)


@pytest.mark.parametrize("k", [3, 80])
def test_rows_without_mass_are_not_read(k: int) -> None:
    z = np.zeros((70, k), np.float32)
    z[1], z[2], z[3, 0] = np.nan, np.inf, -np.inf
    z[3] = -np.inf
    weight = np.ones((70, 1))
    weight[1:4] = 0
    index = np.zeros((70, 1), np.int64)
    loss, gradient = row_losses(z, index, weight, out=np.full_like(z, 9))
    np.testing.assert_array_equal(loss[1:4], 0)
    np.testing.assert_array_equal(gradient[1:4], 0)
    np.testing.assert_allclose(loss[[0, 4]], np.log(k), rtol=1e-6)


def test_huge_logits_do_not_make_nan() -> None:
    z = np.array([[3e38, -3e38, 0.0], [3e38, 3e38, 1.0], [-3e38, -3e38, -3e38]], np.float32)
    table, share = np.array([[1.0, 0.0, 0.0]]), np.ones((3, 1))
    loss, gradient = row_losses(
        z, np.zeros((3, 0), np.int64), np.zeros((3, 0)), table, np.zeros((3, 1), np.int64), share
    )
    np.testing.assert_allclose(loss, [0, np.log(2), np.log(3)], rtol=1e-6)
    np.testing.assert_allclose(gradient, [[0, 0, 0], [-0.5, 0.5, 0], [-2 / 3, 1 / 3, 1 / 3]], atol=1e-7)

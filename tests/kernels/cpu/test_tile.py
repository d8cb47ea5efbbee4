"""Tiles: their size, and targets read into them, labels as numbers and other targets written out."""

from typing import Any

import numpy as np
import pytest
from numba import njit

from onewarm.kernels.cpu.arguments import Scratch, Target
from onewarm.kernels.cpu.table_row import NONE, SAME, Table
from onewarm.kernels.cpu.tile import read_labels, read_target, scratch_size, tile_of, tile_rows
from onewarm.kernels.jit.decorators import uncompiled


@pytest.mark.parametrize(("classes", "rows"), [(1, 512), (6, 512), (7, 384), (10, 256), (16, 192), (48, 64)])
def test_a_tile_fits_the_first_level_cache(classes: int, rows: int) -> None:
    assert uncompiled(tile_rows)(classes) == rows
    line = -(-classes // 16) * 16
    assert scratch_size(classes) == ((3 * line + 6) * rows, 3 * rows, rows, 2 * rows)


def scratch_for(classes: int) -> Scratch:
    size = scratch_size(classes)
    return Scratch(
        np.empty(size.reals), np.empty(size.doubles), np.empty(size.integers, np.int64), np.ones(size.flags, np.bool_)
    )


@njit
def labels_of(scratch: Any, index: Any, weight: Any, share: Any, level: float) -> Any:
    table = Table(weight, 0, 0, 0, 1, level * 3, level)
    tile = tile_of(scratch, 3)
    read_labels(1, 2, Target(index, 1, weight, 1, 1, table, index, 0, share, 1, 1), tile)
    return tile.label[:2], tile.label_mass[:2], tile.every_mass[:2], tile.s[:3], tile.has_mass[:3]


def test_labels_stay_numbers() -> None:
    index, weight = np.array([9, 2, 1]), np.array([9.0, 0.9, 0.0])
    share = np.array([9.0, 0.1, 0.0])
    scratch = scratch_for(3)
    label, mass, every, s, has_mass = labels_of(scratch, index, weight, share, 1 / 3)
    assert label.tolist() == [2, 1] and mass.tolist() == [0.9, 0]
    np.testing.assert_allclose(every, [0.1 / 3, 0])
    np.testing.assert_allclose(s, [1, 0, 0])  # nothing beyond the last row
    assert has_mass.tolist() == [True, False, False]


def reader(reads: str) -> Any:
    read = read_target(reads)

    @njit
    def targets(scratch: Any, index: Any, weight: Any, table: Any, chosen: Any, share: Any, level: float) -> Any:
        rows = table.size // 3
        entries = Table(table, 0, 0, 3, rows, level * 3, level)
        tile = tile_of(scratch, 3)
        read(0, 2, Target(index, 2, weight, 2, 2, entries, chosen, 1, share, 1, 1), tile)
        size = tile.top.size
        return tile.t[: 2 * size + 2], size, tile.s[:3], tile.has_mass[:3]

    return targets


@pytest.mark.parametrize("reads", [NONE, SAME])
def test_other_targets_are_written_out(reads: str) -> None:
    index, weight = np.array([0, 2, 1, 1]), np.array([0.25, 0.5, 0.5, -0.5])
    table = np.full(3, 0.2) if reads == NONE else np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    chosen, share = np.array([0, 0]) if reads == NONE else np.array([1, 0]), np.array([0.5, 0.0])
    scratch = scratch_for(3)
    t, size, s, has_mass = reader(reads)(scratch, index, weight, table, chosen, share, 0.2)
    first, second = ([t[k * size + b] for k in range(3)] for b in range(2))
    row = np.full(3, 0.2) if reads == NONE else table[3:]
    np.testing.assert_allclose(first, 0.5 * row + [0.25, 0, 0.5])
    np.testing.assert_allclose(second, 0, atol=1e-17)
    np.testing.assert_allclose(s, [0.75 + 0.5 * row.sum(), 0, 0])
    assert has_mass.tolist() == [True, True, False]  # weights of both signs are mass

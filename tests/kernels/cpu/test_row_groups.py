"""Rows in groups: every size of a group and of its last part, targets with one table row, rounding of named classes."""

from types import SimpleNamespace as Reference
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from onewarm.kernels.cpu.few_classes import MOST_CLASSES
from onewarm.kernels.cpu.float16 import widened
from onewarm.kernels.cpu.row_groups import group_rows, scratch_size
from onewarm.kernels.cpu.rows import row_losses
from onewarm.kernels.jit.decorators import uncompiled

FORMS = ["hard", "uniform", "prior", "by class", "table alone", "several"]


@pytest.mark.parametrize(("classes", "rows"), [(1, 16), (48, 16), (49, 15), (100, 7), (768, 1), (769, 1), (10**6, 1)])
def test_a_group_fits_the_first_level_cache(classes: int, rows: int) -> None:
    assert uncompiled(group_rows)(classes) == rows
    line = -(-classes // 16) * 16
    padded = -(-rows // 8) * 8
    assert scratch_size(classes) == (2 * rows * line, 6 * padded, padded, 2 * padded)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("k", [MOST_CLASSES + 1, 100, 200, 800])
def test_any_number_of_rows(reference: Reference, k: int, form: str) -> None:
    """A last group of any size: what is computed beyond its last row is not read."""
    most = uncompiled(group_rows)(k)
    for n in sorted({1, 3, 4, most - 1, most, most + 1, 2 * most + 3} - {0}):
        rng = np.random.default_rng(n)
        z = rng.standard_normal((n, k)).astype(np.float32) * 4
        reference.agrees(z, reference.forms(rng, n, k)[form], scale=rng.standard_normal(n))


@pytest.mark.parametrize("form", FORMS)
def test_few_rows_of_few_classes(reference: Reference, form: str) -> None:
    """Too few for a tile."""
    rng = np.random.default_rng(0)
    for n, k in ((1, 1), (1, 10), (7, 3), (15, 48)):
        reference.agrees(rng.standard_normal((n, k)) * 4, reference.forms(rng, n, k)[form], z_loss=1e-2)


def test_several_shares_of_one_table_row(reference: Reference) -> None:
    rng = np.random.default_rng(1)
    n, k = 20, 60
    z, table = rng.standard_normal((n, k)), rng.random((3, k))
    chosen = rng.integers(0, 3, (n, 1))
    parts = reference.Parts(
        *(rng.integers(0, k, (n, 1)), rng.random((n, 1)), table, np.repeat(chosen, 3, 1), rng.random((n, 3)))
    )
    reference.agrees(z, parts)
    parts.table_weight[4] = [0.5, -0.5, 0.0]  # they cancel
    reference.agrees(z, parts)


def test_large_logits_are_deferred_and_right(reference: Reference) -> None:
    z = np.zeros((9, 60))
    z[3, 5], z[4, 0], z[5] = 2e30, 3e100, -3e100
    reference.agrees(z, reference.smoothed(np.random.default_rng(0), 9, 60))


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_a_named_class_in_two_bytes_is_rounded_once(dtype: Any) -> None:
    """p - t of a class that is almost sure: rounded before the difference, it would lose all its digits."""
    n, k = 5, 100
    z = np.zeros((n, k), dtype)
    z[:, 7] = 12
    index, weight = np.full((n, 3), 7), np.tile([0.5, 0.25, 0.25], (n, 1))
    _, gradient = row_losses(z, index, weight)
    p = np.exp(12.0) / (np.exp(12.0) + k - 1)
    one_rounding = (
        np.spacing(np.abs(np.float64(p - 1)).astype(np.float16)) if dtype is np.float16 else 2.0**-8 * (1 - p)
    )
    assert (np.abs(widened(np.asarray(gradient))[:, 7] - (p - 1)) <= one_rounding + 1e-7).all()

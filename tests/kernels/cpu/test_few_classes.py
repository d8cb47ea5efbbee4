"""Rows in tiles: every number of rows around a tile, every form of target, rows that are left out, two-byte logits."""

from types import SimpleNamespace as Reference
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from onewarm.kernels.cpu.few_classes import FEWEST_ROWS, MOST_CLASSES
from onewarm.kernels.cpu.float16 import widened
from onewarm.kernels.cpu.rows import row_losses
from onewarm.kernels.cpu.tile import tile_rows
from onewarm.kernels.jit.decorators import uncompiled

FORMS = ["hard", "uniform", "prior", "by class", "table alone", "several"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("k", [1, 15, 16, 17, MOST_CLASSES])
def test_any_number_of_rows(reference: Reference, k: int, form: str) -> None:
    most = uncompiled(tile_rows)(k)
    for n in (FEWEST_ROWS, FEWEST_ROWS + 1, 63, 64, most - 1, most, most + FEWEST_ROWS):
        rng = np.random.default_rng(n)
        z = rng.standard_normal((n, k)).astype(np.float32) * 4
        reference.agrees(z, reference.forms(rng, n, k)[form], z_loss=1e-2, scale=rng.standard_normal(n))


@pytest.mark.parametrize("form", FORMS)
def test_rows_that_are_left_out_keep_to_themselves(reference: Reference, form: str) -> None:
    """A masked or a huge logit defers its row; the others of the tile are computed and written as ever."""
    rng = np.random.default_rng(0)
    n, k = 100, 9
    parts = reference.forms(rng, n, k)[form]
    z = rng.standard_normal((n, k)) * 3
    plain, slope = row_losses(z, *parts)
    z[17, 2], z[70, 4] = -np.inf, 2e30
    loss, gradient = row_losses(z, *parts)
    others = np.delete(np.arange(n), [17, 70])
    np.testing.assert_array_equal(loss[others], plain[others])
    np.testing.assert_allclose(np.asarray(gradient)[others], np.asarray(slope)[others], rtol=1e-14, atol=1e-16)
    reference.agrees(
        np.delete(z, 70, 0), reference.Parts(*(a if a is None or len(a) != n else np.delete(a, 70, 0) for a in parts))
    )


@pytest.mark.parametrize("form", FORMS)
def test_rows_without_mass_among_others(reference: Reference, form: str) -> None:
    rng = np.random.default_rng(1)
    n, k = 80, 6
    parts = reference.forms(rng, n, k)[form]
    z = rng.standard_normal((n, k)) * 3
    wanted, slope = reference.truth(z, parts)
    for row in (0, 33, n - 1):
        parts.weight[row] = 0
        if parts.table_weight is not None:
            parts.table_weight[row] = 0
        wanted[row] = slope[row] = 0
        z[row] = np.nan  # and it is not read
    loss, gradient = row_losses(z, *parts)
    np.testing.assert_allclose(loss, wanted, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(np.asarray(gradient), slope, rtol=1e-12, atol=1e-14)


def test_weights_of_both_signs_are_mass() -> None:
    """They cancel in the sum, not in the target."""
    z = np.tile([1.0, 0.0, -1.0], (20, 1))
    loss, gradient = row_losses(z, np.tile([0, 2], (20, 1)), np.tile([1.0, -1.0], (20, 1)))
    np.testing.assert_allclose(loss, -2.0)
    np.testing.assert_allclose(np.asarray(gradient), np.tile([-1.0, 0.0, 1.0], (20, 1)), atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("form", FORMS)
def test_logits_in_two_bytes(reference: Reference, form: str, dtype: Any) -> None:
    rng = np.random.default_rng(2)
    n, k = 90, 7
    z = (rng.standard_normal((n, k)) * 3).astype(dtype)
    parts = reference.forms(rng, n, k)[form]
    wanted, slope = reference.truth(widened(z), parts)
    loss, gradient = row_losses(z, *parts)
    np.testing.assert_allclose(loss, wanted, rtol=3e-6, atol=3e-6)
    last = 2.0**-11 if dtype is np.float16 else 2.0**-8
    np.testing.assert_allclose(widened(np.asarray(gradient)), slope, rtol=1.001 * last, atol=1e-6)


@pytest.mark.parametrize("strided", [False, True])
def test_weights_and_labels_at_any_distance(reference: Reference, strided: bool) -> None:
    """One row for all (distance 0), and a column of a wider array."""
    rng = np.random.default_rng(3)
    n, k = 70, 5
    z, label = rng.standard_normal((n, k)), rng.integers(0, k, (n, 1))
    if strided:
        index, weight = np.zeros((n, 3), np.int64), rng.random((n, 4))
        index[:, 1:2] = label
        parts = reference.Parts(index[:, 1:2], weight[:, 2:3])
    else:
        parts = reference.Parts(np.broadcast_to(label[:1], (n, 1)), np.broadcast_to(0.5, (n, 1)))
    reference.agrees(z, parts)

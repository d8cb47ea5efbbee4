"""A table row in the kernel's type: a view of its own type, else converted, to NumPy's rounding."""

from types import SimpleNamespace as Reference
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numba import njit

from onewarm.kernels.cpu import inputs
from onewarm.kernels.cpu.table_row import NONE, OTHER, OTHERS, SAME, Table, table_row, table_row_again


def reader(reads: str) -> Any:
    first, again = table_row(reads), table_row_again(reads)

    @njit
    def read(entries: Any, address: int, kind: int, stride: int, r: int, level: float, buffer: Any) -> tuple[Any, Any]:
        table = Table(entries, address, kind, stride, 4, 0.0, level)
        return first(table, r, buffer), again(table, r, buffer)

    return read


DTYPES = dict(zip(OTHERS, (np.float32, np.float64, ml_dtypes.bfloat16, np.float16), strict=True))


@pytest.mark.parametrize("real", [np.float32, np.float64])
@pytest.mark.parametrize("kind", range(4))
def test_a_row_of_another_type(kind: int, real: type) -> None:
    rng = np.random.default_rng(kind)
    for classes in (1, 7, 8, 16, 33):
        table = (rng.standard_normal((4, classes + 3)) * 100).astype(DTYPES[OTHERS[kind]])
        buffer = np.full(classes, 7, real)
        address = table.__array_interface__["data"][0]
        row, again = reader(OTHER)(np.zeros(1, real), address, kind, classes + 3, 2, np.nan, buffer)
        np.testing.assert_array_equal(row, table[2, :classes].astype(real))
        assert np.shares_memory(row, buffer) and np.shares_memory(again, buffer)


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_a_row_of_the_same_type_is_a_view(real: type) -> None:
    table = np.arange(4 * 9, dtype=real)
    row, again = reader(SAME)(table, 0, 0, 9, 3, np.nan, np.full(5, 7, real))
    np.testing.assert_array_equal(row, table[27:32])
    np.testing.assert_array_equal(again, table[27:32])
    assert np.shares_memory(row, table) and np.shares_memory(again, table)


def test_a_uniform_row_is_written_out() -> None:
    """Where masks or many classes ask for it: of such a table nothing is kept but its level."""
    buffer = np.zeros(5)
    row, again = reader(NONE)(np.zeros(1), 0, 0, 0, 0, 0.25, buffer)
    np.testing.assert_array_equal(row, 0.25)
    assert np.shares_memory(row, buffer) and np.shares_memory(again, buffer)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("other", [np.float32, np.float64])
@pytest.mark.parametrize("k", [5, 100])
def test_big_tables_are_taken_as_they_are(
    reference: Reference, dtype: type, other: type, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "_SMALL_TABLE", 0)
    rng = np.random.default_rng(8)
    z = (rng.standard_normal((90, k)) * 4).astype(dtype)
    table = rng.dirichlet(np.ones(k), 90).astype(other)
    none = np.zeros((90, 0))
    reference.agrees(
        z, reference.Parts(none.astype(np.int64), none, table, rng.permutation(90)[:, None], np.full((90, 1), 2.0))
    )
    z[rng.random(z.shape) < 0.3] = -np.inf
    z[:, 1] = 0
    reference.agrees(
        z, reference.Parts(none.astype(np.int64), none, table, rng.permutation(90)[:, None], np.full((90, 1), 2.0))
    )

"""What a call compiles: one function for its way, and a second one only where rows are deferred."""

from types import SimpleNamespace as Reference

import numpy as np
import pytest

from onewarm.kernels.cpu import compiled, inputs, rows
from onewarm.kernels.cpu.few_classes import FEWEST_ROWS, MOST_CLASSES
from onewarm.kernels.cpu.table_row import NONE, OTHER, SAME

FEW, MANY = MOST_CLASSES, MOST_CLASSES + 1


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Which functions the calls of a test ask for."""
    names: list[tuple[str, ...]] = []

    def kernel(*name: str) -> compiled.CFunction:
        names.append(name)
        return compiled.kernel(*name)

    monkeypatch.setattr(rows, "kernel", kernel)
    return names


@pytest.mark.parametrize(
    ("form", "few", "reads"),
    [
        ("hard", compiled.LABELS, NONE),
        ("uniform", compiled.LABELS, NONE),
        ("prior", compiled.TILES, SAME),
        ("by class", compiled.TILES, SAME),
        ("several", compiled.TILES, SAME),
    ],
)
def test_one_function_a_call(
    reference: Reference, asked: list[tuple[str, ...]], form: str, few: str, reads: str
) -> None:
    rng = np.random.default_rng(0)
    for n, k, way in ((FEWEST_ROWS, FEW, few), (FEWEST_ROWS - 1, FEW, compiled.GROUPS), (40, MANY, compiled.GROUPS)):
        parts = reference.forms(rng, n, k)[form]
        rows.row_losses(rng.standard_normal((n, k)), *parts, threads=2)
        assert asked[0] == ("float64", way, reads)
        assert [name[1] for name in asked[1:]] in ([], [compiled.DEFERRED_ROWS])
        asked.clear()


def test_votes_of_few_classes_and_a_table_of_another_type(
    asked: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "_SMALL_TABLE", 0)
    z, one = np.zeros((20, 3), np.float32), np.ones((20, 1))
    rows.row_losses(z, np.zeros((20, 2), np.int64), np.ones((20, 2)))
    table = np.full((20, 3), 1 / 3)
    rows.row_losses(z, np.zeros((20, 1), np.int64), one, table, np.arange(20)[:, None], one)
    assert asked == [("float32", compiled.TILES, NONE), ("float32", compiled.TILES, OTHER)]


@pytest.mark.parametrize("k", [FEW, MANY])
def test_rows_without_mass_need_no_second_function(asked: list[tuple[str, ...]], k: int) -> None:
    """Padding of a batch: the usual case of rows that are left out."""
    weight = np.ones((20, 1))
    weight[3:9] = 0
    loss, gradient = rows.row_losses(np.ones((20, k)), np.zeros((20, 1), np.int64), weight)
    assert gradient is not None and not gradient[3:9].any() and not loss[3:9].any() and loss[9:].all()
    assert len(asked) == 1


@pytest.mark.parametrize("k", [FEW, MANY])
def test_deferred_rows_need_one(asked: list[tuple[str, ...]], k: int) -> None:
    z = np.zeros((20, k))
    z[4, 1] = -np.inf
    loss, _ = rows.row_losses(z, np.zeros((20, 1), np.int64), np.ones((20, 1)))
    np.testing.assert_allclose(loss, np.log(np.where(np.arange(20) == 4, k - 1, k)))
    assert [name[1] for name in asked[1:]] == [compiled.DEFERRED_ROWS]


def test_every_way_is_listed_once() -> None:
    assert len(set(compiled.WAYS)) == len(compiled.WAYS) == 10

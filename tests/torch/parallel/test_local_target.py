"""The ranks' views of a target add up to it, column by column."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm.torch.parallel import local_target as module
from onewarm.torch.parallel.layout import Layout
from onewarm.torch.parallel.local_target import LocalTarget, local_columns, local_target


def layout(start: int, width: int, classes: int) -> Layout:
    return Layout(None, start, width, classes, False)  # type: ignore[arg-type]


def dense(target: LocalTarget, width: int) -> Tensor:
    """(N, width): the target's mass on this rank's classes, added up as the fields' comments say."""
    rows = torch.zeros(len(target.index), width, dtype=torch.float64)
    for i, j in target.is_local.nonzero().tolist():
        rows[i, target.index[i, j]] += target.weight[i, j]
    for part in range(target.table_weight.shape[1]):
        table = target.table_rows(part, slice(None), torch.float64)
        rows += target.table_weight[:, part, None] * table
    return rows


@pytest.mark.parametrize("widths", [[17], [9, 8], [17, 0], [1, 9, 0, 7]])
def test_the_views_side_by_side_are_the_target(ranks: ModuleType, widths: list[int]) -> None:
    for name, target in ranks.targets().items():
        starts = [sum(widths[:rank]) for rank in range(len(widths))]
        parts = [
            dense(local_target(target, layout(start, width, ranks.K), ranks.N), width)
            for start, width in zip(starts, widths, strict=True)
        ]
        wanted = target if isinstance(target, ow.SoftTarget) else None
        if wanted is None:
            wanted = ow.soft(target) if target.is_floating_point() else ow.one_hot(target, ranks.K)
        torch.testing.assert_close(torch.cat(parts, 1), wanted.dense(), msg=lambda text, name=name: f"{name}: {text}")


def test_rows_without_mass() -> None:
    y = torch.tensor([2, -100, 0])
    local = local_target(y, layout(0, 2, 3), 3)
    assert local.has_mass.tolist() == [True, False, True] and local.ignores_rows
    assert local.is_local.tolist() == [[False], [False], [True]]
    assert not local_target(y.clamp(0), layout(0, 2, 3), 3).ignores_rows


def test_parts_of_a_table_with_one_row_are_one() -> None:
    row = torch.tensor([[0.25, 0.75]], dtype=torch.float64)
    target = ow.SoftTarget(
        index=torch.zeros(2, 0, dtype=torch.int64),
        weight=torch.zeros(2, 0, dtype=torch.float64),
        table=row,
        table_index=torch.zeros(2, 3, dtype=torch.int64),
        table_weight=torch.tensor([[0.5, 0.25, 0.125], [1.0, 0.0, -2.0]]),
        num_classes=2,
    )
    local = local_target(target, layout(1, 1, 2), 2)
    assert local.table_weight.tolist() == [[0.875], [-1.0]] and local.table_index.tolist() == [[0], [0]]
    torch.testing.assert_close(dense(local, 1), target.dense()[:, 1:])


def test_columns_of_a_tensor_are_not_copied() -> None:
    table = torch.rand(3, 8)
    columns = local_columns(table, layout(5, 3, 8))
    assert torch.equal(columns, table[:, 5:]) and columns.data_ptr() == table[:, 5:].data_ptr()


def test_columns_of_a_dtensor_fit_the_logits(monkeypatch: pytest.MonkeyPatch) -> None:
    table: Any = SimpleNamespace()
    monkeypatch.setattr(module, "to_local", lambda tensor: torch.ones(2, 3))
    assert local_columns(table, layout(5, 3, 8)).shape == (2, 3)
    with pytest.raises(ValueError) as caught:
        local_columns(table, layout(4, 4, 8))
    assert str(caught.value) == "target.table: this rank holds 3 of its columns and 4 of the logits'"


BEYOND = ow.SoftTarget(index=torch.tensor([[0], [4]]), weight=torch.ones(2, 1), num_classes=4)
BEYOND_TABLE = ow.SoftTarget(
    index=torch.zeros(1, 0, dtype=torch.int64),
    weight=torch.zeros(1, 0),
    table=torch.ones(2, 4) / 4,
    table_index=torch.tensor([[2]]),
    table_weight=torch.ones(1, 1),
    num_classes=4,
)


@pytest.mark.parametrize(
    ("target", "rows", "text"),
    [
        (torch.tensor([0, 1]), 3, "target has 2 rows, logits have 3: expected one a row"),
        (ow.one_hot(torch.tensor([0]), 5), 1, "target has 5 classes, logits have 4: expected the same"),
        (BEYOND, 2, "target.index[1, 0] is 4, outside 0..3"),
        (BEYOND_TABLE, 1, "target.table_index[0, 0] is 2, outside 0..1"),
    ],
)
def test_bad_targets(target: Any, rows: int, text: str) -> None:
    with pytest.raises(ValueError) as caught:
        local_target(target, layout(0, 4, 4), rows)
    assert str(caught.value) == text

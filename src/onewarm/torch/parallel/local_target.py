"""One rank's part of a target: every named class, and the rank's own columns of the table."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from onewarm.definition import in_range
from onewarm.errors import InputError
from onewarm.target import SoftTarget, as_target
from onewarm.torch.parallel.layout import Layout, to_local


@dataclass(frozen=True, eq=False)
class LocalTarget:
    """N rows, J named classes and T table parts a row, R table rows; ``width`` classes are this rank's."""

    ignores_rows: bool  # some rows have no mass
    has_mass: Tensor  # (N,)
    index: Tensor  # (N, J) counted from this rank's first class: others' classes are negative or beyond the width
    weight: Tensor  # (N, J) float64
    is_local: Tensor  # (N, J) the class is this rank's, and its weight is not 0
    table: Tensor | None  # (R, width)
    table_index: Tensor  # (N, T)
    table_weight: Tensor  # (N, T) float64

    def table_rows(self, part: int, rows: slice, dtype: torch.dtype) -> Tensor:
        """The table rows that one table part of some rows refers to: (n, width), or (1, width) for a table of one."""
        assert self.table is not None
        if self.table.shape[0] == 1:
            return self.table.to(dtype)
        return self.table[self.table_index[rows, part]].to(dtype)


def local_target(target: SoftTarget | Tensor, layout: Layout, rows: int) -> LocalTarget:
    """This rank's view of a target that every rank was given, after its indices were checked.

    Raises:
        ValueError: another number of rows or classes than the logits have, an index out of range.
    """
    target = as_target(target, layout.num_classes)
    if len(target) != rows:
        raise InputError(f"target has {len(target)} rows, logits have {rows}: expected one a row")
    in_range(target.index, layout.num_classes, "target.index")
    index, weight = target.index.long() - layout.start, target.weight.double()
    is_local = (index >= 0) & (index < layout.width) & (weight != 0)
    table, table_index, table_weight = target.table, target.table_index, target.table_weight
    if table is None or table_index is None or table_weight is None:
        table, table_index, table_weight = None, index[:, :0], weight[:, :0]
    else:
        in_range(table_index, int(table.shape[0]), "target.table_index")
        table = local_columns(table, layout)
        if table.shape[0] == 1 and table_weight.shape[1] > 1:  # every part is the same row: their weights add up
            table_index, table_weight = table_index[:, :1], table_weight.sum(1, keepdim=True)
    has_mass = target.has_mass()
    return LocalTarget(
        has_mass=has_mass,
        ignores_rows=not bool(has_mass.all()),
        index=index,
        weight=weight,
        is_local=is_local,
        table=table,
        table_index=table_index.long(),
        table_weight=table_weight.double(),
    )


def local_columns(table: Tensor, layout: Layout) -> Tensor:
    """This rank's columns of a table, without a copy: a slice, or the local part of a DTensor.

    Raises:
        ValueError: a DTensor whose local part is not as wide as the logits'.
    """
    local = to_local(table)
    if local is table:
        return table[:, layout.start : layout.start + layout.width]
    if local.shape[1] != layout.width:
        raise InputError(
            f"target.table: this rank holds {local.shape[1]} of its columns and {layout.width} of the logits'"
        )
    return local

"""Sums of targets, and targets made of parts that fit by construction."""

from __future__ import annotations

from typing import Any

from onewarm import checks
from onewarm.checks import Array, array_namespace, device
from onewarm.soft_target.row_arrays import side_by_side
from onewarm.soft_target.value import SoftTarget


def unchecked(**parts: Any) -> SoftTarget:
    """A target of parts that fit together by construction, without checking them again at every training step."""
    target = object.__new__(SoftTarget)
    target.__dict__.update(table=None, table_index=None, table_weight=None)
    target.__dict__.update(parts)
    return target


def from_table(xp: Any, table: Array, weight: Array, index: Array | None = None) -> SoftTarget:
    """A target of table rows alone; without an index, of the table's only row."""
    if index is None:
        where = device(weight)
        index = xp.zeros((1, 1), dtype=checks.index_dtype(xp, where), device=where)
        index = xp.broadcast_to(index, tuple(weight.shape))
    return SoftTarget(
        index=index[:, :0],
        weight=weight[:, :0],
        table=table,
        table_index=index,
        table_weight=weight,
        num_classes=int(table.shape[1]),
    )


def uniform(target: SoftTarget) -> Array:
    """The uniform row, (1, K), of the kind of the target's weights."""
    xp = array_namespace(target.weight)
    shape, share = (1, target.num_classes), 1 / target.num_classes
    return xp.full(shape, share, dtype=target.weight.dtype, device=device(target.weight))


def pool_tables(xp: Any, pool: Array | None, table: Array) -> tuple[Array, int]:
    """One table that holds both, and where the second begins in it; equal single rows are stored once."""
    if pool is None or pool is table:
        return table, 0
    if pool.shape[0] == table.shape[0] == 1 and pool.dtype == table.dtype:
        differs = pool != table
        if checks.concrete(differs) and checks.first_true(differs) is None:
            return pool, 0
    dtype = xp.result_type(pool, table)
    fewer, more = sorted((pool, table), key=lambda rows: int(rows.shape[0]))
    if fewer.shape[0] == 1 < more.shape[0] and more.dtype != dtype:
        dtype = xp.result_type(more, xp.float32)  # a single row does not make a whole teacher float64
    return xp.concat([xp.astype(pool, dtype), xp.astype(table, dtype)]), int(pool.shape[0])


def join(xp: Any, a: SoftTarget, b: SoftTarget) -> SoftTarget:
    """The sum of two targets, row by row."""
    parts: dict[str, Array] = {
        "index": side_by_side(xp, a.index, b.index),
        "weight": side_by_side(xp, a.weight, b.weight),
    }
    if a.table is None or b.table is None:
        with_table = a if a.table is not None else b
        parts |= {name: getattr(with_table, name) for name in ("table", "table_index", "table_weight")}
    else:
        table, offset = pool_tables(xp, a.table, b.table)
        parts["table"] = table
        parts["table_index"] = side_by_side(xp, a.table_index, b.table_index + offset)
        parts["table_weight"] = side_by_side(xp, a.table_weight, b.table_weight)
        if table.shape[0] == 1:  # one row: its shares add up
            parts["table_index"] = parts["table_index"][:, :1]
            parts["table_weight"] = xp.sum(parts["table_weight"], axis=1, keepdims=True)
    return SoftTarget(num_classes=a.num_classes, **parts)

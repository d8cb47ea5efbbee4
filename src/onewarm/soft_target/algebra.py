"""Sums of targets, and targets made of parts that fit by construction."""

from __future__ import annotations

from typing import Any

from onewarm import checks
from onewarm.checks import Array, array_namespace, device
from onewarm.errors import InputError
from onewarm.soft_target.bucket import BucketTarget
from onewarm.soft_target.parts import PARTS
from onewarm.soft_target.row_arrays import side_by_side, widen
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


def pool(xp: Any, tables: list[Array]) -> tuple[Array, list[int]]:
    """One table that holds all of them, and where each begins in it; the same table, or single row, is stored once.

    Of different dtypes it has the wider; single rows widen larger tables no further than float32.
    """
    distinct: list[Array] = []
    starts: dict[int, int] = {}  # by id
    single: Array = None
    size, offsets = 0, []
    for table in tables:
        if id(table) not in starts:
            one = table.shape[0] == 1
            if one and single is not None and single.dtype == table.dtype and _equal(single, table):
                starts[id(table)] = starts[id(single)]
            else:
                starts[id(table)] = size
                distinct.append(table)
                size += int(table.shape[0])
                single = table if one and single is None else single
        offsets.append(starts[id(table)])
    if len(distinct) == 1:
        return distinct[0], offsets
    dtype = xp.result_type(*distinct)
    larger = [table for table in distinct if table.shape[0] != 1]
    if larger and xp.result_type(*larger) != dtype:
        dtype = xp.result_type(*larger, xp.float32)  # a single row does not make a whole teacher float64
    return xp.concat([xp.astype(table, dtype) for table in distinct]), offsets


def _equal(a: Array, b: Array) -> bool:
    differs = a != b
    return checks.concrete(differs) and checks.first_true(differs) is None


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
        table, (_, offset) = pool(xp, [a.table, b.table])
        parts["table"] = table
        parts["table_index"] = side_by_side(xp, a.table_index, b.table_index + offset)
        parts["table_weight"] = side_by_side(xp, a.table_weight, b.table_weight)
        if table.shape[0] == 1:  # one row: its shares add up
            parts["table_index"] = parts["table_index"][:, :1]
            parts["table_weight"] = xp.sum(parts["table_weight"], axis=1, keepdims=True)
    return SoftTarget(num_classes=a.num_classes, **parts)


def concat(targets: list[SoftTarget]) -> SoftTarget:
    """The rows of several targets, one after the other; rows with fewer parts are padded with mass 0.

    Tables of different dtypes become one of the wider; a single row, such as a prior, widens no further than float32.

    Raises:
        TypeError: arrays of different libraries.
        ValueError: no targets, or numbers of classes that differ.

    Example:
        >>> import numpy as np
        >>> from onewarm.target import one_hot, soft
        >>> len(concat([one_hot(np.array([0, 1]), 2), soft(np.array([[0.5, 0.5]]))]))
        3
    """
    if not targets:
        raise InputError("targets is empty: give at least one")
    first = targets[0]
    xp = checks.namespace(**{f"targets[{i}]": t.weight for i, t in enumerate(targets)})
    for i, t in enumerate(targets):
        if t.num_classes != first.num_classes:
            raise InputError(
                f"targets[{i}] has {t.num_classes} classes, targets[0] {first.num_classes}: expected the same"
            )
    if all(isinstance(t, BucketTarget) for t in targets):
        return _buckets(xp, targets)
    joined = {name: _stacked(xp, [getattr(t, name) for t in targets]) for name in ("index", "weight")}
    tables = [t.table for t in targets if t.table is not None]
    if not tables:
        return SoftTarget(num_classes=first.num_classes, **joined)
    table, starts = pool(xp, tables)
    offsets = iter(starts)
    indices, weights = [], []
    for t in targets:
        if t.table is None:
            indices.append(xp.zeros((t.index.shape[0], 0), dtype=t.index.dtype, device=device(t.index)))
            weights.append(xp.zeros((t.index.shape[0], 0), dtype=t.weight.dtype, device=device(t.weight)))
        else:
            indices.append(t.table_index + next(offsets))
            weights.append(t.table_weight)
    parts = {"table": table, "table_index": _stacked(xp, indices), "table_weight": _stacked(xp, weights)}
    return SoftTarget(num_classes=first.num_classes, **joined, **parts)


def _buckets(xp: Any, targets: list[Any]) -> SoftTarget:
    first = targets[0]
    for i, t in enumerate(targets):
        if (t.of, t.num_classes) != (first.of, first.num_classes):
            raise InputError(
                f"targets[{i}] names {t.num_classes - 1} of {t.of} classes, targets[0] {first.num_classes - 1} of "
                f"{first.of}: expected the same"
            )
    parts = {name: xp.concat([getattr(t, name) for t in targets]) for name in ("class_index", "weight")}
    return BucketTarget(of=first.of, **parts)


def _stacked(xp: Any, parts: list[Array]) -> Array:
    """The rows of all, padded with zeros to the widest."""
    widest = max(int(part.shape[1]) for part in parts)
    return xp.concat([widen(xp, part, widest) for part in parts])


def compact(target: SoftTarget) -> SoftTarget:
    """The same rows; where they take fewer table rows than the table has, with a table of those alone."""
    if target.table is None or target.table.shape[0] <= target.table_index.shape[0] * target.table_index.shape[1]:
        return target
    xp = array_namespace(target.table_index)
    taken = xp.reshape(target.table_index, (-1,))
    place = xp.arange(taken.shape[0], dtype=taken.dtype, device=device(taken))
    return target.replace(
        table=xp.take(target.table, taken, axis=0), table_index=xp.reshape(place, tuple(target.table_index.shape))
    )


def whole_row(target: SoftTarget) -> SoftTarget:
    """The target; one that ``vmap`` took apart into rows, with parts of one dimension, as a target of one row.

    Raises:
        ValueError: parts of other dimensions; a table that ``vmap`` took apart although rows share it.
    """
    dimensions = len(target.index.shape)
    if dimensions == 2:
        return target
    if dimensions != 1 or (target.table is not None and len(target.table.shape) != 2):
        raise InputError(
            f"index has shape {tuple(target.index.shape)}: expected (N, J); inside vmap pass "
            "in_axes=target.layout(0, None), which leaves the table whole"
        )
    names = [name for name in PARTS if name != "table" and getattr(target, name) is not None]
    return target.replace(**{name: getattr(target, name)[None, :] for name in names})

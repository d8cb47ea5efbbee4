"""Arrays of one row an example: side by side, padded, weighted, and views of a single row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from onewarm import checks
from onewarm.checks import Array, array_namespace, device


def side_by_side(xp: Any, left: Array, right: Array) -> Array:
    dtype = xp.result_type(left, right)
    if left.shape[1] == 0 or right.shape[1] == 0:
        return xp.astype(right if left.shape[1] == 0 else left, dtype, copy=False)
    return xp.concat([xp.astype(left, dtype), xp.astype(right, dtype)], axis=1)


def widen(xp: Any, array: Array, width: int) -> Array:
    """The rows padded with zeros to that width."""
    missing = width - array.shape[1]
    if missing == 0:
        return array
    zeros = xp.zeros((array.shape[0], missing), dtype=array.dtype, device=device(array))
    return xp.concat([array, zeros], axis=1)


def take(xp: Any, values: Array, index: Array) -> Array:
    """values[index] for an index of two dimensions."""
    return xp.reshape(xp.take(values, xp.reshape(index, (-1,)), axis=0), tuple(index.shape))


def is_broadcast(rows: Array) -> bool:
    """Whether the rows are a broadcast view of a single row in memory."""
    if isinstance(rows, np.ndarray):
        return rows.shape[0] > 1 and rows.strides[0] == 0
    return checks.is_tensor(rows) and rows.shape[0] > 1 and rows.stride(0) == 0


def times(rows: Array, factor: Array) -> Array:
    """``rows * factor``, (N, J) by (N, 1) or (1, 1); a broadcast view times one number stays a broadcast view."""
    if factor.shape[0] == 1 and is_broadcast(rows):
        return array_namespace(rows).broadcast_to(rows[:1] * factor, tuple(rows.shape))
    return rows * factor


def each_row(rows: Array, function: Callable[[Array], Array]) -> Array:
    """``function(rows)`` for a function that treats each row alike; a broadcast view of one row stays one."""
    if not is_broadcast(rows):
        return function(rows)
    return array_namespace(rows).broadcast_to(function(rows[:1]), tuple(rows.shape))


def rows_at(rows: Array, key: Any, count: int) -> Array:
    """``rows[key]``, which are ``count``; a broadcast view of one row stays one."""
    if is_broadcast(rows):
        return array_namespace(rows).broadcast_to(rows[:1], (count, rows.shape[1]))
    return picked(rows, key)


def picked(rows: Array, key: Any) -> Array:
    """``rows[key]``, as the standard of array libraries allows it, which has no integers beside a slice."""
    if isinstance(rows, np.ndarray) or checks.is_tensor(rows) or checks.is_jax(rows):
        return rows[key]
    xp = array_namespace(rows)
    if isinstance(key, slice):  # nor ends past the end
        taken = range(rows.shape[0])[key]
        if taken.step == 1:
            return rows[taken.start : taken.stop, :]
        key = xp.asarray(list(taken), dtype=checks.index_dtype(xp))
    return rows[key] if xp.isdtype(key.dtype, "bool") else xp.take(rows, key, axis=0)


def floor(xp: Any, rows: Array) -> Array:
    """The lowest loss of dense rows, ``-sum_k t_k log(t_k / s)``; -inf where an entry is negative."""
    mass = xp.sum(rows, axis=1, keepdims=True)
    positive = rows > 0
    share = xp.where(positive, rows, 1.0) / xp.where(mass > 0, mass, 1.0)
    floor = 0.0 - xp.sum(xp.where(positive, rows * xp.log(xp.where(positive, share, 1.0)), 0.0), axis=1)  # never -0
    return xp.where(xp.any(rows < 0, axis=1), -xp.inf, floor)

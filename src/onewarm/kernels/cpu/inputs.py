"""The arrays of a call as the kernel takes them: types, shapes, ranges, layouts; copied only where they must be."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.kernels.cpu.float16 import kind as two_byte_kind
from onewarm.kernels.cpu.float16 import widened

_FEW = 64
_SMALL_TABLE = 2**16  # entries of a table that is converted to the logits' type at once


def native(array: NDArray[Any]) -> NDArray[Any]:
    """The same numbers in this machine's byte order."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def checked_type(logits: NDArray[Any]) -> np.dtype[Any]:
    """The type that a row is computed in."""
    real = _real(logits.dtype)
    if real is None:
        raise TypeError(f"logits has dtype {logits.dtype}: the kernel takes float16, bfloat16, float32 and float64")
    if logits.ndim != 2 or logits.shape[1] == 0:
        raise ValueError(f"logits has shape {logits.shape}: expected (N, K), one row an example")
    return real


@cache
def _real(dtype: np.dtype[Any]) -> np.dtype[Any] | None:
    if two_byte_kind(dtype) is not None or dtype.name == "float32":
        return np.dtype(np.float32)
    return np.dtype(np.float64) if dtype.name == "float64" else None


def pair(name: str, index: Any, weight: Any, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """An index and its weights in the kernel's types, entries of a row side by side."""
    index, weight = np.asarray(index), np.asarray(weight)
    if index.ndim != 2 or index.shape != weight.shape or index.shape[0] != n:
        raise ValueError(
            f"{name} has shape {index.shape} and its weights {weight.shape}: expected the same, of {n} rows"
        )
    return side_by_side(index, np.int64), side_by_side(weight, np.float64)


def side_by_side(rows: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """Rows of a type of eight bytes, entries of a row side by side."""
    down, along = rows.strides
    if rows.dtype == dtype and rows.flags.aligned and (along == 8 or rows.shape[1] == 1) and down >= 0 == down % 8:
        return rows
    return np.ascontiguousarray(rows, dtype)


def step(rows: NDArray[Any]) -> int:
    """The distance from row to row, in entries of eight bytes."""
    return rows.strides[0] // 8


def address(array: NDArray[Any]) -> int:
    """Where an array's first entry lies."""
    first: int = array.__array_interface__["data"][0]
    return first


@cache
def entry_type(dtype: Any) -> str:
    """The type of entries in compiled code, which reads float16 and bfloat16 as their bits."""
    short = two_byte_kind(dtype)
    return str(dtype) if short is None else "int16" if short == "float16" else "uint16"


def in_range(name: str, index: NDArray[np.int64], size: int) -> None:
    """Refuse an index that a loop would follow out of its array, whatever its weight."""
    distinct = index[:1] if step(index) == 0 else index
    if distinct.size == 0 or distinct.view(np.uint64).max() < size:  # one pass: what is below 0 is huge
        return
    if (bad := checks.first_true((index < 0) | (index >= size))) is not None:
        raise ValueError(f"target.{name}{list(bad)} is {index[bad]}, outside 0..{size - 1}")


def prepared(table: NDArray[Any], logits: NDArray[Any], dtype: Any) -> tuple[NDArray[Any], float, float]:
    """The table in a type that the kernel takes, a big one as it is; a single row's mass, and its level if uniform."""
    table = native(table)
    single = table.shape[0] == 1
    small = single or table.size <= _SMALL_TABLE or 4 * table.size <= logits.size
    table = widened(table) if small else table
    mass, level = 0.0, np.nan
    if single:
        first = float(table[0, 0])
        few = table.shape[1] <= _FEW  # then Python is quicker than NumPy
        if math.isfinite(first) and (len(set(table[0].tolist())) == 1 if few else (table == first).all()):
            mass, level = first * table.shape[1], first
        else:
            mass = float(table.sum(dtype=np.float64))
    if small or (table.dtype not in (np.float32, np.float64) and two_byte_kind(table.dtype) is None):
        table = table.astype(dtype, copy=False)
    return table, mass, level


def flat(rows: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Rows as one contiguous line and the distance from row to row, without a copy where that can be."""
    size = rows.itemsize
    n, k = rows.shape
    if rows.flags.aligned and rows.flags.c_contiguous:
        return rows.reshape(-1), k
    down, along = rows.strides
    whole = (along == size or k == 1) and down % size == 0 and (down >= k * size or n == 1)
    if not (whole and rows.flags.aligned and n > 0):
        return np.ascontiguousarray(rows).reshape(-1), k
    length = ((n - 1) * down) // size + k
    return np.lib.stride_tricks.as_strided(rows, (length,), (size,)), down // size

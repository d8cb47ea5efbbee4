"""The fused loss on the CPU: loss and gradient of every row against any target, in one pass over the logits.

Python checks the arguments and fills in a record (arguments.py); a compiled function (compiled.py) then takes pieces of
the rows until none is left, in as many threads as call it.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.kernels.cpu import fallback_row, row_groups, thread_pool, tile
from onewarm.kernels.cpu.arguments import (
    BAD_ROW,
    DEFERRED,
    LINE,
    NEXT_ROW,
    NEXT_THREAD,
    Arguments,
    Size,
    packed,
    scratch_bytes,
)
from onewarm.kernels.cpu.compiled import DEFERRED_ROWS, GROUPS, LABELS, TILES, kernel
from onewarm.kernels.cpu.exp_log import EXP_CONSTANTS
from onewarm.kernels.cpu.few_classes import FEWEST_ROWS, MOST_CLASSES
from onewarm.kernels.cpu.float16 import kind as two_byte_kind
from onewarm.kernels.cpu.float16 import widened
from onewarm.kernels.cpu.table_row import NONE, OTHER, OTHERS, SAME
from onewarm.kernels.cpu.thread_pool import Runner
from onewarm.kernels.jit.decorators import uncompiled

_LOGITS_A_THREAD = 2**16  # logits that are worth one more thread
# Bytes between scratch memory and what else lies on the heap: compiled code has loops of two kinds, and takes the plain
# one where an array begins within a few vectors of another. So the same call takes the same loops wherever it may be.
_APART = 1024
_SMALL_TABLE = 2**16  # entries of a table that is converted to the logits' type at once
_NAN_BITS = 0x7FC0  # of bfloat16
_PIECES, _LEAST_PIECE = 16, 2**14  # pieces for each thread, so that one that was interrupted delays none; their logits


def row_losses(
    logits: NDArray[Any],
    index: NDArray[Any],
    weight: NDArray[Any],
    table: NDArray[Any] | None = None,
    table_index: NDArray[Any] | None = None,
    table_weight: NDArray[Any] | None = None,
    *,
    row_scale: NDArray[Any] | float | None = None,
    z_loss: float = 0.0,
    gradient: bool = True,
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    run: Runner = thread_pool.run,
    move_mass: bool = True,
    check: bool = True,
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Cross-entropy of each row, and its gradient in the logits times ``row_scale``.

    ``loss[i] = s lse(z) - <t, z> + z_loss s lse(z)^2``,
    ``gradient[i] = row_scale[i] (s (1 + 2 z_loss lse) softmax(z) - t)``, with the target as in
    :class:`onewarm.SoftTarget` and s its mass. Rows without mass are not read: loss 0, gradient 0.

    Args:
        logits: (N, K), float16, bfloat16 (of ml_dtypes, or its bits as uint16), float32 or float64; -inf masks a
            class. Rows may be strided, entries of a row not (else a copy is made).
        index, weight: (N, J), the named classes and their mass.
        table, table_index, table_weight: (R, K), (N, T), (N, T), the shared rows, or None together.
        row_scale: (N,), or one number for all rows; 1 if left out. Losses are not scaled.
        z_loss: not negative.
        gradient: whether to compute it.
        out: (N, K), C-contiguous, in the logits' dtype: where the gradient goes; may be the logits.
        threads: at most so many; by default :func:`onewarm.kernels.cpu.thread_pool.threads`.
        run: which threads; by default our own, see :mod:`onewarm.kernels.cpu.thread_pool`.
        move_mass: whether a table row's mass on masked classes moves to the others; if not, it makes the loss +inf as
            named mass does.
        check: whether to raise for a row without a loss: a NaN, a +inf, or every class masked. If not, its loss and
            gradient are NaN.

    Returns:
        Losses (N,), float32, or float64 for float64 logits; and the gradient (N, K) in the logits' dtype, rounded to
        nearest even, or None.

    Raises:
        TypeError: logits of another dtype.
        ValueError: shapes that disagree, an index out of range, a row with a NaN, a +inf, or every class masked.

    Example:
        >>> loss, gradient = row_losses(np.array([[3.0, 1.0, -0.5, -1.0]]), np.array([[0]]), np.array([[1.0]]))
        >>> loss.round(4), gradient.round(3)
        (array([0.1688]), array([[-0.155,  0.114,  0.026,  0.015]]))
    """
    real = _checked_type(logits)
    n, k = logits.shape
    index, weight = _pair("index", index, weight, n)
    if table is None or table_index is None or table_weight is None or np.shape(table_index)[1:] == (0,):
        table, table_index, table_weight = np.zeros((1, k), real), np.empty((n, 0), np.int64), np.empty((n, 0))
    if table.ndim != 2 or table.shape[1] != k:
        raise ValueError(f"table has shape {table.shape}: expected rows of {k} classes")
    table_index, table_weight = _pair("table_index", table_index, table_weight, n)
    _in_range("index", index, k)
    _in_range("table_index", table_index, table.shape[0])
    table, table_mass, table_level = _prepared(table, logits, real)
    scale = np.ones(1) if row_scale is None else np.asarray(row_scale, np.float64).reshape(-1)
    if scale.size not in (1, n):
        raise ValueError(f"row_scale has {scale.size} entries: expected one, or one for each of the {n} rows")
    scale = _side_by_side(scale[:, None], np.float64)
    if out is not None and not (out.shape == (n, k) and out.dtype == logits.dtype and out.flags.c_contiguous):
        raise ValueError(f"out is {out.dtype} of shape {out.shape}: expected C-contiguous {logits.dtype} ({n}, {k})")
    loss = np.empty(n, real)
    result = (np.empty((n, k), logits.dtype) if out is None else out) if gradient else None
    if n == 0:
        return loss, result
    z, z_step = _flat(logits)
    t, t_step = _flat(table)
    count = max(min(thread_pool.threads() if threads is None else threads, n * k // _LOGITS_A_THREAD), 1)
    piece = max(-(-n // (_PIECES * count)), -(-_LEAST_PIECE // k))
    way, reads = _way(n, k, index.shape[1], table_index.shape[1], table, table_level, real)
    size, bytes_each = _plan(k, table_index.shape[1], real.itemsize)
    together = 1 if way == GROUPS else uncompiled(tile.tile_rows)(k)
    memory = np.empty(count * bytes_each + LINE + 2 * _APART, np.uint8)
    scratch = _address(memory) + _APART
    arguments = Arguments(
        next_row=0,
        next_thread=0,
        bad_row=n,
        deferred=0,
        rows=n,
        classes=k,
        named=index.shape[1],
        shares=table_index.shape[1],
        logits=_address(z),
        logits_step=z_step,
        named_index=_address(index),
        named_index_step=_step(index),
        named_weight=_address(weight),
        named_weight_step=_step(weight),
        table=_address(t),
        table_kind=OTHERS.index(_entry_type(table.dtype)),
        table_step=t_step,
        table_rows=table.shape[0],
        table_mass=table_mass,
        table_level=table_level,
        table_index=_address(table_index),
        table_index_step=_step(table_index),
        table_weight=_address(table_weight),
        table_weight_step=_step(table_weight),
        scale=_address(scale),
        scale_step=_step(scale) if scale.size > 1 else 0,
        z_loss=z_loss,
        move_mass=move_mass,
        with_gradient=gradient,
        gradient=0 if result is None else _address(result),
        loss=_address(loss),
        exp_constants=_EXP_CONSTANTS[real.itemsize],
        piece=piece + -piece % together,
        scratch=scratch + -scratch % LINE,
        scratch_bytes=bytes_each,
        scratch_reals=size.reals,
        scratch_doubles=size.doubles,
        scratch_integers=size.integers,
        scratch_flags=size.flags,
    )
    words = packed(arguments)
    kind, address = _entry_type(logits.dtype), _address(words)
    run(kernel(kind, way, reads).address, address, count)
    if words[DEFERRED]:
        words[NEXT_ROW] = words[NEXT_THREAD] = 0
        run(kernel(kind, DEFERRED_ROWS, reads).address, address, count)
    if (bad := int(words[BAD_ROW])) < n:
        if check:
            raise checks.bad_logits(widened(logits[bad]), bad)
        if result is not None:
            result[np.isnan(loss)] = _NAN_BITS if result.dtype == np.uint16 else np.nan
    return loss, result


def _checked_type(logits: NDArray[Any]) -> np.dtype[Any]:
    """The type that a row is computed in."""
    short = two_byte_kind(logits.dtype)
    if short is None and logits.dtype not in (np.float32, np.float64):
        raise TypeError(f"logits has dtype {logits.dtype}: the kernel takes float16, bfloat16, float32 and float64")
    if logits.ndim != 2 or logits.shape[1] == 0:
        raise ValueError(f"logits has shape {logits.shape}: expected (N, K), one row an example")
    return np.dtype(np.float32) if short else logits.dtype


def _pair(name: str, index: Any, weight: Any, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """An index and its weights in the kernel's types, entries of a row side by side."""
    index, weight = np.asarray(index), np.asarray(weight)
    if index.ndim != 2 or index.shape != weight.shape or index.shape[0] != n:
        raise ValueError(
            f"{name} has shape {index.shape} and its weights {weight.shape}: expected the same, of {n} rows"
        )
    return _side_by_side(index, np.int64), _side_by_side(weight, np.float64)


def _side_by_side(rows: NDArray[Any], dtype: Any) -> NDArray[Any]:
    down, along = rows.strides
    if rows.dtype == dtype and rows.flags.aligned and (along == 8 or rows.shape[1] == 1) and down >= 0 == down % 8:
        return rows
    return np.ascontiguousarray(rows, dtype)


def _step(rows: NDArray[Any]) -> int:
    return rows.strides[0] // 8


def _address(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


_EXP_CONSTANTS = {constants.itemsize: _address(constants) for constants in EXP_CONSTANTS.values()}


@cache
def _entry_type(dtype: Any) -> str:
    """The type of entries in compiled code, which reads float16 and bfloat16 as their bits."""
    short = two_byte_kind(dtype)
    return str(dtype) if short is None else "int16" if short == "float16" else "uint16"


def _in_range(name: str, index: NDArray[np.int64], size: int) -> None:
    """Refuse an index that a loop would follow out of its array, whatever its weight."""
    distinct = index[:1] if _step(index) == 0 else index
    if distinct.size == 0 or distinct.view(np.uint64).max() < size:  # one pass: what is below 0 is huge
        return
    if (bad := checks.first_true((index < 0) | (index >= size))) is not None:
        raise ValueError(f"target.{name}{list(bad)} is {index[bad]}, outside 0..{size - 1}")


def _prepared(table: NDArray[Any], logits: NDArray[Any], dtype: Any) -> tuple[NDArray[Any], float, float]:
    """The table in a type that the kernel takes, a big one as it is; a single row's mass, and its level if uniform."""
    single = table.shape[0] == 1
    small = single or table.size <= _SMALL_TABLE or 4 * table.size <= logits.size
    table = widened(table) if small else table
    mass, level = 0.0, np.nan
    if single:
        first = float(table[0, 0])
        if math.isfinite(first) and (table == first).all():
            mass, level = first * table.shape[1], first
        else:
            mass = float(table.sum(dtype=np.float64))
    if small or (table.dtype not in (np.float32, np.float64) and two_byte_kind(table.dtype) is None):
        table = table.astype(dtype, copy=False)
    return table, mass, level


def _flat(rows: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Rows as one contiguous line and the distance from row to row, without a copy where that can be."""
    size = rows.itemsize
    n, k = rows.shape
    if rows.dtype.isnative and rows.flags.aligned and rows.flags.c_contiguous:
        return rows.reshape(-1), k
    down, along = rows.strides
    whole = (along == size or k == 1) and down % size == 0 and (down >= k * size or n == 1)
    if not (whole and rows.dtype.isnative and rows.flags.aligned and n > 0):
        return np.ascontiguousarray(rows).reshape(-1), k
    length = ((n - 1) * down) // size + k
    return np.lib.stride_tricks.as_strided(rows, (length,), (size,)), down // size


def _way(
    rows: int, classes: int, named: int, shares: int, table: NDArray[Any], level: float, real: np.dtype[Any]
) -> tuple[str, str]:
    """Which compiled function computes these rows."""
    reads = NONE if not math.isnan(level) else SAME if table.dtype == real else OTHER
    if classes > MOST_CLASSES or rows < FEWEST_ROWS:
        return GROUPS, reads
    return LABELS if reads == NONE and named == 1 and shares <= 1 else TILES, reads


@cache
def _plan(classes: int, shares: int, itemsize: int) -> tuple[Size, int]:
    """The scratch memory of one thread and its bytes: the most that any of the ways needs."""
    sizes = [fallback_row.scratch_size(classes, shares), row_groups.scratch_size(classes)]
    if classes <= MOST_CLASSES:
        sizes.append(tile.scratch_size(classes))
    size = Size(*map(max, zip(*sizes, strict=True)))
    return size, scratch_bytes(size, itemsize)

"""The fused loss on the CPU: loss and gradient of every row against any target, in one pass over the logits."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numba import carray  # type: ignore[attr-defined]
from numpy.typing import NDArray

from onewarm import checks
from onewarm.kernels.cpu import float16 as half
from onewarm.kernels.cpu import thread_pool as pool
from onewarm.kernels.cpu.exp_log import EXP
from onewarm.kernels.cpu.fallback_row import Job, Mass, Scratch, by_rows
from onewarm.kernels.cpu.few_classes import FEW, NARROW, Tile, by_tiles, lanes_of
from onewarm.kernels.cpu.jit import SOURCES, bits_float64, fetch_add, fetch_min, glue, located, task
from onewarm.kernels.cpu.row_groups import Group, by_groups, group_of
from onewarm.kernels.cpu.table_row import KINDS, OWN, Table
from onewarm.kernels.cpu.thread_pool import Runner

_MANY = 2**16  # logits that are worth a second thread
_SMALL = 2**16  # entries of a table that is turned into the logits' type at once
_LINE = 64  # bytes of a cache line
_PIECES, _LEAST = 16, 2**14  # pieces for each thread, so that one that was interrupted holds up nobody; their logits

# The words that a compiled kernel is called with: numbers, addresses, and two float64 as their bits.
(
    ROWS, CLASSES, PIECE, NEXT, SLOT, FAULT, Z, Z_STRIDE, G, WANTED, LOSS,
    INDEX, INDEX_STEP, WEIGHT, WEIGHT_STEP, NAMED, TABLE, TABLE_KIND, TABLE_STRIDE, TABLE_ROWS,
    TABLE_INDEX, TABLE_INDEX_STEP, TABLE_WEIGHT, TABLE_WEIGHT_STEP, SHARES, SCALE, SCALE_STEP, MOVE_MASS,
    ROOM, SPAN, NUMBERS, TABLE_MASS, TABLE_LEVEL, Z_LOSS, WORDS,
) = range(35)  # fmt: skip


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
    run: Runner = pool.run,
    move_mass: bool = True,
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
    short = half.kind(logits.dtype)
    if short is None and logits.dtype not in (np.float32, np.float64):
        raise TypeError(f"logits has dtype {logits.dtype}: the kernel takes float16, bfloat16, float32 and float64")
    dtype = np.dtype(np.float32) if short else logits.dtype
    if logits.ndim != 2 or logits.shape[1] == 0:
        raise ValueError(f"logits has shape {logits.shape}: expected (N, K), one row an example")
    n, k = logits.shape
    index, weight = _pair("index", index, weight, n)
    if table is None or table_index is None or table_weight is None:
        table, table_index, table_weight = np.zeros((1, k), dtype), np.empty((n, 0), np.int64), np.empty((n, 0))
    if table.ndim != 2 or table.shape[1] != k:
        raise ValueError(f"table has shape {table.shape}: expected rows of {k} classes")
    table_index, table_weight = _pair("table_index", table_index, table_weight, n)
    _in_range("index", index, k)
    _in_range("table_index", table_index, table.shape[0])
    table, table_mass, level = _prepared(table, logits, dtype)
    scale = np.ones(1) if row_scale is None else np.asarray(row_scale, np.float64).reshape(-1)
    if scale.size not in (1, n):
        raise ValueError(f"row_scale has {scale.size} entries: expected one, or one for each of the {n} rows")
    scale = _side_by_side(scale[:, None], np.float64)
    if out is not None and not (out.shape == (n, k) and out.dtype == logits.dtype and out.flags.c_contiguous):
        raise ValueError(f"out is {out.dtype} of shape {out.shape}: expected C-contiguous {logits.dtype} ({n}, {k})")
    loss = np.empty(n, dtype)
    result = (np.empty((n, k), logits.dtype) if out is None else out) if gradient else None
    if n == 0:
        return loss, result
    z, z_stride = _flat(logits)
    t, t_stride = _flat(table)
    g = loss if result is None else result  # never touched if nobody wants it
    count = max(min(pool.threads() if threads is None else threads, n * k // _MANY), 1)
    piece = max(-(-n // (_PIECES * count)), -(-_LEAST // k))
    words = np.zeros(WORDS, np.int64)
    lanes = lanes_of.py_func(k) if k <= NARROW else 0  # type: ignore[attr-defined]
    span = places.py_func(k, table_index.shape[1], dtype.itemsize, lanes, group_of.py_func(k))[-1]  # type: ignore[attr-defined]
    room = np.empty(count * span + _LINE, np.uint8)
    words[:TABLE_MASS] = (
        *(n, k, piece + -piece % max(lanes, 1), 0, 0, n),
        *(_address(z), z_stride, _address(g), gradient, _address(loss)),
        *(_address(index), _step(index), _address(weight), _step(weight), index.shape[1]),
        *(_address(t), OWN if table.dtype == dtype else 1 + KINDS.index(_kind(table.dtype)), t_stride, table.shape[0]),
        *(_address(table_index), _step(table_index)),
        *(_address(table_weight), _step(table_weight), table_index.shape[1]),
        *(
            _address(scale),
            _step(scale) if scale.size > 1 else 0,
            move_mass,
            _address(room) + -_address(room) % _LINE,
            span,
            _numbers(dtype),
        ),
    )
    words[TABLE_MASS:].view(np.float64)[:] = table_mass, level, z_loss
    run(_compiled(_kind(logits.dtype)).address, _address(words), count)
    if (bad := int(words[FAULT])) < n:
        raise checks.bad_logits(half.widened(logits[bad]), bad)
    return loss, result


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


@cache
def _numbers(dtype: Any) -> int:
    """Where the constants of exp are."""
    return _address(EXP[dtype.name])


@cache
def _kind(dtype: Any) -> str:
    """The dtype of what compiled code reads: of float16 and bfloat16 the bits."""
    short = half.kind(dtype)
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
    small = single or table.size <= _SMALL or 4 * table.size <= logits.size
    table = half.widened(table) if small else table
    mass, level = 0.0, np.nan
    if single:
        first = float(table[0, 0])
        if math.isfinite(first) and (table == first).all():
            mass, level = first * table.shape[1], first
        else:
            mass = float(table.sum(dtype=np.float64))
    if small or (table.dtype not in (np.float32, np.float64) and half.kind(table.dtype) is None):
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


@glue
def places(classes: int, shares: int, size: int, lanes: int, rows: int) -> tuple[int, int, int, int]:
    """Where in a thread's scratch its parts begin (after the logits' type: float64, int64, bool), and its length."""
    line, several = classes + -classes % 16, rows + -rows % 8  # whole vectors
    wide = (max((3 * line + 6) * lanes, (2 * rows + 1) * line) * size + 63) // 64 * 64
    whole = wide + (max(3 * lanes, 6 * several) + 2 * shares) * 8
    flags = whole + (lanes + several + shares) * 8
    return wide, whole, flags, (flags + 2 * lanes + several + 63) // 64 * 64


@cache
def _compiled(kind: str) -> Any:
    """The kernel for one type of logits: a C function that takes pieces of the rows until none is left."""
    sources = SOURCES  # a constant in the closure: part of the key that Numba caches by
    entry = np.dtype(kind).type
    real = np.float64 if kind == "float64" else np.float32
    itemsize, numbers = np.dtype(real).itemsize, EXP[np.dtype(real).name].size

    def kernel(address: Any) -> None:
        w = carray(address, WORDS if sources != -1 else 0)
        n, classes, shares = w[ROWS], w[CLASSES], w[SHARES]
        mass = Mass(
            carray(located(w[INDEX], np.int64), (n - 1) * w[INDEX_STEP] + w[NAMED]), w[INDEX_STEP],
            carray(located(w[WEIGHT], np.float64), (n - 1) * w[WEIGHT_STEP] + w[NAMED]), w[WEIGHT_STEP], w[NAMED],
            Table(
                carray(located(w[TABLE], real), (w[TABLE_ROWS] - 1) * w[TABLE_STRIDE] + classes), w[TABLE],
                w[TABLE_KIND], w[TABLE_STRIDE], w[TABLE_ROWS],
                bits_float64(w[TABLE_MASS]), bits_float64(w[TABLE_LEVEL]),
            ),
            carray(located(w[TABLE_INDEX], np.int64), (n - 1) * w[TABLE_INDEX_STEP] + shares), w[TABLE_INDEX_STEP],
            carray(located(w[TABLE_WEIGHT], np.float64), (n - 1) * w[TABLE_WEIGHT_STEP] + shares),
            w[TABLE_WEIGHT_STEP], shares,
        )  # fmt: skip
        job = Job(
            carray(located(w[Z], entry), (n - 1) * w[Z_STRIDE] + classes), w[Z_STRIDE], classes, mass,
            carray(located(w[SCALE], np.float64), (n - 1) * w[SCALE_STEP] + 1), w[SCALE_STEP],
            bits_float64(w[Z_LOSS]), w[MOVE_MASS] != 0,
            carray(located(w[G], entry), n * classes if w[WANTED] else 0), w[WANTED] != 0,
            carray(located(w[LOSS], real), n), carray(located(w[NUMBERS], real), numbers),
        )  # fmt: skip
        at = w[ROOM] + fetch_add(w, SLOT, 1) * w[SPAN]
        tiled = classes <= NARROW
        lanes = lanes_of(classes) if tiled else 0
        line, rows = classes + -classes % 16, group_of(classes)
        most = rows + -rows % 8
        wide, whole, flags, _ = places(classes, shares, itemsize, lanes, rows)
        reals = carray(located(at, real), wide // itemsize)
        wides = carray(located(at + wide, np.float64), (whole - wide) // 8)
        wholes = carray(located(at + whole, np.int64), (flags - whole) // 8)
        bools = carray(located(at + flags, np.bool_), 2 * lanes + most)
        several = Group(
            reals[: rows * line], reals[rows * line : 2 * rows * line],
            wides[:most], wides[most : 2 * most], wides[2 * most : 3 * most], wides[3 * most : 4 * most],
            wides[4 * most : 5 * most], wides[5 * most : 6 * most], wholes[:most], bools[2 * lanes :],
        )  # fmt: skip
        one = Scratch(
            several.e, reals[2 * rows * line : 2 * rows * line + classes], several.t[:classes], wholes[lanes + most :],
            wides[wides.size - 2 * shares : wides.size - shares], wides[wides.size - shares :],
        )  # fmt: skip
        many = (classes + -classes % 16) * lanes
        size = classes * lanes
        room = Tile(
            reals[:size], reals[many : many + size], reals[2 * many : 2 * many + size],
            reals[3 * many : 3 * many + lanes], reals[3 * many + lanes : 3 * many + 2 * lanes],
            reals[3 * many + 2 * lanes : 3 * many + 3 * lanes], reals[3 * many + 3 * lanes : 3 * many + 4 * lanes],
            reals[3 * many + 4 * lanes : 3 * many + 5 * lanes], reals[3 * many + 5 * lanes : 3 * many + 6 * lanes],
            wholes[:lanes], wides[:lanes], wides[lanes : 2 * lanes], wides[2 * lanes : 3 * lanes],
            bools[:lanes], bools[lanes : 2 * lanes],
        )  # fmt: skip
        while True:
            lo = fetch_add(w, NEXT, w[PIECE])
            if lo >= n:
                return
            hi = min(lo + w[PIECE], n)
            if tiled and hi - lo >= FEW:
                some = by_tiles(job, room, lo, hi)
            else:
                some = by_groups(job, several, lo, hi, rows)
            if some:
                bad = by_rows(job, one, lo, hi)
                if bad >= 0:
                    fetch_min(w, FAULT, bad)

    return task(kernel)

"""The fused loss on the CPU: loss and gradient of every row against any target, in one pass over the logits."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numba import types
from numpy.typing import NDArray

from onewarm import checks
from onewarm.kernels import half, pool
from onewarm.kernels.compile import SOURCES, array, borrowed, entry
from onewarm.kernels.narrow import FEW, NARROW, Tile, by_tiles
from onewarm.kernels.wide import LANES, Job, Mass, Scratch, by_rows

Work: TypeAlias = Callable[[int, int], int]

_MANY = 2**16  # logits that are worth a second thread
_SMALL = 2**20  # entries of a table that is turned into the logits' type, which spares a compilation


def rows(
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
        threads: at most so many; by default :func:`onewarm.kernels.pool.threads`.
        move_mass: whether a table row's mass on masked classes moves to the others; if not, it makes the loss +inf as
            named mass does.

    Returns:
        Losses (N,), float32, or float64 for float64 logits; and the gradient (N, K) in the logits' dtype, rounded to
        nearest even, or None.

    Raises:
        TypeError: logits of another dtype.
        ValueError: shapes that disagree, an index out of range, a row with a NaN, a +inf, or every class masked.

    Example:
        >>> loss, gradient = rows(np.array([[3.0, 1.0, -0.5, -1.0]]), np.array([[0]]), np.array([[1.0]]))
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
        table, table_index, table_weight = np.zeros((1, k), dtype), index[:, :0], weight[:, :0]
    if table.ndim != 2 or table.shape[1] != k:
        raise ValueError(f"table has shape {table.shape}: expected rows of {k} classes")
    table_index, table_weight = _pair("table_index", table_index, table_weight, n)
    _in_range("index", index, weight, k)
    _in_range("table_index", table_index, table_weight, table.shape[0])
    table, table_mass = _prepared(table, logits, dtype)
    scale = np.ones(1) if row_scale is None else np.asarray(row_scale, np.float64).reshape(-1)
    if scale.size not in (1, n):
        raise ValueError(f"row_scale has {scale.size} entries: expected one, or one for each of the {n} rows")
    if out is not None and not (out.shape == (n, k) and out.dtype == logits.dtype and out.flags.c_contiguous):
        raise ValueError(f"out is {out.dtype} of shape {out.shape}: expected C-contiguous {logits.dtype} ({n}, {k})")
    loss = np.empty(n, dtype)
    result = (np.empty((n, k), logits.dtype) if out is None else out) if gradient else None
    if n == 0:
        return loss, result
    work = _halves if short or half.kind(table.dtype) else _whole
    mass = (index, weight, table, table_index, table_weight, table_mass)
    options = (float(z_loss), bool(move_mass))
    bad = pool.split(work(logits, mass, scale, options, result, loss), n, k, _MANY, threads)
    if bad >= 0:
        raise checks.bad_logits(half.widened(logits[bad]), bad)
    return loss, result


def _whole(logits: Any, mass: Any, scale: Any, options: tuple[float, bool], result: Any, loss: Any) -> Work:
    """The work on rows lo to hi where the kernel takes the arrays as they are; the first row at fault, or -1."""
    index, weight, table, table_index, table_weight, table_mass = mass
    z, z_stride = _flat(logits)
    t, t_stride = _flat(table)
    g = np.empty(0, logits.dtype) if result is None else result.reshape(-1)
    run = _compiled(logits.dtype.name, table.dtype.name)
    k = logits.shape[1]
    arguments = (
        *(z, z_stride, k, index, weight, t, t_stride, table_mass, table_index, table_weight),
        *(np.ascontiguousarray(scale), int(scale.size > 1), *options, g, loss),
    )

    def work(lo: int, hi: int) -> int:
        bad: int = run(*arguments, *_scratch(k, table_index.shape[1], logits.dtype), lo, hi)
        return bad

    return work


def _halves(logits: Any, mass: Any, scale: Any, options: tuple[float, bool], result: Any, loss: Any) -> Work:
    """:func:`_whole` where logits or a big table are kept in two bytes: block by block in a wider type."""
    index, weight, table, table_index, table_weight, table_mass = mass
    k = logits.shape[1]
    short, short_table = half.kind(logits.dtype), half.kind(table.dtype)
    z, z_stride = _flat(_bits(logits)) if short else (logits, 0)
    g = None if result is None else _bits(result).reshape(-1)
    step = max(half.BLOCK // k, 1)
    none = np.empty(0)

    def work(lo: int, hi: int) -> int:
        block = np.empty((min(step, hi - lo), k), loss.dtype)
        for a in range(lo, hi, step):
            b = min(a + step, hi)
            part = block[: b - a]
            rows, place = (part, part) if short else (logits[a:b], None if result is None else result[a:b])
            if short:
                half.widen(short)(z, a * z_stride, z_stride, k, b - a, part.reshape(-1))
            some = (index[a:b], weight[a:b], table, table_index[a:b], table_weight[a:b], table_mass)
            if short_table:  # the rows of it that are used here
                used, where = np.unique(table_index[a:b], return_inverse=True)
                used = used.clip(0, len(table) - 1)  # where there is no mass, the index means nothing
                some = (*some[:2], half.widened(table[used]), where.reshape(b - a, -1), some[4], none)
            scales = scale[a:b] if scale.size > 1 else scale
            bad = _whole(rows, some, scales, options, None if g is None else place, loss[a:b])(0, b - a)
            if bad >= 0:
                return a + bad
            if short and g is not None:
                half.narrow(short)(part.reshape(-1), g, a * k, (b - a) * k)
        return -1

    return work


def _bits(rows: NDArray[Any]) -> NDArray[Any]:
    """float16 or bfloat16 as uint16; other types as they are."""
    return rows.view(np.uint16) if half.kind(rows.dtype) else rows


def _pair(name: str, index: Any, weight: Any, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """An index and its weights in the kernel's types."""
    index, weight = np.asarray(index), np.asarray(weight)
    if index.ndim != 2 or index.shape != weight.shape or index.shape[0] != n:
        raise ValueError(
            f"{name} has shape {index.shape} and its weights {weight.shape}: expected the same, of {n} rows"
        )
    return np.ascontiguousarray(index, np.int64), np.ascontiguousarray(weight, np.float64)


def _in_range(name: str, index: NDArray[np.int64], weight: NDArray[np.float64], size: int) -> None:
    """Refuse an index that a loop would follow out of its array; where the weight is 0 nobody follows it."""
    if index.size == 0 or (index.min() >= 0 and index.max() < size):
        return
    wrong = ((index < 0) | (index >= size)) & (weight != 0)
    if (bad := checks.first_true(wrong)) is not None:
        raise ValueError(f"target.{name}{list(bad)} is {index[bad]}, outside 0..{size - 1}")


def _prepared(table: NDArray[Any], logits: NDArray[Any], dtype: Any) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The table in a type that the kernel takes, and each row's mass; a big table is neither copied nor summed here."""
    small = table.shape[0] == 1 or table.size <= _SMALL or 4 * table.size <= logits.size
    table = half.widened(table) if small else table
    mass = table.sum(axis=1, dtype=np.float64) if small else np.empty(0)
    if small or (table.dtype not in (np.float32, np.float64) and half.kind(table.dtype) is None):
        table = table.astype(dtype, copy=False)
    return table, mass


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


def _scratch(classes: int, rows: int, dtype: Any) -> tuple[NDArray[Any], ...]:
    """Fresh scratch for one call of the compiled kernel: in the logits' type, float64, int64, bool."""
    real = max((2 * classes + 3) * LANES if classes <= NARROW else 0, classes)
    wide = max(2 * rows, 3 * LANES)
    return np.empty(real, dtype), np.empty(wide), np.empty(rows, np.int64), np.empty(2 * LANES, np.bool_)


@cache
def _compiled(dtype: str, table_dtype: str) -> Any:
    """The kernel for one pair of types: (..., first row, end) -> the first row that has no loss, or -1."""
    sources = SOURCES  # a constant in the closure: part of the key that Numba caches by

    def kernel(
        z: Any, z_stride: int, classes: int, index: Any, weight: Any, table: Any, t_stride: int, table_mass: Any,
        table_index: Any, table_weight: Any, scale: Any, scale_step: int, z_loss: float,
        move_mass: bool, g: Any, loss: Any,
        real: Any, wide: Any, whole: Any, flags: Any, lo: int, hi: int,
    ) -> int:  # fmt: skip
        mass = Mass(
            borrowed(index), borrowed(weight), borrowed(table), t_stride, borrowed(table_mass),
            borrowed(table_index), borrowed(table_weight),
        )  # fmt: skip
        job = Job(
            borrowed(z), z_stride, classes, mass, borrowed(scale), scale_step, z_loss, move_mass,
            borrowed(g), borrowed(loss),
        )  # fmt: skip
        real, wide, flags = borrowed(real), borrowed(wide), borrowed(flags)
        many = table_index.shape[1]
        one = Scratch(real, borrowed(whole), wide[:many], wide[many : 2 * many])
        tiles = classes <= NARROW and hi - lo >= FEW and sources != -1
        if tiles:
            size = classes * LANES
            room = Tile(
                real[:size], real[size : 2 * size], real[2 * size : 2 * size + LANES],
                real[2 * size + LANES : 2 * size + 2 * LANES], real[2 * size + 2 * LANES : 2 * size + 3 * LANES],
                wide[:LANES], wide[LANES : 2 * LANES], wide[2 * LANES : 3 * LANES], flags[:LANES], flags[LANES:],
            )  # fmt: skip
            if not by_tiles(job, room, lo, hi):
                return -1
        return by_rows(job, one, lo, hi, tiles)

    signature = types.int64(
        *(array(dtype, 1), types.int64, types.int64, array("int64", 2), array("float64", 2)),
        *(array(table_dtype, 1), types.int64, array("float64", 1), array("int64", 2), array("float64", 2)),
        *(array("float64", 1), types.int64, types.float64, types.boolean),
        array(dtype, 1, written=True),
        *(array(dtype, 1, written=True), array(dtype, 1, written=True)),
        *(array("float64", 1, written=True), array("int64", 1, written=True), array("bool_", 1, written=True)),
        *(types.int64, types.int64),
    )
    return entry(signature, kernel)

"""The fused loss on the CPU: loss and gradient of every row against any target, in one pass over the logits.

Python checks the arguments and fills in a record (arguments.py); a compiled function (compiled.py) then takes pieces of
the rows until none is left, in as many threads as call it. Where the definition is asked for (kernels/way.py), or
nothing can be compiled, the same arrays are filled in by NumPy (kernels/plain).
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
from onewarm.kernels.cpu.few_classes import FEWEST_ROWS, MOST_CLASSES
from onewarm.kernels.cpu.float16 import widened
from onewarm.kernels.cpu.inputs import (
    address,
    checked_type,
    entry_type,
    flat,
    in_range,
    native,
    pair,
    prepared,
    side_by_side,
    step,
)
from onewarm.kernels.cpu.table_row import NONE, OTHER, OTHERS, SAME
from onewarm.kernels.cpu.thread_pool import Runner
from onewarm.kernels.jit.decorators import uncompiled
from onewarm.kernels.jit.entry import CFunction
from onewarm.kernels.jit.exp_log import EXP_CONSTANTS
from onewarm.kernels.plain.rows import Call, Target, by_definition
from onewarm.kernels.way import compiling_failed, way

_LOGITS_A_THREAD = 2**16  # logits that are worth one more thread
# Bytes between scratch memory and what else lies on the heap: compiled code has loops of two kinds, and takes the plain
# one where an array begins within a few vectors of another. So the same call takes the same loops wherever it may be.
_APART = 1024
_EXP_CONSTANTS = {constants.itemsize: address(constants) for constants in EXP_CONSTANTS.values()}
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
    real = checked_type(logits)
    n, k = logits.shape
    index, weight = pair("index", index, weight, n)
    if table is None or table_index is None or table_weight is None or np.shape(table_index)[1:] == (0,):
        table, table_index, table_weight = np.zeros((1, k), real), np.empty((n, 0), np.int64), np.empty((n, 0))
    if table.ndim != 2 or table.shape[1] != k:
        raise ValueError(f"table has shape {table.shape}: expected rows of {k} classes")
    table_index, table_weight = pair("table_index", table_index, table_weight, n)
    in_range("index", index, k)
    in_range("table_index", table_index, table.shape[0])
    scale = np.ones(1) if row_scale is None else np.asarray(row_scale, np.float64).reshape(-1)
    if scale.size not in (1, n):
        raise ValueError(f"row_scale has {scale.size} entries: expected one, or one for each of the {n} rows")
    if out is not None and not (out.shape == (n, k) and out.dtype == logits.dtype and out.flags.c_contiguous):
        raise ValueError(f"out is {out.dtype} of shape {out.shape}: expected C-contiguous {logits.dtype} ({n}, {k})")
    z = native(logits)
    loss = np.empty(n, real)
    result = (np.empty((n, k), z.dtype) if out is None or out.dtype != z.dtype else out) if gradient else None
    if n == 0:
        return loss, result if out is None or not gradient else out
    target = index, weight, table, table_index, table_weight
    how = threads, run, real, way() == "compiled"
    bad = _fill_in(z, target, scale, z_loss, move_mass, loss, result, *how)
    if bad < n:
        if check:
            raise checks.bad_logits(widened(z[bad]), bad)
        if result is not None:
            result[np.isnan(loss)] = _NAN_BITS if result.dtype == np.uint16 else np.nan
    if out is None or result is None or result is out:
        return loss, result
    out[...] = result  # of the other byte order
    return loss, out


def _fill_in(
    logits: NDArray[Any],
    target: tuple[NDArray[Any], ...],
    factors: NDArray[np.float64],
    z_loss: float,
    move_mass: bool,
    loss: NDArray[Any],
    gradient: NDArray[Any] | None,
    threads: int | None,
    run: Runner,
    real: np.dtype[Any],
    by_kernel: bool,
) -> int:
    """Fill in loss and gradient, which is multiplied by ``factors``; returns the first bad row, or N."""

    def definition(which: NDArray[np.bool_] | None = None) -> int:
        return by_definition(Call(logits, Target(*target), factors, z_loss, move_mass, loss, gradient), which)

    if not by_kernel:
        return definition()
    n, k = logits.shape
    index, weight, table, table_index, table_weight = target
    shares = table_index.shape[1]
    table_mass, table_level = 0.0, 0.0
    if shares:
        table, table_mass, table_level = prepared(table, logits, real)
    z, z_step = flat(logits)
    t, t_step = flat(table)
    scale = side_by_side(factors[:, None], np.float64)
    kind = entry_type(logits.dtype)
    name, reads = _way(n, k, index.shape[1], shares, table, table_level, real)
    function = _kernel(kind, name, reads)
    if function is None:
        return definition()
    count = max(min(thread_pool.threads() if threads is None else threads, n * k // _LOGITS_A_THREAD), 1)
    piece = max(-(-n // (_PIECES * count)), -(-_LEAST_PIECE // k))
    size, bytes_each = _plan(k, shares, real.itemsize)
    together = 1 if name == GROUPS else uncompiled(tile.tile_rows)(k)
    memory = np.empty(count * bytes_each + LINE + 2 * _APART, np.uint8)
    scratch = address(memory) + _APART
    arguments = Arguments(
        next_row=0,
        next_thread=0,
        bad_row=n,
        deferred=0,
        rows=n,
        classes=k,
        named=index.shape[1],
        shares=shares,
        logits=address(z),
        logits_step=z_step,
        named_index=address(index),
        named_index_step=step(index),
        named_weight=address(weight),
        named_weight_step=step(weight),
        table=address(t),
        table_kind=OTHERS.index(entry_type(table.dtype)),
        table_step=t_step,
        table_rows=table.shape[0],
        table_mass=table_mass,
        table_level=table_level,
        table_index=address(table_index),
        table_index_step=step(table_index),
        table_weight=address(table_weight),
        table_weight_step=step(table_weight),
        scale=address(scale),
        scale_step=step(scale) if scale.size > 1 else 0,
        z_loss=z_loss,
        move_mass=move_mass,
        with_gradient=gradient is not None,
        gradient=0 if gradient is None else address(gradient),
        loss=address(loss),
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
    run(function.address, address(words), count)
    if words[DEFERRED]:
        words[NEXT_ROW] = words[NEXT_THREAD] = 0
        function = _kernel(kind, DEFERRED_ROWS, reads)
        if function is None:
            return definition(np.isnan(loss))
        run(function.address, address(words), count)
    return int(words[BAD_ROW])


def _kernel(kind: str, name: str, reads: str) -> CFunction | None:
    """A compiled function; None, after a warning, where it cannot be compiled."""
    try:
        return kernel(kind, name, reads)
    except Exception as error:  # whatever Numba and LLVM raise on a machine that we have not seen
        compiling_failed(error)
        return None


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

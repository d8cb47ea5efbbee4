"""The passes over one row, a vector at a time: its largest logit, exponentials and their sum, the gradient.

Arithmetic and memory take about the same time: while one row's exponentials are computed, the next row, its row of the
table, and the place of this row's gradient are prefetched.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from onewarm.kernels.jit.decorators import inlined
from onewarm.kernels.jit.exp_log import exp
from onewarm.kernels.jit.intrinsics import cast, larger, prefetch_read, prefetch_write
from onewarm.kernels.jit.line import lanes
from onewarm.kernels.jit.simd import (
    fill_after,
    full,
    load,
    load_first,
    reduce_add,
    reduce_max,
    store,
    store_first,
)

STEP = 512  # terms added in the logits' precision before they go to a float64 sum
_BEYOND = -1024.0  # in the lanes beyond the end of a row: its exponential is 0


class Prefetch(NamedTuple):
    """What to fetch while a row is computed: arrays, and the entry where each row begins."""

    logits: Any  # the next row
    logits_at: Any
    table: Any  # its row of the table
    table_at: Any
    gradient: Any  # this row's
    gradient_at: Any
    with_gradient: Any


@inlined
def prefetch(ahead: Prefetch, first: int, count: int) -> None:
    """Fetch ``count`` logits, and places of the gradient, from ``first`` on, a cache line at a time."""
    line = lanes(ahead.logits)
    for k in range(first, first + count, line):
        prefetch_read(ahead.logits, ahead.logits_at + k)
    if ahead.with_gradient:
        for k in range(first, first + count, line):
            prefetch_write(ahead.gradient, ahead.gradient_at + k)


@inlined
def row_max(z: Any, like: Any) -> Any:
    """The largest of z, a number of ``like``'s type; any entry if one is NaN."""
    width = lanes(like)
    pairs = z.size - z.size % (2 * width)
    whole = z.size - z.size % width
    top, other_top = full(-np.inf, like), full(-np.inf, like)
    for k in range(0, pairs, 2 * width):
        top, other_top = larger(load(z, k, like), top), larger(load(z, k + width, like), other_top)
    if pairs < whole:
        top = larger(load(z, pairs, like), top)
    if whole < z.size:
        rest = z.size - whole
        top = larger(fill_after(load_first(z, whole, rest, like), rest, -np.inf), top)
    return reduce_max(larger(top, other_top))


@inlined
def exponentials(z: Any, top: Any, e: Any, ahead: Prefetch, c: Any) -> Any:
    """e <- exp(z - top); returns their sum, and the sum of z - top. e has entries to the end of the last vector.

    The second sum is not finite if an entry of z is not, or if it overflows: the caller then leaves the row to
    :mod:`onewarm.kernels.cpu.fallback_row`.
    """
    width = lanes(e)
    sum_e, sum_d = 0.0, 0.0
    for start in range(0, z.size, STEP):
        end = min(start + STEP, z.size)
        whole = end - (end - start) % width
        part_e, part_d = full(0.0, e), full(0.0, e)
        for k in range(start, whole, width):
            prefetch(ahead, k, width)
            d = load(z, k, e) - top
            v = exp(d, c)
            store(e, k, v)
            part_e, part_d = part_e + v, part_d + d
        if whole < end:
            prefetch(ahead, whole, width)
            rest = end - whole
            d = load_first(z, whole, rest, e) - top
            v = exp(fill_after(d, rest, _BEYOND), c)
            store(e, whole, v)
            part_e, part_d = part_e + v, part_d + fill_after(d, rest, 0.0)
        sum_e += np.float64(reduce_add(part_e))
        sum_d += np.float64(reduce_add(part_d))
    return sum_e, sum_d


@inlined
def exponentials_and_dot(z: Any, top: Any, e: Any, row: Any, ahead: Prefetch, c: Any) -> Any:
    """As :func:`exponentials`; returns the sum of e, <row, z - top> in the place of the other, and the sum of row."""
    width = lanes(e)
    sum_e, dot, mass = 0.0, 0.0, 0.0
    for start in range(0, z.size, STEP):
        end = min(start + STEP, z.size)
        whole = end - (end - start) % width
        part_e, part_dot, part_mass = full(0.0, e), full(0.0, e), full(0.0, e)
        for k in range(start, whole, width):
            prefetch(ahead, k, width)
            prefetch_read(ahead.table, ahead.table_at + k)
            d, t = load(z, k, e) - top, load(row, k, e)
            v = exp(d, c)
            store(e, k, v)
            part_e, part_dot, part_mass = part_e + v, part_dot + d * t, part_mass + t
        if whole < end:
            prefetch(ahead, whole, width)
            prefetch_read(ahead.table, ahead.table_at + whole)
            rest = end - whole
            d, t = fill_after(load_first(z, whole, rest, e) - top, rest, _BEYOND), load_first(row, whole, rest, e)
            v = exp(d, c)
            store(e, whole, v)
            part_e, part_dot, part_mass = part_e + v, part_dot + d * t, part_mass + t
        sum_e += np.float64(reduce_add(part_e))
        dot += np.float64(reduce_add(part_dot))
        mass += np.float64(reduce_add(part_mass))
    return sum_e, dot, mass


@inlined
def scaled_minus(e: Any, c: Any, w: Any, g: Any) -> None:
    """g <- c e - w."""
    width = lanes(e)
    whole = g.size - g.size % width
    c, w = cast(c, e), cast(w, e)
    for k in range(0, whole, width):
        store(g, k, load(e, k, e) * c - w)
    if whole < g.size:
        store_first(g, whole, g.size - whole, load(e, whole, e) * c - w)


@inlined
def scaled_minus_row(e: Any, c: Any, row: Any, w: Any, g: Any) -> None:
    """g <- c e - w row."""
    width = lanes(e)
    whole = g.size - g.size % width
    c, w = cast(c, e), cast(w, e)
    for k in range(0, whole, width):
        store(g, k, load(e, k, e) * c - load(row, k, e) * w)
    if whole < g.size:
        rest = g.size - whole
        store_first(g, whole, rest, load(e, whole, e) * c - load_first(row, whole, rest, e) * w)

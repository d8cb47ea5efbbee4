"""The passes over one row, a vector at a time: its largest logit, exponentials and their sum, the gradient.

Computing and memory take about the same time: while one row's exponentials are made, the next row, its row of the
table, and the place of the gradient are fetched.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from onewarm.kernels.cpu.exp_log import exp
from onewarm.kernels.cpu.jit import cast, glue, larger, soon_read, soon_written
from onewarm.kernels.cpu.simd import full, largest, load, load_first, only_first, store, store_first, total

STEP = 512  # terms added in the logits' precision before they go to a float64 sum
_OUT = -1024.0  # stands for what is beyond the row: its exponential is 0


class Near(NamedTuple):
    """What is fetched into the cache while a row is computed: the next row and its table row, this row's gradient."""

    z: Any
    z_at: Any
    t: Any
    t_at: Any
    g: Any
    g_at: Any
    wanted: Any  # whether there is a gradient


@glue
def width_of(e: Any) -> int:
    """How many entries of e are a vector."""
    width: int = 64 // e.itemsize
    return width


@glue
def fetch(near: Near, first: int, count: int) -> None:
    """Ask for ``count`` entries from ``first`` on, a cache line at a time."""
    line = 64 // near.z.itemsize
    for k in range(first, first + count, line):
        soon_read(near.z, near.z_at + k)
    if near.wanted:
        for k in range(first, first + count, line):
            soon_written(near.g, near.g_at + k)


@glue
def highest(z: Any, like: Any) -> Any:
    """The largest of z, a number of ``like``; whatever it may be if an entry is NaN."""
    width = width_of(like)
    pair = z.size - z.size % (2 * width)
    whole = z.size - z.size % width
    top, other_top = full(-np.inf, like), full(-np.inf, like)
    for k in range(0, pair, 2 * width):
        top, other_top = larger(load(z, k, like), top), larger(load(z, k + width, like), other_top)
    if pair < whole:
        top = larger(load(z, pair, like), top)
    if whole < z.size:
        rest = z.size - whole
        top = larger(only_first(load_first(z, whole, rest, like), rest, -np.inf), top)
    return largest(larger(top, other_top))


@glue
def exponentials(z: Any, top: Any, e: Any, near: Near, c: Any) -> Any:
    """e <- exp(z - top); their sum, and the sum of z - top. e has room for whole vectors.

    The second sum is not finite if an entry of z is not (or if it overflows: then look closer).
    """
    width = width_of(e)
    result, below = 0.0, 0.0
    for a in range(0, z.size, STEP):
        b = min(a + STEP, z.size)
        whole = b - (b - a) % width
        added, fallen = full(0.0, e), full(0.0, e)
        for k in range(a, whole, width):
            fetch(near, k, width)
            d = load(z, k, e) - top
            v = exp(d, c)
            store(e, k, v)
            added, fallen = added + v, fallen + d
        if whole < b:
            fetch(near, whole, width)
            rest = b - whole
            d = load_first(z, whole, rest, e) - top
            v = exp(only_first(d, rest, _OUT), c)
            store(e, whole, v)
            added, fallen = added + v, fallen + only_first(d, rest, 0.0)
        result += np.float64(total(added))
        below += np.float64(total(fallen))
    return result, below


@glue
def exponentials_and_dot(z: Any, top: Any, e: Any, row: Any, near: Near, c: Any) -> Any:
    """e <- exp(z - top); their sum, <row, z - top>, not finite as in :func:`exponentials`, and the row's sum."""
    width = width_of(e)
    result, dot, mass = 0.0, 0.0, 0.0
    for a in range(0, z.size, STEP):
        b = min(a + STEP, z.size)
        whole = b - (b - a) % width
        added, products, shares = full(0.0, e), full(0.0, e), full(0.0, e)
        for k in range(a, whole, width):
            fetch(near, k, width)
            soon_read(near.t, near.t_at + k)
            d, t = load(z, k, e) - top, load(row, k, e)
            v = exp(d, c)
            store(e, k, v)
            added, products, shares = added + v, products + d * t, shares + t
        if whole < b:
            fetch(near, whole, width)
            soon_read(near.t, near.t_at + whole)
            rest = b - whole
            d, t = only_first(load_first(z, whole, rest, e) - top, rest, _OUT), load_first(row, whole, rest, e)
            v = exp(d, c)
            store(e, whole, v)
            added, products, shares = added + v, products + d * t, shares + t
        result += np.float64(total(added))
        dot += np.float64(total(products))
        mass += np.float64(total(shares))
    return result, dot, mass


@glue
def scaled_less(e: Any, c: Any, w: Any, g: Any) -> None:
    """g <- c e - w."""
    width = width_of(e)
    whole = g.size - g.size % width
    c, w = cast(c, e), cast(w, e)
    for k in range(0, whole, width):
        store(g, k, load(e, k, e) * c - w)
    if whole < g.size:
        store_first(g, whole, g.size - whole, load(e, whole, e) * c - w)


@glue
def scaled_less_row(e: Any, c: Any, row: Any, w: Any, g: Any) -> None:
    """g <- c e - w row."""
    width = width_of(e)
    whole = g.size - g.size % width
    c, w = cast(c, e), cast(w, e)
    for k in range(0, whole, width):
        store(g, k, load(e, k, e) * c - load(row, k, e) * w)
    if whole < g.size:
        rest = g.size - whole
        store_first(g, whole, rest, load(e, whole, e) * c - load_first(row, whole, rest, e) * w)

"""Some rows at a time, each pass over all of them before the next: a short row alone would wait for its own sums.

Only what is usual is done here: finite logits, and at most one row of the table in a row's target. The others are left
to :mod:`onewarm.kernels.cpu.fallback_row`. With m = max z, d = z - m and t the row's target of mass s:

    e = exp(d)    loss = s log(sum e) - <t, d>    gradient = scale (s e / sum e - t)

Working with d and not with z keeps the digits of logits that share a large offset.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from onewarm.kernels.cpu.exp_log import constants, log
from onewarm.kernels.cpu.fallback_row import HUGE, Job
from onewarm.kernels.cpu.float16 import entry_of, number
from onewarm.kernels.cpu.jit import cast, chosen_by_type, glue
from onewarm.kernels.cpu.row_passes import (
    Near,
    exponentials,
    exponentials_and_dot,
    highest,
    scaled_less,
    scaled_less_row,
)
from onewarm.kernels.cpu.table_row import OWN, table_row, table_row_again

_ENTRIES, _MOST = 768, 16  # logits of a group, with what else it needs much less than a first-level cache; its rows
_FEW = 4  # rows that are solved one by one


@glue
def group_of(classes: int) -> int:
    """How many rows are a group."""
    return max(1, min(_MOST, _ENTRIES // classes))


class Group(NamedTuple):
    """Scratch for G rows; what has an entry a row goes to the end of a vector of float64, P entries."""

    e: Any  # (G * L,) exponentials, L the classes to the end of the last vector
    t: Any  # (G * L,) for rows of a table of another type
    top: Any  # (P,) float64
    added: Any  # (P,) float64, the sum of e
    dot: Any  # (P,) float64, <t, d>; at last the loss
    s: Any  # (P,) float64, mass
    share: Any  # (P,) float64, of the table row
    scale: Any  # (P,) float64, of the gradient
    chosen: Any  # (P,) int64, the table row, or -1
    left: Any  # (P,) whether the row is left to the other file


@glue
def named(job: Job, z: Any, i: int, top: Any) -> Any:
    """Mass of the named classes, and their part of <t, d>: not finite if one is masked."""
    mass = job.mass
    s, dot, some = 0.0, 0.0, False
    for j in range(mass.named):
        w = mass.weight[np.uint64(i * mass.weight_step + j)]
        if w != 0.0:
            s += w
            dot += w * (
                np.float64(number(z[np.uint64(mass.index[np.uint64(i * mass.index_step + j)])])) - np.float64(top)
            )
            some = True
    return s, dot, some


@glue
def only_row(job: Job, i: int) -> Any:
    """The one row of the table that row i takes a share of, and the share; row -1 if none, -2 if several."""
    mass = job.mass
    chosen, share = -1, 0.0
    for j in range(mass.shares):
        w = mass.table_weight[np.uint64(i * mass.table_weight_step + j)]
        if w != 0.0:
            r = mass.table_index[np.uint64(i * mass.table_index_step + j)]
            if chosen != -1 and chosen != r:
                return -2, 0.0
            chosen = r
            share += w
    return chosen, share


@glue
def ahead(job: Job, i: int, rows: int) -> Near:
    """What is fetched while row i is computed: the row of the next group that is in its place."""
    mass = job.mass
    known = mass.shares > 0 and i + rows < job.loss.size and mass.table.kind == OWN
    r = mass.table_index[np.uint64((i + rows) * mass.table_index_step)] if known else 0
    return Near(
        job.z, (i + rows) * job.stride, mass.table.own, r * mass.table.stride, job.g, i * job.classes, job.wanted
    )


@glue
def solve(room: Group, rows: int, z_loss: float) -> None:
    """dot <- the loss, added <- what e is multiplied by in the gradient, share <- scaled likewise."""
    for b in range(rows if rows < _FEW else room.dot.size):  # whole vectors, whose last entries nobody reads
        log_added = log(room.added[b])
        lse = room.top[b] + log_added
        room.dot[b] = room.s[b] * log_added - room.dot[b] + z_loss * room.s[b] * lse * lse
        room.added[b] = room.scale[b] * room.s[b] * (1.0 + 2.0 * z_loss * lse) / room.added[b]
        room.share[b] *= room.scale[b]


def less_named(g: Any, job: Job, room: Group, b: int, i: int, e: Any, row: Any, even: bool) -> None:
    """Take the mass of the named classes of row i, the b-th of the group, from its gradient g."""
    raise NotImplementedError("compiled code only")


@glue
def _less_named(g: Any, job: Job, room: Group, b: int, i: int) -> None:
    mass = job.mass
    for j in range(mass.named):
        w = mass.weight[np.uint64(i * mass.weight_step + j)]
        if w != 0.0:
            k = np.uint64(mass.index[np.uint64(i * mass.index_step + j)])
            g[k] = cast(np.float64(g[k]) - room.scale[b] * w, g)


@glue
def _less_named_short(g: Any, job: Job, room: Group, b: int, i: int, e: Any, row: Any, even: bool) -> None:
    """The entry is made anew: one that is rounded to two bytes has lost what the difference would be made of."""
    mass = job.mass
    for j in range(mass.named):
        if mass.weight[np.uint64(i * mass.weight_step + j)] == 0.0:
            continue
        k = np.uint64(mass.index[np.uint64(i * mass.index_step + j)])
        share = room.share[b] if even or room.chosen[b] < 0 else room.share[b] * np.float64(row[k])
        x = np.float64(e[k]) * room.added[b] - share
        for other in range(mass.named):
            if np.uint64(mass.index[np.uint64(i * mass.index_step + other)]) == k:
                x -= room.scale[b] * mass.weight[np.uint64(i * mass.weight_step + other)]
        g[k] = entry_of(g, cast(x, e))


_own: Any = lambda g, job, room, b, i, e, row, even: _less_named(g, job, room, b, i)  # noqa: E731
_short: Any = lambda g, job, room, b, i, e, row, even: _less_named_short(g, job, room, b, i, e, row, even)  # noqa: E731
chosen_by_type(less_named, float32=_own, float64=_own, uint16=_short, int16=_short)


@glue
def by_groups(job: Job, room: Group, lo: int, hi: int, most: int) -> bool:
    """Rows lo to hi, ``most`` at a time; returns whether some are left over.

    Their loss is NaN and their gradient not written.
    """
    classes, mass = job.classes, job.mass
    line = room.e.size // most
    some = False
    even = not np.isnan(mass.table.level)  # a uniform row need not be read: the sum of d is enough
    c = constants(job.numbers, room.e)
    for b in range(room.dot.size):  # what is beyond the last row is reckoned with too, and nobody reads it
        room.top[b] = room.dot[b] = room.s[b] = room.share[b] = room.scale[b] = 0.0
        room.added[b] = 1.0
    for first in range(lo, hi, most):
        rows = min(most, hi - first)
        for b in range(rows):
            i = first + b
            z = job.z[i * job.stride : i * job.stride + classes]
            top = highest(z, room.e)
            s, dot, live = named(job, z, i, top)
            chosen, share = only_row(job, i)
            room.left[b] = not (top < HUGE) or chosen == -2 or not (live or chosen != -1)
            room.top[b], room.s[b], room.dot[b] = top, s, dot
            room.chosen[b], room.share[b], room.scale[b] = chosen, share, job.scale[np.uint64(i * job.step)]
        for b in range(rows):
            i = first + b
            if room.left[b]:
                some = True
                continue
            z = job.z[i * job.stride : i * job.stride + classes]
            e, top, near = room.e[b * line : (b + 1) * line], cast(room.top[b], room.e), ahead(job, i, most)
            if even or room.chosen[b] < 0:
                added, below = exponentials(z, top, e, near, c)
                if even:
                    room.s[b] += room.share[b] * mass.table.mass
                    room.share[b] *= mass.table.level
                    room.dot[b] += room.share[b] * below
            else:
                row = table_row(mass.table, room.chosen[b], room.t[b * line : b * line + classes])
                added, below, kept = exponentials_and_dot(z, top, e, row, near, c)
                room.s[b] += room.share[b] * (mass.table.mass if mass.table.rows == 1 else kept)
                room.dot[b] += room.share[b] * below
            room.added[b] = added
            if not np.isfinite(below):  # masked or bad
                room.left[b] = True
                some = True
        solve(room, rows, job.z_loss)
        for b in range(rows):
            job.loss[first + b] = cast(np.nan if room.left[b] else room.dot[b], job.loss)
        if not job.wanted:
            continue
        for b in range(rows):
            i = first + b
            if room.left[b]:
                continue
            e = room.e[b * line : (b + 1) * line]
            g, row = job.g[i * classes : (i + 1) * classes], room.t[b * line : b * line + classes]
            if even or room.chosen[b] < 0:
                scaled_less(e, room.added[b], room.share[b], g)
            else:
                row = table_row_again(mass.table, room.chosen[b], row)
                scaled_less_row(e, room.added[b], row, room.share[b], g)
            less_named(g, job, room, b, i, e, row, even)
    return some

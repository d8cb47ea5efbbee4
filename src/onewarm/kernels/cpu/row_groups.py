"""The usual way: a few rows at a time, each pass over all of them before the next, so that no row waits for its sums.

It computes rows with finite logits and at most one table row in their target; the others are left to
:mod:`onewarm.kernels.cpu.fallback_row`. With m = max z, d = z - m and t the row's target of mass s:

    e = exp(d)    loss = s log(sum e) - <t, d>    gradient = scale (s e / sum e - t)

Working with d and not with z keeps the digits of logits that share a large offset.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from onewarm.kernels.cpu.arguments import Job, Scratch, Size, whole_vectors
from onewarm.kernels.cpu.fallback_row import HUGE
from onewarm.kernels.cpu.float16 import to_entry, to_number
from onewarm.kernels.cpu.row_passes import (
    Prefetch,
    exponentials,
    exponentials_and_dot,
    row_max,
    scaled_minus,
    scaled_minus_row,
)
from onewarm.kernels.cpu.table_row import NONE, SAME, table_row, table_row_again
from onewarm.kernels.jit.decorators import LOOP, chosen_by_type, inlined, uncompiled
from onewarm.kernels.jit.exp_log import exp_constants, log
from onewarm.kernels.jit.intrinsics import cast
from onewarm.kernels.jit.line import view

_ENTRIES = 768  # logits of a group: with what else it needs, much less than a first-level cache
_MOST_ROWS = 16
_FEW_ROWS = 4  # below this, losses are computed row by row and not in whole vectors
_NONE, _SEVERAL = -1, -2  # in the place of the only table row


class Group(NamedTuple):
    """Memory for G rows; arrays with an entry a row have P, to the end of a vector of float64."""

    e: Any  # (G * L,) exponentials, L the classes to the end of the last vector
    table: Any  # (G * L,) for table rows of another type
    top: Any  # (P,) float64
    sum_e: Any  # (P,) float64, the sum of e; later what e is multiplied by in the gradient
    dot: Any  # (P,) float64, <t, d>; later the loss
    s: Any  # (P,) float64, mass
    share: Any  # (P,) float64, of the table row
    scale: Any  # (P,) float64, of the gradient
    chosen: Any  # (P,) int64, the table row, or _NONE
    deferred: Any  # (P,) whether the row is left to fallback_row
    empty: Any  # (P,) whether it has no mass


@inlined
def group_rows(classes: int) -> int:
    """How many rows are a group."""
    return max(1, min(_MOST_ROWS, _ENTRIES // classes))


def scratch_size(classes: int) -> Size:
    """What :func:`group_of` divides."""
    rows, line = uncompiled(group_rows)(classes), uncompiled(whole_vectors)(classes)
    padded = rows + -rows % 8
    return Size(reals=2 * rows * line, doubles=6 * padded, integers=padded, flags=2 * padded)


@inlined
def group_of(scratch: Scratch, classes: int) -> Group:
    """A thread's scratch memory, for a group."""
    rows = group_rows(classes)
    size, padded = rows * whole_vectors(classes), rows + -rows % 8
    return Group(
        e=view(scratch.reals, 0, size),
        table=view(scratch.reals, size, size),
        top=view(scratch.doubles, 0, padded),
        sum_e=view(scratch.doubles, padded, padded),
        dot=view(scratch.doubles, 2 * padded, padded),
        s=view(scratch.doubles, 3 * padded, padded),
        share=view(scratch.doubles, 4 * padded, padded),
        scale=view(scratch.doubles, 5 * padded, padded),
        chosen=view(scratch.integers, 0, padded),
        deferred=view(scratch.flags, 0, padded),
        empty=view(scratch.flags, padded, padded),
    )


@inlined
def named_classes(job: Job, z: Any, i: int, top: Any) -> Any:
    """Mass of the named classes, their part of <t, d> (not finite if one is masked), and whether there is any."""
    target = job.target
    s, dot, some = 0.0, 0.0, False
    for j in range(target.named):
        w = target.weight[np.uint64(i * target.weight_step + j)]
        if w != 0.0:
            x = to_number(z[np.uint64(target.index[np.uint64(i * target.index_step + j)])])
            s += w
            dot += w * (np.float64(x) - np.float64(top))
            some = True
    return s, dot, some


@inlined
def only_table_row(job: Job, i: int) -> Any:
    """The one table row that row i takes a share of, and the share; or _NONE, or _SEVERAL."""
    target = job.target
    chosen, share = _NONE, 0.0
    for j in range(target.shares):
        w = target.table_weight[np.uint64(i * target.table_weight_step + j)]
        if w != 0.0:
            r = target.table_index[np.uint64(i * target.table_index_step + j)]
            if chosen != _NONE and chosen != r:
                return _SEVERAL, 0.0
            chosen = r
            share += w
    return chosen, share


@inlined
def ahead_of(job: Job, i: int, rows: int, r: int) -> Prefetch:
    """What to fetch while row i is computed: the row in its place in the next group, and row r of the table."""
    return Prefetch(
        logits=job.logits,
        logits_at=(i + rows) * job.logits_step,
        table=job.target.table.entries,
        table_at=r * job.target.table.stride,
        gradient=job.gradient,
        gradient_at=i * job.classes,
        with_gradient=job.with_gradient,
    )


@inlined
def next_table_row(job: Job, i: int) -> int:
    """The first table row of row i, if there is such a row."""
    target = job.target
    known = target.shares > 0 and i < job.loss.size
    r: int = target.table_index[np.uint64(i * target.table_index_step)] if known else 0
    return r


@inlined
def losses(group: Group, rows: int, z_loss: float) -> None:
    """dot <- the loss, sum_e <- what e is multiplied by in the gradient, share <- the scaled share."""
    for b in range(rows if rows < _FEW_ROWS else group.dot.size):  # whole vectors, whose last entries nobody reads
        log_sum = log(group.sum_e[b])
        lse = group.top[b] + log_sum
        group.dot[b] = group.s[b] * log_sum - group.dot[b] + z_loss * group.s[b] * lse * lse
        group.sum_e[b] = group.scale[b] * group.s[b] * (1.0 + 2.0 * z_loss * lse) / group.sum_e[b]
        group.share[b] *= group.scale[b]


def subtract_named(g: Any, job: Job, group: Group, b: int, i: int, e: Any, row: Any, uniform: bool) -> None:
    """Take the mass of the named classes of row i, the b-th of the group, from its gradient g."""
    raise NotImplementedError("compiled code only")


def _subtract_in_place(g: Any, job: Job, group: Group, b: int, i: int, e: Any, row: Any, uniform: bool) -> None:
    target = job.target
    for j in range(target.named):
        w = target.weight[np.uint64(i * target.weight_step + j)]
        if w != 0.0:
            k = np.uint64(target.index[np.uint64(i * target.index_step + j)])
            g[k] = cast(np.float64(g[k]) - group.scale[b] * w, g)


def _subtract_and_round(g: Any, job: Job, group: Group, b: int, i: int, e: Any, row: Any, uniform: bool) -> None:
    """Compute the entry again: the one in g was rounded to two bytes, and the difference would be rounded twice."""
    target = job.target
    for j in range(target.named):
        if target.weight[np.uint64(i * target.weight_step + j)] == 0.0:
            continue
        k = np.uint64(target.index[np.uint64(i * target.index_step + j)])
        share = group.share[b] if uniform or group.chosen[b] < 0 else group.share[b] * np.float64(row[k])
        x = np.float64(e[k]) * group.sum_e[b] - share
        for other in range(target.named):
            if np.uint64(target.index[np.uint64(i * target.index_step + other)]) == k:
                x -= group.scale[b] * target.weight[np.uint64(i * target.weight_step + other)]
        g[k] = to_entry(g, cast(x, e))


chosen_by_type(
    subtract_named,
    fastmath=LOOP,
    float32=_subtract_in_place,
    float64=_subtract_in_place,
    uint16=_subtract_and_round,
    int16=_subtract_and_round,
)


@inlined
def start_group(group: Group) -> None:
    """:func:`losses` computes with entries beyond the last row too, and nobody reads them."""
    for b in range(group.dot.size):
        group.top[b] = group.dot[b] = group.s[b] = group.share[b] = group.scale[b] = 0.0
        group.sum_e[b] = 1.0


@inlined
def read_row_of_group(job: Job, group: Group, b: int, i: int, z: Any) -> None:
    """Of row i, the b-th of the group: its largest logit, its named classes, its table row, and who computes it."""
    top = row_max(z, group.e)
    s, dot, some_named = named_classes(job, z, i, top)
    chosen, share = only_table_row(job, i)
    empty = not (some_named or chosen != _NONE)
    group.empty[b] = empty
    group.deferred[b] = not empty and (not (top < HUGE) or chosen == _SEVERAL)
    group.top[b], group.s[b], group.dot[b] = top, s, dot
    group.chosen[b], group.share[b] = chosen, share
    group.scale[b] = job.scale[np.uint64(i * job.scale_step)]


@cache
def rows_in_groups(reads: str) -> Any:
    """The compiled function (job, group, lo, hi, most) for one kind of table (see :mod:`table_row`).

    It computes rows lo to hi, ``most`` at a time, and returns whether some are left to fallback_row: their loss is NaN
    then, and their gradient not written.
    """
    uniform = reads == NONE  # a uniform row need not be read: the sum of d is enough
    prefetched = reads == SAME
    read_table_row, read_table_row_again = table_row(reads), table_row_again(reads)

    @inlined
    def rows(job: Job, group: Group, lo: int, hi: int, most: int) -> bool:
        classes, target = job.classes, job.target
        line = group.e.size // most
        some_deferred = False
        c = exp_constants(job.exp_constants, group.e)
        start_group(group)
        for first in range(lo, hi, most):
            rows = min(most, hi - first)
            for b in range(rows):
                i = first + b
                read_row_of_group(job, group, b, i, view(job.logits, i * job.logits_step, classes))
            for b in range(rows):
                i = first + b
                if group.empty[b]:
                    group.sum_e[b] = 1.0
                if group.deferred[b] or group.empty[b]:
                    some_deferred = some_deferred or group.deferred[b]
                    continue
                z = view(job.logits, i * job.logits_step, classes)
                e, top = view(group.e, b * line, line), cast(group.top[b], group.e)
                ahead = ahead_of(job, i, most, next_table_row(job, i + most) if prefetched else 0)
                if uniform:
                    sum_e, check = exponentials(z, top, e, ahead, c)
                    group.s[b] += group.share[b] * target.table.mass
                    group.share[b] *= target.table.level
                    group.dot[b] += group.share[b] * check
                elif group.chosen[b] < 0:
                    sum_e, check = exponentials(z, top, e, ahead, c)
                else:
                    row = read_table_row(target.table, group.chosen[b], view(group.table, b * line, classes))
                    sum_e, check, mass = exponentials_and_dot(z, top, e, row, ahead, c)
                    group.s[b] += group.share[b] * (target.table.mass if target.table.rows == 1 else mass)
                    group.dot[b] += group.share[b] * check
                group.sum_e[b] = sum_e
                if not np.isfinite(check):  # a masked or a bad logit
                    group.deferred[b] = True
                    some_deferred = True
            losses(group, rows, job.z_loss)
            for b in range(rows):
                loss = 0.0 if group.empty[b] else group.dot[b]
                job.loss[first + b] = cast(np.nan if group.deferred[b] else loss, job.loss)
            if not job.with_gradient:
                continue
            for b in range(rows):
                i = first + b
                if group.deferred[b]:
                    continue
                e = view(group.e, b * line, line)
                g, row = view(job.gradient, i * classes, classes), view(group.table, b * line, classes)
                if group.empty[b]:
                    for k in range(g.size):
                        g[k] = 0
                    continue
                if uniform or group.chosen[b] < 0:
                    scaled_minus(e, group.sum_e[b], group.share[b], g)
                else:
                    row = read_table_row_again(target.table, group.chosen[b], row)
                    scaled_minus_row(e, group.sum_e[b], row, group.share[b], g)
                subtract_named(g, job, group, b, i, e, row, uniform)
        return some_deferred

    return rows

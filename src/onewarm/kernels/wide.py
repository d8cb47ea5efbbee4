"""One row of logits at a time: read from memory once, the gradient written once.

With m = max z, d = z - m and t the row's target of mass s, over a scratch row e that stays in the cache:

    e = exp(d)    loss = s log(sum e) - <t, d>    gradient = scale (s e / sum e - t)

Working with d and not with z keeps the digits of logits that share a large offset. Computing and memory take about the
same time: while one row's exponentials are made, the next row and the place of the gradient are fetched.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from onewarm.kernels.compile import cast, glue, larger, soon_read, soon_written
from onewarm.kernels.half import number, place_of, put, row_of
from onewarm.kernels.vector import (
    BLOCK,
    dot_and_shares,
    exponentials,
    exponentials_and_dot,
    inspect,
    last_exponentials,
    last_exponentials_and_dot,
    log,
    survey,
)

LANES = 64  # loops run over multiples of this; the rest is taken with some of what came before it
STEP = 256  # entries between two looks ahead: their cache lines are as many as a core waits for at a time
_HUGE = 1e30  # above this, z - max z may overflow: take the careful path


class Mass(NamedTuple):
    """A target's five arrays as the kernels take them: row after row, with the step from one to the next.

    The step of an index or a weight is 0 where one row stands for all.
    """

    index: Any  # int64
    index_step: Any
    weight: Any  # float64
    weight_step: Any
    named: Any  # J, how many classes a row names
    table: Any
    stride: Any  # from one row of the table to the next
    table_rows: Any  # R
    table_mass: Any  # float64, of the row if there is but one
    table_index: Any  # int64
    table_index_step: Any
    table_weight: Any  # float64
    table_weight_step: Any
    shares: Any  # T, how many rows of the table a row takes


class Job(NamedTuple):
    """What is to be done, whatever the rows."""

    z: Any  # logits, row after row
    stride: Any  # from one row of them to the next
    classes: Any
    mass: Any  # Mass
    scale: Any  # float64, of each row's gradient
    step: Any  # from one scale to the next: 0 where one is for all
    z_loss: Any
    move_mass: Any  # whether table mass on masked classes moves to the others
    g: Any  # gradient, row after row
    wanted: Any  # whether anybody wants it
    loss: Any  # (N,)


class Scratch(NamedTuple):
    """What a thread needs besides its rows."""

    e: Any  # (K or more,)
    new: Any  # (LANES,) see mark_new
    row: Any  # (K,) for logits that are kept in two bytes, else empty
    chosen: Any  # (T,) int64, the table rows of the row at hand, each once
    share: Any  # (T,) float64, the weight of each
    dead: Any  # (T,) float64, the weight of each on masked classes


class Near(NamedTuple):
    """What is fetched into the cache while a row is computed: the next row's logits, this row's gradient."""

    z: Any
    z_at: Any
    g: Any
    g_at: Any
    wanted: Any


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
def has_mass(mass: Mass, i: int) -> bool:
    """Whether any weight of row i is not zero."""
    found = False
    for j in range(mass.named):
        found = found or mass.weight[i * mass.weight_step + j] != 0.0
    for j in range(mass.shares):
        found = found or mass.table_weight[i * mass.table_weight_step + j] != 0.0
    return found


@glue
def choose(mass: Mass, i: int, room: Scratch) -> int:
    """Put the table rows that row i takes a share of, each once, into ``room``; returns how many."""
    count = 0
    for j in range(mass.shares):
        w = mass.table_weight[i * mass.table_weight_step + j]
        if w == 0.0:
            continue
        r = mass.table_index[i * mass.table_index_step + j]
        at = 0
        while at < count and room.chosen[at] != r:
            at += 1
        if at == count:
            room.chosen[at] = r
            room.share[at] = 0.0
            count += 1
        room.share[at] += w
    return count


@glue
def table_row(mass: Mass, r: int, size: int) -> Any:
    """Row r of the table."""
    return mass.table[r * mass.stride : r * mass.stride + size]


@glue
def scaled(e: Any, c: Any, g: Any) -> None:
    """g <- c e."""
    for k in range(g.size):
        g[k] = e[k] * c


@glue
def scaled_less_row(e: Any, c: Any, row: Any, w: Any, g: Any) -> None:
    """g <- c e - w row."""
    for k in range(g.size):
        g[k] = e[k] * c - cast(number(row[k]), e) * w


@glue
def less_row(z: Any, row: Any, w: Any, dead: Any, g: Any) -> None:
    """g <- g - w row, with the weight ``dead`` where z is masked."""
    for k in range(z.size):
        g[k] -= cast(number(row[k]), g) * (w if z[k] > -np.inf else dead)


@glue
def parts(size: int) -> Any:
    """How a row is cut for vectors: ``[0, whole)`` in multiples of LANES, and ``[last, size)``, LANES long at most,
    which may begin with some of the other part."""
    return size - size % LANES, max(size - LANES, 0)


@glue
def mark_new(size: int, new: Any) -> None:
    """new <- 1 for the entries of a row's last part that are in no other, else 0."""
    whole, last = parts(size)
    for k in range(new.size):
        new[k] = cast(1.0 if last + k >= whole else 0.0, new)


@glue
def row_survey(z: Any) -> Any:
    """:func:`survey` of a row."""
    whole, last = parts(z.size)
    if whole == 0 or whole == z.size:
        return survey(z)
    top, total = survey(z[:whole])
    last_top, last_total = survey(z[last:])
    return larger(top, last_top), total + last_total


@glue
def row_dot(z: Any, top: Any, row: Any) -> Any:
    """:func:`dot_and_shares` with float64 totals."""
    dot, kept, lost = 0.0, 0.0, 0.0
    for a in range(0, z.size, BLOCK):
        b = min(a + BLOCK, z.size)
        one_dot, one_kept, one_lost = dot_and_shares(z[a:b], top, row[a:b])
        dot += one_dot
        kept += one_kept
        lost += one_lost
    return dot, kept, lost


@glue
def row_exp(z: Any, top: Any, room: Scratch, near: Near) -> float:
    """e <- exp(z - top); their sum."""
    e = room.e[: z.size]
    whole, last = parts(z.size)
    result = 0.0
    for a in range(0, whole, STEP):
        b = min(a + STEP, whole)
        fetch(near, a, b - a)
        result += exponentials(z[a:b], top, e[a:b])
    if whole < z.size:
        fetch(near, whole, z.size - whole)
        result += last_exponentials(z[last:], top, e[last:], room.new)
    return result


@glue
def row_exp_and_dot(z: Any, top: Any, row: Any, room: Scratch, near: Near) -> Any:
    """:func:`row_exp`, and <row, z - top>, and the row's sum."""
    e = room.e[: z.size]
    whole, last = parts(z.size)
    result, dot, mass = 0.0, 0.0, 0.0
    for a in range(0, whole, STEP):
        b = min(a + STEP, whole)
        fetch(near, a, b - a)
        one, one_dot, one_mass = exponentials_and_dot(z[a:b], top, e[a:b], row[a:b])
        result += one
        dot += one_dot
        mass += one_mass
    if whole < z.size:
        fetch(near, whole, z.size - whole)
        one, one_dot, one_mass = last_exponentials_and_dot(z[last:], top, e[last:], row[last:], room.new)
        result += one
        dot += one_dot
        mass += one_mass
    return result, dot, mass


@glue
def one_row(job: Job, z: Any, g: Any, i: int, room: Scratch) -> bool:
    """Loss and gradient g of row i, which has mass and logits z; False, with nothing written, if it has no loss."""
    mass = job.mass
    e = room.e[: z.size]
    top, sum_of_logits = row_survey(z)
    careful = not np.isfinite(sum_of_logits) or top > _HUGE
    if careful:
        top, wrong = inspect(z)
        if wrong or top == -np.inf:
            return False
    s, dot, impossible = 0.0, 0.0, False
    for j in range(mass.named):
        w = mass.weight[i * mass.weight_step + j]
        if w != 0.0:
            x = np.float64(z[mass.index[i * mass.index_step + j]])
            s += w
            if x == -np.inf:
                impossible = True
            else:
                dot += w * (x - np.float64(top))
    count = choose(mass, i, room)
    fused = count == 1 and not careful
    near = Near(job.z, (i + 1) * job.stride, job.g, i * job.classes, job.wanted)
    if fused:
        row = table_row(mass, room.chosen[0], z.size)
        added, part, kept = row_exp_and_dot(z, top, row, room, near)
        s += room.share[0] * (mass.table_mass if mass.table_rows == 1 else kept)
        dot += room.share[0] * part
    else:
        added = row_exp(z, top, room, near)
        for u in range(count):
            part, kept, lost = row_dot(z, top, table_row(mass, room.chosen[u], z.size))
            s += room.share[u] * (mass.table_mass if mass.table_rows == 1 else kept + lost)
            room.dead[u] = 0.0
            if (
                lost != 0.0 and kept != 0.0 and job.move_mass
            ):  # mass on masked classes moves to the others in proportion
                room.share[u] *= 1.0 + lost / kept
            elif lost != 0.0 and room.share[u] != 0.0:  # there is no other to take it
                impossible = True
                room.dead[u] = room.share[u]
            dot += room.share[u] * part
    log_added = log(added)
    lse = np.float64(top) + log_added
    job.loss[i] = np.inf if impossible else s * log_added - dot + job.z_loss * s * lse * lse
    if not job.wanted:
        return True
    scale = job.scale[i * job.step]
    share = scale * s / added
    if job.z_loss != 0.0:  # else the gradient need not wait for the logarithm
        share *= 1.0 + 2.0 * job.z_loss * lse
    c = cast(share, z)
    if fused:
        row = table_row(mass, room.chosen[0], z.size)
        w = cast(scale * room.share[0], z)
        whole, last = parts(z.size)
        scaled_less_row(e[:whole], c, row[:whole], w, g[:whole])
        if whole < z.size:
            scaled_less_row(e[last:], c, row[last:], w, g[last:])
    elif count == 0:
        whole, last = parts(z.size)
        scaled(e[:whole], c, g[:whole])
        if whole < z.size:
            scaled(e[last:], c, g[last:])
    else:  # the whole row is made in scratch: g may be z itself
        scaled(e, c, e)
        for u in range(count):
            row = table_row(mass, room.chosen[u], z.size)
            less_row(z, row, cast(scale * room.share[u], z), cast(scale * room.dead[u], z), e)
        for k in range(g.size):
            g[k] = e[k]
    for j in range(mass.named):
        w = mass.weight[i * mass.weight_step + j]
        if w != 0.0:
            k = mass.index[i * mass.index_step + j]
            g[k] = cast(np.float64(g[k]) - scale * w, z)
    return True


@glue
def by_rows(job: Job, room: Scratch, lo: int, hi: int, pending: bool) -> int:
    """Rows lo to hi, or those whose loss is NaN by now; returns the first whose logits have no loss, or -1."""
    for i in range(lo, hi):
        if pending and not np.isnan(job.loss[i]):
            continue
        place = i * job.classes
        if not has_mass(job.mass, i):
            job.loss[i] = 0
            if job.wanted:
                for k in range(place, place + job.classes):
                    job.g[k] = 0
            continue
        z = row_of(job.z, i * job.stride, job.classes, room.row)
        g = place_of(job.g, place, job.classes, room.row)
        if not one_row(job, z, g, i, room):
            return i
        if job.wanted:
            put(job.g, place, g)
    return -1

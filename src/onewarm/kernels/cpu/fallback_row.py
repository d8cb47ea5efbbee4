"""One row of logits at a time, whatever there is in it: masks, several rows of the table, no mass.

What is usual, :mod:`onewarm.kernels.cpu.row_groups` and :mod:`onewarm.kernels.cpu.few_classes` have done before.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from onewarm.kernels.cpu.exp_log import BLOCK, constants, dot_and_shares, inspect, log
from onewarm.kernels.cpu.float16 import place_of, put, row_of
from onewarm.kernels.cpu.jit import cast, glue
from onewarm.kernels.cpu.row_passes import Near, exponentials, scaled_less
from onewarm.kernels.cpu.table_row import table_row

HUGE = 1e30  # above this, z - max z may overflow: take the careful path


class Mass(NamedTuple):
    """A target's five arrays as the kernels take them: row after row, with the step from one to the next.

    The step of an index or a weight is 0 where one row stands for all.
    """

    index: Any  # int64
    index_step: Any
    weight: Any  # float64
    weight_step: Any
    named: Any  # J, how many classes a row names
    table: Any  # Table
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
    numbers: Any  # what exp needs, see :data:`onewarm.kernels.cpu.exp_log.EXP`


class Scratch(NamedTuple):
    """What a thread needs besides its rows."""

    e: Any  # (K,) and to the end of the last vector
    row: Any  # (K,) for logits that are kept in two bytes
    table: Any  # (K,) for a row of a table of another type
    chosen: Any  # (T,) int64, the table rows of the row at hand, each once
    share: Any  # (T,) float64, the weight of each
    dead: Any  # (T,) float64, the weight of each on masked classes


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
def less_row(z: Any, row: Any, w: Any, dead: Any, g: Any) -> None:
    """g <- g - w row, with the weight ``dead`` where z is masked."""
    for k in range(z.size):
        g[k] -= cast(row[k], g) * (w if z[k] > -np.inf else dead)


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
def after(job: Job, i: int) -> Near:
    """What is fetched while row i is computed."""
    return Near(job.z, (i + 1) * job.stride, job.mass.table.own, 0, job.g, i * job.classes, job.wanted)


@glue
def one_row(job: Job, z: Any, g: Any, i: int, room: Scratch) -> bool:
    """Loss and gradient g of row i, which has mass and logits z; False, with nothing written, if it has no loss."""
    mass = job.mass
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
    added, _ = exponentials(z, top, room.e, after(job, i), constants(job.numbers, room.e))
    for u in range(count):
        row = table_row(mass.table, room.chosen[u], room.table)
        part, kept, lost = row_dot(z, top, row)
        s += room.share[u] * (mass.table.mass if mass.table.rows == 1 else kept + lost)
        room.dead[u] = 0.0
        if lost != 0.0 and kept != 0.0 and job.move_mass:  # mass on masked classes moves to the others in proportion
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
    if count == 0:
        scaled_less(room.e, share, 0.0, g)
    else:  # the whole row is made in scratch: g may be z itself
        e = room.e[: z.size]
        scaled_less(e, share, 0.0, e)
        for u in range(count):
            row = table_row(mass.table, room.chosen[u], room.table)
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
def by_rows(job: Job, room: Scratch, lo: int, hi: int) -> int:
    """Those of rows lo to hi whose loss is NaN by now; returns the first whose logits have no loss, or -1."""
    for i in range(lo, hi):
        if not np.isnan(job.loss[i]):
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

"""One row of logits at a time: read from memory once, the gradient written once.

With m = max z, d = z - m and t the row's target of mass s, over a scratch row e that stays in the cache:

    e = exp(d)    loss = s log(sum e) - <t, d>    gradient = scale (s e / sum e - t)

Working with d and not with z keeps the digits of logits that share a large offset.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from onewarm.kernels.compile import cast, glue, larger
from onewarm.kernels.vector import (
    BLOCK,
    dot_and_shares,
    exponentials,
    exponentials_and_dot,
    inspect,
    survey,
    total,
)

LANES = 64  # loops run over multiples of this; the rest is taken with some of what came before it
_HUGE = 1e30  # above this, z - max z may overflow: take the careful path


class Mass(NamedTuple):
    """A target's five arrays as the kernels take them, the table's rows one after the other."""

    index: Any  # (N, J) int64
    weight: Any  # (N, J) float64
    table: Any  # (R * stride,)
    stride: Any
    table_mass: Any  # (R,) float64, or (0,): add a row up where it is used
    table_index: Any  # (N, T) int64
    table_weight: Any  # (N, T) float64


class Job(NamedTuple):
    """What is to be done, whatever the rows."""

    z: Any  # logits, row after row
    stride: Any  # from one row of them to the next
    classes: Any
    mass: Any  # Mass
    scale: Any  # float64, of each row's gradient
    step: Any  # 1, or 0 where one scale is for all
    z_loss: Any
    move_mass: Any  # whether table mass on masked classes moves to the others
    g: Any  # gradient, row after row; empty if nobody wants it
    loss: Any  # (N,)


class Scratch(NamedTuple):
    """What a thread needs besides its rows."""

    e: Any  # (K or more,)
    chosen: Any  # (T,) int64, the table rows of the row at hand, each once
    share: Any  # (T,) float64, the weight of each
    dead: Any  # (T,) float64, the weight of each on masked classes


@glue
def has_mass(mass: Mass, i: int) -> bool:
    """Whether any weight of row i is not zero."""
    found = False
    for j in range(mass.weight.shape[1]):
        found = found or mass.weight[i, j] != 0.0
    for j in range(mass.table_weight.shape[1]):
        found = found or mass.table_weight[i, j] != 0.0
    return found


@glue
def choose(mass: Mass, i: int, room: Scratch) -> int:
    """Put the table rows that row i takes a share of, each once, into ``room``; returns how many."""
    count = 0
    for j in range(mass.table_index.shape[1]):
        w = mass.table_weight[i, j]
        if w == 0.0:
            continue
        r = mass.table_index[i, j]
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
        g[k] = e[k] * c - cast(row[k], e) * w


@glue
def less_row(z: Any, row: Any, w: Any, dead: Any, g: Any) -> None:
    """g <- g - w row, with the weight ``dead`` where z is masked."""
    for k in range(z.size):
        g[k] -= cast(row[k], g) * (w if z[k] > -np.inf else dead)


@glue
def parts(size: int) -> Any:
    """How a row is cut for vectors: ``[0, whole)`` in multiples of LANES, and ``[last, size)``, LANES long, of which
    the first ``skip`` are in the other part too."""
    whole = size - size % LANES
    last = max(size - LANES, 0)
    return whole, last, whole - last if whole < size else 0


@glue
def row_survey(z: Any) -> Any:
    """:func:`survey` of a row."""
    whole, last, _ = parts(z.size)
    if whole == 0 or whole == z.size:
        return survey(z)
    top, total = survey(z[:whole])
    last_top, last_total = survey(z[last:])
    return larger(top, last_top), total + last_total


@glue
def row_total(row: Any, like: Any) -> float:
    """The sum of a table row."""
    result = 0.0
    for a in range(0, row.size, BLOCK):
        result += total(row[a : min(a + BLOCK, row.size)], like)
    return result


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
def row_exp(z: Any, top: Any, e: Any) -> float:
    """e <- exp(z - top); their sum."""
    whole, last, skip = parts(z.size)
    result = 0.0
    for a in range(0, whole, BLOCK):
        b = min(a + BLOCK, whole)
        result += exponentials(z[a:b], top, e[a:b], 0)
    if whole < z.size:
        result += exponentials(z[last:], top, e[last:], skip)
    return result


@glue
def row_exp_and_dot(z: Any, top: Any, row: Any, e: Any) -> Any:
    """:func:`row_exp`, and <row, z - top>."""
    whole, last, skip = parts(z.size)
    result, dot = 0.0, 0.0
    for a in range(0, whole, BLOCK):
        b = min(a + BLOCK, whole)
        one, one_dot = exponentials_and_dot(z[a:b], top, e[a:b], row[a:b], 0)
        result += one
        dot += one_dot
    if whole < z.size:
        one, one_dot = exponentials_and_dot(z[last:], top, e[last:], row[last:], skip)
        result += one
        dot += one_dot
    return result, dot


@glue
def one_row(job: Job, i: int, room: Scratch) -> bool:
    """Loss and gradient of row i, which has mass; False, with nothing written, if its logits have no loss."""
    mass = job.mass
    z = job.z[i * job.stride : i * job.stride + job.classes]
    e = room.e[: z.size]
    top, sum_of_logits = row_survey(z)
    careful = not np.isfinite(sum_of_logits) or top > _HUGE
    if careful:
        top, wrong = inspect(z)
        if wrong or top == -np.inf:
            return False
    s, dot, impossible = 0.0, 0.0, False
    for j in range(mass.index.shape[1]):
        w = mass.weight[i, j]
        if w != 0.0:
            x = np.float64(z[mass.index[i, j]])
            s += w
            if x == -np.inf:
                impossible = True
            else:
                dot += w * (x - np.float64(top))
    count = choose(mass, i, room)
    fused = count == 1 and not careful
    if fused:
        r = room.chosen[0]
        row = table_row(mass, r, z.size)
        added, part = row_exp_and_dot(z, top, row, e)
        s += room.share[0] * (mass.table_mass[r] if mass.table_mass.size > 0 else row_total(row, z))
        dot += room.share[0] * part
    else:
        added = row_exp(z, top, e)
        for u in range(count):
            r = room.chosen[u]
            part, kept, lost = row_dot(z, top, table_row(mass, r, z.size))
            s += room.share[u] * (mass.table_mass[r] if mass.table_mass.size > 0 else kept + lost)
            room.dead[u] = 0.0
            if (
                lost != 0.0 and kept != 0.0 and job.move_mass
            ):  # mass on masked classes moves to the others in proportion
                room.share[u] *= 1.0 + lost / kept
            elif lost != 0.0 and room.share[u] != 0.0:  # there is no other to take it
                impossible = True
                room.dead[u] = room.share[u]
            dot += room.share[u] * part
    log_added = np.log(added)
    lse = np.float64(top) + log_added
    job.loss[i] = np.inf if impossible else s * log_added - dot + job.z_loss * s * lse * lse
    if job.g.size == 0:
        return True
    g = job.g[i * job.classes : (i + 1) * job.classes]
    scale = job.scale[i * job.step]
    c = cast(scale * s * (1.0 + 2.0 * job.z_loss * lse) / added, z)
    if fused:
        row = table_row(mass, room.chosen[0], z.size)
        w = cast(scale * room.share[0], z)
        whole, last, _ = parts(z.size)
        scaled_less_row(e[:whole], c, row[:whole], w, g[:whole])
        if whole < z.size:
            scaled_less_row(e[last:], c, row[last:], w, g[last:])
    elif count == 0:
        whole, last, _ = parts(z.size)
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
    for j in range(mass.index.shape[1]):
        w = mass.weight[i, j]
        if w != 0.0:
            k = mass.index[i, j]
            g[k] = cast(np.float64(g[k]) - scale * w, z)
    return True


@glue
def by_rows(job: Job, room: Scratch, lo: int, hi: int, pending: bool) -> int:
    """Rows lo to hi, or those whose loss is NaN by now; returns the first whose logits have no loss, or -1."""
    for i in range(lo, hi):
        if pending and not np.isnan(job.loss[i]):
            continue
        if not has_mass(job.mass, i):
            job.loss[i] = 0
            if job.g.size > 0:
                for k in range(i * job.classes, (i + 1) * job.classes):
                    job.g[k] = 0
        elif not one_row(job, i, room):
            return i
    return -1

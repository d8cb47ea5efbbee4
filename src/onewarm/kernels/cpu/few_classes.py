"""Few classes: many rows at a time, turned so that a vector holds one class of many rows.

A label with a share of a uniform row stays three numbers a row; any other target is written out as a tile beside the
logits: with few classes that costs less than a loop for each of its forms. Rows that have a masked or a bad logit are
left to :mod:`onewarm.kernels.cpu.fallback_row`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from onewarm.kernels.cpu.exp_log import constants, exp, log
from onewarm.kernels.cpu.fallback_row import HUGE, Job, Mass
from onewarm.kernels.cpu.float16 import entry_of, flat_of, place_of, put
from onewarm.kernels.cpu.jit import cast, glue, larger
from onewarm.kernels.cpu.row_passes import Near, fetch, width_of
from onewarm.kernels.cpu.simd import full, load, store, where_equal
from onewarm.kernels.cpu.table_row import table_row
from onewarm.kernels.cpu.transpose import turn_in, turn_out

NARROW = 48  # classes up to which rows are taken many at a time
FEW = 16  # rows below which they are not
_TILE = 3072  # entries of a tile, with a second one the size of a first-level cache


@glue
def lanes_of(classes: int) -> int:
    """How many rows a tile holds: as many as fit, in multiples of 64, so that its loops are long."""
    return max(64, min(_TILE // classes, 512) // 64 * 64)


class Tile(NamedTuple):
    """Scratch for L rows: class by class, and row by row."""

    z: Any  # (K * L,) logits, then exponentials
    t: Any  # (K * L,) target, where it is not plain
    flat: Any  # (K * L,) for rows that are kept in two bytes, or for one of a table of another type
    top: Any  # (L,)
    added: Any  # (L,) sum of exponentials
    dot: Any  # (L,)
    name: Any  # (L,) of a plain target the named class, as a number of the logits' type,
    named: Any  # (L,) its mass
    each: Any  # (L,) and that of every class
    label: Any  # (L,) int64
    s: Any  # (L,) float64 mass
    scale: Any  # (L,) float64
    loss: Any  # (L,) float64
    live: Any  # (L,) whether the row has mass
    careful: Any  # (L,) whether the row is left to the other file


@glue
def line_of(tile: Any, k: int, like: Any) -> Any:
    """Class k of every row."""
    return tile[k * like.size : (k + 1) * like.size]


@glue
def clear_dead(room: Tile) -> None:
    """z <- 0 in rows that have no mass."""
    lanes = room.top.size
    dead = 0
    for b in range(lanes):
        dead += 0 if room.live[b] else 1
    if dead > 0:
        for k in range(room.z.size // lanes):
            line = line_of(room.z, k, room.top)
            for b in range(lanes):
                line[b] = line[b] if room.live[b] else cast(0.0, line)


@glue
def read(job: Job, first: int, rows: int, room: Tile) -> None:
    """Turn rows of logits into the tile; rows without mass and missing rows become 0."""
    lanes = room.top.size
    classes = job.classes
    start = first * job.stride
    block = job.z[start : start + (rows - 1) * job.stride + classes]
    source, step = flat_of(block, job.stride, classes, room.flat)
    width = 64 // room.z.itemsize
    whole = rows - rows % width
    for k in range(0, classes, width):
        for b in range(0, whole, width):
            turn_in(source, b * step + k, step, min(classes - k, width), room.z, k * lanes + b, lanes)
    for b in range(whole, rows):
        row = source[b * step : b * step + classes]
        for k in range(row.size):
            room.z[k * lanes + b] = row[k]
    clear_dead(room)


@glue
def column(entries: Any, step: int, first: int, j: int, rows: int, out: Any) -> None:
    """out <- entries[first + b, j] of ``rows`` rows, ``step`` apart; 0 beyond them."""
    if step == 1:
        line = entries[first : first + rows]
        for b in range(line.size):
            out[b] = line[b]
    elif step == 0:
        for b in range(rows):
            out[b] = entries[j]
    else:
        for b in range(rows):
            out[b] = entries[np.uint64((first + b) * step + j)]
    for b in range(rows, out.size):
        out[b] = 0


@glue
def is_plain(mass: Mass) -> bool:
    """Whether every row names one class, and at most takes a share of a uniform row."""
    return mass.named == 1 and (mass.shares == 0 or (mass.shares == 1 and not np.isnan(mass.table.level)))


@glue
def load_plain(first: int, rows: int, mass: Mass, room: Tile) -> None:
    """The named class of each row, its mass and that of every class; the row's mass, and whether it has any."""
    lanes = room.top.size
    column(mass.weight, mass.weight_step, first, 0, rows, room.scale)
    column(mass.index, mass.index_step, first, 0, rows, room.label)
    for b in range(lanes):
        room.s[b] = room.scale[b]
        room.named[b] = cast(room.scale[b], room.named)
        room.name[b] = cast(room.label[b], room.name)
        room.each[b] = cast(0.0, room.each)
        room.live[b] = room.scale[b] != 0.0
    if mass.shares == 1:
        column(mass.table_weight, mass.table_weight_step, first, 0, rows, room.scale)
        for b in range(lanes):
            room.s[b] += room.scale[b] * mass.table.mass
            room.each[b] = cast(room.scale[b] * mass.table.level, room.each)
            room.live[b] = room.live[b] or room.scale[b] != 0.0


@glue
def load_target(first: int, rows: int, mass: Mass, room: Tile) -> None:
    """t <- the target of each row; its mass, and whether it has any."""
    lanes = room.top.size
    classes = room.t.size // lanes
    if mass.shares == 0 or mass.table.rows > 1:
        for k in range(room.t.size):
            room.t[k] = 0
    for b in range(lanes):
        room.s[b] = 0.0
        room.loss[b] = 0.0  # until the end of this, how much weight there is of either sign
    for j in range(mass.shares):
        column(mass.table_weight, mass.table_weight_step, first, j, rows, room.scale)
        for b in range(lanes):
            room.loss[b] += abs(room.scale[b])
        if mass.table.rows == 1:  # one row for all
            for b in range(lanes):
                room.s[b] += room.scale[b] * mass.table.mass
                room.added[b] = cast(room.scale[b], room.added)
            only = table_row(mass.table, 0, room.flat[:classes])
            for k in range(classes):
                line, share = line_of(room.t, k, room.top), only[k]
                if j == 0:
                    for b in range(lanes):
                        line[b] = share * room.added[b]
                else:
                    for b in range(lanes):
                        line[b] += share * room.added[b]
            continue
        for b in range(rows):
            w = room.scale[b]
            if w != 0.0:
                r = mass.table_index[(first + b) * mass.table_index_step + j]
                row = table_row(mass.table, r, room.flat[:classes])
                added = 0.0
                for k in range(classes):
                    share = np.float64(row[k])
                    room.t[k * lanes + b] += cast(w * share, room.t)
                    added += share
                room.s[b] += w * added
    for j in range(mass.named):
        column(mass.weight, mass.weight_step, first, j, rows, room.scale)
        column(mass.index, mass.index_step, first, j, rows, room.label)
        for b in range(lanes):
            room.s[b] += room.scale[b]
            room.loss[b] += abs(room.scale[b])
            room.added[b] = cast(room.scale[b], room.added)
            room.top[b] = cast(room.label[b], room.top)
        for k in range(classes):  # every class asks every row: in vectors that is less than writing to where it is
            line, label = line_of(room.t, k, room.top), cast(k, room.t)
            for b in range(lanes):
                line[b] += room.added[b] if room.top[b] == label else cast(0.0, line)
    for b in range(lanes):
        room.live[b] = room.loss[b] != 0.0


@glue
def solve(job: Job, first: int, room: Tile, plain: bool) -> None:
    """For every row the largest logit, the exponentials, their sum, and the dot product with the target.

    The last is not finite where a logit is not: 0 times an infinity is not a number.
    """
    lanes, width, classes = room.top.size, width_of(room.z), room.z.size // room.top.size
    place = first * job.classes
    near = Near(job.z, (first + lanes) * job.stride, job.mass.table.own, 0, job.g, place, job.wanted)
    c = constants(job.numbers, room.z)
    for b in range(0, lanes, width):
        fetch(near, b * classes, width * classes)
        top = load(room.z, b, room.z)
        for k in range(1, classes):
            top = larger(load(room.z, k * lanes + b, room.z), top)
        added, dot = full(0.0, room.z), full(0.0, room.z)
        if plain:
            name, below = load(room.name, b, room.z), full(0.0, room.z)
            for k in range(classes):
                d = load(room.z, k * lanes + b, room.z) - top
                e = exp(d, c)
                store(room.z, k * lanes + b, e)
                added, below, dot = added + e, below + d, dot + where_equal(d, name, cast(k, room.z))
            dot = dot * load(room.named, b, room.z) + below * load(room.each, b, room.z)
        else:
            for k in range(classes):
                d = load(room.z, k * lanes + b, room.z) - top
                e = exp(d, c)
                store(room.z, k * lanes + b, e)
                added, dot = added + e, dot + d * load(room.t, k * lanes + b, room.z)
        store(room.top, b, top)
        store(room.added, b, added)
        store(room.dot, b, dot)
    for b in range(lanes):
        room.careful[b] = not (np.isfinite(room.dot[b]) and room.top[b] < HUGE)


@glue
def gradients(room: Tile, plain: bool) -> None:
    """z <- scale (s e / sum e - t) over the tile; ``added`` holds s / sum e by now, ``dot`` the scale."""
    lanes, width, classes = room.top.size, width_of(room.z), room.z.size // room.top.size
    for b in range(0, lanes, width):
        scale = load(room.dot, b, room.z)
        factor = load(room.added, b, room.z) * scale
        if plain:
            name, named = load(room.name, b, room.z), load(room.named, b, room.z) * scale
            each = load(room.each, b, room.z) * scale
            for k in range(classes):
                g = load(room.z, k * lanes + b, room.z) * factor - each
                store(room.z, k * lanes + b, g - where_equal(named, name, cast(k, room.z)))
        else:
            for k in range(classes):
                t = load(room.t, k * lanes + b, room.z) * scale
                store(room.z, k * lanes + b, load(room.z, k * lanes + b, room.z) * factor - t)


@glue
def losses(room: Tile, z_loss: float) -> None:
    """loss <- s log sum e - <t, d> + z_loss s lse^2, and what :func:`gradients` needs."""
    lanes = room.top.size
    for b in range(lanes):
        log_added = log(np.float64(room.added[b]))
        lse = log_added + np.float64(room.top[b])
        room.loss[b] = room.s[b] * log_added - room.dot[b] + z_loss * room.s[b] * lse * lse
        room.added[b] = cast(room.s[b] * (1.0 + 2.0 * z_loss * lse), room.added) / room.added[b]
        room.dot[b] = cast(room.scale[b], room.dot)


@glue
def write(job: Job, first: int, rows: int, room: Tile) -> None:
    """Turn the tile back into rows of the gradient: 0 for rows without mass, nothing for rows left over."""
    lanes = room.top.size
    classes = job.classes
    careful = 0
    for b in range(lanes):
        careful += 1 if room.careful[b] else 0
    clear_dead(room)
    whole = 0
    if careful == 0:
        width = 64 // room.z.itemsize
        whole = rows - rows % width
        target = place_of(job.g, first * classes, whole * classes, room.flat)
        for k in range(0, classes, width):
            for b in range(0, whole, width):
                turn_out(target, b * classes + k, classes, min(classes - k, width), room.z, k * lanes + b, lanes)
        put(job.g, first * classes, target)
    for b in range(whole, rows):
        if not (room.live[b] and room.careful[b]):
            row = job.g[(first + b) * classes : (first + b + 1) * classes]
            for k in range(row.size):
                row[k] = entry_of(row, room.z[k * lanes + b])


@glue
def by_tiles(job: Job, room: Tile, lo: int, hi: int) -> bool:
    """Rows lo to hi; returns whether some are left over: their loss is NaN and their gradient not written."""
    lanes = room.top.size
    some, plain = False, is_plain(job.mass)
    for first in range(lo, hi, lanes):
        rows = min(lanes, hi - first)
        if plain:
            load_plain(first, rows, job.mass, room)
        else:
            load_target(first, rows, job.mass, room)
        read(job, first, rows, room)
        solve(job, first, room, plain)
        step = np.uint64(job.step)
        for b in range(rows):
            room.scale[b] = job.scale[np.uint64(first + b) * step]
        losses(room, job.z_loss)
        place = job.loss[first : first + rows]
        odd = 0
        for b in range(place.size):
            place[b] = cast(room.loss[b], place)
            odd += 1 if room.careful[b] or not room.live[b] else 0
        if odd > 0:
            for b in range(place.size):
                left = room.live[b] and room.careful[b]
                some = some or left
                if not room.live[b] or left:
                    place[b] = np.nan if left else 0.0
        if job.wanted:
            gradients(room, plain)
            write(job, first, rows, room)
    return some

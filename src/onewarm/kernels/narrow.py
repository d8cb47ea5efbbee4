"""Few classes: many rows at a time, turned so that a vector holds one class of sixty-four rows.

The target is written out as a tile beside the logits: with few classes that costs less than a loop for each of its
forms. Rows that have a masked or a bad logit are left to :mod:`onewarm.kernels.wide`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from onewarm.kernels.compile import cast, glue, larger
from onewarm.kernels.half import entry_of, number
from onewarm.kernels.vector import exp, log
from onewarm.kernels.wide import LANES, Job, Mass, table_row

NARROW = 48  # classes up to which rows are taken many at a time
FEW = 16  # rows below which they are not


class Tile(NamedTuple):
    """Scratch for LANES rows: class by class, and row by row."""

    z: Any  # (K * LANES,) logits, then exponentials
    t: Any  # (K * LANES,) target
    top: Any  # (LANES,)
    added: Any  # (LANES,) sum of exponentials
    dot: Any  # (LANES,)
    s: Any  # (LANES,) float64 mass
    scale: Any  # (LANES,) float64
    loss: Any  # (LANES,) float64
    label: Any  # (LANES,) int64
    live: Any  # (LANES,) whether the row has mass
    careful: Any  # (LANES,) whether the row is left to the other file


@glue
def load(job: Job, first: int, rows: int, room: Tile) -> None:
    """Turn rows of logits into the tile; rows without mass and missing rows become 0."""
    classes = job.classes
    start = first * job.stride
    block = job.z[start : start + (rows - 1) * job.stride + classes]
    dead = 0
    for b in range(LANES):
        dead += 0 if room.live[b] else 1
    step = np.uint64(job.stride)  # unsigned: nothing is counted from the end, so that this becomes gathers
    for k in range(classes):  # along the lanes: three times as fast as along the rows
        line, down = room.z[k * LANES : (k + 1) * LANES], block[k:]
        if rows == LANES:
            for b in range(LANES):
                line[b] = number(down[np.uint64(b) * step])
        else:
            for b in range(rows):
                line[b] = number(down[np.uint64(b) * step])
    if dead > 0:
        for b in range(LANES):
            if not room.live[b]:
                for k in range(classes):
                    room.z[k * LANES + b] = 0


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
    for b in range(rows, LANES):
        out[b] = 0


@glue
def load_target(first: int, rows: int, mass: Mass, room: Tile) -> None:
    """Write the target of each row into the tile, its mass, and whether it has any."""
    classes = room.t.size // LANES
    for k in range(room.t.size):
        room.t[k] = 0
    for b in range(LANES):
        room.s[b] = 0.0
        room.loss[b] = 0.0  # until the end of this, how much weight there is of either sign
    for j in range(mass.shares):
        column(mass.table_weight, mass.table_weight_step, first, j, rows, room.scale)
        for b in range(LANES):
            room.loss[b] += abs(room.scale[b])
        if mass.table_rows == 1:  # one row for all
            for b in range(LANES):
                room.s[b] += room.scale[b] * mass.table_mass
                room.added[b] = cast(room.scale[b], room.added)
            for k in range(classes):
                line, share = room.t[k * LANES : (k + 1) * LANES], cast(number(mass.table[k]), room.t)
                for b in range(LANES):
                    line[b] += share * room.added[b]
            continue
        for b in range(rows):
            w = room.scale[b]
            if w != 0.0:
                row = table_row(mass, mass.table_index[(first + b) * mass.table_index_step + j], classes)
                added = 0.0
                for k in range(classes):
                    share = np.float64(number(row[k]))
                    room.t[k * LANES + b] += cast(w * share, room.t)
                    added += share
                room.s[b] += w * added
    for j in range(mass.named):
        column(mass.weight, mass.weight_step, first, j, rows, room.scale)
        column(mass.index, mass.index_step, first, j, rows, room.label)
        for b in range(LANES):
            room.s[b] += room.scale[b]
            room.loss[b] += abs(room.scale[b])
            room.added[b] = cast(room.scale[b], room.added)
            room.top[b] = cast(room.label[b], room.top)
        for k in range(classes):  # every class asks every row: in vectors that is less than writing to where it is
            line, label = room.t[k * LANES : (k + 1) * LANES], cast(k, room.t)
            for b in range(LANES):
                line[b] += room.added[b] if room.top[b] == label else cast(0.0, room.t)
    for b in range(LANES):
        room.live[b] = room.loss[b] != 0.0


@glue
def solve(room: Tile) -> None:
    """The largest logit, the exponentials, their sum and the dot product with the target, for every row of the tile."""
    zero = cast(0.0, room.z)
    for b in range(LANES):
        room.top[b] = room.z[b]
        room.added[b] = zero
        room.dot[b] = zero
    for k in range(room.z.size // LANES):
        for b in range(LANES):
            room.top[b] = larger(room.top[b], room.z[k * LANES + b])
            room.added[b] += room.z[k * LANES + b]
    for b in range(LANES):
        room.careful[b] = not (np.isfinite(room.added[b]) and room.top[b] < 1e30)
        room.added[b] = zero
    for k in range(room.z.size // LANES):
        for b in range(LANES):
            d = room.z[k * LANES + b] - room.top[b]
            e = exp(d)
            room.z[k * LANES + b] = e
            room.added[b] += e
            room.dot[b] += d * room.t[k * LANES + b]


@glue
def gradients(room: Tile) -> None:
    """z <- scale (s e / sum e - t) over the tile; ``added`` holds s / sum e by now, ``dot`` the scale."""
    for k in range(room.z.size // LANES):
        for b in range(LANES):
            room.z[k * LANES + b] = (room.z[k * LANES + b] * room.added[b] - room.t[k * LANES + b]) * room.dot[b]


@glue
def losses(room: Tile, z_loss: float) -> None:
    """loss <- s log sum e - <t, d> + z_loss s lse^2, and what :func:`gradients` needs."""
    for b in range(LANES):
        log_added = log(np.float64(room.added[b]))
        lse = log_added + np.float64(room.top[b])
        room.loss[b] = room.s[b] * log_added - room.dot[b] + z_loss * room.s[b] * lse * lse
        factor = room.s[b] * (1.0 + 2.0 * z_loss * lse) / np.float64(room.added[b])
        room.added[b] = cast(factor, room.added)
        room.dot[b] = cast(room.scale[b], room.dot)


@glue
def store(job: Job, first: int, rows: int, room: Tile) -> None:
    """Turn the tile back into rows of the gradient: 0 for rows without mass, nothing for rows left over."""
    classes = job.classes
    block = job.g[first * classes : (first + rows) * classes]
    careful, dead = 0, 0
    for b in range(LANES):
        careful += 1 if room.careful[b] else 0
        dead += 0 if room.live[b] else 1
    if dead > 0:
        for b in range(LANES):
            if not room.live[b]:
                for k in range(classes):
                    room.z[k * LANES + b] = 0
    if careful == 0 and rows == LANES:
        step = np.uint64(classes)
        for k in range(classes):
            line, down = room.z[k * LANES : (k + 1) * LANES], block[k:]
            for b in range(LANES):
                down[np.uint64(b) * step] = entry_of(down, line[b])
        return
    for b in range(rows):
        if not (room.live[b] and room.careful[b]):
            for k in range(classes):
                block[b * classes + k] = entry_of(block, room.z[k * LANES + b])


@glue
def by_tiles(job: Job, room: Tile, lo: int, hi: int) -> bool:
    """Rows lo to hi; returns whether some are left over: their loss is NaN and their gradient not written."""
    some = False
    for first in range(lo, hi, LANES):
        rows = min(LANES, hi - first)
        load_target(first, rows, job.mass, room)
        load(job, first, rows, room)
        solve(room)
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
            gradients(room)
            store(job, first, rows, room)
    return some

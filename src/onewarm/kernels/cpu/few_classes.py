"""The way for few classes: many rows at a time, transposed into a tile, so that a vector holds one class of many rows.

A label with a share of a uniform row stays three numbers a row. Any other target is written out as a second tile: with
few classes that costs less than a loop for each of its forms. Rows with a masked or a bad logit are left to
:mod:`onewarm.kernels.cpu.fallback_row`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from onewarm.kernels.cpu.arguments import Job, Scratch, Size, Target, part, whole_vectors
from onewarm.kernels.cpu.exp_log import exp, exp_constants, log
from onewarm.kernels.cpu.fallback_row import HUGE
from onewarm.kernels.cpu.float16 import read_rows, row_to_write, to_entry, write_row
from onewarm.kernels.cpu.jit import cast, inlined, larger, uncompiled
from onewarm.kernels.cpu.row_passes import Prefetch, prefetch, vector_width
from onewarm.kernels.cpu.simd import full, load, store, where_equal
from onewarm.kernels.cpu.table_row import table_row
from onewarm.kernels.cpu.transpose import transpose_in, transpose_out

MOST_CLASSES = 48  # up to here rows are computed in tiles,
FEWEST_ROWS = 16  # from here on
_ENTRIES = 3072  # of a tile: with a second one the size of a first-level cache


@inlined
def tile_rows(classes: int) -> int:
    """How many rows a tile holds: as many as fit, in multiples of 64, so that its loops are long."""
    return max(64, min(_ENTRIES // classes, 512) // 64 * 64)


class Tile(NamedTuple):
    """Memory for R rows: class by class (entry k * R + b is class k of row b), and row by row."""

    z: Any  # (K * R,) logits, then exponentials, then the gradient
    t: Any  # (K * R,) the target, unless it is a label with a share of a uniform row
    buffer: Any  # (K * R,) for rows in two bytes, or for a table row of another type
    top: Any  # (R,)
    sum_e: Any  # (R,); later what e is multiplied by in the gradient
    dot: Any  # (R,) <t, d>; later the gradient's scale
    label: Any  # (R,) the label as a number of the logits' type, to be compared in vector registers; only for labels,
    label_mass: Any  # (R,) its mass,
    every_mass: Any  # (R,) and that of every class
    index: Any  # (R,) int64
    s: Any  # (R,) float64, mass
    scale: Any  # (R,) float64
    loss: Any  # (R,) float64
    has_mass: Any  # (R,)
    deferred: Any  # (R,) whether the row is left to fallback_row


def scratch_size(classes: int) -> Size:
    """What :func:`tile_of` divides."""
    rows, line = uncompiled(tile_rows)(classes), uncompiled(whole_vectors)(classes)
    return Size(reals=(3 * line + 6) * rows, doubles=3 * rows, integers=rows, flags=2 * rows)


@inlined
def tile_of(scratch: Scratch, classes: int) -> Tile:
    """A thread's scratch memory, for a tile."""
    rows = tile_rows(classes)
    size, line = classes * rows, whole_vectors(classes)
    return Tile(
        z=part(scratch.reals, 0, line * rows)[:size],
        t=part(scratch.reals, 1, line * rows)[:size],
        buffer=part(scratch.reals, 2, line * rows)[:size],
        top=part(scratch.reals, 3 * line, rows),
        sum_e=part(scratch.reals, 3 * line + 1, rows),
        dot=part(scratch.reals, 3 * line + 2, rows),
        label=part(scratch.reals, 3 * line + 3, rows),
        label_mass=part(scratch.reals, 3 * line + 4, rows),
        every_mass=part(scratch.reals, 3 * line + 5, rows),
        index=scratch.integers[:rows],
        s=part(scratch.doubles, 0, rows),
        scale=part(scratch.doubles, 1, rows),
        loss=part(scratch.doubles, 2, rows),
        has_mass=part(scratch.flags, 0, rows),
        deferred=part(scratch.flags, 1, rows),
    )


@inlined
def class_line(tile: Any, k: int, like: Any) -> Any:
    """Class k of every row."""
    return tile[k * like.size : (k + 1) * like.size]


@inlined
def clear_rows_without_mass(tile: Tile) -> None:
    """z <- 0 in rows that have no mass."""
    size = tile.top.size
    without = 0
    for b in range(size):
        without += 0 if tile.has_mass[b] else 1
    if without > 0:
        for k in range(tile.z.size // size):
            line = class_line(tile.z, k, tile.top)
            for b in range(size):
                line[b] = line[b] if tile.has_mass[b] else cast(0.0, line)


@inlined
def read_logits(job: Job, first: int, rows: int, tile: Tile) -> None:
    """z <- logits of ``rows`` rows, transposed; 0 for rows without mass and beyond the last row."""
    size = tile.top.size
    classes = job.classes
    start = first * job.logits_step
    block = job.logits[start : start + (rows - 1) * job.logits_step + classes]
    source, step = read_rows(block, job.logits_step, classes, tile.buffer)
    width = 64 // tile.z.itemsize
    whole = rows - rows % width
    for k in range(0, classes, width):
        for b in range(0, whole, width):
            transpose_in(source, b * step + k, step, min(classes - k, width), tile.z, k * size + b, size)
    for b in range(whole, rows):
        row = source[b * step : b * step + classes]
        for k in range(row.size):
            tile.z[k * size + b] = row[k]
    clear_rows_without_mass(tile)


@inlined
def read_column(entries: Any, step: int, first: int, j: int, rows: int, out: Any) -> None:
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


@inlined
def is_label_and_uniform(target: Target) -> bool:
    """Whether every row names one class, and takes at most a share of a uniform row."""
    return target.named == 1 and (target.shares == 0 or (target.shares == 1 and not np.isnan(target.table.level)))


@inlined
def read_labels(first: int, rows: int, target: Target, tile: Tile) -> None:
    """The label of each row, its mass and that of every class; the row's mass, and whether it has any."""
    size = tile.top.size
    read_column(target.weight, target.weight_step, first, 0, rows, tile.scale)
    read_column(target.index, target.index_step, first, 0, rows, tile.index)
    for b in range(size):
        tile.s[b] = tile.scale[b]
        tile.label_mass[b] = cast(tile.scale[b], tile.label_mass)
        tile.label[b] = cast(tile.index[b], tile.label)
        tile.every_mass[b] = cast(0.0, tile.every_mass)
        tile.has_mass[b] = tile.scale[b] != 0.0
    if target.shares == 1:
        read_column(target.table_weight, target.table_weight_step, first, 0, rows, tile.scale)
        for b in range(size):
            tile.s[b] += tile.scale[b] * target.table.mass
            tile.every_mass[b] = cast(tile.scale[b] * target.table.level, tile.every_mass)
            tile.has_mass[b] = tile.has_mass[b] or tile.scale[b] != 0.0


@inlined
def read_target(first: int, rows: int, target: Target, tile: Tile) -> None:
    """t <- the target of each row; its mass, and whether it has any."""
    size = tile.top.size
    classes = tile.t.size // size
    if target.shares == 0 or target.table.rows > 1:
        for k in range(tile.t.size):
            tile.t[k] = 0
    for b in range(size):
        tile.s[b] = 0.0
        tile.loss[b] = 0.0  # until the end of this function, the sum of the weights without their signs
    for j in range(target.shares):
        read_column(target.table_weight, target.table_weight_step, first, j, rows, tile.scale)
        for b in range(size):
            tile.loss[b] += abs(tile.scale[b])
        if target.table.rows == 1:  # one row for all
            for b in range(size):
                tile.s[b] += tile.scale[b] * target.table.mass
                tile.sum_e[b] = cast(tile.scale[b], tile.sum_e)
            only = table_row(target.table, 0, tile.buffer[:classes])
            for k in range(classes):
                line, share = class_line(tile.t, k, tile.top), only[k]
                if j == 0:
                    for b in range(size):
                        line[b] = share * tile.sum_e[b]
                else:
                    for b in range(size):
                        line[b] += share * tile.sum_e[b]
            continue
        for b in range(rows):
            w = tile.scale[b]
            if w != 0.0:
                r = target.table_index[(first + b) * target.table_index_step + j]
                row = table_row(target.table, r, tile.buffer[:classes])
                mass = 0.0
                for k in range(classes):
                    share = np.float64(row[k])
                    tile.t[k * size + b] += cast(w * share, tile.t)
                    mass += share
                tile.s[b] += w * mass
    for j in range(target.named):
        read_column(target.weight, target.weight_step, first, j, rows, tile.scale)
        read_column(target.index, target.index_step, first, j, rows, tile.index)
        for b in range(size):
            tile.s[b] += tile.scale[b]
            tile.loss[b] += abs(tile.scale[b])
            tile.sum_e[b] = cast(tile.scale[b], tile.sum_e)
            tile.top[b] = cast(tile.index[b], tile.top)
        for k in range(classes):  # each class compares with every row's index: in vectors, cheaper than a scatter
            line, label = class_line(tile.t, k, tile.top), cast(k, tile.t)
            for b in range(size):
                line[b] += tile.sum_e[b] if tile.top[b] == label else cast(0.0, line)
    for b in range(size):
        tile.has_mass[b] = tile.loss[b] != 0.0


@inlined
def exponentials_and_dots(job: Job, first: int, tile: Tile, labels: bool) -> None:
    """For every row the largest logit, the exponentials, their sum, and the dot product with the target.

    The last is not finite where a logit is not: 0 times an infinity is not a number.
    """
    size, width, classes = tile.top.size, vector_width(tile.z), tile.z.size // tile.top.size
    place = first * job.classes
    table, next_row = job.target.table.entries, (first + size) * job.logits_step
    ahead = Prefetch(job.logits, next_row, table, 0, job.gradient, place, job.with_gradient)
    c = exp_constants(job.exp_constants, tile.z)
    for b in range(0, size, width):
        prefetch(ahead, b * classes, width * classes)
        top = load(tile.z, b, tile.z)
        for k in range(1, classes):
            top = larger(load(tile.z, k * size + b, tile.z), top)
        sum_e, dot = full(0.0, tile.z), full(0.0, tile.z)
        if labels:
            label, sum_d = load(tile.label, b, tile.z), full(0.0, tile.z)
            for k in range(classes):
                d = load(tile.z, k * size + b, tile.z) - top
                e = exp(d, c)
                store(tile.z, k * size + b, e)
                sum_e, sum_d, dot = sum_e + e, sum_d + d, dot + where_equal(d, label, cast(k, tile.z))
            dot = dot * load(tile.label_mass, b, tile.z) + sum_d * load(tile.every_mass, b, tile.z)
        else:
            for k in range(classes):
                d = load(tile.z, k * size + b, tile.z) - top
                e = exp(d, c)
                store(tile.z, k * size + b, e)
                sum_e, dot = sum_e + e, dot + d * load(tile.t, k * size + b, tile.z)
        store(tile.top, b, top)
        store(tile.sum_e, b, sum_e)
        store(tile.dot, b, dot)
    for b in range(size):
        tile.deferred[b] = not (np.isfinite(tile.dot[b]) and tile.top[b] < HUGE)


@inlined
def losses(tile: Tile, z_loss: float) -> None:
    """loss <- s log(sum e) - <t, d> + z_loss s lse^2; what :func:`gradients` needs goes to ``sum_e`` and ``dot``."""
    for b in range(tile.top.size):
        log_sum = log(np.float64(tile.sum_e[b]))
        lse = log_sum + np.float64(tile.top[b])
        tile.loss[b] = tile.s[b] * log_sum - tile.dot[b] + z_loss * tile.s[b] * lse * lse
        tile.sum_e[b] = cast(tile.s[b] * (1.0 + 2.0 * z_loss * lse), tile.sum_e) / tile.sum_e[b]
        tile.dot[b] = cast(tile.scale[b], tile.dot)


@inlined
def gradients(tile: Tile, labels: bool) -> None:
    """z <- scale (s e / sum e - t) over the tile; ``sum_e`` holds s / sum e by now, ``dot`` the scale."""
    size, width, classes = tile.top.size, vector_width(tile.z), tile.z.size // tile.top.size
    for b in range(0, size, width):
        scale = load(tile.dot, b, tile.z)
        factor = load(tile.sum_e, b, tile.z) * scale
        if labels:
            label, label_mass = load(tile.label, b, tile.z), load(tile.label_mass, b, tile.z) * scale
            every_mass = load(tile.every_mass, b, tile.z) * scale
            for k in range(classes):
                g = load(tile.z, k * size + b, tile.z) * factor - every_mass
                store(tile.z, k * size + b, g - where_equal(label_mass, label, cast(k, tile.z)))
        else:
            for k in range(classes):
                t = load(tile.t, k * size + b, tile.z) * scale
                store(tile.z, k * size + b, load(tile.z, k * size + b, tile.z) * factor - t)


@inlined
def write_gradients(job: Job, first: int, rows: int, tile: Tile) -> None:
    """Transpose the tile back into rows of the gradient: 0 for rows without mass; deferred rows are not written."""
    size = tile.top.size
    classes = job.classes
    deferred = 0
    for b in range(size):
        deferred += 1 if tile.deferred[b] else 0
    clear_rows_without_mass(tile)
    whole = 0
    if deferred == 0:
        width = 64 // tile.z.itemsize
        whole = rows - rows % width
        block = row_to_write(job.gradient, first * classes, whole * classes, tile.buffer)
        for k in range(0, classes, width):
            for b in range(0, whole, width):
                transpose_out(block, b * classes + k, classes, min(classes - k, width), tile.z, k * size + b, size)
        write_row(job.gradient, first * classes, block)
    for b in range(whole, rows):
        if not (tile.has_mass[b] and tile.deferred[b]):
            row = job.gradient[(first + b) * classes : (first + b + 1) * classes]
            for k in range(row.size):
                row[k] = to_entry(row, tile.z[k * size + b])


@inlined
def rows_in_tiles(job: Job, tile: Tile, lo: int, hi: int) -> bool:
    """Compute rows lo to hi; returns whether some are left to fallback_row: their loss is NaN, no gradient written."""
    size = tile.top.size
    some_deferred, labels = False, is_label_and_uniform(job.target)
    for first in range(lo, hi, size):
        rows = min(size, hi - first)
        if labels:
            read_labels(first, rows, job.target, tile)
        else:
            read_target(first, rows, job.target, tile)
        read_logits(job, first, rows, tile)
        exponentials_and_dots(job, first, tile, labels)
        step = np.uint64(job.scale_step)
        for b in range(rows):
            tile.scale[b] = job.scale[np.uint64(first + b) * step]
        losses(tile, job.z_loss)
        loss = job.loss[first : first + rows]
        unusual = 0
        for b in range(loss.size):
            loss[b] = cast(tile.loss[b], loss)
            unusual += 1 if tile.deferred[b] or not tile.has_mass[b] else 0
        if unusual > 0:
            for b in range(loss.size):
                deferred = tile.has_mass[b] and tile.deferred[b]
                some_deferred = some_deferred or deferred
                if not tile.has_mass[b] or deferred:
                    loss[b] = np.nan if deferred else 0.0
        if job.with_gradient:
            gradients(tile, labels)
            write_gradients(job, first, rows, tile)
    return some_deferred

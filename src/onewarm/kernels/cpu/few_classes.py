"""The way for few classes: many rows at a time, transposed into a tile, so that a vector holds one class of many rows.

Rows with a masked or a bad logit are left to :mod:`onewarm.kernels.cpu.fallback_row`. Memory and targets: ``tile``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from onewarm.kernels.cpu.arguments import Job
from onewarm.kernels.cpu.fallback_row import HUGE
from onewarm.kernels.cpu.float16 import read_rows, row_to_write, to_entry, write_row
from onewarm.kernels.cpu.row_passes import Prefetch, prefetch
from onewarm.kernels.cpu.tile import Tile, class_line, read_labels, read_target
from onewarm.kernels.jit.decorators import inlined
from onewarm.kernels.jit.exp_log import exp, exp_constants, log
from onewarm.kernels.jit.intrinsics import cast, larger
from onewarm.kernels.jit.line import lanes, view
from onewarm.kernels.jit.simd import full, load, store, where_equal
from onewarm.kernels.jit.transpose import transpose_in, transpose_out

MOST_CLASSES = 48  # up to here rows are computed in tiles,
FEWEST_ROWS = 16  # from here on


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
    block = view(job.logits, start, (rows - 1) * job.logits_step + classes)
    source, step = read_rows(block, job.logits_step, classes, tile.buffer)
    width = lanes(tile.z)
    whole = rows - rows % width
    for k in range(0, classes, width):
        for b in range(0, whole, width):
            transpose_in(source, b * step + k, step, min(classes - k, width), tile.z, k * size + b, size)
    for b in range(whole, rows):
        row = view(source, b * step, classes)
        for k in range(row.size):
            tile.z[k * size + b] = row[k]
    clear_rows_without_mass(tile)


@cache
def exponentials_and_dots(labels: bool) -> Any:
    """The compiled function (job, first, tile), for labels or for targets that were written out.

    For every row the largest logit, the exponentials, their sum, and the dot product with the target. The last is not
    finite where a logit is not: 0 times an infinity is not a number.
    """

    @inlined
    def compute(job: Job, first: int, tile: Tile) -> None:
        size, width, classes = tile.top.size, lanes(tile.z), tile.z.size // tile.top.size
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

    return compute


@inlined
def losses(tile: Tile, z_loss: float) -> None:
    """loss <- s log(sum e) - <t, d> + z_loss s lse^2; what :func:`gradients` needs goes to ``sum_e`` and ``dot``."""
    for b in range(tile.top.size):
        log_sum = log(np.float64(tile.sum_e[b]))
        lse = log_sum + np.float64(tile.top[b])
        tile.loss[b] = tile.s[b] * log_sum - tile.dot[b] + z_loss * tile.s[b] * lse * lse
        tile.sum_e[b] = cast(tile.s[b] * (1.0 + 2.0 * z_loss * lse), tile.sum_e) / tile.sum_e[b]
        tile.dot[b] = cast(tile.scale[b], tile.dot)


@cache
def gradients(labels: bool) -> Any:
    """The compiled function (tile): z <- scale (s e / sum e - t); ``sum_e`` holds s / sum e, ``dot`` the scale."""

    @inlined
    def compute(tile: Tile) -> None:
        size, width, classes = tile.top.size, lanes(tile.z), tile.z.size // tile.top.size
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

    return compute


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
        width = lanes(tile.z)
        whole = rows - rows % width
        block = row_to_write(job.gradient, first * classes, whole * classes, tile.buffer)
        for k in range(0, classes, width):
            for b in range(0, whole, width):
                transpose_out(block, b * classes + k, classes, min(classes - k, width), tile.z, k * size + b, size)
        write_row(job.gradient, first * classes, block)
    for b in range(whole, rows):
        if not (tile.has_mass[b] and tile.deferred[b]):
            row = view(job.gradient, (first + b) * classes, classes)
            for k in range(row.size):
                row[k] = to_entry(row, tile.z[k * size + b])


@cache
def rows_in_tiles(labels: bool, reads: str) -> Any:
    """The compiled function (job, tile, lo, hi), for labels with a share of a uniform row at most, or for any target.

    It computes rows lo to hi and returns whether some are left to fallback_row: their loss is NaN then, and their
    gradient not written. Tables: see :mod:`table_row`.
    """
    read_targets, compute_losses, compute_gradients = (
        read_target(reads),
        exponentials_and_dots(labels),
        gradients(labels),
    )

    @inlined
    def rows_of_job(job: Job, tile: Tile, lo: int, hi: int) -> bool:
        size = tile.top.size
        some_deferred = False
        for first in range(lo, hi, size):
            rows = min(size, hi - first)
            if labels:
                read_labels(first, rows, job.target, tile)
            else:
                read_targets(first, rows, job.target, tile)
            read_logits(job, first, rows, tile)
            compute_losses(job, first, tile)
            step = np.uint64(job.scale_step)
            for b in range(rows):
                tile.scale[b] = job.scale[np.uint64(first + b) * step]
            losses(tile, job.z_loss)
            loss = view(job.loss, first, rows)
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
                compute_gradients(tile)
                write_gradients(job, first, rows, tile)
        return some_deferred

    return rows_of_job

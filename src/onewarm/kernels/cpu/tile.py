"""A tile: memory for many rows of few classes, class by class, and the reading of their targets into it.

A label with a share of a uniform row stays three numbers a row. Any other target is written out as a second tile: with
few classes that costs less than a loop for each of its forms.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from onewarm.kernels.cpu.arguments import Scratch, Size, Target, whole_vectors
from onewarm.kernels.cpu.table_row import table_row
from onewarm.kernels.jit.decorators import inlined, uncompiled
from onewarm.kernels.jit.intrinsics import cast
from onewarm.kernels.jit.line import view

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
    size, whole = classes * rows, whole_vectors(classes) * rows
    return Tile(
        z=view(scratch.reals, 0, size),
        t=view(scratch.reals, whole, size),
        buffer=view(scratch.reals, 2 * whole, size),
        top=view(scratch.reals, 3 * whole, rows),
        sum_e=view(scratch.reals, 3 * whole + rows, rows),
        dot=view(scratch.reals, 3 * whole + 2 * rows, rows),
        label=view(scratch.reals, 3 * whole + 3 * rows, rows),
        label_mass=view(scratch.reals, 3 * whole + 4 * rows, rows),
        every_mass=view(scratch.reals, 3 * whole + 5 * rows, rows),
        index=view(scratch.integers, 0, rows),
        s=view(scratch.doubles, 0, rows),
        scale=view(scratch.doubles, rows, rows),
        loss=view(scratch.doubles, 2 * rows, rows),
        has_mass=view(scratch.flags, 0, rows),
        deferred=view(scratch.flags, rows, rows),
    )


@inlined
def class_line(tile: Any, k: int, like: Any) -> Any:
    """Class k of every row."""
    return view(tile, k * like.size, like.size)


@inlined
def read_column(entries: Any, step: int, first: int, j: int, rows: int, out: Any) -> None:
    """out <- entries[first + b, j] of ``rows`` rows, ``step`` apart; 0 beyond them."""
    if step == 1:
        line = view(entries, first, rows)
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


@cache
def read_target(reads: str) -> Any:
    """The compiled function (first, rows, target, tile) for one kind of table (see :mod:`table_row`).

    t <- the target of each row; its mass, and whether it has any.
    """
    read_table_row = table_row(reads)

    @inlined
    def read(first: int, rows: int, target: Target, tile: Tile) -> None:
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
                only = read_table_row(target.table, 0, view(tile.buffer, 0, classes))
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
                    row = read_table_row(target.table, r, view(tile.buffer, 0, classes))
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

    return read

"""The slow way, one row at a time, for any row: masked classes, several table rows in one target, no mass.

:mod:`onewarm.kernels.cpu.row_groups` and :mod:`onewarm.kernels.cpu.few_classes` have computed the other rows before:
those with finite logits and at most one table row.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from onewarm.kernels.cpu.arguments import Job, Scratch, Size, Target, whole_vectors
from onewarm.kernels.cpu.float16 import read_row, row_to_write, write_row
from onewarm.kernels.cpu.row_passes import Prefetch, exponentials, scaled_minus
from onewarm.kernels.cpu.table_row import table_row
from onewarm.kernels.jit.decorators import inlined, uncompiled
from onewarm.kernels.jit.exp_log import BLOCK, exp_constants, log, masked_dot, max_and_bad
from onewarm.kernels.jit.intrinsics import cast
from onewarm.kernels.jit.line import view

HUGE = 1e30  # a largest logit above this is left to this file: z - max z may overflow


class RowScratch(NamedTuple):
    """Memory for one row."""

    e: Any  # (K,) exponentials, to the end of the last vector
    row: Any  # (K,) for logits in two bytes
    table: Any  # (K,) for a table row of another type
    chosen: Any  # (T,) int64, the table rows of the target, each once
    share: Any  # (T,) float64, the weight of each
    masked_share: Any  # (T,) float64, the weight of each on masked classes


def scratch_size(classes: int, shares: int) -> Size:
    """What :func:`row_scratch` divides."""
    return Size(reals=3 * uncompiled(whole_vectors)(classes), doubles=2 * shares, integers=shares, flags=0)


@inlined
def row_scratch(scratch: Scratch, classes: int, shares: int) -> RowScratch:
    """A thread's scratch memory, for one row."""
    line = whole_vectors(classes)
    return RowScratch(
        e=view(scratch.reals, 0, line),
        row=view(scratch.reals, line, classes),
        table=view(scratch.reals, 2 * line, classes),
        chosen=view(scratch.integers, 0, shares),
        share=view(scratch.doubles, 0, shares),
        masked_share=view(scratch.doubles, shares, shares),
    )


@inlined
def has_mass(target: Target, i: int) -> bool:
    """Whether any weight of row i is not zero."""
    found = False
    for j in range(target.named):
        found = found or target.weight[i * target.weight_step + j] != 0.0
    for j in range(target.shares):
        found = found or target.table_weight[i * target.table_weight_step + j] != 0.0
    return found


@inlined
def distinct_table_rows(target: Target, i: int, scratch: RowScratch) -> int:
    """Put the table rows that row i takes a share of, each once with its weight, into ``scratch``; returns how many."""
    count = 0
    for j in range(target.shares):
        w = target.table_weight[i * target.table_weight_step + j]
        if w == 0.0:
            continue
        r = target.table_index[i * target.table_index_step + j]
        at = 0
        while at < count and scratch.chosen[at] != r:
            at += 1
        if at == count:
            scratch.chosen[at] = r
            scratch.share[at] = 0.0
            count += 1
        scratch.share[at] += w
    return count


@inlined
def subtract_row(z: Any, row: Any, w: Any, masked_w: Any, g: Any) -> None:
    """g <- g - w row, with the weight ``masked_w`` where z is masked."""
    for k in range(z.size):
        g[k] -= cast(row[k], g) * (w if z[k] > -np.inf else masked_w)


@inlined
def masked_dot_in_blocks(z: Any, top: Any, row: Any) -> Any:
    """:func:`masked_dot` with float64 totals."""
    dot, open_mass, masked_mass = 0.0, 0.0, 0.0
    for a in range(0, z.size, BLOCK):
        b = min(a + BLOCK, z.size)
        block_dot, block_open, block_masked = masked_dot(view(z, a, b - a), top, view(row, a, b - a))
        dot += block_dot
        open_mass += block_open
        masked_mass += block_masked
    return dot, open_mass, masked_mass


@inlined
def ahead_of(job: Job, i: int) -> Prefetch:
    """What to fetch while row i is computed."""
    return Prefetch(
        logits=job.logits,
        logits_at=(i + 1) * job.logits_step,
        table=job.target.table.entries,
        table_at=0,
        gradient=job.gradient,
        gradient_at=i * job.classes,
        with_gradient=job.with_gradient,
    )


@cache
def one_row(reads: str) -> Any:
    """The compiled function (job, z, g, i, scratch) for one kind of table (see :mod:`table_row`).

    It computes loss and gradient g of row i, which has mass and logits z, and returns whether it did: False, with
    nothing written, if the row has no loss.
    """
    read_table_row = table_row(reads)

    @inlined
    def compute(job: Job, z: Any, g: Any, i: int, scratch: RowScratch) -> bool:
        target = job.target
        top, bad = max_and_bad(z)
        if bad or top == -np.inf:
            return False
        s, dot, impossible = 0.0, 0.0, False
        for j in range(target.named):
            w = target.weight[i * target.weight_step + j]
            if w != 0.0:
                x = np.float64(z[target.index[i * target.index_step + j]])
                s += w
                if x == -np.inf:
                    impossible = True
                else:
                    dot += w * (x - np.float64(top))
        count = distinct_table_rows(target, i, scratch)
        sum_e, _ = exponentials(z, top, scratch.e, ahead_of(job, i), exp_constants(job.exp_constants, scratch.e))
        for u in range(count):
            row = read_table_row(target.table, scratch.chosen[u], scratch.table)
            row_dot, open_mass, masked_mass = masked_dot_in_blocks(z, top, row)
            s += scratch.share[u] * (target.table.mass if target.table.rows == 1 else open_mass + masked_mass)
            scratch.masked_share[u] = 0.0
            if masked_mass != 0.0 and open_mass != 0.0 and job.move_mass:  # it moves to the others in proportion
                scratch.share[u] *= 1.0 + masked_mass / open_mass
            elif masked_mass != 0.0 and scratch.share[u] != 0.0:  # there is no class to take it
                impossible = True
                scratch.masked_share[u] = scratch.share[u]
            dot += scratch.share[u] * row_dot
        log_sum = log(sum_e)
        lse = np.float64(top) + log_sum
        job.loss[i] = np.inf if impossible else s * log_sum - dot + job.z_loss * s * lse * lse
        if not job.with_gradient:
            return True
        scale = job.scale[i * job.scale_step]
        factor = scale * s / sum_e
        if job.z_loss != 0.0:  # else the gradient need not wait for the logarithm
            factor *= 1.0 + 2.0 * job.z_loss * lse
        if count == 0:
            scaled_minus(scratch.e, factor, 0.0, g)
        else:  # computed in scratch memory until z is read no more: g may be z itself
            e = view(scratch.e, 0, z.size)
            scaled_minus(e, factor, 0.0, e)
            for u in range(count):
                row = read_table_row(target.table, scratch.chosen[u], scratch.table)
                subtract_row(z, row, cast(scale * scratch.share[u], z), cast(scale * scratch.masked_share[u], z), e)
            for k in range(g.size):
                g[k] = e[k]
        for j in range(target.named):
            w = target.weight[i * target.weight_step + j]
            if w != 0.0:
                k = target.index[i * target.index_step + j]
                g[k] = cast(np.float64(g[k]) - scale * w, z)
        return True

    return compute


@cache
def deferred_rows(reads: str) -> Any:
    """The compiled function (job, scratch, lo, hi) for one kind of table (see :mod:`table_row`).

    It computes those of rows lo to hi whose loss is NaN, as the other ways leave it, and returns the first without a
    loss, or -1. Such a row keeps its NaN; its gradient is not written, since in place its logits may be asked for.
    """
    compute_row = one_row(reads)

    @inlined
    def compute(job: Job, scratch: RowScratch, lo: int, hi: int) -> int:
        first = -1
        for i in range(lo, hi):
            if not np.isnan(job.loss[i]):
                continue
            place = i * job.classes
            if not has_mass(job.target, i):
                job.loss[i] = 0
                if job.with_gradient:
                    for k in range(place, place + job.classes):
                        job.gradient[k] = 0
                continue
            z = read_row(job.logits, i * job.logits_step, job.classes, scratch.row)
            g = row_to_write(job.gradient, place, job.classes, scratch.row)
            if not compute_row(job, z, g, i, scratch):
                if first < 0:
                    first = i
            elif job.with_gradient:
                write_row(job.gradient, place, g)
        return first

    return compute

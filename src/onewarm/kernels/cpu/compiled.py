"""The compiled functions: one for each type of logits, way to compute a row, and kind of table, made when first needed.

A call needs one of them, and a second one where rows were deferred: masked classes, a bad logit, a target of several
table rows. So a first call compiles little.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import carray  # type: ignore[attr-defined]

from onewarm.kernels.cpu.arguments import (
    BAD_ROW,
    DEFERRED,
    NEXT_ROW,
    NEXT_THREAD,
    RECORD,
    job_of,
    scratch_of,
)
from onewarm.kernels.cpu.fallback_row import deferred_rows, row_scratch
from onewarm.kernels.cpu.few_classes import rows_in_tiles
from onewarm.kernels.cpu.row_groups import group_of, group_rows, rows_in_groups
from onewarm.kernels.cpu.table_row import NONE, OTHER, SAME
from onewarm.kernels.cpu.tile import tile_of
from onewarm.kernels.jit.entry import CFunction, c_function
from onewarm.kernels.jit.exp_log import EXP_CONSTANTS
from onewarm.kernels.jit.intrinsics import fetch_add, fetch_min
from onewarm.kernels.jit.line import address_of, array_at

KINDS = ("float32", "float64", "uint16", "int16")  # of logits: bfloat16 and float16 as their bits
GROUPS, LABELS, TILES, DEFERRED_ROWS = "groups", "labels", "tiles", "deferred rows"
# Every (way, kind of table) that a call may need; LABELS are tiles of labels with a share of a uniform row at most.
WAYS = ((LABELS, NONE), *((way, reads) for way in (GROUPS, TILES, DEFERRED_ROWS) for reads in (NONE, SAME, OTHER)))


@cache
def kernel(kind: str, way: str, reads: str) -> CFunction:
    """A C function of a record (arguments.py) that takes pieces of the rows until none is left.

    Args:
        kind: one of :data:`KINDS`.
        way, reads: one of :data:`WAYS`; see :mod:`onewarm.kernels.cpu.table_row`.
    """
    entry = np.dtype(kind).type
    real = np.float64 if kind == "float64" else np.float32
    itemsize, constants = np.dtype(real).itemsize, EXP_CONSTANTS[np.dtype(real).name].size
    make = {GROUPS: _in_groups, DEFERRED_ROWS: _deferred}.get(way, _in_tiles)
    return make(entry, real, itemsize, constants, way == LABELS, reads)


def _in_groups(entry: Any, real: Any, itemsize: int, constants: int, labels: bool, reads: str) -> CFunction:
    compute = rows_in_groups(reads)

    def groups(address: Any) -> None:
        arguments = carray(address, 1, RECORD)[0]
        words = array_at(address_of(address), np.int64, 4)
        job = job_of(arguments, entry, real, constants)
        scratch = scratch_of(arguments, fetch_add(words, NEXT_THREAD, 1), real, itemsize)
        n, piece = arguments.rows, arguments.piece
        group, most = group_of(scratch, job.classes), group_rows(job.classes)
        while True:
            lo = fetch_add(words, NEXT_ROW, piece)
            if lo >= n:
                return
            if compute(job, group, lo, min(lo + piece, n), most):
                fetch_add(words, DEFERRED, 1)

    return c_function(groups)


def _in_tiles(entry: Any, real: Any, itemsize: int, constants: int, labels: bool, reads: str) -> CFunction:
    compute = rows_in_tiles(labels, reads)

    def tiles(address: Any) -> None:
        arguments = carray(address, 1, RECORD)[0]
        words = array_at(address_of(address), np.int64, 4)
        job = job_of(arguments, entry, real, constants)
        scratch = scratch_of(arguments, fetch_add(words, NEXT_THREAD, 1), real, itemsize)
        n, piece = arguments.rows, arguments.piece
        tile = tile_of(scratch, job.classes)
        while True:
            lo = fetch_add(words, NEXT_ROW, piece)
            if lo >= n:
                return
            if compute(job, tile, lo, min(lo + piece, n)):
                fetch_add(words, DEFERRED, 1)

    return c_function(tiles)


def _deferred(entry: Any, real: Any, itemsize: int, constants: int, labels: bool, reads: str) -> CFunction:
    compute = deferred_rows(reads)

    def deferred(address: Any) -> None:
        arguments = carray(address, 1, RECORD)[0]
        words = array_at(address_of(address), np.int64, 4)
        job = job_of(arguments, entry, real, constants)
        scratch = scratch_of(arguments, fetch_add(words, NEXT_THREAD, 1), real, itemsize)
        n, piece = arguments.rows, arguments.piece
        row = row_scratch(scratch, job.classes, arguments.shares)
        while True:
            lo = fetch_add(words, NEXT_ROW, piece)
            if lo >= n:
                return
            bad = compute(job, row, lo, min(lo + piece, n))
            if bad >= 0:
                fetch_min(words, BAD_ROW, bad)

    return c_function(deferred)

"""A row of a target's table in the kernel's own type, whatever type the table is kept in.

No copy of the table is made. Code that reads tables of another type than the kernel's is compiled when one comes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from onewarm.kernels.cpu import float16  # noqa: F401  (its conversions, for ``load`` below)
from onewarm.kernels.jit.decorators import inlined
from onewarm.kernels.jit.intrinsics import cast
from onewarm.kernels.jit.line import array_at, lanes, view
from onewarm.kernels.jit.simd import load, load_first, store, store_first

NONE, SAME, OTHER = "none", "same", "other"  # what compiled code reads: see :func:`table_row`
OTHERS = ("float32", "float64", "uint16", "int16")  # types of entries under OTHER, by number


class Table(NamedTuple):
    """R rows of K entries, ``stride`` entries from one to the next."""

    entries: Any  # as if they had the kernel's type
    address: Any  # where they are
    kind: Any  # the type's place in OTHERS
    stride: Any
    rows: Any  # R
    mass: Any  # float64, of the row if there is but one
    level: Any  # float64, the value of every entry if there is one row and it is uniform; else NaN


@inlined
def _convert(source: Any, row: Any) -> None:
    """row <- as many entries of ``source``, which has another type."""
    width = lanes(row)
    whole = row.size - row.size % width
    for k in range(0, whole, width):
        store(row, k, load(source, k, row))
    if whole < row.size:
        store_first(row, whole, row.size - whole, load_first(source, whole, row.size - whole, row))


@inlined
def _uniform_row(table: Table, r: int, buffer: Any) -> Any:
    for k in range(buffer.size):
        buffer[k] = cast(table.level, buffer)
    return buffer


@inlined
def _same_row(table: Table, r: int, buffer: Any) -> Any:
    at = r * table.stride
    return view(table.entries, at, buffer.size)


@inlined
def _converted_row(table: Table, r: int, buffer: Any) -> Any:
    at = r * table.stride
    if table.kind == 0:
        _convert(array_at(table.address + 4 * at, np.float32, buffer.size), buffer)
    elif table.kind == 1:
        _convert(array_at(table.address + 8 * at, np.float64, buffer.size), buffer)
    elif table.kind == 2:
        _convert(array_at(table.address + 2 * at, np.uint16, buffer.size), buffer)
    else:
        _convert(array_at(table.address + 2 * at, np.int16, buffer.size), buffer)
    return buffer


@inlined
def _buffer(table: Table, r: int, buffer: Any) -> Any:
    return buffer


def table_row(reads: str) -> Any:
    """The compiled function (table, r, buffer) -> row r, for one kind of table; ``buffer`` has K entries.

    Args:
        reads: ``NONE``: a single uniform row, written into the buffer; nobody reads memory for it. ``SAME``: the
            kernel's own type, a view. ``OTHER``: one of ``OTHERS``, converted into the buffer.
    """
    return {NONE: _uniform_row, SAME: _same_row, OTHER: _converted_row}[reads]


def table_row_again(reads: str) -> Any:
    """The function for row r where an earlier :func:`table_row` with this buffer found it or put it."""
    return _same_row if reads == SAME else _buffer

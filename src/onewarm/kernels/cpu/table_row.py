"""A row of a target's table in the kernel's own type, whatever type the table is kept in.

The table's type is looked at when the kernel runs: another type compiles nothing, and no copy of the table is made.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import carray  # type: ignore[attr-defined]

from onewarm.kernels.cpu import float16  # noqa: F401  (its conversions, for ``load`` below)
from onewarm.kernels.cpu.jit import inlined, pointer_to
from onewarm.kernels.cpu.simd import load, load_first, store, store_first

SAME, OTHERS = 0, ("float32", "float64", "uint16", "int16")  # the kernel's own type; others, numbered from 1 on


class Table(NamedTuple):
    """R rows of K entries, ``stride`` entries from one to the next."""

    entries: Any  # as if they had the kernel's type
    address: Any  # where they are
    kind: Any  # SAME, or 1 more than the type's place in OTHERS
    stride: Any
    rows: Any  # R
    mass: Any  # float64, of the row if there is but one
    level: Any  # float64, the value of every entry if there is one row and it is uniform; else NaN


@inlined
def _convert(source: Any, row: Any) -> None:
    """row <- as many entries of ``source``, which has another type."""
    width = 64 // row.itemsize
    whole = row.size - row.size % width
    for k in range(0, whole, width):
        store(row, k, load(source, k, row))
    if whole < row.size:
        store_first(row, whole, row.size - whole, load_first(source, whole, row.size - whole, row))


@inlined
def table_row(table: Table, r: int, buffer: Any) -> Any:
    """Row r: a view, or converted into ``buffer``, which has K entries."""
    at = r * table.stride
    if table.kind == SAME:
        return table.entries[at : at + buffer.size]
    if table.kind == 1:
        _convert(carray(pointer_to(table.address + 4 * at, np.float32), buffer.size), buffer)
    elif table.kind == 2:
        _convert(carray(pointer_to(table.address + 8 * at, np.float64), buffer.size), buffer)
    elif table.kind == 3:
        _convert(carray(pointer_to(table.address + 2 * at, np.uint16), buffer.size), buffer)
    else:
        _convert(carray(pointer_to(table.address + 2 * at, np.int16), buffer.size), buffer)
    return buffer


@inlined
def table_row_again(table: Table, r: int, buffer: Any) -> Any:
    """Row r where an earlier :func:`table_row` with this buffer found it or put it."""
    at = r * table.stride
    return table.entries[at : at + buffer.size] if table.kind == SAME else buffer

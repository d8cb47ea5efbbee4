"""A row of a target's table in the kernel's own type, whatever type the table is kept in.

Which one is asked at run time: a table in another type compiles nothing, and no copy of it is made.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import carray  # type: ignore[attr-defined]

from onewarm.kernels.cpu.jit import glue, located
from onewarm.kernels.cpu.simd import load, load_first, store, store_first

OWN, KINDS = 0, ("float32", "float64", "uint16", "int16")  # the kernel's type; others from 1 on


class Table(NamedTuple):
    """R rows, ``stride`` entries from one to the next."""

    own: Any  # the entries, as if they had the kernel's type
    address: Any  # where they are
    kind: Any  # OWN, or 1 more than the place in KINDS
    stride: Any
    rows: Any  # R
    mass: Any  # float64, of the row if there is but one
    level: Any  # float64, what every entry is, if there is one row and they are all the same; else NaN


@glue
def _into(source: Any, room: Any) -> None:
    width = 64 // room.itemsize
    whole = room.size - room.size % width
    for k in range(0, whole, width):
        store(room, k, load(source, k, room))
    if whole < room.size:
        store_first(room, whole, room.size - whole, load_first(source, whole, room.size - whole, room))


@glue
def table_row(table: Table, r: int, room: Any) -> Any:
    """Row r: itself, or in ``room``, which is of its size."""
    at = r * table.stride
    if table.kind == OWN:
        return table.own[at : at + room.size]
    if table.kind == 1:
        _into(carray(located(table.address + 4 * at, np.float32), room.size), room)
    elif table.kind == 2:
        _into(carray(located(table.address + 8 * at, np.float64), room.size), room)
    elif table.kind == 3:
        _into(carray(located(table.address + 2 * at, np.uint16), room.size), room)
    else:
        _into(carray(located(table.address + 2 * at, np.int16), room.size), room)
    return room


@glue
def table_row_again(table: Table, r: int, room: Any) -> Any:
    """Row r where :func:`table_row` found it or put it."""
    at = r * table.stride
    return table.own[at : at + room.size] if table.kind == OWN else room

"""What a kernel is called with: a record of numbers and addresses that Python fills in, and a thread's scratch memory.

The record is read by name on both sides. Compiled code turns it into arrays once, as a :class:`Job`.
"""

from __future__ import annotations

from struct import Struct
from typing import Any, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray

from onewarm.kernels.cpu.table_row import Table
from onewarm.kernels.jit.decorators import inlined
from onewarm.kernels.jit.line import array_at


class Arguments(NamedTuple):
    """Numbers, and addresses of arrays. Each array's rows are ``*_step`` entries apart; 0 where one row is for all."""

    next_row: int  # that no thread has taken; these four are changed by the threads
    next_thread: int  # the number of the next thread that begins
    bad_row: int  # the first row without a loss, or N
    deferred: int  # not 0 if rows are left to fallback_row
    rows: int  # N
    classes: int  # K
    named: int  # J, named classes of a row
    shares: int  # T, table rows that a row takes shares of
    logits: int  # (N, K)
    logits_step: int
    named_index: int  # (N, J) int64
    named_index_step: int
    named_weight: int  # (N, J) float64
    named_weight_step: int
    table: int  # (R, K)
    table_kind: int  # see table_row.py
    table_step: int
    table_rows: int  # R
    table_mass: float  # of the row if R is 1
    table_level: float  # the value of every entry if R is 1 and the row is uniform; else NaN
    table_index: int  # (N, T) int64
    table_index_step: int
    table_weight: int  # (N, T) float64
    table_weight_step: int
    scale: int  # (N, 1) float64, a factor of each row's gradient
    scale_step: int
    z_loss: float
    move_mass: bool  # whether table mass on masked classes moves to the others
    with_gradient: bool
    gradient: int  # (N, K), rows side by side
    loss: int  # (N,)
    exp_constants: int  # see exp_log.py
    piece: int  # rows that a thread takes at a time
    scratch: int  # the threads' scratch memory, one after the other, each from a cache line on
    scratch_bytes: int  # of one thread
    scratch_reals: int  # entries of its parts, see Scratch
    scratch_doubles: int
    scratch_integers: int
    scratch_flags: int


_KINDS = get_type_hints(Arguments)
_PACKING = Struct(
    "".join({int: "q", float: "d", bool: "?"}[kind] for kind in _KINDS.values()) + "0q"
)  # padded to whole words
RECORD = np.dtype([*_KINDS.items()], align=True)  # the same layout, by name
NEXT_ROW, NEXT_THREAD, BAD_ROW, DEFERRED = range(4)  # the words that threads change
LINE = 64  # bytes of a cache line, and of a vector


def packed(arguments: Arguments) -> NDArray[np.int64]:
    """A record as its words; NumPy would take ten times as long to make one of a tuple."""
    return np.frombuffer(bytearray(_PACKING.pack(*arguments)), np.int64)


class Target(NamedTuple):
    """A target's five arrays as lines of numbers, with the step from one row to the next."""

    index: Any  # int64
    index_step: Any
    weight: Any  # float64
    weight_step: Any
    named: Any  # J, how many classes a row names
    table: Any  # Table
    table_index: Any  # int64
    table_index_step: Any
    table_weight: Any  # float64
    table_weight_step: Any
    shares: Any  # T, how many table rows a row takes shares of


class Job(NamedTuple):
    """One call's input and output, the same for every thread."""

    logits: Any  # row after row
    logits_step: Any
    classes: Any  # K
    target: Any  # Target
    scale: Any  # float64, a factor of each row's gradient
    scale_step: Any
    z_loss: Any
    move_mass: Any
    gradient: Any  # row after row, empty if nobody wants it
    with_gradient: Any
    loss: Any  # (N,)
    exp_constants: Any


class Size(NamedTuple):
    """How many entries of each type scratch memory has."""

    reals: int
    doubles: int
    integers: int
    flags: int


class Scratch(NamedTuple):
    """One thread's scratch memory, by type; the ways to compute a row divide it among their own arrays."""

    reals: Any  # float32, or float64 for logits in float64
    doubles: Any  # float64
    integers: Any  # int64
    flags: Any  # bool


def scratch_bytes(size: Size, itemsize: int) -> int:
    """Bytes of one thread's scratch memory, whole cache lines."""
    return whole_lines(size.reals * itemsize) + whole_lines(8 * (size.doubles + size.integers) + size.flags)


def whole_lines(count: int) -> int:
    """A number of bytes, up to the end of the last cache line."""
    return count + -count % LINE


@inlined
def whole_vectors(count: int) -> int:
    """A number of entries, up to the end of the last vector of the smallest ones (float32)."""
    return count + -count % 16


@inlined
def job_of(a: Any, entry: Any, real: Any, constants: int) -> Job:
    """The arrays that a record names: logits of type ``entry``, computed in ``real``, and the constants of exp."""
    n = a.rows
    table = Table(
        entries=array_at(a.table, real, (a.table_rows - 1) * a.table_step + a.classes),
        address=a.table,
        kind=a.table_kind,
        stride=a.table_step,
        rows=a.table_rows,
        mass=a.table_mass,
        level=a.table_level,
    )
    target = Target(
        index=array_at(a.named_index, np.int64, (n - 1) * a.named_index_step + a.named),
        index_step=a.named_index_step,
        weight=array_at(a.named_weight, np.float64, (n - 1) * a.named_weight_step + a.named),
        weight_step=a.named_weight_step,
        named=a.named,
        table=table,
        table_index=array_at(a.table_index, np.int64, (n - 1) * a.table_index_step + a.shares),
        table_index_step=a.table_index_step,
        table_weight=array_at(a.table_weight, np.float64, (n - 1) * a.table_weight_step + a.shares),
        table_weight_step=a.table_weight_step,
        shares=a.shares,
    )
    return Job(
        logits=array_at(a.logits, entry, (n - 1) * a.logits_step + a.classes),
        logits_step=a.logits_step,
        classes=a.classes,
        target=target,
        scale=array_at(a.scale, np.float64, (n - 1) * a.scale_step + 1),
        scale_step=a.scale_step,
        z_loss=a.z_loss,
        move_mass=a.move_mass,
        gradient=array_at(a.gradient, entry, n * a.classes if a.with_gradient else 0),
        with_gradient=a.with_gradient,
        loss=array_at(a.loss, real, n),
        exp_constants=array_at(a.exp_constants, real, constants),
    )


@inlined
def scratch_of(a: Any, thread: int, real: Any, itemsize: int) -> Scratch:
    """The scratch memory of one thread."""
    reals = a.scratch + thread * a.scratch_bytes
    doubles = reals + (a.scratch_reals * itemsize + LINE - 1) // LINE * LINE
    integers = doubles + 8 * a.scratch_doubles
    return Scratch(
        reals=array_at(reals, real, a.scratch_reals),
        doubles=array_at(doubles, np.float64, a.scratch_doubles),
        integers=array_at(integers, np.int64, a.scratch_integers),
        flags=array_at(integers + 8 * a.scratch_integers, np.bool_, a.scratch_flags),
    )

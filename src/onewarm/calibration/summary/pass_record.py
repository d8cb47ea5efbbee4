"""What a compiled pass is called with: a record of numbers and addresses, and scratch memory in one block.

Scratch memory keeps its distance from what else lies on the heap, and its parts lie at the same distances in every
call. Compiled code chooses between loops by how near two arrays lie, and these add in different orders: so the same
rows give the same bytes whatever else is in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from onewarm.kernels.jit.decorators import inlined
from onewarm.kernels.jit.entry import entry
from onewarm.kernels.jit.line import array_at, view

_LINE, _APART = 8, 128  # float64 numbers: of a cache line, and between scratch memory and anything else
_NAMES = (
    *("p", "truth", "shares", "weights"),  # what is read: addresses
    *("cell_count", "sums", "scores", "infinite", "predicted_count", "predicted", "class_count", "classes"),  # added to
    *("scratch", "rows", "width", "groups", "seed"),
    *("labelled", "weighted", "logits", "normalize"),
)
RECORD = np.dtype([(name, np.int64) for name in _NAMES])


class Totals(NamedTuple):
    """What a pass adds to, as lines of numbers: see :class:`onewarm.calibration.summary.update.Totals`."""

    cell_count: Any  # (CELLS,) int64
    sums: Any  # (CELLS * 6,)
    scores: Any  # (8,)
    infinite: Any  # (1,) int64
    predicted_count: Any  # (K * CLASS_CELLS,) int64
    predicted: Any  # (K * CLASS_CELLS * 3,)
    class_count: Any  # (G * K * CLASS_CELLS,) int64
    classes: Any  # (G * K * CLASS_CELLS * 3,)


@inlined
def totals_of(a: Any, cells: int, class_cells: int) -> Totals:
    """The totals that a record names."""
    predicted, by_class = a.width * class_cells * min(a.groups, 1), a.groups * a.width * class_cells
    return Totals(
        array_at(a.cell_count, np.int64, cells),
        array_at(a.sums, np.float64, cells * 6),
        array_at(a.scores, np.float64, 8),
        array_at(a.infinite, np.int64, 1),
        array_at(a.predicted_count, np.int64, predicted),
        array_at(a.predicted, np.float64, predicted * 3),
        array_at(a.class_count, np.int64, by_class),
        array_at(a.classes, np.float64, by_class * 3),
    )


def whole_lines(count: int) -> int:
    """A number of float64 numbers, to the end of the last cache line."""
    return count + -count % _LINE


scratch_part: Any = inlined(whole_lines)
_whole: Any = scratch_part


@inlined
def parts_of(address: int, size: int, count: int) -> Any:
    """Scratch memory: three arrays of ``size`` numbers, and a fourth of ``count``, each from a cache line on."""
    line = _whole(size)
    whole = array_at(address, np.float64, 3 * line + count)
    return view(whole, 0, size), view(whole, line, size), view(whole, 2 * line, size), view(whole, 3 * line, count)


def compiled_pass(function: Callable[[Any], int]) -> Callable[..., int]:
    """A pass that is called with a record's fields by name; it returns -1, or the number of a bad row."""
    call = entry(types.int64(types.voidptr), function)

    def run(*, scratch: int, **fields: Any) -> int:
        """``scratch``: float64 numbers of scratch memory."""
        memory = np.empty(scratch + _LINE + 2 * _APART)
        first = _address(memory) + 8 * _APART
        record = np.zeros(1, RECORD)
        record["scratch"] = first + -first % (8 * _LINE)
        for name, value in fields.items():
            record[name] = _address(value) if isinstance(value, np.ndarray) else value
        return int(call(_address(record)))

    return run


def _address(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address

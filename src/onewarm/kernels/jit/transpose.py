"""Transposes square pieces of a matrix in registers: between rows of an array and a tile, whose lines are classes.

A gather or a scatter touches the cache once an entry; this reads and writes whole vectors and transposes them by
log2(W) rounds of shuffles, W the lanes of a vector.

Source: Warren, "Hacker's Delight", 2nd edition, section 7-3 (transposing a bit matrix: the same exchanges).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from onewarm.kernels.jit.simd import BITS, INT32, first_lanes, masked_load, masked_store, vector_pointer

_intrinsic: Any = intrinsic


def _pointers(context: Any, builder: Any, kind: Any, array: Any, start: Any, step: Any) -> list[Any]:
    """LLVM code for the addresses of W vectors of an array's entries, ``step`` entries apart."""
    width = BITS // kind.dtype.bitwidth
    places = [builder.add(start, builder.mul(step, step.type(r))) for r in range(width)]
    return [vector_pointer(context, builder, kind, array, place, width) for place in places]


def _transposed(builder: Any, rows: list[Any]) -> list[Any]:
    """LLVM code for W vectors that hold entry j of vector i as entry i of vector j."""
    rows, width = list(rows), len(rows)
    index = ir.VectorType(INT32, width)
    size = width // 2
    while size:  # exchange the off-diagonal blocks of this size
        low = [j if not j & size else width + j - size for j in range(width)]
        high = [j + size if not j & size else width + j for j in range(width)]
        for i in range(width):
            if not i & size:
                upper, lower = rows[i], rows[i + size]
                rows[i] = builder.shuffle_vector(upper, lower, index(low))
                rows[i + size] = builder.shuffle_vector(upper, lower, index(high))
        size //= 2
    return rows


def _transpose(into_tile: bool) -> Any:
    def typed(typing: Any, rows: Any, at: Any, step: Any, count: Any, tile: Any, place: Any, line: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            rows, at, step, count, tile, place, line = args
            entry = signature.args[0].dtype
            row_pointers = _pointers(context, builder, signature.args[0], rows, at, step)
            line_pointers = _pointers(context, builder, signature.args[4], tile, place, line)
            mask, align = first_lanes(builder, count, len(row_pointers)), entry.bitwidth // 8
            if into_tile:
                vectors = [masked_load(builder, pointer, entry, mask) for pointer in row_pointers]
                for vector, pointer in zip(_transposed(builder, vectors), line_pointers, strict=True):
                    builder.store(vector, pointer, align=align)
            else:
                vectors = [builder.load(pointer, align=align) for pointer in line_pointers]
                for vector, pointer in zip(_transposed(builder, vectors), row_pointers, strict=True):
                    masked_store(builder, vector, pointer, entry, mask)
            return context.get_dummy_value()

        return types.none(rows, *(types.int64,) * 3, tile, *(types.int64,) * 2), code

    return typed


# (rows, at, step, count, tile, place, line): between W rows, from entry ``at`` on and ``step`` apart, of each the first
# ``count`` entries (at most W), and the W lines of a tile that begin at ``place``, ``line`` apart. On the way into the
# tile, lines past ``count`` are overwritten with zeros.
transpose_in: Callable[..., None] = _intrinsic(_transpose(True))
transpose_out: Callable[..., None] = _intrinsic(_transpose(False))

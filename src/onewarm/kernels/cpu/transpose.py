"""Square pieces of a matrix turned in registers: rows of an array to lines of a tile, and back.

A gather or a scatter touches the cache once an entry; this reads and writes whole vectors and turns them by log2(W)
rounds of shuffles, W the entries of a 64-byte vector. A processor with shorter ones gets several of those for each.

Source: Warren, "Hacker's Delight", 2nd edition, section 7-3 (transposing a bit matrix: the same exchanges).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from onewarm.kernels.cpu.simd import WORD, address, first_places, masked_load, masked_store

_intrinsic: Any = intrinsic


class _Vectors:
    """What both directions need: vectors of one array's entries, and those of them that are inside."""

    def __init__(self, builder: Any, number: Any) -> None:
        self.builder, self.bytes, self.width = builder, number.bitwidth // 8, 512 // number.bitwidth

    def at(self, context: Any, kind: Any, array: Any, start: Any, step: Any) -> list[Any]:
        """Addresses of W vectors, ``step`` entries apart."""
        places = [self.builder.add(start, self.builder.mul(step, step.type(r))) for r in range(self.width)]
        return [address(context, self.builder, kind, array, place, self.width) for place in places]

    def turned(self, rows: list[Any]) -> list[Any]:
        """Entry j of row i as entry i of row j."""
        size = self.width // 2
        index = ir.VectorType(WORD, self.width)
        while size:
            low = [j if not j & size else self.width + j - size for j in range(self.width)]
            high = [j + size if not j & size else self.width + j for j in range(self.width)]
            for i in range(self.width):
                if not i & size:
                    a, b = rows[i], rows[i + size]
                    rows[i] = self.builder.shuffle_vector(a, b, index(low))
                    rows[i + size] = self.builder.shuffle_vector(a, b, index(high))
            size //= 2
        return rows


def _turn(inwards: bool) -> Any:
    def typed(typing: Any, rows: Any, at: Any, step: Any, count: Any, tile: Any, place: Any, lanes: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            rows, at, step, count, tile, place, lanes = args
            vectors = _Vectors(builder, signature.args[0].dtype)
            outside = vectors.at(context, signature.args[0], rows, at, step)
            inside = vectors.at(context, signature.args[4], tile, place, lanes)
            some, size = first_places(builder, count, vectors.width), vectors.bytes
            if inwards:
                values = vectors.turned([masked_load(builder, r, some, size) for r in outside])
                for value, where in zip(values, inside, strict=True):
                    builder.store(value, where, align=size)
            else:
                values = vectors.turned([builder.load(r, align=size) for r in inside])
                for value, where in zip(values, outside, strict=True):
                    masked_store(builder, value, where, some, size)
            return context.get_dummy_value()

        return types.none(rows, *(types.int64,) * 3, tile, *(types.int64,) * 2), code

    return typed


# (rows, at, step, count, tile, place, lanes): W rows from entry ``at`` on, ``step`` apart, the first ``count`` (at most
# W) entries of each, to or from the W lines of a tile that begin at ``place``, ``lanes`` apart. On the way in, lines
# past ``count`` are overwritten with zeros.
turn_in: Callable[..., None] = _intrinsic(_turn(True))
turn_out: Callable[..., None] = _intrinsic(_turn(False))

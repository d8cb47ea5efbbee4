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
from numba.np.arrayobj import make_array

_intrinsic: Any = intrinsic
_make_array: Any = make_array
_WORD = ir.IntType(32)


class _Vectors:
    """What both directions need: vectors of one array's entries, and those of them that are inside."""

    def __init__(self, context: Any, builder: Any, number: Any) -> None:
        self.builder, self.entry = builder, context.get_value_type(number)
        self.width = 512 // number.bitwidth
        self.type = ir.VectorType(self.entry, self.width)

    def at(self, context: Any, kind: Any, array: Any, start: Any, step: Any) -> list[Any]:
        """Addresses of W vectors, ``step`` entries apart."""
        data = _make_array(kind)(context, self.builder, array).data
        places = [self.builder.add(start, self.builder.mul(step, step.type(r))) for r in range(self.width)]
        return [self.builder.bitcast(self.builder.gep(data, [p]), self.type.as_pointer()) for p in places]

    def first(self, count: Any) -> Any:
        """The mask of the first ``count`` entries."""
        whole = ir.VectorType(_WORD, self.width)
        single = self.builder.insert_element(whole(ir.Undefined), self.builder.trunc(count, _WORD), _WORD(0))
        count = self.builder.shuffle_vector(single, whole(ir.Undefined), whole([0] * self.width))
        return self.builder.icmp_signed("<", whole(list(range(self.width))), count)

    def load(self, place: Any, mask: Any) -> Any:
        kind = ir.FunctionType(self.type, [place.type, _WORD, mask.type, self.type])
        name = f"llvm.masked.load.v{self.width}f{512 // self.width}.p0"
        return self.builder.call(_declared(self.builder, name, kind), [place, self._align(), mask, self.type(None)])

    def store(self, value: Any, place: Any, mask: Any) -> None:
        kind = ir.FunctionType(ir.VoidType(), [self.type, place.type, _WORD, mask.type])
        name = f"llvm.masked.store.v{self.width}f{512 // self.width}.p0"
        self.builder.call(_declared(self.builder, name, kind), [value, place, self._align(), mask])

    def _align(self) -> Any:
        return _WORD(64 // self.width)

    def turned(self, rows: list[Any]) -> list[Any]:
        """Entry j of row i as entry i of row j."""
        size = self.width // 2
        index = ir.VectorType(_WORD, self.width)
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


def _declared(builder: Any, name: str, kind: Any) -> Any:
    known = builder.module.globals.get(name)
    return known if known is not None else ir.Function(builder.module, kind, name)


def _turn(inwards: bool) -> Any:
    def typed(typing: Any, rows: Any, at: Any, step: Any, count: Any, tile: Any, place: Any, lanes: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            rows, at, step, count, tile, place, lanes = args
            vectors = _Vectors(context, builder, signature.args[0].dtype)
            outside = vectors.at(context, signature.args[0], rows, at, step)
            inside = vectors.at(context, signature.args[4], tile, place, lanes)
            some = vectors.first(count)
            if inwards:
                values = vectors.turned([vectors.load(r, some) for r in outside])
                for value, where in zip(values, inside, strict=True):
                    builder.store(value, where, align=4)
            else:
                for value, where in zip(
                    vectors.turned([builder.load(r, align=4) for r in inside]), outside, strict=True
                ):
                    vectors.store(value, where, some)
            return context.get_dummy_value()

        return types.none(rows, *(types.int64,) * 3, tile, *(types.int64,) * 2), code

    return typed


# (rows, at, step, count, tile, place, lanes): W rows from entry ``at`` on, ``step`` apart, the first ``count`` (at most
# W) entries of each, to or from the W lines of a tile that begin at ``place``, ``lanes`` apart. On the way in, lines
# past ``count`` are overwritten with zeros.
turn_in: Callable[..., None] = _intrinsic(_turn(True))
turn_out: Callable[..., None] = _intrinsic(_turn(False))

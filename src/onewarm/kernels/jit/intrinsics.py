"""LLVM instructions that Numba does not have: casts, bits, atomics, prefetches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from onewarm.kernels.jit.line import entry_pointer, has_entries

_intrinsic: Any = intrinsic
_pointer: Any = types.CPointer


def _reinterpret(source: Any, target: Any, llvm: Any) -> Any:
    def bits(typing: Any, x: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.bitcast(args[0], llvm)

        return target(source), code

    return _intrinsic(bits)


float32_bits = _reinterpret(types.float32, types.int32, ir.IntType(32))
float64_bits = _reinterpret(types.float64, types.int64, ir.IntType(64))
bits_float32 = _reinterpret(types.int32, types.float32, ir.FloatType())
bits_float64 = _reinterpret(types.int64, types.float64, ir.DoubleType())


def _cast(typing: Any, value: Any, like: Any) -> Any:
    target = like.dtype if has_entries(like) else like

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.cast(builder, args[0], signature.args[0], target)

    return target(value, like), code


def _larger(typing: Any, a: Any, b: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        above = builder.fcmp_ordered(">", *args, flags=("nnan", "nsz"))
        return builder.select(above, *args, flags=("nnan", "nsz"))

    return a(a, a), code


def _pointer_to(typing: Any, address: Any, dtype: Any) -> Any:
    target = _pointer(dtype.dtype)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(target))

    return target(address, dtype), code


def _atomic(operation: str) -> Any:
    def typed(typing: Any, words: Any, at: Any, value: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            place = entry_pointer(context, builder, signature.args[0], args[0], args[1])
            return builder.atomic_rmw(operation, place, args[2], "monotonic")

        return types.int64(words, types.int64, types.int64), code

    return typed


def _prefetch(write: int) -> Any:
    def typed(typing: Any, array: Any, at: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            place = entry_pointer(context, builder, signature.args[0], args[0], args[1])
            line, number = builder.bitcast(place, ir.PointerType(ir.IntType(8))), ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [line.type, number, number, number])
            hint = builder.module.declare_intrinsic("llvm.prefetch", [line.type], kind)
            builder.call(hint, [line, *(number(x) for x in (write, 2, 1))])
            return context.get_dummy_value()

        return types.none(array, types.int64), code

    return typed


# Numba's decorator hides the signature of an intrinsic, so it stands here.
# (value, like): the value in the type of ``like``, a number or an array's entries.
cast: Callable[[Any, Any], Any] = _intrinsic(_cast)
# (a, b): the larger; either of them if one is NaN, which is the only form whose reduction vectorises.
larger: Callable[[Any, Any], Any] = _intrinsic(_larger)
# (address, dtype): a pointer to numbers of a NumPy type, from an address in an int64.
pointer_to: Callable[[Any, Any], Any] = _intrinsic(_pointer_to)
# (words, at, value): change words[at], which threads share, in one step; returns what it was before.
fetch_add: Callable[[Any, int, int], int] = _intrinsic(_atomic("add"))
fetch_min: Callable[[Any, int, int], int] = _intrinsic(_atomic("min"))
# (array, at): fetch the cache line of this entry, to be read or written soon; no effect beyond the array's memory.
prefetch_read: Callable[[Any, int], None] = _intrinsic(_prefetch(0))
prefetch_write: Callable[[Any, int], None] = _intrinsic(_prefetch(1))

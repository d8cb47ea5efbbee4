"""LLVM instructions that Numba does not have: casts, bits, atomics, prefetches, arrays without their count."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import carray, types  # type: ignore[attr-defined]
from numba.core.cgutils import create_struct_proxy, pack_array
from numba.extending import intrinsic

from onewarm.kernels.jit.decorators import inlined

_intrinsic: Any = intrinsic
_structure: Any = create_struct_proxy
_pack: Any = pack_array
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


def entry_pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """LLVM code for the address of entry ``at`` of an array."""
    try:
        first = _structure(kind)(context, builder, array).data
    except (AttributeError, KeyError):  # a Numba whose arrays are made in another way: ask it as NumPy is asked
        address = context.compile_internal(builder, lambda a: a.ctypes.data, types.uintp(kind), [array])
        first = builder.inttoptr(address, context.get_data_type(kind.dtype).as_pointer())
    return builder.gep(first, [at])


def _new_array(context: Any, builder: Any, kind: Any, first: Any, size: Any) -> Any:
    """LLVM code for a contiguous array of ``size`` entries from an address on, which nobody counts references to."""
    made = _structure(kind)(context, builder)
    itemsize = size.type(context.get_abi_sizeof(context.get_data_type(kind.dtype)))
    made.data, made.nitems, made.itemsize = first, size, itemsize
    made.shape, made.strides = _pack(builder, [size]), _pack(builder, [itemsize])
    made.meminfo, made.parent = made.meminfo.type(None), made.parent.type(None)
    return made._getvalue()


def _array_at(typing: Any, address: Any, dtype: Any, size: Any) -> Any:
    kind = types.Array(dtype.dtype, 1, "C")

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        first = builder.inttoptr(args[0], context.get_data_type(kind.dtype).as_pointer())
        return _new_array(context, builder, kind, first, args[2])

    return kind(types.int64, dtype, types.int64), code


def _view(typing: Any, array: Any, start: Any, size: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _new_array(context, builder, array, entry_pointer(context, builder, array, *args[:2]), args[2])

    return array(array, types.int64, types.int64), code


def _cast(typing: Any, value: Any, like: Any) -> Any:
    target = like.dtype if isinstance(like, types.Array) else like

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
            line, number = builder.bitcast(place, ir.IntType(8).as_pointer()), ir.IntType(32)
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


@inlined
def _array_of_pointer(address: Any, dtype: Any, size: Any) -> Any:
    return carray(pointer_to(address, dtype), size)


@inlined
def _slice(array: Any, start: Any, size: Any) -> Any:
    return array[start : start + size]


def _arrays_are_known() -> bool:
    """Whether Numba's arrays have the fields that :func:`_new_array` fills in."""
    try:
        models: Any = importlib.import_module("numba.core.datamodel").default_manager
        return set(models.lookup(types.Array(types.float64, 1, "C"))._fields) == _FIELDS
    except (ImportError, AttributeError):
        return False


_FIELDS = {"data", "nitems", "itemsize", "shape", "strides", "meminfo", "parent"}
_QUICK = _arrays_are_known()
# (address, dtype, size): the ``size`` numbers of a NumPy type that lie at an address, as an array.
# (array, start, size): a part of an array.
# As ``carray`` and a slice, for which Numba compiles ten functions; bounds are not looked at.
array_at: Callable[[Any, Any, Any], Any] = _intrinsic(_array_at) if _QUICK else _array_of_pointer
view: Callable[[Any, Any, Any], Any] = _intrinsic(_view) if _QUICK else _slice

"""Explicit 512-bit SIMD: load, store, the end of a row under a mask, arithmetic and reductions, as LLVM intrinsics.

The compiler makes vectors of a loop too, but shorter ones, and goes through the end of a row number by number: with a
hundred classes that costs as much as the rest. A processor with shorter vectors gets several of its own for each.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload, register_model
from numba.extending import models as _models

from onewarm.kernels.jit.line import LLVM_TYPES, entry_pointer

_intrinsic: Any = intrinsic
_model: Any = register_model
_Type: Any = types.Type
_Primitive: Any = _models.PrimitiveModel
BITS = 512  # of a vector
INT32 = ir.IntType(32)

Conversion = Callable[[Any, Any, Any], Any]  # (context, builder, vector): LLVM code for it in another type
# What :func:`load` and :func:`store` convert on the way, (from, to); float16.py adds float16 and bfloat16.
CONVERSIONS: dict[tuple[Any, Any], Conversion] = {}


class Vector(_Type):  # type: ignore[misc]
    """As many numbers of one type as 64 bytes hold, its lanes."""

    def __init__(self, dtype: Any) -> None:
        self.dtype, self.width = dtype, BITS // dtype.bitwidth
        super().__init__(f"Vector({dtype})")


@_model(Vector)
class _Model(_Primitive):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        lane = manager.lookup(kind.dtype).get_value_type()
        super().__init__(manager, kind, ir.VectorType(lane, kind.width))


def converts(source: Any, target: Any) -> Callable[[Conversion], Conversion]:
    """Register LLVM code that makes a vector of ``source`` one of ``target``."""

    def register(conversion: Conversion) -> Conversion:
        CONVERSIONS[source, target] = conversion
        return conversion

    return register


@converts(types.float32, types.float64)
def _float32_to_float64(context: Any, builder: Any, value: Any) -> Any:
    return builder.fpext(value, ir.VectorType(ir.DoubleType(), value.type.count))


@converts(types.float64, types.float32)
def _float64_to_float32(context: Any, builder: Any, value: Any) -> Any:
    return builder.fptrunc(value, ir.VectorType(ir.FloatType(), value.type.count))


def _converted(context: Any, builder: Any, value: Any, source: Any, target: Any) -> Any:
    if source == target:
        return value
    conversion = CONVERSIONS.get((source, target))
    if conversion is None:
        raise NotImplementedError(f"no vector conversion from {source} to {target}")
    return conversion(context, builder, value)


def broadcast(builder: Any, value: Any, width: int) -> Any:
    """LLVM code for a vector with one number in every lane."""
    kind = ir.VectorType(value.type, width)
    single = builder.insert_element(kind(ir.Undefined), value, INT32(0))
    return builder.shuffle_vector(single, kind(ir.Undefined), ir.VectorType(INT32, width)([0] * width))


def first_lanes(builder: Any, count: Any, width: int) -> Any:
    """LLVM code for the mask of the first ``count`` lanes."""
    lanes = ir.VectorType(INT32, width)(list(range(width)))
    return builder.icmp_signed("<", lanes, broadcast(builder, builder.trunc(count, INT32), width))


def vector_pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any, width: int) -> Any:
    """LLVM code for the address of ``width`` entries of an array, from ``at`` on."""
    vector = ir.VectorType(LLVM_TYPES[kind.dtype], width)
    return builder.bitcast(entry_pointer(context, builder, kind, array, at), ir.PointerType(vector))


def masked_load(builder: Any, pointer: Any, entry: Any, mask: Any) -> Any:
    """LLVM code for the entries that the mask names, and 0 for the others, which are not touched."""
    kind = ir.VectorType(LLVM_TYPES[entry], mask.type.count)
    function = ir.FunctionType(kind, [pointer.type, INT32, mask.type, kind])
    name = f"llvm.masked.load.v{kind.count}{_NAMES[entry]}.p0"
    align = INT32(entry.bitwidth // 8)
    return builder.call(_declared(builder, name, function), [pointer, align, mask, kind(None)])


def masked_store(builder: Any, value: Any, pointer: Any, entry: Any, mask: Any) -> None:
    """LLVM code that stores the entries that the mask names, and touches no other."""
    function = ir.FunctionType(ir.VoidType(), [value.type, pointer.type, INT32, mask.type])
    name = f"llvm.masked.store.v{value.type.count}{_NAMES[entry]}.p0"
    builder.call(_declared(builder, name, function), [value, pointer, INT32(entry.bitwidth // 8), mask])


# Types of entries in the names of LLVM's functions.
_NAMES = {types.float32: "f32", types.float64: "f64", types.int16: "i16", types.uint16: "i16"}


def _declared(builder: Any, name: str, kind: Any) -> Any:
    return builder.module.declare_intrinsic(name, (), kind)


def _as_vector(context: Any, builder: Any, value: Any, kind: Any, vector: Any) -> Any:
    if isinstance(kind, Vector):
        return value
    return broadcast(builder, context.cast(builder, value, kind, vector.dtype), vector.width)


def _load(typing: Any, array: Any, at: Any, like: Any) -> Any:
    vector = Vector(like.dtype)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = vector_pointer(context, builder, signature.args[0], args[0], args[1], vector.width)
        value = builder.load(pointer, align=array.dtype.bitwidth // 8)
        return _converted(context, builder, value, array.dtype, vector.dtype)

    return vector(array, types.int64, like), code


def _load_first(typing: Any, array: Any, at: Any, count: Any, like: Any) -> Any:
    vector = Vector(like.dtype)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = vector_pointer(context, builder, signature.args[0], args[0], args[1], vector.width)
        value = masked_load(builder, pointer, array.dtype, first_lanes(builder, args[2], vector.width))
        return _converted(context, builder, value, array.dtype, vector.dtype)

    return vector(array, types.int64, types.int64, like), code


def _store(typing: Any, array: Any, at: Any, value: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = vector_pointer(context, builder, signature.args[0], args[0], args[1], value.width)
        converted = _converted(context, builder, args[2], value.dtype, array.dtype)
        builder.store(converted, pointer, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.none(array, types.int64, value), code


def _store_first(typing: Any, array: Any, at: Any, count: Any, value: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = vector_pointer(context, builder, signature.args[0], args[0], args[1], value.width)
        converted = _converted(context, builder, args[3], value.dtype, array.dtype)
        masked_store(builder, converted, pointer, array.dtype, first_lanes(builder, args[2], value.width))
        return context.get_dummy_value()

    return types.none(array, types.int64, types.int64, value), code


def _full(typing: Any, value: Any, like: Any) -> Any:
    vector = Vector(like.dtype)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _as_vector(context, builder, args[0], signature.args[0], vector)

    return vector(value, like), code


def _fill_after(typing: Any, vector: Any, count: Any, value: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        mask = first_lanes(builder, args[1], vector.width)
        return builder.select(mask, args[0], _as_vector(context, builder, args[2], signature.args[2], vector))

    return vector(vector, types.int64, value), code


def _times_power_of_two(typing: Any, value: Any, shifted: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        size = value.dtype.bitwidth
        exponent = broadcast(builder, ir.IntType(size)({32: 23, 64: 52}[size]), value.width)
        bits, n = (builder.bitcast(x, exponent.type) for x in args)
        return builder.bitcast(builder.add(bits, builder.shl(n, exponent)), args[0].type)

    return value(value, value), code


def _where_at_least(typing: Any, y: Any, x: Any, limit: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">=", args[1], args[2]), args[0], args[0].type(None))

    return y(y, x, limit), code


def _where_equal(typing: Any, y: Any, x: Any, number: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        other = _as_vector(context, builder, args[2], signature.args[2], x)
        return builder.select(builder.fcmp_ordered("==", args[1], other), args[0], args[0].type(None))

    return y(y, x, number), code


def _reduction(operation: str, flags: tuple[str, ...], *start: float) -> Any:
    def typed(typing: Any, value: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            lane = args[0].type.element
            kind = ir.FunctionType(lane, [*(lane for _ in start), args[0].type])
            name = f"llvm.vector.reduce.{operation}.v{value.width}f{value.dtype.bitwidth}"
            return builder.call(_declared(builder, name, kind), [*map(lane, start), args[0]], fastmath=flags)

        return value.dtype(value), code

    return typed


def _arithmetic(symbol: Any, instruction: str) -> None:
    """``symbol`` for two vectors, or a vector and a number; a product may be fused with a sum."""

    def typed(typing: Any, a: Any, b: Any) -> Any:
        vector = a if isinstance(a, Vector) else b

        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            operands = zip(args, signature.args, strict=True)
            values = [_as_vector(context, builder, value, kind, vector) for value, kind in operands]
            return getattr(builder, instruction)(*values, flags=("contract",))

        return vector(a, b), code

    operation = _intrinsic(typed)

    def choose(a: Any, b: Any) -> Any:
        return (lambda a, b: operation(a, b)) if isinstance(a, Vector) or isinstance(b, Vector) else None

    options: Any = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    overload(symbol, jit_options=options, strict=False)(choose)


for _symbol, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul")):
    _arithmetic(_symbol, _instruction)

# Of the array ``like`` only the type of its entries matters: it is that of the vector's lanes. Entries of another type
# are converted on the way.
# (array, at, like): a vector of entries from ``at`` on; (array, at, count, like): of the first ``count``, and 0.
load: Callable[..., Any] = _intrinsic(_load)
load_first: Callable[..., Any] = _intrinsic(_load_first)
# (array, at, vector), (array, at, count, vector): the way back.
store: Callable[..., None] = _intrinsic(_store)
store_first: Callable[..., None] = _intrinsic(_store_first)
full: Callable[[Any, Any], Any] = _intrinsic(_full)  # (number, like): the number in every lane
fill_after: Callable[[Any, Any, Any], Any] = _intrinsic(_fill_after)  # (vector, count, number): in lanes from count on
reduce_add: Callable[[Any], Any] = _intrinsic(_reduction("fadd", ("reassoc",), -0.0))  # of the lanes, in any order
reduce_max: Callable[[Any], Any] = _intrinsic(_reduction("fmax", ("nnan", "nsz")))  # any lane if one is NaN
# (vector, shifted): times 2^n, with n in the lowest bits of ``shifted``, by adding it to the exponent.
times_power_of_two: Callable[[Any, Any], Any] = _intrinsic(_times_power_of_two)
where_at_least: Callable[[Any, Any, Any], Any] = _intrinsic(
    _where_at_least
)  # (y, x, limit): y where x >= limit, else 0
where_equal: Callable[[Any, Any, Any], Any] = _intrinsic(_where_equal)  # (y, x, number): y where x == number, else 0

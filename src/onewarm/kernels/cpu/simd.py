"""64 bytes of numbers at a time, and what is left of a row under a mask.

The compiler turns a loop into vectors too, but four at a time, and goes through the end of a row number by number: for
a hundred classes that costs as much as the rest. A processor with shorter vectors gets several for each of these.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload, register_model
from numba.extending import models as _models
from numba.np.arrayobj import make_array

_intrinsic: Any = intrinsic
_make_array: Any = make_array
_model: Any = register_model
_Type: Any = types.Type
_Primitive: Any = _models.PrimitiveModel
WORD = ir.IntType(32)
SHORT = (types.int16, types.uint16)  # the bits of float16 and of bfloat16


class Vector(_Type):  # type: ignore[misc]
    """As many numbers of one type as 64 bytes hold."""

    def __init__(self, dtype: Any) -> None:
        self.dtype, self.width = dtype, 512 // dtype.bitwidth
        super().__init__(f"Vector({dtype})")


@_model(Vector)
class _Model(_Primitive):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        entry = manager.lookup(kind.dtype).get_value_type()
        super().__init__(manager, kind, ir.VectorType(entry, kind.width))


def spread(builder: Any, value: Any, width: int) -> Any:
    """A number in every place of a vector."""
    kind = ir.VectorType(value.type, width)
    single = builder.insert_element(kind(ir.Undefined), value, WORD(0))
    return builder.shuffle_vector(single, kind(ir.Undefined), ir.VectorType(WORD, width)([0] * width))


def first_places(builder: Any, count: Any, width: int) -> Any:
    """The mask of the first ``count`` places."""
    places = ir.VectorType(WORD, width)(list(range(width)))
    return builder.icmp_signed("<", places, spread(builder, builder.trunc(count, WORD), width))


def address(context: Any, builder: Any, kind: Any, array: Any, at: Any, width: int) -> Any:
    """Of ``width`` entries of an array from ``at`` on."""
    place = builder.gep(_make_array(kind)(context, builder, array).data, [at])
    return builder.bitcast(place, ir.VectorType(place.type.pointee, width).as_pointer())


def masked_load(builder: Any, place: Any, mask: Any, bytes_each: int) -> Any:
    """The entries that the mask names, 0 for the others, which are not touched."""
    kind = place.type.pointee
    function = ir.FunctionType(kind, [place.type, WORD, mask.type, kind])
    name = f"llvm.masked.load.{_named(kind)}.p0"
    return builder.call(_declared(builder, name, function), [place, WORD(bytes_each), mask, kind(None)])


def masked_store(builder: Any, value: Any, place: Any, mask: Any, bytes_each: int) -> None:
    """Put the entries that the mask names; touch no other."""
    function = ir.FunctionType(ir.VoidType(), [value.type, place.type, WORD, mask.type])
    name = f"llvm.masked.store.{_named(value.type)}.p0"
    builder.call(_declared(builder, name, function), [value, place, WORD(bytes_each), mask])


def _named(kind: Any) -> str:
    """A type of vectors in the names of LLVM's functions."""
    sizes = {ir.FloatType(): "f32", ir.DoubleType(): "f64", ir.IntType(16): "i16"}
    return f"v{kind.count}{sizes[kind.element]}"


def _declared(builder: Any, name: str, kind: Any) -> Any:
    known = builder.module.globals.get(name)
    return known if known is not None else ir.Function(builder.module, kind, name)


def _converted(context: Any, builder: Any, value: Any, source: Any, target: Any) -> Any:
    """A vector in another type: float32 as float64, the bits of bfloat16 and float16 as float32, and back."""
    if source == target:
        return value
    if source in SHORT:
        return _converted(context, builder, _widened(context, builder, value, source), types.float32, target)
    if target in SHORT:
        return _narrowed(context, builder, value, target)
    entry = ir.FloatType() if target == types.float32 else ir.DoubleType()
    kind = ir.VectorType(entry, value.type.count)
    return (builder.fpext if source.bitwidth < target.bitwidth else builder.fptrunc)(value, kind)


def _has_half(context: Any) -> bool:
    """Whether the processor turns float16 into float32 and back by itself."""
    return "+f16c" in getattr(context.codegen(), "_tm_features", "")


def _widened(context: Any, builder: Any, value: Any, source: Any) -> Any:
    """The numbers that bits of bfloat16 (uint16) or float16 (int16) stand for, in float32."""
    real = ir.VectorType(ir.FloatType(), value.type.count)
    if source == types.int16 and _has_half(context):
        return builder.fpext(builder.bitcast(value, ir.VectorType(ir.HalfType(), value.type.count)), real)
    whole = ir.VectorType(WORD, value.type.count)
    bits = builder.zext(value, whole)
    if source == types.uint16:
        return builder.bitcast(builder.shl(bits, _same(builder, 16, whole)), real)
    # As if the exponent were float32's, then 112 more of it: right for subnormals too; infinities and NaN apart.
    magnitude = builder.shl(builder.and_(bits, _same(builder, 0x7FFF, whole)), _same(builder, 13, whole))
    scaled = builder.fmul(builder.bitcast(magnitude, real), spread(builder, ir.FloatType()(2.0**112), whole.count))
    beyond = builder.icmp_unsigned(">=", magnitude, _same(builder, 0x7C00 << 13, whole))
    endless = builder.or_(magnitude, _same(builder, 0x7F800000, whole))
    made = builder.select(beyond, endless, builder.bitcast(scaled, whole))
    sign = builder.shl(builder.and_(bits, _same(builder, 0x8000, whole)), _same(builder, 16, whole))
    return builder.bitcast(builder.or_(made, sign), real)


def _narrowed(context: Any, builder: Any, value: Any, target: Any) -> Any:
    """float32 as bits of bfloat16 or float16, rounded to nearest even, as in :mod:`onewarm.kernels.cpu.float16`."""
    count = value.type.count
    short, whole = ir.VectorType(ir.IntType(16), count), ir.VectorType(WORD, count)
    if target == types.int16 and _has_half(context):
        return builder.bitcast(builder.fptrunc(value, ir.VectorType(ir.HalfType(), count)), short)

    def same(number: int) -> Any:
        return _same(builder, number, whole)

    bits = builder.bitcast(value, whole)
    if target == types.uint16:
        odd = builder.and_(builder.lshr(bits, same(16)), same(1))
        made = builder.lshr(builder.add(builder.add(bits, same(0x7FFF)), odd), same(16))
        made = builder.select(builder.fcmp_unordered("uno", value, value), same(0x7FC0), made)
        return builder.trunc(made, short)
    magnitude = builder.and_(bits, same(0x7FFFFFFF))
    odd = builder.and_(builder.lshr(magnitude, same(13)), same(1))
    rounded = builder.add(builder.add(magnitude, same(0xFFF)), odd)
    normal = builder.lshr(builder.sub(rounded, same(112 << 23)), same(13))
    half = spread(builder, ir.FloatType()(0.5), count)
    small = builder.fadd(builder.bitcast(magnitude, value.type), half)
    small = builder.sub(builder.bitcast(small, whole), same(0x3F000000))
    made = builder.select(builder.icmp_unsigned("<", magnitude, same(113 << 23)), small, normal)
    made = builder.select(builder.icmp_unsigned(">=", magnitude, same(0x477FF000)), same(0x7C00), made)
    made = builder.select(builder.icmp_unsigned(">", magnitude, same(0x7F800000)), same(0x7E00), made)
    sign = builder.and_(builder.lshr(bits, same(16)), same(0x8000))
    return builder.trunc(builder.or_(made, sign), short)


def _same(builder: Any, number: int, kind: Any) -> Any:
    return spread(builder, kind.element(number), kind.count)


def _as_vector(context: Any, builder: Any, value: Any, kind: Any, vector: Any) -> Any:
    if isinstance(kind, Vector):
        return value
    return spread(builder, context.cast(builder, value, kind, vector.dtype), vector.width)


def _load(typing: Any, array: Any, at: Any, like: Any) -> Any:
    vector = Vector(like.dtype)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = address(context, builder, signature.args[0], args[0], args[1], vector.width)
        value = builder.load(place, align=array.dtype.bitwidth // 8)
        return _converted(context, builder, value, array.dtype, vector.dtype)

    return vector(array, types.int64, like), code


def _load_first(typing: Any, array: Any, at: Any, count: Any, like: Any) -> Any:
    vector = Vector(like.dtype)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = address(context, builder, signature.args[0], args[0], args[1], vector.width)
        mask = first_places(builder, args[2], vector.width)
        value = masked_load(builder, place, mask, array.dtype.bitwidth // 8)
        return _converted(context, builder, value, array.dtype, vector.dtype)

    return vector(array, types.int64, types.int64, like), code


def _store(typing: Any, array: Any, at: Any, value: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = address(context, builder, signature.args[0], args[0], args[1], value.width)
        made = _converted(context, builder, args[2], value.dtype, array.dtype)
        builder.store(made, place, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.none(array, types.int64, value), code


def _store_first(typing: Any, array: Any, at: Any, count: Any, value: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = address(context, builder, signature.args[0], args[0], args[1], value.width)
        made = _converted(context, builder, args[3], value.dtype, array.dtype)
        masked_store(builder, made, place, first_places(builder, args[2], value.width), array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.none(array, types.int64, types.int64, value), code


def _full(typing: Any, value: Any, like: Any) -> Any:
    vector = Vector(like.dtype)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _as_vector(context, builder, args[0], signature.args[0], vector)

    return vector(value, like), code


def _only_first(typing: Any, value: Any, count: Any, other: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        mask = first_places(builder, args[1], value.width)
        return builder.select(mask, args[0], _as_vector(context, builder, args[2], signature.args[2], value))

    return value(value, types.int64, other), code


def _times_power(typing: Any, value: Any, shifted: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        size = value.dtype.bitwidth
        places = spread(builder, ir.IntType(size)({32: 23, 64: 52}[size]), value.width)
        bits, n = (builder.bitcast(x, places.type) for x in args)
        return builder.bitcast(builder.add(bits, builder.shl(n, places)), args[0].type)

    return value(value, value), code


def _from_limit(typing: Any, y: Any, x: Any, limit: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">=", args[1], args[2]), args[0], args[0].type(None))

    return y(y, x, limit), code


def _where_equal(typing: Any, y: Any, x: Any, number: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        other = _as_vector(context, builder, args[2], signature.args[2], x)
        return builder.select(builder.fcmp_ordered("==", args[1], other), args[0], args[0].type(None))

    return y(y, x, number), code


def _across(operation: str, flags: tuple[str, ...], *start: float) -> Any:
    def typed(typing: Any, value: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            entry = args[0].type.element
            kind = ir.FunctionType(entry, [*(entry for _ in start), args[0].type])
            name = f"llvm.vector.reduce.{operation}.v{value.width}f{value.dtype.bitwidth}"
            return builder.call(_declared(builder, name, kind), [*map(entry, start), args[0]], fastmath=flags)

        return value.dtype(value), code

    return typed


def _arithmetic(symbol: Any, instruction: str) -> None:
    """``symbol`` for two vectors, or a vector and a number; a product may be fused with a sum."""

    def typed(typing: Any, a: Any, b: Any) -> Any:
        vector = a if isinstance(a, Vector) else b

        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            both = zip(args, signature.args, strict=True)
            values = [_as_vector(context, builder, value, kind, vector) for value, kind in both]
            return getattr(builder, instruction)(*values, flags=("contract",))

        return vector(a, b), code

    operation = _intrinsic(typed)

    def choose(a: Any, b: Any) -> Any:
        return (lambda a, b: operation(a, b)) if isinstance(a, Vector) or isinstance(b, Vector) else None

    options: Any = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    overload(symbol, jit_options=options, strict=False)(choose)


for _symbol, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul")):
    _arithmetic(_symbol, _instruction)

# Where ``like`` is an array its entries say which numbers; an array of another type is converted on the way, as are the
# bits of float16 (int16) and bfloat16 (uint16).
# (array, at, like): a vector of entries; (array, at, count, like): of the first ``count``, and 0.
load: Callable[..., Any] = _intrinsic(_load)
load_first: Callable[..., Any] = _intrinsic(_load_first)
# (array, at, vector), (array, at, count, vector): the way back.
store: Callable[..., None] = _intrinsic(_store)
store_first: Callable[..., None] = _intrinsic(_store_first)
full: Callable[[Any, Any], Any] = _intrinsic(_full)  # (number, like): it in every place
only_first: Callable[[Any, Any, Any], Any] = _intrinsic(_only_first)  # (vector, count, number): which the others become
total: Callable[[Any], Any] = _intrinsic(_across("fadd", ("reassoc",), -0.0))  # the sum of the places, in any order
largest: Callable[[Any], Any] = _intrinsic(_across("fmax", ("nnan", "nsz")))  # of the places; any of them if one is NaN
# (vector, shifted): times 2^n, with n in the lowest bits of ``shifted``, by adding it to the exponent.
times_power: Callable[[Any, Any], Any] = _intrinsic(_times_power)
from_limit: Callable[[Any, Any, Any], Any] = _intrinsic(_from_limit)  # (y, x, limit): y where x >= limit, else 0
where_equal: Callable[[Any, Any, Any], Any] = _intrinsic(_where_equal)  # (y, x, number): y where x is it, else 0

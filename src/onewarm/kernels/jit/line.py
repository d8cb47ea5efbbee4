"""A line of numbers in memory: an address and a length, which is all that compiled code here needs of an array.

Numba's own arrays carry seven fields, a reference count among them, and every function that they are passed to costs
compile time for each. Lines are not counted: Python keeps what they lie in alive during a call. Indices are not
checked, and are not negative.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import (
    intrinsic,
    lower_builtin,
    make_attribute_wrapper,
    models,
    overload,
    register_model,
    type_callable,
)

_intrinsic: Any = intrinsic
_lower: Any = lower_builtin
_typed: Any = type_callable
_model: Any = register_model
_Type: Any = types.Type
_Struct: Any = models.StructModel
_overload: Any = overload
_INTP: Any = types.intp
_OPTIONS: dict[str, Any] = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
# Entries as they lie in memory, and bytes of each.
LLVM_TYPES: dict[Any, Any] = {
    types.boolean: ir.IntType(8),
    types.int16: ir.IntType(16),
    types.uint16: ir.IntType(16),
    types.int32: ir.IntType(32),
    types.int64: ir.IntType(64),
    types.float32: ir.FloatType(),
    types.float64: ir.DoubleType(),
}


class Line(_Type):  # type: ignore[misc]
    """Numbers of one type, side by side."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(f"Line({dtype})")


@_model(Line)
class _Model(_Struct):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, [("address", types.intp), ("size", types.intp)])


make_attribute_wrapper(Line, "size", "size")


def has_entries(kind: Any) -> bool:
    """Whether a Numba type is a line, or an array."""
    return isinstance(kind, (Line, types.Array))


def entry_pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """LLVM code for the address of entry ``at`` of a line, or of an array."""
    if isinstance(kind, Line):
        address = builder.extract_value(array, 0)
    else:  # of tests, which call helpers with arrays: asked as NumPy is asked
        address = context.compile_internal(builder, lambda a: a.ctypes.data, types.intp(kind), [array])
    return builder.gep(builder.inttoptr(address, ir.PointerType(LLVM_TYPES[kind.dtype])), [at])


def _get_type(context: Any) -> Any:
    def typer(line: Any, at: Any) -> Any:
        return line.dtype if isinstance(line, Line) and isinstance(at, types.Integer) else None

    return typer


def _set_type(context: Any) -> Any:
    def typer(line: Any, at: Any, value: Any) -> Any:
        return types.none if isinstance(line, Line) and isinstance(at, types.Integer) else None

    return typer


def _get(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kind, at = signature.args
    place = entry_pointer(context, builder, kind, args[0], context.cast(builder, args[1], at, types.intp))
    value = builder.load(place)
    return builder.trunc(value, ir.IntType(1)) if kind.dtype == types.boolean else value


def _set(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kind, at, source = signature.args
    value = context.cast(builder, args[2], source, kind.dtype)
    if kind.dtype == types.boolean:
        value = builder.zext(value, LLVM_TYPES[types.boolean])
    builder.store(value, entry_pointer(context, builder, kind, args[0], context.cast(builder, args[1], at, types.intp)))
    return context.get_dummy_value()


_typed(operator.getitem)(_get_type)
_typed(operator.setitem)(_set_type)
_lower(operator.getitem, Line, types.Integer)(_get)
_lower(operator.setitem, Line, types.Integer, types.Any)(_set)


def _new(builder: Any, address: Any, size: Any) -> Any:
    empty = ir.LiteralStructType([address.type, size.type])(ir.Undefined)
    return builder.insert_value(builder.insert_value(empty, address, 0), size, 1)


def _array_at(typing: Any, address: Any, dtype: Any, size: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _new(builder, args[0], args[2])

    return Line(dtype.dtype)(types.intp, dtype, types.intp), code


def _part(typing: Any, line: Any, start: Any, size: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        first = entry_pointer(context, builder, line, *args[:2])
        return _new(builder, builder.ptrtoint(first, args[2].type), args[2])

    return line(line, types.intp, types.intp), code


def _lanes(typing: Any, like: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return ir.IntType(_INTP.bitwidth)(512 // like.dtype.bitwidth)

    return types.intp(like), code


def _address_of(typing: Any, pointer: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ptrtoint(args[0], ir.IntType(_INTP.bitwidth))

    return types.intp(pointer), code


# (pointer): its address, a number.
address_of: Callable[[Any], int] = _intrinsic(_address_of)
# (address, dtype, size): the ``size`` numbers of a NumPy type that lie at an address.
array_at: Callable[[Any, Any, Any], Any] = _intrinsic(_array_at)
# (line or array): how many of its entries 64 bytes hold.
lanes: Callable[[Any], int] = _intrinsic(_lanes)
_part_of_line: Any = _intrinsic(_part)


def view(array: Any, start: int, size: int) -> Any:
    """``size`` entries from ``start`` on."""
    return array[start : start + size]


def _view(array: Any, start: Any, size: Any) -> Any:
    if isinstance(array, Line):
        return lambda array, start, size: _part_of_line(array, start, size)
    return lambda array, start, size: array[start : start + size]


_overload(view, jit_options=_OPTIONS, strict=False)(_view)

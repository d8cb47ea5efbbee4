"""float16 and bfloat16: how their bits become numbers, and how numbers are rounded to nearest even on the way back.

Each conversion stands here twice, for one number and for a vector: change both. The logits are never copied as a
whole: a row is widened in registers or in a buffer that the cache holds, and memory is read and written once, in two
bytes a number. Compiled code sees the bits: of bfloat16 as uint16, of float16 as int16. The kernel for a GPU leaves
its conversions to Triton.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numpy.typing import NDArray

from onewarm.kernels.jit.decorators import chosen_by_type, scalar
from onewarm.kernels.jit.intrinsics import bits_float32, float32_bits
from onewarm.kernels.jit.line import view
from onewarm.kernels.jit.simd import INT32, broadcast, converts


@cache
def kind(dtype: Any) -> str | None:
    """``"float16"`` or ``"bfloat16"`` for what is kept in two bytes (uint16 holds the bits of bfloat16), else None."""
    name = np.dtype(dtype).name
    return "bfloat16" if name == "uint16" else name if name in ("float16", "bfloat16") else None


def widened(rows: NDArray[Any]) -> NDArray[Any]:
    """The same numbers in float32, if they are kept in two bytes; for single rows and small tables.

    >>> widened(np.array([0x3F80, 0xC000], np.uint16))
    array([ 1., -2.], dtype=float32)
    """
    if kind(rows.dtype) is None:
        return rows
    if rows.dtype.name == "float16":
        return rows.astype(np.float32)
    bits = np.asarray(rows).view(np.uint16) if rows.flags.c_contiguous else np.ascontiguousarray(rows).view(np.uint16)
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)


# bfloat16 to float32: the upper half of its bits.


def _wide_bfloat16(x: Any) -> Any:
    return bits_float32(np.int32(x) << np.int32(16))


@converts(types.uint16, types.float32)
def _wide_bfloat16_vector(context: Any, builder: Any, h: Any) -> Any:
    whole, real = _vectors(h)
    return builder.bitcast(builder.shl(builder.zext(h, whole), _every(builder, 16, whole)), real)


# float32 to bfloat16: rounded to nearest even by adding just under half of the last place that stays, or half if that
# place is odd. NaN becomes the quiet NaN 0x7FC0.


@scalar
def _narrow_bfloat16(x: Any) -> Any:
    bits = float32_bits(x)
    rounded = bits + np.int32(0x7FFF) + ((bits >> np.int32(16)) & np.int32(1))
    return np.uint16((rounded >> np.int32(16)) & np.int32(0xFFFF)) if x == x else np.uint16(0x7FC0)


@converts(types.float32, types.uint16)
def _narrow_bfloat16_vector(context: Any, builder: Any, x: Any) -> Any:
    whole, _ = _vectors(x)
    bits = builder.bitcast(x, whole)
    odd = builder.and_(builder.lshr(bits, _every(builder, 16, whole)), _every(builder, 1, whole))
    rounded = builder.add(builder.add(bits, _every(builder, 0x7FFF, whole)), odd)
    rounded = builder.lshr(rounded, _every(builder, 16, whole))
    rounded = builder.select(builder.fcmp_unordered("uno", x, x), _every(builder, 0x7FC0, whole), rounded)
    return builder.trunc(rounded, ir.VectorType(ir.IntType(16), whole.count))


# float16 to float32: exponent and fraction move to their place and the exponent's bias grows by 112. Exact, also for
# subnormals; infinities and NaN keep the highest exponent.


def _wide_float16(x: Any) -> Any:
    bits = np.int32(x)
    magnitude = (bits & np.int32(0x7FFF)) << np.int32(13)
    moved = magnitude + np.int32(112 << 23)
    small = float32_bits(bits_float32(moved + np.int32(1 << 23)) - np.float32(2.0**-14))  # exact, for subnormals
    moved = small if magnitude < np.int32(0x400 << 13) else moved
    moved = moved + np.int32(112 << 23) if magnitude >= np.int32(0x7C00 << 13) else moved  # infinities and NaN
    return bits_float32(moved | ((bits & np.int32(0x8000)) << np.int32(16)))


@converts(types.int16, types.float32)
def _wide_float16_vector(context: Any, builder: Any, h: Any) -> Any:
    whole, real = _vectors(h)
    if _has_float16():
        return builder.fpext(builder.bitcast(h, ir.VectorType(ir.HalfType(), whole.count)), real)
    bits = builder.zext(h, whole)
    magnitude = builder.and_(bits, _every(builder, 0x7FFF, whole))
    magnitude = builder.shl(magnitude, _every(builder, 13, whole))
    moved = builder.fmul(builder.bitcast(magnitude, real), broadcast(builder, ir.FloatType()(2.0**112), whole.count))
    endless = builder.or_(magnitude, _every(builder, 0x7F800000, whole))  # infinities and NaN
    highest = builder.icmp_unsigned(">=", magnitude, _every(builder, 0x7C00 << 13, whole))
    moved = builder.select(highest, endless, builder.bitcast(moved, whole))
    sign = builder.shl(builder.and_(bits, _every(builder, 0x8000, whole)), _every(builder, 16, whole))
    return builder.bitcast(builder.or_(moved, sign), real)


# float32 to float16: rounded to nearest even as for bfloat16, and for subnormals of float16 by adding one half, which
# puts their last bit last in float32. From 65520 on infinity; NaN becomes the quiet NaN 0x7E00.


@scalar
def _narrow_float16(x: Any) -> Any:
    bits = float32_bits(x)
    sign = (bits >> np.int32(16)) & np.int32(0x8000)
    magnitude = bits & np.int32(0x7FFFFFFF)
    rounded = magnitude + np.int32(0xFFF) + ((magnitude >> np.int32(13)) & np.int32(1))
    normal = (rounded - np.int32(112 << 23)) >> np.int32(13)
    small = float32_bits(bits_float32(magnitude) + np.float32(0.5)) - np.int32(0x3F000000)
    h = small if magnitude < np.int32(113 << 23) else normal
    h = np.int32(0x7C00) if magnitude >= np.int32(0x477FF000) else h
    h = np.int32(0x7E00) if magnitude > np.int32(0x7F800000) else h
    return np.uint16((h | sign) & np.int32(0xFFFF))


@converts(types.float32, types.int16)
def _narrow_float16_vector(context: Any, builder: Any, x: Any) -> Any:
    whole, real = _vectors(x)
    short = ir.VectorType(ir.IntType(16), whole.count)
    if _has_float16():
        return builder.bitcast(builder.fptrunc(x, ir.VectorType(ir.HalfType(), whole.count)), short)
    bits = builder.bitcast(x, whole)
    sign = builder.and_(builder.lshr(bits, _every(builder, 16, whole)), _every(builder, 0x8000, whole))
    magnitude = builder.and_(bits, _every(builder, 0x7FFFFFFF, whole))
    odd = builder.and_(builder.lshr(magnitude, _every(builder, 13, whole)), _every(builder, 1, whole))
    rounded = builder.add(builder.add(magnitude, _every(builder, 0xFFF, whole)), odd)
    rounded = builder.sub(rounded, _every(builder, 112 << 23, whole))
    normal = builder.lshr(rounded, _every(builder, 13, whole))
    half = broadcast(builder, ir.FloatType()(0.5), whole.count)
    small = builder.bitcast(builder.fadd(builder.bitcast(magnitude, real), half), whole)
    small = builder.sub(small, _every(builder, 0x3F000000, whole))
    is_small = builder.icmp_unsigned("<", magnitude, _every(builder, 113 << 23, whole))
    h = builder.select(is_small, small, normal)
    too_large = builder.icmp_unsigned(">=", magnitude, _every(builder, 0x477FF000, whole))
    h = builder.select(too_large, _every(builder, 0x7C00, whole), h)
    is_nan = builder.icmp_unsigned(">", magnitude, _every(builder, 0x7F800000, whole))
    h = builder.select(is_nan, _every(builder, 0x7E00, whole), h)
    return builder.trunc(builder.or_(h, sign), short)


@converts(types.uint16, types.float64)
def _wide_bfloat16_float64_vector(context: Any, builder: Any, h: Any) -> Any:
    single = _wide_bfloat16_vector(context, builder, h)
    return builder.fpext(single, ir.VectorType(ir.DoubleType(), h.type.count))


@converts(types.int16, types.float64)
def _wide_float16_float64_vector(context: Any, builder: Any, h: Any) -> Any:
    single = _wide_float16_vector(context, builder, h)
    return builder.fpext(single, ir.VectorType(ir.DoubleType(), h.type.count))


def _vectors(value: Any) -> tuple[Any, Any]:
    """The LLVM types of as many int32, and float32, as a vector has lanes."""
    count = value.type.count
    return ir.VectorType(INT32, count), ir.VectorType(ir.FloatType(), count)


def _every(builder: Any, number: int, kind: Any) -> Any:
    """An integer in every lane."""
    return broadcast(builder, kind.element(number), kind.count)


@cache
def _has_float16() -> bool:
    """Whether the processor has instructions that convert float16 to float32 and back."""
    settings: Any = numba.config
    chosen = getattr(settings, "CPU_FEATURES", None)
    if chosen is not None:
        return "+f16c" in str(chosen)
    try:
        return bool(getattr(settings, "ENABLE_AVX", True) and llvm.get_host_cpu_features().get("f16c"))
    except RuntimeError:  # LLVM does not know them on this platform
        return False


# What the kernels call, for entries of any type. Each is one of the functions below it, by the type of the entries.


def to_number(x: Any) -> Any:
    """An entry of an array as the number it stands for: float32 for two bytes, else itself."""
    raise NotImplementedError("compiled code only")


def to_entry(array: Any, x: Any) -> Any:
    """A number as an entry of ``array``, in its type."""
    raise NotImplementedError("compiled code only")


def read_row(rows: Any, first: int, size: int, buffer: Any) -> Any:
    """``size`` entries from ``first`` on as numbers: a view, or widened into ``buffer`` where they take two bytes."""
    raise NotImplementedError("compiled code only")


def read_rows(block: Any, stride: int, size: int, buffer: Any) -> Any:
    """Rows of ``size`` entries, ``stride`` apart, as numbers, and their stride: a view, or widened into ``buffer``."""
    raise NotImplementedError("compiled code only")


def row_to_write(rows: Any, first: int, size: int, buffer: Any) -> Any:
    """Where to put numbers that become these entries: a view of them, or ``buffer``, for :func:`write_row` to round."""
    raise NotImplementedError("compiled code only")


def write_row(rows: Any, first: int, row: Any) -> None:
    """Round the row from :func:`row_to_write` to entries, from ``first`` on; a view is in its place already."""
    raise NotImplementedError("compiled code only")


def _unchanged(x: Any) -> Any:
    return x


def _float32_entry(array: Any, x: Any) -> Any:
    return np.float32(x)


def _float64_entry(array: Any, x: Any) -> Any:
    return np.float64(x)


def _bfloat16_entry(array: Any, x: Any) -> Any:
    return _narrow_bfloat16(x)


def _float16_entry(array: Any, x: Any) -> Any:
    return np.int16(_narrow_float16(x))


def _view(rows: Any, first: int, size: int, buffer: Any) -> Any:
    return view(rows, first, size)


def _buffer(rows: Any, first: int, size: int, buffer: Any) -> Any:
    return view(buffer, 0, size)


def _widened_row(rows: Any, first: int, size: int, buffer: Any) -> Any:
    source, row = view(rows, first, size), view(buffer, 0, size)
    for k in range(row.size):
        row[k] = to_number(source[k])
    return row


def _block(block: Any, stride: int, size: int, buffer: Any) -> Any:
    return block, stride


def _widened_block(block: Any, stride: int, size: int, buffer: Any) -> Any:
    for i in range((block.size + stride - 1) // stride):
        row, source = view(buffer, i * size, size), view(block, i * stride, size)
        for k in range(row.size):
            row[k] = to_number(source[k])
    return buffer, size


def _nothing(rows: Any, first: int, row: Any) -> None:
    return None


def _narrowed_row(rows: Any, first: int, row: Any) -> None:
    place = view(rows, first, row.size)
    for k in range(place.size):
        place[k] = to_entry(place, row[k])


chosen_by_type(to_number, float32=_unchanged, float64=_unchanged, uint16=_wide_bfloat16, int16=_wide_float16)
chosen_by_type(to_entry, float32=_float32_entry, float64=_float64_entry, uint16=_bfloat16_entry, int16=_float16_entry)
chosen_by_type(read_row, float32=_view, float64=_view, uint16=_widened_row, int16=_widened_row)
chosen_by_type(read_rows, float32=_block, float64=_block, uint16=_widened_block, int16=_widened_block)
chosen_by_type(row_to_write, float32=_view, float64=_view, uint16=_buffer, int16=_buffer)
chosen_by_type(write_row, float32=_nothing, float64=_nothing, uint16=_narrowed_row, int16=_narrowed_row)

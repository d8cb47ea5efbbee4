"""float16 and bfloat16 as their bits: widened to float32 block by block, rounded to nearest even on the way back.

A block of rows fits the cache beside its gradient, so memory is read and written once, in two bytes a number, and no
copy of the logits is ever made. NumPy has no bfloat16; an array of uint16 stands for its bits.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from onewarm.kernels.compile import (
    SOURCES,
    array,
    bits_float32,
    borrowed,
    entry,
    float32_bits,
    scalar,
)

BLOCK = 2**17  # numbers widened at a time: half a MiB


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


@scalar
def _wide_bfloat16(h: Any) -> Any:
    return bits_float32(np.int32(h) << np.int32(16))


@scalar
def _wide_float16(h: Any) -> Any:
    bits = np.int32(h)
    magnitude = (bits & np.int32(0x7FFF)) << np.int32(13)
    moved = magnitude + np.int32(112 << 23)
    small = float32_bits(bits_float32(moved + np.int32(1 << 23)) - np.float32(2.0**-14))  # exact, for subnormals
    moved = small if magnitude < np.int32(0x400 << 13) else moved
    moved = moved + np.int32(112 << 23) if magnitude >= np.int32(0x7C00 << 13) else moved  # infinities and NaN
    return bits_float32(moved | ((bits & np.int32(0x8000)) << np.int32(16)))


@scalar
def _narrow_bfloat16(x: Any) -> Any:
    bits = float32_bits(x)
    rounded = bits + np.int32(0x7FFF) + ((bits >> np.int32(16)) & np.int32(1))
    return np.uint16((rounded >> np.int32(16)) & np.int32(0xFFFF)) if x == x else np.uint16(0x7FC0)


@scalar
def _narrow_float16(x: Any) -> Any:
    bits = float32_bits(x)
    sign = (bits >> np.int32(16)) & np.int32(0x8000)
    magnitude = bits & np.int32(0x7FFFFFFF)
    rounded = magnitude + np.int32(0xFFF) + ((magnitude >> np.int32(13)) & np.int32(1))
    normal = (rounded - np.int32(112 << 23)) >> np.int32(13)
    # Adding one half puts the last bit of a float16 subnormal last in float32: the sum rounds as it should.
    small = float32_bits(bits_float32(magnitude) + np.float32(0.5)) - np.int32(0x3F000000)
    h = small if magnitude < np.int32(113 << 23) else normal
    h = np.int32(0x7C00) if magnitude >= np.int32(0x477FF000) else h  # 65520 and more round to infinity
    h = np.int32(0x7E00) if magnitude > np.int32(0x7F800000) else h
    return np.uint16((h | sign) & np.int32(0xFFFF))


_WIDEN = {"float16": _wide_float16, "bfloat16": _wide_bfloat16}
_NARROW = {"float16": _narrow_float16, "bfloat16": _narrow_bfloat16}


@cache
def widen(name: str) -> Any:
    """Compiled ``(source, first, stride, width, rows, target)``: rows of bits, from ``first`` on, into float32."""
    sources, wide = SOURCES, _WIDEN[name]

    def fill(source: Any, first: int, stride: int, width: int, rows: int, target: Any) -> int:
        source, target = borrowed(source), borrowed(target)
        for i in range(rows if sources != -1 else 0):
            row = source[first + i * stride : first + i * stride + width]
            place = target[i * width : (i + 1) * width]
            for k in range(place.size):
                place[k] = wide(row[k])
        return 0

    whole = (types.int64,) * 4
    return entry(types.int64(array("uint16", 1), *whole, array("float32", 1, written=True)), fill)


@cache
def narrow(name: str) -> Any:
    """Compiled ``(source, target, first, count)``: numbers of float32 as bits, put from ``first`` on."""
    sources, small = SOURCES, _NARROW[name]

    def fill(source: Any, target: Any, first: int, count: int) -> int:
        source, target = borrowed(source), borrowed(target)
        place = target[first : first + (count if sources != -1 else 0)]
        for k in range(place.size):
            place[k] = small(source[k])
        return 0

    signature = types.int64(array("float32", 1), array("uint16", 1, written=True), types.int64, types.int64)
    return entry(signature, fill)

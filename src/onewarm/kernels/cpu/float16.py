"""float16 and bfloat16 as their bits: widened to float32 row by row, rounded to nearest even on the way back.

A row fits the cache beside its gradient, so memory is read and written once, in two bytes a number, and no copy of the
logits is ever made. NumPy has no bfloat16; compiled code sees its bits as uint16, and those of float16 as int16.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.kernels.cpu.jit import bits_float32, chosen_by_type, float32_bits, glue, scalar


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


def number(x: Any) -> Any:
    """An entry of an array as the number it stands for: float32 for two bytes, else itself."""
    raise NotImplementedError("compiled code only")


def entry_of(array: Any, x: Any) -> Any:
    """A number as an entry of ``array``, in its type."""
    raise NotImplementedError("compiled code only")


def row_of(rows: Any, first: int, size: int, room: Any) -> Any:
    """``size`` entries from ``first`` on as numbers: themselves, or in ``room`` where they are kept in two bytes."""
    raise NotImplementedError("compiled code only")


def flat_of(block: Any, stride: int, size: int, room: Any) -> Any:
    """Rows of ``size`` entries, ``stride`` apart, as numbers, and their stride: themselves, or in ``room``."""
    raise NotImplementedError("compiled code only")


def place_of(rows: Any, first: int, size: int, room: Any) -> Any:
    """Where numbers for these entries go: to themselves, or to ``room``, from which :func:`put` fetches them."""
    raise NotImplementedError("compiled code only")


def put(rows: Any, first: int, row: Any) -> None:
    """The row from :func:`place_of` as entries, from ``first`` on."""
    raise NotImplementedError("compiled code only")


@glue
def _widened(rows: Any, first: int, size: int, room: Any) -> Any:
    source, row = rows[first : first + size], room[:size]
    for k in range(row.size):
        row[k] = number(source[k])
    return row


@glue
def _widened_flat(block: Any, stride: int, size: int, room: Any) -> Any:
    for i in range((block.size + stride - 1) // stride):
        row, source = room[i * size : (i + 1) * size], block[i * stride : i * stride + size]
        for k in range(row.size):
            row[k] = number(source[k])
    return room, size


@glue
def _narrowed(rows: Any, first: int, row: Any) -> None:
    place = rows[first : first + row.size]
    for k in range(place.size):
        place[k] = entry_of(place, row[k])


def _same(x: Any) -> Any:
    return x


def _slice(rows: Any, first: int, size: int, room: Any) -> Any:
    return rows[first : first + size]


def _room(rows: Any, first: int, size: int, room: Any) -> Any:
    return room[:size]


chosen_by_type(
    number, float32=_same, float64=_same, uint16=lambda x: _wide_bfloat16(x), int16=lambda x: _wide_float16(x)
)
chosen_by_type(
    entry_of,
    float32=lambda array, x: np.float32(x),
    float64=lambda array, x: np.float64(x),
    uint16=lambda array, x: _narrow_bfloat16(x),
    int16=lambda array, x: np.int16(_narrow_float16(x)),
)
_widen: Any = lambda rows, first, size, room: _widened(rows, first, size, room)  # noqa: E731
_narrow: Any = lambda rows, first, row: _narrowed(rows, first, row)  # noqa: E731
_nothing: Any = lambda rows, first, row: None  # noqa: E731
chosen_by_type(row_of, float32=_slice, float64=_slice, uint16=_widen, int16=_widen)
_wide_flat: Any = lambda block, stride, size, room: _widened_flat(block, stride, size, room)  # noqa: E731
_flat: Any = lambda block, stride, size, room: (block, stride)  # noqa: E731
chosen_by_type(flat_of, float32=_flat, float64=_flat, uint16=_wide_flat, int16=_wide_flat)
chosen_by_type(place_of, float32=_slice, float64=_slice, uint16=_room, int16=_room)
chosen_by_type(put, float32=_nothing, float64=_nothing, uint16=_narrow, int16=_narrow)

"""A summary as bytes: magic word, format, header length, JSON header, little-endian arrays, CRC-32 of all of it.

    b"onewarm-summary" | format u8 | header length u32 | header (JSON, sorted keys) | arrays | CRC-32 u32

The header lists every array with its type, its length and the number of its entries that are not 0. If those are less
than half, the array is stored as their positions (u32) followed by their values. Format 1, which can still be read,
stored every entry, and no weights, second moments or counts by class: see ``upgraded``.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError

FORMAT = 2
MOST_CLASSES = 10_000_000
_MOST_NUMBERS = 1 << 27  # of an array: 1 GB
_MAGIC = b"onewarm-summary"
_START = len(_MAGIC) + 1 + 4


def encode(header: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """``header`` (values for JSON) and ``arrays``, flattened, as bytes; equal input gives equal bytes."""
    fields, parts = [], []
    for name, values in arrays.items():
        little = np.ascontiguousarray(values.reshape(-1), values.dtype.newbyteorder("<"))
        full = np.flatnonzero(little)
        fields.append([name, little.dtype.str, little.size, full.size])
        if _sparse(little.size, full.size):
            parts += [full.astype("<u4").tobytes(), little[full].tobytes()]
        else:
            parts.append(little.tobytes())
    text = json.dumps({**header, "fields": fields}, sort_keys=True, separators=(",", ":")).encode()
    body = b"".join([_MAGIC, struct.pack("<BI", FORMAT, len(text)), text, *parts])
    return body + struct.pack("<I", zlib.crc32(body))


def decode(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The header and the flat arrays that ``encode`` wrote.

    Raises TypeError for a value that is not bytes, ValueError for bytes of anything else, a later format, or damage.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"data is a {type(data).__name__}: expected the bytes of a summary")
    data = bytes(data)
    if not data.startswith(_MAGIC):
        raise InputError(f"data is not a calibration summary: it begins with {data[: len(_MAGIC)]!r}")
    if len(data) < _START + 4:
        raise InputError(f"data is a calibration summary cut short after {len(data)} bytes: write it again")
    version, length = struct.unpack_from("<BI", data, len(_MAGIC))
    if version not in (1, FORMAT):
        raise InputError(f"data is a calibration summary of format {version}: this onewarm reads 1 and {FORMAT}")
    if zlib.crc32(data[:-4]) != struct.unpack("<I", data[-4:])[0]:
        raise InputError("data is a calibration summary that is cut short or damaged: its checksum differs")
    if _START + length > len(data) - 4:
        raise _nonsense(f"a header of {length} bytes")
    try:
        header = json.loads(data[_START : _START + length])
    except (ValueError, RecursionError):
        raise _nonsense("a header that is not JSON") from None
    arrays: dict[str, NDArray[Any]] = {}
    at = _START + length
    for name, dtype, size, full in _fields(header):
        stored = full if _sparse(size, full) else size
        bytes_each = 8 if stored == size else 12
        if at + bytes_each * stored > len(data) - 4:
            raise _nonsense(f"{name!r} with more numbers than there are bytes")
        where = np.frombuffer(data, "<u4", stored if stored < size else 0, at)
        at += where.nbytes
        little = np.frombuffer(data, dtype, stored, at)
        at += little.nbytes
        if where.size and not int(where.max()) < size:
            raise _nonsense(f"{name!r} with positions beyond its end")
        if dtype == "<i8" and little.size and int(little.min()) < 0:
            raise _nonsense(f"{name!r} with a negative count")
        arrays[name] = np.zeros(size, little.dtype.newbyteorder("="))
        arrays[name][where if stored < size else slice(None)] = little
    if at != len(data) - 4:
        raise _nonsense(f"{len(data) - 4 - at} bytes after its last number")
    return header, arrays


def _fields(header: Any) -> list[tuple[str, str, int, int]]:
    """Name, type, length and entries that are not 0 of each array; InputError for a header that no summary has."""
    if not isinstance(header, dict) or not isinstance(header.get("fields"), list):
        raise _nonsense("a header without fields")
    least = {"num_classes": 1, "groups": 1, "seed": 0}
    most = {"num_classes": MOST_CLASSES, "groups": 2**31, "seed": 2**63 - 1}
    for name, low in least.items():
        value = header.get(name, low)
        known = value is None and name == "num_classes"
        if not known and (type(value) is not int or not low <= value <= most[name]):
            raise _nonsense(f"{name} {value!r}")
    if "num_classes" not in header or type(header.get("classwise", False)) is not bool:
        raise _nonsense("a header without num_classes, or with a classwise that is neither true nor false")
    fields = []
    for field in header["fields"]:
        if not isinstance(field, list) or len(field) not in (3, 4) or not isinstance(field[0], str):
            raise _nonsense(f"the field {field!r}"[:100])
        name, dtype, size, full = field if len(field) == 4 else (*field, field[2])
        whole = type(size) is int and type(full) is int
        if dtype not in ("<i8", "<f8") or not whole or not 0 <= full <= size <= _MOST_NUMBERS:
            raise _nonsense(f"the field {field!r}"[:100])
        fields.append((name, dtype, size, full))
    return fields


def _nonsense(what: str) -> InputError:
    return InputError(f"data is a calibration summary with {what}: no summary was written so")


def _sparse(size: int, full: int) -> bool:
    return 2 * full < size


def upgraded(stats: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Statistics of format 1 in the form of format 2; those of format 2 unchanged.

    Format 1 had no weights: every row's was 1. It had no squares of correctness a either: their upper bound a takes
    their place, exact for labels, and for votes an interval that is too wide. Squares of NLL and Brier scores are not
    known: they become NaN, and so do those intervals.
    """
    if "cell_weight" in stats or not {"cell_count", "cell_correct", "nll", "brier"} <= stats.keys():
        return stats
    count, correct = stats["cell_count"].astype(np.float64), stats["cell_correct"]
    unknown = np.full(1, np.nan)
    return {
        **stats,
        "cell_weight": count,
        "cell_weight2": count,
        "cell_correct_w2": correct,
        "cell_correct2": correct,
        "nll_w2": stats["nll"],
        "nll2": unknown,
        "brier_w2": stats["brier"],
        "brier2": unknown,
    }

"""The bytes of a summary: a magic word, a length, a JSON header, little-endian arrays, and a CRC-32 of it all.

    b"onewarm-summary" | format u8 | header length u32 | header (JSON, sorted keys) | arrays | CRC-32 u32

The header lists every array with its type and length, so that a later format may keep more (weights, bootstrap
groups, classes) and still read this one.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
_MAGIC = b"onewarm-summary"
_START = len(_MAGIC) + 1 + 4


def encode(header: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """``header`` (plain JSON) and one-dimensional ``arrays`` as bytes; equal input gives equal bytes."""
    little = {name: np.ascontiguousarray(a, a.dtype.newbyteorder("<")) for name, a in arrays.items()}
    fields = [[name, a.dtype.str, a.size] for name, a in little.items()]
    text = json.dumps({**header, "fields": fields}, sort_keys=True, separators=(",", ":")).encode()
    body = b"".join([_MAGIC, struct.pack("<BI", FORMAT, len(text)), text, *(a.tobytes() for a in little.values())])
    return body + struct.pack("<I", zlib.crc32(body))


def decode(data: bytes, expected: Mapping[str, tuple[type, int]]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The header and arrays that ``encode`` wrote. Raises ValueError for bytes that are not exactly such."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"data is a {type(data).__name__}: expected the bytes of a summary")
    data = bytes(data)
    if not data.startswith(_MAGIC):
        raise ValueError(f"data is not a calibration summary: it begins with {data[: len(_MAGIC)]!r}")
    if len(data) < _START:
        raise ValueError(f"data is a calibration summary cut short after {len(data)} bytes: write it again")
    version, length = struct.unpack_from("<BI", data, len(_MAGIC))
    if version != FORMAT:
        raise ValueError(f"data is a calibration summary of format {version}: this onewarm reads {FORMAT}")
    if zlib.crc32(data[:-4]) != struct.unpack("<I", data[-4:])[0]:
        raise ValueError("data is a calibration summary that is cut short or damaged: its checksum differs")
    header = json.loads(data[_START : _START + length])
    wanted = [(name, np.dtype(kind).newbyteorder("<").str, n) for name, (kind, n) in expected.items()]
    if header["fields"] != [list(field) for field in wanted]:
        raise ValueError(f"data is a calibration summary with fields {header['fields']}: expected {wanted}")
    arrays: dict[str, NDArray[Any]] = {}
    at = _START + length
    for name, dtype, size in wanted:
        little = np.frombuffer(data, dtype, size, at)
        arrays[name] = little.astype(little.dtype.newbyteorder("="))
        at += little.nbytes
    return header, arrays

"""NumPy's archive of arrays, read without pickles and without trusting what it declares."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np

from onewarm.errors import InputError

_HEADER = "target.json"


def to_bytes(header: str, arrays: dict[str, Any]) -> bytes:
    """An uncompressed archive of one ``.npy`` an array, which ``numpy.load`` reads too."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_member(_HEADER), header)
        for name, array in arrays.items():
            with archive.open(_member(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return file.getvalue()


def from_bytes(content: bytes) -> tuple[str, dict[str, Any]]:
    """The header and the arrays.

    Raises:
        ValueError: no archive, a checksum that does not fit, an array of objects or of another size than declared.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename: _content(archive, info) for info in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, OverflowError) as error:
        raise InputError(str(error)) from None
    header = members.pop(_HEADER).decode()
    return header, {name.removesuffix(".npy"): _array(data) for name, data in members.items()}


def _member(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name)  # with a fixed date: equal targets are equal files


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise InputError(f"{info.filename} is compressed")
    return archive.read(info)


def _array(data: bytes) -> Any:
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    count = 1
    for size in shape:
        count *= size
    if dtype.hasobject or fortran or len(data) - file.tell() != count * dtype.itemsize:
        raise InputError(f"an array of shape {shape} and dtype {dtype} in {len(data)} bytes")
    return np.frombuffer(data, dtype, count, file.tell()).reshape(shape).copy()

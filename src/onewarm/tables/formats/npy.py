"""Arrays in NumPy's NPY format: the header checked against the bytes there are, rows read as a stream."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from onewarm.checks import visible
from onewarm.errors import InputError
from onewarm.tables.source import Column, Columns, Source

MOST_HELD = 1 << 29
"""Bytes of an array in Fortran order that are held in memory, where its file cannot be read column by column."""
_KINDS = {"i": "int", "u": "int", "b": "int", "f": "float", "U": "text", "S": "text"}


@dataclass(frozen=True)
class Head:
    """The header of an array: its shape, whether it is in Fortran order, its type, and where its data begins."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    start: int

    @property
    def column(self) -> Column | None:
        """What the array is as a column; None unless it has rows. Of more than two axes it is of kind "other"."""
        if not self.shape or 0 in self.shape[1:]:
            return None
        kind = _KINDS.get(self.dtype.kind, "other") if len(self.shape) <= 2 else "other"
        return Column(kind, prod(self.shape[1:]))


def read_head(source: Source, file: IO[bytes], name: str, size: int) -> Head:
    """Read the header of an array.

    Args:
        source: for errors.
        file: at the beginning of the array.
        name: of the array, for errors.
        size: bytes of the array with its header.

    Raises:
        InputError: Python objects, or more data declared than there is.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file)
    if dtype.hasobject:
        raise InputError(
            f"{source.name}: array {name!r} holds Python objects; save plain arrays, as with np.asarray(x, dtype=float)"
        )
    data = prod(shape) * dtype.itemsize
    start = file.tell()
    if data != size - start or any(length < 0 for length in shape) or dtype.itemsize == 0 < prod(shape):
        raise source.damaged("NumPy", f"array {name!r} declares {data} bytes of data, and there are {size - start}")
    return Head(shape, fortran and len(shape) > 1, dtype, start)


def read_rows(source: Source, file: IO[bytes], head: Head, rows: int) -> Iterator[NDArray[Any]]:
    """The rows of an array in batches, after its header was read; of an array in Fortran order all at once."""
    if head.fortran:
        if prod(head.shape) * head.dtype.itemsize > MOST_HELD:
            raise InputError(
                f"{source.name}: an array in Fortran order with more than {MOST_HELD >> 20} MB; save it with "
                "np.ascontiguousarray(x)"
            )
        whole = np.frombuffer(_exactly(file, prod(head.shape) * head.dtype.itemsize), head.dtype)
        whole = whole.reshape(head.shape, order="F")
    for at in range(0, head.shape[0], rows):
        n = min(rows, head.shape[0] - at)
        if head.fortran:
            yield native(source, np.ascontiguousarray(whole[at : at + n]))
        else:
            data = np.frombuffer(_exactly(file, n * prod(head.shape[1:]) * head.dtype.itemsize), head.dtype)
            yield native(source, data.reshape((n, *head.shape[1:])))


def rows_at_once(shape: tuple[int, ...], itemsize: int) -> int:
    """Rows of an array that are about 64 MB, at least one."""
    return max(1, (1 << 26) // max(1, prod(shape[1:]) * itemsize))


def _exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise EOFError(f"{size} bytes expected, and {len(data)} are there")
    return data


def native(source: Source, array: NDArray[Any]) -> NDArray[Any]:
    """An array in this machine's byte order: numbers as float64 or narrower, bytes as text.

    Raises:
        InputError: text that is not Unicode.
    """
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "U":
        codes = array.view(array.dtype.str[0] + "u4") if array.flags.c_contiguous and array.size else np.zeros(0)
        if ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))).any():
            raise InputError(f"{source.name}: holds text that is not Unicode; save it as numbers, or anew")
    if kind == "S":
        return np.char.decode(array, "utf-8", "backslashreplace")
    if kind == "b":
        return np.asarray(array.view(np.uint8) != 0)
    if kind == "f" and size > 8:
        return array.astype(np.float64)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


class Npy(Source):
    """The one array of an NPY file; its column has the file's name."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.array = visible(path.stem)
        with path.open("rb") as file, self.decoding("NumPy"):
            self.head = read_head(self, file, self.array, self.size)
        column = self.head.column
        if column is None:
            raise InputError(
                f"{self.name}: an array of shape {self.head.shape}: save one of shape (N,) or (N, K), a row for each "
                "example"
            )
        self.columns = {self.array: column}

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        total = self.head.shape[0]
        rows = min(rows, rows_at_once(self.head.shape, self.head.dtype.itemsize))
        with self.path.open("rb") as file:
            file.seek(self.head.start)
            stream = self._by_columns(file, rows) if self.head.fortran else read_rows(self, file, self.head, rows)
            for at in range(0, total, rows):
                with self.decoding("NumPy", f"after row {at}: "):
                    array = next(stream)
                yield {self.array: array}, at, self.size * min(at + rows, total) // total

    def _by_columns(self, file: IO[bytes], rows: int) -> Iterator[NDArray[Any]]:
        """Batches of an array in Fortran order, whose columns are one after the other."""
        total, width, item = self.head.shape[0], prod(self.head.shape[1:]), self.head.dtype.itemsize
        for at in range(0, total, rows):
            n = min(rows, total - at)
            batch = np.empty((n, width), self.head.dtype)
            for k in range(width):
                file.seek(self.head.start + (k * total + at) * item)
                batch[:, k] = np.frombuffer(_exactly(file, n * item), self.head.dtype)
            yield native(self, batch.reshape((n, *self.head.shape[1:]), order="F"))

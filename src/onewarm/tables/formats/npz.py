"""NPZ archives of NumPy arrays."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError
from onewarm.tables.source import Column, Columns, Source


class Npz(Source):
    """The arrays of an NPZ archive, each read as a stream; only an array in Fortran order is held in memory."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.shapes: dict[str, tuple[int, ...]] = {}
        with self._open() as archive:
            for member in archive.namelist():
                with archive.open(member) as file:
                    shape, _, dtype = self._head(file, member)
                if len(shape) in (1, 2):
                    kind = {"i": "int", "u": "int", "b": "int", "f": "float", "U": "text"}.get(dtype.kind, "other")
                    name = member.removesuffix(".npy")
                    self.columns[name] = Column(kind, shape[1] if len(shape) == 2 else 1)
                    self.shapes[name] = shape
        if not self.columns:
            raise InputError(f"{self.name}: holds no arrays with rows")

    def _open(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError) as error:
            raise self.damaged("NPZ", error) from None

    def _head(self, file: IO[bytes], member: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
        try:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, fortran, dtype = read(file)
        except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
            raise self.damaged("NPZ", f"{member}: {error}") from None
        if dtype.hasobject:
            raise InputError(
                f"{self.name}: array {member.removesuffix('.npy')!r} holds Python objects; save plain arrays"
            )
        return shape, fortran, dtype

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        lengths = {n: self.shapes[n][0] for n in names}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{n!r} {k}" for n, k in lengths.items())
            raise InputError(f"{self.name}: arrays differ in rows: {shown}")
        total = next(iter(lengths.values()))
        with self._open() as archive:
            streams = {n: self._stream(archive, n, rows) for n in names}
            for at in range(0, total, rows):
                batch = {n: next(stream) for n, stream in streams.items()}
                yield batch, at, self.size * min(at + rows, total) // total

    def _stream(self, archive: zipfile.ZipFile, name: str, rows: int) -> Iterator[NDArray[Any]]:
        member = f"{name}.npy" if f"{name}.npy" in archive.namelist() else name
        try:
            with archive.open(member) as file:
                shape, fortran, dtype = self._head(file, member)
                if fortran and len(shape) == 2:
                    whole = np.frombuffer(file.read(), dtype).reshape(shape, order="F")
                    for at in range(0, shape[0], rows):
                        yield np.ascontiguousarray(whole[at : at + rows])
                    return
                width = shape[1] if len(shape) == 2 else 1
                for at in range(0, shape[0], rows):
                    n = min(rows, shape[0] - at)
                    data = file.read(n * width * dtype.itemsize)
                    yield np.frombuffer(data, dtype, n * width).reshape((n, *shape[1:]))
        except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
            raise self.damaged("NPZ", f"array {name!r}: {error}") from None

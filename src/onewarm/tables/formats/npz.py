"""NPZ archives of NumPy arrays."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from onewarm.errors import InputError
from onewarm.tables.formats.npy import read_head, read_rows, rows_at_once
from onewarm.tables.source import Columns, Source


class Npz(Source):
    """The arrays of an NPZ archive, each read as a stream; only an array in Fortran order is held in memory."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.members: dict[str, str] = {}
        self.items: dict[str, int] = {}
        with self.decoding("NPZ"), zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if not member.filename.endswith(".npy"):
                    continue
                name = member.filename.removesuffix(".npy")
                with self.decoding("NPZ", f"array {name!r}: "), archive.open(member) as file:
                    head = read_head(self, file, name, member.file_size)
                if head.column is not None:
                    self.columns[name], self.shapes[name] = head.column, head.shape
                    self.items[name] = head.dtype.itemsize
                    self.members[name] = member.filename
        if not self.columns:
            raise InputError(f"{self.name}: holds no arrays with rows")

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        lengths = {n: self.shapes[n][0] for n in names}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{n!r} {k}" for n, k in lengths.items())
            raise InputError(f"{self.name}: arrays differ in rows: {shown}")
        total = next(iter(lengths.values()))
        rows = min([rows, *(rows_at_once(self.shapes[n], self.items[n]) for n in names)])
        with ExitStack() as opened:
            with self.decoding("NPZ"):
                archive = opened.enter_context(zipfile.ZipFile(self.path))
            streams = {}
            for name in names:
                with self.decoding("NPZ", f"array {name!r}: "):
                    member = archive.getinfo(self.members[name])
                    file = opened.enter_context(archive.open(member))
                    streams[name] = read_rows(self, file, read_head(self, file, name, member.file_size), rows)
            for at in range(0, total, rows):
                batch = {}
                for name, stream in streams.items():
                    with self.decoding("NPZ", f"array {name!r}: "):
                        batch[name] = next(stream)
                yield batch, at, self.size * min(at + rows, total) // total

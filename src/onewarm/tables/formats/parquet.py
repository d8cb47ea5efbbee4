"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from onewarm.errors import needs
from onewarm.tables.formats.arrow_types import ArrowSource
from onewarm.tables.source import Columns

with needs("onewarm.tables", "audit"):
    import pyarrow.parquet

_PART_ROWS = 1 << 20


class Parquet(ArrowSource):
    """A Parquet file, read page by page; each part is a run of row groups with about 2^20 rows."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with self.decoding("Parquet"), self._open() as file:
            self.declare(file.schema_arrow)
            self.groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
            if any(rows < 0 for rows in self.groups):
                raise self.damaged("Parquet", "a row group has a negative number of rows")
        self.runs: list[list[int]] = [[]]
        rows = 0
        for group, length in enumerate(self.groups):
            if rows >= _PART_ROWS:
                self.runs.append([])
                rows = 0
            self.runs[-1].append(group)
            rows += length
        self.parts = len(self.runs)

    def _open(self) -> Any:
        return pyarrow.parquet.ParquetFile(self.path, buffer_size=1 << 20, pre_buffer=False)

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        groups = list(range(len(self.groups))) if part is None else self.runs[part]
        at = start = sum(self.groups[: groups[0]]) if groups else 0
        total = max(1, sum(self.groups))
        with self.decoding("Parquet"):
            file = self._open()
        with file:
            batches = file.iter_batches(rows, columns=self.tops(names), row_groups=groups)
            while True:
                with self.decoding("Parquet", f"after row {at}: "):
                    batch = next(batches, None)
                    if batch is None:
                        return
                    columns = self.take(batch, names)
                before, at = at, at + batch.num_rows
                yield columns, before, min(self.size, self.size * (at - start) // total)

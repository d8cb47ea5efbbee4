"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from onewarm.errors import needs
from onewarm.tables.formats.arrow_types import set_columns
from onewarm.tables.source import Columns, Source

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.parquet


_PART_ROWS = 1 << 20


class Parquet(Source):
    """A Parquet file, read page by page; each part is a run of row groups with about 2^20 rows."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with self._open() as file:
            set_columns(self, file.schema_arrow)
            self.groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        self.runs: list[list[int]] = [[]]
        for group in range(len(self.groups)):
            if sum(self.groups[i] for i in self.runs[-1]) >= _PART_ROWS:
                self.runs.append([])
            self.runs[-1].append(group)
        self.parts = len(self.runs)

    def _open(self) -> Any:
        try:
            return pyarrow.parquet.ParquetFile(self.path, buffer_size=1 << 20, pre_buffer=False)
        except (pa.ArrowInvalid, OSError) as error:
            raise self.damaged("Parquet", error) from None

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        groups = list(range(len(self.groups))) if part is None else self.runs[part]
        at = start = sum(self.groups[: groups[0]]) if groups else 0
        total = max(1, sum(self.groups))
        with self._open() as file:
            try:
                for batch in file.iter_batches(rows, columns=list(names), row_groups=groups):
                    before, at = at, at + batch.num_rows
                    yield {n: batch.column(n) for n in names}, before, self.size * (at - start) // total
            except (pa.ArrowException, OSError) as error:
                raise self.damaged("Parquet", f"after row {at}: {error}") from None

"""Arrow IPC files (Feather) and streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from onewarm.errors import needs
from onewarm.tables.formats.arrow_types import ArrowSource
from onewarm.tables.source import Columns

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.ipc

_MOST_ROWS_PER_BYTE = 1 << 16  # of a column that is compressed, or of only empty cells


class Ipc(ArrowSource):
    """An Arrow IPC file (Feather) or stream, read one record batch at a time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with self.decoding("Arrow"), pa.OSFile(str(path)) as file:
            self.declare(self._reader(file).schema)

    def _reader(self, file: Any) -> Any:
        try:
            return pyarrow.ipc.open_file(file)
        except pa.ArrowInvalid:
            file.seek(0)
        return pyarrow.ipc.open_stream(file)

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        at = number = 0
        with self.decoding("Arrow"):
            file = pa.OSFile(str(self.path))
        with file:
            with self.decoding("Arrow"):
                reader = self._reader(file)
                count = getattr(reader, "num_record_batches", None)  # a stream does not know its length
                records = iter(reader) if count is None else (reader.get_batch(i) for i in range(count))
            while True:
                with self.decoding("Arrow", f"after row {at}: "):
                    record = next(records, None)
                    if record is None:
                        return
                    if record.num_rows > _MOST_ROWS_PER_BYTE * self.size:
                        raise self.damaged("Arrow", f"after row {at}: {record.num_rows} rows are declared")
                    columns = self.take(record, names)
                    number += 1
                    done = file.tell() if count is None else self.size * number // count
                for start in range(0, record.num_rows, rows):
                    yield {n: c.slice(start, rows) for n, c in columns.items()}, at + start, min(done, self.size)
                at += record.num_rows

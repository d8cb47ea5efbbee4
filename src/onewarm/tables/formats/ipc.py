"""Arrow IPC files (Feather) and streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from onewarm.errors import needs
from onewarm.tables.formats.arrow_types import set_columns
from onewarm.tables.source import Columns, Source

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.ipc


class Ipc(Source):
    """An Arrow IPC file (Feather) or stream, read one record batch at a time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with pa.OSFile(str(path)) as file:
            set_columns(self, self._reader(file).schema)

    def _reader(self, file: Any) -> Any:
        try:
            return pyarrow.ipc.open_file(file)
        except pa.ArrowInvalid:
            file.seek(0)
        try:
            return pyarrow.ipc.open_stream(file)
        except (pa.ArrowException, OSError) as error:
            raise self.damaged("Arrow", error) from None

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        at = 0
        with pa.OSFile(str(self.path)) as file:
            reader = self._reader(file)
            try:
                count = getattr(reader, "num_record_batches", None)  # a stream does not know its length
                records = iter(reader) if count is None else (reader.get_batch(i) for i in range(count))
                for i, record in enumerate(records, 1):
                    done = file.tell() if count is None else self.size * i // count
                    for start in range(0, record.num_rows, rows):
                        batch = record.slice(start, rows)
                        yield {n: batch.column(n) for n in names}, at, min(done, self.size)
                        at += batch.num_rows
            except (pa.ArrowException, OSError) as error:
                raise self.damaged("Arrow", f"after row {at}: {error}") from None

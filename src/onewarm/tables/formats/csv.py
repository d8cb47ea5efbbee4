"""CSV files."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from onewarm.errors import InputError, needs
from onewarm.tables.formats.arrow_types import set_columns
from onewarm.tables.source import Columns, Source

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.csv


_CSV_BLOCK = 1 << 20  # PyArrow reads some 16 blocks ahead


def _is_text(start: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # incremental: the block may end within a character
    except UnicodeDecodeError:
        return False
    return True


class Csv(Source):
    """A CSV file whose first line holds the column names. One thread reads it, so that errors know their row."""

    typed = False

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with path.open("rb") as file:
            head = file.readline()
            self.block = max(_CSV_BLOCK, 4 * len(head), 4 * len(file.readline()))  # a row must fit into a block
            self.delimiter = max(",;\t", key=lambda c: head.count(c.encode()))
            file.seek(0)
            start = file.read(_CSV_BLOCK)
            if b"\0" in start or not _is_text(start):
                raise InputError(
                    f"{self.name}: is not UTF-8 text, so no CSV file: save it as UTF-8, or correct its suffix"
                )
        with self._file() as native:
            set_columns(self, self._reader(native, {}, None).schema)
        names = list(self.columns)
        numbers = [n for n in names if re.fullmatch(r"[-+]?\d*\.\d+(?:[eE][-+]?\d+)?", n)]
        if numbers:
            raise InputError(
                f"{self.name}: the first line holds numbers ({numbers[0]}, ...): put column names above it"
            )

    def _file(self) -> Any:
        """Arrow's own file object: Arrow's threads read ahead, and would call a Python one while Python shuts down."""
        return pa.OSFile(str(self.path))

    def _reader(self, file: Any, types: dict[str, Any], include: list[str] | None) -> Any:
        ragged: list[str] = []

        def refuse(row: Any) -> str:
            where = f"row {row.number - 1}" if row.number is not None else "a row"
            ragged.append(f"{where} has {row.actual_columns} columns, not {row.expected_columns}: {row.text[:60]!r}")
            return "error"

        self._ragged = ragged
        try:
            return pyarrow.csv.open_csv(
                file,
                read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=self.block),
                parse_options=pyarrow.csv.ParseOptions(delimiter=self.delimiter, invalid_row_handler=refuse),
                convert_options=pyarrow.csv.ConvertOptions(column_types=types, include_columns=include),
            )
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise self._explained(error, include) from None

    def _explained(self, error: Exception, include: list[str] | None) -> InputError:
        if self._ragged:
            return InputError(f"{self.name}: {self._ragged[0]}")
        match = re.search(r"In CSV column #(\d+): Row #(\d+): .*?invalid (?:value '(.*)'|UTF8)", str(error), re.S)
        if match:
            names = include or list(self.columns)
            at = int(match[1])
            column = f"column {names[at]!r}" if at < len(names) else f"column {at + 1}"
            fault = f"is {match[3]!r}, not a number" if match[3] is not None else "is not UTF-8 text"
            return InputError(f"{self.name}: row {int(match[2]) - 1}, {column} {fault}; correct it or drop the row")
        return self.damaged("CSV", error)

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        kinds = {"int": pa.int64(), "float": pa.float64()}
        types = {n: kinds.get(self.columns[n].kind, pa.string()) for n in names}
        types |= {n: pa.float64() for n in numeric if n in types}
        at = 0
        with self._file() as file:
            reader = self._reader(file, types, list(names))
            while True:
                try:
                    block = reader.read_next_batch()
                except StopIteration:
                    return
                except (pa.ArrowException, UnicodeDecodeError) as error:
                    raise self._explained(error, list(names)) from None
                done = file.tell()
                for start in range(0, block.num_rows, rows):
                    batch = block.slice(start, rows)
                    yield {n: batch.column(n) for n in names}, at, done
                    at += batch.num_rows

"""JSON Lines, read block by block; and JSON files of records or of columns, held in memory up to a limit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from onewarm.errors import InputError
from onewarm.tables.formats import records
from onewarm.tables.formats.text_stream import BLOCK, check_text, line_blocks, open_text
from onewarm.tables.source import Columns, Source

MOST_HELD = 1 << 25
"""Bytes of a JSON file: as Python's objects they take ten times as much, and up to 25 times."""
_LONGEST_LINE = 1 << 24
_SAMPLE = 2000

Record = dict[str, Any]


class JsonLines(Source):
    """A file with one JSON object in each line. Types are guessed from the first lines."""

    typed = False

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._check()
        sample: list[Record] = []
        for rows, _ in self._records():
            sample += rows[: _SAMPLE - len(sample)]
            if len(sample) == _SAMPLE:
                break
        if not sample:
            raise InputError(f"{self.name}: holds no rows")
        self.paths = records.find_paths(sample)
        self.late: dict[str, int] = {}  # fields that the first rows have not, and their first row, from 1
        self.columns = {
            name: records.column_of_values(records.values_at(sample, path)) for name, path in self.paths.items()
        }

    def _check(self) -> None:
        with open_text(self) as stream:
            check_text(self, stream.read(BLOCK))

    def _records(self) -> Iterator[tuple[list[Record], int]]:
        """Records, and the bytes of the file read so far."""
        row = 0
        with open_text(self) as stream:
            for block in line_blocks(self, stream):
                rows = self._parsed(block) or [
                    self._record(line, row + i)
                    for i, line in enumerate((text for text in block.split(b"\n") if text.strip()), 1)
                ]
                row += len(rows)
                yield rows, stream.position

    @staticmethod
    def _parsed(block: bytes) -> list[Record] | None:
        """The records of a block; None where a line is none: then ``_record`` says which."""
        if len(block) > _LONGEST_LINE:
            return None
        try:
            rows = [json.loads(line) for line in block.decode().split("\n") if line and not line.isspace()]
        except (ValueError, RecursionError):
            return None
        return rows if all(type(row) is dict for row in rows) else None

    def _record(self, line: bytes, row: int) -> Record:
        if len(line) > _LONGEST_LINE:
            raise InputError(f"{self.name}: row {row} has more than {_LONGEST_LINE >> 20} MB")
        record = _loaded(self, line, f"row {row}")
        if not isinstance(record, dict):
            raise InputError(f"{self.name}: row {row} is {line[:40]!r}, not an object; write {{'name': value, ...}}")
        return record

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        at = 0
        known = {path[0] for path in self.paths.values()}
        for block, done in self._records():
            for start in range(0, len(block), rows):
                some = block[start : start + rows]
                for i, record in enumerate(some, at + 1):
                    if not known.issuperset(record):
                        self.late |= {key: i for key in record if key not in known and key not in self.late}
                yield {name: self._column(name, some, at, name in numeric) for name in names}, at, done
                at += len(some)

    def _column(self, name: str, rows: Sequence[Record], first: int, numeric: bool) -> Any:
        values = records.values_at(rows, self.paths[name])
        kind = "float" if numeric else self.columns[name].kind
        return records.to_array(self.name, name, values, first, numeric=numeric, kind=kind)


class Json(JsonLines):
    """A JSON file: a list of records, an object of columns, pandas' other layouts, or JSON Lines by another name."""

    def _check(self) -> None:
        super()._check()
        with open_text(self) as stream:
            first, *others = stream.read(BLOCK).lstrip().split(b"\n", 1)
        self.lines = bool(others and others[0].strip()) and _is_object(first)

    def _records(self) -> Iterator[tuple[list[Record], int]]:
        if self.lines:
            yield from super()._records()
            return
        with open_text(self) as stream:
            data = bytearray()
            while more := stream.read(BLOCK):
                data += more
                if len(data) > MOST_HELD:
                    raise InputError(
                        f"{self.name}: has more than {MOST_HELD >> 20} MB; make it JSON Lines: "
                        f"jq -c '.[]' {self.name} > {Path(self.name).stem}.jsonl"
                    )
        yield self._table(_loaded(self, bytes(data), "the file")), self.size

    def _table(self, value: Any) -> list[Record]:
        if isinstance(value, list):
            for row, record in enumerate(value, 1):
                if not isinstance(record, dict):
                    raise InputError(
                        f"{self.name}: row {row} is {json.dumps(record)[:40]}, not an object; write a list of "
                        '{"name": value, ...}'
                    )
            return value
        if isinstance(value, dict):
            held = [v for v in value.values() if isinstance(v, list) and v and all(isinstance(r, dict) for r in v)]
            if len(held) > 1:
                shown = ", ".join(repr(key) for key, v in value.items() if v in held)
                raise InputError(
                    f"{self.name}: holds several tables, {shown}: make one of them, with a column that says which row "
                    "is of which"
                )
            if len(held) == 1:  # pandas' orient="table", and results under one key
                return list(held[0])
            if isinstance(value.get("data"), list) and isinstance(value.get("columns"), list):  # orient="split"
                return self._split(value["columns"], value["data"])
            if value and all(isinstance(v, dict) for v in value.values()):  # orient="columns", by index
                value = {name: list(column.values()) for name, column in value.items()}
            lists = {name: column for name, column in value.items() if isinstance(column, list)}
            if lists:
                return self._by_columns(lists)
        raise InputError(f'{self.name}: holds neither records, [{{...}}, ...], nor columns, {{"name": [...], ...}}')

    def _split(self, names: list[Any], data: list[Any]) -> list[Record]:
        for row, values in enumerate(data, 1):
            if not isinstance(values, list) or len(values) != len(names):
                raise InputError(f'{self.name}: row {row} has not the {len(names)} values that "columns" names')
        return [dict(zip(map(str, names), values, strict=True)) for values in data]

    def _by_columns(self, columns: dict[str, list[Any]]) -> list[Record]:
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{name!r} {length}" for name, length in list(lengths.items())[:8])
            raise InputError(f"{self.name}: columns differ in rows: {shown}")
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _loaded(source: Source, data: bytes, where: str) -> Any:
    try:
        return json.loads(data.decode())
    except json.JSONDecodeError as error:
        what = f"{error.msg} at character {error.pos + 1}"
    except UnicodeDecodeError:
        what = "it is not UTF-8 text"
    except RecursionError:
        what = "it is nested too deeply"
    except ValueError as error:
        what = str(error).split(";")[0]
    raise InputError(f"{source.name}: {where} is not JSON: {what}; correct it or write it anew")


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False

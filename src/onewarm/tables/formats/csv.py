"""CSV, TSV and other text tables: any usual separator and decimal sign, types guessed from the first rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from onewarm.errors import InputError, needs
from onewarm.tables.formats import cells
from onewarm.tables.formats.arrow_types import column_of
from onewarm.tables.formats.dialect import find_dialect
from onewarm.tables.formats.text_stream import BLOCK, LONGEST_LINE, check_text, line_blocks, long_line, open_text
from onewarm.tables.source import Column, Columns, Source

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv

_EMPTY = [*pa.csv.ConvertOptions().null_values, "None", "<NA>", "NaT"]
_CODES = rb"])(?:0\d|\d{19})"
# What a column's values are read as where they do not fit the type that the first rows suggest.
_WIDER = {pa.bool_(): pa.string(), pa.int64(): pa.float64(), pa.float64(): pa.string()}


class Csv(Source):
    """A text table whose first line holds the column names, read block by block, so that errors know their row.

    Attributes:
        keeps_codes: whether digits that are no numbers stay texts: with leading zeros ("00123"), or 19 and more.
    """

    typed = False
    keeps_codes = False

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with open_text(self) as stream:
            start = stream.read(BLOCK)
            while start.count(b"\n") < 2 and len(start) <= LONGEST_LINE and (more := stream.read(BLOCK)):
                start += more
            if len(start) > LONGEST_LINE:
                raise long_line(self)
            whole = not stream.read(1)
        check_text(self, start)
        self.dialect = find_dialect(self.name, start.decode(errors="ignore"), whole=whole)
        self.types = dict.fromkeys(self.dialect.names, pa.null())
        self.columns = {name: Column("float") for name in self.dialect.names}
        for block, _ in self._blocks():
            self._guess_types(block)
            break

    def _guess_types(self, block: bytes) -> None:
        table = self._parse(block, {}, self.dialect.names, 0)
        for name in self.dialect.names:
            kind = table.schema.field(name).type
            self.types[name] = kind if kind in _WIDER or pa.types.is_null(kind) else pa.string()
            self.columns[name] = column_of(self.types[name])
            if self.types[name] == pa.string() and not pa.types.is_binary(kind):  # binary: some bytes are no UTF-8
                values = table.column(name).cast(pa.string()).combine_chunks()
                width = cells.list_width(values)
                if width is not None:
                    self.columns[name] = Column("float", width or None)

    def _blocks(self) -> Iterator[tuple[bytes, int]]:
        """Blocks of rows without the header, and the bytes of the file read so far."""
        skip, last = self.dialect.header, b""
        with open_text(self) as stream:
            for block in line_blocks(self, stream, quotes=self.dialect.quotes):
                skipped = min(skip, len(block))
                skip -= skipped
                block = self._plain(block[skipped:])
                if len(self.dialect.names) == 1:  # there an empty line is an empty cell, but for those at the end
                    block, last = last + block, b""
                    kept = block.rstrip(b"\n")
                    last = block[len(kept) + 1 :]
                    block = kept + b"\n" if kept else b""
                if block:
                    yield block, stream.position

    def _plain(self, block: bytes) -> bytes:
        """The block without spaces around its cells; runs of spaces that separate cells become one."""
        delimiter = self.dialect.delimiter.encode()
        if delimiter == b" ":
            block = block.replace(b"\t", b" ")
            return _outside_quotes(rb"^ +| +(?=\r?$)", b"", _outside_quotes(rb"  +", b" ", block))
        if b" " in block and (delimiter + b" " in block or b" " + delimiter in block):
            return _outside_quotes(rb" *(" + re.escape(delimiter) + rb") *|^ +", rb"\1", block)
        return block

    def _parse(self, block: bytes, types: dict[str, Any], include: Sequence[str], before: int) -> Any:
        """The block as a table. ``before``: rows before the block, for errors. Raises InputError, or _Unfit."""
        ragged: list[str] = []

        def refuse(row: Any) -> str:
            ragged.append(self._ragged(before + row.number, row.text, row.expected_columns, row.actual_columns))
            return "error"

        try:
            return pyarrow.csv.read_csv(
                pa.BufferReader(block),
                read_options=pyarrow.csv.ReadOptions(
                    column_names=self.dialect.names, use_threads=False, block_size=len(block) + 1
                ),
                parse_options=pyarrow.csv.ParseOptions(
                    delimiter=self.dialect.delimiter,
                    invalid_row_handler=refuse,
                    ignore_empty_lines=len(self.dialect.names) > 1,
                ),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types=types,
                    include_columns=include,
                    decimal_point=self.dialect.decimal,
                    null_values=_EMPTY,
                    true_values=["True", "TRUE", "true"],
                    false_values=["False", "FALSE", "false"],
                ),
            )
        except (pa.ArrowException, UnicodeDecodeError) as error:
            if ragged:
                raise InputError(f"{self.name}: {ragged[0]}") from None
            # Arrow counts the columns of the file, not those that are read.
            match = re.search(r"In CSV column #(\d+): Row #(\d+): .*?invalid (?:value '(.*)'|UTF8)", str(error), re.S)
            if match is None or int(match[1]) >= len(self.dialect.names):
                raise self.damaged("CSV", error) from None
            raise _Unfit(self.dialect.names[int(match[1])], before + int(match[2]), match[3]) from None

    def _ragged(self, row: int, text: str, expected: int, actual: int) -> str:
        what = f"row {row} has {actual} columns, not {expected}: {text[:60]!r}"
        if expected == 1 and actual > 2 and row < 5:
            return f"{what}; if the first line, {self.dialect.names[0][:40]!r}, is no line of column names, delete it"
        if text.count('"') % 2:
            return f"{what}; a double quote in it is not closed"
        if actual < expected:
            return f"{what}; complete it or drop the row"
        commas = self.dialect.delimiter == "," and actual > expected
        return what + ("; where commas are decimal, separate columns with semicolons" if commas else "")

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        types = {n: pa.float64() if self.types[n] == pa.null() else self.types[n] for n in names}
        lists = {n for n in names if self.columns[n].width != 1}
        strict = {n for n in numeric if n in types} - lists
        types |= {n: pa.float64() for n in strict if types[n] != pa.bool_()}
        at = 0
        for block, done in self._blocks():
            table = self._fitted(block, types, names, at, strict)
            columns = {n: table.column(n).combine_chunks() for n in names}
            for name in names:
                if pa.types.is_string(types[name]):
                    columns[name] = cells.trimmed(columns[name])
                if name in lists:
                    columns[name] = cells.to_lists(self.name, name, columns[name], at)
            for start in range(0, table.num_rows, rows):
                yield {n: c.slice(start, rows) for n, c in columns.items()}, at + start, done
            at += table.num_rows

    def _fitted(self, block: bytes, types: dict[str, Any], names: Sequence[str], at: int, strict: set[str]) -> Any:
        """The block as a table. Columns outside ``strict`` get a wider type, here and later, where values need it."""
        if self.keeps_codes and re.search(rb'(?:^|[\n"' + re.escape(self.dialect.delimiter.encode()) + _CODES, block):
            self._keep_codes(block, types, [name for name in names if name not in strict], at)
        while True:
            try:
                return self._parse(block, types, names, at)
            except _Unfit as unfit:
                name, row, value = unfit.args
                if value is None:
                    raise InputError(
                        f"{self.name}: row {row}, column {name!r} is not UTF-8 text; correct it or drop the row"
                    ) from None
                if name in strict:
                    raise InputError(
                        f"{self.name}: row {row}, column {name!r} is {value!r}, not a number; {_remedy(value)}"
                    ) from None
                types[name] = _WIDER[types[name]]

    def _keep_codes(self, block: bytes, types: dict[str, Any], names: Sequence[str], at: int) -> None:
        """Make text of the columns of numbers that hold codes in this block: one with leading zeros, or all long."""
        some = [name for name in names if types[name] in (pa.int64(), pa.float64()) and self.columns[name].width == 1]
        table = self._parse(block, types | dict.fromkeys(some, pa.string()), some, at)
        for name in some:
            cells_of = pc.utf8_trim_whitespace(table.column(name))
            whole = self.types[name] != pa.float64()  # a column of decimals is none of codes
            zeros = whole and pc.any(pc.match_substring_regex(cells_of, r"^0\d+$")).as_py()
            if zeros or pc.all(pc.match_substring_regex(cells_of, r"^\d{16,}$")).as_py():
                types[name] = pa.string()


class _Unfit(Exception):
    """A value that does not fit the type of its column: the column's name, the row from 1, the value (None: bytes)."""


def _remedy(value: str) -> str:
    if value.strip().endswith("%"):
        return "leave the percent signs out, and divide by 100"
    if re.fullmatch(r"[-+]?\d+,\d+", value.strip()):
        return "write decimal points in every row"
    return "correct it or drop the row"


def _outside_quotes(pattern: bytes, by: bytes, block: bytes) -> bytes:
    if b'"' not in block:
        return re.sub(pattern, by, block, flags=re.MULTILINE)
    both = re.compile(rb'"(?:[^"]|"")*"|' + pattern, re.MULTILINE)
    return both.sub(lambda found: found[0] if found[0].startswith(b'"') else found.expand(by), block)

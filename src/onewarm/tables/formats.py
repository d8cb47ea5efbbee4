"""CSV, Parquet, Arrow IPC and NPZ files, read as batches of columns in bounded memory. A new format is added here."""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError, needs
from onewarm.tables.source import Column, Columns, Source

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.ipc
    import pyarrow.parquet


_CSV_BLOCK = 1 << 20  # PyArrow reads some 16 blocks ahead
_PART_ROWS = 1 << 20


def _column(kind: pa.DataType) -> Column:
    if pa.types.is_dictionary(kind):
        return _column(kind.value_type)
    if pa.types.is_fixed_size_list(kind):
        return Column(_column(kind.value_type).kind, kind.list_size)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return Column(_column(kind.value_type).kind, None)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return Column("int")
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):  # null: only empty cells
        return Column("float")
    return Column("text" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else "other")


def _set_columns(source: Source, schema: pa.Schema) -> None:
    twice = [n for n in schema.names if schema.names.count(n) > 1]
    if twice:
        raise InputError(f"{source.name}: column {twice[0]!r} occurs twice; rename one")
    source.columns = {f.name: _column(f.type) for f in schema}


class Parquet(Source):
    """A Parquet file, read page by page; each part is a run of row groups with about 2^20 rows."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with self._open() as file:
            _set_columns(self, file.schema_arrow)
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


class Ipc(Source):
    """An Arrow IPC file (Feather) or stream, read one record batch at a time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with pa.OSFile(str(path)) as file:
            _set_columns(self, self._reader(file).schema)

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
            _set_columns(self, self._reader(native, {}, None).schema)
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


_FORMATS: dict[str, type[Source]] = {
    ".csv": Csv,
    ".parquet": Parquet,
    ".pq": Parquet,
    ".npz": Npz,
    ".arrow": Ipc,
    ".feather": Ipc,
    ".ipc": Ipc,
}
SUFFIXES = tuple(_FORMATS)


def open_source(path: Path) -> Source:
    """Open a file by its suffix and read its column names and types.

    Raises:
        ValueError: the suffix is unknown, the file is empty, or it cannot be read.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "a.csv"
        ...     _ = path.write_text("p0,p1,label\\n0.25,0.75,1\\n")
        ...     open_source(path).columns["label"]
        Column(kind='int', width=1)
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path.name}: cannot read {suffix or 'a file without suffix'}; give {', '.join(SUFFIXES)}")
    if path.stat().st_size == 0:
        raise InputError(f"{path.name}: is empty (0 bytes)")
    return _FORMATS[suffix](path)

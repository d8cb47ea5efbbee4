"""Text files as a stream of blocks of whole lines: decompressed, in UTF-8, with memory bounded whatever the file is."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from onewarm.errors import InputError, needs
from onewarm.tables.source import Source

with needs("onewarm.tables", "audit"):
    import pyarrow as pa

COMPRESSED = (".gz", ".zst", ".bz2", ".xz")
BLOCK = 1 << 20
LONGEST_LINE = 1 << 26

_DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, pa.ArrowException, MemoryError)
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def inner_suffix(path: Path) -> str:
    """The suffix below a compression's: ".csv" of a.csv.gz, "" of a.gz; that of any other file."""
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix in COMPRESSED else suffix


class TextStream:
    """The bytes of a text file, decompressed by its suffix and encoded as UTF-8 without a byte-order mark.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.csv.gz"
    ...     _ = path.write_bytes(gzip.compress("p,ä\\n".encode("utf-16")))
    ...     with open_text(Source(path)) as stream:
    ...         stream.read(100).decode()
    'p,ä\\n'
    """

    def __init__(self, source: Source, raw: IO[bytes]) -> None:
        self._source, self._raw = source, raw
        self._file = _decompressed(source.path, raw)
        start = self._bytes(4)
        self.encoding = _UTF16.get(start[:2], "utf-8")
        self._pending = start.removeprefix(codecs.BOM_UTF8) if self.encoding == "utf-8" else start[2:]
        self._decoder = codecs.getincrementaldecoder(self.encoding)()

    @property
    def position(self) -> int:
        """How far the file itself has been read, in bytes."""
        return self._raw.tell()

    def read(self, size: int) -> bytes:
        """The next bytes, ``size`` or a few more; fewer or none at the end."""
        data, self._pending = self._pending + self._bytes(size), b""
        if self.encoding == "utf-8":
            return data
        try:
            return self._decoder.decode(data, final=not data).encode()
        except UnicodeError:
            raise InputError(
                f"{self._source.name}: begins as UTF-16 text and does not go on so: save it as UTF-8"
            ) from None

    def _bytes(self, size: int) -> bytes:
        try:
            return bytes(self._file.read(size))
        except _DAMAGED as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise InputError(f"{self._source.name}: cannot be read: {error.strerror}") from None
            kind = self._source.path.suffix.lower()
            raise self._source.damaged(kind, str(error) or "too much memory is needed") from None


def _decompressed(path: Path, raw: IO[bytes]) -> Any:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return gzip.GzipFile(fileobj=raw)
    if suffix == ".bz2":
        return bz2.BZ2File(raw)
    if suffix == ".xz":
        return lzma.LZMAFile(raw)
    return pa.CompressedInputStream(raw, "zstd") if suffix == ".zst" else raw


@contextmanager
def open_text(source: Source) -> Iterator[TextStream]:
    """Open the file of a source. Raises InputError where its compression or its encoding is damaged."""
    with source.path.open("rb") as raw:
        yield TextStream(source, raw)


def check_text(source: Source, start: bytes) -> None:
    """Raise InputError if the start of a file, which may end within a character, is not UTF-8 text."""
    try:
        if b"\0" not in start:
            codecs.getincrementaldecoder("utf-8")().decode(start)
            return
    except UnicodeDecodeError:
        pass
    raise InputError(
        f"{source.name}: is not UTF-8 text: save it as UTF-8 (iconv -f LATIN1 -t UTF-8), or correct its suffix"
    )


def line_blocks(source: Source, stream: TextStream, *, quotes: bool = False) -> Iterator[bytes]:
    """Blocks of about 1 MB that end where lines end; lines may end in CR, LF or both.

    Args:
        source: for errors.
        stream: what to read.
        quotes: whether a line may go on over a line end within double quotes.

    Raises:
        ValueError: a line is longer than 64 MB, or the file is damaged.
    """
    rest, cr, data = b"", None, stream.read(BLOCK)
    while data:
        if cr is None:
            cr = b"\r" in data and b"\n" not in data
        rest += data.replace(b"\r", b"\n") if cr else data
        data = stream.read(BLOCK)
        cut = _cut(rest, quotes) if data else len(rest)
        if cut == 0 and len(rest) > LONGEST_LINE:
            raise long_line(source)
        if cut:
            yield rest[:cut]
        rest = rest[cut:]


def long_line(source: Source) -> InputError:
    """The error for a line that is no row of a table, such as a file of zeros unpacks to."""
    return InputError(f"{source.name}: a line has more than {LONGEST_LINE >> 20} MB: is it a table of text?")


def _cut(data: bytes, quotes: bool) -> int:
    """The length of the whole lines that ``data`` begins with."""
    last = data.rfind(b"\n") + 1
    if not quotes or data.count(b'"', 0, last) % 2 == 0:
        return last
    octets = np.frombuffer(data, np.uint8, last)
    outside = np.flatnonzero((octets == 10) & (np.cumsum(octets == 34) % 2 == 0))
    if len(outside):
        return int(outside[-1]) + 1
    return last if len(data) > 4 * BLOCK else 0  # a quote within a cell, as in 5" pipes: then it opens nothing

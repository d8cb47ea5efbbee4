"""Which reader a file gets, by its suffix. A new format is added here."""

from __future__ import annotations

from pathlib import Path

from onewarm.errors import InputError
from onewarm.tables.formats.csv import Csv
from onewarm.tables.formats.ipc import Ipc
from onewarm.tables.formats.npz import Npz
from onewarm.tables.formats.parquet import Parquet
from onewarm.tables.source import Source

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

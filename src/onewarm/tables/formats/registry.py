"""Which reader a file gets, by its suffix. A new format is added here."""

from __future__ import annotations

from pathlib import Path

from onewarm.checks import visible
from onewarm.errors import InputError
from onewarm.tables.formats.csv import Csv
from onewarm.tables.formats.ipc import Ipc
from onewarm.tables.formats.json import Json, JsonLines
from onewarm.tables.formats.npy import Npy
from onewarm.tables.formats.npz import Npz
from onewarm.tables.formats.parquet import Parquet
from onewarm.tables.formats.text_stream import COMPRESSED, inner_suffix
from onewarm.tables.formats.torch_file import TorchFile
from onewarm.tables.source import Source

_FORMATS: dict[str, type[Source]] = {
    ".csv": Csv,
    ".tsv": Csv,
    ".txt": Csv,
    ".jsonl": JsonLines,
    ".ndjson": JsonLines,
    ".json": Json,
    ".parquet": Parquet,
    ".pq": Parquet,
    ".npz": Npz,
    ".npy": Npy,
    ".pt": TorchFile,
    ".pth": TorchFile,
    ".arrow": Ipc,
    ".feather": Ipc,
    ".ipc": Ipc,
}
_MAGIC = {
    b"PAR1": "a Parquet file (.parquet)",
    b"ARROW1": "an Arrow file (.arrow)",
    b"PK\x03\x04": "a ZIP archive or a table of Excel (.zip, .xlsx)",
    b"\x1f\x8b": "compressed by gzip (.gz after its suffix)",
    b"\x93NUMPY": "an array of NumPy (.npy)",
}
_TEXT = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json")
_PICKLE = "it can run code: load it where it was made, and save it with df.to_parquet('table.parquet')"
_EXCEL = "save it as CSV, or with pandas.read_excel(...).to_parquet('table.parquet')"
_REMEDIES = (
    dict.fromkeys((".pkl", ".pickle", ".joblib"), _PICKLE)
    | dict.fromkeys((".xlsx", ".xls", ".xlsm", ".ods"), _EXCEL)
    | dict.fromkeys((".zip", ".tar", ".tgz", ".7z"), "unpack it and give the file inside")
    | dict.fromkeys((".h5", ".hdf5"), "save its columns with pandas.read_hdf(...).to_parquet('table.parquet')")
    | {
        suffix: f"save its table with pandas.{reader}(...).to_parquet('table.parquet')"
        for suffix, reader in {
            ".sas7bdat": "read_sas",
            ".xpt": "read_sas",
            ".dta": "read_stata",
            ".sav": "read_spss",
            ".orc": "read_orc",
            ".xml": "read_xml",
            ".sqlite": "read_sql",
            ".db": "read_sql",
            ".html": "read_html",
        }.items()
    }
    | dict.fromkeys(
        (".svm", ".libsvm", ".svmlight"), "pass sklearn.datasets.load_svmlight_file(...) to onewarm.study.run"
    )
    | {".arff": "save pandas.DataFrame(scipy.io.arff.loadarff(...)[0]) with to_csv"}
    | {".mat": "save its arrays with numpy.savez", ".rds": "save it with arrow::write_parquet or write.csv"}
)
SUFFIXES = (*_FORMATS, *COMPRESSED)


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
    suffix = inner_suffix(path)
    if suffix not in _FORMATS or (suffix != path.suffix.lower() and suffix not in _TEXT):
        raise InputError(f"{visible(path.name)}: {_refusal(path)}")
    if path.stat().st_size == 0:
        raise InputError(f"{visible(path.name)}: is empty (0 bytes)")
    if why := _disguised(path, suffix):
        raise InputError(f"{visible(path.name)}: {why}")
    return _FORMATS[suffix](path)


def _disguised(path: Path, suffix: str) -> str | None:
    """What a file is by its first bytes, where it is not what its suffix says."""
    with path.open("rb") as opened:
        start = opened.read(200).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"version https://git-lfs"):
        return "is a pointer of Git LFS, not the file itself: fetch it with git lfs pull"
    if start[:15].lower().startswith((b"<!doctype html", b"<html")):
        return "is a page of HTML, perhaps what a server said instead of the file: download it again"
    if suffix != path.suffix.lower() or suffix not in _TEXT:
        return None
    for magic, kind in _MAGIC.items():
        if start.startswith(magic):
            return f"is {kind} by its first bytes, not {suffix}: correct its suffix"
    if suffix in (".csv", ".tsv") and start.startswith((b"[{", b'{"')):
        return "holds JSON: name it .json, or .jsonl where each line is a record"
    return None


def _refusal(path: Path) -> str:
    """Why a file with this suffix is not read, and the step that helps."""
    suffix = path.suffix.lower()
    if suffix in COMPRESSED:
        return f"below {suffix} there is no suffix of {', '.join(_TEXT)}: name it so, or unpack it"
    if suffix in _REMEDIES:
        return f"cannot read {suffix}: {_REMEDIES[suffix]}"
    return f"cannot read {visible(suffix) or 'a file without suffix'}; give {', '.join(_FORMATS)}"

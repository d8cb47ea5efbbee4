"""Compressed and encoded text arrives as UTF-8 in blocks of whole lines, whatever the file holds."""

import bz2
import gzip
import lzma
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.errors import InputError
from onewarm.tables.formats import open_source, text_stream
from onewarm.tables.formats.text_stream import inner_suffix, line_blocks, open_text
from onewarm.tables.source import Source

PACK = {
    ".csv": bytes,
    ".csv.gz": gzip.compress,
    ".csv.bz2": bz2.compress,
    ".csv.xz": lzma.compress,
    ".csv.zst": lambda data: pa.compress(data, "zstd", asbytes=True),
}
ROWS = "p,label\n" + "".join(f"0.{i:05d},{i % 2}\n" for i in range(20_000))


def read(path):
    return [v for columns, _, _ in open_source(path).batches(["p"], 999) for v in columns["p"].to_pylist()]


@pytest.mark.parametrize("suffix", PACK)
def test_compressed_files_hold_the_same_rows(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(PACK[suffix](ROWS.encode()))
    assert read(path) == [i / 1e5 for i in range(20_000)]
    done = [done for *_, done in open_source(path).batches(["p"], 999)]
    assert done == sorted(done) and done[-1] == path.stat().st_size


@pytest.mark.parametrize("suffix", [".csv.gz", ".csv.bz2", ".csv.xz"])
def test_members_one_after_the_other(tmp_path, suffix):
    middle = len(ROWS) // 2
    data = PACK[suffix](ROWS[:middle].encode()) + PACK[suffix](ROWS[middle:].encode())
    (tmp_path / f"a{suffix}").write_bytes(data)
    assert len(read(tmp_path / f"a{suffix}")) == 20_000


@pytest.mark.parametrize("suffix", [s for s in PACK if s != ".csv"])
def test_damaged_compression_is_named(tmp_path, suffix):
    noise = "".join(f"{v}\n" for v in np.random.default_rng(0).random(50_000))
    whole = PACK[suffix](("p\n" + noise).encode())
    path = tmp_path / f"a{suffix}"
    for data in (whole[:10], whole[: len(whole) // 2], whole[:3] + b"\0" * 40, b"plain text\n1\n", whole[:-9]):
        path.write_bytes(data)
        with pytest.raises(InputError) as caught:
            read(path)
        assert str(caught.value).startswith(f"a{suffix}: ")


def test_a_bomb_is_a_line_that_is_too_long(tmp_path, monkeypatch):
    monkeypatch.setattr(text_stream, "LONGEST_LINE", 1 << 22)
    monkeypatch.setattr("onewarm.tables.formats.csv.LONGEST_LINE", 1 << 22)
    for start in (b"p\n1\n", b"p\n", b""):
        (tmp_path / "a.csv.gz").write_bytes(gzip.compress(start + b"7" * (1 << 24)))
        with pytest.raises(InputError, match=r"^a\.csv\.gz: a line has more than 4 MB: is it a table of text\?$"):
            read(tmp_path / "a.csv.gz")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_encodings(tmp_path, encoding):
    text = "näme,p\n" + "ü夏👩,1\n" * 1000
    data = text.encode(encoding)
    (tmp_path / "a.csv").write_bytes(b"\xfe\xff" + data if encoding == "utf-16-be" else data)
    ((columns, _, _),) = open_source(tmp_path / "a.csv").batches(["näme"], 2000)
    assert columns["näme"].to_pylist() == ["ü夏👩"] * 1000


def test_utf16_that_ends_within_a_character(tmp_path):
    (tmp_path / "a.csv").write_bytes("p\n1\n".encode("utf-16") + b"\x00\xd8")
    with pytest.raises(InputError, match=r"^a\.csv: begins as UTF-16 text and does not go on so: save it as UTF-8$"):
        read(tmp_path / "a.csv")


@given(st.text('ab"\n,', max_size=200), st.integers(1, 30), st.booleans())
def test_blocks_are_the_file_and_end_where_lines_do(tmp_path_factory, text, size, quotes):
    path = tmp_path_factory.getbasetemp() / "blocks.csv"
    path.write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_stream, "BLOCK", size)
        source = Source(path)
        with open_text(source) as stream:
            blocks = list(line_blocks(source, stream, quotes=quotes))
    assert b"".join(blocks) == text.encode()
    assert all(block.endswith(b"\n") for block in blocks[:-1])


def test_the_suffix_below_a_compression():
    names = {"a.csv": ".csv", "a.csv.gz": ".csv", "a.b.TSV.ZST": ".tsv", "a.gz": "", "a.parquet": ".parquet"}
    assert {name: inner_suffix(Path(name)) for name in names} == names

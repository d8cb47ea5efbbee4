"""CSV files, and what their errors know."""

import numpy as np
import pytest

from onewarm.tables.formats import open_source
from onewarm.tables.source import Column


def test_csv_errors_know_their_row_in_a_later_block(tmp_path, monkeypatch, write_table, table, refused):
    monkeypatch.setattr("onewarm.tables.formats.csv._CSV_BLOCK", 4096)
    path = write_table(tmp_path / "a.csv", table)
    text = path.read_text()
    numbers = ["p0", "p1", "p2"]
    path.write_text(text + "0.2,oops,0.6,1,day\n")
    assert refused(path, numbers) == "a.csv: row 701, column 'p1' is 'oops', not a number; correct it or drop the row"
    path.write_text(text + "0.2,0.2,0.6,1\n")
    assert refused(path, numbers) == "a.csv: row 701 has 4 columns, not 5: '0.2,0.2,0.6,1'"
    path.write_text(text.split("\n", 1)[1])
    assert "a.csv: the first line holds numbers (0." in refused(path)
    path.write_text("p0,p1,label,p0\n0.5,0.5,0,1\n")
    assert refused(path) == "a.csv: column 'p0' occurs twice; rename one"


def test_csv_columns_that_only_look_like_text_or_integers(tmp_path, read, refused):
    """A type is guessed from the first block: ``numeric`` says better."""
    path = tmp_path / "a.csv"
    path.write_text("prob,y\n0.5,0\n?,1\n")
    source = open_source(path)
    assert not source.typed and source.columns["prob"] == Column("text")
    assert refused(path, ["prob"], numeric=["prob"]) == (
        "a.csv: row 2, column 'prob' is '?', not a number; correct it or drop the row"
    )
    path.write_text("z,y\n-1,0\n2,1\n")
    assert read(path, ["z"])["z"].dtype == np.int64
    assert read(path, ["z"], numeric=["z"])["z"].dtype == np.float64


def test_csv_that_is_not_utf8(tmp_path, refused):
    path = tmp_path / "a.csv"
    advice = "a.csv: is not UTF-8 text, so no CSV file: save it as UTF-8, or correct its suffix"
    for data in (bytes(range(256)), b"p0,p1\n\0\n", "p0,p1,näme\n".encode("latin-1")):
        path.write_bytes(data)
        assert refused(path) == advice
    path.write_text("p0,näme\n0.5,0.5\n", encoding="utf-8")
    assert list(open_source(path).columns) == ["p0", "näme"]


def test_a_block_that_ends_within_a_character_is_utf8(tmp_path, monkeypatch):
    monkeypatch.setattr("onewarm.tables.formats.csv._CSV_BLOCK", 7)
    (tmp_path / "a.csv").write_text("abcd,äö\n1,2\n", encoding="utf-8")  # byte 7 is the second of two
    assert list(open_source(tmp_path / "a.csv").columns) == ["abcd", "äö"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_and_a_byte_order_mark(tmp_path, delimiter, read):
    path = tmp_path / "a.csv"
    path.write_text("p0,p1,label\n0.25,0.75,1\n".replace(",", delimiter), encoding="utf-8-sig")
    assert read(path, ["p0", "label"]) == {"p0": [0.25], "label": [1]}

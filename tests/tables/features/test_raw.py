import re
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from onewarm.errors import InputError
from onewarm.tables.features import raw
from onewarm.tables.features.raw import column_of, columns_hash, of_file, of_frame


def test_missing_file_suggests_the_nearest(tmp_path):
    (tmp_path / "flowers.csv").write_text("a,label\n1,2\n")
    with pytest.raises(FileNotFoundError, match=r"flower\.csv'; similar names: flowers\.csv$"):
        of_file(tmp_path / "flower.csv")
    with pytest.raises(IsADirectoryError, match=re.escape(f"{tmp_path} is a folder; give one of its files")):
        of_file(tmp_path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("39,State-gov,77516,<=50K\n50,Private,83311,>50K\n38,Private,21564,<=50K\n", "39,State-gov,77516,<=50K"),
        ("sunny,hot,no\nsunny,mild,no\nrain,hot,yes\n", "sunny,hot,no"),
        ("male,3,yes\nfemale,1,no\nmale,2,yes\n", "male,3,yes"),
    ],
)
def test_a_headerless_file_does_not_lose_its_first_row(tmp_path, text, shown):
    """A headerless file's first row became names, silently."""
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(
        InputError, match=re.escape(f"t.csv: the first line ({shown}) looks like a row, not like column")
    ):
        of_file(tmp_path / "t.csv")


@pytest.mark.parametrize("header", ["label,0,1,2", "2019,2020,2021,y", "label,a,b,c", "no,yes,maybe,label"])
def test_names_that_are_numbers_or_words(tmp_path, header):
    (tmp_path / "t.csv").write_text(header + "\n1,2,3,4\n5,6,7,8\n")
    assert list(of_file(tmp_path / "t.csv").columns) == header.split(",")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, "a", None], ["1", "a", None]),
        ([True, 2.5, "x"], ["True", "2.5", "x"]),
        ([1, None, 3], [1, None, 3]),
        (pd.Series([1.5, None], dtype="Float64"), [1.5, None]),
        (pd.Series(["a", None], dtype="category"), ["a", None]),
        (pd.Series(["a", 3], dtype=object), ["a", "3"]),
        (pl.Series(["a", None]), ["a", None]),
        ([Decimal("1.5"), None], [Decimal("1.5"), None]),
        ([[1.0, 2.0], None], [[1.0, 2.0], None]),
        (np.array(["a", None, 3], object), ["a", None, "3"]),
    ],
)
def test_sequences_become_columns(values, expected):
    assert column_of(values, "x").to_pylist() == expected


def test_frames_that_are_refused():
    twice = pd.DataFrame(np.ones((2, 2)), columns=["a", "a"])
    for frame, error in [
        (twice, "X: column 'a' occurs twice; rename one"),
        ({"a": [1, 2], "b": [1]}, "X: columns differ in rows: 'a' 2, 'b' 1"),
        (pd.DataFrame({"a": []}), "X: no rows"),
        ({}, "X: no rows"),
        (pl.DataFrame({"a": [1]}).lazy(), "X: LazyFrame is not computed yet: pass what its collect() gives"),
    ]:
        with pytest.raises(InputError, match=f"^{re.escape(error)}$"):
            of_frame(frame, "X")


def test_the_same_columns_have_the_same_hash_however_they_are_cut():
    table = pa.table({"a": [1, 2, 3, 4], "b": ["x", None, "y", "z"]})
    cut = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    hashes = [columns_hash({n: t.column(n) for n in t.column_names}) for t in (table, cut)]
    assert hashes[0] == hashes[1]
    assert columns_hash({"a": table.column("b")}) != columns_hash({"b": table.column("b")}) != hashes[0]


def test_a_file_that_is_written_while_it_is_read(tmp_path, monkeypatch):
    (tmp_path / "t.csv").write_text("a,label\n1,u\n2,v\n")
    whole = raw.whole

    def slow(source, *arguments):
        with source.path.open("a") as file:
            file.write("3,u\n")
        return whole(source, *arguments)

    monkeypatch.setattr(raw, "whole", slow)
    with pytest.raises(InputError, match=r"^t\.csv: has changed while it was read; try again when it is complete$"):
        of_file(tmp_path / "t.csv")

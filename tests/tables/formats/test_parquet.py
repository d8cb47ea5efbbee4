"""Parquet files."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from onewarm.errors import InputError
from onewarm.tables.formats import open_source

N = 700


def test_progress_of_a_parquet_file_is_its_share_of_the_bytes(tmp_path, monkeypatch, table):
    """Row groups of 100 rows in parts of 200: after n of a part's rows, n / 700 of the file's bytes."""
    monkeypatch.setattr("onewarm.tables.formats.parquet._PART_ROWS", 200)
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet", row_group_size=100)
    source = open_source(tmp_path / "a.parquet")
    assert source.parts == 4
    for part, lengths in enumerate([(50, 100, 150, 200)] * 3 + [(50, 100)]):
        batches = [(first, done) for _, first, done in source.batches(["label"], 50, part)]
        assert batches == [(200 * part + n - 50, source.size * n // N) for n in lengths]
    assert [done for *_, done in source.batches(["label"], N)][-1] == source.size


def test_a_damaged_file_is_an_error_of_the_file(tmp_path):
    """Texts that are no UTF-8 and wrong numbers of rows came without the file's name, or as tracebacks."""
    path = tmp_path / "a.parquet"
    table = pa.table({"label": range(500), "group": [f"text {i}" for i in range(500)]})
    pyarrow.parquet.write_table(table, path, compression="none", use_dictionary=False)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    said = set()
    for _ in range(300):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), rng.integers(1, 20)):
            data[at] = rng.integers(256)
        path.write_bytes(data)
        try:
            source = open_source(path)
            for columns, _, _ in source.batches(list(source.columns), 64):
                [column.to_pylist() for column in columns.values()]
        except InputError as error:
            said.add(str(error))
    assert len(said) > 20 and all(text.startswith("a.parquet: not a readable Parquet file") for text in said)
    assert any("UTF8" in text for text in said)


def test_fields_of_structs_have_dotted_names(tmp_path):
    rows = [{"doc": {"query": "a", "at": {"x": 1}}, "doc.plain": 2}, {"doc": None, "doc.plain": 3}]
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    source = open_source(tmp_path / "a.parquet")
    assert list(source.columns) == ["doc.query", "doc.at.x", "doc.plain"]
    ((columns, _, _),) = source.batches(["doc.at.x", "doc.plain", "doc.query"], 10)
    assert {n: c.to_pylist() for n, c in columns.items()} == {
        "doc.at.x": [1, None],
        "doc.plain": [2, 3],
        "doc.query": ["a", None],
    }


@pytest.mark.parametrize("columns", [10, 2000])
def test_many_columns(tmp_path, columns):
    pyarrow.parquet.write_table(pa.table({f"p{k}": [0.5] for k in range(columns)}), tmp_path / "a.parquet")
    source = open_source(tmp_path / "a.parquet")
    assert len(next(source.batches(list(source.columns), 10))[0]) == columns

"""Parquet files."""

import pyarrow.parquet

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

"""What every format has in common."""

import pickle

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from onewarm.tables.formats import open_source
from onewarm.tables.source import Source


@pytest.mark.parametrize(
    ("lists", "length"), [([[0.1, 0.2, 0.7], [0.5, 0.5]], 3), ([[0.5, 0.5]], 2), ([None, [0.5, 0.5]], 2)]
)
def test_the_first_list_says_how_long_lists_are(tmp_path, lists, length):
    pyarrow.parquet.write_table(pa.table({"p": lists}), tmp_path / "a.parquet")
    source = open_source(tmp_path / "a.parquet")
    assert source.columns["p"].width is None
    assert source.list_length("p") == length


def test_without_a_list_there_is_no_length(tmp_path):
    for values in ([], [None, None]):
        table = pa.table({"p": pa.array(values, pa.list_(pa.float32()))})
        pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
        assert open_source(tmp_path / "a.parquet").list_length("p") is None


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz", ".arrow", ".feather"])
def test_a_source_reads_the_same_after_it_was_sent_to_a_worker_in_another_folder(
    tmp_path, monkeypatch, write_table, suffix
):
    monkeypatch.chdir(tmp_path)
    table = pa.table({"p0": [0.25, 0.5], "p1": [0.75, 0.5], "label": [1, 0]})
    write_table(tmp_path / f"a{suffix}", table)
    source = open_source((tmp_path / f"a{suffix}").relative_to(tmp_path))
    monkeypatch.chdir("/")
    sent = pickle.loads(pickle.dumps(source))
    assert (sent.name, sent.size, sent.columns) == (source.name, source.size, source.columns)
    columns, first, _ = next(sent.batches(["label"], 10))
    assert first == 0
    np.testing.assert_array_equal(np.asarray(columns["label"]), [1, 0])


def test_a_damaged_file_is_named_with_the_first_sentence_of_the_reason(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"x")
    error = Source(tmp_path / "a.bin").damaged("Parquet", "Magic bytes not found. Either the file is corrupted, or")
    assert str(error) == "a.bin: not a readable Parquet file, perhaps truncated: Magic bytes not found"

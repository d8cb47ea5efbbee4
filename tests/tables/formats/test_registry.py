"""Files of every format give the same columns in batches; a damaged one is named."""

import numpy as np
import pytest

from onewarm.tables.formats import open_source
from onewarm.tables.source import Column

SUFFIXES = [".csv", ".parquet", ".npz", ".arrow", ".feather"]
N = 700


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("rows", [64, 100, 10_000])
def test_every_format_gives_the_same_rows(tmp_path, write_table, table, suffix, rows, read):
    path = write_table(tmp_path / f"a{suffix}", table)
    columns = read(path, ["label", "group"], rows)
    np.testing.assert_array_equal(columns["label"], table["label"])
    np.testing.assert_array_equal(columns["group"].astype(str), table["group"].to_numpy())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_columns_and_their_types(tmp_path, write_table, table, suffix):
    columns = open_source(write_table(tmp_path / f"a{suffix}", table)).columns
    numbers = {"p": Column("float", 3)} if suffix == ".npz" else dict.fromkeys(["p0", "p1", "p2"], Column("float"))
    assert columns == numbers | {"label": Column("int"), "group": Column("text")}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_progress_rises_to_the_size_of_the_file(tmp_path, write_table, table, suffix):
    source = open_source(write_table(tmp_path / f"a{suffix}", table))
    done = [done for *_, done in source.batches(["label"], 50)]
    assert len(done) == 14 and done == sorted(done) and 0 < done[0] <= done[-1] <= source.size
    if suffix in (".parquet", ".npz", ".feather"):  # their rows are counted; of the others Arrow reads ahead
        assert done[0] < done[-1] == source.size


@pytest.mark.parametrize("suffix", [".parquet", ".npz", ".feather"])
@pytest.mark.parametrize("keep", [0.5, 0.99])
def test_files_cut_short(tmp_path, write_table, table, suffix, keep, refused):
    path = write_table(tmp_path / f"a{suffix}", table)
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    text = refused(path)
    assert text.startswith(f"a{suffix}: not a readable") and "perhaps truncated" in text


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_empty_files(tmp_path, suffix, refused):
    (tmp_path / f"a{suffix}").write_bytes(b"")
    assert refused(tmp_path / f"a{suffix}") == f"a{suffix}: is empty (0 bytes)"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a", "cannot read a file without suffix; give .csv, .tsv, "),
        ("a.docx", "cannot read .docx; give .csv, .tsv, "),
        ("a.xlsx", "cannot read .xlsx: save it as CSV, or with pandas.read_excel(...).to_parquet("),
        ("a.pkl", "cannot read .pkl: it can run code: load it where it was made, and save it with df.to_parquet("),
        ("a.zip", "cannot read .zip: unpack it and give the file inside"),
        ("a.gz", "below .gz there is no suffix of .csv, .tsv, .txt"),
        ("a.parquet.gz", "below .gz there is no suffix of .csv, .tsv, .txt"),
    ],
)
def test_a_file_that_is_not_read_comes_with_the_step_that_helps(tmp_path, refused, name, message):
    (tmp_path / name).write_bytes(b"x")
    assert refused(tmp_path / name).startswith(f"{name}: {message}")


def test_control_characters_of_a_file_name_are_visible(tmp_path, refused):
    """They reached the terminal raw."""
    (tmp_path / "a\x1b[31m\n.csv").write_bytes(b"")
    assert refused(tmp_path / "a\x1b[31m\n.csv") == r"a\x1b[31m\n.csv: is empty (0 bytes)"

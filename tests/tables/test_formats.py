"""Files of every format give the same columns in batches; a damaged one is named, with the row where it is known."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import pytest

from onewarm.tables.formats import open_source
from onewarm.tables.source import Column

SUFFIXES = [".csv", ".parquet", ".npz", ".arrow", ".feather"]
N = 700


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), N).round(6)
    groups = rng.choice(["day", "night"], N)
    return pa.table({f"p{k}": p[:, k] for k in range(3)} | {"label": rng.integers(0, 3, N), "group": groups})


def read(path, names, rows=64, numeric=()):
    """The columns of the whole file, read part by part; each batch must begin where the one before it ended."""
    source = open_source(path)
    pieces, expected = [], 0
    for part in range(source.parts):
        for columns, first, _ in source.batches(names, rows, part if source.parts > 1 else None, numeric=numeric):
            arrays = {n: np.asarray(c) for n, c in columns.items()}
            length = len(arrays[names[0]])
            assert first == expected and 0 < length <= rows
            expected += length
            pieces.append(arrays)
    return {n: np.concatenate([piece[n] for piece in pieces]) for n in names}


def refused(path, names=None, numeric=()):
    with pytest.raises(ValueError) as caught:
        for _ in open_source(path).batches(names or list(open_source(path).columns), 1 << 16, numeric=numeric):
            pass
    return str(caught.value)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("rows", [64, 100, 10_000])
def test_every_format_gives_the_same_rows(tmp_path, write_table, table, suffix, rows):
    path = write_table(tmp_path / f"a{suffix}", table)
    columns = read(path, ["label", "group"], rows)
    np.testing.assert_array_equal(columns["label"], table["label"])
    np.testing.assert_array_equal(columns["group"].astype(str), table["group"].to_numpy())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_columns_and_their_types(tmp_path, write_table, table, suffix):
    columns = open_source(write_table(tmp_path / f"a{suffix}", table)).columns
    numbers = {"p": Column("float", 3)} if suffix == ".npz" else dict.fromkeys(["p0", "p1", "p2"], Column("float"))
    assert columns == numbers | {"label": Column("int"), "group": Column("text")}


@pytest.mark.parametrize(
    ("values", "column"),
    [
        (pa.array([True, False]), Column("int")),
        (pa.array([1, 2], pa.uint8()), Column("int")),
        (pa.array([1, 2], pa.float16()), Column("float")),
        (pa.array([1, 2]).cast(pa.decimal128(38, 2)), Column("float")),
        (pa.array([None, None]), Column("float")),
        (pa.array(["a", "b"]).dictionary_encode(), Column("text")),
        (pa.array(["a", "b"], pa.large_string()), Column("text")),
        (pa.array([b"a", b"b"]), Column("other")),
        (pa.array([[1.0], [2.0, 3.0]]), Column("float", None)),
        (pa.array([[1.0], [2.0]], pa.large_list(pa.float32())), Column("float", None)),
        (pa.array([[1, 2], [2, 3]], pa.list_(pa.int8(), 2)), Column("int", 2)),
    ],
    ids=lambda v: str(getattr(v, "type", "")),
)
def test_the_type_of_a_parquet_column(tmp_path, values, column):
    pyarrow.parquet.write_table(pa.table({"x": values}), tmp_path / "a.parquet")
    assert open_source(tmp_path / "a.parquet").columns == {"x": column}


def test_fortran_order_and_compression_in_npz(tmp_path, table):
    matrix = np.column_stack([table[f"p{k}"].to_numpy() for k in range(3)])
    np.savez_compressed(tmp_path / "a.npz", c=matrix, fortran=np.asfortranarray(matrix))
    columns = read(tmp_path / "a.npz", ["c", "fortran"])
    np.testing.assert_array_equal(columns["c"], matrix)
    np.testing.assert_array_equal(columns["fortran"], matrix)


def test_arrays_of_an_npz_that_are_no_columns(tmp_path):
    np.savez(tmp_path / "a.npz", version=np.array(3), images=np.zeros((2, 2, 2)), y=np.zeros(2))
    assert open_source(tmp_path / "a.npz").columns == {"y": Column("float")}
    np.savez(tmp_path / "b.npz", version=np.array(3))
    assert refused(tmp_path / "b.npz") == "b.npz: holds no arrays with rows"
    np.savez(tmp_path / "c.npz", p=np.zeros((3, 2)), y=np.zeros(2))
    assert refused(tmp_path / "c.npz") == "c.npz: arrays differ in rows: 'p' 3, 'y' 2"
    np.savez(tmp_path / "d.npz", y=np.array([object()]))
    assert refused(tmp_path / "d.npz") == "d.npz: array 'y' holds Python objects; save plain arrays"


def test_progress_of_a_parquet_file_is_its_share_of_the_bytes(tmp_path, monkeypatch, table):
    """Row groups of 100 rows in parts of 200: after n of a part's rows, n / 700 of the file's bytes."""
    monkeypatch.setattr("onewarm.tables.formats._PART_ROWS", 200)
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet", row_group_size=100)
    source = open_source(tmp_path / "a.parquet")
    assert source.parts == 4
    for part, lengths in enumerate([(50, 100, 150, 200)] * 3 + [(50, 100)]):
        batches = [(first, done) for _, first, done in source.batches(["label"], 50, part)]
        assert batches == [(200 * part + n - 50, source.size * n // N) for n in lengths]
    assert [done for *_, done in source.batches(["label"], N)][-1] == source.size


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_progress_rises_to_the_size_of_the_file(tmp_path, write_table, table, suffix):
    source = open_source(write_table(tmp_path / f"a{suffix}", table))
    done = [done for *_, done in source.batches(["label"], 50)]
    assert len(done) == 14 and done == sorted(done) and 0 < done[0] <= done[-1] <= source.size
    if suffix in (".parquet", ".npz", ".feather"):  # their rows are counted; of the others Arrow reads ahead
        assert done[0] < done[-1] == source.size


@pytest.mark.parametrize("suffix", [".parquet", ".npz", ".feather"])
@pytest.mark.parametrize("keep", [0.5, 0.99])
def test_files_cut_short(tmp_path, write_table, table, suffix, keep):
    path = write_table(tmp_path / f"a{suffix}", table)
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    text = refused(path)
    assert text.startswith(f"a{suffix}: not a readable") and "perhaps truncated" in text


def test_an_arrow_stream_cut_short(tmp_path, write_table, table):
    path = write_table(tmp_path / "a.arrow", table)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "a.arrow: not a readable Arrow file, perhaps truncated: after row " in refused(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_empty_files(tmp_path, suffix):
    (tmp_path / f"a{suffix}").write_bytes(b"")
    assert refused(tmp_path / f"a{suffix}") == f"a{suffix}: is empty (0 bytes)"


def test_a_suffix_that_is_not_known(tmp_path):
    for name, kind in (("a.xlsx", ".xlsx"), ("a", "a file without suffix")):
        (tmp_path / name).write_bytes(b"x")
        assert refused(tmp_path / name) == (
            f"{name}: cannot read {kind}; give .csv, .parquet, .pq, .npz, .arrow, .feather, .ipc"
        )


def test_csv_errors_know_their_row_in_a_later_block(tmp_path, monkeypatch, write_table, table):
    monkeypatch.setattr("onewarm.tables.formats._CSV_BLOCK", 4096)
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


def test_csv_columns_that_only_look_like_text_or_integers(tmp_path):
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


def test_csv_that_is_not_utf8(tmp_path):
    path = tmp_path / "a.csv"
    advice = "a.csv: is not UTF-8 text, so no CSV file: save it as UTF-8, or correct its suffix"
    for data in (bytes(range(256)), b"p0,p1\n\0\n", "p0,p1,näme\n".encode("latin-1")):
        path.write_bytes(data)
        assert refused(path) == advice
    path.write_text("p0,näme\n0.5,0.5\n", encoding="utf-8")
    assert list(open_source(path).columns) == ["p0", "näme"]


def test_a_block_that_ends_within_a_character_is_utf8(tmp_path, monkeypatch):
    monkeypatch.setattr("onewarm.tables.formats._CSV_BLOCK", 7)
    (tmp_path / "a.csv").write_text("abcd,äö\n1,2\n", encoding="utf-8")  # byte 7 is the second of two
    assert list(open_source(tmp_path / "a.csv").columns) == ["abcd", "äö"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_and_a_byte_order_mark(tmp_path, delimiter):
    path = tmp_path / "a.csv"
    path.write_text("p0,p1,label\n0.25,0.75,1\n".replace(",", delimiter), encoding="utf-8-sig")
    assert read(path, ["p0", "label"]) == {"p0": [0.25], "label": [1]}

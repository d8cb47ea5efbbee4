"""Prediction files of every kind read alike, in batches; what is wrong with one is told by file, row and column."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import pytest

from onewarm.audit import plan as reading
from onewarm.audit.plan import find_files, plan
from onewarm.audit.columns import Choice, find_layout
from onewarm.tables.source import Column

K = 3
SUFFIXES = [".csv", ".parquet", ".npz", ".arrow", ".feather"]


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(K), 700).round(6)
    p[:, -1] = 1 - p[:, :-1].sum(axis=1)
    return np.abs(p), rng.integers(0, K, 700), rng.choice(["day", "night"], 700)


def table(p, labels, group=None, prefix="p"):
    columns = {f"{prefix}{k}": p[:, k] for k in range(p.shape[1])} | {"label": labels}
    return pa.table(columns | ({} if group is None else {"group": group}))


def write(path, data):
    """The same table in the format of the suffix."""
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(data, path)
    elif path.suffix == ".parquet":
        pyarrow.parquet.write_table(data, path, row_group_size=100)
    elif path.suffix == ".feather":
        pyarrow.feather.write_feather(data, path, compression="uncompressed", chunksize=100)
    elif path.suffix == ".arrow":
        with pyarrow.ipc.new_stream(path, data.schema) as out:
            out.write_table(data, max_chunksize=100)
    else:
        names = [n for n in data.column_names if re.fullmatch(r"p\d", n)]
        others = {n: data.column(n).to_numpy() for n in data.column_names if n not in names}
        others = {n: a.astype(str) if a.dtype == object else a for n, a in others.items()}
        np.savez(path, p=np.column_stack([data.column(n).to_numpy() for n in names]), **others)
    return path


def gather(path, **choice):
    steps = plan([str(path)], Choice(**choice))
    batches = [b for part in range(steps.parts[0]) for b, _ in steps.batches(0, part if steps.parts[0] > 1 else None)]
    first = np.cumsum([0, *(len(b.predictions) for b in batches)])[:-1]
    assert [b.first for b in batches] == first.tolist()
    groups = [np.asarray(said)[codes] for b in batches for codes, said in b.slices.values()]
    return (
        np.concatenate([b.predictions for b in batches]),
        np.concatenate([b.truth for b in batches]),
        np.concatenate(groups) if groups else None,
    )


def refused(path, **choice):
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        gather(path, **choice)
    return str(caught.value)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_gives_the_same_rows_in_small_batches(tmp_path, monkeypatch, rows, suffix):
    monkeypatch.setattr(reading, "BATCH_NUMBERS", 1)  # batches of 256 rows, the least
    p, labels, group = rows
    read = gather(write(tmp_path / f"a{suffix}", table(p, labels, group)))
    np.testing.assert_allclose(read[0], p, rtol=1e-12)
    np.testing.assert_array_equal(read[1], labels)
    np.testing.assert_array_equal(read[2], group)


@pytest.mark.parametrize("fixed", [True, False])
def test_lists_of_probabilities(tmp_path, rows, fixed):
    p, labels, _ = rows
    flat = pa.array(p.astype(np.float32).ravel())
    offsets = pa.array(np.arange(0, p.size + 1, K, dtype=np.int32))
    lists = pa.FixedSizeListArray.from_arrays(flat, K) if fixed else pa.ListArray.from_arrays(offsets, flat)
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pa.table({"probabilities": lists, "y": labels}), path)
    read = gather(path)
    assert read[0].dtype == np.float32
    np.testing.assert_array_equal(read[0], p.astype(np.float32))


def test_fortran_order_and_compression_in_npz(tmp_path, rows):
    p, labels, _ = rows
    path = tmp_path / "a.npz"
    np.savez_compressed(path, logits=np.asfortranarray(np.log(p + 1e-9)), targets=labels)
    np.testing.assert_array_equal(gather(path)[0], np.log(p + 1e-9))


def test_named_classes_and_named_labels(tmp_path, rows):
    p, labels, _ = rows
    names = np.array(["cat", "dog", "eel"])
    data = pa.table({f"prob_{n}": p[:, k] for k, n in enumerate(names)} | {"label": names[labels]})
    read = gather(write(tmp_path / "a.csv", data))
    np.testing.assert_array_equal(read[1], labels)
    wrong = pa.table({f"prob_{n}": p[:, k] for k, n in enumerate(names)} | {"label": ["cat", "cow"] * 350})
    assert "row 2, column 'label' is 'cow': the columns know the classes cat, dog, eel" in refused(
        write(tmp_path / "b.csv", wrong)
    )


def test_one_column_is_the_probability_of_class_1(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("prob,y\n0.25,0\n0.75,1\n")
    np.testing.assert_array_equal(gather(path)[0], [[0.75, 0.25], [0.25, 0.75]])
    path.write_text("score,y\n-1.5,0\n2,1\n")
    np.testing.assert_array_equal(gather(path, logits="score")[0], [[0, -1.5], [0, 2]])


def test_votes_and_distributions(tmp_path, rows):
    p, _, _ = rows
    votes = np.random.default_rng(1).multinomial(7, [0.5, 0.3, 0.2], len(p))
    path = tmp_path / "a.npz"
    np.savez(path, probs=p, counts=votes.astype(np.uint8))
    np.testing.assert_array_equal(gather(path)[1], votes)
    np.savez(path, probs=p, soft=p, y=np.zeros(len(p), int))
    np.testing.assert_array_equal(gather(path, votes="soft")[1], p)
    data = pa.table({f"p{k}": p[:, k] for k in range(K)} | {f"vote_{k}": votes[:, k] for k in range(K)})
    read = gather(write(tmp_path / "a.csv", data), votes="vote_")
    np.testing.assert_array_equal(read[1], votes)


def test_labels_are_the_truth_where_votes_are_there_too_and_a_note_says_so(tmp_path, rows):
    p, labels, _ = rows
    path = tmp_path / "a.npz"
    np.savez(path, p=p, label=labels, votes=np.ones_like(p, int))
    steps = plan([str(path)])
    assert not steps.layout.votes and "--votes votes" in steps.notes[0]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_the_truth_in_a_file_of_its_own(tmp_path, monkeypatch, rows, suffix):
    monkeypatch.setattr(reading, "BATCH_NUMBERS", 1)
    p, labels, _ = rows
    votes = np.random.default_rng(1).multinomial(7, [0.5, 0.3, 0.2], len(p))
    path = write(tmp_path / f"a{suffix}", table(p, 2 - labels))
    other = tmp_path / "people.npz"
    np.savez(other, counts=votes, labels=labels)
    np.testing.assert_array_equal(gather(path, votes=str(other))[1], votes)
    np.testing.assert_array_equal(gather(path, labels=f"{other}:labels")[1], labels)
    assert "people.npz: no column 'label' for --labels; nearest: 'labels'" in refused(path, labels=f"{other}:label")
    np.savez(other, counts=votes[:-1])
    assert "people.npz: has 699 rows, and a" in refused(path, votes=str(other))
    np.savez(other, counts=np.repeat(votes, 2, axis=0))
    assert "people.npz: has more rows than the 700 of a" in refused(path, votes=f"{other}:counts")
    with pytest.raises(ValueError, match="holds the truth of one file"):
        plan([str(path), str(write(tmp_path / f"b{suffix}", table(p, labels)))], Choice(votes=str(other)))


def test_globs_are_read_in_order_and_once(tmp_path, rows):
    p, labels, _ = rows
    for name in ("b.csv", "a.csv"):
        write(tmp_path / name, table(p, labels))
    found = find_files([str(tmp_path / "*.csv"), str(tmp_path / "b.csv")])
    assert [f.name for f in found] == ["a.csv", "b.csv"]


def test_missing_files_and_folders(tmp_path, rows):
    p, labels, _ = rows
    write(tmp_path / "predictions.csv", table(p, labels))
    assert "near it: predictions.csv" in refused(tmp_path / "prediction.csv")
    assert refused(tmp_path / "*.npz") == f"no file {str(tmp_path / '*.npz')!r}"
    assert refused(tmp_path) == f"{tmp_path} is a folder: name its files, as '{tmp_path}/*.csv'"
    with pytest.raises(ValueError, match="name at least one file"):
        find_files([])


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"labels": "lable"}, "no column 'lable' for --labels; nearest: 'label'"),
        ({"probabilities": "q0,p1,p2"}, "no column 'q0' for --probabilities; nearest: 'p0'"),
        ({"votes": "label"}, "column 'label' holds one number a row: --votes takes one for each class"),
        ({"slices": ("hour",)}, "no column 'hour' for --slice; there are 'p0', 'p1', 'p2', 'label'"),
        ({"weight": "labels"}, "no column 'labels' for --weight; nearest: 'label'"),
        ({"labels": "label", "votes": "p"}, "give --labels or --votes"),
        ({"probabilities": "label", "labels": "p0"}, "are --probabilities and --labels swapped?"),
    ],
)
def test_columns_that_are_not_there(tmp_path, rows, choice, said):
    p, labels, _ = rows
    assert said in refused(write(tmp_path / "a.parquet", table(p, labels)), **choice)


def test_a_class_without_a_column_and_no_predictions(tmp_path, rows):
    p, labels, _ = rows
    data = table(p, labels)
    assert "'p0' to 'p2' lack 'p1'" in refused(write(tmp_path / "a.parquet", data.drop_columns("p1")))
    other = pa.table({"x": [1.0], "label": [0]})
    assert "no predictions found" in refused(write(tmp_path / "b.parquet", other))
    assert "no truth found" in refused(write(tmp_path / "c.parquet", data.drop_columns("label")))
    both = pa.table({"p0": [0.5], "p1": [0.5], "logits": [[0.0, 1.0]], "y": [1]})
    assert "'p0'..'p1', 'logits' could each be the predictions" in refused(write(tmp_path / "d.parquet", both))


def test_swapped_arrays_in_npz(tmp_path, rows):
    p, labels, _ = rows
    np.savez(tmp_path / "a.npz", probabilities=labels, labels=p)
    assert "swapped?" in refused(tmp_path / "a.npz", labels="labels", probabilities="probabilities")


def test_labels_that_are_none(tmp_path, rows):
    p, labels, _ = rows
    said = refused(write(tmp_path / "a.csv", table(p, labels + 1)))
    row = int((labels == 2).argmax()) + 1
    assert said == (
        f"a.csv: row {row}, column 'label' is 3: labels are 0..2, one for each of the 3 predicted classes; "
        "no label is 0: do they start at 1? subtract 1"
    )
    said = refused(write(tmp_path / "b.csv", table(p, labels + 0.5)))
    assert "row 1, column 'label' is " in said and "labels are whole numbers 0..2" in said
    text = pa.table({"p0": [0.5], "p1": [0.5], "label": ["cat"]})
    assert "row 1, column 'label' is 'cat'" in refused(write(tmp_path / "c.csv", text))
    holes = pa.table({"p0": [0.5, 0.5], "p1": [0.5, 0.5], "label": [0, None]})
    assert refused(write(tmp_path / "d.parquet", holes)) == (
        "d.parquet: row 2, column 'label' is empty: fill it or drop the row"
    )


@pytest.mark.parametrize("suffix", [".parquet", ".npz", ".feather"])
@pytest.mark.parametrize("keep", [0.5, 0.99])
def test_files_cut_short(tmp_path, rows, suffix, keep):
    p, labels, _ = rows
    path = write(tmp_path / f"a{suffix}", table(p, labels))
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    said = refused(path)
    assert said.startswith(f"a{suffix}: not a readable") and "perhaps cut short" in said


def test_an_arrow_stream_cut_short(tmp_path, rows):
    p, labels, _ = rows
    path = write(tmp_path / "a.arrow", table(p, labels))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "a.arrow: not a readable Arrow file, perhaps cut short: after row " in refused(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_empty_files(tmp_path, rows, suffix):
    (tmp_path / f"a{suffix}").write_bytes(b"")
    assert refused(tmp_path / f"a{suffix}") == f"a{suffix}: is empty (0 bytes)"


def test_csv_errors_know_their_row(tmp_path, monkeypatch, rows):
    monkeypatch.setattr("onewarm.tables.formats._CSV_BLOCK", 4096)
    p, labels, group = rows
    path = write(tmp_path / "a.csv", table(p, labels, group))
    whole = path.read_text()
    path.write_text(whole + "0.2,oops,0.6,1,day\n")
    assert refused(path) == "a.csv: row 701, column 'p1' is 'oops', not a number; correct it or drop the row"
    path.write_text(whole + "0.2,0.2,0.6,1\n")
    assert refused(path) == "a.csv: row 701 has 4 columns, not 5: '0.2,0.2,0.6,1'"
    path.write_text(whole + "0.2,0.2,,1,day\n")
    assert refused(path) == "a.csv: row 701, column 'p2' is empty: fill it or drop the row"
    path.write_text(whole.replace("\n", "\n", 1).split("\n", 1)[1])
    assert "the first line" in refused(path)
    path.write_text("p0,p1,label,p0\n0.5,0.5,0,1\n")
    assert "column 'p0' is there twice" in refused(path)


def test_csv_errors_near_the_top_know_their_row_too(tmp_path):
    path = tmp_path / "a.csv"
    for line, said in (
        ("0.5,oops,1", "row 2, column 'p1' is 'oops', not a number; correct it or drop the row"),
        ("0.5,0.5,one", "row 2, column 'label' is 'one': labels are whole numbers 0..1"),
        ("0.5,,1", "row 2, column 'p1' is empty: fill it or drop the row"),
        ("0.5,0.5,", "row 2, column 'label' is empty: fill it or drop the row"),
    ):
        path.write_text(f"p0,p1,label\n0.5,0.5,0\n{line}\n")
        assert said in refused(path)
    path.write_text("prob,y\n0.5,0\n?,1\n")
    assert "row 2, column 'prob' is '?', not a number" in refused(path)
    path.write_bytes(bytes(range(256)))
    assert "is not UTF-8 text" in refused(path)
    path.write_bytes("p0,p1,näme\n".encode("latin-1"))
    assert "is not UTF-8 text" in refused(path)


def test_semicolons_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("p0;p1;label\n0.25;0.75;1\n", encoding="utf-8-sig")
    np.testing.assert_array_equal(gather(path)[0], [[0.25, 0.75]])


def test_files_of_a_glob_must_agree(tmp_path, rows):
    p, labels, _ = rows
    write(tmp_path / "a.parquet", table(p, labels))
    write(tmp_path / "b.parquet", table(p, labels).rename_columns(["p0", "p1", "p2", "lab"]))
    with pytest.raises(ValueError, match=r"b.parquet: no column 'label', which a.parquet has; nearest: 'lab'"):
        plan([str(tmp_path / "*.parquet")])
    write(tmp_path / "b.parquet", table(p, np.array(["x", "y", "z"])[labels]))
    with pytest.raises(ValueError, match=r"b.parquet: column 'label' holds text, but in a.parquet whole numbers"):
        plan([str(tmp_path / "*.parquet")])


def test_lists_of_another_length(tmp_path):
    data = pa.table({"probs": [[0.5, 0.5], [0.2, 0.3, 0.5]], "y": [0, 1]})
    path = write(tmp_path / "a.parquet", data)
    assert "row 2, column 'probs' holds 3 numbers: there are 2 classes" in refused(path)


def test_families_are_put_in_the_order_of_their_numbers():
    columns = {f"p{k}": Column("float") for k in (10, 9, 8, 7, 6, 5, 4, 3, 2, 1)} | {"y": Column("int")}
    assert find_layout("a", columns, Choice()).predictions == tuple(f"p{k}" for k in range(1, 11))


def test_bytes_read_never_run_back(tmp_path, rows):
    p, labels, _ = rows
    for suffix in SUFFIXES:
        steps = plan([str(write(tmp_path / f"a{suffix}", table(p, labels)))])
        told = [done for _, done in steps.batches(0)]
        assert told == sorted(told) and 0 < told[-1] <= steps.size

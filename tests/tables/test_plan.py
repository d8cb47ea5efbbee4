"""Files of predictions become checked batches; what does not fit is named before any row is read."""

import os
import pickle

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from onewarm.tables.columns import Choice
from onewarm.tables.formats import open_source
from onewarm.tables.plan import find_files, plan

K = 3


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(K), 700).round(6)
    p[:, -1] = 1 - p[:, :-1].sum(axis=1)
    return np.abs(p), rng.integers(0, K, 700), rng.choice(["day", "night"], 700)


def table(p, labels, group=None, prefix="p"):
    columns = {f"{prefix}{k}": p[:, k] for k in range(p.shape[1])} | {"label": labels}
    return pa.table(columns | ({} if group is None else {"group": group}))


def gather(path, **choice):
    """Predictions, truth and groups of the whole file; each batch must begin where the one before it ended."""
    reading = plan([str(path)], Choice(**choice))
    parts = [part if reading.parts[0] > 1 else None for part in range(reading.parts[0])]
    batches = [batch for part in parts for batch, _ in reading.batches(0, part)]
    first = np.cumsum([0, *(len(b.predictions) for b in batches)])[:-1]
    assert [b.first for b in batches] == first.tolist()
    groups = [np.asarray(texts)[codes] for b in batches for codes, texts in b.slices.values()]
    return (
        np.concatenate([b.predictions for b in batches]),
        np.concatenate([b.truth for b in batches]),
        np.concatenate(groups) if groups else None,
    )


def refused(path, **choice):
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        gather(path, **choice)
    return str(caught.value)


def test_named_classes_and_named_labels(tmp_path, rows, write_table):
    p, labels, _ = rows
    names = np.array(["cat", "dog", "eel"])
    data = pa.table({f"prob_{n}": p[:, k] for k, n in enumerate(names)} | {"label": names[labels]})
    read = gather(write_table(tmp_path / "a.csv", data))
    np.testing.assert_array_equal(read[1], labels)
    wrong = pa.table({f"prob_{n}": p[:, k] for k, n in enumerate(names)} | {"label": ["cat", "cow"] * 350})
    assert "row 2, column 'label' is 'cow': the columns name the classes cat, dog, eel" in refused(
        write_table(tmp_path / "b.csv", wrong)
    )


def test_one_column_is_the_probability_of_class_1(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("prob,y\n0.25,0\n0.75,1\n")
    np.testing.assert_array_equal(gather(path)[0], [[0.75, 0.25], [0.25, 0.75]])
    path.write_text("score,y\n-1.5,0\n2,1\n")
    np.testing.assert_array_equal(gather(path, logits="score")[0], [[0, -1.5], [0, 2]])


def test_votes_and_distributions(tmp_path, rows, write_table):
    p, _, _ = rows
    votes = np.random.default_rng(1).multinomial(7, [0.5, 0.3, 0.2], len(p))
    path = tmp_path / "a.npz"
    np.savez(path, probs=p, counts=votes.astype(np.uint8))
    np.testing.assert_array_equal(gather(path)[1], votes)
    np.savez(path, probs=p, soft=p, y=np.zeros(len(p), int))
    np.testing.assert_array_equal(gather(path, votes="soft")[1], p)
    data = pa.table({f"p{k}": p[:, k] for k in range(K)} | {f"vote_{k}": votes[:, k] for k in range(K)})
    read = gather(write_table(tmp_path / "a.csv", data), votes="vote_")
    np.testing.assert_array_equal(read[1], votes)


def test_labels_are_the_truth_where_votes_are_there_too_and_a_note_says_so(tmp_path, rows):
    p, labels, _ = rows
    path = tmp_path / "a.npz"
    np.savez(path, p=p, label=labels, votes=np.ones_like(p, int))
    steps = plan([str(path)])
    assert not steps.layout.votes and "--votes votes" in steps.notes({})[0]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz", ".arrow", ".feather"])
def test_every_format_gives_the_same_rows_in_small_batches(tmp_path, monkeypatch, rows, suffix, write_table):
    monkeypatch.setattr("onewarm.tables.plan.BATCH_NUMBERS", 1)  # batches of 256 rows, the least
    p, labels, group = rows
    read = gather(write_table(tmp_path / f"a{suffix}", table(p, labels, group)))
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


def test_globs_are_read_in_order_and_once(tmp_path, rows, write_table):
    p, labels, _ = rows
    for name in ("b.csv", "a.csv"):
        write_table(tmp_path / name, table(p, labels))
    found = find_files([str(tmp_path / "*.csv"), str(tmp_path / "b.csv")])
    assert [f.name for f in found] == ["a.csv", "b.csv"]


def test_missing_files_and_folders(tmp_path, rows, write_table):
    p, labels, _ = rows
    write_table(tmp_path / "predictions.csv", table(p, labels))
    assert "near it: predictions.csv" in refused(tmp_path / "prediction.csv")
    assert refused(tmp_path / "*.npz") == f"no file {str(tmp_path / '*.npz')!r}"
    assert refused(tmp_path) == f"{tmp_path} is a folder: name its files, as '{tmp_path}/*.csv'"
    with pytest.raises(ValueError, match="name at least one file"):
        find_files([])


def test_swapped_arrays_in_npz(tmp_path, rows):
    p, labels, _ = rows
    np.savez(tmp_path / "a.npz", probabilities=labels, labels=p)
    assert "swapped?" in refused(tmp_path / "a.npz", labels="labels", probabilities="probabilities")


def test_files_of_a_glob_must_agree(tmp_path, rows, write_table):
    p, labels, _ = rows
    write_table(tmp_path / "a.parquet", table(p, labels))
    write_table(tmp_path / "b.parquet", table(p, labels).rename_columns(["p0", "p1", "p2", "lab"]))
    with pytest.raises(ValueError, match=r"b.parquet: no column 'label', which a.parquet has; nearest: 'lab'"):
        plan([str(tmp_path / "*.parquet")])
    write_table(tmp_path / "b.parquet", table(p, np.array(["x", "y", "z"])[labels]))
    with pytest.raises(ValueError, match=r"b.parquet: column 'label' holds text, but in a.parquet whole numbers"):
        plan([str(tmp_path / "*.parquet")])


def test_lists_of_another_length(tmp_path, write_table):
    data = pa.table({"probs": [[0.5, 0.5], [0.2, 0.3, 0.5]], "y": [0, 1]})
    path = write_table(tmp_path / "a.parquet", data)
    assert "row 2, column 'probs' holds 3 numbers: there are 2 classes" in refused(path)


def test_csv_errors_near_the_top_know_their_row_too(tmp_path):
    path = tmp_path / "a.csv"
    for line, said in (
        ("0.5,oops,1", "row 2, column 'p1' is 'oops', not a number; correct it or drop the row"),
        ("0.5,0.5,one", "row 2, column 'label' is 'one': labels are whole numbers 0..1"),
        ("0.5,,1", "row 2, column 'p1' is empty: fill it, or leave such rows out with --skip-missing"),
        ("0.5,0.5,", "row 2, column 'label' is empty: fill it, or leave such rows out with --skip-missing"),
    ):
        path.write_text(f"p0,p1,label\n0.5,0.5,0\n{line}\n")
        assert said in refused(path)
    path.write_text("prob,y\n0.5,0\n?,1\n")
    assert "row 2, column 'prob' is '?', not a number" in refused(path)
    path.write_bytes(bytes(range(256)))
    assert "is not UTF-8 text" in refused(path)
    path.write_bytes("p0,p1,näme\n".encode("latin-1"))
    assert "is not UTF-8 text" in refused(path)


@pytest.mark.parametrize("columns", [{"score": [-1.5, 2.0]}, {"score": [-1, 2]}])
def test_one_column_of_logits_is_the_logit_of_class_1(tmp_path, columns):
    pyarrow.parquet.write_table(pa.table(columns | {"y": [0, 1]}), tmp_path / "a.parquet")
    if columns["score"][0] == -1:
        assert "'score' holds whole numbers, one a row, not probabilities; are" in refused(
            tmp_path / "a.parquet", logits="score"
        )
    else:
        np.testing.assert_array_equal(gather(tmp_path / "a.parquet", logits="score")[0], [[0, -1.5], [0, 2]])


def test_weights_are_read_as_float64(tmp_path):
    (tmp_path / "a.csv").write_text("p0,p1,label,weight\n0.5,0.5,1,2\n0.5,0.5,1,0.5\n")
    (batch, _), *_ = plan([str(tmp_path / "a.csv")]).batches(0)
    assert batch.weights.dtype == np.float64 and batch.weights.tolist() == [2.0, 0.5]
    (tmp_path / "a.csv").write_text("p0,p1,label,weight\n0.5,0.5,1,2\n0.5,0.5,1,x\n")
    assert "row 2, column 'weight' is 'x', not a number" in refused(tmp_path / "a.csv")


def test_a_batch_has_about_a_million_numbers_and_at_least_256_rows(tmp_path):
    for k, rows in ((1 << 10, 1 << 10), (1 << 13, 256)):
        np.savez(tmp_path / "a.npz", p=np.full((1100, k), 1 / k, np.float16), y=np.zeros(1100, int))
        (batch, _), *_ = plan([str(tmp_path / "a.npz")]).batches(0)
        assert len(batch.predictions) == rows


def test_outputs_are_checked_before_any_file_is_opened(tmp_path):
    path, truth = tmp_path / "a.csv", tmp_path / "truth.npz"
    path.write_bytes(b"")  # opened, it would be an error of its own
    np.savez(truth, label=[0])
    with pytest.raises(ValueError, match=r"is a folder: name a file in it, as .*audit\.html$"):
        plan([str(path)], outputs=[tmp_path])
    (tmp_path / "link.html").symlink_to(path)
    for output in (path, str(path), tmp_path / "new" / ".." / "a.csv", tmp_path / "link.html"):
        with pytest.raises(ValueError, match=r"is an input of the audit: write to another file$"):
            plan([str(tmp_path / "*.csv")], outputs=[tmp_path / "new.json", output])
    with pytest.raises(ValueError, match=r"truth\.npz is an input of the audit"):
        plan([str(path)], Choice(labels=f"{truth}:label"), outputs=[truth])


def test_an_output_is_a_regular_file_and_no_input_by_any_name(tmp_path):
    """A device node was replaced by a report; a link to an input passed the check that it is none."""
    data = tmp_path / "a.csv"
    data.write_text("p0,p1,label\n0.5,0.5,1\n")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match=r"pipe is not a regular file: name a file to write$"):
        plan([str(data)], outputs=[tmp_path / "pipe"])
    (tmp_path / "link.json").symlink_to(data)
    os.link(data, tmp_path / "hard.json")
    for name in ("link.json", "hard.json"):
        with pytest.raises(ValueError, match=rf"{name} is an input of the audit: write to another file$"):
            plan([str(data)], outputs=[tmp_path / name])


def test_a_head_is_read_once_and_a_plan_travels(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("p0,p1,label\n0.5,0.5,1\n")
    monkeypatch.chdir(tmp_path)
    opened = []
    original = open_source
    monkeypatch.setattr("onewarm.tables.plan.open_source", lambda path: opened.append(path.name) or original(path))
    reading = plan(["a.csv"])
    monkeypatch.chdir("/")
    sent = pickle.loads(pickle.dumps(reading))
    assert [batch.truth.tolist() for batch, _ in sent.batches(0)] == [[1]]
    assert opened == ["a.csv"] and sent.size == len("p0,p1,label\n0.5,0.5,1\n") and sent.parts == (1,)


def test_a_column_without_numbers_and_lists_without_rows(tmp_path):
    for values, said in ((["x"], "holds text, not numbers"), ([b"x"], "holds neither numbers nor lists of them")):
        pyarrow.parquet.write_table(pa.table({"probs": values, "y": [0]}), tmp_path / "a.parquet")
        assert refused(tmp_path / "a.parquet") == f"a.parquet: column 'probs' {said}"
    empty = pa.table({"probs": pa.array([], pa.list_(pa.float64())), "y": pa.array([], pa.int64())})
    pyarrow.parquet.write_table(empty, tmp_path / "a.parquet")
    assert refused(tmp_path / "a.parquet") == "a.parquet: no rows, only column names"


def test_columns_by_their_role(tmp_path):
    (tmp_path / "a.csv").write_text("confidence,prediction,label,who\n" + "0.5,a,b,x\n0.7,c,c,y\n0.9,a,a,x\n" * 5)
    assert plan([str(tmp_path / "a.csv")], Choice(group="who")).roles == {
        "confidence": ["confidence"],
        "labels": ["label"],
        "answer": "prediction",
        "truth_file": None,
        "slices": [],
        "weight": None,
        "group": "who",
    }
    (tmp_path / "b.csv").write_text("confidence,correct\n0.5,1\n")
    roles = plan([str(tmp_path / "b.csv")]).roles
    assert (roles["confidence"], roles["correct"]) == (["confidence"], ["correct"])

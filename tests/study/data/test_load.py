import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
import torch
from torch.utils.data import DataLoader, TensorDataset

from onewarm.errors import InputError
from onewarm.study.data.builtin import BUILT_IN
from onewarm.study.data.load import from_arrays, load

KNOWN = ", ".join(BUILT_IN)


def test_a_file_is_standardised_by_its_training_rows(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "measured.npz"
    np.savez(path, X=np.column_stack([rng.normal(50, 9, 100), np.full(100, 2.0)]), y=np.arange(100) % 4)
    data = load(str(path))
    split = data.split(0)
    assert data.sizes == (60, 20, 20) and data.num_classes == 4
    np.testing.assert_allclose(split.train.x.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(split.train.x.std(0), [1, 0], atol=1e-6)
    assert np.bincount(split.train.y).tolist() == [15, 15, 15, 15]


def test_content_follows_the_bytes_and_the_label(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("u,v,label\n" + "".join(f"{i},{i % 2},{i % 2}\n" for i in range(20)))
    first = load(str(path))
    assert load(str(path)).content == first.content
    assert load(str(path), "v").content != first.content
    path.write_text(path.read_text().replace("\n3,", "\n3.5,"))
    assert load(str(path)).content != first.content
    assert len({load(name).content for name in BUILT_IN}) == len(BUILT_IN)


@pytest.mark.parametrize(
    ("name", "label", "error"),
    [
        (
            "digts",
            None,
            f"no data set 'digts'; did you mean 'digits'? (built in: {KNOWN}; or give a",
        ),
        (
            "zzz",
            None,
            f"no data set 'zzz' (built in: {KNOWN}; or give a file)",
        ),
        ("blobs", "y", "label= is for files and arrays; the data set 'blobs' has its own rows and labels"),
    ],
)
def test_unknown_names(name, label, error):
    with pytest.raises(InputError, match="^" + re.escape(error)):
        load(name, label=label)


X = np.random.default_rng(0).normal(3, 2, (40, 3)).round(3)
Y = np.arange(40) % 2
NAMES = ["ab"[k] for k in Y]


def pandas_frame():
    frame = pd.DataFrame(X, columns=["u", "v", "w"], index=np.arange(100, 140))
    frame["colour"] = ["red", "green", None, "blue"] * 10
    frame["label"] = NAMES
    return frame


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (X, Y),
        (X.tolist(), NAMES),
        (X.astype(np.float32), torch.from_numpy(Y)),
        (torch.from_numpy(X), Y.astype(float)),
        (scipy.sparse.csr_matrix(X), pd.Series(NAMES, index=range(100, 140))),
        (X, pl.Series(NAMES)),
        (X, np.eye(2, dtype=int)[Y]),
        (X, pd.DataFrame({"y": Y})),
    ],
    ids=["numpy", "lists", "torch y", "torch x", "sparse", "polars y", "one-hot", "frame y"],
)
def test_arrays_and_labels_of_every_kind(x, y):
    """(X, y) was refused, whatever it was."""
    data, plain = load(x, y), load(X, Y)
    split, same = data.split(1), plain.split(1)
    np.testing.assert_allclose(split.train.x, same.train.x, atol=1e-5)
    assert (split.train.y == same.train.y).all() and split.test.x.dtype == np.float32
    original = split.train.original
    if isinstance(x, list):
        x = np.asarray(x)
    assert type(original) is type(x) and original.dtype == x.dtype
    dense = original.toarray() if scipy.sparse.issparse(original) else np.asarray(original)
    np.testing.assert_allclose(dense, same.train.original, rtol=1e-6)


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "dict"])
def test_frames_keep_the_users_rows_beside_the_features(kind):
    frame = pandas_frame()
    given = {
        "pandas": frame,
        "polars": pl.from_pandas(frame),
        "arrow": pl.from_pandas(frame).to_arrow(),
        "dict": {name: frame[name].to_numpy() for name in frame},
    }[kind]
    data = load(given)
    assert data.label == "label" and data.class_names == ("a", "b")
    assert data.notes[0] == "Label: column 'label' (2 classes), found by its name."
    part = data.split(0).validation
    assert part.x.shape == (8, 3 + 4)
    rows = part.original
    names = list(rows) if kind == "dict" else list(getattr(rows, "column_names", rows.columns))
    assert names == ["u", "v", "w", "colour"]
    # Each row's own numbers, by which its label is known.
    at = [int(np.flatnonzero(X[:, 0] == value)[0]) for value in np.asarray(rows["u"]).tolist()]
    assert (Y[at] == part.y).all()
    if kind == "pandas":
        assert rows.index.tolist() == [100 + i for i in at]


def test_a_frame_with_its_labels_beside_it_or_named():
    frame = pandas_frame()
    beside = load(frame.drop(columns="label"), frame["label"])
    named = load(frame, "label")
    assert beside.label is None and named.label == "label"
    np.testing.assert_array_equal(beside.split(2).test.x, named.split(2).test.x)
    assert list(beside.split(0).test.original.columns) == ["u", "v", "w", "colour"]


def test_datasets_and_loaders_of_pytorch_are_read_in_order():
    items = TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    for data in (items, DataLoader(items, batch_size=7, shuffle=True)):
        made = load(data)
        np.testing.assert_array_equal(made.split(3).test.x, load(X, Y).split(3).test.x)
        assert made.notes[0].startswith(f"Read each item of the {type(data).__name__} once, in order")
    with pytest.raises(InputError, match=r"^y is given, and the TensorDataset has labels of its own$"):
        load(items, Y)
    with pytest.raises(InputError, match=r"^TensorDataset: an item is a .* of 1, not a pair \(x, y\): pass a"):
        load(TensorDataset(torch.from_numpy(X)))


def test_images_have_one_scale_and_their_shape():
    images = np.random.default_rng(0).integers(0, 256, (30, 4, 5), dtype=np.uint8)
    part = load(images, np.arange(30) % 3).split(0).train
    assert part.original.shape == (18, 4, 5) and part.original.dtype == np.uint8
    flat = part.original.reshape(18, 20).astype(float)
    np.testing.assert_allclose(part.x, (flat - flat.mean()) / flat.std(), atol=1e-5)


@pytest.mark.parametrize(
    ("x", "y", "error"),
    [
        (X, None, "y: the labels of X are missing: pass y=, one label an example"),
        (X, Y[:-1], "y has 39 rows, and X 40: one label for each row"),
        (X, X[:, 0], "X: label column 'y' holds measurements, not classes: row 1 is "),
        (X, np.full((40, 2), 0.5), "y: row 1, class 0 is 0.5: give counts of votes, whole numbers from 0"),
        (X, np.zeros((40, 2, 2)), "y has shape (40, 2, 2): expected (N,), or one-hot or votes (N, K)"),
        (X, np.eye(3)[Y] - 1, "y: row 1, class 1 is -1.0: give counts of votes"),
        (X[:0], Y[:0], "X has shape (0, 3): expected (N, ...), one row an example"),
        (X + 1j, Y, "X holds complex128: give real numbers"),
        ([[1, 2], [3]], [0, 1], "X: row 2 has 1 values, and row 1 2: give rows of one length"),
        (X, ["a"] * 39 + ["b"], "X: a class has fewer than 3 rows of 'y', one each for training, validation and test: "
         "'b' (1); merge them into 'other' with rare='merge', or leave their rows out with rare='drop'"),
    ],
)  # fmt: skip
def test_arrays_that_are_refused(x, y, error):
    with pytest.raises(InputError, match="^" + re.escape(error)):
        load(x, y)


def test_a_sparse_matrix_that_is_too_large():
    with pytest.raises(InputError, match=r"^X: a sparse matrix of shape \(100000, 100000\) takes 37.3 GiB as dense"):
        from_arrays(scipy.sparse.csr_matrix((100_000, 100_000)), np.arange(100_000) % 2)


def test_rows_and_labels_of_pandas_in_another_order():
    """Rows are taken by place: labels with the same index in another order belong to other rows."""
    frame = pandas_frame()
    with pytest.raises(
        InputError, match=r"^y has the rows of the DataFrame in another order, .*: pass y\.loc\[X\.index\]$"
    ):
        load(frame.drop(columns="label"), frame["label"].sample(frac=1, random_state=0))
    assert load(frame.drop(columns="label"), frame["label"].reset_index(drop=True)).num_classes == 2


def test_rows_and_columns_of_any_type_of_python():
    """Dicts, tuples, texts, dates, records: what NumPy makes no array of numbers of."""
    rows = [{"a": float(v), "b": "uvw"[i % 3], "label": "xy"[i % 2]} for i, v in enumerate(X[:, 0])]
    assert load(rows).split(0).train.x.shape[1] == 1 + 3
    assert load([(r["a"], r["b"]) for r in rows], Y).split(0).train.original[0][1] in "uvw"
    days = np.datetime64("2024-01-01") + np.arange(40)
    assert load(days, Y).notes[-1] == "Dates as numbers: 'X[0]' (days, month, weekday)."
    records = np.array([(v, i % 2) for i, v in enumerate(X[:, 0])], [("a", "f8"), ("label", "i8")])
    assert load(records).label == "label"
    assert load(X, np.array([b"u", b"v"] * 20)).class_names == ("u", "v")
    table = pd.DataFrame(
        {
            "age": pd.cut(np.arange(40), [-1, 12, 30, 99]),
            "month": pd.period_range("2024-01", periods=40, freq="M"),
            "sparse": pd.arrays.SparseArray(X[:, 0]),
        }
    )
    notes = " ".join(load(table, Y).notes)
    assert "'age' (3)" in notes and "'month' (days, year, month, weekday)" in notes
    with pytest.raises(InputError, match=r"^column 'z' of DataFrame holds complex128: give its real and imaginary"):
        load(pd.DataFrame({"z": X[:, 0] + 1j}), Y)
    with pytest.raises(InputError, match=r"^data is a text of 200 characters, not the path of a file: save it as a "):
        load("a,label\n1,x\n" * 16 + "a,label\n")

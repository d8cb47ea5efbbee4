import io

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
import torch
from torch.utils.data import DataLoader, TensorDataset

from onewarm.errors import InputError
from onewarm.study.data.arrays import (
    columns_of_rows,
    features_of,
    is_frame,
    is_torch_data,
    labels_of,
    take,
    votes_of,
    without,
)


def test_what_is_a_frame_and_what_pytorchs_data():
    items = TensorDataset(torch.zeros(3, 2), torch.zeros(3))
    frames = [pd.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]}), pa.table({"a": [1]}), {"a": [1]}]
    others = [np.zeros((2, 2)), [1, 2], torch.zeros(2), scipy.sparse.csr_matrix((2, 2)), pd.Series([1])]
    assert all(map(is_frame, frames)) and not any(map(is_torch_data, frames))
    assert not any(map(is_frame, [*others, items])) and not any(map(is_torch_data, others))
    assert is_torch_data(items) and is_torch_data(DataLoader(items))


def test_votes_and_their_majority():
    found = votes_of([[3, 1, 0], [0, 2, 2], [0, 0, 1]], "votes")
    assert found.values.tolist() == [0, 1, 2] and found.votes.tolist() == [[3, 1, 0], [0, 2, 2], [0, 0, 1]]
    assert found.notes[0].startswith("Labels: the class with most votes of a row (1 rows tie: the first class)")
    assert labels_of(np.eye(3)).votes is None
    for bad, error in [
        ([[0, 0], [1, 0]], "votes: row 1 has no votes: leave such rows out"),
        ([[1, -1]], r"votes: row 1, class 1 is -1: give counts of votes, whole numbers from 0 \(shares: .*"),
        ([1, 2], r"votes has shape \(2,\) of int64: expected votes \(N, K\), a count for each class"),
    ]:
        with pytest.raises(InputError, match=f"^{error}$"):
            votes_of(bad, "votes")


@pytest.mark.parametrize("kind", ["numpy", "torch", "pandas", "polars", "arrow", "sparse", "dict"])
def test_rows_by_place_as_the_same_type(kind):
    x = np.arange(12.0).reshape(6, 2)
    frame = pd.DataFrame(x, columns=["a", "b"], index=list("uvwxyz"))
    data = {
        "numpy": x,
        "torch": torch.from_numpy(x),
        "pandas": frame,
        "polars": pl.from_pandas(frame),
        "arrow": pa.Table.from_pandas(frame, preserve_index=False),
        "sparse": scipy.sparse.csr_matrix(x),
        "dict": {"a": x[:, 0], "b": x[:, 1]},
    }[kind]
    some = take(data, np.array([4, 0]))
    assert type(some) is type(data)
    columns = some if kind in ("pandas", "polars", "arrow", "dict") else None
    first = (
        np.asarray(columns["a"])
        if columns is not None
        else np.asarray(some.todense() if kind == "sparse" else some)[:, 0]
    )
    assert first.ravel().tolist() == [8, 0]
    if columns is not None:
        left = without(data, ["a"])
        assert list(left) == ["b"] if kind == "dict" else list(getattr(left, "column_names", left.columns)) == ["b"]
    assert without(data, []) is data and take(None, np.array([0])) is None


def test_rows_that_are_dicts_or_records_are_columns():
    assert columns_of_rows(({"a": 1}, {"b": 2.5})) == {"a": [1, None], "b": [None, 2.5]}
    records = np.array([(1.5, "u"), (2.5, "v")], [("a", "f8"), ("b", "U1")])
    assert is_frame(records) and columns_of_rows(records)["b"].tolist() == ["u", "v"]
    assert columns_of_rows([1, 2]) == [1, 2]


def test_masked_numbers_are_missing_ones():
    masked = np.ma.masked_equal(np.arange(6).reshape(3, 2), 3)
    np.testing.assert_array_equal(features_of(masked), [[0, 1], [2, np.nan], [4, 5]])


@pytest.mark.parametrize(
    ("x", "error"),
    [
        (None, "X is None, which holds no rows of examples by place: pass an array"),
        (5, "X is of type int, which holds no rows of examples by place: pass an array"),
        ({1, 2}, "X is of type set, which holds no rows of examples by place: pass an array"),
        (b"a.csv", "X is of type bytes, which holds no rows of examples by place: pass an array"),
        (iter([1]), "X is of type list_iterator, which holds no rows of examples by place: pass list(X)"),
        (io.StringIO("a"), "X is of type StringIO, which holds no rows of examples by place: pass its path, or "
                           "pandas.read_csv of it"),
        ([[1, 2], [3, 4], [5]], "X: row 3 has 1 values, and row 1 2: give rows of one length"),
    ],
)  # fmt: skip
def test_what_holds_no_rows_says_what_to_pass(x, error):
    with pytest.raises(InputError) as raised:
        features_of(x)
    assert str(raised.value) == error


def test_sparse_labels_are_one_hot():
    assert labels_of(scipy.sparse.csr_matrix(np.eye(3)[[2, 0, 1]])).values.tolist() == [2, 0, 1]

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from onewarm.errors import InputError
from onewarm.study.data import arrays
from onewarm.study.data.arrays import is_frame, is_torch_data, items_of, labels_of, take, votes_of, without


def test_what_is_a_frame_and_what_pytorchs_data():
    items = TensorDataset(torch.zeros(3, 2), torch.zeros(3))
    frames = [pd.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]}), pa.table({"a": [1]}), {"a": [1]}]
    others = [np.zeros((2, 2)), [1, 2], torch.zeros(2), scipy.sparse.csr_matrix((2, 2)), pd.Series([1])]
    assert all(map(is_frame, frames)) and not any(map(is_torch_data, frames))
    assert not any(map(is_frame, [*others, items])) and not any(map(is_torch_data, others))
    assert is_torch_data(items) and is_torch_data(DataLoader(items))


class Streamed(IterableDataset):
    def __iter__(self):
        return iter([(torch.tensor([float(i), 1.0]), i % 2) for i in range(10)])


class Ragged(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return torch.zeros(i + 1), 0


def test_items_of_pytorchs_data():
    x, y, notes = items_of(DataLoader(Streamed(), batch_size=4))
    assert x[:, 0].tolist() == list(range(10)) and y.tolist() == [0, 1] * 5 and len(notes) == 1
    with pytest.raises(
        InputError, match=r"^Ragged: its items cannot be put together \(.*\): give tensors or arrays of"
    ):
        items_of(Ragged())


def test_more_than_is_held(monkeypatch):
    monkeypatch.setattr(arrays, "MOST_HELD", 1000)
    with pytest.raises(InputError, match=r"^TensorDataset: its features take more than .* pass a part, as with torch"):
        items_of(TensorDataset(torch.zeros(300, 2), torch.zeros(300)))


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

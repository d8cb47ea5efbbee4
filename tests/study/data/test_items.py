import dataclasses
from collections import namedtuple

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from onewarm.errors import InputError
from onewarm.study.data import items
from onewarm.study.data.items import items_of
from onewarm.study.data.load import load

N = 12
X = torch.arange(2.0 * N).reshape(N, 2)
Y = torch.arange(N) % 2
Named = namedtuple("Named", "label image")
Pair = namedtuple("Pair", "first second")
Three = namedtuple("Three", "u v w")


@dataclasses.dataclass
class Row:
    x: torch.Tensor
    y: int


class Items(Dataset):
    def __init__(self, item):
        self.item = item

    def __len__(self):
        return N

    def __getitem__(self, i):
        return self.item(i)


class Streamed(IterableDataset):
    def __init__(self, item):
        self.item = item

    def __iter__(self):
        return (self.item(i) for i in range(N))


WORK = {
    "pair": (lambda i: (X[i], Y[i]), None),
    "label in words": (lambda i: (X[i], "ab"[int(Y[i])]), None),
    "lists": (lambda i: (X[i].tolist(), int(Y[i])), None),
    "dict": (lambda i: {"x": X[i], "label": int(Y[i])}, "'x' is the example and 'label' the label."),
    "Hugging Face": (
        lambda i: {"labels": Y[i], "attention_mask": X[i], "pixel_values": X[i]},
        "'pixel_values' is the example and 'labels' the label; not used: 'attention_mask'.",
    ),
    "any name": (lambda i: {"spectrum": X[i].numpy(), "Target": Y[i]}, "'spectrum' is the example and 'Target'"),
    "named tuple": (lambda i: Named(Y[i], X[i]), "'image' is the example and 'label' the label."),
    "pair of no known names": (lambda i: Pair(X[i], Y[i]), None),
    "dataclass": (lambda i: Row(X[i], int(Y[i])), "'x' is the example and 'y' the label."),
}


@pytest.mark.parametrize("given", [Items, Streamed, lambda item: DataLoader(Items(item), batch_size=5, shuffle=True)])
@pytest.mark.parametrize("kind", WORK)
def test_items_of_each_kind_are_read_in_order(kind, given):
    item, said = WORK[kind]
    x, y, notes = items_of(given(item))
    np.testing.assert_array_equal(x, X.numpy())
    assert [str(v) for v in y.tolist()] == [("ab"[k % 2] if kind == "label in words" else str(k % 2)) for k in range(N)]
    assert (said is None and len(notes) == 1) or said in notes[1]


def test_a_loaders_own_batches_are_taken():
    def collate(some):
        return {"inputs": torch.stack([x for x, _ in some]), "targets": torch.stack([y for _, y in some])}

    x, y, _ = items_of(DataLoader(TensorDataset(X, Y), batch_size=5, collate_fn=collate))
    np.testing.assert_array_equal(x, X.numpy())
    assert y.tolist() == Y.tolist()


FAIL = {
    "no label": (
        lambda i: {"x": X[i], "z": Y[i]},
        "Items: an item has 'x', 'z', of which none is the label (looked for 'label', 'labels', 'target', 'y'): pass a "
        "Dataset whose items are pairs (x, y)",
    ),
    "two labels": (
        lambda i: {"x": X[i], "label": Y[i], "target": Y[i]},
        "Items: an item has 'x', 'label', 'target', of which two are labels: pass a Dataset whose items are pairs (x, "
        "y)",
    ),
    "no example": (
        lambda i: {"a": X[i], "b": X[i], "label": Y[i]},
        "Items: an item has 'a', 'b', 'label', of which 'label' is the label, and which holds the example is not clear "
        "(looked for 'x', 'pixel_values', 'input_values', 'input_features', 'input_ids', ...): pass a Dataset whose "
        "items are pairs (x, y)",
    ),
    "three": (
        lambda i: (X[i], Y[i], i),
        "Items: an item is a tuple of 3, not a pair (x, y): pass a Dataset whose items are pairs (x, y)",
    ),
    "three named": (lambda i: Three(X[i], Y[i], i), "Items: an item has 'u', 'v', 'w', of which none is the label"),
    "x alone": (lambda i: X[i], "Items: an item is Tensor, not a pair (x, y): pass a Dataset whose items are pairs"),
    "text": (
        lambda i: {"text": f"t{i}", "label": 0},
        "Items: item 0 has as x 't0': tokenise it, or give its embedding",
    ),
    "dict of x": (lambda i: ({"a": X[i]}, Y[i]), "Items: item 0 has as x a dict of 'a': give tensors or arrays of"),
    "dict of y": (lambda i: (X[i], {"a": Y[i]}), "Items: item 0 has the label a dict of 'a': give one class, a number"),
    "no class": (lambda i: (X[i], 1 if i < 7 else None), "Items: item 7 has the label None: give one class, a number"),
    "ragged": (
        lambda i: (X[0].repeat(1 + i % 2), Y[i]),
        "Items: its items cannot be put together (shapes (2,), (4,)): give tensors or arrays of one shape, padded or "
        "cut",
    ),
    "ragged lists": (lambda i: ([[1], [1, 2]], 0), "Items: item 0 has as x lists of different lengths: give tensors"),
    "its own error": (lambda i: {}["gone"], "Items: its items cannot be put together ('gone'): give tensors or arrays"),
}


@pytest.mark.parametrize("kind", FAIL)
def test_other_items_say_what_to_pass(kind):
    item, error = FAIL[kind]
    with pytest.raises(InputError) as raised:
        items_of(Items(item))
    assert str(raised.value).startswith(error)


def test_a_shape_that_changes_between_batches():
    with pytest.raises(InputError, match=r"^DataLoader: its items cannot be put together \(shapes \(2,\), \(4,\)\)"):
        items_of(DataLoader(Items(lambda i: (X[0].repeat(1 + i // 6), Y[i])), batch_size=6))


def test_more_than_is_held(monkeypatch):
    monkeypatch.setattr(items, "MOST_HELD", 1000)
    with pytest.raises(InputError, match=r"^TensorDataset: its features take more than .* pass a part, as with torch"):
        items_of(TensorDataset(torch.zeros(300, 2), torch.zeros(300)))
    with pytest.raises(InputError, match=r"^Items: no rows$"):
        items_of(type("Items", (Items,), {"__len__": lambda self: 0})(None))


class Table:
    """What a data set of Hugging Face offers, and this module asks for."""

    def __init__(self, columns):
        self.columns_, self.column_names = columns, list(columns)

    def with_format(self, kind):
        return self

    @property
    def shape(self):
        return N, len(self.column_names)

    def to_pandas(self):
        import pandas as pd

        return pd.DataFrame(self.columns_)

    def __len__(self):
        return N

    def __getitem__(self, i):
        return {name: values[i] for name, values in self.columns_.items()}


def test_data_of_hugging_face_are_items_or_a_table():
    labels = Y.tolist()
    images = load(Table({"image": X.reshape(N, 1, 2).numpy(), "label": labels}))
    assert images.split(0).train.original.shape[1:] == (1, 2)
    table = load(Table({"age": X[:, 0].tolist(), "city": ["u", "v", "w"] * 4, "label": labels}))
    assert table.split(0).train.x.shape[1] == 1 + 3 and table.label == "label"

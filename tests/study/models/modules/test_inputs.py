"""In which form a module gets the rows."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from onewarm.errors import InputError
from onewarm.study.data.splits import Rows
from onewarm.study.models.modules.factory import Factory
from onewarm.study.models.modules.inputs import as_features, as_given, as_given_in_float, features_of, form_of

Y = np.arange(6) % 2
X = np.linspace(-1, 1, 18, dtype=np.float32).reshape(6, 3)


class Embedded(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.table = nn.Embedding(50, classes)

    def forward(self, ids):
        return self.table(ids).mean(1)


class Images(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        assert features == (1, 4, 4)
        self.layers = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, classes))

    def forward(self, x):
        return self.layers(x)


def linear(features, classes):
    return nn.Linear(features, classes)


IDS = np.arange(30).reshape(6, 5)
PIXELS = np.random.default_rng(0).integers(0, 255, (6, 1, 4, 4))
CASES = {
    "token ids": (Embedded, IDS, as_given, torch.int64),
    "counts that a linear layer takes as features": (linear, IDS[:, :3], as_features, torch.float32),
    "bytes of images": (Images, PIXELS.astype(np.uint8), as_given_in_float, torch.float32),
    "images of float64": (Images, PIXELS / 255, as_given, torch.float64),
    "images of float32": (Images, torch.rand(6, 1, 4, 4), as_given, torch.float32),
    "columns of float64": (linear, X.astype(float), as_features, torch.float32),
    "a table": (linear, pd.DataFrame({"a": list("xyzxyz")}), as_features, torch.float32),
    "nothing but features": (linear, None, as_features, torch.float32),
}


@pytest.mark.parametrize("what", CASES)
def test_a_module_gets_the_first_form_that_it_takes(what):
    make, original, form, dtype = CASES[what]
    rows = Rows(X, Y, original=original)
    chosen = form_of(Factory(make), rows, 2)
    assert chosen is form and chosen(rows).dtype == dtype


def test_what_no_form_suits_is_the_modules_own_error():
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied"):
        form_of(Factory(lambda: nn.Linear(99, 2)), Rows(X, Y), 2)


class Fewer(Embedded):
    def __init__(self, features, classes):
        super().__init__(features, classes)
        self.table = nn.Embedding(20, classes)


class Wider(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(features[0], 2, 3), nn.Flatten(), nn.Linear(9, classes))

    def forward(self, x):
        return self.layers(x)


@pytest.mark.parametrize(
    ("make", "original", "said"),
    [
        (Fewer, IDS, ["as int64 (5,), IndexError: index out of range in self (test_inputs.py, line "]),
        (
            Wider,
            PIXELS.astype(np.uint8),
            ["as float32 (1, 4, 4), RuntimeError: mat1 and mat2 shapes cannot be multiplied (6x8 and 9x2) (test_in"],
        ),
        (
            lambda features, classes: nn.Linear(4, classes),
            IDS,
            ["as int64 (5,), ", "as float32 (3,), RuntimeError: mat1 and mat2 shapes cannot be multiplied (6x3 and 4x"],
        ),
    ],
    ids=["token ids beyond the table", "a wrong width after a convolution", "a wrong width of columns"],
)
def test_where_forms_are_refused_for_other_reasons_all_are_told(make, original, said):
    """Of ids beyond the embedding's table it was said that it takes no floats."""
    with pytest.raises(InputError) as raised:
        form_of(Factory(make), Rows(X, Y, original=original), 2)
    assert all(words in str(raised.value) for words in said)
    assert str(raised.value).startswith(f"{make.__name__} takes the rows in no form: as ")


def test_a_module_that_refuses_images_by_a_value_error_gets_the_features():
    def make(features, classes):
        return nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, classes))

    assert form_of(Factory(make), Rows(X, Y, original=PIXELS / 255), 2) is as_features
    assert form_of(Factory(linear), Rows(X, Y, original=PIXELS / 255), 2) is as_features


def test_a_factory_is_told_columns_or_the_shape_of_a_row():
    assert features_of(torch.zeros(6, 3)) == 3 and features_of(torch.zeros(6, 1, 4, 4)) == (1, 4, 4)

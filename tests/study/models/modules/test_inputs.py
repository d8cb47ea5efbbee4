"""In which form a module gets the rows."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

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


def test_a_factory_is_told_columns_or_the_shape_of_a_row():
    assert features_of(torch.zeros(6, 3)) == 3 and features_of(torch.zeros(6, 1, 4, 4)) == (1, 4, 4)

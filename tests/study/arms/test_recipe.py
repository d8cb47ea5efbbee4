import numpy as np
import torch

from onewarm.study.arms.recipe import like, to_numpy
from onewarm.study.arms.registry import RECIPES


def test_the_syntax_names_the_numbers():
    syntax = {kind: recipe.syntax for kind, recipe in RECIPES.items()}
    assert syntax["hard"] == "hard" and syntax["smooth"] == "smooth:ALPHA"
    assert syntax["margin"] == "margin:M[:WEIGHT]" and syntax["teacher-top"] == "teacher-top:N:T[:ARM]"


def test_every_kind_says_what_it_is_and_where_it_is_from():
    for kind, recipe in RECIPES.items():
        assert recipe.kind == kind
        assert all((recipe.title, recipe.trains_on, recipe.equation, recipe.source))
    names = [n for r in RECIPES.values() for n in (r.kind, *r.other_names)]
    assert len(names) == len(set(names))


def test_arrays_change_their_library():
    x = torch.arange(3.0, requires_grad=True)
    np.testing.assert_array_equal(to_numpy(x), [0, 1, 2])
    back = like(torch.tensor([1]), np.ones(2))
    assert isinstance(back, torch.Tensor) and back.dtype == torch.float64

"""Values on their way to a page."""

import numpy as np
import pytest
import torch

from onewarm.widgets.values import row, to_json


@pytest.mark.parametrize(
    "value",
    [
        [1, 0.5, -2],
        (1, 0.5, -2),
        np.array([[1, 0.5, -2]], np.float32),
        np.array([1, 0.5, -2], np.float16),
        torch.tensor([1, 0.5, -2], dtype=torch.bfloat16, requires_grad=True),
        torch.tensor([[1, 0.5, -2]]),
    ],
    ids=["list", "tuple", "one row", "float16", "bfloat16 with gradient", "one row of a tensor"],
)
def test_a_row_comes_from_any_array(value) -> None:
    assert row("logits", value) == [1.0, 0.5, -2.0]


def test_a_row_comes_from_jax() -> None:
    jnp = pytest.importorskip("jax.numpy")
    assert row("logits", jnp.array([1.0, 0.5])) == [1.0, 0.5]
    assert row("logits", jnp.array([1.0, 0.5], jnp.bfloat16)) == [1.0, 0.5]


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ([1, np.nan], ValueError, "logits[1] is nan: pass finite numbers"),
        ([1, -np.inf], ValueError, "logits[1] is -inf: leave a masked class out"),
        ([1e7, 1], ValueError, "logits[0] is 1e+07: a demo shows numbers up to 1e+06"),
        ([1], ValueError, "logits has 1 classes: pass from 2 to 64, for instance the largest ones"),
        (np.zeros(65), ValueError, "logits has 65 classes: pass from 2 to 64, for instance the largest ones"),
        (np.zeros((2, 3)), ValueError, "logits has shape (2, 3): pass one row, logits[0]"),
        (np.zeros((2, 3, 4)), ValueError, "logits has shape (2, 3, 4): pass a row of K numbers"),
        (3.0, ValueError, "logits has shape (): pass a row of K numbers"),
        (["a", "b"], TypeError, "logits holds str32, not numbers: pass an array or a list of numbers"),
        ([True, False], TypeError, "logits holds bool, not numbers: pass an array or a list of numbers"),
        ([[1, 2], [3]], ValueError, "logits has rows of unequal length: pass a rectangle of numbers"),
        (None, TypeError, "logits holds object, not numbers: pass an array or a list of numbers"),
    ],
)
def test_a_row_that_cannot_be_shown_is_refused(value, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        row("logits", value)
    assert str(caught.value) == message


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^prior has 2 classes, logits have 3: expected the same$"):
        row("prior", [0.5, 0.5], 3)


def test_plain_is_what_json_has() -> None:
    given = {"a": np.float32(0.5), "b": (1, None, True), "c": torch.tensor([[1, 2]]), 4: np.arange(2)}
    assert to_json("state", given) == {"a": 0.5, "b": [1, None, True], "c": [[1, 2]], "4": [0, 1]}
    with pytest.raises(ValueError, match=r"^state\['z'\]\[1\] is inf: pass finite numbers$"):
        to_json("state", {"z": [0, float("inf")]})
    with pytest.raises(TypeError, match=r"^state\['z'\] is a object: a page takes numbers, text, lists"):
        to_json("state", {"z": object()})

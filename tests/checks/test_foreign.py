"""PyTorch's arguments given to a loss that does not take them: the error says which function does."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import onewarm as ow
import onewarm.torch as owt

LOSSES: list[Callable[..., Any]] = [
    ow.cross_entropy,
    ow.cross_entropy_with_gradient,
    owt.cross_entropy,
    owt.cross_entropy_with_gradient,
]
WORDS = {
    "label_smoothing": r"smooth the target: onewarm.smooth\(labels, alpha, num_classes=K\)",
    "ignore_index": r"mark the rows in the target: onewarm.one_hot\(labels, K, ignore_index=...\)",
    "weight": r"weight the target: target.reweight\(weight\)",
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", WORDS)
def test_the_error_names_who_takes_it(loss: Callable[..., Any], name: str) -> None:
    z, y = torch.zeros(2, 3), torch.tensor([0, 1])
    with pytest.raises(TypeError, match=rf"{loss.__name__}\(\) takes no {name}: {WORDS[name]}; .*nn_cross_entropy"):
        loss(z, y, **{name: 0.1})
    with pytest.raises(TypeError, match=r"3 positional arguments were given; onewarm.torch.nn_cross_entropy"):
        loss(z, y, torch.ones(3))


def test_arrays_of_numpy_too_and_other_words_as_python_says() -> None:
    z, y = np.zeros((2, 3)), np.array([0, 1])
    with pytest.raises(TypeError, match="takes no label_smoothing: smooth the target"):
        ow.cross_entropy(z, y, label_smoothing=0.1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'alpha'"):
        ow.cross_entropy(z, y, alpha=0.1)  # type: ignore[call-arg]

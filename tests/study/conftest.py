"""A small task and a short training: studies in a second."""

import numpy as np
import pytest
import torch

from onewarm.study.data.datasets import Dataset
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.training import Training


def make_tiny(sizes=(60, 40, 50), classes=3, features=5):
    """Overlapping Gaussians in a few dimensions; `content` names the shape."""
    means = np.random.default_rng(0).standard_normal((classes, features))

    def sample(seed):
        rng = np.random.default_rng([9, seed])
        parts = []
        for n in sizes:
            y = np.arange(n) % classes
            parts.append(Rows((means[y] + rng.standard_normal((n, features))).astype(np.float32), y))
        return Split(*parts)

    names = tuple("abcdefghij"[:classes])
    return Dataset("tiny", "Tiny", "made up", names, sizes, f"tiny {sizes} {classes} {features}", sample)


@pytest.fixture
def tiny():
    return make_tiny()


@pytest.fixture
def short():
    return Training(hidden=32, batch=25, steps=60, learning_rate=3e-3)


@pytest.fixture(autouse=True)
def one_torch_thread():
    """As a study trains; on busy cores PyTorch's threads would wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)

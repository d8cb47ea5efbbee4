import numpy as np
import pytest
from numpy.typing import NDArray

Rows = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]


@pytest.fixture(scope="session")
def rows() -> Rows:
    """Logits (6000, 4), their softmax, and labels drawn from it."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(6000, 4)) * 1.5
    pi = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return z, pi, np.array([rng.choice(4, p=row) for row in pi])

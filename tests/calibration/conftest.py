import numpy as np
import pytest
from numpy.typing import NDArray

Case = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


@pytest.fixture(scope="session")
def case() -> Case:
    """Logits (400, 5), labels drawn from a softer softmax, seven votes a row drawn likewise, and that softmax."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(400, 5)) * 3
    e = np.exp(z / 1.8)
    truth = e / e.sum(axis=1, keepdims=True)
    votes = np.stack([rng.multinomial(7, row) for row in truth])
    labels = np.array([rng.choice(5, p=row) for row in truth])
    return z, labels, votes, truth

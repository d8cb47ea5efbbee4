"""Models whose truth is known, and files of their predictions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

Model = tuple[NDArray[np.float64], NDArray[np.int64]]


@pytest.fixture
def draw() -> Callable[..., Model]:
    """Draws ``n`` labels from softmax(z), and gives the logits ``scale`` * z: overconfident by that temperature."""

    def draw_model(n: int = 4000, scale: float = 2.0, seed: int = 0, k: int = 4) -> Model:
        rng = np.random.default_rng(seed)
        z = rng.normal(size=(n, k)) * 1.5
        e = np.exp(z)
        labels = (e.cumsum(axis=1) / e.sum(axis=1, keepdims=True) > rng.random((n, 1))).argmax(axis=1)
        return scale * z, labels

    return draw_model


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Writes arrays to an NPZ file."""

    def write(name: str = "model.npz", **arrays: Any) -> Path:
        np.savez(tmp_path / name, **arrays)
        return tmp_path / name

    return write

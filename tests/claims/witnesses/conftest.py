"""Ways to break the library that several witnesses must notice."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import onewarm


def loss_slightly_too_large(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.cross_entropy
    patch.setattr(onewarm, "cross_entropy", lambda *a, **k: real(*a, **k) * (1 + 1e-9))


def gradient_slightly_off(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.cross_entropy_with_gradient

    def broken(logits: Any, target: Any, **options: Any) -> tuple[Any, Any]:
        loss, gradient = real(logits, target, **options)
        return loss, gradient + 1e-8 * np.tanh(logits)

    patch.setattr(onewarm, "cross_entropy_with_gradient", broken)


def gradient_too_large(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.cross_entropy_with_gradient

    def broken(logits: Any, target: Any, **options: Any) -> tuple[Any, Any]:
        loss, gradient = real(logits, target, **options)
        return loss, 1.5 * gradient

    patch.setattr(onewarm, "cross_entropy_with_gradient", broken)


def entropy_in_bits(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.SoftTarget.entropy
    patch.setattr(onewarm.SoftTarget, "entropy", lambda self: real(self) / np.log(2))


def loss_with_a_floor(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.cross_entropy
    patch.setattr(onewarm, "cross_entropy", lambda *a, **k: np.maximum(real(*a, **k), 1e-6))


def loss_by_the_naive_formula(patch: pytest.MonkeyPatch) -> None:
    def logarithm_of_a_softmax(z: Any, target: Any, **_: Any) -> Any:
        with np.errstate(all="ignore"):
            e = np.exp(np.asarray(z, dtype=float))
            return -(target.dense() * np.log(e / e.sum(axis=1, keepdims=True))).sum(axis=1)

    patch.setattr(onewarm, "cross_entropy", logarithm_of_a_softmax)


def loss_concave(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.cross_entropy
    patch.setattr(onewarm, "cross_entropy", lambda *a, **k: np.sqrt(real(*a, **k)))


def padding_counts(patch: pytest.MonkeyPatch) -> None:
    def by_all_rows(z: Any, target: Any, **options: Any) -> tuple[Any, Any]:
        loss, gradient = real(z, target, **options)
        return loss * target.has_mass().mean(), gradient

    real = onewarm.cross_entropy_with_gradient
    patch.setattr(onewarm, "cross_entropy_with_gradient", by_all_rows)


def labels_off_by_one(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.one_hot
    patch.setattr(onewarm, "one_hot", lambda y, K, **k: real(np.where(y < 0, y, (y + 1) % K), K, **k))


BREAKAGES = (
    loss_slightly_too_large,
    gradient_slightly_off,
    gradient_too_large,
    entropy_in_bits,
    loss_with_a_floor,
    loss_by_the_naive_formula,
    loss_concave,
    padding_counts,
    labels_off_by_one,
)


@pytest.fixture
def break_library(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Break the library, for the rest of the test, in the way of this name."""
    by_name = {breakage.__name__: breakage for breakage in BREAKAGES}
    return lambda name: by_name[name](monkeypatch)

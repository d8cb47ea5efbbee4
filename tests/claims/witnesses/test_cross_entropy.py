"""Witnesses of cross-entropy fail for a library that is broken where they look (that they hold: test_identities)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import onewarm
from onewarm.claims.ledger import load_ledger
from onewarm.claims.status import status
from onewarm.claims.verify import hear
from onewarm.claims.witnesses import cross_entropy, cross_entropy_rivals

CLAIMS = {c.slug: c for c in load_ledger().values() if c.key.startswith("claim:optimization/cross-entropy/")}


def a_little_too_much(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.cross_entropy
    patch.setattr(onewarm, "cross_entropy", lambda *a, **k: real(*a, **k) * (1 + 1e-9))


def a_slope_that_drifts(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.cross_entropy_with_gradient

    def broken(logits: Any, target: Any, **options: Any) -> tuple[Any, Any]:
        loss, gradient = real(logits, target, **options)
        return loss, gradient + 1e-8 * np.tanh(logits)

    patch.setattr(onewarm, "cross_entropy_with_gradient", broken)


def a_slope_of_another_size(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.cross_entropy_with_gradient

    def broken(logits: Any, target: Any, **options: Any) -> tuple[Any, Any]:
        loss, gradient = real(logits, target, **options)
        return loss, 1.5 * gradient

    patch.setattr(onewarm, "cross_entropy_with_gradient", broken)


def entropy_in_bits(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.SoftTarget.entropy
    patch.setattr(onewarm.SoftTarget, "entropy", lambda self: real(self) / np.log(2))


def a_floor(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.cross_entropy
    patch.setattr(onewarm, "cross_entropy", lambda *a, **k: np.maximum(real(*a, **k), 1e-6))


def naive(patch: pytest.MonkeyPatch) -> None:
    def logarithm_of_a_softmax(z: Any, target: Any, **_: Any) -> Any:
        with np.errstate(all="ignore"):
            e = np.exp(np.asarray(z, dtype=float))
            return -(target.dense() * np.log(e / e.sum(axis=1, keepdims=True))).sum(axis=1)

    patch.setattr(onewarm, "cross_entropy", logarithm_of_a_softmax)


def concave(patch: pytest.MonkeyPatch) -> None:
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


@pytest.mark.parametrize(
    ("slug", "breakage"),
    [
        ("likelihood", a_little_too_much),
        ("likelihood", labels_off_by_one),
        ("entropy-and-kl", a_little_too_much),
        ("entropy-and-kl", entropy_in_bits),
        ("code-length", a_little_too_much),
        ("softmax-cancels", a_slope_that_drifts),
        ("stable-form", a_little_too_much),
        ("stable-form", naive),
        ("convex", a_slope_of_another_size),
        ("convex", concave),
        ("proper", a_slope_that_drifts),
        ("proper", a_little_too_much),
        ("direction", a_slope_that_drifts),
        ("rows-with-mass", a_little_too_much),
        ("rows-with-mass", padding_counts),
        ("rows-with-mass", labels_off_by_one),
        ("infimum", a_little_too_much),
        ("infimum", a_floor),
        ("infimum", labels_off_by_one),
    ],
)
def test_it_fails_when_the_library_is_broken(
    slug: str, breakage: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    breakage(monkeypatch)
    assert status(CLAIMS[slug], hear(CLAIMS[slug])) == "refuted"


def test_the_code_is_a_prefix_code_and_comes_back() -> None:
    words = cross_entropy_rivals._codewords([1, 3, 2, 3])
    assert words == ["0", "110", "10", "111"]
    index = {word: k for k, word in enumerate(words)}
    assert cross_entropy_rivals._decode("110" + "0" + "111" + "10", index) == [1, 0, 3, 2]
    assert cross_entropy_rivals._decode("11", index) == []  # a message cut short is not one


def test_fifty_digits_against_a_known_logarithm() -> None:
    found = cross_entropy_rivals._exact(np.zeros(2), np.array([0.5, 0.5]))
    assert str(found).startswith("0.693147180559945309417232121458176568075500134360")


def test_absolute_error_chooses_the_mode() -> None:
    assert cross_entropy._absolute_misses(np.array([0.5, 0.3, 0.2])) == pytest.approx(0.5)
    assert cross_entropy._absolute_misses(np.array([1.0, 0.0, 0.0])) == 0

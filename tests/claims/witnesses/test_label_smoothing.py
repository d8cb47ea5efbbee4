"""Label smoothing's witnesses fail for a library that is wrong in what they check."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import onewarm
from onewarm.claims.ledger import load_ledger
from onewarm.claims.status import status
from onewarm.claims.verify import run_witness
from onewarm.claims.witnesses import label_smoothing

CLAIMS = {c.slug: c for c in load_ledger().values() if c.key.startswith("claim:optimization/label-smoothing/")}


def wrong_convention(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.smooth

    def smooth(labels: Any, alpha: Any, **options: Any) -> onewarm.SoftTarget:
        if options.get("prior") is None:
            alpha = alpha * (1 - 1e-6)  # like the other convention, but too small to see
        return real(labels, alpha, **options)

    patch.setattr(onewarm, "smooth", smooth)


def wrong_loss(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.cross_entropy
    patch.setattr(onewarm, "cross_entropy", lambda *a, **k: real(*a, **k) * (1 + 1e-8))


def wrong_gradient(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.cross_entropy_with_gradient

    def broken(logits: Any, target: Any, **options: Any) -> tuple[Any, Any]:
        loss, gradient = real(logits, target, **options)
        return loss, gradient + 1e-7 * (np.tanh(logits) - np.tanh(logits).mean(axis=1, keepdims=True))

    patch.setattr(onewarm, "cross_entropy_with_gradient", broken)


def no_gradient(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        onewarm, "cross_entropy_with_gradient", lambda logits, target, **k: (0.0, np.full_like(logits, np.nan))
    )


def wrong_inverse(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.unsmooth
    patch.setattr(onewarm, "unsmooth", lambda p, alpha, **k: real(p, alpha * (1 - 1e-6), **k))


def wrong_entropy(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.SoftTarget.entropy
    patch.setattr(onewarm.SoftTarget, "entropy", lambda self: real(self) + 1e-9)


def saturating_loss(patch: pytest.MonkeyPatch) -> None:
    real = onewarm.cross_entropy
    patch.setattr(onewarm, "cross_entropy", lambda *a, **k: np.maximum(real(*a, **k), 1e-3))


@pytest.mark.parametrize(
    ("slug", "breakage"),
    [
        ("decomposition", wrong_convention),
        ("decomposition", wrong_loss),
        ("logit-form", wrong_convention),
        ("logit-form", wrong_loss),
        ("logit-form", no_gradient),
        ("gradient", wrong_gradient),
        ("gradient", wrong_convention),
        ("gradient", no_gradient),
        ("hessian", wrong_gradient),
        ("hessian", no_gradient),
        ("finite-optimum", wrong_convention),
        ("finite-optimum", wrong_gradient),
        ("finite-optimum", saturating_loss),
        ("loss-floor", wrong_convention),
        ("loss-floor", wrong_loss),
        ("loss-floor", wrong_entropy),
        ("population-optimum", wrong_convention),
        ("population-optimum", wrong_gradient),
        ("population-optimum", wrong_inverse),
    ],
)
def test_it_fails_when_the_library_is_broken(
    slug: str, breakage: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    breakage(monkeypatch)
    assert status(CLAIMS[slug], run_witness(CLAIMS[slug])) == "refuted"


def test_the_temperature_search_finds_one_where_there_is_one() -> None:
    # Two mirrored inputs of two classes: here, and only so, one temperature undoes smoothing.
    pi = np.array([[0.9, 0.1], [0.1, 0.9]])
    assert label_smoothing._best_temperature_leaves(0.8 * pi + 0.1, pi) < 1e-12
    three = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3]])
    assert label_smoothing._best_temperature_leaves(0.8 * three + 0.2 / 3, three) > 1e-3

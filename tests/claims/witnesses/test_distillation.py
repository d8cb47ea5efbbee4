"""Distillation's witnesses fail for a library that is wrong in what they check."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import onewarm
import onewarm.torch
from onewarm.claims.ledger import load_ledger
from onewarm.claims.status import judge, status
from onewarm.claims.verify import run_witness
from onewarm.claims.witnesses import distillation

CLAIMS = {
    c.slug: c for c in load_ledger().values() if str(c.witness).startswith("onewarm.claims.witnesses.distillation:")
}
Patch = pytest.MonkeyPatch


def other_temperature(patch: Patch) -> None:
    real = onewarm.torch.distillation
    patch.setattr(onewarm.torch, "distillation", lambda z, v, t=1.0, **k: real(z, v, t * (1 + 1e-7), **k))


def no_factor(patch: Patch) -> None:
    real = onewarm.torch.distillation
    patch.setattr(onewarm.torch, "distillation", lambda z, v, t=1.0, **k: real(z, v, t, **k) / t**2)


def shifted_loss(patch: Patch) -> None:
    real = onewarm.torch.distillation
    patch.setattr(onewarm.torch, "distillation", lambda z, v, t=1.0, **k: real(z, v, t, **k) + 1e-9)


def other_share(patch: Patch) -> None:
    real = onewarm.torch.distillation

    def distillation(z: Any, v: Any, t: float = 1.0, *, weight: Any = None, **k: Any) -> Any:
        return real(z, v, t, weight=None if weight is None else weight * (1 - 1e-8), **k)

    patch.setattr(onewarm.torch, "distillation", distillation)


def wrong_gradient(patch: Patch) -> None:
    real = onewarm.cross_entropy_with_gradient

    def broken(logits: Any, target: Any, **options: Any) -> tuple[Any, Any]:
        loss, gradient = real(logits, target, **options)
        return loss, gradient + 1e-7 * (np.tanh(logits) - np.tanh(logits).mean(axis=1, keepdims=True))

    patch.setattr(onewarm, "cross_entropy_with_gradient", broken)


def other_mixture(patch: Patch) -> None:
    real = onewarm.mix
    patch.setattr(onewarm, "mix", lambda a, b, lam: real(a, b, lam * (1 - 1e-9)))


def other_smoothing(patch: Patch) -> None:
    real = onewarm.smooth
    patch.setattr(onewarm, "smooth", lambda labels, alpha, **k: real(labels, alpha * (1 - 1e-6), **k))


def wrong_entropy(patch: Patch) -> None:
    real = onewarm.SoftTarget.entropy
    patch.setattr(onewarm.SoftTarget, "entropy", lambda self: real(self) + 1e-9)


def renormalised_cut(patch: Patch) -> None:
    real = onewarm.top_k
    patch.setattr(
        onewarm,
        "top_k",
        lambda index, weight, **k: real(index, weight / weight.sum(axis=1, keepdims=True), **k),
    )


def sample_of_the_largest(patch: Patch) -> None:
    """A sampler that never draws the rarest class."""
    real = onewarm.torch.sample_teacher

    def sample(p: torch.Tensor, draws: int, seed: int) -> onewarm.SoftTarget:
        kept = torch.where(p == p.min(dim=1, keepdim=True).values, 0.0, p)
        return real(kept / kept.sum(dim=1, keepdim=True), draws, seed)

    patch.setattr(onewarm.torch, "sample_teacher", sample)


@pytest.mark.parametrize(
    ("slug", "breakage"),
    [
        ("softened-row", other_temperature),
        ("distillation-gradient", other_temperature),
        ("distillation-gradient", no_factor),
        ("distillation-gradient", other_share),
        ("distillation-gradient", wrong_gradient),
        ("temperature-limit", no_factor),
        ("temperature-limit", wrong_gradient),
        ("teacher-floor", shifted_loss),
        ("teacher-floor", no_factor),
        ("one-target", other_mixture),
        ("one-target", other_smoothing),
        ("one-target", other_share),
        ("uniform-teacher", other_smoothing),
        ("uniform-teacher", shifted_loss),
        ("dark-knowledge", wrong_entropy),
        ("smoothed-teacher", other_smoothing),
        ("smoothed-teacher", wrong_gradient),
        ("smoothed-teacher", other_temperature),
        ("top-k-bias", renormalised_cut),
        ("top-k-bias", wrong_gradient),
        ("sampled-teacher", sample_of_the_largest),
    ],
)
def test_it_fails_when_the_library_is_broken(slug: str, breakage: Callable[[Patch], None], monkeypatch: Patch) -> None:
    breakage(monkeypatch)
    judgement = judge(CLAIMS[slug], run_witness(CLAIMS[slug]))
    assert judgement.status == "refuted", judgement.because


def test_most_identities_hold_to_twelve_digits() -> None:
    strict = {slug for slug, claim in CLAIMS.items() if claim.tolerance <= 1e-12}
    assert strict >= {"distillation-gradient", "one-target", "uniform-teacher", "dark-knowledge", "smoothed-teacher"}
    assert all(status(CLAIMS[slug], run_witness(CLAIMS[slug])) == "identity holds" for slug in sorted(strict)[:2])


def test_dark_knowledge_of_known_rows() -> None:
    assert distillation.dark(np.array([0.7, 0.1, 0.1, 0.1]), 0) == pytest.approx(0, abs=1e-15)
    assert distillation.dark(np.array([0.5, 0.5, 0.0]), 0) == pytest.approx(0.5 * np.log(2))
    assert distillation.dark(np.array([0.0, 0.4, 0.6]), 1) == pytest.approx(0.6 * np.log(2))


def test_a_series_is_read_off_at_infinity() -> None:
    found = distillation._at_infinity(lambda t: np.array([3 + 2 / t - 5 / t**2 + 40 / t**3, np.exp(1 / t)]))
    np.testing.assert_allclose(found, [3, 1], atol=1e-12)

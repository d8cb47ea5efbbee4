"""Capped logits under autograd: blocks, a second derivative, batches, transforms, numbers with a gradient, errors."""

from typing import Any

import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm import softcap
from onewarm.loss_options import LossOptions
from onewarm.torch import cross_entropy, cross_entropy_with_gradient
from onewarm.torch.cross_entropy import capped as module
from onewarm.torch.cross_entropy.capped import capped_logits

N, K = 12, 7
OPTIONS = LossOptions(logit_scale=0.5, softcap=4.0)


@pytest.fixture(autouse=True)
def blocks_of_five_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 5 * K)


def made(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(0)
    return (9 * torch.randn(N, K, generator=g, dtype=torch.float64)).to(dtype).requires_grad_(), torch.arange(N) % K


def plain(z: Tensor) -> Tensor:
    capped: Tensor = softcap.capped(z, 0.5, 4.0)
    return capped


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # PyTorch's own, at its first use of forward mode
def test_it_is_the_definition_with_all_derivatives() -> None:
    z, _ = made()
    torch.testing.assert_close(capped_logits(z, OPTIONS), plain(z))
    assert torch.autograd.gradcheck(lambda z: capped_logits(z, OPTIONS), z)
    assert torch.autograd.gradgradcheck(lambda z: capped_logits(z, OPTIONS), z)
    for transform in (torch.func.jacrev, torch.func.hessian):
        ours, wanted = (
            transform(lambda z, f=f: f(z).sum() ** 2)(z) for f in (lambda z: capped_logits(z, OPTIONS), plain)
        )
        torch.testing.assert_close(ours, wanted)
    batch = torch.linspace(-1, 1, 3 * N * K, dtype=torch.float64).reshape(3, N, K)
    ours, wanted = (
        torch.autograd.grad(f(z), z, batch, is_grads_batched=True) for f in (lambda z: capped_logits(z, OPTIONS), plain)
    )
    torch.testing.assert_close(ours, wanted)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_loss_scale_does_its_work(dtype: torch.dtype) -> None:
    """pytorch#74739, with a cap: upstream, slope and gradient are multiplied in float32 and rounded once."""
    z, y = made(dtype)
    loss = cross_entropy(z, y, softcap=4.0)
    wide = z.detach().double().requires_grad_()
    exact = torch.nn.functional.cross_entropy(4 * torch.tanh(wide / 4), y)
    for upstream in (1.0, 2.0**16, 30000.0):
        (ours,) = torch.autograd.grad(loss, z, torch.tensor(upstream), retain_graph=True)
        (truth,) = torch.autograd.grad(exact, wide, torch.tensor(upstream).double(), retain_graph=True)
        once = truth.to(dtype)
        assert (ours.double() - truth).norm() <= 1.05 * (once.double() - truth).norm()


def test_numbers_that_require_a_gradient_get_one() -> None:
    """A scale that is learned, as in CLIP."""
    z, y = made()
    scale = torch.tensor(1.5, requires_grad=True, dtype=torch.float64)
    (ours,) = torch.autograd.grad(cross_entropy(z, y, logit_scale=scale), scale)  # type: ignore[call-overload]
    (wanted,) = torch.autograd.grad(torch.nn.functional.cross_entropy(scale * z, y), scale)
    torch.testing.assert_close(ours, wanted)


def test_a_row_without_mass_is_not_read() -> None:
    z, y = made(torch.float32)
    y[2] = -100
    with torch.no_grad():
        z[2] = torch.nan
    loss, stats = cross_entropy(z, y, softcap=4.0, stats=True)
    (gradient,) = torch.autograd.grad(loss, z)
    assert loss.isfinite() and (gradient[2] == 0).all() and gradient.isfinite().all()
    assert stats.lse[2] == stats.entropy[2] == 0 and stats.prediction[2] == -1 and not stats.correct[2]


def test_errors() -> None:
    z, y = made(torch.float32)
    text = (
        "overwrite_logits=True is not possible for these logits: they are scaled or capped first, or leave "
        "overwrite_logits out"
    )
    for call in (cross_entropy, cross_entropy_with_gradient):
        with pytest.raises(ValueError) as caught:
            call(z * 1.0, y, softcap=4.0, overwrite_logits=True)  # type: ignore[operator]
        assert str(caught.value) == text
    with torch.no_grad():
        z[3, 1] = torch.inf
    with pytest.raises(ValueError, match=r"logits\[3, 1\] is inf: the loss of this row is undefined"):
        cross_entropy(z, y, softcap=4.0)


@pytest.mark.parametrize("target", ["labels", "smooth", "soft"])
def test_figures_take_nothing_from_the_loss(target: Any) -> None:
    z, y = made(torch.float32)
    targets = {"labels": y, "smooth": ow.smooth(y, 0.2, num_classes=K), "soft": torch.softmax(z.detach(), 1)}
    loss, stats = cross_entropy(z, targets[target], stats=True, z_loss=0.1)
    wanted = cross_entropy(z, targets[target], z_loss=0.1)
    assert torch.equal(loss, wanted)
    assert torch.equal(*(torch.autograd.grad(value, z)[0] for value in (loss, wanted)))
    assert torch.equal(stats.correct, z.argmax(1) == (z.argmax(1) if target == "soft" else y))

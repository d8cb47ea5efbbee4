"""Gradients in half precision: upstream times gradient, computed in float32 and rounded once."""

from typing import Any

import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm import definition
from onewarm.torch import linear_cross_entropy
from onewarm.torch.linear.autograd import scaled_

DOUBLE = torch.float64
N, D, V = 96, 24, 700


def made(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Hidden states, weight, bias and labels; the logits' standard deviation is about 4."""
    g = torch.Generator().manual_seed(0)
    x, w, b = (torch.randn(*size, generator=g).to(dtype) for size in ((N, D), (V, D), (V,)))
    y = torch.randint(0, V, (N,), generator=g)
    y[7] = -100
    return x.requires_grad_(), w.requires_grad_(), b.requires_grad_(), y


def exact(leaves: tuple[Tensor, ...], target: ow.SoftTarget, reduction: Any, upstream: float) -> tuple[Tensor, ...]:
    """The gradients in float64 of the definition on formed logits."""
    x, w, b = (leaf.detach().double().requires_grad_() for leaf in leaves)
    loss = definition.cross_entropy(torch.nn.functional.linear(x, w, b), target, reduction=reduction).sum()
    return torch.autograd.grad(upstream * loss, (x, w, b))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_a_loss_scale_does_its_work(dtype: torch.dtype, reduction: Any, alpha: float, compiled: bool) -> None:
    """pytorch#74739: with a loss scaled by 2^16 no entry is 0 that is not 0 in the float64 gradient rounded once."""
    x, w, b, y = made(dtype)
    target = ow.smooth(ow.one_hot(y, V), alpha) if alpha else ow.one_hot(y, V)

    def summed(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
        return linear_cross_entropy(x, w, target, bias=b, reduction=reduction).sum()

    torch.compiler.reset()
    loss = torch.compile(summed, fullgraph=True, backend="aot_eager")(x, w, b) if compiled else summed(x, w, b)
    for upstream in (1.0, 2.0**16, 2.0**20, 30000.0):
        ours = torch.autograd.grad(loss, (x, w, b), torch.tensor(upstream), retain_graph=True)
        for gradient, truth in zip(ours, exact((x, w, b), target, reduction, upstream), strict=True):
            once = truth.to(dtype)
            inside = once.isfinite()
            assert gradient.dtype == dtype and torch.equal(gradient.isfinite(), inside)
            assert ((gradient == 0) & (once != 0)).sum() == 0
            error, least = ((g[inside].double() - truth[inside]).norm() for g in (gradient, once))
            assert error <= 1.05 * least


def test_gradients_too_small_for_float16_come_back_with_the_scale() -> None:
    x, w, _, y = made(torch.float16)
    loss = linear_cross_entropy(x, w, y, reduction="mean", normalizer=2.0**30)
    (unscaled,) = torch.autograd.grad(loss, w, retain_graph=True)
    (scaled,) = torch.autograd.grad(loss, w, torch.tensor(2.0**24))
    (wanted,) = torch.autograd.grad(linear_cross_entropy(x, w, y, normalizer=2.0**6), w)
    assert (unscaled == 0).all() and torch.equal(scaled, wanted) and (wanted != 0).any()


def test_a_half_precision_input_beside_a_wide_weight() -> None:
    """Under autocast hidden states come in half precision and parameters in float32."""
    x, w, b, y = made(torch.float16)
    wide = w.detach().float().requires_grad_()
    loss = linear_cross_entropy(x, wide, y, bias=b)
    ours = torch.autograd.grad(loss, (x, wide, b), torch.tensor(2.0**16))
    truth = exact((x, w, b), ow.one_hot(y, V), "mean", 2.0**16)
    assert [g.dtype for g in ours] == [torch.float16, torch.float32, torch.float16]
    for gradient, wanted in zip(ours, truth, strict=True):
        rtol = 1e-3 if gradient.dtype == torch.float16 else 1e-5
        torch.testing.assert_close(gradient.double(), wanted, rtol=rtol, atol=rtol * float(wanted.abs().max()))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, DOUBLE])
@pytest.mark.parametrize("shape", [(1,), (0, 3), (5, 70000), (300000,)])
def test_a_product_is_rounded_once(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    """Also where the product is made in blocks."""
    wide = DOUBLE if dtype == DOUBLE else torch.float32
    g = torch.Generator().manual_seed(1)
    gradient = torch.rand(shape, generator=g, dtype=wide) * 1e-3
    factor = torch.tensor(3.0, dtype=wide)
    wanted = (gradient * factor).to(dtype)
    ours = scaled_(gradient.clone(), factor, dtype)
    assert ours.dtype == dtype and torch.equal(ours, wanted)

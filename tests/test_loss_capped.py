"""Scaled and capped logits, and figures beside the loss, in every framework and dtype against float64."""

from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm import definition
from onewarm.loss_stats import LossStats

N, K = 40, 70
DTYPES = {"float64": 1e-11, "float32": 3e-6, "float16": 3e-6, "bfloat16": 3e-6}


def made(name: str) -> tuple[Any, Any]:
    """Logits up to about 30 and labels, one of them ignored."""
    random = np.random.default_rng(0)
    labels = random.integers(0, K, N)
    labels[3] = -100
    z = random.normal(0, 8, (N, K)).astype(ml_dtypes.bfloat16 if name == "bfloat16" else name)
    z[3, 0] = np.nan
    z[4, labels[4] - 1] = -np.inf
    return z, labels


def truth(z: Any, labels: Any, scale: float, cap: Any, reduction: Any) -> tuple[Any, Any, Any, LossStats]:
    """The loss and gradient of ``linspace(1, 2)`` times it in float64, and the figures."""
    leaf = torch.tensor(np.nan_to_num(z.astype(np.float64), nan=0.0, neginf=-np.inf), requires_grad=True)
    mapped = leaf * scale
    if cap is not None:
        mapped = torch.where(leaf.isinf(), leaf, cap * torch.tanh(leaf.clamp(min=-1e9) * (scale / cap)))
    target = ow.smooth(ow.one_hot(torch.tensor(labels), K), 0.1)
    loss = definition.cross_entropy(mapped, target, reduction=reduction, z_loss=0.01)
    upstream = torch.linspace(1, 2, loss.numel(), dtype=torch.float64).reshape(loss.shape)
    (gradient,) = torch.autograd.grad(loss, leaf, upstream)
    live, lse, p = labels != -100, torch.logsumexp(mapped, 1), torch.softmax(mapped, 1)
    prediction = np.where(live, mapped.argmax(1).numpy(), -1)
    entropy = -torch.xlogy(p, p).sum(1)
    stats = LossStats(
        *(np.where(live, figure.detach().numpy(), 0) for figure in (lse, 0.01 * lse**2, entropy)),
        prediction,
        live & (prediction == labels),
    )
    return loss.detach().numpy(), gradient.numpy(), upstream, stats


def check(loss: Any, gradient: Any, wanted: Any, exact: Any, name: str) -> None:
    np.testing.assert_allclose(np.asarray(loss, np.float64), wanted, rtol=DTYPES[name])
    once = torch.tensor(exact).to(getattr(torch, name)).double().numpy()
    error, least = (np.linalg.norm(np.asarray(g, np.float64) - exact) for g in (gradient, once))
    assert error <= 1.05 * least + (DTYPES[name] * np.linalg.norm(exact) if name in ("float32", "float64") else 0)


def check_stats(stats: Any, wanted: LossStats) -> None:
    for ours, figure in zip(stats, wanted, strict=True):
        np.testing.assert_allclose(np.asarray(ours), figure, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize(("scale", "cap", "reduction"), [(0.4, None, "mean"), (0.5, 5.0, "none"), (1.0, 20.0, "sum")])
class TestEveryFramework:
    """ml-cross-entropy#48, unsloth#11277: a soft cap; Liger#239, OLMo-core#702, trl#6314: figures beside the loss."""

    def test_numpy(self, name: str, scale: float, cap: Any, reduction: Any) -> None:
        z, labels = made(name)
        loss, exact, upstream, stats = truth(z, labels, scale, cap, reduction)
        target = ow.smooth(ow.one_hot(labels, K), 0.1)
        options: Any = {"reduction": reduction, "z_loss": 0.01, "logit_scale": scale, "softcap": cap}
        ours, figures = ow.cross_entropy(z, target, stats=True, **options)
        again, gradient = ow.cross_entropy_with_gradient(z, target, **options)
        assert np.array_equal(again, ours) and gradient.dtype == z.dtype
        by_row = upstream.numpy()[:, None] if reduction == "none" else upstream.numpy()
        check(ours, gradient, loss, exact / by_row, name)
        check_stats(figures, stats)

    @pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
    @pytest.mark.parametrize("compiled", [False, True])
    def test_torch(self, name: str, scale: float, cap: Any, reduction: Any, compiled: bool) -> None:
        z, labels = made(name)
        loss, exact, upstream, stats = truth(z, labels, scale, cap, reduction)
        leaf = torch.tensor(z.astype(np.float64)).to(getattr(torch, name)).requires_grad_()
        target = ow.smooth(ow.one_hot(torch.tensor(labels), K), 0.1)
        options: Any = {"reduction": reduction, "z_loss": 0.01, "logit_scale": scale, "softcap": cap}

        def call(z: torch.Tensor) -> Any:
            return ow.cross_entropy(z, target, stats=True, **options)

        torch.compiler.reset()
        ours, figures = (torch.compile(call, fullgraph=True, backend="aot_eager") if compiled else call)(leaf)
        (gradient,) = torch.autograd.grad(ours, leaf, upstream.to(ours.dtype))
        assert gradient.dtype == leaf.dtype and not any(figure.requires_grad for figure in figures)
        check(ours.detach(), gradient.double(), loss, exact, name)
        check_stats(figures, stats)
        if reduction != "none" and not compiled:
            again, gradient = ow.cross_entropy_with_gradient(leaf.detach(), target, **options)
            torch.testing.assert_close(again, ours.detach())
            check(again, gradient.double(), loss, exact, name)

    def test_jax(self, name: str, scale: float, cap: Any, reduction: Any) -> None:
        with jax.enable_x64(True):
            z, labels = made(name)
            loss, exact, upstream, stats = truth(z, labels, scale, cap, reduction)
            target = ow.smooth(ow.one_hot(jnp.asarray(labels), K), 0.1)
            options: Any = {"reduction": reduction, "z_loss": 0.01, "logit_scale": scale, "softcap": cap}

            @jax.jit
            def call(z: Any) -> Any:
                ours, figures = ow.cross_entropy(z, target, stats=True, **options)
                return jnp.sum(ours * upstream.numpy()), (ours, figures)

            (_, (ours, figures)), gradient = jax.value_and_grad(call, has_aux=True)(jnp.asarray(z))
            check(ours, np.asarray(gradient).astype(np.float64), loss, exact, name)
            check_stats(figures, stats)


def test_figures_come_in_the_leading_shape_of_images() -> None:
    z = np.random.default_rng(0).normal(size=(2, 5, 3, 4))
    labels = z.argmax(axis=1)
    labels[0, 0, 0] = (labels[0, 0, 0] + 1) % 5
    loss, stats = ow.cross_entropy(z, labels, axis=1, reduction="none", stats=True)
    assert loss.shape == stats.lse.shape == stats.correct.shape == (2, 3, 4)
    assert not stats.correct[0, 0, 0] and stats.correct.sum() == 23
    as_tensor, figures = ow.cross_entropy(
        torch.tensor(z), torch.tensor(labels), axis=1, reduction="none", stats=True, softcap=3.0
    )
    assert as_tensor.shape == figures.entropy.shape == (2, 3, 4)


@pytest.mark.parametrize("array", [np.asarray, torch.tensor, jnp.asarray])
@pytest.mark.parametrize("option", ["logit_scale", "softcap"])
@pytest.mark.parametrize("number", [0.0, -1.0, np.inf, "a"])
def test_bad_numbers(array: Any, option: str, number: Any) -> None:
    z, labels = array(np.zeros((1, 2), np.float32)), array(np.array([0]))
    for call in (ow.cross_entropy, ow.cross_entropy_with_gradient):
        with pytest.raises(ValueError) as caught:
            call(z, labels, **{option: number})
        assert str(caught.value) == f"{option} is {number!r}: expected a finite number above 0"

"""Focal loss against float64 written out, the cross-entropy at gamma 0, and published figures."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import onewarm as ow

N, K = 6, 5
KINDS = {"numpy": np.asarray, "torch": torch.from_numpy, "jax": jnp.asarray}


def problem(seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(N, K)) * 3).astype(np.float32), rng.integers(0, K, N), rng


def truth(z, t, gamma):
    z = z.astype(np.float64)
    log_p = z - z.max(1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(1, keepdims=True))
    return -(t * (-np.expm1(log_p)) ** gamma * log_p).sum(1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("gamma", [0, 0.5, 1.0, 2, 5.0])
def test_written_out_for_every_target(kind, gamma):
    """focal-loss-pytorch#2, keras-cv#672: with smoothing, votes and probabilities."""
    z, y, rng = problem()
    prior, teacher = rng.dirichlet(np.ones(K)).astype("f"), rng.dirichlet(np.ones(K), N).astype("f")
    of = KINDS[kind]
    for target in (
        of(y),
        of(teacher),
        ow.smooth(of(y), 0.1, num_classes=K),
        ow.smooth(of(y), 0.3, prior=of(prior)).scale(2.0),
        ow.mix(ow.one_hot(of(y), K), ow.one_hot(of(y[::-1].copy()), K), 0.3),
    ):
        dense = np.asarray(
            target.dense() if isinstance(target, ow.SoftTarget) else ow.soft(teacher).dense(), np.float64
        )
        dense = np.eye(K)[y] if target is not teacher and getattr(target, "shape", None) == (N,) else dense
        found = ow.focal_loss(of(z), target, gamma=gamma, reduction="none")
        np.testing.assert_allclose(np.asarray(found), truth(z, dense, gamma), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_gamma_zero_is_the_cross_entropy(kind):
    z, y, _ = problem(1)
    target = ow.smooth(KINDS[kind](y), 0.2, num_classes=K)
    for reduction in ("mean", "sum", "none"):
        ours = ow.focal_loss(KINDS[kind](z), target, gamma=0, reduction=reduction)
        np.testing.assert_allclose(
            np.asarray(ours), np.asarray(ow.cross_entropy(KINDS[kind](z), target, reduction=reduction)), rtol=1e-5
        )


@pytest.mark.parametrize("gamma", [0, 0.5, 1, 2.5])
def test_gradients_in_torch_and_jax_are_finite_differences(gamma):
    z, y, _ = problem(2)
    z = z.astype(np.float64)
    target = ow.smooth(y, 0.2, num_classes=K)
    step = 1e-6
    expected = np.empty_like(z)
    for i in np.ndindex(z.shape):
        up, down = z.copy(), z.copy()
        up[i] += step
        down[i] -= step
        losses = (ow.focal_loss(at, target, gamma=gamma) for at in (up, down))
        expected[i] = (next(losses) - next(losses)) / (2 * step)
    logits = torch.tensor(z, requires_grad=True)
    ow.focal_loss(logits, ow.smooth(torch.tensor(y), 0.2, num_classes=K), gamma=gamma).backward()
    np.testing.assert_allclose(logits.grad, expected, rtol=1e-6, atol=1e-8)
    ours = jax.grad(lambda v: ow.focal_loss(v, ow.smooth(jnp.asarray(y), 0.2, num_classes=K), gamma=gamma))(
        jnp.asarray(z)
    )
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("gamma", [0, 0.5, 2])
def test_certain_rows_have_a_finite_gradient(gamma):
    logits = torch.tensor([[1e4, 0.0, -1e4], [0.0, -3e38, 3e38]], requires_grad=True)
    loss = ow.focal_loss(logits, torch.tensor([0, 2]), gamma=gamma)
    loss.backward()
    assert loss.item() == 0 and not logits.grad.any()


def test_masks_ignored_rows_and_images():
    z, y, _ = problem(3)
    z[0, 1], y[0] = -np.inf, 0
    y[2], z[2] = -100, np.nan
    losses = ow.focal_loss(z, ow.smooth(ow.one_hot(y, K), 0.2), reduction="none")
    dense = ow.smooth(ow.one_hot(y, K), 0.2).dense()
    dense[0, 1] = 0
    dense[0, 2:] += 0.2 / K * 0
    kept = np.array([0.8 + 0.05, 0.0, 0.05, 0.05, 0.05])
    np.testing.assert_allclose(losses[0], truth(z[:1, [0, 2, 3, 4]], kept[None, [0, 2, 3, 4]], 2)[0], rtol=1e-5)
    assert losses[2] == 0
    assert ow.focal_loss(z, np.array([1, *y[1:]]), reduction="none")[0] == np.inf
    images = np.moveaxis(np.stack([z[3:], z[3:] + 1]), -1, 1)
    labels = np.stack([y[3:], y[3:]])
    per_pixel = ow.focal_loss(images, labels, axis=1, reduction="none")
    np.testing.assert_allclose(per_pixel[1], truth(z[3:], np.eye(K)[y[3:]], 2), rtol=1e-5)


def test_half_precision_gradient_is_rounded_once():
    z, y, _ = problem(4)
    low = torch.tensor(z).half().requires_grad_()
    ow.focal_loss(low, torch.tensor(y)).mul(2.0**16).backward()
    exact = low.detach().float().requires_grad_()
    ow.focal_loss(exact, torch.tensor(y)).mul(2.0**16).backward()
    torch.testing.assert_close(low.grad, exact.grad.half(), rtol=0, atol=0)


@pytest.mark.parametrize("gamma", [-1, np.nan, np.inf, "2", None])
def test_a_gamma_that_is_none(gamma):
    with pytest.raises(ValueError) as error:
        ow.focal_loss(np.ones((1, 2)), np.array([0]), gamma=gamma)
    assert str(error.value) == f"gamma is {gamma!r}: expected a finite number of at least 0"

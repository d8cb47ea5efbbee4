"""First and second derivatives against JAX's exact Hessian and the loss's own gradient."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import onewarm as ow

K = 4


@pytest.mark.parametrize("z_loss", [0.0, 0.1])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_against_the_exact_hessian(z_loss, reduction):
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(3, K)) * 3, np.array([0, -100, 3])
    z[2, 1] = -np.inf
    target = ow.smooth(ow.one_hot(y, K), 0.2).scale(np.array([2.0, 1.0, 0.5]))
    found = ow.cross_entropy_with_hessian(z, target, z_loss=z_loss, reduction=reduction)
    loss, gradient = ow.cross_entropy_with_gradient(z, target, z_loss=z_loss, reduction=reduction)
    np.testing.assert_allclose(found.loss, loss, rtol=1e-12)
    np.testing.assert_allclose(found.gradient, gradient, atol=1e-14)
    p = np.exp(z - np.log(np.exp(z).sum(1, keepdims=True)))
    p[1] = 0
    np.testing.assert_allclose(found.probabilities, p, rtol=1e-13)
    with jax.enable_x64(True):
        theirs = ow.smooth(ow.one_hot(jnp.asarray(y), K), 0.2).scale(jnp.array([2.0, 1.0, 0.5]))
        total = "sum" if reduction == "none" else reduction
        full = jax.hessian(lambda v: ow.cross_entropy(v, theirs, z_loss=z_loss, reduction=total))(jnp.asarray(z))
        diagonal = np.asarray(full).reshape(3 * K, 3 * K).diagonal().reshape(3, K)
    np.testing.assert_allclose(found.hessian, diagonal, atol=1e-10)


def test_shapes_and_libraries():
    z, y = np.random.default_rng(1).normal(size=(2, K, 3)).astype(np.float32), np.array([[0, 1, 2], [3, 0, 1]])
    found = ow.cross_entropy_with_hessian(z, y, axis=1)
    assert [np.shape(part) for part in found] == [(), (2, K, 3), (2, K, 3), (2, K, 3)]
    for of in (torch.from_numpy, jnp.asarray):
        for ours, theirs in zip(ow.cross_entropy_with_hessian(of(z), of(y), axis=1), found, strict=True):
            np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-5, atol=1e-7)

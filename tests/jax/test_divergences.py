"""Divergences of rows against their definitions in float64: values, gradients, Hessians, near and far."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from onewarm.jax.divergences import row_divergences

KINDS = ("kl", "reverse_kl", "js")
BETA = 0.3


def log_softmax(x):
    x = x - x.max(1, keepdims=True)
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def kl(log_x, log_y):
    with np.errstate(invalid="ignore"):
        return np.where(log_x > -np.inf, np.exp(log_x) * (log_x - log_y), 0).sum(1)


def truth(z, v, temperature, divergence):
    """Values (N,) and gradients (N, K) in z, by the formulas, in float64; logits may be -inf."""
    log_p, log_q = (log_softmax(np.asarray(x, float) / temperature) for x in (z, v))
    p, q = np.exp(log_p), np.exp(log_q)
    if divergence == "kl":
        return kl(log_q, log_p), (p - q) / temperature
    log_m = log_q if divergence == "reverse_kl" else np.logaddexp(np.log(BETA) + log_q, np.log(1 - BETA) + log_p)
    with np.errstate(invalid="ignore"):
        log = np.where(p > 0, log_p - log_m, 0)
        slope = p * (log - (p * log).sum(1, keepdims=True)) / temperature
    if divergence == "reverse_kl":
        return kl(log_p, log_q), slope
    return BETA * kl(log_q, log_m) + (1 - BETA) * kl(log_p, log_m), (1 - BETA) * slope


def made(distance, rows=20, classes=50):
    rng = np.random.default_rng(0)
    v = rng.normal(size=(rows, classes)) * 3
    return (v + distance * rng.normal(size=v.shape)).astype(np.float32), v.astype(np.float32)


@pytest.mark.parametrize("divergence", KINDS)
def test_values_and_gradients_near_and_far(divergence):
    """EasyDeL#267: a cross-entropy less an entropy is below 0 near the teacher; Soup#719, cls_KD#13: T = .05."""

    def both(z, v, temperature):
        losses = row_divergences(z, v, temperature, divergence, BETA)
        return losses, jax.grad(lambda x: row_divergences(x, v, temperature, divergence, BETA).sum())(z)

    for distance, temperature in ((1e-3, 1.5), (1e-3, 50.0), (0.3, 1.5), (30.0, 1.5), (30.0, 0.05)):
        z, v = made(distance)
        losses, slope = both(z, v, temperature)
        wanted, wanted_slope = truth(z, v, temperature, divergence)
        assert (np.asarray(losses) >= 0).all()
        np.testing.assert_allclose(losses, wanted, rtol=2e-5)
        rounding = 2e-7 * wanted.max() / temperature  # of the far ratios
        assert np.abs(slope - wanted_slope).max() <= 2e-5 * np.abs(wanted_slope).max() + rounding
    assert not any(np.asarray(x).any() for x in both(v, v, 1.5))


@pytest.mark.parametrize("divergence", KINDS)
def test_masked_classes_and_rows_without_a_distribution(divergence):
    z, v = made(1.0, rows=6, classes=4)
    z[0, 1] = v[0, 1] = z[1, 2] = v[2, 3] = -np.inf
    z[3], z[4, 0], v[5] = -np.inf, np.nan, -np.inf
    losses = np.asarray(row_divergences(z, v, 2.0, divergence, BETA))
    slope = np.asarray(jax.grad(lambda x: row_divergences(x, v, 2.0, divergence, BETA).sum())(z))
    wanted, wanted_slope = truth(z[:3], v[:3], 2.0, divergence)
    np.testing.assert_allclose(losses[:3], wanted, rtol=1e-5)
    assert np.isinf(losses[:3]).tolist() == [False, divergence == "kl", divergence == "reverse_kl"]
    rows = np.isfinite(wanted_slope).all(1)
    np.testing.assert_allclose(slope[:3][rows], wanted_slope[rows], atol=1e-6)
    assert np.isnan(losses[3:]).all()
    assert np.isnan(slope[2]).all() == (divergence == "reverse_kl")


def test_a_mask_by_the_least_number():
    least = float(np.finfo(np.float32).min)
    z, v = jnp.array([[1.0, 2.0, least]]), jnp.array([[2.0, least, least]])
    for divergence, wanted in (("kl", np.log(1 + np.e)), ("js", truth([[1.0, 2.0]], [[2.0, -1e4]], 1.0, "js")[0][0])):
        loss, slope = jax.value_and_grad(lambda x, d=divergence: row_divergences(x, v, 1.0, d, BETA)[0])(z)
        assert float(loss) == pytest.approx(wanted, rel=1e-6)
        assert np.isfinite(slope).all() and slope[0, 2] == 0
    assert row_divergences(v, z, 0.05, "kl", BETA)[0] > 1e37


@pytest.mark.parametrize("divergence", KINDS)
def test_hessians_are_those_of_the_gradient(divergence):
    for distance in (0.02, 2.0):  # by both ways to the normaliser
        z, v = made(distance, rows=1, classes=3)
        hessian = jax.hessian(lambda x, v=v: row_divergences(x[None], v, 1.5, divergence, BETA)[0])(jnp.asarray(z[0]))
        for k in range(3):
            step = np.eye(3)[k] * 1e-5
            above, below = (truth(z + s, v, 1.5, divergence)[1][0] for s in (step, -step))
            np.testing.assert_allclose(hessian[k], (above - below) / 2e-5, atol=2e-6)

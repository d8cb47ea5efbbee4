"""The loss and its gradient are exact at any common offset of a row, and overflow only where their value does.

The truth is float64 written out (exact in the differences), the tolerance a few units in the last place of the
arithmetic's dtype, measured in the row's own differences and not in the size of its logits.
"""

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm import definition

KINDS = {
    "definition numpy": (definition, np.asarray),
    "definition torch": (definition, torch.from_numpy),
    "definition jax": (definition, jnp.asarray),
    "public numpy": (ow, np.asarray),
    "public torch": (ow, torch.from_numpy),
    "public jax": (ow, jnp.asarray),
}
OFFSETS = (0.0, 1.0, -3.0, 1e2, -1e4, 1e4, 1e7, -1e30, 1e30)


@pytest.fixture(params=KINDS)
def way(request):
    return KINDS[request.param]


def truth(z, t, z_loss=0.0):
    """Losses and gradients for finite or masked logits and dense targets, in float64 from the largest logit."""
    z = z.astype(np.longdouble)
    top = z.max(1, keepdims=True)
    d = z - top
    e = np.exp(d)
    log_total, s = np.log(e.sum(1)), t.sum(1)
    lse = top[:, 0] + log_total
    dot = np.where(t != 0, t * np.where(np.isfinite(d), d, 0), 0).sum(1)
    p = e / e.sum(1, keepdims=True)
    gradient = (s * (1 + 2 * z_loss * lse))[:, None] * p - t
    return (s * log_total - dot + z_loss * s * lse**2).astype(float), gradient.astype(float)


def rows(offset, classes, dtype=np.float32, seed=0):
    """Rows whose differences are what is left of a spread of 4 at that offset: equal logits for large ones."""
    rng = np.random.default_rng(seed)
    z = (rng.normal(size=(5, classes)) * 4 + offset).astype(dtype)
    return z, rng.integers(0, classes, 5)


def targets(y, classes):
    rng = np.random.default_rng(1)
    prior = rng.dirichlet(np.ones(classes))
    return {
        "hard": (lambda k: ow.one_hot(k(y), classes)),
        "smooth": (lambda k: ow.smooth(k(y), 0.1, num_classes=classes)),
        "prior": (lambda k: ow.smooth(k(y), 0.3, prior=k(prior))),
        "weighted mix": (
            lambda k: ow.mix(
                ow.one_hot(k(y), classes), ow.smooth(k(y[::-1].copy()), 0.2, num_classes=classes), 0.3
            ).scale(2.5)
        ),
        "teacher": (lambda k: ow.soft(k(rng.dirichlet(np.ones(classes), 5)))),
    }


def ways_and_classes():
    """Each way with each number of classes; JAX compiles for seconds for each, so most of its are long tests."""
    for name, way in KINDS.items():
        for classes in (1, 2, 3, 10, 257):
            short = classes in ((3,) if name.endswith("jax") else (1, 3, 257))
            yield pytest.param(way, classes, id=f"{name}-{classes}", marks=() if short else pytest.mark.long)


@pytest.mark.parametrize(("way", "classes"), ways_and_classes())
@pytest.mark.parametrize("offset", OFFSETS)
def test_any_offset(way, offset, classes):
    module, kind = way
    z, y = rows(offset, classes)
    for name, make in targets(y, classes).items():
        target = make(kind)
        losses, slope = truth(z, np.asarray(target.dense(), np.float64))
        found, gradient = module.cross_entropy_with_gradient(kind(z), target, reduction="none")
        scale = 1 + np.abs(losses)
        assert (np.abs(np.asarray(found) - losses) <= 2e-6 * scale).all(), (name, np.asarray(found), losses)
        np.testing.assert_allclose(np.asarray(gradient), slope, rtol=5e-6, atol=1e-6, err_msg=name)


def test_the_logarithm_of_two_at_logits_of_ten_thousand(way):
    module, kind = way
    loss = module.cross_entropy(kind(np.full((1, 2), 1e4, np.float32)), kind(np.array([0])))
    assert abs(float(loss) - np.log(2)) < 1e-7


@pytest.mark.parametrize("offset", OFFSETS)
def test_autograd_at_any_offset(offset):
    z, y = rows(offset, 6)
    losses, slope = truth(z, np.eye(6)[y] * 0.9 + 0.1 / 6)
    logits = torch.tensor(z, requires_grad=True)
    loss = definition.cross_entropy(logits, ow.smooth(torch.tensor(y), 0.1, num_classes=6), reduction="sum")
    loss.backward()
    np.testing.assert_allclose(logits.grad, slope, rtol=5e-6, atol=1e-6)
    for module in (definition, ow):
        value, gradient = jax.jit(
            jax.value_and_grad(
                lambda v, m=module: m.cross_entropy(v, ow.smooth(jnp.asarray(y), 0.1, num_classes=6), reduction="sum")
            )
        )(z)
        np.testing.assert_allclose(gradient, slope, rtol=5e-6, atol=1e-6)
        np.testing.assert_allclose(value, losses.sum(), rtol=3e-6)


@pytest.mark.parametrize("offset", [0.0, 50.0, -1e3, 1e3])
def test_z_loss_at_any_offset(way, offset):
    module, kind = way
    z, y = rows(offset, 7)
    target = ow.smooth(kind(y), 0.1, num_classes=7)
    losses, slope = truth(z, np.asarray(target.dense(), np.float64), 1e-3)
    found, gradient = module.cross_entropy_with_gradient(kind(z), target, reduction="none", z_loss=1e-3)
    np.testing.assert_allclose(np.asarray(found), losses, rtol=2e-6)
    np.testing.assert_allclose(np.asarray(gradient), slope, rtol=2e-5, atol=1e-6 * (1 + 1e-3 * abs(offset)))


@pytest.mark.parametrize("offset", [0.0, 1e4, -1e4, 1e30])
def test_masked_classes_at_any_offset(way, offset):
    module, kind = way
    z, _ = rows(offset, 6)
    y = np.array([0, 1, 2, 3, 4])
    z[:, 5] = -np.inf
    z[2, 0] = -np.inf
    prior = np.random.default_rng(3).dirichlet(np.ones(6))
    dense = np.tile(prior, (5, 1)) * np.isfinite(z)
    dense = 0.8 * np.eye(6)[y] + 0.2 * dense / dense.sum(1, keepdims=True)
    losses, slope = truth(z, dense)
    found, gradient = module.cross_entropy_with_gradient(
        kind(z), ow.smooth(kind(y), 0.2, prior=kind(prior)), reduction="none"
    )
    np.testing.assert_allclose(np.asarray(found), losses, rtol=2e-6, atol=2e-6)
    np.testing.assert_allclose(np.asarray(gradient), slope, rtol=5e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("offset", [0.0, 1e3, -3e4])
def test_half_precision_at_any_offset(dtype, offset):
    z, y = rows(offset, 9, dtype)
    dense = np.eye(9)[y] * 0.9 + 0.1 / 9
    losses, slope = truth(z.astype(np.float64), dense)
    for module in (definition, ow):
        found, gradient = module.cross_entropy_with_gradient(
            jnp.asarray(z), ow.smooth(jnp.asarray(y), 0.1, num_classes=9), reduction="none"
        )
        assert found.dtype == jnp.float32 and gradient.dtype == z.dtype
        np.testing.assert_allclose(found, losses, rtol=2e-6, atol=1e-6)
        np.testing.assert_allclose(
            np.asarray(gradient, np.float64),
            slope,
            rtol=np.finfo(np.float16).eps * (8 if z.dtype != np.float16 else 1),
            atol=1e-6,
        )


FAR = {
    "a smoothed row": ([3e38, -3e38], [0.95, 0.05], 3e37),
    "a hard row": ([3e38, 0.0], [0.0, 1.0], 3e38),
    "in the middle": ([1e38, -2e38, 0.0], [0.5, 0.25, 0.25], 0.25 * 3e38 + 0.25 * 1e38),
}


@pytest.mark.parametrize("case", FAR)
@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy, jnp.asarray])
def test_an_overflow_only_where_the_loss_itself_overflows(case, kind):
    """tensorflow#1513, tensorflow#21271: the difference of two logits may not be a float32, a tenth of it is."""
    z, t, expected = FAR[case]
    target = ow.soft(kind(np.array([t])))
    loss, gradient = definition.cross_entropy_with_gradient(kind(np.array([z], np.float32)), target)
    assert float(loss) == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(np.asarray(gradient), truth(np.array([z]), np.array([t]))[1], atol=1e-7)

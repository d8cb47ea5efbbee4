"""The rows as XLA computes them, against the definition: values, derivatives of every kind, masks, memory."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import onewarm as ow
from onewarm import definition
from onewarm.jax.row_losses import parts_of, row_losses

N, K = 7, 6
RECIPES = ["hard", "smooth", "alpha of 1", "prior", "class-conditional", "a table of 12", "votes", "teacher", "mix"]


def problem(seed=0, rows=N, classes=K):
    rng = np.random.default_rng(seed)
    z = jnp.asarray(rng.normal(size=(rows, classes)) * 4, jnp.float32)
    return z, jnp.asarray(rng.integers(0, classes, rows)), rng


@cache  # JAX compiles what makes them
def recipes():
    _, y, rng = problem()
    prior, table = jnp.asarray(rng.dirichlet(np.ones(K)), jnp.float32), jnp.asarray(rng.dirichlet(np.ones(K), K))
    many = jnp.asarray(rng.dirichlet(np.ones(K), 12), jnp.float32)
    hot, smooth = ow.one_hot(y, K), ow.smooth(y, 0.1, num_classes=K)
    return {
        "hard": hot,
        "smooth": smooth,
        "alpha of 1": ow.smooth(y, 1.0, num_classes=K),
        "prior": ow.smooth(y, 0.3, prior=prior),
        "class-conditional": ow.smooth(y, 0.3, prior=table),
        "a table of 12": ow.SoftTarget(
            index=y[:, None],
            weight=jnp.full((N, 1), 0.5),
            table=many,
            table_index=jnp.asarray(rng.integers(0, 12, (N, 2))),
            table_weight=jnp.asarray(rng.uniform(0, 0.5, (N, 2)), jnp.float32),
            num_classes=K,
        ),
        "votes": ow.votes(jnp.asarray(rng.integers(0, 4, (N, K)))),
        "teacher": ow.soft(jnp.asarray(rng.dirichlet(np.ones(K), N), jnp.float32)),
        "mix": ow.mix(smooth, ow.smooth(y[::-1], 0.2, prior=prior), 0.3).scale(jnp.linspace(0, 2, N)),
    }


def in_numpy(target):
    return ow.SoftTarget(num_classes=K, **{name: np.asarray(part) for name, part in parts_of(target).items()})


def masked(z):
    """Some classes of some rows, among them a label's, and all but one of a row."""
    return z.at[1, 2:4].set(-jnp.inf).at[3, 1:].set(-jnp.inf).at[5, 0].set(-jnp.inf)


@pytest.mark.parametrize("recipe", RECIPES)
def test_values_and_gradients_are_those_of_the_definition(recipe):
    target = recipes()[recipe]
    ours = jax.jit(lambda v: ow.cross_entropy_with_gradient(v, target, reduction="none"))
    for z in (problem()[0], masked(problem()[0])):
        theirs = definition.cross_entropy_with_gradient(np.asarray(z), in_numpy(target), reduction="none")
        for a, b in zip(ours(z), theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-6, atol=2e-6)


@pytest.mark.long
@pytest.mark.parametrize("recipe", ["hard", "prior", "a table of 12", "mix"])
def test_every_kind_of_derivative(recipe):
    """jax#40409, optax#1762: grad, jvp, hessian, forward over reverse, with a z-loss."""
    z, _, rng = problem(1)
    target = recipes()[recipe]

    def total(module):
        return lambda v: module.cross_entropy(v, target, reduction="sum", z_loss=0.1)

    dz = jnp.asarray(rng.normal(size=z.shape), jnp.float32)
    for derivative in (
        jax.grad,
        jax.hessian,
        lambda f: lambda v: jax.jvp(f, (v,), (dz,))[1],
        lambda f: jax.grad(lambda v: jnp.sum(jax.grad(f)(v) ** 2)),
    ):
        ours, theirs = jax.jit(derivative(total(ow)))(z), jax.jit(derivative(total(definition)))(z)
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("masks", [False, True])
def test_derivatives_in_the_target(masks):
    """A smoothing strength, a prior and votes may be learned; strengths of 0 and 1 are no corners."""
    z, y, rng = problem(2)
    z = masked(z).at[:, 0].set(1.0) if masks else z
    y = jnp.zeros_like(y)
    prior = jnp.asarray(rng.dirichlet(np.ones(K)), jnp.float32)

    def made(module, alpha, row):
        target = ow.SoftTarget(
            index=y[:, None],
            weight=jnp.full((N, 1), 1.0) * (1 - alpha),
            table=row[None],
            table_index=jnp.zeros((N, 1), int),
            table_weight=jnp.full((N, 1), 1.0) * alpha,
            num_classes=K,
        )
        return module.cross_entropy(z, target, normalizer=1.0)

    for at in (0, 1):
        for derivative in (jax.grad, jax.hessian):
            ours = jax.jit(derivative(lambda *a: made(ow, *a), at))
            theirs = jax.jit(derivative(lambda *a: made(definition, *a), at))
            for alpha in (0.0, 0.3, 1.0):
                np.testing.assert_allclose(ours(alpha, prior), theirs(alpha, prior), rtol=1e-4, atol=1e-4)


@pytest.mark.long
def test_vmap_and_scan():
    z, y, _ = problem(3)
    stacked = jnp.stack([z, masked(z), z + 1e4])

    def loss(v, alpha):
        return ow.cross_entropy(v, ow.smooth(y, alpha, num_classes=K), reduction="none")

    alphas = jnp.array([0.0, 0.1, 0.5])
    expected = [
        definition.cross_entropy(v, ow.smooth(y, a, num_classes=K), reduction="none")
        for v, a in zip(stacked, alphas, strict=True)
    ]
    np.testing.assert_allclose(jax.vmap(loss)(stacked, alphas), jnp.stack(expected), rtol=2e-6)
    _, scanned = jax.lax.scan(lambda c, x: (c, loss(*x)), 0.0, (stacked, alphas))
    np.testing.assert_allclose(scanned, jnp.stack(expected), rtol=2e-6)
    gradients = jax.jit(jax.vmap(jax.grad(lambda v, a: loss(v, a).sum(where=jnp.isfinite(loss(v, a))))))(
        stacked, alphas
    )
    assert bool(jnp.isfinite(gradients).all())


def test_ignored_rows_are_not_read():
    """optax#1335, optax#1164, jax#17117: NaN and -inf in rows without a label, under jit, in second derivatives too."""
    z, y, _ = problem(4)
    y = y.at[2].set(-100)
    bad = z.at[2].set(jnp.array([jnp.nan, jnp.inf, -jnp.inf, 0.0, 1.0, 2.0]))

    def loss(v):
        return ow.cross_entropy(v, ow.smooth(ow.one_hot(y, K), 0.1), z_loss=0.01)

    for derivative in (lambda f: f, jax.grad, jax.hessian):
        ours, theirs = jax.jit(derivative(loss))(bad), jax.jit(derivative(loss))(z)
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_what_has_no_loss_is_nan_under_jit_and_an_error_outside():
    z, y, _ = problem(5)
    loss = jax.jit(lambda v, labels: ow.cross_entropy(v, labels, reduction="none"))
    for label in (K, -1, 10**6):
        assert np.flatnonzero(np.isnan(loss(z, y.at[3].set(label)))).tolist() == [3]
    assert np.flatnonzero(np.isnan(loss(z.at[4, 1].set(jnp.nan), y))).tolist() == [4]
    assert np.flatnonzero(np.isnan(loss(z.at[4].set(-jnp.inf), y))).tolist() == [4]
    with pytest.raises(ValueError, match=r"^logits\[4, 1\] is nan: the loss of this row is undefined"):
        ow.cross_entropy(z.at[4, 1].set(jnp.nan), y)
    with pytest.raises(ValueError, match=r"^logits\[4, 1\] is inf"):
        ow.cross_entropy_with_gradient(z.at[4, 1].set(jnp.inf), y)


def test_half_precision_is_rounded_once():
    """optax#1335 (next): float16 with a loss scale of 2^17."""
    z, y, _ = problem(6)
    low = z.astype(jnp.float16)
    target = ow.smooth(y, 0.1, num_classes=K)
    gradient = jax.jit(jax.grad(lambda v: ow.cross_entropy(v, target) * 2.0**10))(low)
    exact = jax.grad(lambda v: definition.cross_entropy(v, target) * 2.0**10)(low.astype(jnp.float32))
    np.testing.assert_array_equal(gradient, exact.astype(jnp.float16))
    assert gradient.dtype == jnp.float16


def test_double_precision():
    with jax.enable_x64(True):
        rng = np.random.default_rng(0)
        z, y = rng.normal(size=(N, K)) + 1e6, rng.integers(0, K, N)
        ours = ow.cross_entropy(jnp.asarray(z), ow.smooth(jnp.asarray(y), 0.1, num_classes=K), reduction="none")
        assert ours.dtype == jnp.float64
        np.testing.assert_allclose(
            ours, ow.cross_entropy(z, ow.smooth(y, 0.1, num_classes=K), reduction="none"), rtol=1e-13
        )


def test_logsumexp_beside_the_loss():
    z, y, _ = problem(7)
    _, lse = row_losses(z, parts_of(ow.one_hot(y, K)))
    np.testing.assert_allclose(lse, jax.nn.logsumexp(z, axis=1), rtol=1e-6)


@pytest.mark.long
def test_temporaries_are_a_few_hundredths_of_the_logits():
    rows, classes = 512, 4000
    rng = np.random.default_rng(0)
    y = jnp.asarray(rng.integers(0, classes, rows))
    prior = jnp.asarray(rng.dirichlet(np.ones(classes)), jnp.float32)
    counts = np.zeros((rows, classes), int)
    counts[np.arange(rows), np.asarray(y)] = 2
    counts[np.arange(rows), np.asarray(y[::-1])] += 1
    votes = ow.votes(jnp.asarray(counts))
    makers = {
        "hard": lambda labels: labels,
        "smooth": lambda labels: ow.smooth(labels, 0.1, num_classes=classes),
        "prior": lambda labels: ow.smooth(labels, 0.1, prior=prior),
        "votes": lambda labels: votes,
        "mix": lambda labels: ow.mix(
            ow.smooth(labels, 0.1, num_classes=classes), ow.smooth(labels[::-1], 0.1, prior=prior), 0.4
        ),
    }
    z = jax.ShapeDtypeStruct((rows, classes), jnp.float32)
    for name, make in makers.items():
        step = jax.jit(jax.value_and_grad(lambda v, labels, make=make: ow.cross_entropy(v, make(labels))))
        used = step.lower(z, y).compile().memory_analysis().temp_size_in_bytes
        assert used <= 0.05 * rows * classes * 4, (name, used / (rows * classes * 4))

"""The linear loss against the loss of the logits it does not form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import onewarm as ow
from onewarm.jax import linear_cross_entropy

V, D = 11, 4


def problem(rows=7, dtype=jnp.float32):
    rng = np.random.default_rng(0)
    x, w, b = (jnp.asarray(rng.normal(size=shape), dtype) for shape in ((rows, D), (V, D), (V,)))
    y = rng.integers(0, V, rows)
    y[2] = -100
    return x, w, b, jnp.asarray(y)


@pytest.mark.parametrize(
    "chunk", [pytest.param(1, marks=pytest.mark.long), 3, pytest.param(7, marks=pytest.mark.long), None]
)
def test_values_and_gradients_are_those_of_the_logits(chunk):
    x, w, b, y = problem()
    prior = jnp.asarray(np.random.default_rng(1).dirichlet(np.ones(V)), jnp.float32)
    for make in (lambda v: v, lambda v: ow.smooth(ow.one_hot(v, V), 0.2, prior=prior)):
        for options in ({}, {"z_loss": 0.1, "reduction": "sum", "softcap": 2.0, "logit_scale": 1.5}):

            def ours(x, w, b, make=make, options=options):
                return linear_cross_entropy(x, w, make(y), bias=b, chunk=chunk, **options)

            def theirs(x, w, b, make=make, options=options):
                return ow.cross_entropy(x @ w.T + b, make(y), **options)

            a, b_ = (jax.jit(jax.value_and_grad(f, (0, 1, 2)))(x, w, b) for f in (ours, theirs))
            for found, expected in zip(jax.tree.leaves(a), jax.tree.leaves(b_), strict=True):
                np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


def test_sequences_teachers_and_no_rows():
    x, w, _, y = problem(6)
    teacher = jnp.asarray(np.random.default_rng(2).dirichlet(np.ones(V), (2, 3)), jnp.float32)
    for target in (y.reshape(2, 3), teacher):
        found = linear_cross_entropy(x.reshape(2, 3, D), w, target, reduction="none", chunk=4)
        expected = ow.cross_entropy((x @ w.T).reshape(2, 3, V), target, reduction="none")
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert linear_cross_entropy(x[:0], w, y[:0]) == 0


def test_gradients_of_half_precision_layers_add_up_in_float32():
    x, w, _, _ = problem(64, jnp.bfloat16)
    y = jnp.zeros(64, int)
    slope = jax.grad(lambda w: linear_cross_entropy(x, w, y, chunk=1, reduction="sum"))(w)
    exact = jax.grad(lambda w: ow.cross_entropy(x.astype(jnp.float32) @ w.T, y, reduction="sum"))(w.astype(jnp.float32))
    assert slope.dtype == jnp.bfloat16
    assert float(jnp.abs(slope.astype(jnp.float32) - exact).max()) <= float(jnp.abs(exact).max()) * 2**-7


@pytest.mark.long
def test_memory_is_a_few_hundredths_of_the_logits():
    """Beside one array of the weight's size, where the weight has a gradient: a chunk's part of it."""
    rows, classes, width = 2048, 4000, 32
    shapes = [jax.ShapeDtypeStruct(s, jnp.float32) for s in ((rows, width), (classes, width))]
    y = jnp.zeros(rows, int)
    for leaves, weights in ((0, 0), ((0, 1), 1)):
        step = jax.jit(
            jax.value_and_grad(lambda x, w: linear_cross_entropy(x, w, ow.smooth(y, 0.1, num_classes=classes)), leaves)
        )
        used = step.lower(*shapes).compile().memory_analysis().temp_size_in_bytes
        assert used <= 0.03 * rows * classes * 4 + 1.01 * weights * classes * width * 4, used / (rows * classes * 4)


def test_layers_of_two_dtypes():
    x, w, b, y = problem()
    found = linear_cross_entropy(x.astype(jnp.bfloat16), w, y, bias=b)
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, ow.cross_entropy(x.astype(jnp.bfloat16) @ w.T + b, y), rtol=1e-2)


BAD = {
    "widths": (
        lambda x, w, b, y: linear_cross_entropy(x, w[:, 1:], y),
        "hidden has shape (7, 4) and weight (11, 3): expected (..., D) and (V, D)",
    ),
    "bias": (
        lambda x, w, b, y: linear_cross_entropy(x, w, y, bias=b[1:]),
        "bias has shape (10,): expected (11,), one for each class",
    ),
    "rows": (
        lambda x, w, b, y: linear_cross_entropy(x, w, y[1:]),
        "target has 6 rows, hidden has 7: expected one a row",
    ),
    "a label": (
        lambda x, w, b, y: linear_cross_entropy(x, w, y.at[0].set(11)),
        "labels[0] is 11, outside 0..10: labels start at 0; subtract 1, or mark the row as ignored with -100",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_by_the_exact_error(case):
    call, message = BAD[case]
    with pytest.raises(ValueError) as error:
        call(*problem())
    assert str(error.value) == message

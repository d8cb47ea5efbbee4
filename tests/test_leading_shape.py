"""Logits of any leading shape and class axis give, row for row, what logits (N, K) give."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm import definition
from onewarm.leading_shape import as_rows

K = 5
KINDS = {"numpy": np.asarray, "torch": torch.from_numpy, "jax": jnp.asarray}
SHAPES = {
    "a row": ((K,), -1),
    "sequences": ((2, 3, K), -1),
    "images": ((2, K, 3, 4), 1),
    "classes first": ((K, 6), 0),
    "volumes": ((2, 3, 2, K, 2), -2),
    "no images": ((0, K, 3), 1),
}


@pytest.fixture(params=["definition", "public"])
def module(request):
    return {"definition": definition, "public": ow}[request.param]


def problem(shape, axis, seed=0):
    rng = np.random.default_rng(seed)
    axis %= len(shape)
    leading = shape[:axis] + shape[axis + 1 :]
    z = rng.normal(size=shape).astype(np.float32) * 3
    p = np.moveaxis(rng.dirichlet(np.ones(K), leading), -1, axis).astype(np.float32)
    return z, rng.integers(0, K, leading), p, leading


def written_out(z, t, axis):
    """The loss by row and its gradient in float64, for dense targets of the logits' shape."""
    z = z.astype(np.float64)
    lse = np.log(np.exp(z).sum(axis, keepdims=True))
    return (lse * t.sum(axis, keepdims=True) - (t * z).sum(axis, keepdims=True)).squeeze(axis), np.exp(z - lse) - t


def kinds_and_cases():
    """Each kind of array in each shape; JAX compiles for seconds for each, so most of its are long tests."""
    for kind in KINDS:
        for case in SHAPES:
            short = kind != "jax" or case in ("images", "no images")
            yield pytest.param(kind, case, marks=() if short else pytest.mark.long)


@pytest.mark.parametrize(("kind", "case"), kinds_and_cases())
def test_every_kind_of_target_in_every_shape(module, case, kind):
    """pytorch#63122, composer#1022, optax#1164: images, sequences, another class axis."""
    shape, axis = SHAPES[case]
    z, y, p, leading = problem(shape, axis)
    hot = np.moveaxis(np.eye(K)[y], -1, axis)
    smoothed = 0.9 * hot + 0.1 / K
    flat = ow.smooth(KINDS[kind](y.reshape(-1)), 0.1, num_classes=K)
    for target, dense in ((KINDS[kind](y), hot), (KINDS[kind](p), p), (flat, smoothed)):
        losses, slope = written_out(z, dense.astype(np.float64), axis)
        ours = module.cross_entropy(KINDS[kind](z), target, reduction="none", axis=axis)
        assert tuple(ours.shape) == leading
        np.testing.assert_allclose(np.asarray(ours), losses, rtol=1e-5, atol=1e-5)
        mean, gradient = module.cross_entropy_with_gradient(KINDS[kind](z), target, axis=axis)
        np.testing.assert_allclose(float(mean), losses.mean() if losses.size else 0.0, rtol=1e-5)
        np.testing.assert_allclose(np.asarray(gradient), slope / max(losses.size, 1), rtol=1e-4, atol=1e-6)
        assert tuple(gradient.shape) == shape


def test_autograd_sees_the_logits_in_their_shape(module):
    z, y, _, _ = problem((2, K, 3, 4), 1)
    _, slope = written_out(z, np.moveaxis(np.eye(K)[y], -1, 1), 1)
    logits = torch.tensor(z, requires_grad=True)
    module.cross_entropy(logits, torch.tensor(y), axis=1, reduction="sum").backward()
    np.testing.assert_allclose(logits.grad, slope, rtol=1e-4, atol=1e-6)
    gradient = jax.jit(jax.grad(lambda v: module.cross_entropy(v, jnp.asarray(y), axis=1, reduction="sum")))(z)
    np.testing.assert_allclose(gradient, slope, rtol=1e-4, atol=1e-6)


def test_ignored_pixels(module):
    z, y, _, _ = problem((2, K, 3, 4), 1)
    y[0, 1, 2] = -100
    losses, _ = written_out(z, np.moveaxis(np.eye(K)[y.clip(0)], -1, 1), 1)
    expected = losses[y >= 0].mean()
    np.testing.assert_allclose(module.cross_entropy(z, y, axis=1), expected, rtol=1e-5)


def test_the_last_axis_is_not_copied():
    z = np.zeros((2, 3, K))
    rows, _, _ = as_rows(z, np.zeros((2, 3), int))
    assert np.shares_memory(rows, z)
    logits = z.copy()
    _, gradient = ow.cross_entropy_with_gradient(logits, np.zeros((2, 3), int), overwrite_logits=True)
    assert np.shares_memory(gradient, logits) and (logits != 0).all()


def test_logits_of_rows_pass_as_they_are():
    z, y = np.zeros((2, K)), [0, 1]
    for axis in (-1, 1):
        assert all(a is b for a, b in zip(as_rows(z, y, axis), (z, y, None), strict=True))


BAD = {
    "labels of another shape": (
        (np.ones((2, 3, K)), np.zeros((3, 2), int)),
        {},
        "target has shape (3, 2), logits (2, 3, 5) with 5 classes on axis 2: expected labels of shape (2, 3)",
    ),
    "labels in a row": (
        (np.ones((2, 3, K)), np.zeros(6, int)),
        {},
        "target has shape (6,), logits (2, 3, 5) with 5 classes on axis 2: expected labels of shape (2, 3)",
    ),
    "probabilities with another class axis": (
        (np.ones((2, K, 3)), np.ones((2, 3, K)) / K),
        {"axis": 1},
        "target has shape (2, 3, 5), logits (2, 5, 3) with 5 classes on axis 1: "
        "expected probabilities of shape (2, 5, 3)",
    ),
    "counts of votes": (
        (np.ones((2, 3, K)), np.ones((2, 3, K), int)),
        {},
        "target has shape (2, 3, 5), logits (2, 3, 5) with 5 classes on axis 2: "
        "expected labels of shape (2, 3); for votes pass onewarm.votes(counts)",
    ),
    "a target of other rows": (
        (np.ones((2, 3, K)), ow.one_hot(np.zeros(5, int), K)),
        {},
        "target has 5 rows, logits of shape (2, 3, 5) have 6: expected one a row",
    ),
    "no such axis": (
        (np.ones((2, 3)), np.zeros(2, int)),
        {"axis": 2},
        "axis is 2, outside -2..1 for logits of shape (2, 3)",
    ),
    "a number": (
        (np.float64(1.0) * np.ones(()), np.zeros((), int)),
        {},
        "logits has shape (): expected (..., K), one row an example",
    ),
    "overwritten across": (
        (np.ones((2, K, 3)), np.zeros((2, 3), int)),
        {"axis": 1, "overwrite_logits": True},
        "overwrite_logits=True needs the classes on the last axis: leave it out",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_by_the_exact_error(case):
    arrays, options, message = BAD[case]
    with pytest.raises(ValueError) as error:
        ow.cross_entropy_with_gradient(*arrays, **options)
    assert str(error.value) == message


def test_an_axis_that_is_no_integer():
    with pytest.raises(TypeError, match=r"^axis is 1.5: expected an integer$"):
        ow.cross_entropy(np.ones((2, 3)), np.zeros(2, int), axis=1.5)

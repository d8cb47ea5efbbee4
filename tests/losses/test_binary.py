"""Binary cross-entropy against float64 written out, PyTorch and scikit-learn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

import onewarm as ow

KINDS = {"numpy": np.asarray, "torch": torch.from_numpy, "jax": jnp.asarray}
EDGES = np.array([0.0, -0.0, 1e-8, -1e-8, 20.0, -20.0, 90.0, -90.0, 1e4, -1e4, 3e38, -3e38], np.float32)


def problem(seed=0, shape=(7, 4)):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=shape) * 4).astype(np.float32), rng.uniform(size=shape).astype(np.float32)


def truth(z, t, weight=1.0):
    z, t = z.astype(np.longdouble), t.astype(np.longdouble)
    yes, no = (np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))) for x in (-z, z))
    return (weight * np.where(t == 0, 0, t * yes) + np.where(t == 1, 0, (1 - t) * no)).astype(np.float64)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_written_out(kind, smoothing):
    """keras#23487, mindcv#284: smoothing for multi-label losses, at any size of a logit."""
    z, t = problem()
    for logits, target in ((z, t), (EDGES, np.ones(12)), (EDGES, np.zeros(12)), (EDGES, np.full(12, 0.25))):
        target = target.astype(np.float32)
        expected = truth(logits, (1 - smoothing) * target.astype(float) + smoothing / 2)
        found = ow.binary_cross_entropy(
            KINDS[kind](logits), KINDS[kind](target), label_smoothing=smoothing, reduction="none"
        )
        np.testing.assert_allclose(np.asarray(found), expected, rtol=2e-6, atol=1e-37)
        assert tuple(found.shape) == logits.shape


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
def test_equals_pytorch(reduction, weighted):
    z, t = problem(1)
    weight = torch.tensor([0.5, 1.0, 2.0, 7.0]) if weighted else None
    ours, theirs = (torch.tensor(z, requires_grad=True) for _ in range(2))
    a = ow.binary_cross_entropy(ours, torch.tensor(t), pos_weight=weight, reduction=reduction)
    b = torch.nn.functional.binary_cross_entropy_with_logits(
        theirs, torch.tensor(t), pos_weight=weight, reduction=reduction
    )
    torch.testing.assert_close(a, b)
    a.sum().backward()
    b.sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_equals_scikit_learn():
    z, _ = problem(2, (50,))
    y = np.random.default_rng(0).integers(0, 2, 50)
    expected = log_loss(y, 1 / (1 + np.exp(-z.astype(float))))
    for labels in (y, y.astype(bool), y.astype(np.uint8), y.astype(float)):
        assert float(ow.binary_cross_entropy(z, labels)) == pytest.approx(expected, rel=1e-6)


def test_gradients_at_any_logit_and_second_derivatives():
    t = np.linspace(0, 1, 12)
    z = EDGES.astype(np.float64)
    expected = 1 / (1 + np.exp(-np.clip(z, -700, 700))) - (0.9 * t + 0.05)
    logits = torch.tensor(z, requires_grad=True)
    loss = ow.binary_cross_entropy(logits, torch.tensor(t), label_smoothing=0.1, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, logits, create_graph=True)
    np.testing.assert_allclose(gradient.detach(), expected, atol=1e-12)
    (second,) = torch.autograd.grad(gradient.sum(), logits)
    p = 1 / (1 + np.exp(-np.clip(z, -700, 700)))
    np.testing.assert_allclose(second, p * (1 - p), atol=1e-12)

    def in_jax(v):
        return ow.binary_cross_entropy(v, jnp.asarray(t), label_smoothing=0.1, reduction="sum")

    np.testing.assert_allclose(jax.jit(jax.grad(in_jax))(jnp.asarray(z)), expected, atol=1e-6)
    np.testing.assert_allclose(jnp.diag(jax.hessian(in_jax)(jnp.asarray(z))), p * (1 - p), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_left_out_is_not_read(kind):
    z, t = problem(3)
    z[0, 0], z[1, 1] = np.nan, np.inf
    t[0, 0] = -100
    mask = np.ones(z.shape, bool)
    mask[1, 1] = False
    of = KINDS[kind]
    found = ow.binary_cross_entropy(of(z), of(t), mask=of(mask))
    read = mask & (t != -100)
    np.testing.assert_allclose(float(found), truth(z[read], t[read]).mean(), rtol=1e-5)
    columns = ow.binary_cross_entropy(
        of(z[2:]), of(t[2:]), mask=of(np.array([True, False, True, True])), reduction="sum"
    )
    np.testing.assert_allclose(float(columns), truth(z[2:], t[2:])[:, [0, 2, 3]].sum(), rtol=1e-5)
    assert float(ow.binary_cross_entropy(of(z), of(np.full_like(t, -100)))) == 0
    total = ow.binary_cross_entropy(of(z[2:]), of(t[2:]), normalizer=10)
    np.testing.assert_allclose(float(total), truth(z[2:], t[2:]).sum() / 10, rtol=1e-5)
    if kind == "torch":
        logits = of(z).requires_grad_()
        ow.binary_cross_entropy(logits, of(t), mask=of(mask)).backward()
        assert logits.grad[0, 0] == 0 and logits.grad[1, 1] == 0 and bool(logits.grad.isfinite().all())


def test_infinite_logits():
    z = np.array([np.inf, -np.inf, np.inf, -np.inf])
    assert ow.binary_cross_entropy(z, np.array([1, 0, 0, 1]), reduction="none").tolist() == [0, 0, np.inf, np.inf]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32_and_rounded_once(dtype):
    z, t = problem(4)
    low = torch.tensor(z).to(dtype).requires_grad_()
    loss = ow.binary_cross_entropy(low, torch.tensor(t))
    loss.mul(2.0**16).backward()
    exact = low.detach().float().requires_grad_()
    ow.binary_cross_entropy(exact, torch.tensor(t)).mul(2.0**16).backward()
    assert loss.dtype == torch.float32
    torch.testing.assert_close(low.grad, exact.grad.to(dtype), rtol=0, atol=0)


BAD = {
    "another shape": ((np.ones(3), np.ones(2)), {}, "target has shape (2,), logits have (3,): expected the same"),
    "a target above 1": (
        (np.ones((2, 2)), np.array([[0, 1], [2, 0]])),
        {},
        "target[1, 0] is 2: expected a share of positives in [0, 1], or -100 to leave the entry out",
    ),
    "a NaN target": (
        (np.ones(2), np.array([0.0, np.nan])),
        {"ignore_index": None},
        "target[1] is nan: expected a share of positives in [0, 1]",
    ),
    "a NaN logit": (
        (np.array([0.0, np.nan]), np.ones(2)),
        {},
        "logits[1] is nan: its loss is undefined; look for an overflow or a division by zero before it",
    ),
    "smoothing": (
        (np.ones(1), np.ones(1)),
        {"label_smoothing": 2},
        "label_smoothing is 2: expected a number in [0, 1]",
    ),
    "a weight below 0": (
        (np.ones((1, 2)), np.ones((1, 2))),
        {"pos_weight": np.array([1.0, -1.0])},
        "pos_weight[1] is -1: expected a finite number, not negative",
    ),
    "a weight of another shape": (
        (np.ones((1, 2)), np.ones((1, 2))),
        {"pos_weight": np.ones(3)},
        "pos_weight has shape (3,): expected one that broadcasts to the logits' (1, 2)",
    ),
    "a mask of another shape": (
        (np.ones((1, 2)), np.ones((1, 2))),
        {"mask": np.ones(3, bool)},
        "mask has shape (3,): expected one that broadcasts to the logits' (1, 2)",
    ),
    "a normalizer": (
        (np.ones(1), np.ones(1)),
        {"normalizer": "rows"},
        "normalizer is 'rows': expected 'entries' or a number",
    ),
    "a reduction": (
        (np.ones(1), np.ones(1)),
        {"reduction": "avg"},
        "reduction is 'avg': expected 'mean', 'sum' or 'none'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_by_the_exact_error(case):
    arrays, options, message = BAD[case]
    with pytest.raises(ValueError) as error:
        ow.binary_cross_entropy(*arrays, **options)
    assert str(error.value) == message


def test_what_is_no_target_here():
    with pytest.raises(
        TypeError, match=r"^target is a SoftTarget, whose classes exclude each other: use onewarm.cross"
    ):
        ow.binary_cross_entropy(np.ones((1, 2)), ow.one_hot(np.array([0]), 2))
    with pytest.raises(TypeError, match=r"^logits has dtype int64: expected floating point"):
        ow.binary_cross_entropy(np.ones(2, int), np.ones(2))
    with pytest.raises(TypeError, match=r"^mask has dtype float64: expected booleans"):
        ow.binary_cross_entropy(np.ones(2), np.ones(2), mask=np.ones(2))

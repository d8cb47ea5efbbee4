"""A teacher's tail as one event, against the two sums written out (verl#7856)."""

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.utils.data import default_collate

import onewarm as ow
from onewarm.soft_target import BucketTarget

K, J, N = 9, 3, 6
RNG = np.random.default_rng(0)
P = RNG.dirichlet(np.ones(K) * 0.5, N)
Z = RNG.normal(size=(N, K)) * 3
INDEX = np.argsort(-P, axis=1)[:, :J]
WEIGHT = np.take_along_axis(P, INDEX, axis=1)
KINDS = {"numpy": np.asarray, "torch": torch.tensor, "jax": jnp.asarray}


def softmax(z):
    powers = np.exp(z - z.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def by_hand(z=Z, weight=WEIGHT, index=INDEX):
    q = np.take_along_axis(softmax(z), index, axis=1)
    return -(weight * np.log(q)).sum(1) - (1 - weight.sum(1)) * np.log(1 - q.sum(1))


def target(array=np.asarray):
    return ow.top_k(array(INDEX), array(WEIGHT), num_classes=K, tail="bucket")


def close(a, b, tolerance=1e-6):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_is_the_two_sums(kind):
    array, t = KINDS[kind], target(KINDS[kind])
    assert isinstance(t, BucketTarget) and t.shape == (N, J + 1)
    close(ow.cross_entropy(array(Z), t, reduction="none"), by_hand(), 3e-6)
    close(ow.cross_entropy(array(Z), t), by_hand().mean(), 3e-6)
    cube = ow.cross_entropy(array(np.moveaxis(Z.reshape(2, 3, K), -1, 1)), t, reduction="none", axis=1)
    close(cube, by_hand().reshape(2, 3), 3e-6)
    close(ow.cross_entropy(t.events(array(Z)), t.over_events(), reduction="none"), by_hand(), 3e-6)


@pytest.mark.parametrize("axis", [-1, 1])
def test_the_gradient_is_that_of_the_two_sums(axis):
    z = torch.tensor(Z, requires_grad=True)
    q = z.softmax(1).gather(1, torch.tensor(INDEX))
    w = torch.tensor(WEIGHT)
    loss = (-(w * q.log()).sum(1) - (1 - w.sum(1)) * (1 - q.sum(1)).log()).mean()
    (expected,) = torch.autograd.grad(loss, z)
    (ours,) = torch.autograd.grad(ow.cross_entropy(z, target(torch.tensor)), z)
    close(ours, expected, 1e-9)
    close(jax.jit(jax.grad(ow.cross_entropy))(jnp.asarray(Z), target(jnp.asarray)), expected)
    shaped = (2, 3, K) if axis == -1 else (2, K, 3)
    logits = np.moveaxis(Z.reshape(2, 3, K), -1, axis)
    value, gradient = ow.cross_entropy_with_gradient(logits, target(), axis=axis)
    close(value, by_hand().mean(), 1e-9)
    assert gradient.shape == shaped
    close(np.moveaxis(gradient, axis, -1).reshape(N, K), expected, 1e-9)


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_distillation_is_the_divergence_of_the_events(temperature):
    """The tail's mass is matched as a whole: no class of it is told to be as likely as the next."""
    close(
        ow.torch.distillation(torch.tensor(Z), target(torch.tensor), temperature),
        temperature**2
        * np.mean(
            by_hand(Z / temperature)
            + (WEIGHT * np.log(WEIGHT)).sum(1)
            + (1 - WEIGHT.sum(1)) * np.log(1 - WEIGHT.sum(1))
        ),
        1e-6,
    )
    z = torch.tensor(np.log(P), requires_grad=True)
    loss = ow.torch.distillation(z, target(torch.tensor))
    assert abs(loss.item()) < 1e-7 < ow.torch.distillation(z, ow.top_k(z.exp().topk(J, 1).indices.detach(),
        z.exp().topk(J, 1).values.detach(), num_classes=K)).item()  # fmt: skip
    close(torch.autograd.grad(loss, z)[0], np.zeros((N, K)), 1e-7)


def test_half_precision_is_rounded_once():
    z = torch.tensor(Z).bfloat16().requires_grad_()
    exact = z.detach().double().requires_grad_()
    for logits in (z, exact):
        (ow.cross_entropy(logits, target(torch.tensor)) * 2**16).backward()
    close(z.grad.double() / 2**16, exact.grad / 2**16, 2**-8)


def test_masked_classes_and_one_or_no_class_left():
    z = Z.copy()
    z[0, INDEX[0, 0]] = z[1, next(k for k in range(K) if k not in INDEX[1])] = -np.inf
    losses = ow.cross_entropy(z, target(), reduction="none")
    assert losses[0] == np.inf and np.isfinite(losses[1:]).all()
    close(losses[1:], by_hand(z[1:], WEIGHT[1:], INDEX[1:]), 1e-9)
    order = np.argsort(-P, axis=1)
    for kept in (K - 1, K):
        weight = np.take_along_axis(P, order[:, :kept], axis=1)
        whole = ow.top_k(order[:, :kept], weight, num_classes=K, tail="bucket")
        assert type(whole) is ow.SoftTarget
        close(whole.dense(), P, 1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_handled_as_other_targets_are(kind):
    array, t = KINDS[kind], target(KINDS[kind])

    def same(a, rows=slice(None)):
        close(ow.cross_entropy(array(Z)[rows], a, reduction="none"), by_hand()[rows], 3e-6)

    same(t[[4, 1]], [4, 1] if kind != "jax" else jnp.array([4, 1]))
    same(ow.concat([t[i] for i in range(N)]))
    same(copy.deepcopy(t))
    same(pickle.loads(pickle.dumps(t)))
    close(ow.cross_entropy(array(Z), t.scale(2.0), reduction="none"), 2 * by_hand(), 3e-6)
    if kind == "torch":
        same(default_collate([t[i] for i in range(N)]))
        assert t.to("meta").class_index.device.type == "meta" and t.to(torch.float32).class_index.dtype == torch.int64
    if kind == "jax":
        close(jax.jit(lambda z, t: ow.cross_entropy(z, t))(array(Z), t), by_hand().mean(), 3e-6)


TWO = ow.top_k(INDEX[:, :2], WEIGHT[:, :2], num_classes=K, tail="bucket")
BAD = {
    "another number of classes": (
        lambda: ow.cross_entropy(Z[:, 1:], target()),
        "target names some of 9 classes, logits have 8: expected the same",
    ),
    "another number of rows": (
        lambda: ow.cross_entropy(Z[1:], target()),
        "target has 6 rows, logits have 5: expected one a row",
    ),
    "a class twice": (
        lambda: ow.top_k(np.array([[1, 1]]), np.array([[0.1, 0.1]]), num_classes=5, tail="bucket"),
        "index[0] names class 1 twice: with tail='bucket' name each class once",
    ),
    "statistics": (
        lambda: ow.cross_entropy(Z, target(), stats=True),
        "a target with tail='bucket' goes with none of logit_scale, softcap, stats and overwrite_logits: leave them "
        "out, and scale or cap the logits before",
    ),
    "a loss that takes none": (
        lambda: ow.torch.linear_cross_entropy(torch.ones(6, 2), torch.ones(K, 2), target(torch.tensor)),
        "this loss takes no target with tail='bucket': pass target.events(logits) for the logits",
    ),
    "labels too": (
        lambda: ow.torch.distillation(torch.tensor(Z), target(torch.tensor), hard_target=torch.zeros(6).long()),
        "a teacher with tail='bucket' takes no hard_target: add the two losses",
    ),
    "different lengths": (
        lambda: ow.concat([target(), TWO]),
        "targets[1] has 3 classes, targets[0] 4: expected the same",
    ),
    "a file": (
        lambda: target().save("t.npz"),
        "a target with tail='bucket' is not saved: save the index and weight that it was made of",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_by_the_exact_error(case):
    call, message = BAD[case]
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == message

"""Distillation in JAX against float64, and against the function of PyTorch on the same numbers."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm.jax import distillation
from onewarm.torch import distillation as torch_distillation

K = 7
KINDS = ("kl", "cross_entropy", "reverse_kl", "js")


def made():
    """Logits (2, 3, K) of a student and a teacher, with masks, and labels of which one is -100."""
    rng = np.random.default_rng(0)
    z, v = (rng.normal(size=(2, 3, K)).astype(np.float32) * 3 for _ in range(2))
    y = rng.integers(0, K, (2, 3))
    y[1, 2] = -100
    z[0, 1, y[0, 1] - 1] = z[0, 2, y[0, 2] - 2] = v[0, 2, y[0, 2] - 2] = -np.inf
    return z, v, y


def teachers(v, temperature, array):
    """One teacher of each kind, of arrays that ``array`` makes."""
    q = np.exp(v / temperature - (v / temperature).max(-1, keepdims=True)).reshape(-1, K)
    q /= q.sum(1, keepdims=True)
    half = np.full((6, 1), 0.5, np.float32)
    return {
        "logits": array(v),
        "soft": ow.soft(array(q)),
        "smooth": ow.smooth(array(q.argmax(1)), 0.4, num_classes=K).scale(array(np.linspace(0, 2, 6, dtype="f"))),
        "named and a tail": ow.top_k(array(q.argmax(1)[:, None]), array(half), num_classes=K),
    }


@pytest.mark.parametrize("divergence", KINDS)
@pytest.mark.parametrize("kind", ["logits", "soft", "smooth", "named and a tail"])
def test_values_and_gradients_are_those_of_pytorch(kind, divergence):
    z, v, y = made()
    options = {"weight": 0.3, "divergence": divergence, "beta": 0.3, "reduction": "none", "ignore_index": -100}
    mask = np.array([[True, True, True], [False, True, True]])
    leaf = torch.tensor(z, requires_grad=True)
    theirs = torch_distillation(
        *(leaf, teachers(v, 2.0, torch.tensor)[kind], 2.0),
        **(options | {"hard_target": torch.tensor(y), "mask": torch.tensor(mask)}),
    )
    above = np.linspace(-1, 2, 6, dtype=np.float32).reshape(2, 3)
    (wanted,) = torch.autograd.grad(theirs, leaf, torch.tensor(above))
    teacher = teachers(v, 2.0, jnp.asarray)[kind]

    @jax.jit
    def ours(z, teacher):
        return jax.vjp(
            lambda z: distillation(z, teacher, 2.0, hard_target=jnp.asarray(y), mask=jnp.asarray(mask), **options),
            z,
        )

    losses, back = ours(jnp.asarray(z), teacher)
    np.testing.assert_allclose(losses, theirs.detach().numpy(), rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose(back(above)[0], wanted.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_a_student_that_is_its_teacher_is_at_0_in_half_precision_too(dtype):
    """EasyDeL#267: bfloat16 over 60000 classes gave 2.3e-3 at temperature 3, as the logits were divided in bfloat16."""
    z = jnp.asarray(12 * np.random.default_rng(0).normal(size=(2, 60000)), dtype)
    for temperature in (1, 3, 0.7):
        loss, slope = jax.value_and_grad(distillation)(z, z, temperature)
        assert loss == 0 and loss.dtype == jnp.float32
        assert slope.dtype == dtype and not slope.any()


def test_a_student_near_its_teacher():
    """EasyDeL#267 again: at temperature 100 a cross-entropy less an entropy, in float32, was -4.8e-3 for 4.7e-7."""
    rng = np.random.default_rng(1)
    v = rng.normal(size=(50, 1000)).astype(np.float32)
    z = (v + 1e-3 * rng.normal(size=v.shape)).astype(np.float32)
    for temperature in (4, 100):
        p, q = (np.exp(x.astype(float) / temperature) for x in (z, v))
        p, q = p / p.sum(1, keepdims=True), q / q.sum(1, keepdims=True)
        exact = temperature**2 * (q * np.log(q / p)).sum(1).mean()
        assert float(distillation(jnp.asarray(z), jnp.asarray(v), temperature)) == pytest.approx(exact, rel=2e-5)


def test_a_class_that_only_the_student_masks():
    """optax#896, jax#17117, LMOps#38: KL was -.285; to what is left of the teacher it is .120."""
    z, v = jnp.array([[1.0, 2.0, -jnp.inf]]), jnp.zeros((1, 3))
    log_p = np.array([1.0, 2.0]) - np.log(np.exp(1) + np.exp(2))
    right = (0.5 * (np.log(0.5) - log_p)).sum()
    for teacher in (v, ow.soft(jnp.full((1, 3), 1 / 3))):
        assert float(distillation(z, teacher)) == pytest.approx(right, rel=1e-6)
    named = ow.top_k(jnp.array([[0, 2]]), jnp.array([[0.5, 0.3]]), num_classes=3)
    assert distillation(z, named) == jnp.inf


def test_padding_is_left_out_of_both_parts():
    """Liger#974, MambaInLlama#11, LMOps#38, trl#5594: the hard part skipped padding, the teacher's part did not."""
    z, v, y = (jnp.asarray(x) for x in made())
    keep = y != -100
    kind = {"weight": 0.3, "normalizer": "mass"}
    wanted = distillation(z[keep], v[keep], 2.0, hard_target=y[keep], **kind)
    spoilt = jnp.where(keep[..., None], v, -jnp.inf)
    nan = jnp.where(keep[..., None], z, jnp.nan)
    for options in ({"mask": keep}, {"ignore_index": -100}):
        loss, slope = jax.value_and_grad(partial(distillation, hard_target=y, **options, **kind))(nan, spoilt, 2.0)
        assert float(loss) == pytest.approx(float(wanted), rel=1e-6)
        assert np.isfinite(slope).all() and not np.asarray(slope)[~keep].any()
    assert distillation(nan, spoilt, mask=keep & False) == 0
    labels = jnp.where(keep, y, 0).astype(jnp.uint8)
    assert distillation(z, v, hard_target=labels, ignore_index=-100) == distillation(z, v, hard_target=labels)


@pytest.mark.long
def test_vmap_and_a_tail_as_one_event():
    z, v, y = (jnp.asarray(x) for x in made())
    rows = jax.jit(jax.vmap(lambda z, v, y: distillation(z, v, 2.0, hard_target=y, reduction="none")))(z, v, y)
    each = jax.jit(jax.vmap(lambda z, v: distillation(z, v, 2.0)))(z[0], v[0])
    np.testing.assert_allclose(each, distillation(z[0], v[0], 2.0, reduction="none"), rtol=1e-6)
    np.testing.assert_allclose(rows, distillation(z, v, 2.0, hard_target=y, reduction="none"), rtol=1e-6)
    flat, soft = z.reshape(-1, K), ow.soft(jax.nn.softmax(v.reshape(-1, K)))
    each = jax.jit(jax.vmap(distillation, in_axes=(0, soft.layout(0, None))))(flat, soft)
    np.testing.assert_allclose(each, distillation(flat, soft, reduction="none"), rtol=1e-5)
    z, p = np.asarray(flat[:1]), jnp.asarray([[0.5, 0.2]])
    index = np.array([[4, 1]])
    bucket = ow.top_k(jnp.asarray(index), p, num_classes=K, tail="bucket")
    theirs = ow.top_k(torch.tensor(index), torch.tensor([[0.5, 0.2]]), num_classes=K, tail="bucket")
    wanted = torch_distillation(torch.tensor(z), theirs, 3.0).item()
    assert float(distillation(jnp.asarray(z), bucket, 3.0)) == pytest.approx(wanted, rel=1e-5)


Z = jnp.zeros((2, 3))
BAD = {
    "the student": (lambda: distillation(np.zeros((2, 3)), Z), "student_logits is a ndarray: expected a JAX array"),
    "integers": (
        lambda: distillation(jnp.zeros((2, 3), int), Z),
        "student_logits has dtype int32: expected floating point",
    ),
    "a shape": (lambda: distillation(jnp.zeros(()), Z), "student_logits has shape (): expected (..., K)"),
    "the teacher": (lambda: distillation(Z, [1]), "teacher is list: expected a JAX array of logits, or a SoftTarget"),
    "its shape": (lambda: distillation(Z, Z[:1]), "teacher has shape (1, 3): expected (2, 3) as of student_logits"),
    "its classes": (
        lambda: distillation(Z, ow.one_hot(jnp.array([0, 1]), 4)),
        "teacher has 4 classes, student_logits 3: expected the same",
    ),
    "its rows": (
        lambda: distillation(Z, ow.one_hot(jnp.array([0]), 3)),
        "teacher has 1 rows, the student 2: expected one for each",
    ),
    "its library": (
        lambda: distillation(Z, ow.one_hot(np.array([0, 1]), 3)),
        "teacher is made of ndarray, the student's of JAX arrays: make it of JAX arrays",
    ),
    "a NaN": (
        lambda: distillation(Z, Z.at[1, 2].set(jnp.nan)),
        "teacher[1, 2] is nan: the loss of this row is undefined; look for an overflow or a division by zero before it",
    ),
    "nothing unmasked": (
        lambda: distillation(Z.at[1].set(-jnp.inf), Z),
        "student_logits[1] is -inf in every class: the loss of this row is undefined; "
        "leave one class unmasked or ignore the row",
    ),
    "a negative entry": (
        lambda: distillation(
            Z, ow.SoftTarget(index=jnp.array([[0, 1]] * 2), weight=jnp.array([[2.0, -1]] * 2), num_classes=3)
        ),
        "teacher[0] has a negative entry, so KL is not defined: pass divergence='cross_entropy'",
    ),
    "the mask": (
        lambda: distillation(Z, Z, mask=Z[:, 0]),
        "mask is float32: expected a JAX array of bool, True for the rows that count",
    ),
    "the mask's shape": (
        lambda: distillation(Z, Z, mask=Z == 0),
        "mask has shape (2, 3): expected (2,), one entry a row",
    ),
    "labels": (
        lambda: distillation(Z, Z, hard_target=jnp.zeros(3, int)),
        "hard_target has shape (3,): expected labels of shape (2,)",
    ),
    "a label": (
        lambda: distillation(Z, Z, hard_target=jnp.array([0, 3])),
        "labels[1] is 3, outside 0..2: labels start at 0; subtract 1, or mark the row as ignored with -100",
    ),
    "no labels": (
        lambda: distillation(Z, Z, hard_target=jax.nn.softmax(Z), ignore_index=0),
        "ignore_index is 0 but hard_target is probabilities: it marks integer labels; leave out rows with mask=",
    ),
    "the temperature": (lambda: distillation(Z, Z, 0), "temperature is 0: expected a finite number above 0"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_by_the_exact_error(case):
    call, message = BAD[case]
    with pytest.raises((TypeError, ValueError)) as error:
        call()
    assert str(error.value) == message

import re

import numpy as np
import pytest
import torch

import onewarm
from onewarm.errors import InputError
from onewarm.study.arms.arm import parse_arm
from onewarm.study.arms.recipe import Context

LABELS = torch.tensor([0, 2, 2, 1])
V = np.random.default_rng(0).standard_normal((4, 6)) * 3
Z = torch.from_numpy(np.random.default_rng(1).standard_normal((4, 6)) * 2).requires_grad_()


def softmax(v):
    p = np.exp(v)
    return p / p.sum(1, keepdims=True)


def target(arm, seed=0, v=V):
    return parse_arm(arm).target(LABELS, v.shape[1], Context(teacher_logits=torch.from_numpy(v), seed=seed))


def test_teacher_is_its_softmax_at_the_temperature():
    np.testing.assert_allclose(target("teacher:3").dense().numpy(), 9 * softmax(V / 3), atol=1e-12)  # T^2 its mass


def test_the_gradient_is_that_of_the_scaled_divergence():
    """T^2 KL(softmax(v / T) || softmax(z / T)), as PyTorch computes it."""
    ours = onewarm.cross_entropy(Z / 3, target("teacher:3"), reduction="sum")
    p = torch.from_numpy(softmax(V / 3))
    theirs = 9 * torch.nn.functional.kl_div((Z / 3).log_softmax(1), p, reduction="sum")
    gradients = [torch.autograd.grad(loss, Z)[0] for loss in (ours, theirs)]
    np.testing.assert_allclose(*gradients, atol=1e-6)


def test_the_largest_classes_are_scaled_to_sum_one():
    q = softmax(V / 2)
    kept = np.where(q >= np.sort(q, 1)[:, [-3]], q, 0)
    np.testing.assert_allclose(target("teacher-top:3:2").dense(), 4 * kept / kept.sum(1, keepdims=True), atol=1e-6)


def test_a_bucket_is_the_loss_of_the_kept_classes_and_the_rest_as_one_event():
    arm, t = parse_arm("teacher-bucket:2:2"), target("teacher-bucket:2:2")
    loss = onewarm.cross_entropy(Z / 2, t, reduction="none") + arm.extra(Z / 2, LABELS, t)
    q, p = softmax(V / 2), softmax(Z.detach().numpy() / 2)
    for i in range(4):
        top = np.argsort(-q[i])[:2]
        rest = -(1 - q[i, top].sum()) * np.log(1 - p[i, top].sum())
        assert loss[i].item() == pytest.approx(4 * (rest - (q[i, top] * np.log(p[i, top])).sum()), rel=1e-6)
    # The library's own target with a bucket, over the same classes.
    index = np.argsort(-q, 1)[:, :2]
    kept = np.take_along_axis(q, index, 1)
    own = onewarm.top_k(torch.from_numpy(index), torch.from_numpy(kept), num_classes=6, tail="bucket")
    np.testing.assert_allclose(
        loss.detach(), 4 * onewarm.cross_entropy(Z / 2, own, reduction="none").detach(), rtol=1e-6
    )


def test_the_gradient_of_a_bucket():
    """At the teacher's own logits every event has the teacher's probability: the gradient is 0."""
    arm, z = parse_arm("teacher-bucket:2:2"), torch.from_numpy(V.copy()).requires_grad_()
    t = target("teacher-bucket:2:2")
    (onewarm.cross_entropy(z / 2, t, reduction="sum") + arm.extra(z / 2, LABELS, t).sum()).backward()
    np.testing.assert_allclose(z.grad, 0, atol=1e-6)
    assert torch.autograd.gradcheck(lambda z: arm.extra(z, LABELS, t), (Z,))
    with pytest.raises(ValueError, match=r"^the tail of a teacher's bucket needs the rows' target$"):
        arm.extra(Z, LABELS)


def test_the_draws_of_a_sampled_teacher_have_its_mean():
    many = np.repeat(V[:1], 20000, 0)
    arm = parse_arm("teacher-sampled:5:2")
    t = arm.target(np.zeros(20000, dtype=int), 6, Context(teacher_logits=many, seed=1)).dense()
    assert np.allclose(t * 5 / 4, np.round(t * 5 / 4)) and np.allclose(t.sum(1), 4)  # shares of 5, times T^2
    q = softmax(V[:1] / 2)[0]
    error = 4 * np.sqrt(q * (1 - q) / (5 * 20000))
    assert (np.abs(t.mean(0) - 4 * q) < 4 * error).all()


def test_draws_follow_the_seed():
    a, b, c = (target("teacher-sampled:5:2", seed).dense() for seed in (0, 0, 1))
    assert (a == b).all() and (a != c).any()


def test_as_many_classes_as_there_are():
    error = "a teacher's 6 largest classes of 6 are all of them: give at most 5, or take teacher:2"
    with pytest.raises(InputError, match=f"^{re.escape(error)}$"):
        target("teacher-top:6:2")

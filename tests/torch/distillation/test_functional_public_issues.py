"""Public reports about distillation, each with the value that is right; the named rows of other libraries' trackers."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import onewarm as ow
from onewarm.errors import InputError
from onewarm.torch import distillation, linear_distillation

DOUBLE = torch.float64


def truth(z: Tensor, v: Tensor, temperature: float) -> Tensor:
    """T^2 KL(softmax(v / T) || softmax(z / T)), the mean over rows."""
    log_q, log_p = (torch.log_softmax(x / temperature, 1) for x in (v, z))
    return temperature**2 * (log_q.exp() * (log_q - log_p)).sum(1).mean()


def equal(ours: Tensor, wanted: Tensor, leaf: Tensor) -> None:
    """The same value, and the same gradient."""
    torch.testing.assert_close(ours, wanted, rtol=1e-11, atol=1e-12)
    gradients = [torch.autograd.grad(loss, leaf, retain_graph=True)[0] for loss in (ours, wanted)]
    torch.testing.assert_close(*gradients, rtol=1e-10, atol=1e-12)


def test_the_shape_of_hard_labels_is_the_leading_shape() -> None:
    """B12: labels (3, 2) beside logits (2, 3, 5) gave a loss of other rows' labels."""
    g = torch.Generator().manual_seed(0)
    z, v = (torch.randn(2, 3, 5, generator=g) for _ in range(2))
    y = torch.randint(0, 5, (2, 3), generator=g)
    distillation(z, v, hard_target=y)
    for wrong in (y.T.contiguous(), y.reshape(6), y[:, :, None], ow.one_hot(y.reshape(6), 5)[:5]):
        with pytest.raises(InputError, match=r"^hard_target has "):
            distillation(z, v, hard_target=wrong)
    with pytest.raises(
        InputError, match=r"^hard_target has shape \(3, 2, 5\): expected probabilities of shape \(2, 3, 5\)$"
    ):
        distillation(z, v, hard_target=torch.full((3, 2, 5), 0.2))


def test_a_student_that_is_its_teacher_is_at_0_in_half_precision_too() -> None:
    """EasyDeL#267: bfloat16 over 60000 classes gave 2.3e-3 at temperature 3, as the logits were divided in bfloat16."""
    z = (12 * torch.randn(2, 60000, generator=torch.Generator().manual_seed(0))).bfloat16()
    for temperature in (1, 2, 3, 0.7):
        assert distillation(z, z, temperature).item() == 0


@pytest.mark.parametrize("temperature", [4, 20, 100])
def test_a_student_near_its_teacher_in_float32(temperature: float) -> None:
    """EasyDeL#267 again: at temperature 100 a cross-entropy less an entropy, in float32, was -4.8e-3 for 4.7e-7."""
    g = torch.Generator().manual_seed(1)
    v = torch.randn(50, 1000, generator=g)
    z = v + 1e-3 * torch.randn(50, 1000, generator=g)
    exact = truth(z.double(), v.double(), temperature)
    for ours in (distillation(z, v, temperature), linear_distillation(torch.eye(50), z.T, v, temperature)):
        assert ours.item() == pytest.approx(exact.item(), rel=2e-4)


def test_the_entropy_is_that_of_the_target_as_the_loss_sees_it() -> None:
    """optax#896, LMOps#38: with a class that the student masks, KL was -.285; to what is left of the teacher .120."""
    z, v = torch.tensor([[1.0, 2.0, -torch.inf]]), torch.zeros(1, 3)
    x, w, b = z[:, :2].clone(), torch.eye(3)[:, :2], torch.tensor([0.0, 0.0, -torch.inf])
    right = (0.5 * (np.log(0.5) - torch.log_softmax(z[0, :2].double(), 0))).sum().item()  # .1201
    half = ow.top_k(torch.tensor([[0]]), torch.tensor([[0.5]]), num_classes=3)  # .5 on class 0, .5 over all
    q = torch.tensor([0.75, 0.25], dtype=DOUBLE)
    of_half = (q * (q.log() - torch.log_softmax(z[0, :2].double(), 0))).sum().item()
    for teacher, wanted in ((v, right), (ow.soft(torch.full((1, 3), 1 / 3)), right), (half, of_half)):
        for reduction in ("mean", "none"):
            kind: Any = {"reduction": reduction}
            assert distillation(z, teacher, **kind).item() == pytest.approx(wanted, rel=1e-6)
            assert linear_distillation(x, w, teacher, bias=b, **kind).item() == pytest.approx(wanted, rel=1e-6)
    named = ow.top_k(torch.tensor([[0, 2]]), torch.tensor([[0.5, 0.3]]), num_classes=3)
    assert distillation(z, named).item() == torch.inf == linear_distillation(x, w, named, bias=b).item()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, DOUBLE])
def test_a_low_temperature_and_far_logits(dtype: torch.dtype) -> None:
    """Soup#719, cls_KD#13; and B6: a float16 logit of 40000 at temperature .5 overflowed."""
    g = torch.Generator().manual_seed(2)
    z, v = ((30 * torch.randn(8, 20, generator=g)).to(dtype) for _ in range(2))
    leaf = z.clone().requires_grad_()
    wide = z.double().requires_grad_()
    loss, exact = distillation(leaf, v, 0.05), truth(wide, v.double(), 0.05)
    assert loss.item() == pytest.approx(exact.item(), rel=1e-6)
    ours, theirs = torch.autograd.grad(loss, leaf)[0], torch.autograd.grad(exact, wide)[0]
    assert (ours - theirs).norm() <= {DOUBLE: 1e-12, torch.float32: 1e-5}.get(dtype, 4e-3) * theirs.norm()
    if dtype != torch.bfloat16:
        z = torch.zeros(2, 4).to(dtype)
        z[0, 1] = 40000
        assert distillation(z, torch.zeros(2, 4), 0.5).item() == pytest.approx(
            truth(z.double(), torch.zeros(2, 4).double(), 0.5).item(), rel=1e-6
        )


def padded() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Student, teacher, labels with -100, and which rows count; logits (3, 4, 6)."""
    g = torch.Generator().manual_seed(3)
    z, v = (torch.randn(3, 4, 6, generator=g, dtype=DOUBLE) for _ in range(2))
    y = torch.randint(0, 6, (3, 4), generator=g)
    y[0, 3] = y[2, 1:] = -100
    return z.requires_grad_(), v, y, y != -100


@pytest.mark.parametrize("divergence", ["kl", "cross_entropy", "reverse_kl", "js"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_padding_is_left_out_of_both_parts(divergence: Any, reduction: Any) -> None:
    """Liger#974, MambaInLlama#11, LMOps#38, trl#5594: the hard part skipped padding, the teacher's part did not."""
    z, v, y, keep = padded()
    kind: Any = {"divergence": divergence, "reduction": reduction, "weight": 0.3}
    wanted = distillation(z[keep], v[keep], 2.0, hard_target=y[keep], **kind)
    spoilt = v.masked_fill(~keep[..., None], -torch.inf)  # a padded teacher has no distribution there
    soft = ow.soft(torch.softmax(v / 2, -1).reshape(-1, 6))
    for teacher, options in (
        (v, {"mask": keep}),
        (spoilt, {"mask": keep}),
        (spoilt, {"ignore_index": -100}),
        (spoilt, {"mask": torch.ones(3, 4, dtype=torch.bool), "ignore_index": -100}),
        (soft, {"ignore_index": -100}),
    ):
        for student in (z, torch.where(keep[..., None], z, torch.nan)):
            ours = distillation(student, teacher, 2.0, hard_target=y, **options, **kind)
            if reduction == "none":
                assert ours.shape == (3, 4) and bool((ours[~keep] == 0).all())
            torch.testing.assert_close(ours[keep] if reduction == "none" else ours, wanted, rtol=1e-10, atol=1e-12)
            ours_gradient, gradient = (
                torch.autograd.grad(loss.sum(), z, retain_graph=True)[0] for loss in (ours, wanted)
            )
            torch.testing.assert_close(ours_gradient, gradient, rtol=1e-10, atol=1e-12)
    unmasked = distillation(z, v, 2.0, hard_target=y, **kind)
    if reduction != "none":
        assert unmasked.item() != pytest.approx(wanted.item(), rel=1e-3)  # rows without a label have a teacher


def test_a_mask_without_labels_and_another_ignored_label() -> None:
    z, v, y, keep = padded()
    assert distillation(z, v, mask=keep).item() == pytest.approx(distillation(z[keep], v[keep]).item(), rel=1e-12)
    keep = y != 2
    ours = distillation(z, v, hard_target=y.where(y != -100, 0), ignore_index=2)
    keep = y.where(y != -100, 0) != 2
    wanted = distillation(z[keep], v[keep], hard_target=y.where(y != -100, 0)[keep])
    assert ours.item() == pytest.approx(wanted.item(), rel=1e-12)
    nothing = distillation(z, v, mask=torch.zeros(3, 4, dtype=torch.bool))
    assert nothing.item() == 0 and not bool(torch.autograd.grad(nothing, z)[0].any())


def test_vocabularies_of_different_padded_size() -> None:
    """trl#3028, #2215, #6252, Model-Optimizer#2489: the larger of the two is cut, a teacher's rest moves."""
    g = torch.Generator().manual_seed(4)
    for students, teachers in ((7, 5), (5, 7)):
        z = torch.randn(4, students, generator=g, dtype=DOUBLE).requires_grad_()
        v = torch.randn(4, teachers, generator=g, dtype=DOUBLE)
        y = torch.tensor([0, students - 1, 2, 3])
        kl = distillation(z[:, :5], v[:, :5], 2.0)
        wanted = 0.5 * (kl + F.cross_entropy(z, y))
        q = ow.soft(torch.softmax(v / 2, 1))
        for teacher in (v, q):
            ours = distillation(z, teacher, 2.0, hard_target=y, vocabulary="common")
            equal(ours, wanted, z)
            equal(distillation(z, teacher, 2.0, vocabulary="common"), kl, z)
    same = distillation(z, torch.zeros(4, 5), vocabulary="common")
    assert torch.equal(same, distillation(z, torch.zeros(4, 5)))


def test_top_k_over_a_larger_vocabulary() -> None:
    z = torch.randn(2, 3, generator=torch.Generator().manual_seed(5), dtype=DOUBLE)
    share = torch.tensor([[0.5, 0.3], [0.4, 0.4]], dtype=DOUBLE)
    teacher = ow.top_k(torch.tensor([[0, 4], [2, 1]]), share, num_classes=5)
    q = teacher.dense()[:, :3]
    q = q / q.sum(1, keepdim=True)
    wanted = (q * (q.log() - torch.log_softmax(z, 1))).sum(1)
    ours = distillation(z, teacher, vocabulary="common", reduction="none")
    torch.testing.assert_close(ours, wanted)
    beyond = ow.one_hot(torch.tensor([0, 4]), 5)
    text = "teacher[1] has no mass on the 3 classes that it shares with the student: leave the row out with mask="
    with pytest.raises(InputError) as caught:
        distillation(z, beyond, vocabulary="common")
    assert str(caught.value) == text
    mask = torch.tensor([True, False])
    ours = distillation(z, beyond, vocabulary="common", mask=mask)
    assert ours.item() == pytest.approx(F.cross_entropy(z[:1], torch.tensor([0])).item())

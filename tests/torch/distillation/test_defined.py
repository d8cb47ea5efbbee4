"""Divergences in operations that PyTorch differentiates, against the closed forms and finite differences."""

from typing import Any

import pytest
import torch

import onewarm as ow
from onewarm.torch.distillation.defined import defined_divergences
from onewarm.torch.distillation.parts import Part, all_rows
from onewarm.torch.distillation.teachers import LogitTeacher, TargetTeacher

DOUBLE = torch.float64
N, K = 12, 9
ALL: list[Any] = ["kl", "cross_entropy", "reverse_kl", "js"]


def teachers() -> dict[str, Any]:
    g = torch.Generator().manual_seed(0)
    v = 2 * torch.randn(N, K, generator=g, dtype=DOUBLE)
    v[3, 4] = v[5, 2] = -torch.inf
    live = torch.arange(N) != 7
    v[7] = torch.nan
    q = torch.softmax(v.nan_to_num(nan=0.0, neginf=-torch.inf) / 1.7, 1)
    share, index = q.topk(3, dim=1)
    return {
        "logits": LogitTeacher(v, 1.7, live),
        "probabilities": TargetTeacher(ow.soft(q).scale(live.double())),
        "some": TargetTeacher(ow.top_k(index, share, num_classes=K).scale(live.double() * 2)),
    }


@pytest.mark.parametrize("divergence", ALL)
@pytest.mark.parametrize("kind", ["logits", "probabilities", "some"])
@pytest.mark.parametrize("masks", [False, True])
def test_equals_the_closed_form(divergence: Any, kind: str, masks: bool) -> None:
    g = torch.Generator().manual_seed(1)
    z = 2 * torch.randn(N, K, generator=g, dtype=DOUBLE)
    if masks:
        z[3, 4] = z[5, 2] = z[6, 1] = -torch.inf
    elif divergence == "reverse_kl":
        z[3, 4] = z[5, 2] = -torch.inf  # else +inf
    z[7] = torch.nan
    teacher = teachers()[kind]
    part = Part(teacher, 1.0, 1.7, divergence, 0.3)
    losses, slopes = all_rows([part], z, gradient=True)
    z.requires_grad_()
    defined = defined_divergences(z, teacher, 1.7, divergence, 0.3)
    torch.testing.assert_close(defined.detach(), losses, rtol=1e-11, atol=1e-12)
    (gradient,) = torch.autograd.grad(torch.where(defined.isfinite(), defined, 0.0).sum(), z)
    assert slopes is not None
    finite = defined.isfinite()
    torch.testing.assert_close(gradient[finite], slopes[finite], rtol=1e-9, atol=1e-12)
    assert bool((slopes[7] == 0).all()) and losses[7] == 0


@pytest.mark.parametrize("divergence", ALL)
def test_finite_differences_of_the_second_order(divergence: Any) -> None:
    g = torch.Generator().manual_seed(2)
    z = torch.randn(3, 5, generator=g, dtype=DOUBLE).requires_grad_()
    teacher = LogitTeacher(torch.randn(3, 5, generator=g, dtype=DOUBLE), 2.0)
    loss = lambda z: defined_divergences(z, teacher, 2.0, divergence, 0.4)  # noqa: E731
    assert torch.autograd.gradcheck(loss, z) and torch.autograd.gradgradcheck(loss, z)


@pytest.mark.parametrize("divergence", ["kl", "reverse_kl", "js"])
def test_it_is_0_at_the_teacher_in_float32_and_keeps_digits_near_it(divergence: Any) -> None:
    v = torch.randn(4, 300, generator=torch.Generator().manual_seed(3))
    teacher = LogitTeacher(v, 20.0)
    assert bool((defined_divergences(v, teacher, 20.0, divergence, 0.5).abs() < 1e-12).all())
    z = v + 1e-3 * torch.randn(4, 300, generator=torch.Generator().manual_seed(4))
    exact = defined_divergences(z.double(), LogitTeacher(v.double(), 20.0), 20.0, divergence, 0.5)
    ours = defined_divergences(z, teacher, 20.0, divergence, 0.5)
    torch.testing.assert_close(ours.double(), exact, rtol=0.02, atol=0)

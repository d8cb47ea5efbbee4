"""Divergences of a block of rows against float64 and exact fractions of logarithms, near and far from the teacher."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from onewarm.distillation_options import Divergence
from onewarm.torch import distillation
from onewarm.torch.distillation.divergences import TeacherRows, row_divergences

DOUBLE = torch.float64
ALL: tuple[Divergence, ...] = ("kl", "cross_entropy", "reverse_kl", "js")


def truth(q: Tensor, p: Tensor, divergence: str, beta: float) -> Tensor:
    """The definition, in float64, with 0 log 0 = 0."""
    if divergence == "cross_entropy":
        return -torch.special.xlogy(q, p).sum(1)
    kl = lambda x, y: (torch.special.xlogy(x, x) - torch.special.xlogy(x, y)).sum(1)  # noqa: E731
    m = beta * q + (1 - beta) * p
    by_name = {"kl": lambda: kl(q, p), "reverse_kl": lambda: kl(p, q)}
    return by_name.get(divergence, lambda: beta * kl(q, m) + (1 - beta) * kl(p, m))()


def computed(z: Tensor, v: Tensor, divergence: Any, beta: float = 0.5, masked: bool = False) -> tuple[Tensor, Tensor]:
    log_q = v - v.amax(1, keepdim=True)
    total = log_q.exp().sum(1, keepdim=True)
    teacher = TeacherRows(log_q.exp() / total, None if divergence == "cross_entropy" else log_q, total, None)
    scores = z - z.amax(1, keepdim=True)
    losses, slope = row_divergences(scores, teacher, divergence, beta, masked=masked, gradient=True)
    assert slope is not None
    return losses, slope


def exact(z: Tensor, v: Tensor, divergence: str, beta: float = 0.5) -> tuple[Tensor, Tensor]:
    z = z.detach().double().clone().requires_grad_()
    losses = truth(torch.softmax(v.double(), 1), torch.softmax(z, 1), divergence, beta)
    (slope,) = torch.autograd.grad(losses.sum(), z)
    return losses.detach(), slope


@pytest.mark.parametrize("divergence", ALL)
@pytest.mark.parametrize("spread", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("beta", [0.01, 0.5, 0.9])
def test_values_and_gradients_of_far_students(divergence: str, spread: float, beta: float) -> None:
    g = torch.Generator().manual_seed(0)
    z, v = (spread * torch.randn(5, 40, generator=g, dtype=DOUBLE) for _ in range(2))
    for masked in (False, True):
        losses, slope = computed(z, v, divergence, beta, masked)
        wanted, wanted_slope = exact(z, v, divergence, beta)
        torch.testing.assert_close(losses, wanted, rtol=1e-11, atol=1e-12)
        torch.testing.assert_close(slope, wanted_slope, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("divergence", ["kl", "reverse_kl", "js"])
@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6])
def test_float32_keeps_its_digits_near_the_teacher(divergence: str, distance: float) -> None:
    """By a cross-entropy less an entropy these would be 1e-7 of either sign."""
    g = torch.Generator().manual_seed(1)
    v = torch.rand(6, 500, generator=g) / 4  # where a difference of 1e-6 is still one in float32
    z = v + distance * torch.randn(6, 500, generator=g)
    losses, slope = computed(z, v, divergence)
    lq, lp = torch.log_softmax(v.double(), 1), torch.log_softmax(z.double(), 1)
    r, q = lq - lp, lq.exp()
    series = q * r**2 / 2 * (1 if divergence != "js" else 0.25)  # to a relative error of r
    torch.testing.assert_close(losses.double(), series.sum(1), rtol=max(0.05 * distance**0.5, 4e-2), atol=0)
    wanted = exact(z, v, divergence)[1]
    assert (slope - wanted).norm() <= 0.03 * wanted.norm()


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from(["kl", "reverse_kl", "js"]), st.floats(-8, 4), st.floats(0.001, 0.999))
def test_no_divergence_is_negative(seed: int, divergence: Any, exponent: float, beta: float) -> None:
    g = torch.Generator().manual_seed(seed)
    v = 3 * torch.randn(4, 30, generator=g)
    losses, slope = computed(v + 10**exponent * torch.randn(4, 30, generator=g), v, divergence, beta)
    assert bool((losses >= 0).all()) and bool(slope.isfinite().all())
    same, none = computed(v, v.clone(), divergence, beta)
    assert same.tolist() == [0.0] * 4 and bool((none == 0).all())


def test_the_jensen_shannon_divergence_is_symmetric_and_bounded_by_log_2() -> None:
    g = torch.Generator().manual_seed(2)
    z, v = (20 * torch.randn(9, 12, generator=g, dtype=DOUBLE) for _ in range(2))
    forth, back = computed(z, v, "js")[0], computed(v, z, "js")[0]
    torch.testing.assert_close(forth, back)
    assert bool((forth <= np.log(2)).all()) and bool((forth > 0).all())
    for beta in (0.2, 0.7):
        torch.testing.assert_close(computed(z, v, "js", beta)[0], computed(v, z, "js", 1 - beta)[0])


def test_the_limits_of_the_jensen_shannon_divergence_are_kls() -> None:
    """GKD: D / (beta (1 - beta)) tends to KL(q || p) for beta to 0, and to KL(p || q) for beta to 1."""
    g = torch.Generator().manual_seed(3)
    z, v = (torch.randn(4, 10, generator=g, dtype=DOUBLE) for _ in range(2))
    for divergence, beta in (("kl", 1e-6), ("reverse_kl", 1 - 1e-6)):
        limit = computed(z, v, "js", beta)[0] / (beta * (1 - beta))
        torch.testing.assert_close(limit, computed(z, v, divergence)[0], rtol=1e-4, atol=0)


def test_masked_classes() -> None:
    z = torch.tensor([[0.0, 1.0, -torch.inf], [0.0, 1.0, 2.0], [0.0, 1.0, -torch.inf]])
    v = torch.tensor([[1.0, 0.0, -torch.inf], [1.0, 0.0, -torch.inf], [1.0, 0.0, 0.0]])
    q, p = torch.softmax(v.double(), 1), torch.softmax(z.double(), 1)
    for divergence, endless in (("kl", 2), ("cross_entropy", 2), ("reverse_kl", 1), ("js", None)):
        losses, slope = computed(z, v, divergence, 0.3, masked=True)
        wanted = truth(q, p, divergence, 0.3)
        if endless is not None:
            assert wanted[endless] == torch.inf == losses[endless]
        torch.testing.assert_close(losses.double(), wanted, rtol=1e-6, atol=0)
        finite = [i for i in range(3) if not (divergence == "reverse_kl" and i == 1)]
        assert bool(slope[finite].isfinite().all())
        if divergence in ("kl", "cross_entropy"):
            torch.testing.assert_close(slope.double(), p - q, rtol=1e-6, atol=1e-7)
        if divergence == "reverse_kl":
            assert bool(slope[1].isnan().all())
        # Without being asked to look, it shows that something is masked.
        if divergence != "js":
            assert not bool(computed(z, v, divergence)[0].isfinite().all())


def test_extreme_logits() -> None:
    z = torch.tensor([[0.0, 3e4], [-1e30, 1e30]])
    v = torch.tensor([[3e4, 0.0], [1e30, -1e30]])
    assert computed(z, v, "kl")[0].tolist() == [3e4, pytest.approx(2e30)]
    assert computed(z, v, "reverse_kl")[0].tolist() == [3e4, pytest.approx(2e30)]
    assert computed(z, v, "js")[0].tolist() == pytest.approx([np.log(2)] * 2)
    assert computed(z, v, "kl")[1].tolist() == [[-1, 1], [-1, 1]]


def test_a_rows_mass_multiplies_it() -> None:
    g = torch.Generator().manual_seed(4)
    z, v = (torch.randn(3, 5, generator=g, dtype=DOUBLE) for _ in range(2))
    q, mass = torch.softmax(v, 1), torch.tensor([[0.5], [2.0], [1.0]], dtype=DOUBLE)
    for divergence in ALL:
        wide = divergence == "cross_entropy"
        rows = TeacherRows(q * mass if wide else q.clone(), None if wide else q.log(), None, mass)
        losses, slope = row_divergences(z - z.amax(1, keepdim=True), rows, divergence, 0.5, masked=False, gradient=True)
        wanted, wanted_slope = exact(z, v, divergence)
        torch.testing.assert_close(losses, mass[:, 0] * wanted)
        torch.testing.assert_close(slope, mass * wanted_slope)
    assert row_divergences(z, rows, "kl", 0.5, masked=False, gradient=False)[1] is None


@pytest.mark.parametrize("apart", [1e-6, 1e-3, 0.09, 0.11])
@pytest.mark.parametrize("divergence", ["kl", "reverse_kl", "js"])
def test_gradients_on_both_sides_of_where_a_student_counts_as_near(divergence: Divergence, apart: float) -> None:
    """Against the gradient written out in float64: an error of some 1e-6 here once hid behind float32's tolerance."""
    generator = torch.Generator().manual_seed(5)
    v = torch.randn(20, 3, generator=generator, dtype=torch.float64)
    v[:, 1] += 1.5  # a skewed row: third-order sums are not small
    z = v + apart * (torch.rand(20, 3, generator=generator, dtype=torch.float64) - 0.5)
    z.requires_grad_()
    (found,) = torch.autograd.grad(distillation(z, v, divergence=divergence, reduction="sum"), z)
    p, q = torch.softmax(z, 1), torch.softmax(v, 1)
    m = (p + q) / 2
    right = {
        "kl": lambda: (q * (q / p).log()).sum(),
        "reverse_kl": lambda: (p * (p / q).log()).sum(),
        "js": lambda: ((q * (q / m).log()).sum() + (p * (p / m).log()).sum()) / 2,
    }[divergence]()
    (expected,) = torch.autograd.grad(right, z)
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-15)

"""Distillation against its definition in float64, torch's KL, its limit at high temperature, and bad input."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import onewarm as ow
from onewarm.torch import distillation, linear_distillation
from onewarm.torch.linear import chunks as linear_chunks

DOUBLE = torch.float64
N, D, E, V = 300, 12, 7, 90


@pytest.fixture(autouse=True)
def chunks_of_40_rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(linear_chunks, "_SMALL", 40 * V * 5)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def made(dtype: torch.dtype = DOUBLE) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Hidden rows, weight and bias of a student and of a teacher."""
    g = torch.Generator().manual_seed(3)
    sizes = ((N, D), (V, D), (V,), (N, E), (V, E), (V,))
    x, w, b, *teacher = (torch.randn(*size, generator=g, dtype=DOUBLE).to(dtype) for size in sizes)
    u, p, c = teacher
    return x.requires_grad_(), w.requires_grad_(), b.requires_grad_(), u, p, c


def labels() -> Tensor:
    y = torch.randint(0, V, (N,), generator=torch.Generator().manual_seed(4))
    y[10:20] = -100
    return y


def truth(
    z: Tensor, v: Tensor, temperature: float, y: Tensor | None = None, weight: float = 1.0, reduction: str = "batchmean"
) -> Tensor:
    """The formula, by torch's own functions."""
    kl = F.kl_div(
        *(F.log_softmax(z / temperature, dim=1), F.softmax(v / temperature, dim=1)),
        reduction="none" if reduction == "none" else reduction,
    )
    kl = kl.sum(dim=1) if reduction == "none" else kl
    hard = {"batchmean": "mean"}.get(reduction, reduction)
    rest = 0 if y is None else (1 - weight) * F.cross_entropy(z, y, reduction=hard)
    return weight * temperature**2 * kl + rest


def close(ours: Tensor, theirs: Tensor, leaves: Any, above: Tensor | None = None, rtol: float = 1e-9) -> None:
    above = torch.tensor(1.7, dtype=ours.dtype) if above is None else above
    torch.testing.assert_close(ours, theirs, rtol=rtol, atol=rtol)
    mine = torch.autograd.grad(ours, leaves, above, retain_graph=True)
    for a, b in zip(mine, torch.autograd.grad(theirs, leaves, above, retain_graph=True), strict=True):
        assert (a - b).abs().max() <= rtol * b.abs().max()


@pytest.mark.parametrize("temperature", [0.5, 1, 4.0])
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize(("reduction", "theirs"), [("mean", "batchmean"), ("sum", "sum"), ("none", "none")])
def test_equals_the_formula(temperature: float, hard: bool, reduction: Any, theirs: str) -> None:
    x, w, b, u, p, c = made()
    y, part = (labels(), 0.3) if hard else (None, None)
    z, v = F.linear(x, w, b), F.linear(u, p, c)
    above = torch.linspace(-1, 2, N, dtype=DOUBLE) if reduction == "none" else None
    expected = truth(z, v, temperature, y, 1.0 if part is None else part, theirs)
    kind: Any = {"hard_target": y, "reduction": reduction}
    close(distillation(z, v, temperature, weight=part, **kind), expected, (x, w, b), above)
    for teacher in (v, (u, p, c), ow.soft(torch.softmax(v / temperature, dim=1))):
        ours = linear_distillation(x, w, teacher, temperature, bias=b, soft_weight=part, **kind)
        close(ours, expected, (x, w, b), above)


def test_cross_entropy_is_more_by_the_entropy_of_the_teacher_and_has_the_same_gradient() -> None:
    x, w, b, u, p, c = made()
    z, v = F.linear(x, w, b), F.linear(u, p, c)
    q = ow.soft(torch.softmax(v / 3, dim=1))
    floor = 9 * q.entropy().mean()
    for ours in (
        distillation(z, v, 3, divergence="cross_entropy"),
        distillation(z, q, 3, divergence="cross_entropy"),
        linear_distillation(x, w, (u, p, c), 3, bias=b, divergence="cross_entropy"),
    ):
        close(ours - floor, truth(z, v, 3), (x, w, b))
    assert abs(distillation(v, v, 3)) < 1e-13


def test_sparse_teachers_and_left_out_rows() -> None:
    """The target as it is, whatever it is; a row without mass leaves no trace, in the mean too."""
    x, w, b, u, p, c = made()
    z, v = F.linear(x, w, b), F.linear(u, p, c)
    share, index = torch.softmax(v / 2, dim=1).topk(8, dim=1)
    keep = torch.arange(N) % 4 != 1
    q = ow.top_k(index, share, num_classes=V).scale(keep.double())
    dense = q.dense()[keep]
    log_p = F.log_softmax(z / 2, dim=1)[keep]
    expected = 4 * (dense * (dense.log() - log_p)).sum() / keep.sum()
    close(distillation(z, q, 2), expected, (x, w, b))
    close(linear_distillation(x, w, q, 2, bias=b), expected, (x, w, b))


def test_leading_shapes_are_kept() -> None:
    x, w, b, u, p, c = made()
    z, v, y = F.linear(x, w, b), F.linear(u, p, c), labels()
    kind: Any = {"hard_target": y.reshape(3, 100), "reduction": "none"}
    flat = distillation(z, v, 2, hard_target=y, reduction="none")
    deep = distillation(z.reshape(3, 100, V), v.reshape(3, 100, V), 2, **kind)
    assert deep.shape == (3, 100)
    torch.testing.assert_close(deep.flatten(), flat)
    for teacher in (v.reshape(3, 100, V), (u.reshape(3, 100, E), p, c)):
        deep = linear_distillation(x.reshape(3, 100, D), w, teacher, 2, bias=b, **kind)
        torch.testing.assert_close(deep, flat.reshape(3, 100))


def test_gradient_at_high_temperature_keeps_its_size() -> None:
    """T (softmax(z/T) - softmax(v/T)) tends to ((z - mean z) - (v - mean v)) / K; without T^2 it falls as 1 / T^2."""
    g = torch.Generator().manual_seed(0)
    z, v = (3 * torch.randn(1, 10, generator=g, dtype=DOUBLE) for _ in range(2))
    z.requires_grad_()
    limit = ((z - z.mean()) - (v - v.mean())).detach() / 10
    distances = []
    for temperature in (1, 2, 4, 8, 16, 32, 1024):
        (gradient,) = torch.autograd.grad(distillation(z, v, temperature), z)
        closed = temperature * (torch.softmax(z.detach() / temperature, 1) - torch.softmax(v / temperature, 1))
        torch.testing.assert_close(gradient, closed)
        distances.append(float((gradient - limit).norm() / limit.norm()))
    assert distances[-1] < 0.01 and distances[-2] < 0.2
    assert distances[3:] == sorted(distances[3:], reverse=True)


def test_finite_differences() -> None:
    x, w, b, u, p, c = (t.detach() for t in made())
    x, w, b, u, p, c = x[:6, :3], w[:9, :3], b[:9], u[:6], p[:9], c[:9]
    leaves = [t.clone().requires_grad_() for t in (x, w, b)]
    y = torch.tensor([0, 1, -100, 8, 2, 2])

    def loss(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
        return linear_distillation(x, w, (u, p, c), 2.5, bias=b, hard_target=y, soft_weight=0.4)

    assert torch.autograd.gradcheck(loss, leaves)
    z = F.linear(x, w, b).requires_grad_()
    ours = lambda z: distillation(z, F.linear(u, p, c), 2.5, hard_target=y)  # noqa: E731
    assert torch.autograd.gradcheck(ours, z, nondet_tol=1e-12)  # a second pass rounds in another order


def test_float32_and_half_students() -> None:
    """Against float64: the loss to float32's digits, whatever the student's dtype."""
    wide = made()
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        x, w, b, u, p, c = (t.detach().to(dtype) for t in wide)
        w.requires_grad_()
        exact = [t.detach().double() for t in (x, w, b, u, p, c)]
        expected = truth(F.linear(*exact[:3]), F.linear(*exact[3:]), 2.0, labels(), 0.5)
        loss = linear_distillation(x, w, (u, p, c), 2.0, bias=b, hard_target=labels())
        loss.backward()
        assert loss.dtype == torch.float32 and w.grad is not None and w.grad.dtype == dtype
        torch.testing.assert_close(loss.double(), expected, rtol=2e-6, atol=0)


def test_no_gradient_goes_to_the_teacher() -> None:
    z, v = torch.zeros(2, 3, requires_grad=True), torch.ones(2, 3).cumsum(1).requires_grad_()
    distillation(z, v, 2).backward()
    assert z.grad is not None and v.grad is None


@pytest.mark.parametrize("number", [np.float32, np.float64, np.array, torch.tensor])
def test_numbers_of_any_library(number: Any) -> None:
    x, w, b, u, p, c = (t.detach() for t in made())
    z, v, y = F.linear(x, w, b), F.linear(u, p, c), labels()
    for loss in (
        lambda t, weight: distillation(z, v, t, hard_target=y, weight=weight),
        lambda t, weight: linear_distillation(x, w, (u, p, c), t, bias=b, hard_target=y, soft_weight=weight),
    ):
        assert torch.equal(loss(number(2.5), number(0.25)), loss(2.5, 0.25))
        with pytest.raises(ValueError, match=r"^temperature is .*-1.*: expected a finite number above 0$"):
            loss(number(-1.0), number(0.25))
        with pytest.raises(ValueError, match=r"^(soft_)?weight is .*1.5.*: expected a number in \[0, 1\]$"):
            loss(number(2.5), number(1.5))


Z, V3 = torch.zeros(2, 3), torch.zeros(2, 3)
NEGATIVE = ow.smooth(torch.tensor([0, 1]), torch.tensor([0.1, -0.1]), num_classes=3)


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        (
            {"student_logits": torch.zeros(2, 3, dtype=torch.int64)},
            TypeError,
            "student_logits has dtype torch.int64: expected floating point",
        ),
        ({"student_logits": torch.zeros(2, 0)}, ValueError, "student_logits has shape (2, 0): expected (..., K)"),
        (
            {"student_logits": torch.tensor([[0.0, 0, 0], [torch.inf, 0, 0]])},
            ValueError,
            "student_logits[1, 0] is inf: the loss of this row is undefined; mask a class with -inf; +inf has no "
            "softmax",
        ),
        (
            {"hard_target": torch.tensor([[0], [1]])},
            ValueError,
            "hard_target has shape (2, 1): expected labels of shape (2,)",
        ),
        (
            {"hard_target": torch.full((2, 4), 0.25)},
            ValueError,
            "hard_target has shape (2, 4): expected probabilities of shape (2, 3)",
        ),
        ({"vocabulary": "padded"}, ValueError, "vocabulary is 'padded': expected 'equal' or 'common'"),
        (
            {"teacher": ow.one_hot(torch.tensor([0, 1]), 5)},
            ValueError,
            "teacher has 5 classes, student_logits 3: expected the same; for vocabularies padded to different sizes "
            "pass vocabulary='common'",
        ),
        (
            {"teacher": ow.one_hot(torch.tensor([0]), 3)},
            ValueError,
            "teacher has 1 rows, the student 2: expected one for each",
        ),
        ({"temperature": 0}, ValueError, "temperature is 0: expected a finite number above 0"),
        ({"temperature": "2"}, ValueError, "temperature is '2': expected a finite number above 0"),
        ({"temperature": float("nan")}, ValueError, "temperature is nan: expected a finite number above 0"),
        (
            {"weight": 0.3},
            ValueError,
            "weight is 0.3 but hard_target is None: pass hard_target, or leave weight out",
        ),
        (
            {"weight": 1.5, "hard_target": torch.tensor([0, 1])},
            ValueError,
            "weight is 1.5: expected a number in [0, 1]",
        ),
        (
            {"divergence": "l2"},
            ValueError,
            "divergence is 'l2': expected 'kl', 'cross_entropy', 'reverse_kl' or 'js'",
        ),
        ({"divergence": "js", "beta": 1.5}, ValueError, "beta is 1.5: expected a number in [0, 1]"),
        ({"student_logits": np.zeros((2, 3))}, TypeError, "student_logits is a ndarray: expected a PyTorch tensor"),
        (
            {"teacher": torch.zeros(2, 4)},
            ValueError,
            "teacher has shape (2, 4): expected (2, 3) as of student_logits; for vocabularies padded to different "
            "sizes pass vocabulary='common'",
        ),
        (
            {"teacher": torch.tensor([0, 1])},
            TypeError,
            "teacher is torch.int64: expected a tensor of logits, or a SoftTarget",
        ),
        (
            {"teacher": torch.tensor([[0.0, 0, 0], [0, torch.nan, 0]])},
            ValueError,
            "teacher[1, 1] is nan: the loss of this row is undefined; look for an overflow or a division by zero "
            "before it",
        ),
        (
            {"teacher": NEGATIVE},
            ValueError,
            "teacher[1] has a negative entry, so KL is not defined: pass divergence='cross_entropy'",
        ),
    ],
)
def test_bad_input(change: dict[str, Any], error: type[Exception], text: str) -> None:
    arguments: dict[str, Any] = {"student_logits": Z, "teacher": V3} | change
    with pytest.raises(error) as caught:
        distillation(**arguments)
    assert str(caught.value) == text


@pytest.mark.parametrize("divergence", ["reverse_kl", "js"])
def test_other_divergences_by_their_definitions(divergence: Any) -> None:
    """Liger#252, #408, #425, trl#1814: with T^2 like KL; dense, by a target, by a layer; beta as in TRL's GKD."""
    x, w, b, u, p, c = made()
    z, v = F.linear(x, w, b), F.linear(u, p, c)
    q, s = torch.softmax(v / 3, 1), torch.softmax(z / 3, 1)
    m = 0.2 * q + 0.8 * s
    kl = lambda one, other: (one * (one.log() - other.log())).sum(1).mean()  # noqa: E731
    wanted = 9 * (kl(s, q) if divergence == "reverse_kl" else 0.2 * kl(q, m) + 0.8 * kl(s, m))
    kind: Any = {"divergence": divergence, "beta": 0.2}
    for teacher in (v, ow.soft(q)):
        close(distillation(z, teacher, 3.0, **kind), wanted, (x, w, b))
        close(linear_distillation(x, w, teacher, 3.0, bias=b, **kind), wanted, (x, w, b))
    close(linear_distillation(x, w, (u, p, c), 3.0, bias=b, **kind), wanted, (x, w, b))
    for beta, other in ((0, "kl"), (1, "reverse_kl"), (torch.tensor(1.0), "reverse_kl")):
        same: Any = {"divergence": other}
        assert torch.equal(distillation(z, v, 3.0, divergence="js", beta=beta), distillation(z, v, 3.0, **same))  # type: ignore[arg-type]

"""Distillation of a linear layer: against the dense form, masks and padded vocabularies, memory, compiled code."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

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


def close(ours: Tensor, theirs: Tensor, leaves: Any, above: Tensor | None = None, rtol: float = 1e-9) -> None:
    above = torch.tensor(1.7, dtype=ours.dtype) if above is None else above
    torch.testing.assert_close(ours, theirs, rtol=rtol, atol=rtol)
    mine = torch.autograd.grad(ours, leaves, above, retain_graph=True)
    for a, b in zip(mine, torch.autograd.grad(theirs, leaves, above, retain_graph=True), strict=True):
        assert (a - b).abs().max() <= rtol * b.abs().max()


@pytest.mark.parametrize("divergence", ["kl", "cross_entropy", "reverse_kl", "js"])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_equals_the_dense_form(divergence: Any, reduction: Any) -> None:
    """With a mask, ignored labels and a padded teacher: Liger#974, trl#3028."""
    x, w, b, u, p, c = made()
    z, v = F.linear(x, w, b), F.linear(u, p, c)
    above = torch.linspace(-1, 2, N, dtype=DOUBLE) if reduction == "none" else None
    mask = torch.arange(N) % 5 != 0
    shared: Any = {"hard_target": labels(), "divergence": divergence, "beta": 0.7, "reduction": reduction}
    for options in ({}, {"mask": mask}, {"mask": mask, "ignore_index": -100}):
        wanted = distillation(z, v, 1.5, weight=0.4, **shared, **options)
        q = ow.soft(torch.softmax(v / 1.5, 1))
        for teacher in (v, (u, p, c), q):
            ours = linear_distillation(x, w, teacher, 1.5, bias=b, soft_weight=0.4, **shared, **options)
            close(ours, wanted, (x, w, b), above)
    for k, extra in ((V - 7, 0), (V, 7)):  # the student's vocabulary, or the teacher's, is the larger one
        teacher_rows = torch.cat([p[:k], torch.ones(extra, E, dtype=DOUBLE)])
        teacher_bias = torch.cat([c[:k], torch.ones(extra, dtype=DOUBLE)])
        v = F.linear(u, teacher_rows, teacher_bias)
        wanted = distillation(z, v, 1.5, vocabulary="common", **shared)
        for teacher in (v, (u, teacher_rows, teacher_bias), ow.soft(torch.softmax(v / 1.5, 1))):
            ours = linear_distillation(x, w, teacher, 1.5, bias=b, vocabulary="common", **shared)
            close(ours, wanted, (x, w, b), above)


def test_a_second_backward_pass_and_what_autograd_saves() -> None:
    x, w, b, u, p, c = made()
    loss = linear_distillation(x, w, (u, p, c), 2.0, bias=b, hard_target=labels(), divergence="js")
    first = torch.autograd.grad(loss, (x, w, b), retain_graph=True)
    again = torch.autograd.grad(loss, (x, w, b), retain_graph=True)
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    p.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        torch.autograd.grad(loss, x)
    y = labels()
    loss = linear_distillation(x, w, (u, p, c), 2.0, bias=b, hard_target=y, reduction="none").sum()
    y.fill_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        torch.autograd.grad(loss, x)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_compiled_code_leaves_the_linear_form_out_of_its_graphs() -> None:
    x, w, b, u, p, c = made()

    def loss(x: Tensor, w: Tensor) -> Tensor:
        return linear_distillation(2 * x, w, (u, p, c), 2.0, bias=b, hard_target=labels()) * 3

    torch.compiler.reset()
    compiled = torch.compile(loss, backend="aot_eager")(x, w)
    close(compiled, loss(x, w), (x, w))


@pytest.mark.long
def test_the_compiler_is_not_imported_with_the_losses() -> None:
    """It takes as long as half of PyTorch; a decorator that leaves a function out of graphs would import it."""
    code = "import sys, onewarm.torch; print('torch._dynamo' in sys.modules)"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_bad_teachers_of_the_linear_form() -> None:
    x, w, _, u, p, c = (t.detach() for t in made())
    for teacher, error, text in (
        (
            (u,),
            TypeError,
            "teacher is tuple: expected logits, a SoftTarget, (hidden, weight) or (hidden, weight, bias)",
        ),
        ((u, p[:, 1:]), ValueError, f"teacher: hidden has shape ({N}, {E}) and weight ({V}, {E - 1}): expected "),
        (
            (u, p[1:]),
            ValueError,
            f"teacher has rows of shape ({N},) over {V - 1} classes, the student ({N},) over {V}: expected the same; "
            "for vocabularies padded to different sizes pass vocabulary='common'",
        ),
        ((u[1:], p), ValueError, f"teacher has rows of shape ({N - 1},) over {V} classes"),
        (torch.zeros(N, 2), ValueError, f"teacher has shape ({N}, 2): expected ({N}, {V}) as of hidden"),
        (ow.one_hot(labels(), V + 1), ValueError, f"teacher has {V + 1} classes, weight {V}: expected the same"),
        ((u.where(torch.arange(N)[:, None] != 77, torch.nan), p), ValueError, "teacher[77, 0] is nan: the loss of"),
    ):
        with pytest.raises(error) as caught:
            linear_distillation(x, w, teacher)
        assert str(caught.value).startswith(text)
    with pytest.raises(ValueError, match=r"soft_weight is 2: expected a number in \[0, 1\]"):
        linear_distillation(x, w, (u, p, c), hard_target=labels(), soft_weight=2)

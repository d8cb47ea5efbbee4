"""One term of the loss on chunks: in closed form and by the kernel, against autograd on dense float64 targets."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import onewarm as ow
from onewarm import definition
from onewarm.torch import linear_cross_entropy
from onewarm.torch.linear import terms
from onewarm.torch.linear.terms import Term, TermLoss, suits_closed_form

DOUBLE = torch.float64
N, D, V = 12, 4, 9
LIKE: dict[str, Any] = {"dtype": DOUBLE, "device": torch.device("cpu")}


def normal(*size: int, seed: int = 0) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


X, W, B = normal(N, D), normal(V, D, seed=1), normal(V, seed=2)
LABELS = torch.arange(N) % V


def table_target(rows: int, parts: int, named: int) -> ow.SoftTarget:
    g = torch.Generator().manual_seed(rows + parts)
    return ow.SoftTarget(
        index=torch.randint(0, V, (N, named), generator=g),
        weight=normal(N, named, seed=3),
        table=torch.softmax(normal(rows, V, seed=4), 1),
        table_index=torch.randint(0, rows, (N, parts), generator=g),
        table_weight=normal(N, parts, seed=5),
        num_classes=V,
    )


def blocks() -> Iterator[tuple[slice, Tensor]]:
    for part in (slice(0, 4), slice(4, V)):
        yield part, W[part]


def term_loss(term: Term, bias: Tensor | None = B, *, closed_form: bool = True) -> TermLoss:
    return TermLoss(term, bias, blocks, LIKE, closed_form=closed_form)


def scaled_logits(term: Term, rows: slice, bias: Tensor | None = B) -> Tensor:
    return F.linear(X[rows], W, bias) / term.temperature


def truth(term: Term, upstream: Tensor, bias: Tensor | None = B) -> list[Tensor]:
    """Losses, and the gradients of hidden, weight and bias, by autograd on the dense target."""
    x, w, b = (None if leaf is None else leaf.clone().requires_grad_() for leaf in (X, W, bias))
    z = F.linear(x, w, b) / term.temperature
    t = term.target.dense().double()
    lse = torch.logsumexp(z, 1)
    losses = t.sum(1) * (lse + term.z_loss * lse**2) - (t * z).sum(1)
    losses = term.scale * losses
    leaves = [leaf for leaf in (x, w, b) if leaf is not None]
    return [losses.detach(), *torch.autograd.grad((upstream * losses).sum(), leaves)]


@pytest.mark.parametrize("closed_form", [True, False])
@pytest.mark.parametrize(
    "term",
    [
        Term(table_target(1, 1, 1)),
        Term(table_target(1, 3, 0), scale=0.3, temperature=2.0),
        Term(table_target(4, 2, 3), scale=-1.5, temperature=0.5, z_loss=0.01),
        Term(table_target(2, 1, 1), scale=2.0),
        Term(ow.one_hot(LABELS, V), temperature=3.0, z_loss=0.1),
    ],
    ids=["one row", "one row for three parts", "four rows", "two rows", "no table"],
)
@pytest.mark.parametrize("bias", [B, None], ids=["bias", "no bias"])
def test_losses_and_gradients(
    term: Term, closed_form: bool, bias: Tensor | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two chunks, whose factors are used in another order than they were made in: nothing depends on the last call."""
    monkeypatch.setattr(terms, "ROWS_A_TABLE_ROW", 1)
    upstream = normal(N, seed=7)
    ours = term_loss(term, bias, closed_form=closed_form)
    assert (ours.table is not None) == (closed_form and term.target.table is not None)
    chunks = [slice(0, 5), slice(5, N)]
    results = []
    for rows in chunks:
        z = scaled_logits(term, rows, bias)
        losses, factors = ours.chunk(z, X[rows], rows, upstream[rows], gradient=True)
        results.append((losses, z, factors))
    d_hidden, d_weight, d_bias = (
        torch.zeros(N, D, dtype=DOUBLE),
        torch.zeros(V, D, dtype=DOUBLE),
        torch.zeros(V).double(),
    )
    for rows, (_, z, factors) in reversed(list(zip(chunks, results, strict=True))):
        dx = z @ W
        ours.add_to_hidden(dx, factors)
        d_hidden[rows] = dx
        d_weight += z.T @ X[rows]
        d_bias += z.sum(0)
    ours.add_to_layer(d_weight, d_bias)
    made = [torch.cat([losses for losses, _, _ in results]), d_hidden, d_weight, d_bias]
    wanted = truth(term, upstream, bias)
    for name, a, b in zip(("losses", "hidden", "weight", "bias"), made, wanted, strict=bias is not None):
        torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-11, msg=lambda text, name=name: f"{name}: {text}")


@pytest.mark.parametrize("closed_form", [True, False])
def test_without_a_gradient_the_logits_stay(closed_form: bool) -> None:
    term = Term(table_target(1, 1, 1))
    z, everything = scaled_logits(term, slice(0, N)), slice(0, N)
    before = z.clone()
    losses, factors = term_loss(term, closed_form=closed_form).chunk(z, X, everything, None, gradient=False)
    assert factors is None and torch.equal(z, before)
    torch.testing.assert_close(losses, truth(term, torch.ones(N))[0])


def test_rows_may_be_picked_by_index() -> None:
    term, rows = Term(table_target(1, 2, 1)), torch.tensor([7, 0, 11])
    losses, _ = term_loss(term).chunk(F.linear(X, W, B)[rows], X[rows], rows, None, gradient=False)
    torch.testing.assert_close(losses, truth(term, torch.ones(N))[0][rows])


@pytest.mark.parametrize(
    ("rows", "references", "cheaper"),
    [(1, 1, True), (2, 512, True), (2, 511, False), (3, 768, True), (3, 767, False)],
)
def test_few_table_rows_for_many_references_are_cheaper_in_closed_form(
    rows: int, references: int, cheaper: bool
) -> None:
    target = ow.SoftTarget(
        index=torch.zeros(references, 0, dtype=torch.int64),
        weight=torch.zeros(references, 0),
        table=torch.full((rows, 2), 0.5),
        table_index=torch.zeros(references, 1, dtype=torch.int64),
        table_weight=torch.ones(references, 1),
        num_classes=2,
    )
    assert suits_closed_form(target) == cheaper
    assert not suits_closed_form(ow.one_hot(torch.zeros(references, dtype=torch.int64), 2))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_half_precision_table_is_widened_not_rounded_again(dtype: torch.dtype) -> None:
    target = table_target(6, 2, 1)
    half = ow.SoftTarget(
        index=target.index,
        weight=target.weight,
        table=target.table.to(dtype),  # type: ignore[union-attr]
        table_index=target.table_index,
        table_weight=target.table_weight,
        num_classes=V,
    )
    z = F.linear(X, W, B)
    losses, _ = term_loss(Term(half), closed_form=False).chunk(z, X, slice(0, N), None, gradient=False)
    torch.testing.assert_close(losses, truth(Term(half), torch.ones(N))[0], rtol=1e-12, atol=1e-12)


def test_where_there_is_no_kernel_the_definition_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a device without one: the same chunks, in PyTorch's operations."""
    monkeypatch.setattr(terms, "kernel_of", lambda z: "")
    x, w, b = (leaf.clone().requires_grad_() for leaf in (X, W, B))
    for target in (ow.one_hot(LABELS, V), ow.smooth(LABELS, 0.1, num_classes=V), table_target(N, 2, 1)):
        ours = linear_cross_entropy(x, w, target, bias=b, z_loss=0.01)
        wanted = definition.cross_entropy(F.linear(x, w, b), target, z_loss=0.01)
        torch.testing.assert_close(ours, wanted, rtol=1e-11, atol=1e-11)
        for mine, exact in zip(
            torch.autograd.grad(ours, (x, w, b)), torch.autograd.grad(wanted, (x, w, b)), strict=True
        ):
            torch.testing.assert_close(mine, exact, rtol=1e-11, atol=1e-11)
        with torch.no_grad():
            torch.testing.assert_close(ours, linear_cross_entropy(x, w, target, bias=b, z_loss=0.01))


def test_the_gpu_kernel_in_the_interpreter() -> None:
    """The same chunks with the Triton kernel, in a process of its own: Triton reads the variable when imported."""
    if importlib.util.find_spec("triton") is None:
        pytest.skip("no Triton on this machine")
    text = """
import torch, onewarm as ow
from onewarm.torch import linear_cross_entropy
from onewarm.torch.linear import chunks, terms
x, w, b = (torch.randn(*size, generator=torch.Generator().manual_seed(1)) for size in ((12, 4), (9, 4), (9,)))
w.requires_grad_()
y = torch.arange(12) % 9
targets = [ow.smooth(y, 0.1, num_classes=9), ow.soft(torch.softmax(x @ x[:9].T, dim=1))]
results = []
chunks._SMALL, chunks._MOST = 1, 8
for kernel in ("cpu", "triton"):
    terms.kernel_of = lambda z: kernel
    for target in targets:
        loss = linear_cross_entropy(x, w, target, bias=b, z_loss=0.01)
        results += [loss.detach(), *torch.autograd.grad(loss, w)]
for cpu, triton in zip(results[:4], results[4:], strict=True):
    torch.testing.assert_close(cpu, triton, rtol=1e-5, atol=1e-6)
print("equal")
"""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text],
        env=os.environ | {"TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.stdout == "equal\n", ran.stderr[-3000:]

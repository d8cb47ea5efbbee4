"""Chunks of a linear layer: memory, what is read and made, bounds, and the errors of a chunk."""

import math
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

import onewarm as ow
from onewarm import definition
from onewarm.torch import linear_cross_entropy
from onewarm.torch.linear import chunks
from onewarm.torch.linear.chunks import Layer, chunk_rows, run
from onewarm.torch.linear.terms import Term

DOUBLE = torch.float64
N, D, V = 600, 12, 90


@pytest.fixture(autouse=True)
def chunks_of_40_rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(chunks, "_SMALL", 40 * V)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def made(n: int = N, d: int = D, v: int = V, dtype: torch.dtype = DOUBLE) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Hidden states, weight, bias and labels."""
    g = torch.Generator().manual_seed(n + v)
    x, w, b = (torch.randn(*size, generator=g, dtype=DOUBLE).to(dtype) for size in ((n, d), (v, d), (v,)))
    return x.requires_grad_(), w.requires_grad_(), b.requires_grad_(), torch.randint(0, v, (n,), generator=g)


def teacher(rows: int) -> ow.SoftTarget:
    return ow.soft(torch.softmax(torch.randn(rows, V, generator=torch.Generator().manual_seed(1), dtype=DOUBLE), 1))


def truth(x: Tensor, w: Tensor, b: Tensor | None, terms: list[Term]) -> Tensor:
    """The loss of each row by the definition, on logits formed at once."""
    z = F.linear(x, w, b)
    losses = [
        term.scale * definition.cross_entropy(z / term.temperature, term.target, reduction="none", z_loss=term.z_loss)
        for term in terms
    ]
    return torch.stack(losses).sum(0)


@pytest.mark.parametrize("ignored", [False, True])
def test_the_sum_of_several_terms_and_its_gradients(ignored: bool) -> None:
    """A teacher at temperature 2 and labels in one pass; a row without mass in one may have mass in the other."""
    x, w, b, y = made()
    soft = teacher(N)
    if ignored:
        y[100:300] = -100
        soft = soft.scale((torch.arange(N) < 200).double())
    terms = [
        Term(soft, scale=0.7, temperature=2.0),
        Term(ow.smooth(ow.one_hot(y, V), 0.1), scale=0.3, z_loss=0.01),
    ]
    upstream = torch.linspace(-1, 2, N, dtype=DOUBLE)
    wanted = truth(x, w, b, terms)
    losses, gradients = run(Layer(x, w, b), terms, upstream=upstream, wanted=(True, True, True))
    torch.testing.assert_close(losses, wanted, rtol=1e-11, atol=1e-11)
    for ours, exact in zip(gradients, torch.autograd.grad((upstream * wanted).sum(), (x, w, b)), strict=True):
        torch.testing.assert_close(ours, exact, rtol=1e-10, atol=1e-10)


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 9))
def test_a_chunk_is_never_empty_nor_more_than_all_rows(rows: int, classes: int, buffers: int) -> None:
    size = chunk_rows(rows, classes, buffers)
    assert 1 <= size <= max(rows, 1)
    assert size == 1 or size == rows or size % 8 == 0
    assert size * buffers <= max(2**20 // classes, 16, min(rows // 27, 512)) or size == 1


def test_the_dtype_of_the_arithmetic_is_the_widest() -> None:
    half, single, double = (torch.zeros(2, 2, dtype=dtype) for dtype in (torch.float16, torch.float32, DOUBLE))
    assert Layer(half, half, None).dtype == Layer(half, single, half[0]).dtype == torch.float32
    assert Layer(half, half, double[0]).dtype == Layer(half, double, None).dtype == DOUBLE


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("transposed", [False, True])
def test_blocks_are_the_weight(dtype: torch.dtype, transposed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "_WIDENED", 20 * D)
    monkeypatch.setattr(chunks, "_CACHED", 50 * D)
    x, w, b, _ = (leaf.detach() for leaf in made(dtype=dtype))
    layer = Layer(x, w, b)
    parts = list(layer.blocks(transposed=transposed))
    assert torch.equal(torch.cat([part for _, part in parts]), w.float())
    assert [i for rows, _ in parts for i in range(V)[rows]] == list(range(V))
    expected = 5 if dtype == torch.bfloat16 else 2 if transposed else 1
    assert len(parts) == expected and all(part.dtype == torch.float32 for _, part in parts)
    z = torch.empty(3, V)
    layer.logits(x[:3].float(), z)
    torch.testing.assert_close(z, F.linear(x[:3].float(), w.float(), b.float()))


class Largest(TorchDispatchMode):
    """Bytes of the largest tensor that an operation made, views and results in place aside."""

    def __init__(self, *known: int) -> None:
        super().__init__()
        self.known, self.bytes = known, 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, (tuple, list)) else [result]:
            if isinstance(tensor, Tensor) and tensor.untyped_storage().nbytes() not in self.known:
                self.bytes = max(self.bytes, tensor.untyped_storage().nbytes())
        return result


@pytest.mark.parametrize("name", ["hard", "smooth", "prior", "top 8"])
def test_memory_is_a_chunk_and_the_gradients(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No tensor but the gradients is larger than one buffer of chunk_rows logits; NumPy holds less than that."""
    monkeypatch.undo()
    n, d, v = 1120, 8, 30000
    x, w, _, y = made(n, d, v, torch.float32)
    chunk = chunk_rows(n, v)
    target = {
        "hard": lambda: ow.one_hot(y, v),
        "smooth": lambda: ow.smooth(y, 0.1, num_classes=v),
        "prior": lambda: ow.smooth(y, 0.1, prior=torch.softmax(torch.arange(v) / v, dim=0)),
        "top 8": lambda: ow.top_k(torch.arange(8).expand(n, 8), torch.full((n, 8), 0.1), num_classes=v),
    }[name]()
    assert chunk == 40 and chunk * v * 4 <= 0.05 * n * v * 4
    inputs = {t.untyped_storage().nbytes() for t in (x, w)} | {n * v * 8}
    inputs |= {t.untyped_storage().nbytes() for t in (target.index, target.table, target.weight) if t is not None}
    with Largest():  # compile, import
        linear_cross_entropy(x[:300], w, target[:300]).backward()
    with Largest(*inputs) as of_torch:
        tracemalloc.start()
        linear_cross_entropy(x, w, target).backward()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert of_torch.bytes == chunk * v * 4
    assert peak < 0.01 * n * v * 4


@pytest.mark.parametrize("which", [(True, False, False), (False, True, False), (False, False, True), (False,) * 3])
@pytest.mark.parametrize("rows", [1, N])
def test_gradients_that_are_not_wanted_are_not_made(which: tuple[bool, bool, bool], rows: int) -> None:
    """In closed form (a table of one row) and by the kernel."""
    x, w, b, y = made()
    target = teacher(N) if rows == N else ow.smooth(y, 0.2, prior=teacher(1).dense()[0])
    losses, gradients = run(Layer(x, w, b), [Term(target)], wanted=which)
    wanted = truth(x, w, b, [Term(target)])
    torch.testing.assert_close(losses, wanted, rtol=1e-11, atol=1e-11)
    exact = torch.autograd.grad(wanted.sum(), (x, w, b))
    for ours, asked, gradient in zip(gradients, which, exact, strict=True):
        assert (ours is not None) == asked
        if ours is not None:
            torch.testing.assert_close(ours, gradient, rtol=1e-10, atol=1e-10)


def test_ignored_rows_are_not_read_and_get_no_gradient() -> None:
    x, w, b, y = made()
    y[10:200:3] = -100
    clean = linear_cross_entropy(x, w, ow.smooth(ow.one_hot(y, V), 0.1), bias=b)
    with torch.no_grad():
        x[y == -100] = torch.nan
    loss = linear_cross_entropy(x, w, ow.smooth(ow.one_hot(y, V), 0.1), bias=b)
    loss.backward()
    assert torch.equal(loss, clean)
    assert x.grad is not None and (x.grad[y == -100] == 0).all() and (x.grad[y != -100] != 0).any(dim=1).all()
    assert w.grad is not None and w.grad.isfinite().all()


def test_a_class_masked_by_overflow_gets_no_mass_of_the_table() -> None:
    x, w = torch.full((300, 1), 1e18), torch.tensor([[-1e21], [1.0], [2.0]])
    target = ow.smooth(torch.full((300,), 2), 0.2, num_classes=3)
    ours = linear_cross_entropy(x, w, target)
    torch.testing.assert_close(ours, definition.cross_entropy(x @ w.T, target))
    assert ours.isfinite()


@pytest.mark.parametrize(
    ("x", "w", "b", "finite"),
    [
        (1e18, 1e18, 0.0, True),
        (1e19, 1e19, 0.0, False),  # 1e38 would be the largest logit, a tenth of float32's range the bound
        (1.0, 1.0, 3e37, True),
        (1.0, 1.0, 4e37, False),
        (1.0, 1.0, -math.inf, False),
        (math.nan, 1.0, 0.0, False),
    ],
)
def test_the_bound_on_logits(x: float, w: float, b: float, finite: bool) -> None:
    layer = Layer(torch.full((2, 1), x), torch.full((3, 1), w / math.sqrt(3)), torch.full((3,), b))
    terms = [Term(ow.one_hot(torch.tensor([0, 1]), 3))]
    assert chunks._Run(layer, terms, None, (False,) * 3).all_finite() == finite


def test_a_bad_number_is_named_where_it_is() -> None:
    x, w, b, y = (leaf.detach() for leaf in made())
    y[5:60] = -100  # rows are counted before the ignored ones are left out
    end = "the loss is undefined; look for an overflow or a division by zero before it"
    for name, place, value in (("hidden", (170, 3), torch.nan), ("weight", (8, 2), torch.inf)):
        bad = {"hidden": x.clone(), "weight": w.clone()}
        bad[name][place] = value
        with pytest.raises(ValueError) as caught:
            linear_cross_entropy(bad["hidden"], bad["weight"], y, bias=b)
        assert str(caught.value) == f"{name}{list(place)} is {value:g}: {end}"
    x, w = x.float(), w.float()
    x[170], w[:, :] = 1e30, 0
    w[8] = 1e30
    with pytest.raises(ValueError) as caught:
        linear_cross_entropy(x, w, y)
    assert str(caught.value).startswith("logits[170, 8] is inf: the loss of this row is undefined;")


def test_a_row_with_every_class_masked() -> None:
    x, w, b, y = (leaf.detach() for leaf in made())
    y[0] = -100
    with pytest.raises(ValueError) as caught:
        linear_cross_entropy(x, w, y, bias=b - torch.inf)
    assert str(caught.value) == (
        "logits[1] is -inf in every class: the loss of this row is undefined; leave one class unmasked or ignore "
        "the row"
    )

"""The loss of a linear layer against the same loss of formed logits, float64 truth, finite differences, and limits."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import onewarm as ow
from onewarm import definition
from onewarm.torch import LinearCrossEntropyLoss, linear_cross_entropy
from onewarm.torch.linear import chunks as linear_chunks

DOUBLE = torch.float64
N, D, V = 600, 12, 90


@pytest.fixture(autouse=True)
def chunks_of_40_rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(linear_chunks, "_SMALL", 40 * V)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def made(
    n: int = N, d: int = D, v: int = V, dtype: torch.dtype = DOUBLE, *, bias: bool = True
) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
    g = torch.Generator().manual_seed(n + v)
    x, w, b = (torch.randn(*size, generator=g, dtype=DOUBLE) for size in ((n, d), (v, d), (v,)))
    y = torch.randint(0, v, (n,), generator=g)
    leaves = [x.to(dtype), (w * 0.7).to(dtype), b.to(dtype)]
    x, w, b = (leaf.requires_grad_() for leaf in leaves)
    return x, w, b if bias else None, y


def targets(y: Tensor, v: int = V) -> dict[str, ow.SoftTarget]:
    g = torch.Generator().manual_seed(1)

    def rows(n: int) -> Tensor:
        return torch.softmax(2 * torch.randn(n, v, generator=g, dtype=DOUBLE), dim=1)

    n = len(y)
    ignored = torch.where(torch.arange(n) % 3 == 1, -100, y)
    ignored[-50:] = -100
    few = ow.SoftTarget(
        index=y[:, None],
        weight=torch.rand(n, 1, generator=g, dtype=DOUBLE),
        table=rows(4),
        table_index=torch.randint(0, 4, (n, 2), generator=g),
        table_weight=torch.rand(n, 2, generator=g, dtype=DOUBLE) - 0.2,
        num_classes=v,
    )
    kept = torch.stack([torch.randperm(v, generator=g)[:8] for _ in range(n)])
    share = torch.full(kept.shape, 0.1, dtype=DOUBLE)
    smooth = ow.smooth(y, 0.1, num_classes=v)
    return {
        "hard": ow.one_hot(y, v),
        "ignored rows": ow.smooth(ow.one_hot(ignored, v), 0.1),
        "smooth": smooth,
        "negative alpha": ow.smooth(y, -0.3, num_classes=v),
        "alpha for each row": ow.smooth(y, torch.linspace(0, 1, n, dtype=DOUBLE), num_classes=v),
        "prior": ow.smooth(y, 0.2, prior=rows(1)[0]),
        "prior alone": ow.smooth(y, 1.0, prior=rows(1)[0]),
        "few table rows": few,
        "many table rows": ow.soft(rows(n)),
        "top 8": ow.top_k(kept, share, num_classes=v),
        "mixup": ow.mix(smooth, smooth[torch.arange(n - 1, -1, -1)], 0.3),
        "class weights": smooth.reweight(torch.linspace(0.1, 2, v, dtype=DOUBLE)),
    }


def close(ours: Tensor, theirs: Tensor, leaves: Any, above: Tensor | None = None, rtol: float = 1e-11) -> None:
    """The same loss, and gradients that differ by less than rtol times the largest entry."""
    leaves = [leaf for leaf in leaves if leaf is not None]
    above = torch.tensor(1.7, dtype=ours.dtype) if above is None else above
    torch.testing.assert_close(ours, theirs.to(ours.dtype), rtol=rtol, atol=rtol)
    mine = torch.autograd.grad(ours, leaves, above)
    truth = torch.autograd.grad(theirs, leaves, above.to(theirs.dtype), retain_graph=True)
    for a, b in zip(mine, truth, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        assert (a - b).abs().max() <= rtol * b.abs().max()


@pytest.mark.parametrize("name", targets(torch.zeros(1, dtype=torch.int64)))
@pytest.mark.parametrize("bias", [True, False])
def test_equals_the_definition_on_formed_logits(name: str, bias: bool) -> None:
    x, w, b, y = made(bias=bias)
    target = targets(y)[name]
    z = x @ w.T if b is None else x @ w.T + b
    each = torch.linspace(-1, 2, N, dtype=DOUBLE)
    for kind in ({}, {"reduction": "sum", "z_loss": 1e-3}, {"normalizer": "mass"}, {"normalizer": 37.0}):
        ours = linear_cross_entropy(x, w, target, bias=b, **kind)
        close(ours, definition.cross_entropy(z, target, **kind), (x, w, b))
    ours = linear_cross_entropy(x, w, target, bias=b, reduction="none", z_loss=1e-3)
    close(ours, definition.cross_entropy(z, target, reduction="none", z_loss=1e-3), (x, w, b), each)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_equals_torch_on_formed_logits(reduction: Any) -> None:
    x, w, b, y = made()
    y[5] = y[66] = -100
    z, kind = F.linear(x, w, b), {"reduction": reduction}
    above = torch.linspace(-1, 2, N, dtype=DOUBLE) if reduction == "none" else None
    close(linear_cross_entropy(x, w, y, bias=b, **kind), F.cross_entropy(z, y, **kind), (x, w, b), above)
    smooth = F.cross_entropy(z, y, label_smoothing=0.1, **kind)
    close(linear_cross_entropy(x, w, ow.smooth(y, 0.1, num_classes=V), bias=b, **kind), smooth, (x, w, b), above)
    teacher = torch.softmax(torch.flip(z.detach(), (1,)), dim=1)
    close(linear_cross_entropy(x, w, teacher, bias=b, **kind), F.cross_entropy(z, teacher, **kind), (x, w, b), above)


@pytest.mark.parametrize("name", ["smooth", "few table rows", "many table rows", "ignored rows"])
def test_finite_differences(name: str) -> None:
    x, w, b, y = made(16, 3, 11)
    target = targets(y, 11)[name]
    for kind in ({"reduction": "none", "z_loss": 0.01}, {"reduction": "mean"}):
        assert torch.autograd.gradcheck(
            lambda x, w, b, kind=kind: linear_cross_entropy(x, w, target, bias=b, **kind), (x, w, b)
        )


def test_float32_is_as_near_to_the_truth_as_torch_is() -> None:
    """|ours - truth| <= |torch on formed logits - truth| + 1e-6, at logits to 1e4 and an offset of 1e3."""
    for scale, offset in ((1.0, 0.0), (100.0, 0.0), (3000.0, 0.0), (1.0, 1e3)):
        x, w, b, y = (t.detach() for t in made(dtype=torch.float32) if t is not None)
        x, b = x * scale, b + offset
        for alpha in (0.0, 0.1):
            truth = F.cross_entropy(F.linear(x.double(), w.double(), b.double()), y, label_smoothing=alpha)
            theirs = F.cross_entropy(F.linear(x, w, b), y, label_smoothing=alpha)
            ours = linear_cross_entropy(x, w, ow.smooth(y, alpha, num_classes=V), bias=b)
            assert ours.dtype == torch.float32
            assert (ours - truth).abs() <= (theirs - truth).abs() + 1e-6 * truth.abs()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, DOUBLE])
@pytest.mark.parametrize("classes", [1, 2, 65, 262144])
def test_no_dtype_or_width_is_farther_from_the_truth_than_torch(dtype: torch.dtype, classes: int) -> None:
    """Logits to 1e4, ties, ignored rows: against the same numbers in float64, with torch on logits in the dtype."""
    x, w, _, _ = (t if t is None else t.detach() for t in made(6, 4, classes, dtype))
    x[0], x[1], w[-1] = 2000 * x[0].sign(), 0, w[0]
    y = torch.tensor([0, classes - 1, -100, classes // 2, 0, -100])
    z, exact = F.linear(x, w), F.linear(x.double(), w.double())
    for alpha in (0.0, 0.1):
        truth = F.cross_entropy(exact, y, label_smoothing=alpha, reduction="none")
        theirs = F.cross_entropy(z, y, label_smoothing=alpha, reduction="none")
        target = ow.smooth(ow.one_hot(y, classes), alpha)
        for kernel in (target, ow.concat([target, target])[:6]):
            ours = linear_cross_entropy(x, w, kernel, reduction="none")
            assert ((ours - truth).abs() <= (theirs - truth).abs() + 1e-6 * (truth.abs() + 1)).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", ["hard", "smooth", "few table rows", "many table rows"])
def test_half_precision_is_widened_before_anything_is_added(dtype: torch.dtype, name: str) -> None:
    """The same numbers in float64 are the truth: loss to 1e-6, gradients to the rounding of their own dtype."""
    x, w, b, y = made(dtype=dtype)
    wide = [leaf.detach().double().requires_grad_() for leaf in (x, w, b) if leaf is not None]
    target = targets(y)[name]
    ours = linear_cross_entropy(x, w, target, bias=b)
    truth = definition.cross_entropy(F.linear(*wide), target)
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours.double(), truth, rtol=1e-6, atol=0)
    step = torch.finfo(dtype).eps
    for leaf, mine, exact in zip(
        (x, w, b), torch.autograd.grad(ours, (x, w, b)), torch.autograd.grad(truth, wide), strict=True
    ):
        assert leaf is not None and mine.dtype == dtype and mine.shape == leaf.shape
        tiny = torch.finfo(dtype).smallest_normal * step  # below normal numbers float16 rounds to multiples of this
        assert ((mine - exact).abs() <= 0.5001 * step * exact.abs() + tiny + 2e-7 * exact.abs().max()).all()


def test_a_sum_over_many_rows_does_not_stall_in_half_precision() -> None:
    """4096 equal rows: added in bfloat16 the gradient would stop growing at 256 times one of them."""
    x = torch.ones(4096, 1, dtype=torch.bfloat16)
    w = torch.zeros(2, 1, dtype=torch.bfloat16, requires_grad=True)
    linear_cross_entropy(x, w, torch.zeros(4096, dtype=torch.int64), reduction="sum").backward()
    assert w.grad is not None and w.grad[:, 0].tolist() == [-2048, 2048]


def test_dtypes_may_differ_and_autocast_changes_nothing() -> None:
    x, w, b, y = made(dtype=torch.float32)
    half = x.detach().bfloat16().requires_grad_()
    plain = linear_cross_entropy(half, w, y, bias=b)
    with torch.autocast("cpu", torch.bfloat16):
        same = linear_cross_entropy(half, w, y, bias=b)
        same.backward()
    assert plain.dtype == torch.float32 and torch.equal(plain, same)
    assert half.grad is not None and half.grad.dtype == torch.bfloat16
    assert w.grad is not None and torch.equal(w.grad, torch.autograd.grad(plain, w)[0])


@pytest.mark.parametrize("name", ["smooth", "few table rows", "many table rows", "hard"])
def test_masked_classes_as_in_the_loss_of_logits(name: str) -> None:
    x, w, b, y = made()
    assert b is not None
    with torch.no_grad():
        b[[3, 50]] = -torch.inf
    y = torch.where((y == 3) | (y == 50), 4, y)
    target = targets(y)[name]
    ours, theirs = linear_cross_entropy(x, w, target, bias=b), definition.cross_entropy(F.linear(x, w, b), target)
    assert ours.isfinite()
    close(ours, theirs, (x, w, b))
    hit = linear_cross_entropy(x, w, torch.full_like(y, 3), bias=b)
    assert hit == torch.inf


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_no_rows_or_none_with_mass(reduction: Any) -> None:
    for n in (0, 3):
        x, w, b, _ = made(n)
        loss = linear_cross_entropy(x, w, torch.full((n,), -100), bias=b, reduction=reduction)
        assert loss.shape == ((n,) if reduction == "none" else ()) and (loss == 0).all()
        for gradient in torch.autograd.grad(loss.sum(), (x, w, b)):
            assert (gradient == 0).all()


def test_microbatches_add_up_to_the_batch() -> None:
    """huggingface/transformers#46731: a smoothed loss that forgot the token count under gradient accumulation."""
    x, w, _, y = made()
    y[100:180] = -100  # so the halves count different numbers of tokens
    target, tokens = ow.smooth(ow.one_hot(y, V), 0.1), int((y != -100).sum())
    halves = (slice(0, 200), slice(200, N))
    parts = sum(linear_cross_entropy(x[half], w, target[half], normalizer=tokens) for half in halves)
    assert isinstance(parts, Tensor)
    close(parts, definition.cross_entropy(x @ w.T, target), (x, w))


@pytest.mark.parametrize("number", [np.float32, np.float64, np.array, torch.tensor])
def test_numbers_of_any_library(number: Any) -> None:
    x, w, b, y = (t.detach() for t in made(20) if t is not None)
    wanted = linear_cross_entropy(x, w, ow.smooth(y, 0.25, num_classes=V), bias=b, normalizer=16, z_loss=0.5)
    target = ow.smooth(y, number(0.25), num_classes=V)
    ours = linear_cross_entropy(x, w, target, bias=b, normalizer=number(16.0), z_loss=number(0.5))
    module = LinearCrossEntropyLoss(label_smoothing=number(0.25), normalizer=number(16.0), z_loss=number(0.5))
    assert torch.equal(ours, wanted) and torch.equal(module(x, w, y, b), wanted)
    for make in (
        lambda: linear_cross_entropy(x, w, y, z_loss=number(-1.0)),
        lambda: LinearCrossEntropyLoss(z_loss=number(-1.0)),
    ):
        with pytest.raises(ValueError, match=r"^z_loss is -1: expected a finite number, not negative$"):
            make()


def test_leading_shapes_are_kept() -> None:
    x, w, _, y = made(24)
    for shape in ((24,), (4, 6), (2, 3, 4)):
        losses = linear_cross_entropy(x.reshape(*shape, D), w, y.reshape(shape), reduction="none")
        torch.testing.assert_close(losses, F.cross_entropy(x @ w.T, y, reduction="none").reshape(shape))
        teacher = torch.softmax(torch.ones(24, V), dim=1)
        assert (
            linear_cross_entropy(x.reshape(*shape, D), w, teacher.reshape(*shape, V), reduction="none").shape == shape
        )
    one = linear_cross_entropy(x[0], w, y[0], reduction="none")
    assert one.shape == () and torch.allclose(one, F.cross_entropy(x[0] @ w.T, y[0]))
    turned = x.detach().T.contiguous().T.requires_grad_()
    close(linear_cross_entropy(turned, w, y), F.cross_entropy(turned @ w.T, y), (turned, w))


def test_module() -> None:
    x, w, b, y = made()
    y[7] = 0
    module = LinearCrossEntropyLoss(label_smoothing=0.1, ignore_index=0, z_loss=1e-3)
    expected = definition.cross_entropy(
        F.linear(x, w, b), ow.smooth(ow.one_hot(y, V, ignore_index=0), 0.1), z_loss=1e-3
    )
    torch.testing.assert_close(module(x, w, y, b), expected)
    prior = torch.softmax(torch.arange(V, dtype=DOUBLE) / V, dim=0)
    module = LinearCrossEntropyLoss(label_smoothing=0.1, prior=prior, reduction="sum")
    assert "prior" in module.state_dict()
    torch.testing.assert_close(
        module(x, w, y), definition.cross_entropy(x @ w.T, ow.smooth(y, 0.1, prior=prior), reduction="sum")
    )
    soft = ow.soft(torch.softmax(x.detach() @ w.detach().T, dim=1))
    torch.testing.assert_close(module(x, w, soft), definition.cross_entropy(x @ w.T, soft, reduction="sum"))


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"hidden": np.zeros((20, D))}, TypeError, "hidden is a ndarray: expected a PyTorch tensor"),
        ({"target": torch.zeros(19).long()}, ValueError, "target has shape (19,): expected labels of shape (20,)"),
        ({"reduction": "avg"}, ValueError, "reduction is 'avg': expected 'mean', 'sum' or 'none'"),
        ({"z_loss": -1.0}, ValueError, "z_loss is -1: expected a finite number, not negative"),
    ],
)
def test_bad_input(change: dict[str, Any], error: type[Exception], text: str) -> None:
    x, w, _, y = made(20, dtype=torch.float32)
    arguments: dict[str, Any] = {"hidden": x, "weight": w, "target": y} | change
    with pytest.raises(error) as caught:
        linear_cross_entropy(arguments.pop("hidden"), arguments.pop("weight"), arguments.pop("target"), **arguments)
    assert str(caught.value) == text

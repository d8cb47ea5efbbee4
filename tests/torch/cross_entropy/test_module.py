"""CrossEntropyLoss against torch.nn's in everything it takes, and the cases of the field where the two part."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import onewarm as ow
from onewarm.torch import CrossEntropyLoss, nn_cross_entropy

C = 5
SHAPES = [(C,), (8, C), (3, C, 4), (2, C, 3, 4)]


def made(shape: tuple[int, ...], probabilities: bool, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    z = (torch.randn(shape, generator=generator, dtype=torch.float64) * 3).to(dtype).requires_grad_()
    classes = 0 if len(shape) == 1 else 1
    if probabilities:
        return z, torch.softmax(torch.randn(shape, generator=generator, dtype=torch.float64), classes).to(dtype)
    return z, torch.randint(0, C, [s for i, s in enumerate(shape) if i != classes], generator=generator)


def same(ours: Tensor, theirs: Tensor, z: Tensor, **tolerance: float) -> None:
    """The same loss, and the same gradient of a weighted sum."""
    above = torch.linspace(-1, 2, ours.numel(), dtype=ours.dtype).reshape(ours.shape)
    tolerance = tolerance or {"rtol": 1e-12, "atol": 1e-13}
    torch.testing.assert_close(ours, theirs, **tolerance)
    (a,) = torch.autograd.grad(ours, z, above)
    (b,) = torch.autograd.grad(theirs, z, above)
    torch.testing.assert_close(a, b, **tolerance)


@pytest.mark.parametrize("semantics", ["torch", "onewarm"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("probabilities", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_and_reductions(
    shape: tuple[int, ...], alpha: float, probabilities: bool, reduction: Any, semantics: Any
) -> None:
    z, y = made(shape, probabilities)
    if not probabilities and y.dim():
        y.view(-1)[1] = -100
    options: dict[str, Any] = {"label_smoothing": alpha, "reduction": reduction}
    same(nn_cross_entropy(z, y, semantics=semantics, **options), F.cross_entropy(z, y, **options), z)
    same(CrossEntropyLoss(semantics=semantics, **options)(z, y), nn.CrossEntropyLoss(**options)(z, y), z)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("probabilities", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 0.3])
@pytest.mark.parametrize("shape", SHAPES)
def test_weights(shape: tuple[int, ...], alpha: float, probabilities: bool, reduction: Any) -> None:
    z, y = made(shape, probabilities)
    y = y if probabilities or y.dim() else torch.tensor(2)
    weight = torch.tensor([0.5, 0.0, 2.0, 1.0, 3.0], dtype=torch.float64)
    options: dict[str, Any] = {"label_smoothing": alpha, "reduction": reduction}
    if not probabilities and y.dim():
        options["ignore_index"] = 3
    same(nn_cross_entropy(z, y, weight, **options), F.cross_entropy(z, y, weight, **options), z)
    same(CrossEntropyLoss(weight, **options)(z, y), nn.CrossEntropyLoss(weight, **options)(z, y), z)


@pytest.mark.parametrize("ignored", [0, C - 1, -1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_a_class_may_be_the_ignored_label(alpha: float, weighted: bool, ignored: int) -> None:
    """All labels are classes here, so no other value of a label marks a row."""
    z, y = made((8, C), False)
    y[0], y[1] = 0, C - 1
    weight = torch.tensor([0.5, 4.0, 2.0, 1.0, 3.0], dtype=torch.float64) if weighted else None
    options: dict[str, Any] = {"label_smoothing": alpha, "ignore_index": ignored}
    same(nn_cross_entropy(z, y, weight, **options), F.cross_entropy(z, y, weight, **options), z)
    same(CrossEntropyLoss(weight, **options)(z, y), nn.CrossEntropyLoss(weight, **options)(z, y), z)


@pytest.mark.parametrize("ignored", [-100, 0])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_weights_and_ignored_rows_without_the_kernel(alpha: float, reduction: Any, ignored: int) -> None:
    """Under ``torch.func`` the definition computes, and the weights that the mean counts are looked up in PyTorch."""
    z, y = made((8, C), False)
    y[0], y[1], y[5] = 0, C - 1, -100 if ignored == -100 else 1
    weight = torch.tensor([0.5, 4.0, 2.0, 1.0, 3.0], dtype=torch.float64)
    options: dict[str, Any] = {"label_smoothing": alpha, "reduction": reduction, "ignore_index": ignored}
    slope, value = torch.func.grad_and_value(lambda x: nn_cross_entropy(x, y, weight, **options))(z.detach())
    wanted = F.cross_entropy(z, y, weight, **options)
    torch.testing.assert_close(value, wanted.detach(), rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(slope, torch.autograd.grad(wanted, z)[0], rtol=1e-12, atol=1e-13)
    none = torch.func.grad_and_value(lambda x: nn_cross_entropy(x, torch.full((8,), ignored), weight, **options))
    assert math.isnan(none(z.detach())[1].item()) == (reduction == "mean")
    one_class = torch.func.grad_and_value(lambda x: nn_cross_entropy(x, torch.tensor([0, -100]), weight[:1]))
    with pytest.warns(UserWarning, match="has one class, whose softmax is 1"):
        assert one_class(z.detach()[:2, :1])[1].item() == 0


@pytest.mark.parametrize("number", [np.float32, np.float64, np.array, torch.tensor])
def test_numbers_of_any_library(number: Any) -> None:
    z, y = made((8, C), False)
    wanted = F.cross_entropy(z, y, label_smoothing=0.25)
    same(CrossEntropyLoss(label_smoothing=number(0.25))(z, y), wanted, z, rtol=1e-7, atol=1e-8)
    options: dict[str, Any] = {"label_smoothing": number(0.25), "normalizer": number(4.0), "reduction": "mean"}
    same(
        nn_cross_entropy(z, y, **options),
        F.cross_entropy(z, y, label_smoothing=0.25, reduction="sum") / 4,
        z,
        rtol=1e-7,
        atol=1e-8,
    )
    for value in (-0.1, 1.1, float("nan")):
        for call in (
            lambda v: CrossEntropyLoss(label_smoothing=v),
            lambda v: nn_cross_entropy(z, y, label_smoothing=v),
        ):
            with pytest.raises(ValueError, match=r"^label_smoothing is .*: expected a number in \[0, 1\]$"):
                call(number(value))
    for call in (lambda v: CrossEntropyLoss(z_loss=v), lambda v: nn_cross_entropy(z, y, z_loss=v)):
        with pytest.raises(ValueError, match=r"^z_loss is -1: expected a finite number, not negative$"):
            call(number(-1.0))


def test_a_schedule_may_write_to_its_tensor() -> None:
    z, y = made((8, C), False)
    alpha = torch.tensor(0.5, dtype=torch.float64)
    loss = CrossEntropyLoss(label_smoothing=alpha)  # type: ignore[arg-type]
    for value in (0.5, 0.25, 0.0):
        alpha.fill_(value)
        same(loss(z, y), F.cross_entropy(z, y, label_smoothing=value), z)


@pytest.mark.parametrize("alpha", [0.0, 0.2])
def test_rows_that_sum_to_anything(alpha: float) -> None:
    z, y = made((8, C), True)
    same(
        nn_cross_entropy(z, 2 * y - 0.1, label_smoothing=alpha),
        F.cross_entropy(z, 2 * y - 0.1, label_smoothing=alpha),
        z,
    )
    with pytest.raises(ValueError, match=r"probabilities\[0\] sums to 2, not 1"):
        nn_cross_entropy(z, 2 * y, semantics="onewarm")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_dtypes(dtype: torch.dtype) -> None:
    z, y = made((40, C), False, dtype)
    loss = nn_cross_entropy(z, y, label_smoothing=0.1)
    loss.backward()
    wide = z.detach().double().requires_grad_()
    wanted = F.cross_entropy(wide, y, label_smoothing=0.1)
    wanted.backward()
    assert loss.dtype == torch.float32 and z.grad is not None and z.grad.dtype == dtype and wide.grad is not None
    torch.testing.assert_close(loss.double(), wanted.detach(), rtol=1e-6, atol=0)
    near = {torch.float16: 1e-3, torch.bfloat16: 4e-3, torch.float32: 1e-6}[dtype]
    torch.testing.assert_close(z.grad.double(), wide.grad, rtol=near, atol=1e-6)


@pytest.mark.filterwarnings("ignore:size_average and reduce args will be deprecated")
def test_deprecated_arguments() -> None:
    z, y = made((8, C), False)
    for old in ({"size_average": False}, {"reduce": False}, {"size_average": True, "reduce": True}):
        same(nn_cross_entropy(z, y, **old), F.cross_entropy(z, y, **old), z)  # type: ignore[arg-type]
        same(CrossEntropyLoss(**old)(z, y), nn.CrossEntropyLoss(**old)(z, y), z)  # type: ignore[arg-type]


def test_all_rows_ignored() -> None:
    """PyTorch's mean over nothing is NaN; by our meaning it is 0."""
    z, _ = made((4, C), False)
    y = torch.full((4,), -100)
    for weight in (None, torch.ones(C, dtype=torch.float64)):
        loss = nn_cross_entropy(z, y, weight)
        assert math.isnan(loss.item()) and math.isnan(F.cross_entropy(z, y, weight).item())
        assert (torch.autograd.grad(loss, z)[0] == 0).all()
        loss = nn_cross_entropy(z, y, weight, semantics="onewarm")
        assert loss.item() == 0 and (torch.autograd.grad(loss, z)[0] == 0).all()


@pytest.mark.parametrize("probabilities", [False, True])
def test_masked_logits(probabilities: bool) -> None:
    """One masked class: PyTorch's loss is +inf under smoothing; by our meaning the share of the masked class moves."""
    z, y = made((6, C), probabilities)
    masked = z.detach().clone()
    masked[:, 2] = -torch.inf
    if probabilities:
        y[:, 2] = 0
        y /= y.sum(1, keepdim=True)
    else:
        y[y == 2] = 1
    masked.requires_grad_()
    theirs = F.cross_entropy(masked, y, label_smoothing=0.1, reduction="none")
    ours = nn_cross_entropy(masked, y, label_smoothing=0.1, reduction="none")
    assert torch.isposinf(ours).all() and torch.isposinf(theirs).all()
    slope, wanted = torch.autograd.grad(ours.sum(), masked)[0], torch.autograd.grad(theirs.sum(), masked)[0]
    torch.testing.assert_close(slope, wanted, rtol=1e-12, atol=1e-13)
    kept = [0, 1, 3, 4]
    without = F.cross_entropy(masked[:, kept], y[:, kept] if probabilities else y - (y > 2).long(), label_smoothing=0.1)
    torch.testing.assert_close(nn_cross_entropy(masked, y, label_smoothing=0.1, semantics="onewarm"), without)
    if probabilities:  # 0 on the mask: PyTorch's 0 * inf is NaN, the limit is not
        assert torch.isnan(F.cross_entropy(masked, y))
        torch.testing.assert_close(nn_cross_entropy(masked, y), F.cross_entropy(masked[:, kept], y[:, kept]))


def test_weights_with_smoothing_pytorch_104776() -> None:
    """Weights (1, 1, 1, 1000), label 0, alpha .1: by PyTorch's meaning the wrong class has the optimum."""
    weight = torch.tensor([1.0, 1.0, 1.0, 1000.0], dtype=torch.float64)
    label = torch.tensor([0])
    best = {}
    for semantics in ("torch", "onewarm"):
        z = torch.zeros(1, 4, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.LBFGS([z], lr=0.5, max_iter=200, tolerance_grad=1e-10)

        def closure(z: Tensor = z, optimizer: Any = optimizer, semantics: Any = semantics) -> Tensor:
            optimizer.zero_grad()
            loss = nn_cross_entropy(z, label, weight, label_smoothing=0.1, semantics=semantics)
            loss.backward()
            return loss

        optimizer.step(closure)
        best[semantics] = torch.softmax(z.detach(), 1)[0]
    torch.testing.assert_close(
        best["torch"], torch.tensor([0.0356, 0.001, 0.001, 0.9625], dtype=torch.float64), rtol=0, atol=1e-3
    )
    torch.testing.assert_close(
        best["onewarm"], torch.tensor([0.925, 0.025, 0.025, 0.025], dtype=torch.float64), rtol=0, atol=1e-4
    )


def test_the_weighted_mean_of_one_target_in_two_forms() -> None:
    """As labels and as probabilities PyTorch divides by different things; by our meaning both are the same number."""
    z, y = made((8, C), False)
    weight = torch.tensor([0.5, 1.0, 2.0, 4.0, 8.0], dtype=torch.float64)
    p = F.one_hot(y, C).double()
    assert not torch.isclose(F.cross_entropy(z, y, weight), F.cross_entropy(z, p, weight))
    for alpha in (0.0, 0.1):
        options: dict[str, Any] = {"weight": weight, "label_smoothing": alpha, "semantics": "onewarm"}
        one, other = nn_cross_entropy(z, y, **options), nn_cross_entropy(z, p, **options)
        torch.testing.assert_close(one, other, rtol=1e-12, atol=0)
    torch.testing.assert_close(
        nn_cross_entropy(z, p, weight, semantics="onewarm"), F.cross_entropy(z, y, weight), rtol=1e-12, atol=0
    )


def test_token_counts_transformers_46731() -> None:
    """Two halves divided by the count of both give the gradient of the whole, smoothed or not."""
    z, y = made((10, C), False)
    y[[1, 7, 8]] = -100
    whole = torch.autograd.grad(F.cross_entropy(z, y, label_smoothing=0.1), z)[0]
    loss = CrossEntropyLoss(label_smoothing=0.1)
    for count in (7, torch.tensor(7.0)):
        parts = [loss(z[half], y[half], normalizer=count) for half in (slice(0, 4), slice(4, 10))]
        torch.testing.assert_close(torch.autograd.grad(sum(parts), z)[0], whole)  # type: ignore[arg-type]


def test_bfloat16_is_not_rounded() -> None:
    """PyTorch rounds the loss to the logits' dtype: 8.1875 for 8.2017."""
    z = torch.tensor([[0.0, 8.0, 6.5]], dtype=torch.bfloat16)
    wanted = F.cross_entropy(z.double(), torch.tensor([0]))
    assert abs(nn_cross_entropy(z, torch.tensor([0])).item() - wanted.item()) < 1e-6 * wanted.item()
    assert abs(F.cross_entropy(z, torch.tensor([0])).item() - wanted.item()) > 1e-3


def test_a_soft_target() -> None:
    z, y = made((8, C), False)
    target = ow.smooth(y, 0.1, num_classes=C)
    same(CrossEntropyLoss()(z, target), F.cross_entropy(z, y, label_smoothing=0.1), z)
    torch.testing.assert_close(
        CrossEntropyLoss(normalizer=3)(z, target), F.cross_entropy(z, y, label_smoothing=0.1, reduction="sum") / 3
    )
    with pytest.raises(ValueError, match="target is a SoftTarget and the loss has class weights or smoothing"):
        CrossEntropyLoss(label_smoothing=0.1)(z, target)


def test_is_a_torch_module() -> None:
    weight = torch.arange(1.0, C + 1)
    loss = CrossEntropyLoss(weight, label_smoothing=0.1, semantics="onewarm")
    assert isinstance(loss, nn.CrossEntropyLoss)
    assert list(loss.state_dict()) == ["weight"] and loss.double().weight.dtype == torch.float64
    assert repr(loss) == "CrossEntropyLoss(semantics='onewarm', label_smoothing=0.1, reduction='mean')"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("semantics", ["torch", "onewarm"])
def test_compiles_whole(semantics: Any) -> None:
    z, y = made((8, C), False)
    y[2] = -100
    weight = torch.arange(1.0, C + 1, dtype=torch.float64)
    torch._dynamo.reset()
    for options in ({}, {"label_smoothing": 0.1}, {"weight": weight, "label_smoothing": 0.1}):
        loss = CrossEntropyLoss(semantics=semantics, **options)
        compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
        same(compiled(z, y), loss(z, y), z, rtol=1e-6, atol=1e-7)
    nothing = torch.full((8,), -100)
    value = torch.compile(CrossEntropyLoss(semantics=semantics), fullgraph=True, backend="aot_eager")(z, nothing)
    assert math.isnan(value.item()) if semantics == "torch" else value.item() == 0


@pytest.mark.parametrize("semantics", ["torch", "onewarm"])
def test_functional_transforms(semantics: Any) -> None:
    z, y = made((8, C), False)
    weight = torch.arange(1.0, C + 1, dtype=torch.float64)

    def loss(x: Tensor, t: Tensor) -> Tensor:
        return nn_cross_entropy(x, t, weight, label_smoothing=0.1, semantics=semantics)

    slopes = torch.func.vmap(torch.func.grad(loss))(z.detach().reshape(2, 4, C), y.reshape(2, 4))
    for i, rows in enumerate((slice(0, 4), slice(4, 8))):
        (wanted,) = torch.autograd.grad(loss(z[rows], y[rows]), z)
        torch.testing.assert_close(slopes[i], wanted[rows], rtol=1e-12, atol=1e-13)
    assert torch.autograd.gradgradcheck(lambda x: loss(x, y), (z,))


def test_errors() -> None:
    z, y = made((8, C), False)
    for call, text in (
        (lambda: nn_cross_entropy(z, y, semantics="timm"), "semantics is 'timm': expected 'torch' or 'onewarm'"),
        (lambda: CrossEntropyLoss(semantics="timm"), "semantics is 'timm': expected 'torch' or 'onewarm'"),
        (lambda: nn_cross_entropy(z, y, label_smoothing=1.5), r"label_smoothing is 1.5: expected a number in \[0, 1\]"),
        (lambda: CrossEntropyLoss(label_smoothing=-0.1), r"label_smoothing (is|must be)"),
        (
            lambda: nn_cross_entropy(z, y[:3]),
            r"target has shape \(3,\) and input \(8, 5\): expected labels of shape \(8,",
        ),
        (lambda: nn_cross_entropy(z, z.detach()[:3]), r"target has shape \(3, 5\): expected \(8, 5\) as the input has"),
        (lambda: nn_cross_entropy(z, y + 3), r"labels\[\d\] is \d, outside 0..4"),
        (lambda: nn_cross_entropy(z, y, torch.ones(4)), r"class_weight has shape \(4,\): expected \(5,\)"),
        (
            lambda: nn_cross_entropy(z, torch.softmax(z.detach(), 1), ignore_index=0),
            "ignore_index is 0 and target holds",
        ),
        (lambda: nn_cross_entropy(z, y, overwrite_logits=True), "they are a leaf of autograd"),
        (lambda: nn_cross_entropy(z, y, reduction="avg"), "reduction is 'avg': expected 'mean', 'sum' or 'none'"),
        (lambda: CrossEntropyLoss(reduction="avg"), "reduction is 'avg': expected 'mean', 'sum' or 'none'"),
        (lambda: CrossEntropyLoss(label_smoothing="a"), r"label_smoothing is 'a': expected a number in \[0, 1\]"),
    ):
        with pytest.raises(ValueError, match=text):
            call()  # type: ignore[no-untyped-call]

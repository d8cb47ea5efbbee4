"""The linear loss under autograd: checks of its arguments, the factor of each row, second passes, what is refused."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm.torch import linear_cross_entropy
from onewarm.torch.linear.autograd import checked_layer, checked_target
from onewarm.torch.linear.chunks import Layer

N, D, V = 20, 6, 9


def made() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Hidden states, weight, bias and labels."""
    g = torch.Generator().manual_seed(0)
    x, w, b = (torch.randn(*size, generator=g, dtype=torch.float64) for size in ((N, D), (V, D), (V,)))
    return x.requires_grad_(), w.requires_grad_(), b.requires_grad_(), torch.randint(0, V, (N,), generator=g)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_a_second_backward_pass_gives_the_same_bits(reduction: Any) -> None:
    x, w, b, y = made()
    loss = linear_cross_entropy(x, w, y, bias=b, reduction=reduction)
    upstream = torch.linspace(1, 3, loss.numel(), dtype=loss.dtype).reshape(loss.shape)
    first = torch.autograd.grad(loss, (x, w, b), upstream, retain_graph=True)
    for again, gradient in zip(torch.autograd.grad(loss, (x, w, b), upstream), first, strict=True):
        assert torch.equal(again, gradient)


def test_the_upstream_gradient_scales_the_gradients() -> None:
    x, w, b, y = made()
    loss = linear_cross_entropy(x, w, y, bias=b)
    ones = torch.autograd.grad(loss, (x, w, b), retain_graph=True)
    for scaled, gradient in zip(torch.autograd.grad(-2.5 * loss, (x, w, b)), ones, strict=True):
        torch.testing.assert_close(scaled, -2.5 * gradient)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # PyTorch's own, at its first use of forward mode
def test_what_has_no_derivative_is_refused() -> None:
    x, w, _, y = made()
    loss = linear_cross_entropy(x, w, y)
    remedy = "form the logits and use onewarm.torch.cross_entropy"
    with pytest.raises(RuntimeError, match=f"linear_cross_entropy has no second derivative: {remedy}"):
        torch.autograd.grad(loss, w, create_graph=True)
    with pytest.raises(RuntimeError, match=f"torch.func transforms and forward mode do not reach .*: {remedy}"):
        torch.func.grad(lambda w: linear_cross_entropy(x, w, y))(w)
    soft = torch.softmax(torch.zeros(N, V), dim=1).requires_grad_()
    with pytest.raises(
        RuntimeError, match=f"target requires a gradient, which this loss does not compute: detach it, or {remedy}"
    ):
        linear_cross_entropy(x, w, soft)
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x.detach(), torch.ones_like(x))
        with pytest.raises(RuntimeError, match=f"torch.func transforms and forward mode do not reach .*: {remedy}"):
            linear_cross_entropy(dual, w.detach(), y)


def test_leading_axes_become_rows() -> None:
    x, w, b, _ = made()
    layer, shape = checked_layer(x.reshape(4, 5, D), w, b)
    assert torch.equal(layer.hidden, x) and layer.weight is w and layer.bias is b and shape == (4, 5)
    layer, shape = checked_layer(x[0], w, None)
    assert layer.hidden.shape == (1, D) and layer.bias is None and shape == ()


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"hidden": np.zeros((N, D))}, TypeError, "hidden is a ndarray: expected a PyTorch tensor"),
        ({"weight": None}, TypeError, "weight is a NoneType: expected a PyTorch tensor"),
        ({"bias": [0.0] * V}, TypeError, "bias is a list: expected a PyTorch tensor"),
        ({"hidden": torch.zeros(N, D).long()}, TypeError, "hidden has dtype torch.int64: expected floating point"),
        (
            {"hidden": torch.zeros(N, D).to_sparse()},
            TypeError,
            "hidden is torch.sparse_coo: expected a dense tensor; call .to_dense()",
        ),
        (
            {"hidden": torch.zeros(N, D + 1)},
            ValueError,
            f"hidden has shape ({N}, {D + 1}) and weight ({V}, {D}): expected (..., D) and (V, D)",
        ),
        (
            {"hidden": torch.tensor(1.0)},
            ValueError,
            f"hidden has shape () and weight ({V}, {D}): expected (..., D) and (V, D)",
        ),
        ({"weight": torch.zeros(V)}, ValueError, f"weight has shape ({V},): expected (V, D), a row for each class"),
        (
            {"weight": torch.zeros(0, D)},
            ValueError,
            f"weight has shape (0, {D}): expected (V, D), a row for each class",
        ),
        ({"bias": torch.zeros(3)}, ValueError, f"bias has shape (3,): expected ({V},), one for each class"),
        (
            {"bias": torch.full((V,), torch.nan)},
            ValueError,
            "bias[0] is nan: expected a finite number, or -inf to mask the class",
        ),
        (
            {"bias": torch.tensor([0.0] * (V - 1) + [torch.inf])},
            ValueError,
            f"bias[{V - 1}] is inf: expected a finite number, or -inf to mask the class",
        ),
        (
            {"weight": torch.zeros(V, D, device="meta")},
            ValueError,
            "weight is on meta but hidden is on cpu: move one of them",
        ),
    ],
)
def test_bad_layers(change: dict[str, Any], error: type[Exception], text: str) -> None:
    arguments: dict[str, Any] = {"hidden": torch.zeros(N, D), "weight": torch.zeros(V, D), "bias": None} | change
    with pytest.raises(error) as caught:
        checked_layer(**arguments)
    assert str(caught.value) == text


LAYER = Layer(torch.zeros(N, D), torch.zeros(V, D), None)


def test_targets_become_one_row_for_each_of_the_layer() -> None:
    y = torch.arange(N) % V
    for target, wanted in (
        (y.reshape(4, 5), ow.one_hot(y, V)),
        (torch.full((4, 5, V), 1 / V), ow.soft(torch.full((N, V), 1 / V))),
        (ow.smooth(y, 0.1, num_classes=V), ow.smooth(y, 0.1, num_classes=V)),
    ):
        torch.testing.assert_close(checked_target(target, LAYER, torch.Size((4, 5))).dense(), wanted.dense())


@pytest.mark.parametrize(
    ("target", "error", "text"),
    [
        (torch.zeros(19).long(), ValueError, "teacher has shape (19,): expected labels of shape (20,)"),
        (torch.zeros(20, 3), ValueError, f"teacher has shape (20, 3): expected probabilities of shape (20, {V})"),
        (
            torch.full((20,), V),
            ValueError,
            f"labels[0] is {V}, outside 0..{V - 1}: labels start at 0; subtract 1, "
            "or mark the row as ignored with -100",
        ),
        (
            ow.one_hot(torch.zeros(19).long(), V),
            ValueError,
            "teacher has 19 rows, hidden has 20: expected one for each",
        ),
        (
            ow.one_hot(np.zeros(20, int), V),
            TypeError,
            "teacher is made of ndarray, hidden is a tensor: make it of tensors",
        ),
        (
            ow.one_hot(torch.zeros(20).long(), V - 1),
            ValueError,
            f"target has {V - 1} classes, logits have {V}: expected the same",
        ),
        (
            ow.one_hot(torch.zeros(20, dtype=torch.int64, device="meta"), V),
            ValueError,
            "teacher is on meta but hidden is on cpu: move one of them",
        ),
        (
            ow.SoftTarget(index=torch.full((20, 1), V), weight=torch.ones(20, 1), num_classes=V),
            ValueError,
            f"teacher.index[0, 0] is {V}, outside 0..{V - 1}",
        ),
        (
            ow.SoftTarget(
                index=torch.zeros(20, 0, dtype=torch.int64),
                weight=torch.zeros(20, 0),
                table=torch.full((2, V), 1 / V),
                table_index=torch.tensor([0] * 19 + [2])[:, None],
                table_weight=torch.ones(20, 1),
                num_classes=V,
            ),
            ValueError,
            "teacher.table_index[19, 0] is 2, outside 0..1",
        ),
    ],
)
def test_bad_targets(target: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        checked_target(target, LAYER, torch.Size((20,)), "teacher")
    assert str(caught.value) == text

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


def test_options_that_require_a_gradient_are_refused() -> None:
    """Their gradients would be lost silently."""
    x, w, _, y = made()
    for name in ("z_loss", "normalizer"):
        number: Any = torch.tensor(0.5, requires_grad=True)
        end = "requires a gradient, which this loss does not compute: detach it, or form the logits"
        with pytest.raises(RuntimeError, match=f"{name} {end}"):
            linear_cross_entropy(x, w, y, **{name: number})
        with torch.no_grad():
            linear_cross_entropy(x, w, y, **{name: number})
        linear_cross_entropy(x, w, y, **{name: number.detach()})


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("changed", ["hidden", "weight", "bias", "labels", "ignored labels", "probabilities", "target"])
def test_a_change_in_place_before_the_backward_pass_is_noticed(reduction: Any, changed: str) -> None:
    """ms-swift#10130 and the buffer of labels that is refilled: the gradient of the new labels, without an error."""
    x, w, b, y = made()
    if changed == "ignored labels":
        y[3] = -100
    target: Any = y
    if changed == "probabilities":
        target = torch.softmax(torch.randn(N, V, generator=torch.Generator().manual_seed(1)), 1)
    elif changed == "target":
        target = ow.top_k(y[:, None], torch.full((N, 1), 0.9), num_classes=V)
    loss = linear_cross_entropy(x, w, target, bias=b, reduction=reduction).sum()
    with torch.no_grad():
        {"hidden": x, "weight": w, "bias": b, "probabilities": target, "target": y}.get(changed, y).add_(0)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        loss.backward()


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_batched_upstream_gradients(reduction: Any) -> None:
    """pytorch#49562, #65564: is_grads_batched and jacobian(vectorize=True), here with ignored rows."""
    x, w, b, y = made()
    y[3] = y[11] = -100
    loss = linear_cross_entropy(x, w, ow.smooth(ow.one_hot(y, V), 0.1), bias=b, reduction=reduction)
    batch = torch.linspace(-1, 2, 4 * loss.numel(), dtype=loss.dtype).reshape(4, *loss.shape)
    together = torch.autograd.grad(loss, (x, w, b), batch, is_grads_batched=True, retain_graph=True)
    each = [torch.autograd.grad(loss, (x, w, b), one, retain_graph=True) for one in batch]
    for ours, wanted in zip(together, zip(*each, strict=True), strict=True):
        torch.testing.assert_close(ours, torch.stack(wanted))

    def head(x: Tensor, w: Tensor) -> Tensor:
        return linear_cross_entropy(x, w, y, reduction=reduction)

    inputs = (x.detach().half(), w.detach().half())
    jacobians = [torch.autograd.functional.jacobian(head, inputs, vectorize=way) for way in (True, False)]
    for ours, wanted in zip(*jacobians, strict=True):
        assert ours.dtype == torch.float16
        torch.testing.assert_close(ours, wanted)


def test_what_backward_needs_is_saved_by_autograd() -> None:
    """trl#5575, torchtune#1390: checkpointing can drop gradients that were made in the forward pass."""
    x, w, b, y = made()
    target = ow.smooth(y, 0.1, prior=torch.softmax(b.detach(), 0))
    seen: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        seen.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = linear_cross_entropy(x, w, target, bias=b)
    kept = {tensor.data_ptr() for tensor in seen}
    parts = (x, w, b, target.index, target.weight, target.table, target.table_index, target.table_weight)
    assert {part.data_ptr() for part in parts if part is not None} <= kept
    gradients = torch.autograd.grad(loss, (x, w, b))
    assert {gradient.data_ptr() for gradient in gradients} <= kept
    context = loss.grad_fn
    assert not [value for value in vars(context).values() if isinstance(value, Tensor)]
    for term in context.terms:  # type: ignore[union-attr]
        assert term.target.index is None and term.target.table is None


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_targets_and_inputs_made_in_inference_mode(reduction: Any) -> None:
    """Autograd saves no such tensors, and they cannot be changed in place outside of that mode."""
    x, w, b, y = made()
    with torch.inference_mode():
        hidden, labels = x.clone(), y.clone()
        target = ow.soft(torch.softmax(x @ w.T, 1))
    for ours, plain in ((labels, y), (target, ow.soft(torch.softmax(x @ w.T, 1).detach()))):
        loss = linear_cross_entropy(hidden, w, ours, bias=b, reduction=reduction).sum()
        wanted = linear_cross_entropy(x.detach(), w, plain, bias=b, reduction=reduction).sum()
        for gradient, exact in zip(torch.autograd.grad(loss, (w, b)), torch.autograd.grad(wanted, (w, b)), strict=True):
            assert torch.equal(gradient, exact)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_checkpointing_and_offloading_change_nothing(reduction: Any) -> None:
    x, w, b, y = made()

    def loss(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
        return linear_cross_entropy(2 * x, w, y, bias=b, reduction=reduction).sum()

    wanted = torch.autograd.grad(loss(x, w, b), (x, w, b))
    again = torch.utils.checkpoint.checkpoint(loss, x, w, b, use_reentrant=False)
    with torch.autograd.graph.save_on_cpu():
        offloaded = loss(x, w, b)
    for value in (again, offloaded):
        for ours, gradient in zip(torch.autograd.grad(value, (x, w, b)), wanted, strict=True):
            assert torch.equal(ours, gradient)


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

"""Logits of any leading shape, with the classes on any axis (composer#1022, CutMix#25, optax#1164): F.cross_entropy."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import onewarm as ow
from onewarm.torch import cross_entropy, cross_entropy_with_gradient

SHAPES: dict[str, tuple[tuple[int, ...], int]] = {
    "tokens": ((2, 5, 7), -1),
    "images": ((2, 7, 3, 4), 1),
    "volumes": ((2, 7, 2, 3, 2), -4),
    "one row": ((7,), 0),
    "no rows": ((0, 3, 7), 2),
    "classes first": ((7, 6), 0),
}


def made(name: str, dtype: torch.dtype) -> tuple[Tensor, Tensor, int]:
    shape, axis = SHAPES[name]
    generator = torch.Generator().manual_seed(0)
    z = (torch.randn(shape, generator=generator, dtype=torch.float64) * 3).to(dtype)
    rest = [size for i, size in enumerate(shape) if i != axis % len(shape)]
    return z, torch.randint(0, 7, rest, generator=generator), axis


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", SHAPES)
def test_values_and_gradients(name: str, dtype: torch.dtype, reduction: Any) -> None:
    z, y, axis = made(name, dtype)
    if y.numel() == 0 and reduction == "mean":
        return  # PyTorch's is NaN, ours 0
    moved = z.double().movedim(axis, -1).reshape(-1, 7).requires_grad_()
    theirs = F.cross_entropy(moved, y.reshape(-1), label_smoothing=0.1, reduction=reduction)
    theirs.sum().backward()
    assert moved.grad is not None
    slope = moved.grad.reshape(*y.shape, 7).movedim(-1, axis)
    target = ow.smooth(y.reshape(-1), 0.1, num_classes=7)
    near = {torch.float16: 2e-3, torch.float32: 2e-6, torch.float64: 1e-12}[dtype]
    for given in (target, torch.full_like(moved.detach(), 0.1 / 7).reshape(*y.shape, 7).movedim(-1, axis)):
        leaf = z.clone().requires_grad_()
        if isinstance(given, Tensor):  # the same as dense probabilities
            given = given + 0.9 * F.one_hot(y, 7).double().movedim(-1, axis)
        for function in (ow.cross_entropy, cross_entropy):
            leaf.grad = None
            loss = function(leaf, given, reduction=reduction, axis=axis)
            loss.sum().backward()
            assert loss.shape == (y.shape if reduction == "none" else ())
            torch.testing.assert_close(loss.double(), theirs.detach().reshape(loss.shape), rtol=1e-5, atol=1e-6)
            assert leaf.grad is not None
            torch.testing.assert_close(leaf.grad.double(), slope, rtol=near, atol=near)
        for both in (ow.cross_entropy_with_gradient, cross_entropy_with_gradient):
            value, gradient = both(z, given, reduction=reduction, axis=axis)
            assert value.shape == loss.shape and gradient.shape == z.shape
            torch.testing.assert_close(gradient.double(), slope, rtol=near, atol=near)


def test_labels_of_the_leading_shape_in_a_graph() -> None:
    z, y, _ = made("images", torch.float32)
    torch._dynamo.reset()
    compiled = torch.compile(lambda a, b: cross_entropy(a, b, axis=1), backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(z, y), F.cross_entropy(z, y))


def test_in_place_where_the_classes_are_last() -> None:
    z, y, _ = made("tokens", torch.float32)
    x = z.clone().requires_grad_()
    logits = x * 1
    cross_entropy(logits, y, overwrite_logits=True).backward()
    torch.testing.assert_close(logits.detach(), x.grad)
    place = z.clone()
    _, gradient = cross_entropy_with_gradient(place, y, overwrite_logits=True)
    assert gradient.data_ptr() == place.data_ptr() and gradient.shape == z.shape
    images, labels, _ = made("images", torch.float32)
    for loss in (cross_entropy, cross_entropy_with_gradient):
        with pytest.raises(ValueError, match="their classes are not the last axis of contiguous memory"):
            loss(images, labels, axis=1, overwrite_logits=True)


def test_shapes_that_disagree_are_named() -> None:
    z, y, _ = made("images", torch.float32)
    with pytest.raises(ValueError, match=r"target has shape \(2, 3, 4\), .* with 4 classes on axis 3"):
        cross_entropy(z, y)
    with pytest.raises(ValueError, match=r"axis is 4, outside -4..3"):
        cross_entropy(z, y, axis=4)
    with pytest.raises(ValueError, match=r"target has 3 rows, logits of shape .* have 24"):
        cross_entropy(z, ow.one_hot(torch.tensor([0, 1, 2]), 7), axis=1)


def test_without_a_check_a_row_without_a_loss_is_nan() -> None:
    z, y = torch.zeros(3, 4), torch.tensor([0, 1, 2])
    z[1, 2] = torch.nan
    rows = cross_entropy(z, y, reduction="none", check=False)
    assert rows.isnan().tolist() == [False, True, False]
    for check in (None, True):
        with pytest.raises(ValueError, match=r"logits\[1, 2\] is nan"):
            cross_entropy(z, y, check=check)

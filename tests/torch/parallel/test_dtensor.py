"""Logits that are a DTensor, on two gloo processes: the loss and the gradient of whole logits, wherever they lie."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch.nn import functional as F

import onewarm as ow
from onewarm.torch import CrossEntropyLoss
from onewarm.torch.parallel.dtensor import is_dtensor

Two = Callable[[str], list[Any]]


@pytest.mark.long
def test_two_ranks_torchtitan_3364(two: Two, ranks: ModuleType) -> None:
    """torchtitan#3364, ezpz#191, pytorch#119877: Shard(0), Shard(2), Replicate(), and Shard(1), the classes."""
    cases = ranks.dtensor_cases()
    of_ranks = two("dtensor_losses")
    assert {place for place, _, _ in of_ranks[0]} == {"rows", "all", "classes", "pixels"}
    for key, (loss, gradient) in of_ranks[0].items():
        _, name, kind = key
        z, target, options = cases[name]
        leaf = z.clone().requires_grad_()
        wanted = CrossEntropyLoss(**options)(leaf, target)
        if kind in ("mean", "none"):
            wanted = ow.cross_entropy(leaf, target, reduction=kind)
        elif kind == "softcap":
            wanted = ow.cross_entropy(leaf, target, logit_scale=3.0, softcap=2.0)
        (slope,) = torch.autograd.grad(wanted.sum(), leaf)

        def at(text: str, key: Any = key) -> str:
            return f"{key}: {text}"

        near: dict[str, Any] = {"rtol": 1e-12, "atol": 1e-12, "equal_nan": True, "msg": at}
        torch.testing.assert_close(loss, wanted.detach(), **near)
        torch.testing.assert_close(gradient, slope, **near)
        torch.testing.assert_close(of_ranks[1][key], [loss, gradient], rtol=0, atol=0, equal_nan=True)
    flat, y, _ = cases["labels"]
    torch.testing.assert_close(of_ranks[0]["rows", "labels", "spread"][0], F.cross_entropy(flat, y))


def test_errors(two: Two) -> None:
    shapes = "of shape (7, 17) expected labels (7,) or probabilities of the logits' shape, as a DTensor or whole"
    wanted = [
        f"InputError: target has shape (4,): beside logits that are a DTensor {shapes} on every rank",
        f"InputError: target has shape (4, 17): beside logits that are a DTensor {shapes} on every rank",
        "InputError: target has 3 rows, logits have 7: expected one a row",
        "TypeError: target is a ndarray: expected a tensor or a SoftTarget; pass torch.from_numpy(target)",
    ]
    assert two("dtensor_errors") == [wanted, wanted]


@pytest.mark.parametrize("value", [torch.zeros(2), None, 3])
def test_what_is_no_dtensor(value: Any) -> None:
    assert not is_dtensor(value)

"""The vocabulary-parallel linear loss on 1, 2 and 4 gloo processes, against the loss of the logits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import linear

import onewarm as ow
from onewarm import definition
from onewarm.torch import vocab_parallel_linear_cross_entropy
from onewarm.torch.parallel import linear as module

Two = Callable[[str], list[Any]]


def check_agreement(ranks: ModuleType, of_ranks: list[dict[Any, list[Tensor]]]) -> None:
    targets = ranks.targets()
    for key in of_ranks[0]:
        _, dtype, masked, name = key
        h, w, b = (x.double() for x in ranks.layers(dtype, masked))
        loss, g = ranks.reference(linear(h, w, b), targets[name], {"z_loss": 0.01})
        wanted = [loss, g @ w, g.T @ h, g.sum(0)]
        losses, hidden, weight, bias = zip(*(of_rank[key] for of_rank in of_ranks), strict=True)
        for ours in (losses, hidden):
            assert all(torch.equal(ours[0], of_rank) for of_rank in ours), f"{key}: not the same bits on every rank"
        ranks.assert_close([losses[0], hidden[0], torch.cat(weight), torch.cat(bias)], wanted, dtype, key)


def test_one_rank(alone: None, ranks: ModuleType) -> None:
    check_agreement(ranks, [ranks.linear_agreement(0, 1)])


def test_two_ranks(two: Two, ranks: ModuleType) -> None:
    check_agreement(ranks, two("linear_agreement"))


@pytest.mark.long
def test_four_ranks(tmp_path: Path, processes: Any, ranks: ModuleType) -> None:
    check_agreement(ranks, processes(tmp_path, "linear_agreement:4")["linear_agreement"])


def test_many_rows_in_blocks(alone: None, ranks: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onewarm.torch.parallel.linear._BLOCK", 120)
    check_agreement(ranks, [ranks.linear_agreement(0, 1)])


def test_a_table_is_taken_through_the_weight_where_that_is_cheaper(
    alone: None, ranks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same numbers either way: with one table row in closed form, with as many as classes from the logits."""
    h, w, b = (x.requires_grad_() for x in ranks.layers(torch.float64, False))
    made: list[Any] = []
    of = module._ClosedFormTable.of
    monkeypatch.setattr(module._ClosedFormTable, "of", lambda *parts: made.append(of(*parts)) or made[-1])
    for name, few in (("prior", True), ("class-conditional", False), ("labels", False)):
        made.clear()
        vocab_parallel_linear_cross_entropy(h, w, ranks.targets()[name], bias_shard=b)
        assert (made != []) == few
    monkeypatch.setattr("onewarm.torch.parallel.linear._EXAMPLES_A_TABLE_ROW", ranks.N / ranks.K)
    target = ranks.targets()["class-conditional"]
    loss = vocab_parallel_linear_cross_entropy(h, w, target, bias_shard=b)
    assert made != []
    wanted, g = ranks.reference(linear(h, w, b).detach(), target, {})
    ranks.assert_close(ranks.differentiated(loss, h, w, b), [wanted, g @ w, g.T @ h, g.sum(0)], torch.float64, "few")


def test_dtensors(two: Two, ranks: ModuleType) -> None:
    h, w, _ = ranks.layers(torch.float64, False)
    wanted = definition.cross_entropy(h @ w.T, ranks.targets()["mixup"])
    for _, _, loss in two("dtensors"):
        ranks.assert_close([loss], [wanted], torch.float64, "DTensor")


def test_half_precision_layers(alone: None, ranks: ModuleType) -> None:
    target = ranks.targets()["prior"]
    for dtype in (torch.bfloat16, torch.float16):
        h, w, _ = (x.to(dtype).requires_grad_() for x in ranks.layers(torch.float64, False))
        loss, dh, dw = ranks.differentiated(vocab_parallel_linear_cross_entropy(h, w, target), h, w)
        wanted, g = ranks.reference(h.detach().double() @ w.detach().double().T, target, {})
        assert loss.dtype == torch.float32 and dh.dtype == dw.dtype == dtype
        torch.testing.assert_close(loss.double(), wanted, rtol=1e-3, atol=0)
        torch.testing.assert_close(dh.double(), g @ w.double(), rtol=2e-2, atol=1e-3)
        torch.testing.assert_close(dw.double(), g.T @ h.double(), rtol=2e-2, atol=1e-3)


def test_autocast(alone: None, ranks: ModuleType) -> None:
    h, w, _ = (x.requires_grad_() for x in ranks.layers(torch.float32, False))
    target = ranks.targets()["smoothed"]
    with torch.autocast("cpu", torch.bfloat16):
        loss = vocab_parallel_linear_cross_entropy(h, w, target)
    gradients = torch.autograd.grad(loss, (h, w))
    half = [x.detach().bfloat16().requires_grad_() for x in (h, w)]
    same_loss = vocab_parallel_linear_cross_entropy(*half, target)
    assert torch.equal(loss, same_loss)
    for ours, wanted in zip(gradients, torch.autograd.grad(same_loss, half), strict=True):
        assert ours.dtype == torch.float32
        torch.testing.assert_close(ours, wanted.float())


def test_rows_without_mass_are_not_read(alone: None, ranks: ModuleType) -> None:
    h, w, _ = ranks.layers(torch.float64, False)
    y = ranks.targets()["labels"]
    wanted = ranks.reference(h @ w.T, y, {})
    spoilt = h.clone()
    spoilt[[0, 9]] = torch.nan
    w.requires_grad_()
    ranks.assert_close(
        ranks.differentiated(vocab_parallel_linear_cross_entropy(spoilt, w, y), w),
        [wanted[0], wanted[1].T @ h],
        torch.float64,
        "labels",
    )
    smooth = ow.smooth(y, 0.1, num_classes=ranks.K)
    assert torch.isfinite(torch.autograd.grad(vocab_parallel_linear_cross_entropy(spoilt, w, smooth), w)[0]).all()


def test_a_product_that_overflows_masks_its_class(alone: None) -> None:
    h, w = torch.tensor([[3e38], [1.0]]), torch.tensor([[1.0], [0.5], [-9.0]])
    target = ow.smooth(torch.tensor([0, 1]), 0.1, num_classes=3)
    logits = h @ w.T
    assert torch.isneginf(logits[0, 2])
    wanted = definition.cross_entropy(logits.double(), target)
    torch.testing.assert_close(vocab_parallel_linear_cross_entropy(h, w, target).double(), wanted, rtol=1e-6, atol=0)


def test_a_second_derivative_is_refused(alone: None, ranks: ModuleType) -> None:
    h, w, _ = ranks.layers(torch.float64, False)
    loss = vocab_parallel_linear_cross_entropy(h, w.requires_grad_(), ranks.targets()["hard"])
    with pytest.raises(RuntimeError, match="the vocabulary-parallel losses have no second derivative"):
        torch.autograd.grad(loss, w, create_graph=True)


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        (
            {"weight_shard": torch.ones(17, 5)},
            ValueError,
            "hidden has shape (23, 6) and weight_shard (17, 5): expected (N, D), (K_r, D)",
        ),
        ({"weight_shard": [[1.0]]}, TypeError, "weight_shard is a list: expected a PyTorch tensor"),
        ({"hidden": torch.ones(23, 6).tolist()}, TypeError, "hidden is a list: expected a PyTorch tensor"),
        ({"bias_shard": torch.ones(16)}, ValueError, "bias_shard has shape (16,): expected (17,)"),
        (
            {"bias_shard": torch.ones(17, dtype=torch.float64)},
            TypeError,
            "bias_shard has dtype torch.float64, hidden torch.float32: expected the same",
        ),
        ({"z_loss": -1}, ValueError, "z_loss is -1: expected a finite number, not negative"),
    ],
)
def test_bad_input(alone: None, ranks: ModuleType, change: dict[str, Any], error: type[Exception], text: str) -> None:
    arguments = {"hidden": torch.ones(23, 6), "weight_shard": torch.ones(17, 6), "target": ranks.targets()["labels"]}
    with pytest.raises(error) as caught:
        vocab_parallel_linear_cross_entropy(**arguments | change)
    assert str(caught.value) == text

"""What a rank holds, and errors of its arguments; what several ranks exchange is tested with the loss."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist
from torch import Tensor

import onewarm as ow
from onewarm.torch.parallel import layout


def test_a_tensor_is_this_ranks_part_over_the_default_group(alone: None) -> None:
    shard = torch.zeros(2, 3)
    local, group = layout.local_shard(shard, None, 1, "logits_shard")
    assert local is shard and group is dist.group.WORLD


def test_a_dtensor_is_taken_apart(alone: None) -> None:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import DTensor, Replicate, Shard

    mesh = init_device_mesh("cpu", (1, 1), mesh_dim_names=("data", "classes"))
    shard = torch.arange(6.0).reshape(2, 3)
    for place in (Shard(1), Shard(-1)):
        spread = DTensor.from_local(shard, mesh, [Replicate(), place])
        local, group = layout.local_shard(spread, None, 1, "logits_shard")
        assert torch.equal(local, shard) and group is mesh.get_group("classes")
    with pytest.raises(ValueError, match=r"^group is given and logits_shard is a DTensor, which names its own: leave"):
        layout.local_shard(spread, dist.group.WORLD, 1, "logits_shard")
    for places in ([Shard(0), Shard(1)], [Replicate(), Replicate()], [Shard(1), Shard(1)]):
        wrong = DTensor.from_local(shard, mesh, places)
        with pytest.raises(
            ValueError, match=r"^logits_shard has placements \(.*\): expected Shard\(1\) on one dimension"
        ):
            layout.local_shard(wrong, None, 1, "logits_shard")


def test_a_group_of_others(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dist, "get_rank", lambda group: -1)
    with pytest.raises(ValueError, match=r"^group does not contain this rank: only its members call the loss$"):
        layout.local_shard(torch.zeros(2, 3), None, 1, "logits_shard")


Y = torch.tensor([0, 1])


@pytest.mark.parametrize(
    ("shard", "target", "error"),
    [
        (np.zeros((2, 3)), Y, TypeError("logits_shard is a ndarray: expected a PyTorch tensor")),
        (torch.zeros(3), Y, ValueError("logits_shard has shape (3,): expected (N, K_r), one row an example")),
        (torch.zeros(2, 3).int(), Y, TypeError("logits_shard has dtype torch.int32: expected floating point")),
        (
            torch.zeros(2, 3),
            None,
            ValueError("target is None: expected labels (N,), probabilities (N, K) or a SoftTarget"),
        ),
        (torch.zeros(2, 3), np.zeros(2), TypeError("target holds a numpy array: expected PyTorch tensors")),
        (
            torch.zeros(2, 3),
            ow.one_hot(np.zeros(2, int), 3),
            TypeError("target holds a numpy array: expected PyTorch tensors"),
        ),
        (
            torch.zeros(2, 3),
            torch.full((2, 3), 1 / 3).requires_grad_(),
            ValueError("target requires a gradient, which this loss does not give it: detach it"),
        ),
    ],
)
def test_argument_errors(shard: Any, target: Any, error: Exception) -> None:
    found = layout.argument_error(shard, target)
    assert isinstance(found, type(error)) and str(found) == str(error)


def test_no_error_is_found_in_good_arguments() -> None:
    z = torch.zeros(2, 3, requires_grad=True)
    for target in (Y, ow.smooth(Y, 0.1, num_classes=3), torch.full((2, 3), 1 / 3), z):
        assert layout.argument_error(z, target) is None


SINGLE = [2, 0, 0, 0, 0, 0, 0]  # float32, no table, mean over rows, no z-loss, logits


def exchanged(monkeypatch: pytest.MonkeyPatch, facts: list[list[int]], target: Any = Y, rank: int = 0) -> layout.Layout:
    """The layout on one of some ranks; of each the error, width, target's columns or -1, rows and what else agrees."""
    whole = [[*row, *SINGLE[len(row) - 4 :]] for row in facts]

    def add_others(tensor: Tensor, group: Any) -> None:
        assert tensor[rank].tolist() == whole[rank]
        tensor.copy_(torch.tensor(whole))

    monkeypatch.setattr(layout, "dist", SimpleNamespace(
        get_world_size=lambda group: len(facts), get_rank=lambda group: rank, all_reduce=add_others
    ))  # fmt: skip
    z = torch.zeros(facts[rank][3], facts[rank][1])
    return layout.exchange_layout(z, 1, z, "group", target)  # type: ignore[arg-type]


def test_each_rank_finds_its_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = [[0, 5, -1, 2], [0, 0, -1, 2], [0, 7, -1, 2]]
    starts = [exchanged(monkeypatch, facts, rank=rank)[1:] for rank in range(3)]
    assert starts == [(0, 5, 12, False), (5, 0, 12, False), (5, 7, 12, False)]


@pytest.mark.parametrize(("columns", "sharded"), [((8, 8), False), ((5, 3), True)])
def test_probabilities_of_all_classes_or_of_each_ranks_own(
    monkeypatch: pytest.MonkeyPatch, columns: tuple[int, int], sharded: bool
) -> None:
    facts = [[0, 5, columns[0], 2, 2, 1], [0, 3, columns[1], 2, 2, 1]]
    assert exchanged(monkeypatch, facts, torch.zeros(2, columns[0])).sharded_target == sharded


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ([0, 3, -1, 4], "rank 1 has 4 rows, rank 0 has 2: expected the same on every rank"),
        ([1, 0, 0, 0], "rank 1 of the group rejected its arguments: see the error that it raised"),
        ([0, 3, -1, 2, 3], "dtype: torch.float64 on rank 1, torch.float32 on rank 0: expected the same on every rank"),
        ([0, 3, -1, 2, 2, 2], "table parts of the target: 2 on rank 1, 0 on rank 0: expected the same on every rank"),
        ([0, 3, -1, 2, 2, 0, 1], "reduction: 'sum' on rank 1, 'mean' on rank 0: expected the same on every rank"),
        ([0, 3, -1, 2, 2, 0, 0, 1], "normalizer: 'mass' on rank 1, 'rows' on rank 0: expected the same on every rank"),
        (
            [0, 3, -1, 2, 2, 0, 0, layout._bits(7)],
            "normalizer: 7 on rank 1, 'rows' on rank 0: expected the same on every rank",
        ),
        (
            [0, 3, -1, 2, 2, 0, 0, 0, layout._bits(0.5)],
            "z_loss: 0.5 on rank 1, 0 on rank 0: expected the same on every rank",
        ),
        ([0, 3, -1, 2, 2, 0, 0, 0, 0, 6], "hidden width: 6 on rank 1, 0 on rank 0: expected the same on every rank"),
        (
            [0, 3, -1, 2, 2, 0, 0, 0, 0, 0, 1],
            "gradient: hidden requires it on rank 1, hidden does not require it on rank 0: expected the same on every "
            "rank",
        ),
        ([0, 3, 3, 2], "target on rank 0 has labels or a SoftTarget, its logits have 5: expected the same, or all 8 "
         "classes on every rank"),
    ],
)  # fmt: skip
def test_ranks_that_disagree(monkeypatch: pytest.MonkeyPatch, other: list[int], text: str) -> None:
    with pytest.raises(ValueError) as caught:
        exchanged(monkeypatch, [[0, 5, -1, 2], other])
    assert str(caught.value) == text


def test_no_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"^the shards hold no classes: expected at least one on some rank$"):
        exchanged(monkeypatch, [[0, 0, -1, 2], [0, 0, -1, 2]])


def test_a_target_as_wide_as_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError) as caught:
        exchanged(monkeypatch, [[0, 5, 5, 2, 2, 1], [0, 3, 4, 2, 2, 1]], torch.zeros(2, 5))
    assert str(caught.value) == (
        "target on rank 1 has 4 columns, its logits have 3: expected the same, or all 8 classes on every rank"
    )


@pytest.mark.parametrize("error", [ValueError("mine"), TypeError("mine"), RuntimeError("mine")])
def test_an_error_is_told_and_raised(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    said = []
    monkeypatch.setattr(layout, "members", lambda group: group)
    monkeypatch.setattr(dist, "get_world_size", lambda group: 2)
    monkeypatch.setattr(dist, "get_rank", lambda group: 1)
    monkeypatch.setattr(dist, "get_backend", lambda group: "gloo")
    monkeypatch.setattr(dist, "all_reduce", lambda facts, group: said.append(facts))

    def prepare() -> Any:
        raise error

    for shard in (torch.zeros(1), None):
        with pytest.raises(type(error), match=r"^mine$"):
            layout.told(prepare, shard, "group")
    assert [facts.tolist() for facts in said] == [[[0] * 11, [1] + [0] * 10]] * 2
    assert layout.told(lambda: 5, None, None) == 5 and len(said) == 2


def test_asking_for_a_dtensor_imports_no_dtensors(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import takes a second, which a program without DTensors does not need."""
    monkeypatch.delitem(sys.modules, "torch.distributed.tensor", raising=False)
    x = torch.ones(1)
    assert layout.to_local(x) is x and "torch.distributed.tensor" not in sys.modules


def test_a_second_derivative() -> None:
    with torch.no_grad():
        layout.refuse_second_derivative()
    with pytest.raises(RuntimeError) as caught:
        layout.refuse_second_derivative()
    assert str(caught.value) == (
        "the vocabulary-parallel losses have no second derivative: leave create_graph out, or gather the logits "
        "and take onewarm.torch.cross_entropy"
    )

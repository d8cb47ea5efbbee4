"""The classes of each rank, and argument checks that raise the same error on every rank."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor

from onewarm.target import SoftTarget


class Layout(NamedTuple):
    """The classes of this rank: [start, start + width) of num_classes."""

    group: dist.ProcessGroup
    start: int
    width: int
    num_classes: int
    sharded_target: bool  # the target is probabilities of each rank's own classes


def local_shard(shard: Tensor, group: Any, dim: int, name: str) -> tuple[Tensor, dist.ProcessGroup]:
    """This rank's part of a tensor whose classes lie along ``dim``, and the group over which they are spread.

    Raises:
        RuntimeError: no process group.
        ValueError: a DTensor that is not sharded along ``dim`` alone or comes with a group, a group without this rank.
    """
    if not dist.is_available() or not dist.is_initialized():
        raise RuntimeError("torch.distributed has no process group: call torch.distributed.init_process_group first")
    if to_local(shard) is not shard:
        from torch.distributed.tensor import DTensor, Replicate, Shard

        assert isinstance(shard, DTensor)
        if group is not None:
            raise ValueError(f"group is given and {name} is a DTensor, which names its own: leave group out")
        sharded = [i for i, place in enumerate(shard.placements) if place in (Shard(dim), Shard(dim - shard.ndim))]
        others = [place for i, place in enumerate(shard.placements) if i not in sharded]
        if len(sharded) != 1 or any(place != Replicate() for place in others):
            raise ValueError(
                f"{name} has placements {tuple(shard.placements)}: expected Shard({dim}) on one dimension of the mesh "
                "and Replicate() on the others; for a sharded batch pass to_local() and the group of the classes"
            )
        return shard.to_local(), shard.device_mesh.get_group(sharded[0])
    group = dist.group.WORLD if group is None else group
    if dist.get_rank(group) < 0:
        raise ValueError("group does not contain this rank: only its members call the loss")
    return shard, group


def argument_error(shard: Any, target: Any, name: str = "logits_shard") -> Exception | None:
    """The error of this rank's arguments, if there is one: :func:`exchange_layout` tells the others, then raises it."""
    if not isinstance(shard, Tensor):
        return TypeError(f"{name} is a {type(shard).__name__}: expected a PyTorch tensor")
    if shard.ndim != 2:
        return ValueError(f"{name} has shape {tuple(shard.shape)}: expected (N, K_r), one row an example")
    if not shard.is_floating_point():
        return TypeError(f"{name} has dtype {shard.dtype}: expected floating point")
    arrays = [target]
    if isinstance(target, SoftTarget):
        arrays = [target.index, target.weight, target.table, target.table_index, target.table_weight]
    for array in arrays:
        if array is not None and not isinstance(array, Tensor):
            return TypeError(f"target holds a {type(array).__module__.split('.')[0]} array: expected PyTorch tensors")
        if array is not None and array is not shard and array.requires_grad:
            return ValueError("target requires a gradient, which this loss does not give it: detach it")
    return None


def exchange_layout(
    shard: Tensor, dim: int, batch: Tensor, group: dist.ProcessGroup, target: Any, error: Exception | None
) -> Layout:
    """Exchange shapes with the other ranks, in one reduction, and raise what is wrong on every rank.

    Args:
        shard: this rank's part, with its classes along ``dim``.
        batch: the tensor whose rows are the examples.
        target: a target; probabilities (N, K_r) may be those of this rank's classes alone.
        error: what is wrong with this rank's arguments, from :func:`argument_error`.

    Raises:
        ValueError: ranks with different numbers of rows, a target of another width, an error on another rank.
        Exception: ``error``.
    """
    ranks, rank = dist.get_world_size(group), dist.get_rank(group)
    width, rows = (int(shard.shape[dim]), len(batch)) if error is None else (0, 0)
    dense = isinstance(target, Tensor) and target.is_floating_point() and target.ndim == 2
    device = shard.device if isinstance(shard, Tensor) else "cpu"
    facts = torch.zeros(ranks, 4, dtype=torch.int64, device=device)
    facts[rank] = torch.tensor([width, rows, int(target.shape[1]) if dense else -1, error is not None])
    dist.all_reduce(facts, group=group)
    widths, row_counts, target_widths, has_error = facts.cpu().T.tolist()
    if error is not None:
        raise error
    if any(has_error):
        raise ValueError(f"rank {has_error.index(1)} of the group rejected its arguments: see the error that it raised")
    for other, count in enumerate(row_counts):
        if count != row_counts[0]:
            raise ValueError(
                f"rank {other} has {count} rows, rank 0 has {row_counts[0]}: expected the same on every rank"
            )
    num_classes = sum(widths)
    if num_classes == 0:
        raise ValueError("the shards hold no classes: expected at least one on some rank")
    sharded_target = any(columns not in (-1, num_classes) for columns in target_widths)
    for other, columns in enumerate(target_widths):
        if sharded_target and columns != widths[other]:
            raise ValueError(
                f"target on rank {other} has {columns} columns, its logits have {widths[other]}: expected the same, "
                f"or all {num_classes} classes on every rank"
            )
    return Layout(group, sum(widths[:rank]), width, num_classes, sharded_target)


def to_local(tensor: Tensor) -> Tensor:
    """This rank's part of a DTensor; any other tensor as it is. PyTorch's DTensor module is not imported for that."""
    module = sys.modules.get("torch.distributed.tensor")
    if module is None or not isinstance(tensor, module.DTensor):
        return tensor
    local: Tensor = tensor.to_local()
    return local


def refuse_second_derivative() -> None:
    """Raise in a backward pass that autograd records: the second derivatives would silently be 0.

    Raises:
        RuntimeError: ``create_graph=True``.
    """
    if torch.is_grad_enabled():
        raise RuntimeError(
            "the vocabulary-parallel losses have no second derivative: leave create_graph out, or gather the logits "
            "and take onewarm.torch.cross_entropy"
        )

"""Which rank holds which classes, and what is refused before, or as, the ranks tell each other."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor

from onewarm import checks
from onewarm.definition import Normalizer
from onewarm.target import SoftTarget


class Layout(NamedTuple):
    """Which classes this rank holds: [start, start + width) of num_classes."""

    group: dist.ProcessGroup
    start: int
    width: int
    num_classes: int
    sharded_target: bool  # the target is probabilities of each rank's own classes


def settings(reduction: str, normalizer: Normalizer, z_loss: float) -> None:
    """Refuse what every rank was given alike."""
    if isinstance(normalizer, str) and normalizer not in ("rows", "mass"):
        raise ValueError(f"normalizer is {normalizer!r}: expected 'rows', 'mass' or a number")
    checks.reduction(reduction)
    checks.z_loss(z_loss)


def local(shard: Tensor, group: Any, dim: int, name: str) -> tuple[Tensor, dist.ProcessGroup]:
    """What this rank holds, and the group over which the classes are spread."""
    if not dist.is_available() or not dist.is_initialized():
        raise RuntimeError("torch.distributed has no process group: call torch.distributed.init_process_group first")
    if held_of(shard) is not shard:
        from torch.distributed.tensor import DTensor, Replicate, Shard

        assert isinstance(shard, DTensor)
        if group is not None:
            raise ValueError(f"group is given and {name} is a DTensor, which names its own: leave group out")
        spread = [i for i, place in enumerate(shard.placements) if place in (Shard(dim), Shard(dim - shard.ndim))]
        rest = [p for i, p in enumerate(shard.placements) if i not in spread]
        if len(spread) != 1 or any(p != Replicate() for p in rest):
            raise ValueError(
                f"{name} has placements {tuple(shard.placements)}: expected Shard({dim}) on one dimension of the mesh "
                "and Replicate() on the others; for a sharded batch pass to_local() and the group of the classes"
            )
        return shard.to_local(), shard.device_mesh.get_group(spread[0])
    group = dist.group.WORLD if group is None else group
    if dist.get_rank(group) < 0:
        raise ValueError("group does not contain this rank: only its members call the loss")
    return shard, group


def refused(shard: Tensor, target: Any, name: str = "logits_shard") -> Exception | None:
    """What is wrong with this rank's arguments, to be told to the others before it is raised."""
    if not isinstance(shard, Tensor) or shard.ndim != 2:
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


def tell(shard: Tensor, dim: int, rows: int, group: dist.ProcessGroup, target: Any, fault: Any) -> Layout:
    """The layout, after the ranks have told each other their shapes; raises as :func:`_layout`."""
    width = 0 if fault is not None else int(shard.shape[dim])
    dense = isinstance(target, Tensor) and target.is_floating_point() and target.ndim == 2
    return _layout(group, width, rows, int(target.shape[1]) if dense else -1, fault, shard.device)


def _layout(
    group: dist.ProcessGroup, width: int, rows: int, columns: int, fault: Exception | None, device: torch.device
) -> Layout:
    """Tell the other ranks what this one has; raise what is wrong on every rank.

    Args:
        width: how many classes this rank holds.
        columns: of a dense target; -1 for another.
        fault: what this rank has against its own arguments.

    Raises:
        ValueError: ranks with different numbers of rows, a target of another width, or a rank with a fault.
        Exception: ``fault``.
    """
    ranks, rank = dist.get_world_size(group), dist.get_rank(group)
    facts = torch.zeros(ranks, 4, dtype=torch.int64, device=device)
    facts[rank] = torch.tensor([width, rows, columns, fault is not None])
    dist.all_reduce(facts, group=group)
    widths, counts, wide, faults = facts.cpu().T.tolist()
    if fault is not None:
        raise fault
    if any(faults):
        raise ValueError(f"rank {faults.index(1)} of the group refused its arguments: see the error that it raised")
    for other, count in enumerate(counts):
        if count != counts[0]:
            raise ValueError(f"rank {other} has {count} rows, rank 0 has {counts[0]}: expected the same on every rank")
    classes = sum(widths)
    if classes == 0:
        raise ValueError("the shards hold no classes: expected at least one on some rank")
    sharded = any(there not in (-1, classes) for there in wide)
    for other, there in enumerate(wide):
        if sharded and there != widths[other]:
            raise ValueError(
                f"target on rank {other} has {there} columns, its logits have {widths[other]}: expected the same, "
                f"or all {classes} classes on every rank"
            )
    return Layout(group, sum(widths[:rank]), width, classes, sharded)


def held_of(tensor: Tensor) -> Tensor:
    """What this rank holds of a DTensor; any other tensor as it is. Does not import what makes DTensors."""
    module = sys.modules.get("torch.distributed.tensor")
    if module is None or not isinstance(tensor, module.DTensor):
        return tensor
    held: Tensor = tensor.to_local()
    return held


def once() -> None:
    """Refuse a backward pass that will be differentiated: its gradients would silently be 0."""
    if torch.is_grad_enabled():
        raise RuntimeError(
            "the vocabulary-parallel losses have no second derivative: leave create_graph out, or gather the logits "
            "and take onewarm.torch.cross_entropy"
        )

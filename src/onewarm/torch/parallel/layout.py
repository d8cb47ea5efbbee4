"""The classes of each rank, and argument checks that raise an error on every rank."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from onewarm import checks
from onewarm.errors import InputError
from onewarm.loss_options import LossOptions
from onewarm.soft_target import SoftTarget

_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_REDUCTIONS = ("mean", "sum", "none")
_NORMALIZERS = ("rows", "mass")
_AGREED = (
    "rows",
    "dtype",
    "table parts of the target",
    "reduction",
    "normalizer",
    "z_loss",
    "hidden width",
    "gradient",
)
_FACTS = 3 + len(_AGREED)

T = TypeVar("T")


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
    if to_local(shard) is shard:
        return shard, members(group)
    from torch.distributed.tensor import DTensor, Replicate, Shard

    assert isinstance(shard, DTensor)
    if group is not None:
        raise InputError(f"group is given and {name} is a DTensor, which names its own: leave group out")
    dim %= max(shard.ndim, 1)
    sharded = [i for i, place in enumerate(shard.placements) if place in (Shard(dim), Shard(dim - shard.ndim))]
    others = [place for i, place in enumerate(shard.placements) if i not in sharded]
    if len(sharded) != 1 or any(place != Replicate() for place in others):
        raise InputError(
            f"{name} has placements {tuple(shard.placements)}: expected Shard({dim}) on one dimension of the mesh "
            "and Replicate() on the others; for a sharded batch pass to_local() and the group of the classes"
        )
    return shard.to_local(), shard.device_mesh.get_group(sharded[0])


def members(group: Any) -> dist.ProcessGroup:
    """The group, by default that of all ranks.

    Raises:
        RuntimeError: no process group.
        ValueError: a group without this rank.
    """
    if not dist.is_available() or not dist.is_initialized():
        raise RuntimeError("torch.distributed has no process group: call torch.distributed.init_process_group first")
    ranks: Any = dist.group.WORLD if group is None else group
    if dist.get_rank(ranks) < 0:
        raise InputError("group does not contain this rank: only its members call the loss")
    return ranks  # type: ignore[no-any-return]


def told(prepare: Callable[[], T], shard: Any, group: Any) -> T:
    """What ``prepare`` returns; what it raises is raised once the other ranks of the group know of it.

    Args:
        prepare: makes this rank's arguments, without a word to the others.
        shard: whose device the group's messages take, if it is a tensor; and a DTensor names the group.
        group: the caller's, or None.
    """
    try:
        return prepare()
    except Exception as error:
        if to_local(shard) is not shard and shard.device_mesh.ndim == 1:
            group = shard.device_mesh.get_group()
        elif not isinstance(group, (dist.ProcessGroup, type(dist.GroupMember.NON_GROUP_MEMBER))):
            group = None  # no group at all: the others may have left it out
        group = members(group)
        facts = torch.zeros(dist.get_world_size(group), _FACTS, dtype=torch.int64, device=_device(shard, group))
        facts[dist.get_rank(group), 0] = 1
        dist.all_reduce(facts, group=group)
        raise error


def argument_error(shard: Any, target: Any, name: str = "logits_shard") -> Exception | None:
    """The error of this rank's arguments, if there is one; ``target`` may be the shard itself, where there is none."""
    if not isinstance(shard, Tensor):
        return TypeError(f"{name} is a {type(shard).__name__}: expected a PyTorch tensor")
    if shard.ndim != 2:
        return InputError(f"{name} has shape {tuple(shard.shape)}: expected (N, K_r), one row an example")
    if shard.dtype not in _DTYPES:
        return TypeError(f"{name} has dtype {shard.dtype}: expected floating point")
    if target is None:
        return InputError("target is None: expected labels (N,), probabilities (N, K) or a SoftTarget")
    arrays = [target]
    if isinstance(target, SoftTarget):
        arrays = [target.index, target.weight, target.table, target.table_index, target.table_weight]
    for array in arrays:
        if array is not None and not isinstance(array, Tensor):
            return TypeError(f"target holds a {type(array).__module__.split('.')[0]} array: expected PyTorch tensors")
        if array is not None and array is not shard and array.requires_grad:
            return InputError("target requires a gradient, which this loss does not give it: detach it")
    return None


def exchange_layout(
    shard: Tensor,
    dim: int,
    batch: Tensor,
    group: dist.ProcessGroup,
    target: Any = None,
    options: LossOptions | None = None,
) -> Layout:
    """Exchange with the other ranks, in one reduction, what they have to agree on; raise on every rank if they do not.

    Args:
        shard: this rank's part, with its classes along ``dim``.
        batch: the tensor whose rows are the examples, and whose dtype and width all ranks share.
        group: of the ranks.
        target: a target; probabilities (N, K_r) may be those of this rank's classes alone.
        options: of the loss.

    Raises:
        ValueError: ranks that disagree about the rows, the dtype, the options or the kind of target; a target of
            another width; an error on another rank, which :func:`told` sent.
    """
    ranks, rank = dist.get_world_size(group), dist.get_rank(group)
    width = int(shard.shape[dim])
    dense = isinstance(target, Tensor) and target.is_floating_point() and target.ndim == 2
    own = (0, width, int(target.shape[1]) if dense else -1, *_agreed(batch, target, options, linear=batch is not shard))
    facts = torch.zeros(ranks, _FACTS, dtype=torch.int64, device=shard.device)
    facts[rank] = torch.tensor(own)
    dist.all_reduce(facts, group=group)
    table: list[list[int]] = facts.cpu().tolist()
    errors = [row[0] for row in table]
    if any(errors):
        raise InputError(f"rank {errors.index(1)} of the group rejected its arguments: see the error that it raised")
    _check_agreement(table)
    widths, target_widths = [row[1] for row in table], [row[2] for row in table]
    num_classes = sum(widths)
    if num_classes == 0:
        raise InputError("the shards hold no classes: expected at least one on some rank")
    sharded_target = any(columns not in (-1, num_classes) for columns in target_widths)
    for other, columns in enumerate(target_widths):
        if sharded_target and columns != widths[other]:
            has = "labels or a SoftTarget" if columns < 0 else f"{columns} columns"
            raise InputError(
                f"target on rank {other} has {has}, its logits have {widths[other]}: expected the same, "
                f"or all {num_classes} classes on every rank"
            )
    return Layout(group, sum(widths[:rank]), width, num_classes, sharded_target)


def _agreed(batch: Tensor, target: Any, options: LossOptions | None, *, linear: bool) -> tuple[int, ...]:
    """What has to be the same on all ranks, as integers in the order of ``_AGREED``."""
    parts = 0
    if isinstance(target, SoftTarget) and target.table is not None:
        parts = min(int(target.table_weight.shape[1]), 1 if len(target.table) == 1 else 2**31)
    elif isinstance(target, Tensor) and target.is_floating_point():
        parts = 1
    options = LossOptions() if options is None else options
    return (
        len(batch),
        _DTYPES.index(batch.dtype),
        parts,
        _REDUCTIONS.index(options.reduction),
        _normalizer_code(options),
        _bits(options.z_loss),
        int(batch.shape[1]) if linear else 0,
        int(linear and batch.requires_grad and torch.is_grad_enabled()),
    )


def _normalizer_code(options: LossOptions) -> int:
    """0, 1 for the names, else the bits of a number; where it is not read, or not used, 2."""
    if options.reduction != "mean":
        return 2
    if isinstance(options.normalizer, str):
        return _NORMALIZERS.index(options.normalizer)
    number = options.normalizer
    return _bits(number) if not isinstance(number, Tensor) or number.is_cpu else 2


def _bits(number: Any) -> int:
    plain = checks.number(number)
    return 2 if plain is None else int(struct.unpack("<q", struct.pack("<d", plain))[0])


def _check_agreement(table: list[list[int]]) -> None:
    for i, name in enumerate(_AGREED, start=3):
        for other, row in enumerate(table):
            if row[i] == table[0][i]:
                continue
            if name == "rows":
                text = f"rank {other} has {row[i]} rows, rank 0 has {table[0][i]}"
            else:
                text = f"{name}: {_shown(name, row[i])} on rank {other}, {_shown(name, table[0][i])} on rank 0"
            raise InputError(f"{text}: expected the same on every rank")


def _shown(name: str, value: int) -> str:
    if name == "dtype":
        return str(_DTYPES[value])
    if name == "reduction":
        return repr(_REDUCTIONS[value])
    if name == "gradient":
        return "hidden requires it" if value else "hidden does not require it"
    if name == "normalizer" and value < 2:
        return repr(_NORMALIZERS[value]) if value >= 0 else "another"
    if name in ("normalizer", "z_loss"):
        return f"{struct.unpack('<d', struct.pack('<q', value))[0]:g}"
    return str(value)


def _device(shard: Any, group: dist.ProcessGroup) -> Any:
    """Where the group's messages are made: the device of the shard, or one that the group's backend takes."""
    if isinstance(shard, Tensor):
        return shard.device
    return "cuda" if "nccl" in str(dist.get_backend(group)) else "cpu"


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

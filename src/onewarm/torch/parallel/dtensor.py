"""The loss of logits that are a DTensor: each rank takes its own rows or classes, and all get the same loss."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from onewarm.errors import InputError
from onewarm.loss_options import LossOptions
from onewarm.target import SoftTarget, as_target
from onewarm.torch.cross_entropy.capped import capped_logits
from onewarm.torch.device import sum_dtype
from onewarm.torch.parallel.functional import vocab_parallel_cross_entropy


class Counted(NamedTuple):
    """The target of this rank's rows, and what it adds to the divisor of a mean; None for what the options say."""

    target: SoftTarget
    count: Any = None


def is_dtensor(tensor: Any) -> bool:
    """Whether this is a DTensor, whose module is not imported for that."""
    module = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(tensor, module.DTensor)


def dtensor_loss(
    logits: Any,
    target: Any,
    options: LossOptions,
    axis: int,
    rows_loss: Callable[[Tensor, SoftTarget, LossOptions], Tensor],
    counted: Callable[[Any], Counted] | None = None,
) -> Tensor:
    """The loss of whole logits, as a DTensor that is the same on every rank, or for ``"none"`` lies as the rows do.

    Where the classes are sharded, :func:`vocab_parallel_cross_entropy` computes it, over that dimension of the mesh.

    Args:
        logits: a DTensor, sharded along any dimensions, replicated or partial.
        target: labels or probabilities, as a DTensor or whole and the same on every rank; a SoftTarget of all rows.
        axis: of the classes.
        rows_loss: the loss of this rank's rows (M, K), where no class lies elsewhere.
        counted: makes the target from this rank's labels (M,) or probabilities (M, K).

    Raises:
        ValueError: a target of another shape; classes spread over two dimensions of the mesh.
    """
    from torch.distributed.tensor import DTensor, Partial, Replicate, Shard

    mesh, axis = logits.device_mesh, axis % logits.ndim
    logits = logits.redistribute(placements=[Replicate() if p.is_partial() else p for p in logits.placements])
    dims = [p.dim % logits.ndim if isinstance(p, Shard) else None for p in logits.placements]
    by_class = [i for i, dim in enumerate(dims) if dim == axis]
    if len(by_class) > 1:
        raise InputError(
            f"logits have placements {tuple(logits.placements)}: expected the classes on one dimension of the mesh"
        )
    whole = [Replicate()] * mesh.ndim
    by_row = [Replicate() if dim is None or dim == axis else Shard(dim - (dim > axis)) for dim in dims]
    shape = torch.Size(size for i, size in enumerate(logits.shape) if i != axis)

    def own(array: Any) -> Tensor:
        """This rank's part of labels or probabilities, in rows."""
        dense = array.is_floating_point() and array.ndim == logits.ndim
        if array.shape != (logits.shape if dense else shape):
            raise InputError(
                f"target has shape {tuple(array.shape)}: beside logits that are a DTensor of shape "
                f"{tuple(logits.shape)} expected labels {tuple(shape)} or probabilities of the logits' shape, as a "
                "DTensor or whole on every rank"
            )
        if not is_dtensor(array):
            array = DTensor.from_local(array, mesh, whole, run_check=False)
        places = [Replicate() if dim is None or dim == axis else Shard(dim) for dim in dims] if dense else by_row
        local: Tensor = array.redistribute(placements=places).to_local()
        return _rows(local, axis) if dense else local.reshape(-1)

    count: Any = None
    if isinstance(target, SoftTarget):
        if len(target) != shape.numel():
            raise InputError(f"target has {len(target)} rows, logits have {shape.numel()}: expected one a row")
        mine = target[own(torch.arange(shape.numel(), device=logits.device).reshape(shape))]
    else:
        mine, count = counted(own(target)) if counted else Counted(as_target(own(target), int(logits.shape[axis])))
    local = logits.to_local()
    left = [size for i, size in enumerate(local.shape) if i != axis]
    flat = _rows(local, axis)
    if options.maps_logits:
        flat, options = capped_logits(flat, options), options._replace(logit_scale=1.0, softcap=None)
    one = options._replace(reduction="none" if options.reduction == "none" else "sum", normalizer=1.0)
    if by_class:
        group = mesh.get_group(by_class[0])
        rest: dict[str, Any] = {"reduction": one.reduction, "z_loss": options.z_loss}
        loss = vocab_parallel_cross_entropy(flat, mine, group=group, **rest)
    else:
        loss = rows_loss(flat, mine, one)
    if options.reduction == "none":
        stride = torch.empty(shape, device="meta").stride()
        return DTensor.from_local(loss.reshape(left), mesh, by_row, run_check=False, shape=shape, stride=stride)
    partial = [Partial() if p.is_shard() else p for p in by_row]

    def over_ranks(part: Tensor) -> Any:
        return DTensor.from_local(part, mesh, partial, run_check=False).redistribute(placements=whole)

    if options.reduction == "mean":
        divisor = options.normalizer
        if count is not None or isinstance(divisor, str):
            if count is None:
                count = (mine.has_mass() if divisor == "rows" else mine.mass()).sum()
                empty = 0.0
            else:
                empty = torch.nan  # PyTorch's mean of no rows
            part = torch.as_tensor(count, dtype=sum_dtype(loss.device), device=loss.device)
            total = over_ranks(part).to_local()
            loss = torch.where(total == 0, empty, loss / torch.where(total == 0, 1.0, total)).to(loss.dtype)
        else:
            loss = loss / divisor
    whole_loss: Tensor = over_ranks(loss)
    return whole_loss


def _rows(array: Tensor, axis: int) -> Tensor:
    """(M, K), classes last."""
    return array.movedim(axis, -1).reshape(-1, array.shape[axis])

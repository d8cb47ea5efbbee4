"""Vocabulary-parallel cross-entropy: each rank holds some of the classes, all ranks return the same loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from onewarm import checks
from onewarm.errors import InputError
from onewarm.loss_options import LossOptions, Normalizer, Reduction, loss_options
from onewarm.target import SoftTarget
from onewarm.torch.parallel import row_sums
from onewarm.torch.parallel.layout import (
    Layout,
    argument_error,
    exchange_layout,
    local_shard,
    refuse_second_derivative,
    to_local,
    told,
)
from onewarm.torch.parallel.local_target import LocalTarget, local_target


def vocab_parallel_cross_entropy(
    logits_shard: Tensor,
    target: SoftTarget | Tensor,
    *,
    group: dist.ProcessGroup | None = None,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
) -> Tensor:
    """Cross-entropy ``s logsumexp(z) - <t, z>`` of logits whose columns are spread over the ranks of a group.

    The value is that of :func:`onewarm.cross_entropy` on the whole rows, for any target. Every rank must call it, and
    every rank returns the same loss, bit for bit. The ranks exchange what they have to agree on, then make one MAX and
    one SUM reduction of a few numbers a row, which include the table's part; the backward pass needs no reduction.

    Args:
        logits_shard: (..., K_r), this rank's classes: contiguous, in the order of the ranks, of any width (0 too); -inf
            masks a class. Or a DTensor (..., K) with its last axis sharded over one dimension of its mesh and
            ``Replicate()`` on the others.
        target: the same on every rank, in class numbers of the whole vocabulary: a :class:`onewarm.SoftTarget`,
            integer labels (...), or probabilities (..., K). Each rank reads its own columns of a table. A teacher that
            is sharded itself comes from :func:`vocab_parallel_soft`, or as probabilities (..., K_r).
        group: the ranks, all by default; left out for a DTensor, which names its own.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for one loss a row.
        normalizer: what ``"mean"`` divides by: ``"rows"`` that have mass, the total ``"mass"``, or a number.
        z_loss: adds ``z_loss s logsumexp(z)^2`` to each row.

    Returns:
        A scalar, or (...) for ``"none"``: float32, or float64 for float64 logits.

    Raises:
        TypeError, ValueError: as :func:`onewarm.cross_entropy`; a target that requires a gradient; ranks that differ in
            rows, dtype, options or the number of table parts. An error of one rank is a ValueError on all the others.
        RuntimeError: no process group; a second derivative; a rank that has died, within the group's time-out.

    Example:
        >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
        >>> from onewarm.target import smooth
        >>> z = torch.tensor([[3.0, 1.0, -0.5, -1.0]], requires_grad=True)  # with one rank: all of the classes
        >>> loss = vocab_parallel_cross_entropy(z, smooth(torch.tensor([0]), 0.1, num_classes=4))
        >>> loss.backward()
        >>> round(loss.item(), 4), [round(g, 3) for g in z.grad[0].tolist()]
        (0.4063, [-0.08, 0.089, 0.001, -0.01])
        >>> dist.destroy_process_group()

    Source: Shoeybi et al., "Megatron-LM", 2019, section 3 (the parallel cross-entropy of one-hot labels); smoothing
    needs the whole vocabulary's mean of the logits, which a rank's own mean is not.
    """

    def prepare() -> tuple[Tensor, Any, dist.ProcessGroup, LossOptions, torch.Size]:
        options = loss_options(reduction, normalizer, z_loss)
        shard, own_group = local_shard(logits_shard, group, -1, "logits_shard")
        rows, own_target, shape = flat(shard, target if isinstance(target, SoftTarget) else to_local(target))
        if error := argument_error(rows, own_target):
            raise error
        return rows, own_target, own_group, options, shape

    shard, own_target, own_group, options, shape = told(prepare, logits_shard, group)
    layout = exchange_layout(shard, 1, shard, own_group, own_target, options)
    local = checked_target(own_target, layout, shard)
    saved = saved_parts(local, own_target)
    loss: Tensor = _Parallel.apply(shard, local.ignores_rows, layout, options, *saved)  # type: ignore[no-untyped-call]
    return loss.reshape(shape) if options.reduction == "none" else loss


def vocab_parallel_soft(probabilities_shard: Tensor, *, group: dist.ProcessGroup | None = None) -> SoftTarget:
    """:func:`onewarm.soft` for a teacher whose classes are spread over the ranks like the logits.

    The table of the target is a DTensor: it mixes and scales like any other (``onewarm.mix(labels, teacher, 0.5)``),
    and only the vocabulary-parallel losses read it.

    Args:
        probabilities_shard: (N, K_r), not negative, finite; the ranks' columns of a row sum to 1 (to 1e-3).
        group: the ranks, all by default.

    Raises:
        TypeError, ValueError: as :func:`onewarm.soft`, on every rank.

    Example:
        >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
        >>> teacher = vocab_parallel_soft(torch.tensor([[0.25, 0.75]]))
        >>> round(vocab_parallel_cross_entropy(torch.zeros(1, 2), teacher).item(), 4)
        0.6931
        >>> dist.destroy_process_group()
    """

    def prepare() -> tuple[Tensor, dist.ProcessGroup]:
        shard, own_group = local_shard(probabilities_shard, group, 1, "probabilities_shard")
        if error := argument_error(shard, shard, "probabilities_shard"):
            raise error
        if (bad := checks.first_true(~torch.isfinite(shard) | (shard < 0))) is not None:
            place, value = f"probabilities_shard[{bad[0]}, {bad[1]}]", checks.item(shard, bad)
            raise InputError(f"{place} is {value:g}: probabilities are finite and not negative")
        return shard, own_group

    shard, own_group = told(prepare, probabilities_shard, group)
    layout = exchange_layout(shard, 1, shard, own_group)
    row_sum = shard.sum(1, dtype=torch.float64)
    dist.all_reduce(row_sum, group=layout.group)
    tolerance = checks.sum_tolerance(shard.dtype, layout.num_classes)
    if (bad := checks.first_true((row_sum - 1).abs() > tolerance)) is not None:
        raise InputError(
            f"probabilities[{bad[0]}] sums to {checks.item(row_sum, bad):g} over the ranks, not 1 "
            f"(tolerance {tolerance:.3g}): divide the row by its sum"
        )
    from torch.distributed.device_mesh import DeviceMesh  # takes a second to import
    from torch.distributed.tensor import DTensor, Shard

    n, classes = shard.shape[0], layout.num_classes
    mesh = DeviceMesh.from_group(layout.group, shard.device.type)
    table = DTensor.from_local(
        shard, mesh, [Shard(1)], run_check=False, shape=torch.Size((n, classes)), stride=(classes, 1)
    )
    no_class = torch.zeros(n, 0, dtype=torch.float64, device=shard.device)
    return SoftTarget(
        index=no_class.long(),
        weight=no_class,
        table=table,
        table_index=torch.arange(n, device=shard.device)[:, None],
        table_weight=no_class.new_ones(n, 1),
        num_classes=classes,
    )


class _Parallel(torch.autograd.Function):
    """Forward: each rank's sums, joined by two reductions. Backward: each rank's gradient from its own logits."""

    @staticmethod
    def forward(
        ctx: Any, logits: Tensor, ignores_rows: bool, layout: Layout, options: LossOptions, *saved: Tensor | None
    ) -> Tensor:
        n, width = logits.shape
        target = restored(ignores_rows, saved)
        sums = row_sums.LocalSums(target, n)
        dtype = row_sums.accumulator(logits.dtype)
        for rows in row_sums.blocks(n, width):
            sums.add(rows, logits[rows].to(dtype))
        joined = sums.join(layout, options.z_loss, lambda row: logits[row])
        loss, scale = row_sums.reduced_loss(joined, target.has_mass, options, dtype)
        *tensors, ctx.any_lost = joined
        ctx.save_for_backward(logits, scale, *tensors, *saved)
        ctx.ignores_rows, ctx.z_loss = ignores_rows, options.z_loss
        return loss

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        refuse_second_derivative()
        logits, factor, *rest = ctx.saved_tensors
        joined = row_sums.JoinedRows(*rest[:7], ctx.any_lost)  # type: ignore[call-arg]
        target = restored(ctx.ignores_rows, rest[7:])
        scale = (upstream.double() * factor).expand(logits.shape[0])
        dtype = row_sums.accumulator(logits.dtype)
        gradient = torch.empty_like(logits)
        for rows in row_sums.blocks(*logits.shape):
            z = logits[rows].to(dtype, copy=True)
            gradient[rows] = row_sums.to_gradient_(z, rows, target, joined, scale[rows], ctx.z_loss, True)
        return gradient, *(None,) * (len(ctx.needs_input_grad) - 1)


def flat(shard: Tensor, target: Any) -> tuple[Any, Any, torch.Size]:
    """Logits (..., K_r) and their target by rows, and the leading shape.

    Raises:
        ValueError: labels, or probabilities of some classes, of another leading shape.
    """
    if not isinstance(shard, Tensor) or shard.ndim < 3:
        return shard, target, torch.Size(getattr(shard, "shape", ())[:1])
    shape = shard.shape[:-1]
    if isinstance(target, Tensor):
        wide = target.is_floating_point()
        leading = target.shape[:-1] if wide else target.shape
        if leading != shape or (wide and target.ndim == 0):
            kind = "probabilities" if wide else "labels"
            raise InputError(
                f"target has shape {tuple(target.shape)}, logits_shard {tuple(shard.shape)}: expected {kind} of the "
                f"leading shape {tuple(shape)}"
            )
        target = target.reshape(-1, target.shape[-1]) if wide else target.reshape(-1)
    return shard.reshape(-1, shard.shape[-1]), target, shape


def checked_target(target: Any, layout: Layout, batch: Tensor) -> LocalTarget:
    """This rank's view of its target; an error in it is raised once the other ranks know of it."""
    target = sharded_teacher(target, layout)
    try:
        return local_target(target, layout, len(batch))
    except Exception as error:
        row_sums.refuse(error, len(batch), layout, batch.device)
        raise


def saved_parts(local: LocalTarget, target: Any) -> tuple[Tensor | None, ...]:
    """What autograd saves of a target: the parts of this rank's view, then what they were made of, whose versions
    are checked."""
    parts = (local.has_mass, local.index, local.weight, local.is_local, local.table)
    given = [target]
    if isinstance(target, SoftTarget):
        given = [target.index, target.weight, target.table, target.table_index, target.table_weight]
    made_of = [to_local(tensor) for tensor in given if isinstance(tensor, Tensor)]
    return *parts, local.table_index, local.table_weight, *made_of


def restored(ignores_rows: bool, saved: Sequence[Tensor | None]) -> LocalTarget:
    """Inverse of :func:`saved_parts`."""
    return LocalTarget(ignores_rows, *saved[:7])  # type: ignore[arg-type]


def sharded_teacher(target: SoftTarget | Tensor, layout: Layout) -> SoftTarget | Tensor:
    """Probabilities of this rank's classes as a target over all classes; any other target as it is."""
    if layout.sharded_target and isinstance(target, Tensor):
        return vocab_parallel_soft(target, group=layout.group)
    return target

"""Vocabulary-parallel cross-entropy: each rank holds some of the classes, all ranks return the same loss."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from onewarm import checks
from onewarm.definition import Normalizer, Reduction
from onewarm.target import SoftTarget
from onewarm.torch.parallel import rows as rows_of
from onewarm.torch.parallel.layout import Layout, held_of, local, once, refused, settings, tell
from onewarm.torch.parallel.rows import Part


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
    every rank returns the same loss, bit for bit. It makes one MAX and one SUM reduction of a few numbers a row, the
    table's share included, after the ranks have told each other their widths; the backward pass makes none.

    Args:
        logits_shard: (N, K_r), this rank's classes: contiguous, in the order of the ranks, of any width (0 too); -inf
            masks a class. Or a DTensor (N, K) with ``Shard(1)`` on one dimension of its mesh and ``Replicate()`` on
            the others.
        target: the same on every rank, in class numbers of the whole vocabulary: a :class:`onewarm.SoftTarget`,
            integer labels (N,), or probabilities (N, K). Each rank reads its own columns of a table. A teacher that is
            sharded itself comes from :func:`vocab_parallel_soft`, or as probabilities (N, K_r).
        group: the ranks, all by default; left out for a DTensor, which names its own.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for one loss a row.
        normalizer: what ``"mean"`` divides by: ``"rows"`` that have mass, the total ``"mass"``, or a number.
        z_loss: adds ``z_loss s logsumexp(z)^2`` to each row.

    Returns:
        A scalar, or (N,) for ``"none"``: float32, or float64 for float64 logits.

    Raises:
        TypeError, ValueError: as :func:`onewarm.cross_entropy`, on every rank; ranks with different numbers of rows; a
            target that requires a gradient.
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
    settings(reduction, normalizer, z_loss)
    logits_shard, group = local(logits_shard, group, 1, "logits_shard")
    target = target if isinstance(target, SoftTarget) else held_of(target)
    fault = refused(logits_shard, target)
    at = tell(logits_shard, 1, logits_shard.shape[0] if logits_shard.ndim else 0, group, target, fault)
    part = rows_of.part_of(shared(target, at), at, logits_shard.shape[0])
    loss: Tensor = _Parallel.apply(logits_shard, part, at, reduction, normalizer, z_loss)  # type: ignore[no-untyped-call]
    return loss


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
    held, group = local(probabilities_shard, group, 1, "probabilities_shard")
    fault = refused(held, None, "probabilities_shard")
    if fault is None and (bad := checks.first_true(~torch.isfinite(held) | (held < 0))) is not None:
        where, value = f"probabilities_shard[{bad[0]}, {bad[1]}]", checks.item(held, bad)
        fault = ValueError(f"{where} is {value:g}: probabilities are finite and not negative")
    at = tell(held, 1, held.shape[0] if held.ndim else 0, group, None, fault)
    total = held.sum(1, dtype=torch.float64)
    dist.all_reduce(total, group=at.group)
    if (off := checks.first_true((total - 1).abs() > checks.SUM_TOLERANCE)) is not None:
        raise ValueError(
            f"probabilities[{off[0]}] sums to {checks.item(total, off):g} over the ranks, not 1 "
            f"(tolerance {checks.SUM_TOLERANCE:g}): divide the row by its sum"
        )
    from torch.distributed.device_mesh import DeviceMesh  # takes a second to import
    from torch.distributed.tensor import DTensor, Shard

    n = held.shape[0]
    mesh = DeviceMesh.from_group(at.group, held.device.type)
    table = DTensor.from_local(
        held, mesh, [Shard(1)], run_check=False, shape=torch.Size((n, at.num_classes)), stride=(at.num_classes, 1)
    )
    empty = torch.zeros(n, 0, dtype=torch.float64, device=held.device)
    return SoftTarget(
        index=empty.long(),
        weight=empty,
        table=table,
        table_index=torch.arange(n, device=held.device)[:, None],
        table_weight=empty.new_ones(n, 1),
        num_classes=at.num_classes,
    )


class _Parallel(torch.autograd.Function):
    """The sums and reductions forwards; backwards each rank makes the gradient of its own columns, alone."""

    @staticmethod
    def forward(
        ctx: Any, logits: Tensor, part: Part, at: Layout, reduction: Reduction, normalizer: Normalizer, z_loss: float
    ) -> Tensor:
        n, width = logits.shape
        sums = rows_of.Sums(part, n)
        kind = rows_of.accumulator(logits.dtype)
        for rows in rows_of.blocks(n, width):
            sums.add(rows, logits[rows].to(kind))
        joined = sums.join(at, z_loss, lambda row: logits[row])
        loss, ctx.scale = rows_of.reduced(joined, part.live, reduction, normalizer, kind)
        ctx.save_for_backward(logits)
        ctx.part, ctx.joined, ctx.z_loss = part, joined, z_loss
        return loss

    @staticmethod
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor | None, ...]:
        once()
        (logits,) = ctx.saved_tensors
        scale = (above.double() * ctx.scale).expand(logits.shape[0])
        kind = rows_of.accumulator(logits.dtype)
        gradient = torch.empty_like(logits)
        for rows in rows_of.blocks(*logits.shape):
            z = logits[rows].to(kind, copy=True)
            gradient[rows] = rows_of.to_gradient_(z, rows, ctx.part, ctx.joined, scale[rows], ctx.z_loss, True)
        return gradient, None, None, None, None, None


def shared(target: SoftTarget | Tensor, at: Layout) -> SoftTarget | Tensor:
    """Probabilities of this rank's classes become a sharded teacher."""
    if at.sharded_target and isinstance(target, Tensor):
        return vocab_parallel_soft(target, group=at.group)
    return target

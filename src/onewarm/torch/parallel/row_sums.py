"""Loss and gradient of rows whose classes are spread over ranks: each rank's sums, and the reductions that join them.

With m the maximum of a row over all ranks and t its target of mass s, these sums over the classes suffice:

    sum_exp = sum exp(z - m)
    named   = sum over named classes of weight (z - m)
    for each table row r, over the unmasked classes: dot = <r, z - m>, kept = sum r; over the masked ones: lost = sum r

    loss = s log(sum_exp) - named - sum over table parts of w (1 + lost / kept) dot + z_loss s (m + log sum_exp)^2

One MAX and one SUM reduction therefore give the loss of any target. A rank with a NaN or +inf logit contributes +inf
to the MAX, so every rank raises the same error and none is left waiting; one more number of the MAX tells of a rank
whose target is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from onewarm import checks
from onewarm.definition import divisor
from onewarm.errors import InputError
from onewarm.loss_options import LossOptions
from onewarm.torch.device import on_cpu
from onewarm.torch.parallel.layout import Layout
from onewarm.torch.parallel.local_target import LocalTarget

BLOCK = 2**20  # logits processed at a time, which bounds the temporaries


class JoinedRows(NamedTuple):
    """Per-row results of the reductions, bit-equal on every rank: (N,), or (N, T) for T table parts."""

    loss: Tensor
    top: Tensor  # the row's maximum m
    sum_exp: Tensor
    logsumexp: Tensor
    mass: Tensor
    unmasked_weight: Tensor  # what multiplies a table part's row at unmasked classes, moved mass included
    masked_weight: Tensor  # and at masked ones: its weight where all of its mass is masked (the loss is +inf), else 0
    any_lost: bool  # some table row has mass on a masked class


def accumulator(dtype: torch.dtype) -> torch.dtype:
    """The dtype of the arithmetic: float64 for float64, else float32."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def blocks(rows: int, width: int, size: int = BLOCK) -> list[slice]:
    """The rows in blocks of at most ``size`` logits, at least one row each.

    >>> blocks(5, 10, 20)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, size // max(width, 1))
    return [slice(start, min(start + step, rows)) for start in range(0, rows, step)]


class LocalSums:
    """One rank's sums, relative to the maxima of its own classes, filled block by block.

    Args:
        target: this rank's view of the target.
        rows: N.
        tables: whether :meth:`add` makes the table's sums too; else the caller sets ``dot`` and ``kept``.
    """

    def __init__(self, target: LocalTarget, rows: int, *, tables: bool = True) -> None:
        like = target.weight
        parts = target.table_weight.shape[1]
        self.target, self.tables = target, tables and parts > 0
        self.top, self.sum_exp, self.named, self.named_mass = like.new_zeros(4, rows)
        self.dot, self.kept, self.lost = like.new_zeros(3, rows, parts)

    def add(self, rows: slice, z: Tensor) -> None:
        """Add one block of logits (n, width), in the accumulator's dtype; rows without mass are not read."""
        target = self.target
        if target.ignores_rows:
            z = z.masked_fill(~target.has_mass[rows, None], 0)
        top = z.amax(1) if z.shape[1] else z.new_full((z.shape[0],), -torch.inf)
        self.top[rows] = torch.where(top.isnan(), torch.inf, top)
        own = torch.where(top.isfinite(), top, 0)
        d = z - own[:, None]
        self.sum_exp[rows] = torch.exp(d).sum(1).double()
        if z.shape[1]:
            is_local, index = target.is_local[rows], target.index[rows].clamp(0, z.shape[1] - 1)
            weight = torch.where(is_local, target.weight[rows], 0)
            at_index = d.gather(1, index).double()
            # A named class that is masked makes the sum -inf, and the loss +inf, whatever the sign of its mass.
            terms = torch.where(at_index == -torch.inf, at_index, weight * at_index)
            self.named[rows] = torch.where(is_local, terms, 0).sum(1)
            self.named_mass[rows] = weight.sum(1)
        if not self.tables:
            return
        # On a GPU asking whether any class is masked would wait for the device.
        masked = d == -torch.inf if not on_cpu(z) or _any_masked(d) else None
        if masked is not None:
            d.masked_fill_(masked, 0)
            is_masked, is_unmasked = masked.to(d.dtype), (~masked).to(d.dtype)
        for part in range(self.dot.shape[1]):
            table_rows = target.table_rows(part, rows, d.dtype)
            self.dot[rows, part] = _dots(d, table_rows)
            if masked is None:
                self.kept[rows, part] = table_rows.sum(1, dtype=torch.float64)
            else:
                self.kept[rows, part] = _dots(is_unmasked, table_rows)
                self.lost[rows, part] = _dots(is_masked, table_rows)

    def join(self, layout: Layout, z_loss: float, read_row: Callable[[int], Tensor]) -> JoinedRows:
        """The two reductions, and the loss of every row.

        Args:
            layout: of the ranks.
            z_loss: not negative.
            read_row: this rank's logits (width,) of one row, for the text of an error.

        Raises:
            ValueError: on every rank, for the first row with a NaN or +inf logit, or with every class masked; or for
                another rank's error that :func:`refuse` told.
        """
        top = _joined_maxima(self.top, layout, None)
        if (bad := checks.first_true(~torch.isfinite(top))) is not None:
            raise bad_row(bad[0], read_row(bad[0]), layout)
        shift = torch.where(self.top == -torch.inf, 0, self.top - top)
        columns = [self.sum_exp * shift.exp(), self.named + shift * self.named_mass]
        sums = torch.cat(
            [torch.stack(columns, 1), self.dot + shift[:, None] * self.kept, self.kept, self.lost], 1
        ).contiguous()
        dist.all_reduce(sums, group=layout.group)
        sum_exp, named = sums[:, 0], sums[:, 1]
        dot, kept, lost = sums[:, 2:].reshape(len(sums), 3, -1).unbind(1)
        weight = self.target.table_weight
        masked_weight = torch.where((kept == 0) & (lost != 0), weight, 0)
        unmasked_weight = weight * torch.where(kept == 0, 1, (kept + lost) / torch.where(kept == 0, 1, kept))
        mass = self.target.weight.sum(1) + (weight * (kept + lost)).sum(1)
        log = sum_exp.log()
        logsumexp = top + log
        loss = mass * log - named - (unmasked_weight * dot).sum(1) + z_loss * mass * logsumexp**2
        impossible = (named == -torch.inf) | (masked_weight != 0).any(1)
        loss = torch.where(self.target.has_mass, torch.where(impossible, torch.inf, loss), 0)
        return JoinedRows(
            loss, top, sum_exp, logsumexp, mass, unmasked_weight, masked_weight, any_lost=bool((lost != 0).any())
        )


def refuse(error: Exception, rows: int, layout: Layout, device: torch.device) -> None:
    """Tell the other ranks, which join their sums of so many rows, of this rank's error, and raise it.

    Raises:
        Exception: ``error``; on the other ranks a ValueError that names this one.
    """
    _joined_maxima(torch.zeros(rows, dtype=torch.float64, device=device), layout, error)


def _joined_maxima(top: Tensor, layout: Layout, error: Exception | None) -> Tensor:
    """The maxima over all ranks, (N,); an error of one rank is raised by it, and reported by the others."""
    number = 0 if error is None else dist.get_rank(layout.group) + 1
    both = torch.cat([top, top.new_full((1,), number)])
    dist.all_reduce(both, dist.ReduceOp.MAX, group=layout.group)
    if error is not None:
        raise error
    if last := int(both[-1]):
        raise InputError(f"rank {last - 1} of the group rejected its target: see the error that it raised")
    return both[:-1]


def _any_masked(d: Tensor) -> bool:
    return bool(d.shape[1] and (d.amin(1) == -torch.inf).any())


def _dots(x: Tensor, table_rows: Tensor) -> Tensor:
    """Each row of x (n, width) with its own table row, or with the one for all."""
    return (x @ table_rows[0] if table_rows.shape[0] == 1 else (x * table_rows).sum(1)).double()


def to_gradient_(
    z: Tensor, rows: slice, target: LocalTarget, joined: JoinedRows, scale: Tensor, z_loss: float, tables: bool
) -> Tensor:
    """Turn one block of logits, in the accumulator's dtype, into its gradient times ``scale`` (n,), in place.

    ``g = scale (s (1 + 2 z_loss logsumexp(z)) softmax(z) - t)``; without ``tables``, t is the named classes alone.
    """
    if target.ignores_rows:
        z.masked_fill_(~target.has_mass[rows, None], 0)
    masked = z == -torch.inf if joined.any_lost and tables else None
    mass, logsumexp, sum_exp = joined.mass[rows], joined.logsumexp[rows], joined.sum_exp[rows]
    scale = scale.double()
    factor = (scale * mass * (1 + 2 * z_loss * logsumexp) / sum_exp).to(z.dtype)
    z.sub_(joined.top[rows, None].to(z.dtype)).exp_().mul_(factor[:, None])
    for part in range(target.table_weight.shape[1] if tables else 0):
        weight = (scale * joined.unmasked_weight[rows, part]).to(z.dtype)[:, None]
        if masked is not None:
            masked_weight = (scale * joined.masked_weight[rows, part]).to(z.dtype)[:, None]
            weight = torch.where(masked, masked_weight, weight)
        z.addcmul_(target.table_rows(part, rows, z.dtype), weight, value=-1)
    if z.shape[1]:
        named = torch.where(target.is_local[rows], target.weight[rows] * scale[:, None], 0)
        z.scatter_add_(1, target.index[rows].clamp(0, z.shape[1] - 1), -named.to(z.dtype))
    return z


def bad_row(row: int, z: Tensor, layout: Layout) -> ValueError:
    """The same error on every rank for a row that has no loss; ``z`` (width,) is this rank's part of it.

    One reduction: of the first class, over all ranks, that is NaN, and of the first that is +inf.
    """
    first = torch.full((2,), layout.num_classes, dtype=torch.int64, device=z.device)
    for kind, wrong in enumerate((z.isnan(), z == torch.inf)):
        if wrong.any():
            first[kind] = layout.start + int(wrong.int().argmax())
    dist.all_reduce(first, dist.ReduceOp.MIN, group=layout.group)
    values = np.full(layout.num_classes, -np.inf)
    for column, value in zip(first.tolist(), (np.nan, np.inf), strict=True):
        if column < layout.num_classes:
            values[column] = value
    return checks.bad_logits(values, row)


def reduced_loss(
    joined: JoinedRows, has_mass: Tensor, options: LossOptions, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """The reduced loss, and the factor of each row's gradient."""
    unit_factor = joined.loss.new_ones(())
    if options.reduction == "none":
        return joined.loss.to(dtype), unit_factor
    total = _sum(joined.loss)
    if options.reduction == "sum":
        return total.to(dtype), unit_factor
    normalizer = options.normalizer
    if isinstance(normalizer, str):
        count = _sum(has_mass.double() if normalizer == "rows" else joined.mass)
        by = torch.where(count == 0, 1.0, count)
    else:
        by = divisor(None, normalizer, joined.loss)  # type: ignore[arg-type]  # a number needs no target
    return (total / by).to(dtype), 1 / by


def _sum(values: Tensor) -> Tensor:
    """The sum in a fixed order, so that it does not depend on a rank's number of threads."""
    padded = torch.nn.functional.pad(values, (0, -len(values) % 256))
    return padded.reshape(-1, 256).sum(1).cumsum(0)[-1] if len(values) else values.sum()

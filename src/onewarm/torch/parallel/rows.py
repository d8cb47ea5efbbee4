"""Rows whose classes lie on several ranks: what a rank adds up over its own columns, and the reductions that join it.

With m the maximum of a row over all ranks and t its target of mass s, four kinds of sums over the classes suffice:

    a = sum exp(z - m)    n = <named, z - m>    for each table row r:  d = <r, z - m>, kept = sum r, lost = sum r masked
    loss = s log a - n - sum w (1 + lost / kept) d + z_loss s (m + log a)^2

so one MAX and one SUM over the ranks make the loss, whatever the target. A rank that finds a logit without a loss
says so in the MAX: every rank then raises the same error, and none waits for another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from onewarm import checks
from onewarm.definition import Normalizer, Reduction, divisor, in_range
from onewarm.target import SoftTarget, as_target
from onewarm.torch.parallel.layout import Layout, held_of

BLOCK = 2**20  # logits that are worked on at a time: temporaries stay this small


@dataclass(frozen=True, eq=False)
class Part:
    """The target as one rank sees it: all of the named classes, and its own columns of the table."""

    live: Tensor  # (N,) rows with mass
    ignored: bool  # whether there are others
    index: Tensor  # (N, J) counted from this rank's first class
    weight: Tensor  # (N, J) float64
    here: Tensor  # (N, J) named, with mass, and held by this rank
    table: Tensor | None  # (R, width)
    table_index: Tensor  # (N, T)
    table_weight: Tensor  # (N, T) float64

    def table_rows(self, t: int, rows: slice, dtype: torch.dtype) -> Tensor:
        """Table part t of some rows, (n or 1, width)."""
        assert self.table is not None
        if self.table.shape[0] == 1:
            return self.table.to(dtype)
        return self.table[self.table_index[rows, t]].to(dtype)


class Joined(NamedTuple):
    """What the ranks know together, the same bits on each: (N,), or (N, T) for the table's parts."""

    loss: Tensor
    top: Tensor
    added: Tensor
    lse: Tensor
    mass: Tensor
    share: Tensor  # a table part's weight on classes that are not masked
    dead: Tensor  # its weight on masked ones
    moved: bool  # whether any table mass lay on a masked class


def part_of(target: SoftTarget | Tensor, at: Layout, rows: int) -> Part:
    """A rank's part of a target that every rank was given."""
    target = as_target(target, at.num_classes)
    if len(target) != rows:
        raise ValueError(f"target has {len(target)} rows, logits have {rows}: expected one a row")
    in_range(target.index, at.num_classes, "target.index")
    index, weight = target.index.long() - at.start, target.weight.double()
    here = (index >= 0) & (index < at.width) & (weight != 0)
    table, table_index, table_weight = target.table, target.table_index, target.table_weight
    if table is None or table_index is None or table_weight is None:
        table, table_index, table_weight = None, index[:, :0], weight[:, :0]
    else:
        in_range(table_index, int(table.shape[0]), "target.table_index")
        table = own_columns(table, at)
        if table.shape[0] == 1 and table_weight.shape[1] > 1:  # one row: its shares add up
            table_index, table_weight = table_index[:, :1], table_weight.sum(1, keepdim=True)
    live = target.has_mass()
    return Part(live, not bool(live.all()), index, weight, here, table, table_index.long(), table_weight.double())


def own_columns(table: Tensor, at: Layout) -> Tensor:
    """This rank's columns of a table, without a copy: a slice, or what it holds of a DTensor."""
    held = held_of(table)
    if held is table:
        return table[:, at.start : at.start + at.width]
    if held.shape[1] != at.width:
        raise ValueError(f"target.table: this rank holds {held.shape[1]} of its columns and {at.width} of the logits'")
    return held


def accumulator(dtype: torch.dtype) -> torch.dtype:
    """What is computed in: float32, or float64 for float64."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def blocks(rows: int, width: int, size: int = BLOCK) -> list[slice]:
    """The rows in blocks of about ``size`` logits."""
    step = max(1, size // max(width, 1))
    return [slice(a, min(a + step, rows)) for a in range(0, rows, step)]


class Sums:
    """A rank's sums, relative to its own maxima, filled block by block.

    Args:
        part: the rank's part of the target.
        tables: whether blocks add the table's sums too; else the caller sets ``dot``, ``kept`` and ``lost``.
    """

    def __init__(self, part: Part, rows: int, *, tables: bool = True) -> None:
        like = part.weight
        parts = part.table_weight.shape[1]
        self.part, self.tables = part, tables and parts > 0
        self.top, self.added, self.named, self.named_mass = like.new_zeros(4, rows)
        self.dot, self.kept, self.lost = like.new_zeros(3, rows, parts)

    def add(self, rows: slice, z: Tensor) -> None:
        """Read one block of logits (n, width), in the accumulator's type; rows without mass are not looked at."""
        part = self.part
        if part.ignored:
            z = z.masked_fill(~part.live[rows, None], 0)
        top = z.amax(1) if z.shape[1] else z.new_full((z.shape[0],), -torch.inf)
        self.top[rows] = torch.where(top.isnan(), torch.inf, top)
        own = torch.where(top.isfinite(), top, 0)
        d = z - own[:, None]
        self.added[rows] = torch.exp(d).sum(1).double()
        if z.shape[1]:
            here, index = part.here[rows], part.index[rows].clamp(0, z.shape[1] - 1)
            weight = torch.where(here, part.weight[rows], 0)
            x = d.gather(1, index).double()
            # A named class that is masked makes the sum -inf, and the loss +inf, whatever the sign of its mass.
            self.named[rows] = torch.where(here, torch.where(x == -torch.inf, x, weight * x), 0).sum(1)
            self.named_mass[rows] = weight.sum(1)
        if not self.tables:
            return
        masked = d == -torch.inf if z.is_cuda or _any_masked(d) else None  # on a GPU the question would have to wait
        if masked is not None:
            d.masked_fill_(masked, 0)
            lost, kept = masked.to(d.dtype), (~masked).to(d.dtype)
        for t in range(self.dot.shape[1]):
            row = part.table_rows(t, rows, d.dtype)
            self.dot[rows, t] = _dots(d, row)
            if masked is None:
                self.kept[rows, t] = row.sum(1, dtype=torch.float64)
            else:
                self.kept[rows, t], self.lost[rows, t] = _dots(kept, row), _dots(lost, row)

    def join(self, at: Layout, z_loss: float, row_of: Callable[[int], Tensor]) -> Joined:
        """The two reductions, and the loss of every row; ``row_of`` reads a row again for an error's text."""
        top = self.top.clone()
        dist.all_reduce(top, dist.ReduceOp.MAX, group=at.group)
        bad = ~torch.isfinite(top)
        if (first := checks.first_true(bad)) is not None:
            raise bad_row(first[0], row_of(first[0]), at)
        shift = torch.where(self.top == -torch.inf, 0, self.top - top)
        columns = [self.added * shift.exp(), self.named + shift * self.named_mass]
        sums = torch.cat(
            [torch.stack(columns, 1), self.dot + shift[:, None] * self.kept, self.kept, self.lost], 1
        ).contiguous()
        dist.all_reduce(sums, group=at.group)
        added, named = sums[:, 0], sums[:, 1]
        dot, kept, lost = sums[:, 2:].reshape(len(sums), 3, -1).unbind(1)
        weight = self.part.table_weight
        homeless = (kept == 0) & (lost != 0)
        dead = torch.where(homeless, weight, 0)
        share = weight * torch.where(kept == 0, 1, (kept + lost) / torch.where(kept == 0, 1, kept))
        mass = self.part.weight.sum(1) + (weight * (kept + lost)).sum(1)
        log = added.log()
        lse = top + log
        loss = mass * log - named - (share * dot).sum(1) + z_loss * mass * lse**2
        loss = torch.where((named == -torch.inf) | (dead != 0).any(1), torch.inf, loss)
        loss = torch.where(self.part.live, loss, 0)
        return Joined(loss, top, added, lse, mass, share, dead, bool((lost != 0).any()))


def _any_masked(d: Tensor) -> bool:
    return bool(d.shape[1] and (d.amin(1) == -torch.inf).any())


def _dots(x: Tensor, row: Tensor) -> Tensor:
    """Each row of x with its own row, or with the one for all."""
    return (x @ row[0] if row.shape[0] == 1 else (x * row).sum(1)).double()


def to_gradient_(
    z: Tensor, rows: slice, part: Part, joined: Joined, scale: Tensor, z_loss: float, tables: bool
) -> Tensor:
    """Turn one block of logits, in the accumulator's type, into its gradient times ``scale`` (n,), in place.

    ``g = scale (s (1 + 2 z_loss lse) softmax(z) - t)``; without ``tables``, t is the named classes alone.
    """
    if part.ignored:
        z.masked_fill_(~part.live[rows, None], 0)
    masked = z == -torch.inf if joined.moved and tables else None
    s, lse, added = joined.mass[rows], joined.lse[rows], joined.added[rows]
    scale = scale.double()
    factor = (scale * s * (1 + 2 * z_loss * lse) / added).to(z.dtype)
    z.sub_(joined.top[rows, None].to(z.dtype)).exp_().mul_(factor[:, None])
    for t in range(part.table_weight.shape[1] if tables else 0):
        row = part.table_rows(t, rows, z.dtype)
        share = (scale * joined.share[rows, t]).to(z.dtype)[:, None]
        if masked is not None:
            share = torch.where(masked, (scale * joined.dead[rows, t]).to(z.dtype)[:, None], share)
        z.addcmul_(row, share, value=-1)
    if z.shape[1]:
        weight = torch.where(part.here[rows], part.weight[rows] * scale[:, None], 0)
        z.scatter_add_(1, part.index[rows].clamp(0, z.shape[1] - 1), -weight.to(z.dtype))
    return z


def bad_row(row: int, z: Tensor, at: Layout) -> ValueError:
    """The same error on every rank for a row that has no loss, ``z`` (width,) being this rank's part of it."""
    first = torch.full((2,), at.num_classes, dtype=torch.int64, device=z.device)
    for kind, wrong in enumerate((z.isnan(), z == torch.inf)):
        if wrong.any():
            first[kind] = at.start + int(wrong.int().argmax())
    dist.all_reduce(first, dist.ReduceOp.MIN, group=at.group)
    values = np.full(at.num_classes, -np.inf)
    for column, value in zip(first.tolist(), (np.nan, np.inf), strict=True):
        if column < at.num_classes:
            values[column] = value
    return checks.bad_logits(values, row)


def reduced(
    joined: Joined, live: Tensor, reduction: Reduction, normalizer: Normalizer, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """The loss, and what each row's gradient is multiplied by: sums in an order that no thread count changes."""
    one = joined.loss.new_ones(())
    if reduction == "none":
        return joined.loss.to(dtype), one
    total = _sum(joined.loss)
    if reduction == "sum":
        return total.to(dtype), one
    if isinstance(normalizer, str) and normalizer in ("rows", "mass"):
        by = _sum(live.double() if normalizer == "rows" else joined.mass)
        by = torch.where(by == 0, 1.0, by)
    else:
        by = divisor(None, normalizer, joined.loss)  # type: ignore[arg-type]  # a number asks no target
    return (total / by).to(dtype), 1 / by


def _sum(values: Tensor) -> Tensor:
    padded = torch.nn.functional.pad(values, (0, -len(values) % 256))
    return padded.reshape(-1, 256).sum(1).cumsum(0)[-1] if len(values) else values.sum()

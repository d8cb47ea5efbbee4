"""Vocabulary-parallel linear layer and cross-entropy in one: each rank holds rows of the weight, no rank its logits."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from onewarm.definition import Normalizer, Reduction
from onewarm.target import SoftTarget
from onewarm.torch.parallel import rows as rows_of
from onewarm.torch.parallel.functional import shared
from onewarm.torch.parallel.layout import Layout, held_of, local, once, refused, settings, tell
from onewarm.torch.parallel.rows import Part

_BLOCK = 2**22  # logits that are made at a time: each block is three matrix products
_FEW = 32  # a table with at most one row for so many examples goes through the weight once, not through the logits


def vocab_parallel_linear_cross_entropy(
    hidden: Tensor,
    weight_shard: Tensor,
    target: SoftTarget | Tensor,
    *,
    bias_shard: Tensor | None = None,
    group: dist.ProcessGroup | None = None,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
) -> Tensor:
    """:func:`vocab_parallel_cross_entropy` of ``hidden @ weight.T + bias``, without the logits.

    The logits are made block by block, once forwards and once backwards (four matrix products in all, and memory for
    one block). A table of few rows - uniform smoothing, a prior - costs O(D) a token: ``<row, W x> = (W^T row) . x``.
    Forwards the ranks reduce a few numbers a row, backwards the gradient of ``hidden``, in float32 at least: every
    rank must call ``backward`` too.

    Args:
        hidden: (N, D), the same on every rank.
        weight_shard: (K_r, D), this rank's classes, or a DTensor (K, D) with ``Shard(0)``.
        target: as for :func:`vocab_parallel_cross_entropy`.
        bias_shard: (K_r,), or a DTensor (K,) with ``Shard(0)``; -inf masks a class.
        group, reduction, normalizer, z_loss: as for :func:`vocab_parallel_cross_entropy`.

    Returns:
        A scalar, or (N,) for ``"none"``: float32, or float64 for float64. Gradients are in their inputs' dtypes, added
        up in float32 at least. Under autocast the products are made in its dtype.

    Raises:
        TypeError, ValueError, RuntimeError: as :func:`vocab_parallel_cross_entropy`.

    Example:
        >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
        >>> hidden, weight = torch.eye(2), torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
        >>> round(vocab_parallel_linear_cross_entropy(hidden, weight, torch.tensor([0, 1])).item(), 4)
        0.5514
        >>> dist.destroy_process_group()

    Source: Wijmans et al., "Cut Your Losses in Large-Vocabulary Language Models", ICLR 2025, for leaving out the
    logits; the closed form of the table is linearity: sum_k r_k (W x)_k = (W^T r) . x.
    """
    settings(reduction, normalizer, z_loss)
    weight_shard, group = local(weight_shard, group, 0, "weight_shard")
    hidden, bias_shard = held_of(hidden), None if bias_shard is None else held_of(bias_shard)
    target = target if isinstance(target, SoftTarget) else held_of(target)
    fault = _misfit(hidden, weight_shard, bias_shard) or refused(hidden, target, "hidden")
    at = tell(weight_shard, 0, hidden.shape[0] if hidden.ndim else 0, group, target, fault)
    part = rows_of.part_of(shared(target, at), at, hidden.shape[0])
    kind = hidden.device.type
    if torch.is_autocast_enabled(kind) and hidden.dtype != torch.float64:
        dtype = torch.get_autocast_dtype(kind)
        hidden, weight_shard = hidden.to(dtype), weight_shard.to(dtype)
        bias_shard = None if bias_shard is None else bias_shard.to(dtype)
    with torch.autocast(kind, enabled=False):
        loss: Tensor = _ParallelLinear.apply(  # type: ignore[no-untyped-call]
            hidden, weight_shard, bias_shard, part, at, reduction, normalizer, z_loss
        )
    return loss


class _ParallelLinear(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        part: Part,
        at: Layout,
        reduction: Reduction,
        normalizer: Normalizer,
        z_loss: float,
    ) -> Tensor:
        kind = rows_of.accumulator(hidden.dtype)
        n = hidden.shape[0]
        few = part.table is not None and (part.table.shape[0] == 1 or _FEW * part.table.shape[0] <= n)
        few = few and (bias is None or not bool((bias == -torch.inf).any()))
        for close in (few, False):
            sums = rows_of.Sums(part, n, tables=not close)
            for rows in rows_of.blocks(n, at.width, _BLOCK):
                sums.add(rows, _logits(hidden[rows], weight, bias).to(kind))
            ctx.table = None
            if close and part.table is not None:
                ctx.table = _Table(weight, bias, part.table, kind)
                ctx.table.sums(hidden, part, sums)
            joined = sums.join(at, z_loss, lambda row: _logits(hidden[row : row + 1], weight, bias)[0])
            # A product that overflowed to -inf masks its class: then the table's mass has to move. All ranks see it.
            if part.table is None or bool(joined.loss.isfinite().all()):
                break
        loss, ctx.scale = rows_of.reduced(joined, part.live, reduction, normalizer, kind)
        ctx.save_for_backward(hidden, weight, bias)
        ctx.part, ctx.joined, ctx.z_loss, ctx.at = part, joined, z_loss, at
        return loss

    @staticmethod
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor | None, ...]:
        once()
        hidden, weight, bias = ctx.saved_tensors
        part: Part = ctx.part
        want_hidden, want_weight, want_bias = ctx.needs_input_grad[:3]
        kind = rows_of.accumulator(hidden.dtype)
        scale = (above.double() * ctx.scale).expand(hidden.shape[0])
        dh = torch.zeros_like(hidden, dtype=kind)
        dw = torch.zeros_like(weight, dtype=kind) if want_weight else None
        db = weight.new_zeros(weight.shape[0], dtype=kind) if want_bias else None
        for rows in rows_of.blocks(hidden.shape[0], ctx.at.width, _BLOCK):
            h = _read(hidden, part, rows)
            z = _logits(h, weight, bias).to(kind)
            g = rows_of.to_gradient_(z, rows, part, ctx.joined, scale[rows], ctx.z_loss, ctx.table is None)
            if db is not None:
                db += g.sum(0)
            g = g.to(hidden.dtype)
            if want_hidden:
                dh[rows] = g @ weight
            if dw is not None:
                dw += g.T @ h
        if ctx.table is not None:
            ctx.table.add_gradient(hidden, part, ctx.joined, scale, dh, dw, db)
        if want_hidden:
            dist.all_reduce(dh, group=ctx.at.group)
        return (
            dh.to(hidden.dtype) if want_hidden else None,
            None if dw is None else dw.to(weight.dtype),
            None if db is None or bias is None else db.to(bias.dtype),
            *(None,) * 5,
        )


class _Table:
    """A table of few rows r, taken through the weight: ``<r, W x + b> = (W^T r) . x + <r, b>``, without the logits."""

    def __init__(self, weight: Tensor, bias: Tensor | None, table: Tensor, kind: torch.dtype) -> None:
        self.rows = table.to(kind)  # (R, K_r)
        self.product = self.rows.new_zeros(table.shape[0], weight.shape[1])  # W^T r
        for some in rows_of.blocks(*weight.shape):
            self.product += self.rows[:, some] @ weight[some].to(kind)
        self.shift = 0 if bias is None else (self.rows @ bias.to(kind)).double()  # <r, b>

    def sums(self, hidden: Tensor, part: Part, sums: rows_of.Sums) -> None:
        """<r, z - own maximum> and the mass of every table part; nothing is masked here."""
        own = torch.where(sums.top.isfinite(), sums.top, 0)[:, None]
        kept = self.rows.sum(1, dtype=torch.float64)
        dots = (_read(hidden, part, slice(None)).to(self.rows.dtype) @ self.product.T).double() + self.shift
        sums.kept = kept[part.table_index]
        sums.dot = dots.gather(1, part.table_index) - own * sums.kept

    def add_gradient(
        self,
        hidden: Tensor,
        part: Part,
        joined: rows_of.Joined,
        scale: Tensor,
        dh: Tensor,
        dw: Tensor | None,
        db: Tensor | None,
    ) -> None:
        """Take the table's share off the gradients: rank R, not a pass over the logits."""
        share = scale.new_zeros(hidden.shape[0], self.rows.shape[0])
        share.scatter_add_(1, part.table_index, scale[:, None] * joined.share)
        share = share.to(self.rows.dtype)
        dh.addmm_(share, self.product, alpha=-1)
        if dw is not None:
            h = _read(hidden, part, slice(None)).to(self.rows.dtype)
            dw.addmm_(self.rows.T, share.T @ h, alpha=-1)
        if db is not None:
            db.addmv_(self.rows.T, share.sum(0), alpha=-1)


def _logits(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return torch.nn.functional.linear(hidden, weight, bias)


def _read(hidden: Tensor, part: Part, rows: slice) -> Tensor:
    """Some of the rows, with 0 for those without mass: nothing they hold may reach a sum."""
    taken = hidden[rows]
    return taken.masked_fill(~part.live[rows, None], 0) if part.ignored else taken


def _misfit(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> Exception | None:
    if hidden.ndim != 2 or weight.ndim != 2 or hidden.shape[1] != weight.shape[1]:
        return ValueError(
            f"hidden has shape {tuple(hidden.shape)} and weight_shard {tuple(weight.shape)}: expected (N, D), (K_r, D)"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        return ValueError(f"bias_shard has shape {tuple(bias.shape)}: expected ({weight.shape[0]},)")
    for name, other in (("weight_shard", weight), ("bias_shard", bias)):
        if other is not None and other.dtype != hidden.dtype and not torch.is_autocast_enabled(hidden.device.type):
            return TypeError(f"{name} has dtype {other.dtype}, hidden {hidden.dtype}: expected the same")
    return None

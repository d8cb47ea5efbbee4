"""Vocabulary-parallel linear layer fused with its cross-entropy: each rank holds some rows of the weight matrix."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor

from onewarm.errors import InputError
from onewarm.loss_options import LossOptions, Normalizer, Reduction, loss_options
from onewarm.target import SoftTarget
from onewarm.torch.parallel import row_sums
from onewarm.torch.parallel.functional import checked_target, restored, saved_parts
from onewarm.torch.parallel.layout import (
    Layout,
    argument_error,
    exchange_layout,
    local_shard,
    refuse_second_derivative,
    to_local,
    told,
)
from onewarm.torch.parallel.local_target import LocalTarget

_BLOCK = 2**22  # logits formed at a time: larger than row_sums.BLOCK, since each block is three matrix products
_EXAMPLES_A_TABLE_ROW = 32  # with at least so many, the table's part is cheaper through the weight than the logits


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

    The logits are formed block by block, once in the forward and once in the backward pass: four matrix products in
    all, and memory for one block. A table of few rows (uniform smoothing, a prior) costs O(D) a token, since
    ``<row, W x> = (W^T row) . x``. The forward pass reduces a few numbers a row over the ranks, the backward pass the
    gradient of ``hidden``, in float32 or better: every rank must call ``backward`` too.

    Args:
        hidden: (N, D), the same on every rank.
        weight_shard: (K_r, D), this rank's classes, or a DTensor (K, D) with ``Shard(0)``.
        target: as for :func:`vocab_parallel_cross_entropy`.
        bias_shard: (K_r,), or a DTensor (K,) with ``Shard(0)``; -inf masks a class.
        group, reduction, normalizer, z_loss: as for :func:`vocab_parallel_cross_entropy`.

    Returns:
        A scalar, or (N,) for ``"none"``: float32, or float64 for float64. Gradients are in their inputs' dtypes,
        summed in float32 or better. Under autocast the matrix products are in its dtype.

    Raises:
        TypeError, ValueError, RuntimeError: as :func:`vocab_parallel_cross_entropy`.

    Example:
        >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
        >>> hidden, weight = torch.eye(2), torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
        >>> round(vocab_parallel_linear_cross_entropy(hidden, weight, torch.tensor([0, 1])).item(), 4)
        0.5514
        >>> dist.destroy_process_group()

    Source: Wijmans et al., "Cut Your Losses in Large-Vocabulary Language Models", ICLR 2025, for never storing the
    logits; the table's closed form is linearity: sum_k r_k (W x)_k = (W^T r) . x.
    """

    def prepare() -> tuple[Tensor, Tensor, Tensor | None, Any, dist.ProcessGroup, LossOptions]:
        options = loss_options(reduction, normalizer, z_loss)
        weight, own_group = local_shard(weight_shard, group, 0, "weight_shard")
        x, bias = to_local(hidden), None if bias_shard is None else to_local(bias_shard)
        own_target = target if isinstance(target, SoftTarget) else to_local(target)
        if error := _shape_error(x, weight, bias) or argument_error(x, own_target, "hidden"):
            raise error
        return x, weight, bias, own_target, own_group, options

    hidden, weight_shard, bias_shard, own_target, own_group, options = told(prepare, weight_shard, group)
    layout = exchange_layout(weight_shard, 0, hidden, own_group, own_target, options)
    local = checked_target(own_target, layout, hidden)
    device_type = hidden.device.type
    if torch.is_autocast_enabled(device_type) and hidden.dtype != torch.float64:
        dtype = torch.get_autocast_dtype(device_type)
        hidden, weight_shard = hidden.to(dtype), weight_shard.to(dtype)
        bias_shard = None if bias_shard is None else bias_shard.to(dtype)
    with torch.autocast(device_type, enabled=False):
        loss: Tensor = _ParallelLinear.apply(  # type: ignore[no-untyped-call]
            hidden, weight_shard, bias_shard, local.ignores_rows, layout, options, *saved_parts(local, own_target)
        )
    return loss


class _ParallelLinear(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        ignores_rows: bool,
        layout: Layout,
        options: LossOptions,
        *saved: Tensor | None,
    ) -> Tensor:
        dtype = row_sums.accumulator(hidden.dtype)
        target = restored(ignores_rows, saved)
        joined, table = _joined(hidden, weight, bias, target, layout, options.z_loss)
        loss, scale = row_sums.reduced_loss(joined, target.has_mass, options, dtype)
        *tensors, ctx.any_lost = joined
        of_table = (None, None) if table is None else (table.rows, table.product)
        ctx.save_for_backward(hidden, weight, bias, scale, *of_table, *tensors, *saved)
        ctx.ignores_rows, ctx.z_loss, ctx.layout = ignores_rows, options.z_loss, layout
        return loss

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        refuse_second_derivative()
        hidden, weight, bias, factor, *rest = ctx.saved_tensors
        table = None if rest[0] is None else _ClosedFormTable(*rest[:2])
        joined = row_sums.JoinedRows(*rest[2:9], ctx.any_lost)  # type: ignore[call-arg]
        target = restored(ctx.ignores_rows, rest[9:])
        want_hidden, want_weight, want_bias = ctx.needs_input_grad[:3]
        dtype = row_sums.accumulator(hidden.dtype)
        scale = (upstream.double() * factor).expand(hidden.shape[0])
        d_hidden = torch.zeros_like(hidden, dtype=dtype)
        d_weight = torch.zeros_like(weight, dtype=dtype) if want_weight else None
        d_bias = weight.new_zeros(weight.shape[0], dtype=dtype) if want_bias else None
        for rows in row_sums.blocks(hidden.shape[0], ctx.layout.width, _BLOCK):
            x = _rows_with_mass(hidden, target, rows)
            z = torch.nn.functional.linear(x, weight, bias).to(dtype)
            g = row_sums.to_gradient_(z, rows, target, joined, scale[rows], ctx.z_loss, table is None)
            if d_bias is not None:
                d_bias += g.sum(0)
            g = g.to(hidden.dtype)
            if want_hidden:
                d_hidden[rows] = g @ weight
            if d_weight is not None:
                d_weight += g.T @ x
        if table is not None:
            table.add_gradients(hidden, target, joined, scale, d_hidden, d_weight, d_bias)
        if want_hidden:
            dist.all_reduce(d_hidden, group=ctx.layout.group)
        return (
            d_hidden.to(hidden.dtype) if want_hidden else None,
            None if d_weight is None else d_weight.to(weight.dtype),
            None if d_bias is None or bias is None else d_bias.to(bias.dtype),
            *(None,) * (len(ctx.needs_input_grad) - 3),
        )


class _ClosedFormTable(NamedTuple):
    """The part of a table of few rows r without the logits: ``<r, W x + b> = (W^T r) . x + <r, b>``."""

    rows: Tensor  # (R, K_r)
    product: Tensor  # W^T r, (R, D)

    @classmethod
    def of(cls, weight: Tensor, table: Tensor, dtype: torch.dtype) -> _ClosedFormTable:
        """The table of a layer."""
        rows = table.to(dtype)
        product = rows.new_zeros(table.shape[0], weight.shape[1])
        for classes in row_sums.blocks(*weight.shape):
            product += rows[:, classes] @ weight[classes].to(dtype)
        return cls(rows, product)

    def set_sums(self, hidden: Tensor, bias: Tensor | None, target: LocalTarget, sums: row_sums.LocalSums) -> None:
        """Fill ``dot``, relative to this rank's maxima, and ``kept`` of every table part; no class is masked."""
        own = torch.where(sums.top.isfinite(), sums.top, 0)[:, None]
        row_mass = self.rows.sum(1, dtype=torch.float64)
        x = _rows_with_mass(hidden, target, slice(None)).to(self.rows.dtype)
        dots = (x @ self.product.T).double()
        if bias is not None:
            dots += (self.rows @ bias.to(self.rows.dtype)).double()
        sums.kept = row_mass[target.table_index]
        sums.dot = dots.gather(1, target.table_index) - own * sums.kept

    def add_gradients(
        self,
        hidden: Tensor,
        target: LocalTarget,
        joined: row_sums.JoinedRows,
        scale: Tensor,
        d_hidden: Tensor,
        d_weight: Tensor | None,
        d_bias: Tensor | None,
    ) -> None:
        """Add the table's part of the gradients, of rank R, which needs no pass over the logits."""
        weight = scale.new_zeros(hidden.shape[0], self.rows.shape[0])
        weight.scatter_add_(1, target.table_index, scale[:, None] * joined.unmasked_weight)
        weight = weight.to(self.rows.dtype)
        d_hidden.addmm_(weight, self.product, alpha=-1)
        if d_weight is not None:
            x = _rows_with_mass(hidden, target, slice(None)).to(self.rows.dtype)
            d_weight.addmm_(self.rows.T, weight.T @ x, alpha=-1)
        if d_bias is not None:
            d_bias.addmv_(self.rows.T, weight.sum(0), alpha=-1)


def _joined(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, target: LocalTarget, layout: Layout, z_loss: float
) -> tuple[row_sums.JoinedRows, _ClosedFormTable | None]:
    """The losses of all rows, and the table where it was taken in closed form: few rows, no class masked.

    Ranks may differ in whether they take the closed form, but not in how often they join their sums: a rank that
    joined once more than the others would wait for them forever. So the decision to try again depends only on values
    that are the same on all of them.
    """
    n, dtype = hidden.shape[0], row_sums.accumulator(hidden.dtype)
    suits_closed_form = target.table is not None and (
        target.table.shape[0] == 1 or _EXAMPLES_A_TABLE_ROW * target.table.shape[0] <= n
    )
    masks = bias is not None and bool((bias == -torch.inf).any())
    for closed_form in (suits_closed_form and not masks, False):
        sums = row_sums.LocalSums(target, n, tables=not closed_form)
        for rows in row_sums.blocks(n, layout.width, _BLOCK):
            sums.add(rows, torch.nn.functional.linear(hidden[rows], weight, bias).to(dtype))
        table = None
        if closed_form and target.table is not None:
            table = _ClosedFormTable.of(weight, target.table, dtype)
            table.set_sums(hidden, bias, target, sums)
        joined = sums.join(
            layout, z_loss, lambda row: torch.nn.functional.linear(hidden[row : row + 1], weight, bias)[0]
        )
        # A product that overflowed to -inf masks its class, and the table's mass there has to move: then once more.
        if target.table is None or bool(joined.loss.isfinite().all()):
            break
    return joined, table


def _rows_with_mass(hidden: Tensor, target: LocalTarget, rows: slice) -> Tensor:
    """These rows, with 0 in those without mass: a NaN there must not reach a sum."""
    taken = hidden[rows]
    return taken.masked_fill(~target.has_mass[rows, None], 0) if target.ignores_rows else taken


def _shape_error(hidden: Any, weight: Any, bias: Any) -> Exception | None:
    """The error of these shapes and dtypes, if there is one."""
    for name, value in (("hidden", hidden), ("weight_shard", weight), ("bias_shard", bias)):
        if value is not None and not isinstance(value, Tensor):
            return TypeError(f"{name} is a {type(value).__name__}: expected a PyTorch tensor")
    if hidden.ndim != 2 or weight.ndim != 2 or hidden.shape[1] != weight.shape[1]:
        return InputError(
            f"hidden has shape {tuple(hidden.shape)} and weight_shard {tuple(weight.shape)}: expected (N, D), (K_r, D)"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        return InputError(f"bias_shard has shape {tuple(bias.shape)}: expected ({weight.shape[0]},)")
    for name, value in (("weight_shard", weight), ("bias_shard", bias)):
        if value is not None and value.dtype != hidden.dtype and not torch.is_autocast_enabled(hidden.device.type):
            return TypeError(f"{name} has dtype {value.dtype}, hidden {hidden.dtype}: expected the same")
    return None

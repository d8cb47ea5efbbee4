"""One target's share of a chunk's work: the kernel on the logits, the table in closed form where that is cheaper.

With P = table W and C the (N, R) shares that the rows take of the table, ``<C_i table, z_i> = C_i (P x_i + table b)``:
one dot product for each row and table row. Its part of dX is -C P and of dW -table^T (C^T X), of rank one for each
table row. The kernel then sees the named classes alone, and the table's mass as if it lay on one class, from whose
gradient and loss it is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from onewarm import definition
from onewarm.kernels.cpu import rows as cpu
from onewarm.kernels.triton import rows as cuda
from onewarm.target import SoftTarget
from onewarm.torch.cross_entropy.triton import takes
from onewarm.torch.interop.openmp import team

ROWS_A_TABLE_ROW = 256  # in closed form a table row costs two products of a token; in the kernel an addition a logit

Rows = slice | Tensor


class Term(NamedTuple):
    """``scale CE(z / temperature, target)``, with the z-loss of ``z / temperature``."""

    target: Any  # a SoftTarget, or one whose rows are made when they are taken (onewarm.torch.distillation.teachers)
    scale: float = 1.0
    temperature: float = 1.0
    z_loss: float = 0.0


class Worker:
    """A term at work on one layer.

    Args:
        term: what to compute.
        bias: (V,) or None.
        blocks: the weight, some classes at a time.
        like: dtype and device of the arithmetic.
        close: whether tables may go in closed form: not where a class is masked, since their mass moves there.
    """

    def __init__(
        self,
        term: Term,
        bias: Tensor | None,
        blocks: Callable[[], Iterator[tuple[slice, Tensor]]],
        like: dict[str, Any],
        *,
        close: bool,
    ) -> None:
        self.term, self.temperature = term, term.temperature
        self.target = term.target
        self.table: _Table | None = None
        if close and may_close(self.target):
            self.table = _Table(self.target, bias, blocks, like)
            self.target = self.table.rest

    def chunk(self, z: Tensor, x: Tensor, rows: Rows, above: Tensor | None, *, gradient: bool) -> Tensor:
        """Scaled losses (n,) of some rows; their logits, divided by the temperature, become the gradient in them."""
        term, target, table = self.term, self.target[rows], self.table
        scale = z.new_full((len(z),), term.scale / term.temperature, dtype=torch.float64)
        if above is not None:
            scale *= above
        if table is not None:
            place = target.index[:, -1:]
            dot = target.weight[:, -1] * z.gather(1, place)[:, 0].double()
            dot -= table.dot(x, rows) / term.temperature
        losses = _kernel(z, target, scale, term.z_loss, gradient=gradient)
        if table is not None:
            losses += dot
            if gradient:
                z.scatter_add_(1, place, (scale * target.weight[:, -1]).to(z.dtype)[:, None])
                table.add(x, rows, scale)
        return losses.mul_(term.scale)

    def hidden(self, dx: Tensor) -> None:
        """The table's part of the gradient in the rows of the last chunk."""
        if self.table is not None:
            dx.addmm_(self.table.taken, self.table.product, alpha=-1)

    def finish(self, d_weight: Tensor | None, d_bias: Tensor | None) -> None:
        """The table's part of the gradients that all rows share."""
        if self.table is not None:
            if d_weight is not None:
                d_weight.addmm_(self.table.rows.t(), self.table.seen, alpha=-1)
            if d_bias is not None:
                d_bias.addmv_(self.table.rows.t(), self.table.count, alpha=-1)


class _Table:
    """A table in closed form."""

    def __init__(self, target: SoftTarget, bias: Any, blocks: Any, like: dict[str, Any]) -> None:
        self.index, self.weight = target.table_index, target.table_weight
        self.rows = target.table.to(**like)  # (R, V)
        self.bias = self.rows.double().mv(bias.double()) if bias is not None else None
        first = True
        for part, w in blocks():
            if first:
                self.product = self.rows.new_zeros(len(self.rows), w.shape[1])  # (R, D)
                self.seen = torch.zeros_like(self.product)  # (R, D): sum over rows of their share times x
                self.count = self.rows.new_zeros(len(self.rows))  # (R,)
                first = False
            self.product.addmm_(self.rows[:, part], w)
        mass = self.rows.sum(dim=1, dtype=torch.float64)
        extra = (self.weight * mass[self.index]).sum(dim=1, keepdim=True)
        # Whatever class: the label, where its gradient is of the same size already.
        place = target.index[:, :1] if target.index.shape[1] else torch.zeros_like(self.index[:, :1])
        self.rest = SoftTarget(
            index=torch.cat([target.index, place.to(target.index.dtype)], dim=1),
            weight=torch.cat([target.weight.double(), extra], dim=1),
            num_classes=target.num_classes,
        )

    def dot(self, x: Tensor, rows: Rows) -> Tensor:
        """What the rows' tables are worth at their logits, (n,): ``C (P x + table b)``."""
        weight = self.weight[rows].double()
        if len(self.rows) == 1:
            self.shares = weight.sum(dim=1, keepdim=True)
        else:
            self.shares = weight.new_zeros(len(x), len(self.rows)).scatter_add_(1, self.index[rows], weight)
        worth = (x @ self.product.t()).double()
        if self.bias is not None:
            worth += self.bias
        dots: Tensor = (self.shares * worth).sum(dim=1)
        return dots

    def add(self, x: Tensor, rows: Rows, scale: Tensor) -> None:
        """Count the rows of the last :meth:`dot` in what the gradients take from the table."""
        self.taken = (self.shares * scale[:, None]).to(x.dtype)
        self.seen.addmm_(self.taken.t(), x)
        self.count += self.taken.sum(dim=0)


def may_close(target: SoftTarget) -> bool:
    """Whether the closed form is cheaper than the kernel: few table rows for that many shares of them."""
    if target.table is None or target.table_index is None:
        return False
    rows = int(target.table.shape[0])
    return rows == 1 or rows * ROWS_A_TABLE_ROW <= int(target.table_index.numel())


def kernel_of(z: Tensor) -> str:
    """Which kernel takes these logits: the CPU's, Triton's, or none: then the definition computes.

    >>> kernel_of(torch.zeros(1, 2)), kernel_of(torch.zeros(1, 2, device="meta"))
    ('cpu', '')
    """
    if z.device.type == "cpu":
        return "cpu"
    return "triton" if takes(z) else ""


def _kernel(z: Tensor, target: SoftTarget, scale: Tensor, z_loss: float, *, gradient: bool) -> Tensor:
    """Losses (n,) in float64; z becomes the gradient times ``scale``."""
    kernel = kernel_of(z)
    if not kernel:
        if gradient:
            made, g = definition.cross_entropy_with_gradient(z, target, reduction="none", z_loss=z_loss)
            torch.mul(g, scale[:, None].to(g.dtype), out=z)
        else:
            made = definition.cross_entropy(z, target, reduction="none", z_loss=z_loss)
        defined: Tensor = made.double()
        return defined
    if target.table is not None and target.table.dtype not in (torch.float32, torch.float64):
        used, where = target.table_index.unique(return_inverse=True)
        target = replace(target, table=target.table[used].to(z.dtype), table_index=where)
    parts: Any = [target.index, target.weight, target.table, target.table_index, target.table_weight]
    options: Any = {"z_loss": z_loss, "gradient": gradient}
    if kernel == "triton":
        return cuda.row_losses(z, *parts, row_scale=scale.float(), out=z if gradient else None, **options)[0].double()
    place, *parts = (None if part is None else part.detach().numpy() for part in (z, *parts))
    found, _ = cpu.row_losses(
        *(place, *parts),
        row_scale=scale.numpy(),
        out=place if gradient else None,
        **team(),
        **options,
    )
    return torch.from_numpy(found).double()

"""One target's part of the loss of a chunk: the kernel on its logits, and the table in closed form if that is cheaper.

With C the (N, R) weights of the rows on the rows of the table, and P = table W computed once for the layer,

    <C_i table, z_i> = C_i (P x_i + table b)          d hidden -= C P          d weight -= table^T (C^T X)

One dot product for each row and table row takes the place of an addition for each logit. The kernel computes
``s logsumexp(z)``, for which it has to know the table's mass too: that mass stands on a single class, the stand-in,
and its part ``mass z`` of the loss and ``-mass`` of the gradient are undone afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from onewarm import definition
from onewarm.kernels.cpu import rows as cpu
from onewarm.kernels.triton import rows as cuda
from onewarm.target import SoftTarget
from onewarm.torch.device import kernel_of, sum_dtype
from onewarm.torch.interop.openmp import team

ROWS_A_TABLE_ROW = 256  # in closed form a table row costs two products of a token; in the kernel an addition a logit

Rows = slice | Tensor


class Term(NamedTuple):
    """``scale CE(z / temperature, target)``, with the z-loss of ``z / temperature``."""

    target: Any  # a SoftTarget, or an onewarm.torch.distillation.parts.PartOfLayer, which has a loss of its own
    scale: float | Tensor = 1.0  # a tensor of shape () on devices whose numbers are not read during a step
    temperature: float = 1.0
    z_loss: float = 0.0


class TermLoss:
    """The loss and gradients of one term, chunk by chunk.

    Args:
        term: what to compute.
        bias: (V,) or None.
        blocks: the weight, some classes at a time.
        like: dtype and device of the arithmetic.
        closed_form: whether a table may be taken in closed form: not if a class is masked, since its mass moves then.
    """

    def __init__(
        self,
        term: Term,
        bias: Tensor | None,
        blocks: Callable[[], Iterator[tuple[slice, Tensor]]],
        like: dict[str, Any],
        *,
        closed_form: bool,
    ) -> None:
        self.term, self.target, self.temperature = term, term.target, term.temperature
        self.table: _ClosedFormTable | None = None
        if closed_form and suits_closed_form(self.target):
            self.table = _ClosedFormTable(self.target, bias, blocks, like)
            self.target = self.table.rest

    def chunk(
        self, z: Tensor, x: Tensor, rows: Rows, upstream: Tensor | None, *, gradient: bool
    ) -> tuple[Tensor, Tensor | None]:
        """The loss of some rows; their logits are overwritten by the gradient, except for the table's part.

        Args:
            z: (n, V), their logits divided by the term's temperature; with ``gradient`` it is overwritten.
            x: (n, D), their hidden states.
            rows: which rows they are.
            upstream: (n,) gradient of what follows, or None for ones.
            gradient: whether it is wanted.

        Returns:
            The losses (n,) in the dtype of sums, and the (n, R) factors of the table's part of the gradient, which
            :meth:`add_to_hidden` takes; None if there is no such part.
        """
        term, table = self.term, self.table
        if not isinstance(self.target, SoftTarget):
            return self.target.chunk(z, rows, upstream, gradient=gradient), None
        target = self.target[rows]
        scale = z.new_ones(len(z), dtype=sum_dtype(z.device)) if upstream is None else upstream
        scale = scale * (term.scale / term.temperature)
        if table is None:
            losses, factors = _kernel(z, target, scale, term.z_loss, gradient=gradient), None
        else:
            weights = table.row_weights(rows)
            stand_in, mass = target.index[:, -1:], target.weight[:, -1]
            undone = mass * z.gather(1, stand_in)[:, 0].to(mass.dtype)
            undone -= table.dot(x, weights) / term.temperature
            losses, factors = _kernel(z, target, scale, term.z_loss, gradient=gradient), None
            losses += undone
            if gradient:
                z.scatter_add_(1, stand_in, (scale * mass).to(z.dtype)[:, None])
                factors = table.accumulate(x, weights * scale[:, None])
        return losses.mul_(term.scale), factors

    def add_to_hidden(self, dx: Tensor, factors: Tensor | None) -> None:
        """Add the table's part to the gradient (n, D) of a chunk, from the ``factors`` of :meth:`chunk`."""
        if self.table is not None and factors is not None:
            dx.addmm_(factors, self.table.product, alpha=-1)

    def add_to_layer(self, d_weight: Tensor | None, d_bias: Tensor | None) -> None:
        """Add the table's part to the gradients of the layer, after the last chunk."""
        if self.table is not None:
            if d_weight is not None:
                d_weight.addmm_(self.table.rows.t(), self.table.factors_x, alpha=-1)
            if d_bias is not None:
                d_bias.addmv_(self.table.rows.t(), self.table.factors_sum, alpha=-1)


class _ClosedFormTable:
    """The table of a target, the products that the formulas need, and sums over the chunks so far."""

    def __init__(self, target: SoftTarget, bias: Any, blocks: Any, like: dict[str, Any]) -> None:
        self.index, self.weight = target.table_index, target.table_weight
        self.rows = target.table.to(**like)  # (R, V)
        wide = sum_dtype(self.rows.device)
        self.bias = self.rows.to(wide).mv(bias.to(wide)) if bias is not None else None  # table b, (R,)
        first = True
        for classes, w in blocks():
            if first:
                self.product = self.rows.new_zeros(len(self.rows), w.shape[1])  # P = table W, (R, D)
                self.factors_x = torch.zeros_like(self.product)  # C^T X, (R, D)
                self.factors_sum = self.rows.new_zeros(len(self.rows))  # C^T 1, (R,)
                first = False
            self.product.addmm_(self.rows[:, classes], w)
        row_mass = self.rows.sum(dim=1, dtype=wide)
        table_mass = (self.weight * row_mass[self.index]).sum(dim=1, keepdim=True)
        # Any class would do as the stand-in; at the label the gradient is of the same size already.
        stand_in = target.index[:, :1] if target.index.shape[1] else torch.zeros_like(self.index[:, :1])
        stand_in = stand_in.clamp(0, target.num_classes - 1)  # unchecked on a GPU, where a wild read ends the process
        self.rest = SoftTarget(
            index=torch.cat([target.index, stand_in.to(target.index.dtype)], dim=1),
            weight=torch.cat([target.weight.to(wide), table_mass.to(wide)], dim=1),
            num_classes=target.num_classes,
        )

    def row_weights(self, rows: Rows) -> Tensor:
        """The weights C of some rows on the rows of the table, (n, R) in the dtype of sums."""
        weight: Tensor = self.weight[rows]
        weight = weight.to(sum_dtype(weight.device))
        if len(self.rows) == 1:
            return weight.sum(dim=1, keepdim=True)
        return weight.new_zeros(len(weight), len(self.rows)).scatter_add_(1, self.index[rows], weight)

    def dot(self, x: Tensor, weights: Tensor) -> Tensor:
        """``C (P x + table b)``, (n,) in the dtype of sums."""
        products = (x @ self.product.t()).to(weights.dtype)
        if self.bias is not None:
            products += self.bias
        dots: Tensor = (weights * products).sum(dim=1)
        return dots

    def accumulate(self, x: Tensor, factors: Tensor) -> Tensor:
        """Add a chunk to the sums for the layer's gradients; returns its factors in the dtype of the arithmetic."""
        factors = factors.to(x.dtype)
        self.factors_x.addmm_(factors.t(), x)
        self.factors_sum += factors.sum(dim=0)
        return factors


def suits_closed_form(target: Any) -> bool:
    """Whether the closed form is cheaper than the kernel: the table has few rows for so many references to them."""
    if not isinstance(target, SoftTarget) or target.table is None or target.table_index is None:
        return False
    rows = int(target.table.shape[0])
    return rows == 1 or rows * ROWS_A_TABLE_ROW <= int(target.table_index.numel())


def _kernel(z: Tensor, target: SoftTarget, scale: Tensor, z_loss: float, *, gradient: bool) -> Tensor:
    """Losses (n,) in the dtype of sums; with ``gradient`` z becomes the gradient times ``scale``."""
    kernel = kernel_of(z)
    if not kernel:
        if gradient:
            losses, g = definition.cross_entropy_with_gradient(z, target, reduction="none", z_loss=z_loss)
            torch.mul(g, scale[:, None].to(g.dtype), out=z)
        else:
            losses = definition.cross_entropy(z, target, reduction="none", z_loss=z_loss)
        by_definition: Tensor = losses.to(scale.dtype)
        return by_definition
    options: Any = {"z_loss": z_loss, "gradient": gradient}
    if kernel == "triton":
        parts: Any = [target.index, target.weight, target.table, target.table_index, target.table_weight]
        out = z if gradient else None
        return cuda.row_losses(z, *parts, row_scale=scale.float(), out=out, check=False, **options)[0].to(scale.dtype)
    if target.table is not None and target.table.dtype not in (torch.float32, torch.float64):
        used, position = target.table_index.unique(return_inverse=True)  # only these rows are widened
        target = target.replace(table=target.table[used].to(z.dtype), table_index=position)
    parts = [target.index, target.weight, target.table, target.table_index, target.table_weight]
    logits, *parts = (None if part is None else part.detach().numpy() for part in (z, *parts))
    numpy_losses, _ = cpu.row_losses(
        *(logits, *parts),
        row_scale=scale.numpy(),
        out=logits if gradient else None,
        **team(),
        **options,
    )
    return torch.from_numpy(numpy_losses).double()

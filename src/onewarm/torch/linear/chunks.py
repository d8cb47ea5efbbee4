"""A linear layer and its loss by chunks of rows: logits, their gradient in the same place, three products.

For a chunk of rows X, with logits Z and G = d loss / d Z:

    Z <- X W^T + b        Z <- G, in place        dX = G W        dW += G^T X        db += G^T 1
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from onewarm import checks
from onewarm.target import SoftTarget
from onewarm.torch.interop.matmul import times, times_turned
from onewarm.torch.linear.terms import Term, Worker, may_close

_SMALL = 2**20  # logits of a chunk that is never too large,
_SMALL_SHORT = 2**22  # and where the weight is widened for each chunk again
_MOST = 512  # rows of a chunk beyond which the products gain nothing
_BLOCK = 2**20  # entries of a half-precision weight that are widened at a time
_NEAR = 2**19  # entries of a weight that stay in the cache while a product turns them round


class Layer(NamedTuple):
    """What makes the logits."""

    hidden: Tensor  # (N, D)
    weight: Tensor  # (V, D)
    bias: Tensor | None  # (V,)

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the arithmetic: float32, or float64 where a part has it."""
        parts = [part for part in self if part is not None]
        return torch.float64 if any(part.dtype == torch.float64 for part in parts) else torch.float32

    def blocks(self, *, turned: bool = False) -> Iterator[tuple[slice, Tensor]]:
        """The weight in the arithmetic's dtype: as it is, or a block of classes at a time.

        A product with few rows and a large weight that is ``turned`` takes a third longer in one piece than in blocks.
        """
        classes, width = self.weight.shape
        short = self.weight.dtype != self.dtype
        size = _BLOCK if short else _NEAR if turned and self.weight.device.type == "cpu" else classes * width
        step = max(size // max(width, 1), 1)
        for start in range(0, classes, step):
            part = slice(start, start + step)
            yield part, self.weight[part].to(self.dtype)

    def logits(self, x: Tensor, z: Tensor) -> None:
        """``z <- x W^T + b``, for rows and room in the arithmetic's dtype."""
        for part, w in self.blocks(turned=True):
            times_turned(x, w, z[:, part], None if self.bias is None else self.bias[part].to(z.dtype))


class Gradients(NamedTuple):
    """Of the three parts of a layer; None where nobody asked."""

    hidden: Tensor | None
    weight: Tensor | None
    bias: Tensor | None


def chunk_rows(rows: int, classes: int, buffers: int = 1, small: int = _SMALL) -> int:
    """Rows whose logits are formed at a time: 1/27 of all, at least a ``small`` number of logits, at most 512 rows
    beyond that.

    >>> chunk_rows(4096, 32000), chunk_rows(4096, 32000, buffers=2), chunk_rows(64, 32000), chunk_rows(2**20, 10)
    (144, 72, 32, 104856)
    """
    least = max(small // classes, 16)
    size = max(least, min(rows // 27, _MOST)) // buffers
    return max(min(rows, size // 8 * 8), 1)


def run(
    layer: Layer, terms: Sequence[Term], *, above: Tensor | None = None, wanted: tuple[bool, bool, bool]
) -> tuple[Tensor, Gradients]:
    """``loss[i] = sum_t scale_t CE(z[i] / temperature_t, target_t[i])``, and gradients of ``sum_i above[i] loss[i]``.

    Args:
        layer: N rows of width D, V classes.
        terms: one or more; their targets of N rows over V classes were checked and lie on the layer's device.
        above: (N,) or None for ones.
        wanted: whether the gradients of hidden, weight and bias are.

    Returns:
        Losses (N,) in float64, and the gradients in the dtypes of what they belong to.

    Raises:
        ValueError: a logit that is NaN or +inf, a row with every class masked.
    """
    layer = Layer(*(None if part is None else part.detach() for part in layer))  # type: ignore[arg-type]
    with torch.no_grad(), torch.autocast(layer.hidden.device.type, enabled=False):
        return _Run(layer, terms, above, wanted).all()


class _Run:
    """One pass over all rows."""

    def __init__(
        self, layer: Layer, terms: Sequence[Term], above: Tensor | None, wanted: tuple[bool, bool, bool]
    ) -> None:
        self.layer, self.above = layer, above
        like: dict[str, Any] = {"dtype": layer.dtype, "device": layer.hidden.device}
        live = torch.stack([term.target.has_mass() for term in terms]).any(dim=0)
        self.live = None if bool(live.all()) else torch.nonzero(live)[:, 0]
        (n, d), classes = layer.hidden.shape, layer.weight.shape[0]
        self.count = n if self.live is None else len(self.live)
        made = sum(3 for term in terms if not isinstance(term.target, SoftTarget))  # room of teachers made on the way
        small = _SMALL if layer.weight.dtype == layer.dtype else _SMALL_SHORT
        self.size = chunk_rows(self.count, classes, len(terms) + made, small)
        close = any(may_close(term.target) for term in terms) and self.all_finite()
        self.workers = [Worker(term, layer.bias, layer.blocks, like, close=close) for term in terms]
        self.room = torch.empty(len(terms), self.size, classes, **like)
        self.losses = torch.zeros(n, dtype=torch.float64, device=layer.hidden.device)
        self.d_hidden = self.d_weight = self.d_bias = None
        if wanted[0]:
            self.d_hidden = torch.empty_like(layer.hidden, memory_format=torch.contiguous_format)
            if self.live is not None:
                self.d_hidden.zero_()
        if wanted[1]:
            self.d_weight = torch.empty(classes, d, **like) if self.count else torch.zeros(classes, d, **like)
        if wanted[2] and layer.bias is not None:
            self.d_bias = torch.zeros(classes, **like)

    def all(self) -> tuple[Tensor, Gradients]:
        """Every row with mass, a chunk at a time; the others are not read."""
        for start in range(0, self.count, self.size):
            end = min(start + self.size, self.count)
            self.chunk(slice(start, end) if self.live is None else self.live[start:end], end - start, first=start == 0)
        for worker in self.workers:
            worker.finish(self.d_weight, self.d_bias)
        d_weight = None if self.d_weight is None else self.d_weight.to(self.layer.weight.dtype)
        d_bias = None if self.d_bias is None or self.layer.bias is None else self.d_bias.to(self.layer.bias.dtype)
        return self.losses, Gradients(self.d_hidden, d_weight, d_bias)

    def all_finite(self) -> bool:
        """Whether no logit can be infinite: by the bias, and by the norms of the rows and of the weight."""
        hidden, bias = self.layer.hidden, self.layer.bias
        lengths = torch.linalg.vector_norm(hidden, dim=1, dtype=self.layer.dtype)
        longest = float((lengths if self.live is None else lengths[self.live]).amax()) if self.count else 0.0
        weight = math.hypot(*(float(torch.linalg.vector_norm(w)) for _, w in self.layer.blocks()))
        most = 0.0 if bias is None else float(bias.abs().amax())
        return longest * weight + most < 0.1 * torch.finfo(self.layer.dtype).max

    def chunk(self, rows: slice | Tensor, count: int, *, first: bool) -> None:
        """The losses of some rows and their part of the gradients."""
        x = self.layer.hidden[rows].to(self.layer.dtype)
        z = self.room[0, :count]
        self.layer.logits(x, z)
        gradient = not (self.d_hidden is None and self.d_weight is None and self.d_bias is None)
        above = None if self.above is None else self.above[rows]
        for k in reversed(range(len(self.workers))):  # the first comes last: its gradient takes the logits' place
            worker, place = self.workers[k], self.room[k, :count]
            if k or worker.temperature != 1:
                torch.div(z, worker.temperature, out=place)
            try:
                self.losses[rows] += worker.chunk(place, x, rows, above, gradient=gradient)
            except ValueError:
                self.blame(rows, x)
                raise
        if not gradient:
            return
        for other in self.room[1:, :count]:
            z += other
        if self.d_hidden is not None:
            dx = torch.empty_like(x)
            for k, (part, w) in enumerate(self.layer.blocks()):
                times(z[:, part], w, dx, add=k > 0)
            for worker in self.workers:
                worker.hidden(dx)
            self.d_hidden[rows] = dx.to(self.d_hidden.dtype)
        if self.d_weight is not None:
            self.d_weight.addmm_(z.t(), x, beta=0 if first else 1)
        if self.d_bias is not None:
            self.d_bias += z.sum(dim=0)

    def blame(self, rows: slice | Tensor, x: Tensor) -> None:
        """Raise for the first of these rows whose logits have no loss: by the input at fault, else by its logits."""
        for name, part in (("hidden", self.layer.hidden), ("weight", self.layer.weight)):
            bad = checks.first_true(~(x if name == "hidden" else part).isfinite())
            if bad is not None:
                at = (_row(rows, bad[0]), bad[1]) if name == "hidden" else bad
                value = checks.item(part, at)
                raise ValueError(
                    f"{name}{list(at)} is {value:g}: the loss is undefined; "
                    "look for an overflow or a division by zero before it"
                )
        z = torch.empty(1, self.layer.weight.shape[0], dtype=x.dtype, device=x.device)
        for i in range(len(x)):
            self.layer.logits(x[i : i + 1], z)
            if bool((z.isnan() | (z == torch.inf)).any()) or bool((z == -torch.inf).all()):
                raise checks.bad_logits(z[0], _row(rows, i))


def _row(rows: slice | Tensor, i: int) -> int:
    """The number of the i-th of some rows among all."""
    return int(rows.start) + i if isinstance(rows, slice) else int(rows[i])

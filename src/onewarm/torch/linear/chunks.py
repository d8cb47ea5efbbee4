"""A linear layer and its loss by chunks of rows: logits, their gradient in the same memory, three products.

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
from onewarm.loss_stats import row_stats
from onewarm.target import SoftTarget
from onewarm.torch.device import has_memory, on_cpu, sum_dtype
from onewarm.torch.interop.matmul import times, times_turned
from onewarm.torch.linear.terms import Term, TermLoss, suits_closed_form
from onewarm.torch.softcap import cap_

_SMALL = 2**20  # logits of a chunk that is never too large,
_SMALL_WIDENED = 2**22  # and the same where the weight is widened again for each chunk
_MOST = 512  # rows of a chunk beyond which the products gain nothing
_WIDENED = 2**20  # entries of a half-precision weight that are widened at a time
_AT_ONCE = 2**21  # logits of which figures are made at a time
_CACHED = 2**19  # entries of a weight that stay in the cache while a product transposes them


class Layer(NamedTuple):
    """A linear layer and its input: the logits are ``hidden @ weight.T + bias``."""

    hidden: Tensor  # (N, D)
    weight: Tensor  # (V, D)
    bias: Tensor | None  # (V,)

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the arithmetic: float64 if one of the tensors has it, else float32."""
        parts = [part for part in self if part is not None]
        return torch.float64 if any(part.dtype == torch.float64 for part in parts) else torch.float32

    def blocks(self, *, transposed: bool = False) -> Iterator[tuple[slice, Tensor]]:
        """The weight in the arithmetic's dtype, in one piece or in blocks of classes.

        A product of few rows with a large ``transposed`` weight takes a third longer in one piece than in blocks.
        """
        classes, width = self.weight.shape
        widened = self.weight.dtype != self.dtype
        size = _WIDENED if widened else _CACHED if transposed and on_cpu(self.weight) else classes * width
        step = max(size // max(width, 1), 1)
        for start in range(0, classes, step):
            part = slice(start, start + step)
            yield part, self.weight[part].to(self.dtype)

    def logits(self, x: Tensor, z: Tensor) -> None:
        """``z <- x W^T + b``, for x (n, D) and z (n, V) in the arithmetic's dtype."""
        for part, w in self.blocks(transposed=True):
            times_turned(x, w, z[:, part], None if self.bias is None else self.bias[part].to(z.dtype))


class Gradients(NamedTuple):
    """Of the three tensors of a layer; None where not wanted."""

    hidden: Tensor | None
    weight: Tensor | None
    bias: Tensor | None


class Cap(NamedTuple):
    """The logits that the terms take are ``cap tanh(scale z / cap)``."""

    scale: float
    cap: float


class RowStats(NamedTuple):
    """Figures of rows of logits, (N,) each."""

    lse: Tensor
    entropy: Tensor
    prediction: Tensor

    @classmethod
    def empty(cls, rows: int, dtype: torch.dtype, device: torch.device) -> RowStats:
        """Those of rows that are not read."""
        number = torch.zeros(rows, dtype=dtype, device=device)
        return cls(number, number.clone(), torch.full((rows,), -1, device=device))

    def fill(self, rows: slice | Tensor, z: Tensor) -> None:
        """Put in the figures of some rows, from their logits (n, V), in blocks."""
        step = max(_AT_ONCE // z.shape[1], 1)
        parts = [row_stats(some) for some in z.split(step)]  # type: ignore[no-untyped-call]
        for figure, of_parts in zip(self, zip(*parts, strict=True), strict=True):
            figure[rows] = torch.cat(of_parts)


def chunk_rows(rows: int, classes: int, buffers: int = 1, small: int = _SMALL) -> int:
    """Rows whose logits are formed at a time: 1/27 of all and at most 512, but at least ``small`` logits.

    The memory for the logits is shared by ``buffers`` of them.

    >>> chunk_rows(4096, 32000), chunk_rows(4096, 32000, buffers=2), chunk_rows(64, 32000), chunk_rows(2**20, 10)
    (144, 72, 32, 104856)
    """
    fewest = max(small // classes, 16)
    size = max(fewest, min(rows // 27, _MOST)) // buffers
    return max(min(rows, size // 8 * 8), 1)


def run(
    layer: Layer,
    terms: Sequence[Term],
    *,
    upstream: Tensor | None = None,
    wanted: tuple[bool, bool, bool],
    rounded: bool = True,
    cap: Cap | None = None,
    stats: RowStats | None = None,
) -> tuple[Tensor, Gradients]:
    """The loss of each row, the sum of its terms, and the gradients of ``sum_i upstream[i] loss[i]``.

    Args:
        layer: N rows of width D, V classes.
        terms: one or more; their targets of N rows over V classes were checked and are on the layer's device.
        upstream: (N,) or None for ones.
        wanted: whether the gradients of hidden, weight and bias are.
        rounded: whether the gradients come in the dtypes of what they belong to. Those that have yet to be scaled come
            in the arithmetic's dtype: in half precision a gradient divided by the number of rows may be below the
            smallest number, and no later factor brings it back.
        cap: what the logits go through first.
        stats: where to put figures of the first term's logits; rows without mass are left as they are.

    Returns:
        Losses (N,) in the dtype of sums over rows, and the gradients.

    Raises:
        ValueError: on the CPU a logit that is NaN or +inf, a row with every class masked; on a GPU, which is not waited
            for, the loss of such a row is NaN.
    """
    layer = Layer(*(None if part is None else part.detach() for part in layer))  # type: ignore[arg-type]
    with torch.no_grad(), torch.autocast(layer.hidden.device.type, enabled=False):
        if upstream is not None and not has_memory(upstream):
            return _BatchedRun(layer, terms, upstream, wanted, cap).all_rows()
        return _Run(layer, terms, upstream, wanted, rounded, cap, stats).all_rows()


class _Run:
    """One pass over all rows: the buffers, the sums of the gradients, and the rows that have mass in some term.

    On the CPU rows without mass are left out. Elsewhere their number is not known without waiting for the device, so
    they take part as zeros.
    """

    def __init__(
        self,
        layer: Layer,
        terms: Sequence[Term],
        upstream: Tensor | None,
        wanted: tuple[bool, bool, bool],
        rounded: bool = True,
        cap: Cap | None = None,
        stats: RowStats | None = None,
    ) -> None:
        self.layer, self.upstream, self.rounded, self.cap, self.stats = layer, upstream, rounded, cap, stats
        like: dict[str, Any] = {"dtype": layer.dtype, "device": layer.hidden.device}
        has_mass = torch.stack([term.target.has_mass() for term in terms]).any(dim=0)
        self.selected: Tensor | None = None  # every row
        self.ignored: Tensor | None = None
        if not on_cpu(layer.hidden):
            self.ignored = ~has_mass[:, None]
        elif not bool(has_mass.all()):
            self.selected = torch.nonzero(has_mass)[:, 0]
        (n, d), classes = layer.hidden.shape, layer.weight.shape[0]
        self.count = n if self.selected is None else len(self.selected)
        of_teachers = sum(not isinstance(term.target, SoftTarget) for term in terms)  # their logits
        buffers = len(terms) + of_teachers + (cap is not None and any(wanted))
        small = _SMALL if layer.weight.dtype == layer.dtype else _SMALL_WIDENED
        self.size = chunk_rows(self.count, classes, buffers, small)
        closed_form = any(suits_closed_form(term.target) for term in terms) and self.none_masked()
        self.terms = [TermLoss(term, layer.bias, layer.blocks, like, closed_form=closed_form) for term in terms]
        self.buffers = torch.empty(len(terms), self.size, classes, **like)
        self.slopes = torch.empty(self.size, classes, **like) if cap is not None and any(wanted) else None
        self.losses = torch.zeros(n, dtype=sum_dtype(layer.hidden.device), device=layer.hidden.device)
        self.d_hidden = self.d_weight = self.d_bias = None
        if wanted[0]:
            dtype = layer.hidden.dtype if rounded else layer.dtype
            self.d_hidden = torch.empty_like(layer.hidden, dtype=dtype, memory_format=torch.contiguous_format)
            if self.selected is not None:
                self.d_hidden.zero_()
        if wanted[1]:
            self.d_weight = torch.empty(classes, d, **like) if self.count else torch.zeros(classes, d, **like)
        if wanted[2] and layer.bias is not None:
            self.d_bias = torch.zeros(classes, **like)

    def all_rows(self) -> tuple[Tensor, Gradients]:
        """Losses and gradients, a chunk at a time; rows without mass are not read."""
        for start in range(0, self.count, self.size):
            end = min(start + self.size, self.count)
            rows = slice(start, end) if self.selected is None else self.selected[start:end]
            self.chunk(rows, end - start, first=start == 0)
        for term in self.terms:
            term.add_to_layer(self.d_weight, self.d_bias)
        gradients = Gradients(self.d_hidden, self.d_weight, self.d_bias)
        return self.losses, in_dtypes_of(self.layer, gradients) if self.rounded else gradients

    def none_masked(self) -> bool:
        """Whether no class can be masked by a bias or an overflow, as far as can be told without waiting.

        Nor may the logits be capped: the closed form takes them as linear in the hidden states.
        """
        if self.cap is not None:
            return False
        return self.all_finite() if on_cpu(self.layer.hidden) else self.layer.bias is None

    def all_finite(self) -> bool:
        """Whether no logit can be infinite, by a bound: the largest |x| times |W|, and the largest bias."""
        hidden, bias = self.layer.hidden, self.layer.bias
        lengths = torch.linalg.vector_norm(hidden, dim=1, dtype=self.layer.dtype)
        longest = float((lengths if self.selected is None else lengths[self.selected]).amax()) if self.count else 0.0
        weight = math.hypot(*(float(torch.linalg.vector_norm(w)) for _, w in self.layer.blocks()))
        largest_bias = 0.0 if bias is None else float(bias.abs().amax())
        return longest * weight + largest_bias < 0.1 * torch.finfo(self.layer.dtype).max

    def chunk(self, rows: slice | Tensor, count: int, *, first: bool) -> None:
        """The losses of some rows and their part of the gradients."""
        x = self.layer.hidden[rows].to(self.layer.dtype)
        if self.ignored is not None:
            x = x.masked_fill(self.ignored[rows], 0)
        z = self.buffers[0, :count]
        self.layer.logits(x, z)
        slopes = None if self.slopes is None else self.slopes[:count]
        if self.cap is not None:
            cap_(z, *self.cap, slopes)
        gradient = not (self.d_hidden is None and self.d_weight is None and self.d_bias is None)
        upstream = None if self.upstream is None else self.upstream[rows]
        factors: list[Tensor | None] = [None] * len(self.terms)
        for k in reversed(range(len(self.terms))):  # the first term comes last: its gradient overwrites the logits
            term, own = self.terms[k], self.buffers[k, :count]
            if k or term.temperature != 1:
                torch.div(z, term.temperature, out=own)
            if k == 0 and self.stats is not None:
                self.stats.fill(rows, own)
            try:
                losses, factors[k] = term.chunk(own, x, rows, upstream, gradient=gradient)
            except ValueError:
                self.raise_for_bad_number(rows, x)
                raise
            self.losses[rows] += losses
        if not gradient:
            return
        for other in self.buffers[1:, :count]:
            z += other
        if slopes is not None:
            z *= slopes
        self.add_gradients(rows, x, z, factors, first=first)

    def add_gradients(
        self, rows: slice | Tensor, x: Tensor, z: Tensor, factors: Sequence[Tensor | None], *, first: bool
    ) -> None:
        """Add what some rows contribute, from the gradient z in their logits and the factors of the tables."""
        if self.d_hidden is not None:
            dx = torch.empty_like(x)
            for k, (part, w) in enumerate(self.layer.blocks()):
                times(z[:, part], w, dx, add=k > 0)
            for term, of_term in zip(self.terms, factors, strict=True):
                term.add_to_hidden(dx, of_term)
            self.d_hidden[rows] = dx.to(self.d_hidden.dtype)
        if self.d_weight is not None:
            self.d_weight.addmm_(z.t(), x, beta=0 if first else 1)
        if self.d_bias is not None:
            self.d_bias += z.sum(dim=0)

    def raise_for_bad_number(self, rows: slice | Tensor, x: Tensor) -> None:
        """Raise for the first of these rows whose logits have no loss; name the input at fault, else the logit."""
        for name, part in (("hidden", self.layer.hidden), ("weight", self.layer.weight)):
            bad = checks.first_true(~(x if name == "hidden" else part).isfinite())
            if bad is not None:
                index = (_row(rows, bad[0]), bad[1]) if name == "hidden" else bad
                value = checks.item(part, index)
                raise ValueError(
                    f"{name}{list(index)} is {value:g}: the loss is undefined; "
                    "look for an overflow or a division by zero before it"
                )
        z = torch.empty(1, self.layer.weight.shape[0], dtype=x.dtype, device=x.device)
        for i in range(len(x)):
            self.layer.logits(x[i : i + 1], z)
            if bool((z.isnan() | (z == torch.inf)).any()) or bool((z == -torch.inf).all()):
                raise checks.bad_logits(z[0], _row(rows, i))


class _BatchedRun(_Run):
    """A pass for upstream gradients that ``vmap`` batches: operations that it vectorises, none of them in place."""

    def __init__(
        self, layer: Layer, terms: Sequence[Term], upstream: Tensor, wanted: tuple[bool, bool, bool], cap: Cap | None
    ) -> None:
        super().__init__(layer, terms, None, wanted, cap=cap)
        self.batch = upstream.to(layer.dtype)
        self.dx: list[Tensor] = []

    def none_masked(self) -> bool:
        """No closed form, whose sums are made in place."""
        return False

    def add_gradients(
        self, rows: slice | Tensor, x: Tensor, z: Tensor, factors: Sequence[Tensor | None], *, first: bool
    ) -> None:
        g = self.batch[rows][:, None] * z
        if self.d_hidden is not None:
            self.dx.append(g @ self.layer.weight.to(x.dtype))
        if self.d_weight is not None:
            product = g.t() @ x
            self.d_weight = product if first else self.d_weight + product
        if self.d_bias is not None:
            self.d_bias = self.d_bias + g.sum(0)

    def all_rows(self) -> tuple[Tensor, Gradients]:
        losses, (d_hidden, d_weight, d_bias) = super().all_rows()
        if d_hidden is not None and self.dx:
            n = len(self.layer.hidden)
            place = torch.full((n,), self.count, device=d_hidden.device)
            place[slice(None) if self.selected is None else self.selected] = torch.arange(
                self.count, device=place.device
            )
            none = torch.zeros(1, d_hidden.shape[1], dtype=self.layer.dtype, device=d_hidden.device)
            d_hidden = torch.cat([*self.dx, none])[place].to(d_hidden.dtype)  # the last row for those without mass
        return losses, Gradients(d_hidden, d_weight, d_bias)


def in_dtypes_of(layer: Layer, gradients: Gradients) -> Gradients:
    """Gradients rounded to the dtypes of what they belong to."""
    pairs = zip(gradients, layer, strict=True)
    return Gradients(*(None if g is None or part is None else g.to(part.dtype) for g, part in pairs))


def _row(rows: slice | Tensor, i: int) -> int:
    """The index in all rows of the i-th of these."""
    return int(rows.start) + i if isinstance(rows, slice) else int(rows[i])

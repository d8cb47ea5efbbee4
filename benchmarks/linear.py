"""A vocabulary's loss and the gradients in hidden and weight, CPU, float32, compared with its three matrix products."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

import onewarm as ow
from benchmarks import memory
from benchmarks.measure import Case
from onewarm.torch import linear_cross_entropy
from onewarm.torch.linear.chunks import chunk_rows

TITLE = "Linear layer, loss and both gradients, float32, CPU (N x D x V). Products: the three of the layer alone."
UNITS = ("products", "vs formed")
SIZES = ((4096, 1024, 32000),)
SMALL = ((512, 256, 8000),)
ALPHA = 0.1
PRODUCTS, FORMED = "3 products", "PyTorch, formed"


def cases(quick: bool) -> Iterator[Case]:
    """One case for each size; each is created when it is needed, so that only one holds memory."""
    for size in SMALL if quick else SIZES:
        yield _case(*size)


def _case(n: int, d: int, v: int) -> Case:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, d, generator=generator).requires_grad_()
    w = (torch.randn(v, d, generator=generator) / d**0.5).requires_grad_()
    y = torch.randint(0, v, (n,), generator=generator)
    hard = ow.one_hot(y, v)
    weights = torch.softmax(torch.randn(n, 16, generator=generator), dim=1) * 0.9
    prior = torch.softmax(torch.randn(v, generator=generator), dim=0)
    targets = {
        "hard": hard,
        "smooth": ow.smooth(y, ALPHA, num_classes=v),
        "prior": ow.smooth(y, ALPHA, prior=prior),
        "top 16": ow.top_k(torch.randint(0, v, (n, 16), generator=generator), weights, num_classes=v),
    }

    def backward(loss: Callable[[], Tensor]) -> Callable[[], object]:
        def work() -> tuple[Tensor | None, Tensor | None]:
            loss().backward()  # type: ignore[no-untyped-call]
            gradients = x.grad, w.grad
            x.grad = w.grad = None
            return gradients

        return work

    peers: dict[str, Callable[[], object]] = {
        PRODUCTS: lambda: _products(x.detach(), w.detach(), n),
        "3 products, chunks": lambda: _products(x.detach(), w.detach(), chunk_rows(n, v)),
    }
    for name, target in targets.items():
        peers[f"onewarm, {name}"] = backward(lambda target=target: linear_cross_entropy(x, w, target))  # type: ignore[misc]
    peers[FORMED] = backward(lambda: F.cross_entropy(x @ w.T, y, label_smoothing=ALPHA))
    skipped = {}
    chunked: Any = getattr(F, "linear_cross_entropy", None)
    if chunked is None:
        skipped["PyTorch, chunks"] = "this PyTorch has no linear_cross_entropy"
    else:
        # Hard labels: with smoothing PyTorch would form the logits.
        options = torch.nn.LinearCrossEntropyOptions(batch_chunk_size=chunk_rows(n, v))
        peers["PyTorch, chunks"] = backward(lambda: chunked(x, w, y, options=options))
    peak = memory.peaks(peers, 4 * n * v, 4 * (n + v) * d, "beyond inputs and gradients, in multiples of the logits")
    return Case(f"{n} x {d} x {v}", peers, skipped, copy=PRODUCTS, baseline=FORMED, notes=(peak,))


def _products(x: Tensor, w: Tensor, rows: int) -> tuple[Tensor, Tensor]:
    """The products that any linear layer with a loss needs, in blocks of rows: the logits, and those that use them."""
    dx, dw = torch.empty_like(x), torch.empty_like(w)
    room = torch.empty(rows, len(w))
    for start in range(0, len(x), rows):
        part = x[start : start + rows]
        z = room[: len(part)]
        torch.mm(part, w.t(), out=z)
        torch.mm(z, w, out=dx[start : start + rows])
        dw.addmm_(z.t(), part, beta=min(start, 1))
    return dx, dw

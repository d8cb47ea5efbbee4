"""Matrix products of a few rows with a large weight, by the fastest routine in PyTorch.

On processors with AVX-512 PyTorch's ``mm`` in float32 calls MKL. At such shapes oneDNN, which PyTorch contains too,
takes four fifths of the time. It is reached through an operator of PyTorch's compiler, which is private: where the
operator is missing or refuses, ``mm`` computes the same.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor

from onewarm.torch.device import on_cpu

_LARGE = 2**18  # entries of a weight; below, mm is as fast


def times_turned(x: Tensor, weight: Tensor, out: Tensor, bias: Tensor | None = None) -> None:
    """``out <- x weight^T + bias``: (n, D) and (V, D) to (n, V).

    >>> out = torch.zeros(1, 2)
    >>> times_turned(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0], [5.0, 6.0]]), out)
    >>> out
    tensor([[11., 17.]])
    """
    if _suits(x, weight):
        out.copy_(_product(x, weight, bias))
    elif bias is None:
        torch.mm(x, weight.t(), out=out)
    else:
        torch.addmm(bias, x, weight.t(), out=out)


def times(g: Tensor, weight: Tensor, out: Tensor, *, add: bool = False) -> None:
    """``out <- g weight``, or ``out <- out + g weight``: (n, V) and (V, D) to (n, D).

    >>> out = torch.ones(1, 2)
    >>> times(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0], [5.0, 6.0]]), out, add=True)
    >>> out
    tensor([[14., 17.]])
    """
    if _suits(g, weight):
        product = _product(g, weight.t(), None)
        out.add_(product) if add else out.copy_(product)
    else:
        out.addmm_(g, weight, beta=int(add))


def _suits(x: Tensor, weight: Tensor) -> bool:
    there = on_cpu(x) and x.dtype == weight.dtype == torch.float32
    return there and len(x) > 0 and weight.numel() >= _LARGE and _onednn() is not None


def _product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    product: Tensor = _onednn()(x, weight, bias, "none", [], "")
    return product


@cache
def _onednn() -> Any:
    """PyTorch's operator for oneDNN's product where it exists, works and is the faster one; else None."""
    if torch.backends.cpu.get_cpu_capability() != "AVX512" or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return None
    try:
        operator = torch.ops.mkldnn._linear_pointwise
        product = operator(torch.ones(1, 2), torch.ones(3, 2), torch.ones(3), "none", [], "")
    except (
        AttributeError,
        RuntimeError,
        TypeError,
    ):  # another version of PyTorch: no such operator, or other arguments
        return None
    return operator if torch.equal(product, torch.full((1, 3), 3.0)) else None

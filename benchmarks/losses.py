"""Loss and gradient of smoothed labels on the CPU, float32: onewarm, PyTorch eager and compiled, NumPy's softmax."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

import onewarm as ow
from benchmarks.measure import Case
from onewarm.kernels import cpu
from onewarm.torch import cross_entropy

TITLE = "Loss and gradient, float32, label smoothing 0.1, CPU. Gradients in fresh memory, except where reused."
ALPHA = 0.1
SIZES = ((8192, 1000), (1024, 32000), (65536, 10), (65536, 100))
SMALL = ((2048, 1000), (256, 32000), (16384, 10), (16384, 100))


def cases(quick: bool) -> Iterator[Case]:
    """One case a size; each is made when it is its turn, so that only one holds memory."""
    for n, k in SMALL if quick else SIZES:
        yield _case(n, k, quick)


def _case(n: int, k: int, quick: bool) -> Case:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((n, k), np.float32) * np.float32(3)
    y = rng.integers(0, k, n)
    tensor, labels, place = torch.from_numpy(z), torch.from_numpy(y), np.empty_like(z)
    leaf = tensor.clone().requires_grad_()
    soft, soft_tensor = ow.smooth(y, ALPHA, num_classes=k), ow.smooth(labels, ALPHA, num_classes=k)
    parts = (soft.index, soft.weight, soft.table, soft.table_index, soft.table_weight)

    def backward(loss: Callable[[Tensor], Tensor]) -> Callable[[], Tensor | None]:
        def work() -> Tensor | None:
            loss(leaf).backward()  # type: ignore[no-untyped-call]
            gradient, leaf.grad = leaf.grad, None
            return gradient

        return work

    def eager(x: Tensor) -> Tensor:
        return F.cross_entropy(x, labels, label_smoothing=ALPHA)

    peers: dict[str, Callable[[], object]] = {
        "copy": lambda: torch.from_numpy(place).copy_(tensor),
        "onewarm (NumPy)": lambda: ow.cross_entropy_with_gradient(z, soft),
        "onewarm (PyTorch)": backward(lambda x: cross_entropy(x, soft_tensor)),
        "kernel, reused": lambda: cpu.rows(z, *parts, row_scale=1 / n, out=place),
        "loss only (NumPy)": lambda: ow.cross_entropy(z, soft),
        "PyTorch eager": backward(eager),
        "NumPy softmax": lambda: _numpy(z, y),
    }
    skipped = {}
    if quick:
        skipped["PyTorch compiled"] = "left out by --quick"
    elif why := _no_compiler():
        skipped["PyTorch compiled"] = why
    else:
        torch._dynamo.reset()
        compiled: Any = torch.compile(eager, dynamic=False)
        work = backward(compiled)
        try:
            work()
        except Exception as error:  # whatever a compiler may say: the other peers go on
            skipped["PyTorch compiled"] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        else:
            peers["PyTorch compiled"] = work
    return Case(f"{n} x {k}", peers, skipped)


def _no_compiler() -> str:
    return "" if any(map(shutil.which, ("c++", "g++", "clang++"))) else "torch.compile needs a C++ compiler: none found"


def _numpy(z: NDArray[np.float32], y: NDArray[np.int64]) -> tuple[np.float32, NDArray[np.float32]]:
    """What one writes without a library, in place where that is easy."""
    n, k = z.shape
    p = z - z.max(axis=1, keepdims=True)
    mean = (1 - ALPHA) * p[np.arange(n), y] + ALPHA * p.mean(axis=1)
    np.exp(p, out=p)
    total = p.sum(axis=1, keepdims=True)
    loss = (np.log(total[:, 0]) - mean).mean()
    p /= total * n
    p -= np.float32(ALPHA / (n * k))
    p[np.arange(n), y] -= (1 - ALPHA) / n
    return loss, p

"""Loss and gradient of smoothed labels on the CPU: onewarm, PyTorch eager and compiled, timm where installed, NumPy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

import onewarm as ow
from benchmarks import memory
from benchmarks.measure import Case
from onewarm import SoftTarget
from onewarm.kernels.cpu import rows as cpu
from onewarm.torch import CrossEntropyLoss, cross_entropy, cross_entropy_with_gradient
from onewarm.torch.interop.numpy_views import bits
from onewarm.torch.interop.openmp import team

TITLE = "Loss and gradient, float32, label smoothing 0.1, CPU"
ALPHA = 0.1
SIZES = ((8192, 1000), (1024, 32000), (512, 128256), (65536, 10), (65536, 100))
SMALL = ((2048, 1000), (256, 32000), (16384, 10), (16384, 100))
TARGETS, SMALL_TARGETS = ((8192, 1000), (65536, 10)), ((2048, 1000), (16384, 10))
HALVES, SMALL_HALVES = ((1024, 32000),), ((256, 32000),)

Peers: TypeAlias = dict[str, Callable[[], object]]


def cases(quick: bool) -> Iterator[Case]:
    """One case for each size; each is created when it is needed, so that only one holds memory."""
    sizes = SMALL if quick else SIZES
    for n, k in sizes:  # first: once its settings are changed, the allocator no longer adapts itself
        yield _case(n, k, quick, how="default")
    if memory.fresh():
        for n, k in sizes:
            yield _case(n, k, quick, how="fresh")
        for n, k in sizes:
            with memory.kept():
                yield _case(n, k, quick, how="reused")
    for n, k in SMALL_HALVES if quick else HALVES:
        for dtype in (torch.bfloat16, torch.float16):
            yield _case(n, k, True, dtype)
    for n, k in SMALL_TARGETS if quick else TARGETS:
        yield _targets(n, k)


HOW = {
    "default": "the allocator as it comes, which keeps some sizes of freed memory and not others",
    "fresh": "freed memory goes back to the system on all sides: the next call pays for its pages again",
    "reused": "freed memory is kept and used again on all sides",
}


def _case(n: int, k: int, quick: bool, dtype: torch.dtype = torch.float32, how: str = "default") -> Case:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((n, k), np.float32) * np.float32(3)
    y = rng.integers(0, k, n)
    tensor, labels = torch.from_numpy(z).to(dtype), torch.from_numpy(y)
    out, spare = torch.empty_like(tensor), tensor.clone()
    leaf = tensor.clone().requires_grad_()
    soft, soft_tensor = ow.smooth(y, ALPHA, num_classes=k), ow.smooth(labels, ALPHA, num_classes=k)
    parts = (soft.index, soft.weight, soft.table, soft.table_index, soft.table_weight)
    module = CrossEntropyLoss(label_smoothing=ALPHA)

    def eager(x: Tensor) -> Tensor:
        return F.cross_entropy(x, labels, label_smoothing=ALPHA)

    peers: Peers = {
        "copy": lambda: out.copy_(tensor),
        "onewarm (PyTorch)": _backward(lambda x: cross_entropy(x, soft_tensor), leaf),
        "onewarm (module)": _backward(lambda x: module(x, labels), leaf),
        "in place": lambda: cross_entropy_with_gradient(spare, soft_tensor, overwrite_logits=True),
        "kernel, reused": lambda: cpu.row_losses(bits(tensor), *parts, row_scale=1 / n, out=bits(out), **team()),
        "PyTorch eager": _backward(eager, leaf),
    }
    skipped = {}
    try:
        theirs = import_module("timm.loss").LabelSmoothingCrossEntropy(ALPHA)
    except (ImportError, RuntimeError) as error:  # RuntimeError: a torchvision made for another PyTorch
        skipped["timm"] = f"{type(error).__name__}: {error}"
    else:
        peers["timm"] = _backward(theirs, leaf, labels)
    if dtype == torch.float32 and how == "default":
        peers |= {
            "onewarm (NumPy)": lambda: ow.cross_entropy_with_gradient(z, soft),
            "loss only (NumPy)": lambda: ow.cross_entropy(z, soft),
            "NumPy softmax": lambda: _numpy(z, y),
        }
    if quick:
        skipped["PyTorch compiled"] = "left out by --quick" if dtype == torch.float32 else "measured in float32 alone"
    elif why := _no_compiler():
        skipped["PyTorch compiled"] = why
    else:
        torch._dynamo.reset()
        compiled: Any = torch.compile(eager, dynamic=False)
        work = _backward(compiled, leaf)
        try:
            work()
        except Exception as error:  # whatever a compiler raises, the other peers are measured
            skipped["PyTorch compiled"] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        else:
            peers["PyTorch compiled"] = work
    notes = (HOW[how], *((_peaks(peers, tensor),) if how == "default" else ()))
    kind = str(dtype).removeprefix("torch.")
    return Case(f"{n} x {k}, {how if kind == 'float32' else kind}", peers, skipped, notes=notes)


def _backward(loss: Callable[..., Tensor], leaf: Tensor, *rest: Tensor) -> Callable[[], Tensor | None]:
    def work() -> Tensor | None:
        loss(leaf, *rest).backward()  # type: ignore[no-untyped-call]
        gradient, leaf.grad = leaf.grad, None
        return gradient

    return work


def _peaks(peers: Peers, tensor: Tensor) -> str:
    """Peak memory of the peers with gradients, and of a gradient that overwrites the logits."""
    names = ("onewarm (PyTorch)", "in place", "PyTorch eager", "PyTorch compiled")
    return memory.peaks({name: peers[name] for name in names if name in peers}, tensor.numel() * tensor.itemsize)


def _targets(n: int, k: int) -> Case:
    """The time of other targets relative to uniform smoothing."""
    generator = torch.Generator().manual_seed(0)
    tensor = torch.randn(n, k, generator=generator) * 3
    labels, others = (torch.randint(0, k, (n,), generator=generator) for _ in range(2))
    leaf, out = tensor.clone().requires_grad_(), torch.empty_like(tensor)
    uniform = ow.smooth(labels, ALPHA, num_classes=k)
    top = min(16, k)
    best = torch.rand(n, k, generator=generator).topk(top, 1).indices
    share = torch.softmax(torch.randn(n, top, generator=generator), 1).double() * 0.9
    named = SoftTarget(index=best[:, :3], weight=torch.tensor([[0.6, 0.3, 0.1]] * n).double(), num_classes=k)
    targets = {
        "uniform": uniform,
        "mixup": ow.mix(uniform, ow.smooth(others, ALPHA, num_classes=k), 0.3),
        "votes": named,
        "top 16": ow.top_k(best, share, num_classes=k),
        "by class": ow.smooth(labels, ALPHA, prior=torch.softmax(torch.randn(k, k, generator=generator), 1)),
    }
    peers: Peers = {"copy": lambda: out.copy_(tensor)}
    for name, target in targets.items():
        peers[name] = _backward(lambda x, target=target: cross_entropy(x, target), leaf)
    notes = ("here 1.0 x is the time of uniform smoothing, not PyTorch's",)
    return Case(f"{n} x {k}, targets", peers, baseline="uniform", notes=notes)


def _no_compiler() -> str:
    return "" if any(map(shutil.which, ("c++", "g++", "clang++"))) else "torch.compile needs a C++ compiler: none found"


def _numpy(z: NDArray[np.float32], y: NDArray[np.int64]) -> tuple[np.float32, NDArray[np.float32]]:
    """The loss written without a library, in place where that is easy."""
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

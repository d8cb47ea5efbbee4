"""float16 and bfloat16: the upstream gradient times the gradient, rounded once (pytorch#74739, timm#1586, apex#379).

The truth is the gradient of the float64 loss on the same logits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

import onewarm as ow
from onewarm.torch import CrossEntropyLoss, cross_entropy, cross_entropy_with_gradient
from onewarm.torch.cross_entropy import autograd

HALF = [torch.float16, torch.bfloat16]
SHAPES = {
    "vocabulary": (32, 32000),
    "rows": (512, 1024),
    "few classes": (4096, 10),
    "images": (2, 2, 128, 128),
    "volumes": (1, 4, 24, 24, 24),
}
UPSTREAM = [1.0, 2.0**16, 2.0**20, 0.3]

Loss = Callable[[Tensor], Tensor]


def made(shape: tuple[int, ...], dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    z = (torch.randn(shape, generator=generator) * 2).to(dtype)
    return z, torch.randint(0, shape[1], (shape[0], *shape[2:]), generator=generator)


def gradient(loss: Loss, z: Tensor, upstream: float) -> Tensor:
    leaf = z.clone().requires_grad_()
    (loss(leaf) * upstream).backward()
    assert leaf.grad is not None
    return leaf.grad


def rounded_once(ours: Tensor, truth: Tensor, torchs: Tensor) -> None:
    """As near to the truth as its rounding, and no zero where PyTorch's float32 loss rightly has none."""
    once = truth.to(ours.dtype)
    finite = torch.isfinite(once)
    assert torch.equal(torch.isfinite(ours), finite)
    error, allowed = ((x.double() - truth)[finite].norm() for x in (ours, once))
    assert error <= 1.05 * allowed + 1e-300, (error / allowed).item()
    assert not ((ours == 0) & (torchs != 0) & (once != 0)).any()


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_every_factor_is_rounded_once(dtype: torch.dtype, shape: str, reduction: Any) -> None:
    z, y = made(SHAPES[shape], dtype)
    module = CrossEntropyLoss(label_smoothing=0.1, reduction=reduction)

    def theirs(x: Tensor) -> Tensor:
        wide = x if x.dtype == torch.float64 else x.float()
        return F.cross_entropy(wide, y, label_smoothing=0.1, reduction=reduction)

    for upstream in UPSTREAM:
        truth, torchs = gradient(theirs, z.double(), upstream), gradient(theirs, z, upstream)
        for _ in range(2):  # before the factor is expected and after
            rounded_once(gradient(lambda x: module(x, y), z, upstream), truth, torchs)


KINDS: dict[str, Callable[[Tensor, int], Any]] = {
    "hard": lambda y, k: y,
    "smoothed": lambda y, k: ow.smooth(y, 0.1, num_classes=k),
    "prior": lambda y, k: ow.smooth(y, 0.1, prior=torch.softmax(torch.arange(k).double() / k, 0)),
    "teacher": lambda y, k: torch.softmax(torch.eye(k)[y] * 3, 1),
    "mixed": lambda y, k: ow.mix(ow.one_hot(y, k), ow.one_hot(y.flip(0), k), 0.3),
}


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["eager", "compiled", "in place", "twice", "graph of the graph"])
def test_every_target_and_way(dtype: torch.dtype, kind: str, way: str) -> None:
    z, y = made((256, 300), dtype)
    target = KINDS[kind](y, 300)
    dense = F.one_hot(y, 300).double() if kind == "hard" else target if kind == "teacher" else target.dense()

    def theirs(x: Tensor) -> Tensor:
        return F.cross_entropy(x.double() if x.dtype == torch.float64 else x.float(), dense.to(x.float().dtype))

    def ours(x: Tensor) -> Tensor:
        return cross_entropy(x * 1, target, overwrite_logits=way == "in place")

    if way == "compiled":
        torch._dynamo.reset()
        run: Loss = torch.compile(ours, fullgraph=True, backend="aot_eager")
    else:
        run = ours
    for upstream in (2.0**16, 0.3):
        truth = gradient(lambda x: F.cross_entropy(x, dense.double()), z.double(), upstream)
        torchs = gradient(theirs, z, upstream)
        if way == "twice":
            leaf = z.clone().requires_grad_()
            loss = run(leaf)
            torch.autograd.grad(loss, leaf, torch.tensor(2.0), retain_graph=True)
            (got,) = torch.autograd.grad(loss, leaf, torch.tensor(upstream))
        elif way == "graph of the graph":
            leaf = z.clone().requires_grad_()
            (got,) = torch.autograd.grad(run(leaf) * upstream, leaf, create_graph=True)
            got = got.detach()
        else:
            got = gradient(run, z, upstream)
        rounded_once(got, truth, torchs)


@pytest.mark.parametrize("dtype", HALF)
def test_the_bytes_do_not_depend_on_the_guess(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    z, y = made((300, 77), dtype)
    calls: list[Any] = []
    run = autograd.run

    def counted(*arguments: Any, **options: Any) -> Any:
        calls.append(options["gradient"])
        return run(*arguments, **options)

    monkeypatch.setattr(autograd, "run", counted)
    monkeypatch.setattr(autograd, "_upstream", autograd.Upstream())
    got = [gradient(lambda x: cross_entropy(x, y), z, f) for f in (3.0, 3.0, 2.0, 3.0, 3.0, 3.0)]
    assert calls == [True, True, True, True, True, True, True, False, True, True]
    for other in (got[1], got[3], got[4], got[5]):
        assert torch.equal(other, got[0])


@pytest.mark.parametrize("dtype", HALF)
def test_a_checkpoint_may_guess_otherwise_when_it_computes_again(dtype: torch.dtype) -> None:
    z, y = made((64, 100), dtype)
    for factor in (2.0, 3.0, 4.0, 5.0, 5.0, 5.0):  # learned, then given up, then learned again

        def loss(x: Tensor) -> Tensor:
            return checkpoint(lambda a: cross_entropy(a * 1, y), x, use_reentrant=False)

        both = gradient(lambda x: loss(x) + loss(x), z, factor)
        once = gradient(lambda x: cross_entropy(x, y), z, factor)
        torch.testing.assert_close(both, once + once, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", HALF)
def test_a_batch_of_gradients_is_rounded_once(dtype: torch.dtype) -> None:
    z, y = made((64, 100), dtype)
    factors = torch.tensor([1.0, 2.0**16, 0.3])
    leaf = z.clone().requires_grad_()
    (got,) = torch.autograd.grad(cross_entropy(leaf, y), leaf, factors, is_grads_batched=True)
    for one, factor in zip(got, factors.tolist(), strict=True):
        truth, torchs = (gradient(lambda x: F.cross_entropy(x, y), x, factor) for x in (z.double(), z.float()))
        rounded_once(one, truth, torchs.to(dtype))


def test_a_grad_scaler_that_finds_its_scale() -> None:
    """float16, 97 % of whose gradient was 0: the scaler multiplies before the rounding now."""
    z, y = made((1024, 2000), torch.float16)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**22, growth_interval=2)  # type: ignore[attr-defined]
    leaf = z.float().requires_grad_()
    optimizer = torch.optim.SGD([leaf], 0.0)
    for _ in range(8):
        optimizer.zero_grad()
        scaler.scale(cross_entropy(leaf.half(), y)).backward()
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
    (wanted,) = torch.autograd.grad(F.cross_entropy(leaf, y), leaf)
    assert leaf.grad is not None
    assert ((leaf.grad - wanted).norm() / wanted.norm()).item() < 3e-4
    assert (leaf.grad == 0).sum() <= (wanted.half() * 2.0**18 == 0).sum()


@pytest.mark.parametrize("dtype", HALF)
def test_the_gradient_without_autograd_is_that_of_the_loss(dtype: torch.dtype) -> None:
    z, y = made((64, 500), dtype)
    truth = gradient(lambda x: F.cross_entropy(x, y, reduction="sum"), z.double(), 1.0)
    rounded_once(cross_entropy_with_gradient(z, y, reduction="sum")[1], truth, truth.to(dtype))

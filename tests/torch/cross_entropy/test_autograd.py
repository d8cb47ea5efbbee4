"""Autograd's rules: what is saved, what may not change in between, batches of gradients, no break of a graph."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

import onewarm as ow
from onewarm.torch import CrossEntropyLoss, cross_entropy, nn_cross_entropy

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
K = 6


def made(dtype: torch.dtype = torch.float64, n: int = 5) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    z = (torch.randn(n, K, generator=generator, dtype=torch.float64) * 3).to(dtype).requires_grad_()
    return z, torch.randint(0, K, (n,), generator=generator)


# What is changed between forward and backward: the loss, and what to write to.
CHANGES: dict[str, Callable[[Tensor, Tensor, str], tuple[Tensor, Callable[[], object]]]] = {}


def change(make: Any) -> Any:
    CHANGES[make.__name__] = make
    return make


@change
def labels(z: Tensor, y: Tensor, reduction: Any) -> Any:
    return cross_entropy(z, y, reduction=reduction), lambda: y.fill_(1)


@change
def probabilities(z: Tensor, y: Tensor, reduction: Any) -> Any:
    p = torch.softmax(torch.eye(K, dtype=z.dtype)[y].double(), 1)
    return cross_entropy(z, p, reduction=reduction), lambda: p.fill_(1 / K)


@change
def labels_of_a_smoothed_target(z: Tensor, y: Tensor, reduction: Any) -> Any:
    return cross_entropy(z, ow.smooth(y, 0.1, num_classes=K), reduction=reduction), lambda: y.fill_(1)


@change
def a_table(z: Tensor, y: Tensor, reduction: Any) -> Any:
    target = ow.soft(torch.softmax(torch.eye(K)[y].double(), 1))
    return cross_entropy(z, target, reduction=reduction), lambda: target.table.mul_(2)


@change
def weights(z: Tensor, y: Tensor, reduction: Any) -> Any:
    target = ow.one_hot(y, K).replace(weight=torch.ones(len(y), 1, dtype=torch.float64))
    return cross_entropy(z, target, reduction=reduction), lambda: target.weight.mul_(2)


@change
def labels_of_the_module(z: Tensor, y: Tensor, reduction: Any) -> Any:
    return CrossEntropyLoss(label_smoothing=0.1, reduction=reduction)(z, y), lambda: y.fill_(1)


@change
def class_weights_of_the_module(z: Tensor, y: Tensor, reduction: Any) -> Any:
    weight = torch.linspace(0.5, 2, K)
    return nn_cross_entropy(z, y, weight, reduction=reduction), lambda: weight.mul_(2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("what", CHANGES)
def test_a_change_in_place_is_noticed(dtype: torch.dtype, reduction: str, what: str) -> None:
    """ms-swift#10130's kind: a buffer of labels is refilled before the backward pass; PyTorch raises."""
    for again in (False, True):
        for create_graph in (False, True):
            z, y = made(dtype)
            loss, write = CHANGES[what](z, y, reduction)
            if again:
                loss.sum().backward(retain_graph=True)
            write()
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                torch.autograd.grad(loss.sum(), z, create_graph=create_graph)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("kind", ["labels", "smoothed", "module", "module, weights"])
def test_batches_of_gradients(dtype: torch.dtype, reduction: Any, kind: str) -> None:
    """pytorch#49562, #65564, pypose#122, backpack#69."""
    z, y = made(dtype)
    weight = torch.linspace(0.5, 2, K) if kind == "module, weights" else None
    target = ow.smooth(y, 0.1, num_classes=K) if kind == "smoothed" else y

    def loss(x: Tensor) -> Tensor:
        if kind.startswith("module"):
            return nn_cross_entropy(x, y, weight, label_smoothing=0.1, reduction=reduction)
        return cross_entropy(x, target, reduction=reduction)

    value = loss(z)
    above = torch.eye(5, dtype=value.dtype) if reduction == "none" else torch.linspace(-1, 2, 4, dtype=value.dtype)
    wanted = torch.stack([torch.autograd.grad(loss(z), z, one)[0] for one in above])
    near = {torch.float32: 1e-6, torch.float64: 1e-12}.get(dtype, 0.0)
    for create_graph in (False, True):
        (batch,) = torch.autograd.grad(
            value, z, above, is_grads_batched=True, retain_graph=True, create_graph=create_graph
        )
        slack = max(near, 1e-6 if create_graph else 0) * (1 if dtype.itemsize > 2 else 1e4)
        torch.testing.assert_close(batch, wanted, rtol=slack, atol=slack)
    mapped = torch.vmap(lambda one: torch.autograd.grad(value, z, one, retain_graph=True)[0])(above)
    torch.testing.assert_close(mapped, wanted, rtol=near, atol=near)
    if dtype == torch.float64:
        for name in ("jacobian", "hessian"):
            of = getattr(torch.autograd.functional, name)
            scalar = loss if name == "jacobian" else lambda x: loss(x).sum()
            torch.testing.assert_close(of(scalar, z, vectorize=True), of(scalar, z), rtol=1e-10, atol=1e-12)


def test_everything_is_a_saved_tensor() -> None:
    """trl#5575, torchtune#1390, axolotl#2625: checkpointing and offloading see all that is kept."""
    for dtype in DTYPES:
        for reduction in ("mean", "none"):
            z, y = made(dtype)
            target = ow.smooth(y, 0.1, num_classes=K)
            seen: list[Tensor] = []
            with torch.autograd.graph.saved_tensors_hooks(lambda x, seen=seen: seen.append(x) or x, lambda x: x):
                loss = cross_entropy(z, target, reduction=reduction)
            held = [x for x in vars_of(loss.grad_fn) if isinstance(x, Tensor)]
            assert not held and z.data_ptr() in {x.data_ptr() for x in seen}
            assert sum(x.shape == z.shape for x in seen) == (2 if reduction == "mean" else 1)
            loss.sum().backward()


def vars_of(node: Any) -> list[Any]:
    """What the node of a Python function holds besides its saved tensors."""
    return [value for kept in vars(node).values() for value in (kept.values() if isinstance(kept, dict) else [kept])]


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads memory as Linux tells it")
@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("loss", ["labels", "smoothed", "module", "PyTorch"])
def test_checkpointed_chunks_keep_no_logits(loss: str, dtype: str) -> None:
    """trl#5575, torchtune#1390, axolotl#2625: 8 chunks of 31 MiB of logits; the memory after the forward pass."""
    program = f"""
import ctypes, torch, onewarm as ow
from onewarm.torch import CrossEntropyLoss
from torch.utils.checkpoint import checkpoint
k, dtype = 16000, torch.{dtype}
n = 31 * 2**20 // (k * dtype.itemsize)
w = torch.randn(k, 64).to(dtype)
chunks = [(torch.randn(n, 64).to(dtype).requires_grad_(), torch.randint(0, k, (n,))) for _ in range(8)]
module = CrossEntropyLoss(label_smoothing=0.1)
of = {{
    "labels": ow.cross_entropy,
    "smoothed": lambda z, y: ow.cross_entropy(z, ow.smooth(y, 0.1, num_classes=k)),
    "module": module,
    "PyTorch": lambda z, y: torch.nn.functional.cross_entropy(z.float(), y),
}}[{loss!r}]
def forward(count):
    return sum(checkpoint(lambda a, b: of(a @ w.T, b), h, y, use_reentrant=False) for h, y in chunks[:count])
def resident():
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20
forward(1).backward()
forward(1).backward()
before = resident()
total = forward(8)
print(resident() - before)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 5


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("overwrite", [False, True])
def test_checkpoints_and_offloading(dtype: torch.dtype, overwrite: bool) -> None:
    x, y = made(dtype)
    factor = torch.ones((), dtype=dtype)

    def loss(a: Tensor) -> Tensor:
        return cross_entropy(a * factor, y, overwrite_logits=overwrite) * 3

    (wanted,) = torch.autograd.grad(loss(x), x)
    for reentrant in (False, True):
        value = checkpoint(loss, x, use_reentrant=reentrant)
        value.backward()
        torch.testing.assert_close(x.grad, wanted, rtol=0, atol=0)
        x.grad = None
    with torch.autograd.graph.save_on_cpu():
        value = loss(x)
    torch.testing.assert_close(torch.autograd.grad(value, x)[0], wanted, rtol=0, atol=0)


def test_two_backward_passes_leave_the_first_gradient_alone() -> None:
    for dtype in DTYPES:
        z, y = made(dtype)
        loss = cross_entropy(z, y)
        (one,) = torch.autograd.grad(loss, z, torch.tensor(2.0, dtype=loss.dtype), retain_graph=True)
        kept = one.clone()
        (two,) = torch.autograd.grad(loss, z, torch.tensor(-1.0, dtype=loss.dtype), retain_graph=True)
        assert torch.equal(one, kept)
        one.mul_(0)  # the caller's to change
        (three,) = torch.autograd.grad(loss, z, torch.tensor(-1.0, dtype=loss.dtype))
        assert torch.equal(two, three)
        torch.testing.assert_close(two.double(), -kept.double() / 2, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_a_second_backward_pass_gives_the_same_bytes(dtype: torch.dtype, reduction: Any) -> None:
    """PyTorch's gradcheck asks for it, of any upstream gradient."""
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(50, 7, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()
    y = torch.randint(0, 7, (50,), generator=generator)
    for upstream in (1.0, -0.3, 7.7):
        loss = ow.cross_entropy(z, ow.smooth(y, 0.1, num_classes=7), reduction=reduction)
        above = torch.full_like(loss, upstream)
        once, again = (torch.autograd.grad(loss, z, above, retain_graph=True)[0] for _ in range(2))
        assert torch.equal(once, again)


def test_a_target_of_inference_mode() -> None:
    z, y = made()
    with torch.inference_mode():
        frozen, table = y.clone(), torch.softmax(torch.eye(K)[y].double(), 1)
    for target in (frozen, ow.soft(table)):
        for reduction in ("mean", "none"):
            loss = cross_entropy(z, target, reduction=reduction).sum()
            (ours,) = torch.autograd.grad(loss, z, retain_graph=True)
            (again,) = torch.autograd.grad(loss, z)
            theirs = F.cross_entropy(z, y if target is frozen else table.clone(), reduction=reduction).sum()
            torch.testing.assert_close(ours, torch.autograd.grad(theirs, z)[0])
            torch.testing.assert_close(again, ours)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("module", [False, True])
def test_compiled_autograd_has_no_break(dtype: torch.dtype, reduction: Any, module: bool) -> None:
    z, y = made(dtype)
    target = ow.smooth(y, 0.1, num_classes=K)

    def loss() -> Tensor:
        if module:
            return CrossEntropyLoss(label_smoothing=0.1, reduction=reduction)(z, y).sum() * 5
        return cross_entropy(z, target, reduction=reduction).sum() * 5

    (wanted,) = torch.autograd.grad(loss(), z)
    torch._dynamo.reset()
    with (
        torch._dynamo.config.patch(compiled_autograd=True),
        torch._dynamo.compiled_autograd._enable(torch.compile(backend="eager", fullgraph=True)),
    ):
        loss().backward()
    near = {torch.float32: 1e-6, torch.float64: 1e-12}.get(dtype, 0.0)
    torch.testing.assert_close(z.grad, wanted, rtol=near, atol=near)

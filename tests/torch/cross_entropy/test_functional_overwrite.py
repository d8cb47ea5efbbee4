"""The gradient in the logits' place: the same numbers, and an error where autograd or the caller would lose them."""

import subprocess
import sys
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm.torch import CrossEntropyLoss, cross_entropy, cross_entropy_with_gradient

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def made(dtype: torch.dtype = torch.float32, n: int = 70, k: int = 9) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = (torch.randn(n, k, generator=generator) * 3).to(dtype).requires_grad_()
    return x, torch.randint(0, k, (n,), generator=generator), torch.full((k,), 1.5, dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_the_same_numbers_in_place(dtype: torch.dtype, reduction: Any) -> None:
    x, y, factor = made(dtype)
    target = ow.smooth(y, 0.1, num_classes=9)
    above = torch.linspace(-1, 2, 70) if reduction == "none" else torch.tensor(0.7)
    above = above.to(torch.float64 if dtype == torch.float64 else torch.float32)
    loss = cross_entropy(x * factor, target, reduction=reduction)
    (wanted,) = torch.autograd.grad(loss, x, above)
    logits = x + 0
    again = cross_entropy(logits * 1 + 0, target, reduction=reduction, overwrite_logits=True)
    logits = (x * factor) + 0
    again = cross_entropy(logits, target, reduction=reduction, overwrite_logits=True)
    (gradient,) = torch.autograd.grad(again, x, above)
    torch.testing.assert_close(again, loss, rtol=0, atol=0)
    # In place, and in half precision, the upstream gradient is multiplied before the only rounding, else after one.
    near = {torch.float32: 1e-7, torch.float64: 1e-15}.get(dtype, 0)
    torch.testing.assert_close(gradient, wanted, rtol=near, atol=near)


@pytest.mark.parametrize("dtype", DTYPES)
def test_loss_and_gradient_at_once(dtype: torch.dtype) -> None:
    x, y, _ = made(dtype)
    z = x.detach()
    loss, wanted = ow.cross_entropy_with_gradient(z, y)
    place = z.clone()
    again, gradient = cross_entropy_with_gradient(place, y, overwrite_logits=True)
    assert gradient.data_ptr() == place.data_ptr()
    torch.testing.assert_close(again, loss, rtol=0, atol=0)
    torch.testing.assert_close(place, wanted, rtol=0, atol=0)
    if dtype != torch.bfloat16:
        numbers = z.numpy().copy()
        again, gradient = ow.cross_entropy_with_gradient(numbers, y.numpy(), overwrite_logits=True)
        assert np.shares_memory(numbers, gradient)
        np.testing.assert_array_equal(numbers, wanted.numpy())


def test_refused_where_something_would_be_lost() -> None:
    x, y, factor = made()
    with pytest.raises(ValueError, match="they are a leaf of autograd, whose value is the caller's to keep"):
        cross_entropy(x, y, overwrite_logits=True)
    with pytest.raises(ValueError, match="they are a leaf of autograd"):
        cross_entropy(x.view(35, 18)[:, :9], y[:35], overwrite_logits=True)
    with pytest.raises(ValueError, match="they are not contiguous, or leave overwrite_logits out"):
        cross_entropy((x * factor).t().contiguous().t(), y, overwrite_logits=True)
    with pytest.raises(ValueError, match="they require a gradient and autograd would not see the change; detach them"):
        cross_entropy_with_gradient(x * factor, y, overwrite_logits=True)
    with pytest.raises(ValueError, match="only a kernel in eager mode works in place, and only for a fixed target"):
        cross_entropy(x * factor, torch.softmax(x, 1), overwrite_logits=True)
    frozen = np.zeros((2, 3))
    frozen.flags.writeable = False
    for array in (frozen, np.asfortranarray(np.zeros((2, 3)))):
        with pytest.raises(ValueError, match="overwrite_logits=True needs logits in C order that can be written to"):
            ow.cross_entropy_with_gradient(array, np.array([0, 1]), overwrite_logits=True)
    with pytest.raises(ValueError, match="overwrite_logits=True needs NumPy arrays or PyTorch tensors on the CPU"):
        ow.cross_entropy_with_gradient(jnp.zeros((2, 3)), jnp.array([0, 1]), overwrite_logits=True)


def test_autograd_notices_who_kept_the_logits() -> None:
    x, y, _ = made()
    logits = torch.exp(x)  # keeps its result for its own gradient
    loss = cross_entropy(logits, y, overwrite_logits=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
    logits = x * 2
    other = logits.square().sum()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        (cross_entropy(logits, y, overwrite_logits=True) + other).backward()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_logits_can_be_read_until_the_backward_pass(dtype: torch.dtype) -> None:
    """unsloth#5002, ms-swift#10130, Liger#272, #1251: a second loss on the same logits, and their argmax."""
    x, y, factor = made(dtype)
    got = []
    for overwrite in (False, True):
        logits = x * factor
        loss = cross_entropy(logits, y, overwrite_logits=overwrite)
        best = logits.argmax(1)
        total = loss + torch.tanh(logits.float()).sum() + (logits.float() ** 2).mean()
        got.append((total.detach(), best, torch.autograd.grad(total, x)[0]))
    for plain, inside in zip(*got, strict=True):
        near = {torch.float16: 1e-3, torch.bfloat16: 1e-2}.get(dtype, 1e-6)
        torch.testing.assert_close(inside, plain, rtol=near, atol=near / 10)


def test_one_backward_pass_of_the_first_order() -> None:
    x, y, factor = made()
    loss = cross_entropy(x * factor, y, overwrite_logits=True)
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="overwrite_logits=True leaves one gradient and no logits"):
        loss.backward()
    loss = cross_entropy(x * factor, y, overwrite_logits=True)
    with pytest.raises(RuntimeError, match="for a second backward pass or a second derivative leave it out"):
        torch.autograd.grad(loss, x, create_graph=True)


def test_nothing_is_written_without_a_gradient() -> None:
    x, y, factor = made()
    with torch.no_grad():
        logits = x * factor
        before = logits.clone()
        loss = CrossEntropyLoss(overwrite_logits=True)(logits, y)
    torch.testing.assert_close(logits, before, rtol=0, atol=0)
    torch.testing.assert_close(loss, cross_entropy(before, y))


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory as Linux tells it")
@pytest.mark.parametrize(("how", "most"), [pytest.param("fresh", 1.05, marks=pytest.mark.long), ("in place", 0.05)])
def test_peak_memory_beyond_the_logits(how: str, most: float) -> None:
    """128 MiB of logits: what the peak grows by, as a multiple of them."""
    program = f"""
import resource, torch, onewarm as ow
from onewarm.torch import cross_entropy
n, k = 1024, 32768
torch.manual_seed(0)
y = torch.randint(0, k, (n,)); target = ow.smooth(y, .1, num_classes=k)
class Whole(torch.autograd.Function):  # hands the gradient on to nobody
    forward = staticmethod(lambda ctx, base, z: z.view_as(z))
    backward = staticmethod(lambda ctx, g: (None, None))
base = torch.zeros(1, requires_grad=True)
def step(z):
    cross_entropy(Whole.apply(base, z), target[: len(z)], overwrite_logits={how == "in place"}).backward()
step(torch.randn(64, k))
z = torch.randn(n, k)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
step(z)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / (4 * n * k))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) <= most

"""The registered operators: PyTorch's own checks of them, and compiled training steps against eager ones."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import onewarm as ow
from onewarm.torch import cross_entropy
from onewarm.torch.cross_entropy import ops

# PyTorch's compiler scripts and warns on its own account.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
K = 7


def made(n: int = 12, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    z = (torch.randn(n, K, generator=generator, dtype=torch.float64) * 3).to(dtype).requires_grad_()
    return z, torch.randint(0, K, (n,), generator=generator)


def arguments(
    target: ow.SoftTarget, z_loss: float = 0.01, move_mass: bool = True, check: bool = True
) -> tuple[Any, ...]:
    parts = (target.index, target.weight, target.table, target.table_index, target.table_weight)
    return (*parts, z_loss, move_mass, check)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("smoothed", [False, True])
def test_opcheck(dtype: torch.dtype, smoothed: bool) -> None:
    z, y = made(dtype=dtype)
    target = ow.smooth(y, 0.1, num_classes=K) if smoothed else ow.one_hot(y, K)
    torch.library.opcheck(torch.ops.onewarm.soft_cross_entropy.default, (z, *arguments(target)))
    above = torch.linspace(-1, 2, 12, dtype=torch.float64 if dtype == torch.float64 else torch.float32)
    torch.library.opcheck(
        torch.ops.onewarm.soft_cross_entropy_backward.default, (above, z.detach(), *arguments(target))
    )


def test_the_operator_is_differentiable_twice() -> None:
    z, y = made(dtype=torch.float64)
    rest = arguments(ow.smooth(y, 0.1, num_classes=K))

    def loss(x: Tensor) -> Tensor:
        return ops.soft_cross_entropy(x, *rest)

    assert torch.autograd.gradcheck(loss, (z,))
    assert torch.autograd.gradgradcheck(loss, (z,))


def test_a_target_that_learns_is_refused_by_the_operator() -> None:
    z, y = made()
    target = ow.one_hot(y, K)
    learned = (target.index, target.weight.requires_grad_(), None, None, None, 0.0, True, True)
    with pytest.raises(NotImplementedError, match="a target that requires a gradient: this operator differentiates"):
        ops.soft_cross_entropy(z, *learned)


def step(loss: Callable[..., Tensor], x: Tensor, weight: Tensor, *rest: Any) -> tuple[Tensor, Tensor]:
    value = loss(x, weight, *rest)
    (gradient,) = torch.autograd.grad(value, weight)
    return value, gradient


def outside(x: Tensor, weight: Tensor, target: ow.SoftTarget) -> Tensor:
    return cross_entropy(x @ weight, target)


def inside(x: Tensor, weight: Tensor, y: Tensor, alpha: Any) -> Tensor:
    return ow.cross_entropy(x @ weight, ow.smooth(y, alpha, num_classes=K))


def hard(x: Tensor, weight: Tensor, y: Tensor) -> Tensor:
    return ow.cross_entropy(x @ weight, y, reduction="none").sum()


def mixed(x: Tensor, weight: Tensor, y: Tensor, prior: Tensor) -> Tensor:
    target = ow.mix(ow.smooth(y, 0.1, prior=prior), ow.one_hot(y.flip(0), K), 0.3)
    return ow.cross_entropy(x @ weight, target, normalizer="mass", z_loss=1e-3)


@pytest.mark.parametrize("backend", ["aot_eager", pytest.param("inductor", marks=pytest.mark.long)])
def test_a_compiled_step_gives_the_same_numbers(backend: str) -> None:
    """Where a kernel under torch.compile made 61.73 of 21.40 (Liger-Kernel#1338)."""
    x, y = made()
    x = x.detach()
    weight = torch.eye(K).mul(0.7).requires_grad_()
    cases: list[tuple[Callable[..., Tensor], tuple[Any, ...]]] = [
        (outside, (ow.smooth(y, 0.1, num_classes=K),)),
        (inside, (y, 0.1)),
        (inside, (y, torch.tensor(0.1))),
        (inside, (y, torch.linspace(0, 0.4, 12))),
        (hard, (y,)),
        (mixed, (y, torch.softmax(torch.arange(float(K)), 0))),
        (mixed, (y, torch.softmax(torch.arange(float(K * K)).reshape(K, K), 1))),
    ]
    for loss, rest in cases:
        torch._dynamo.reset()
        compiled = torch.compile(loss, fullgraph=True, backend=backend)
        for ours, wanted in zip(step(compiled, x, weight, *rest), step(loss, x, weight, *rest), strict=True):
            torch.testing.assert_close(ours, wanted, rtol=2e-6, atol=1e-7)


def test_a_schedule_of_alpha_compiles_once() -> None:
    x, y = made()
    x, weight = x.detach(), torch.eye(K, requires_grad=True)
    torch._dynamo.reset()
    counter = torch._dynamo.testing.CompileCounter()
    compiled = torch.compile(inside, fullgraph=True, backend=counter)
    for alpha in (0.0, 0.1, 0.25, 0.7):
        step(compiled, x, weight, y, torch.tensor(alpha))
    assert counter.frame_count == 1
    for alpha in (0.0, 0.1, 0.25, 0.7, 0.8, 0.9):
        torch.testing.assert_close(
            compiled(x, weight, y, torch.tensor(alpha)), F.cross_entropy(x, y, label_smoothing=alpha)
        )


def test_bad_values_are_named_in_compiled_code_too() -> None:
    x, y = made()
    x = x.detach().clone()
    compiled = torch.compile(hard, fullgraph=True, backend="aot_eager")
    torch._dynamo.reset()
    x[3, 2] = torch.nan
    with pytest.raises(ValueError, match=r"logits\[3, 0\] is nan"):
        compiled(x, torch.eye(K), y)
    x[3, 2], y[4] = 0.0, K
    with pytest.raises(ValueError, match=r"target.index\[4, 0\] is 7, outside 0..6"):
        compiled(x, torch.eye(K), y)


def test_a_target_that_learns_in_a_graph() -> None:
    x, _ = made()
    teacher = torch.zeros(12, K, requires_grad=True)

    def loss(z: Tensor, t: Tensor) -> Tensor:
        return ow.cross_entropy(z, ow.soft(torch.softmax(t, 1)))

    torch._dynamo.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    wanted = torch.autograd.grad(loss(x, teacher), [x, teacher])
    for one, other in zip(torch.autograd.grad(compiled(x, teacher), [x, teacher]), wanted, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("compiled", [False, True])
def test_autocast_keeps_the_loss_in_float32(compiled: bool) -> None:
    x, y = made(200)
    x = x.detach()
    layer = torch.nn.Linear(K, K)
    target = ow.smooth(y, 0.1, num_classes=K)

    def loss(value: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = layer(value)
            assert logits.dtype == torch.bfloat16
            return cross_entropy(logits, target)

    torch._dynamo.reset()
    run = torch.compile(loss, fullgraph=True, backend="aot_eager") if compiled else loss
    value = run(x)
    value.backward()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = layer(x)
    wanted = F.cross_entropy(logits.double(), y, label_smoothing=0.1)
    assert value.dtype == torch.float32 and layer.weight.grad is not None
    torch.testing.assert_close(value.double(), wanted, rtol=1e-6, atol=0)
    slope = torch.autograd.grad(F.cross_entropy(layer(x), y, label_smoothing=0.1), layer.weight)[0]
    torch.testing.assert_close(layer.weight.grad, slope, rtol=0.05, atol=5e-3)


def test_vmap_and_func_grad() -> None:
    z, y = made(24)
    many, labels = z.detach().reshape(4, 6, K), y.reshape(4, 6)

    def loss(x: Tensor, t: Tensor) -> Tensor:
        return cross_entropy(x, ow.smooth(t, 0.1, num_classes=K))

    wanted = torch.stack([loss(x, t) for x, t in zip(many, labels, strict=True)])
    torch.testing.assert_close(torch.func.vmap(loss)(many, labels), wanted)
    slopes = torch.func.vmap(torch.func.grad(loss))(many, labels)
    for slope, x, t in zip(slopes, many, labels, strict=True):
        torch.testing.assert_close(slope, torch.func.grad(loss)(x, t))


def test_export() -> None:
    class Model(torch.nn.Module):
        def forward(self, x: Tensor, y: Tensor) -> Tensor:
            return ow.cross_entropy(x, ow.smooth(y, 0.1, num_classes=K))

    z, y = made()
    program = torch.export.export(Model(), (z.detach(), y))
    assert any("soft_cross_entropy" in str(node.target) for node in program.graph.nodes)
    torch.testing.assert_close(program.module()(z.detach(), y), ow.cross_entropy(z, ow.smooth(y, 0.1, num_classes=K)))
    rows = {0: torch.export.Dim("rows")}
    program = torch.export.export(Model(), (z.detach(), y), dynamic_shapes=(rows, rows))
    wanted = ow.cross_entropy(z[:3], ow.smooth(y[:3], 0.1, num_classes=K))
    torch.testing.assert_close(program.module()(z.detach()[:3], y[:3]), wanted)

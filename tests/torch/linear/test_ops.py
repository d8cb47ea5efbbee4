"""The operators behind torch.compile: PyTorch's own checks of them, and compiled losses against eager ones."""

from typing import Any

import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm.torch import LinearCrossEntropyLoss, linear_cross_entropy

# PyTorch's compiler scripts and warns on its own account.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
N, D, V = 60, 5, 40
DOUBLE = torch.float64


@pytest.fixture(autouse=True)
def nothing_compiled_before() -> None:
    torch.compiler.reset()


def made(dtype: torch.dtype = DOUBLE) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    g = torch.Generator().manual_seed(0)
    x, w, b = (torch.randn(*size, generator=g, dtype=DOUBLE).to(dtype) for size in ((N, D), (V, D), (V,)))
    y = torch.randint(0, V, (N,), generator=g)
    y[3] = -100
    return x.requires_grad_(), w.requires_grad_(), b.requires_grad_(), y


def gradients(loss: Tensor, leaves: Any) -> tuple[Tensor, ...]:
    return torch.autograd.grad(loss, leaves, torch.linspace(1, 2, loss.numel(), dtype=loss.dtype).reshape(loss.shape))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("kind", ["labels", "smooth", "soft"])
def test_a_compiled_loss_gives_the_same_numbers(reduction: Any, kind: str) -> None:
    """linkedin/Liger-Kernel#1338: a fused linear loss whose value changed from 21.40 to 61.73 when compiled."""
    x, w, b, y = made()
    teacher = torch.softmax(torch.outer(torch.arange(N), torch.arange(V)) / 500, dim=1).double()

    def loss(x: Tensor, w: Tensor, b: Tensor, y: Tensor, teacher: Tensor) -> Tensor:
        target: Any = {"labels": y, "soft": teacher}.get(kind)
        if kind == "smooth":
            target = ow.smooth(ow.one_hot(y, V), 0.1)
        return linear_cross_entropy(2 * x, w, target, bias=b, reduction=reduction, z_loss=0.01)

    eager = loss(x, w, b, y, teacher)
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")(x, w, b, y, teacher)
    torch.testing.assert_close(compiled, eager, rtol=1e-12, atol=1e-12)
    for ours, wanted in zip(gradients(compiled, (x, w, b)), gradients(eager, (x, w, b)), strict=True):
        torch.testing.assert_close(ours, wanted, rtol=1e-11, atol=1e-12)


def test_the_module_compiles_and_a_frozen_weight_gets_no_gradient() -> None:
    x, w, _, y = made(torch.bfloat16)
    w.requires_grad_(False)
    module = LinearCrossEntropyLoss(label_smoothing=0.1)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    ours, wanted = compiled(x.reshape(6, 10, D), w, y.reshape(6, 10)), module(x, w, y)
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, wanted)
    torch.testing.assert_close(torch.autograd.grad(ours, x), torch.autograd.grad(wanted, x))
    with torch.no_grad():
        torch.testing.assert_close(compiled(x.reshape(6, 10, D), w, y.reshape(6, 10)), wanted)


@pytest.mark.parametrize("per_row", [False, True])
def test_pytorch_accepts_the_operators(per_row: bool) -> None:
    x, w, b, y = made()
    target = ow.smooth(ow.one_hot(y, V), 0.1)
    parts = (target.index, target.weight, target.table, target.table_index, target.table_weight)
    scale = torch.tensor(0.5, dtype=DOUBLE)
    checks = ("test_schema", "test_faketensor", "test_autograd_registration", "test_aot_dispatch_static")
    torch.library.opcheck(
        torch.ops.onewarm.linear_cross_entropy,
        (x, w, b, *parts, scale, 0.01, 1.0, [1.0, 5.0], per_row, True, True, True, True),
        test_utils=checks[: 4 if per_row else 3],
    )


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_compiled_autograd_has_no_break_of_ours(reduction: Any) -> None:
    x, w, b, y = made(torch.float16)

    def loss() -> Tensor:
        return linear_cross_entropy(2 * x, w, y, bias=b, reduction=reduction, softcap=5.0).sum()

    wanted = torch.autograd.grad(loss(), (x, w, b))
    torch._dynamo.utils.counters.clear()
    with torch._dynamo.compiled_autograd._enable(torch.compile(backend="aot_eager")):
        loss().backward()  # type: ignore[no-untyped-call]
    assert not torch._dynamo.utils.counters["graph_break"]
    for leaf, gradient in zip((x, w, b), wanted, strict=True):
        assert leaf.grad is not None and torch.equal(leaf.grad, gradient)


def test_second_derivatives_are_refused() -> None:
    x, w, _, y = made()
    compiled = torch.compile(lambda w: linear_cross_entropy(x.detach(), w, y), fullgraph=True, backend="eager")
    with pytest.raises(RuntimeError, match="linear_cross_entropy has no second derivative: form the logits"):
        torch.autograd.grad(compiled(w), w, create_graph=True)


def test_bad_values_are_named_in_compiled_code_too() -> None:
    x, w, _, y = made()
    compiled = torch.compile(linear_cross_entropy, fullgraph=True, backend="aot_eager")
    y[7] = V
    with pytest.raises(ValueError, match=rf"target.index\[.*\] is {V}, outside 0..{V - 1}"):
        compiled(x, w, y)


def test_meta_tensors_have_shapes_and_no_values() -> None:
    x, w = (torch.zeros(*size, device="meta", requires_grad=True) for size in ((N, D), (V, D)))
    y = torch.zeros(N, dtype=torch.int64, device="meta")
    assert linear_cross_entropy(x, w, y, reduction="none").shape == (N,)
    linear_cross_entropy(x, w, y).backward()
    assert x.grad is not None and x.grad.shape == x.shape


def test_an_export_of_any_number_of_rows() -> None:
    class Head(torch.nn.Module):
        def forward(self, x: Tensor, w: Tensor, y: Tensor) -> Tensor:
            return linear_cross_entropy(x, w, ow.smooth(y, 0.1, num_classes=V))

    x, w, _, y = (part.detach() for part in made())
    rows = {0: torch.export.Dim("rows")}
    program = torch.export.export(Head(), (x, w, y.abs() % V), dynamic_shapes=(rows, {}, rows))
    few = (x[:3], w, y[:3])
    torch.testing.assert_close(program.module()(*few), Head()(*few))


def test_sparse_tensors_are_refused() -> None:
    x, w, _, y = (part.detach() for part in made())
    with pytest.raises(TypeError, match=r"weight is torch.sparse_coo: expected a dense tensor; call .to_dense\(\)"):
        linear_cross_entropy(x, w.to_sparse(), y)


def test_a_module_checks_its_options_when_it_is_made() -> None:
    with pytest.raises(ValueError, match=r"label_smoothing is 1.5: smoothing moves at most all of the mass"):
        LinearCrossEntropyLoss(label_smoothing=1.5)
    with pytest.raises(ValueError, match="reduction is 'avg': expected 'mean', 'sum' or 'none'"):
        LinearCrossEntropyLoss(reduction="avg")  # type: ignore[arg-type]

"""What autograd sees of a distillation: half precision rounded once, saved tensors, batches of gradients, graphs."""

from typing import Any

import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm.torch import distillation, linear_distillation
from onewarm.torch.distillation import autograd

DOUBLE = torch.float64


def pair(dtype: torch.dtype, n: int = 64, k: int = 4096) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(0)
    z, v = ((3 * torch.randn(n, k, generator=g)).to(dtype) for _ in range(2))
    return z.requires_grad_(), v


def exact_gradient(z: Tensor, v: Tensor, temperature: float, y: Tensor | None, upstream: Any) -> Tensor:
    """In float64, of the mean over rows, half of it by the labels if there are any."""
    p, q = (torch.softmax(x.detach().double() / temperature, 1) for x in (z, v))
    gradient = temperature * (p - q)
    if y is not None:
        one = torch.nn.functional.one_hot(y, z.shape[1])
        gradient = 0.5 * gradient + 0.5 * (torch.softmax(z.detach().double(), 1) - one)
    return gradient * upstream / len(z)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("upstream", [1.0, 2.0**16, 2.0**20, 3000.7])
@pytest.mark.parametrize("hard", [False, True])
def test_half_precision_is_rounded_once_after_the_loss_scale(dtype: torch.dtype, upstream: float, hard: bool) -> None:
    """pytorch#74739, timm#1586, apex#379: rounded before the loss scale, 29 % of a distillation's gradient was 0."""
    z, v = pair(dtype)
    y = torch.arange(len(z)) if hard else None
    (ours,) = torch.autograd.grad(distillation(z, v, 4.0, hard_target=y) * upstream, z)
    exact = exact_gradient(z, v, 4.0, y, upstream)
    finite = exact.abs() < torch.finfo(dtype).max
    once = exact.to(dtype)
    assert ours.dtype == dtype
    assert (ours - exact)[finite].norm() <= 1.05 * (once - exact)[finite].norm() + 1e-6 * exact[finite].norm()
    # No zero where float32 keeps something that this dtype can hold.
    assert not bool(
        ((ours == 0) & (exact.abs() > 1.01 * torch.finfo(dtype).smallest_normal * torch.finfo(dtype).eps)).any()
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_losses_by_row_in_half_precision(dtype: torch.dtype) -> None:
    z, v = pair(dtype)
    rows = torch.linspace(-1, 2, len(z)) * 1e4
    (ours,) = torch.autograd.grad(distillation(z, v, 4.0, reduction="none"), z, rows)
    exact = exact_gradient(z, v, 4.0, None, rows[:, None].double() * len(z))
    assert (ours - exact).norm() <= 1.05 * (exact.to(dtype) - exact).norm() + 1e-6 * exact.norm()


def test_the_linear_form_in_half_precision() -> None:
    g = torch.Generator().manual_seed(1)
    x, w = (torch.randn(*size, generator=g).half().requires_grad_() for size in ((64, 8), (500, 8)))
    v = torch.randn(64, 500, generator=g)
    wide = [t.detach().double().requires_grad_() for t in (x, w)]
    exact = torch.autograd.grad(distillation(wide[0] @ wide[1].T, v.double(), 4.0) * 2.0**16, wide)
    ours = torch.autograd.grad(linear_distillation(x, w, v, 4.0) * 2.0**16, (x, w))
    for a, b in zip(ours, exact, strict=True):
        assert (a - b).norm() <= 1.05 * (b.half() - b).norm() + 1e-6 * b.norm()


@pytest.mark.parametrize("reduction", ["mean", "none"])
@pytest.mark.parametrize("changed", ["student", "teacher", "labels", "probabilities", "mask"])
def test_what_is_changed_before_the_backward_pass_raises(reduction: Any, changed: str) -> None:
    """The report on B7 of the plain loss: it was silently the gradient of something else."""
    z, v = pair(torch.float32, 6, 5)
    parts = {
        "student": z * 1,
        "teacher": v,
        "labels": torch.arange(6) % 5,
        "probabilities": torch.full((6, 5), 0.2),
        "mask": torch.ones(6, dtype=torch.bool),
    }
    hard = parts["probabilities" if changed == "probabilities" else "labels"]
    loss = distillation(parts["student"], v, 2.0, hard_target=hard, mask=parts["mask"], reduction=reduction).sum()
    with torch.no_grad():
        parts[changed].fill_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_teacher_made_in_inference_mode() -> None:
    z, v = pair(torch.float32, 6, 5)
    with torch.inference_mode():
        made = v * 1
    for ours in (
        distillation(z, made, 2.0),
        distillation(z, ow.soft(torch.softmax(v / 2, 1)), 2.0, mask=torch.ones(6).bool()),
    ):
        torch.testing.assert_close(torch.autograd.grad(ours, z), torch.autograd.grad(distillation(z, v, 2.0), z))
    with torch.inference_mode():
        assert distillation(made, made, 2.0).item() == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_several_backward_passes(dtype: torch.dtype, reduction: Any) -> None:
    z, v = pair(dtype, 6, 50)
    loss = distillation(z, v, 2.0, reduction=reduction)
    upstreams = [torch.full_like(loss, 3.0), torch.linspace(-1, 2, 6).reshape(loss.shape) if loss.ndim else loss * 0]
    wanted = [torch.autograd.grad(distillation(z, v, 2.0, reduction=reduction), z, u)[0] for u in upstreams]
    first = torch.autograd.grad(loss, z, upstreams[0], retain_graph=True)[0]
    kept = first.clone()
    second = torch.autograd.grad(loss, z, upstreams[1], retain_graph=True)[0]
    assert torch.equal(first, kept)
    torch.testing.assert_close([first, second], wanted)


def test_batched_gradients_and_jacobians() -> None:
    """pytorch#49562, pypose#122, backpack#69."""
    z, v = pair(DOUBLE, 3, 5)
    loss = distillation(z, v, 2.0, reduction="none")
    (batched,) = torch.autograd.grad(loss, z, torch.eye(3, dtype=DOUBLE), is_grads_batched=True)
    by_row = lambda z: distillation(z, v, 2.0, reduction="none")  # noqa: E731
    jacobian = torch.autograd.functional.jacobian(by_row, z.detach())
    torch.testing.assert_close(batched, jacobian)
    vectorized = torch.autograd.functional.jacobian(by_row, z.detach(), vectorize=True)
    torch.testing.assert_close(vectorized, jacobian)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's own, in forward mode
@pytest.mark.parametrize("divergence", ["kl", "reverse_kl", "js"])
def test_second_derivatives_and_transforms(divergence: Any) -> None:
    z, v = pair(DOUBLE, 3, 5)
    y = torch.tensor([0, 1, 2])
    loss = lambda z: distillation(z, v, 2.0, hard_target=y, divergence=divergence)  # noqa: E731
    assert torch.autograd.gradgradcheck(loss, z)
    (gradient,) = torch.autograd.grad(loss(z), z)
    torch.testing.assert_close(torch.func.grad(loss)(z.detach()), gradient)
    _, tangent = torch.func.jvp(loss, (z.detach(),), (v,))
    torch.testing.assert_close(tangent, (gradient * v).sum())
    one = lambda z, v: distillation(z[None], v[None], 2.0, divergence=divergence)  # noqa: E731
    rows = torch.func.vmap(torch.func.grad(one))(z.detach(), v)
    kind: Any = {"divergence": divergence, "reduction": "sum"}
    torch.testing.assert_close(rows, torch.autograd.grad(distillation(z, v, 2.0, **kind), z)[0])


def test_labels_that_require_a_gradient_get_one_and_the_teacher_none() -> None:
    z, v = pair(DOUBLE, 3, 5)
    q = torch.softmax(v, 1).requires_grad_()
    loss = distillation(z, v.requires_grad_(), 2.0, hard_target=q)
    wanted = torch.nn.functional.cross_entropy(z, q) / 2
    torch.testing.assert_close(torch.autograd.grad(loss, q, retain_graph=True), torch.autograd.grad(wanted, q))
    loss.backward()
    assert v.grad is None
    soft = distillation(z, ow.soft(q), 2.0)
    assert torch.autograd.grad(soft, q, allow_unused=True) == (None,)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.parametrize("divergence", ["kl", "cross_entropy", "js"])
@pytest.mark.parametrize("kind", ["logits", "target"])
def test_compiled_in_one_graph(divergence: Any, kind: str) -> None:
    z, v = pair(DOUBLE, 6, 5)
    mask = torch.arange(6) != 2

    def loss(z: Tensor, v: Tensor) -> Tensor:
        teacher = v if kind == "logits" else ow.soft(torch.softmax(v / 2, 1))
        return distillation(z, teacher, 2.0, hard_target=torch.arange(6) % 5, mask=mask, divergence=divergence)

    torch.compiler.reset()
    compiled = torch.compile(loss, backend="aot_eager", fullgraph=True)(z, v)
    torch.testing.assert_close(compiled, loss(z, v))
    torch.testing.assert_close(torch.autograd.grad(compiled, z), torch.autograd.grad(loss(z, v), z))


def test_checkpoints_and_offloading_see_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    z, v = pair(torch.float32, 6, 5)
    kept: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.append(x) or len(kept) - 1, lambda i: kept[i]):
        loss = distillation(z, v, 2.0)
    assert sum(x.numel() for x in kept) >= 3 * z.numel()  # z, v and the gradient
    torch.testing.assert_close(torch.autograd.grad(loss, z), torch.autograd.grad(distillation(z, v, 2.0), z))
    run = torch.utils.checkpoint.checkpoint(lambda z: distillation(2 * z, v, 2.0), z, use_reentrant=False)
    torch.testing.assert_close(torch.autograd.grad(run, z), torch.autograd.grad(distillation(2 * z, v, 2.0), z))
    monkeypatch.setattr(autograd, "_ROUNDED", 7)
    half, w = pair(torch.float16, 6, 5)
    wanted = exact_gradient(half, w, 2.0, None, 1.0)
    torch.testing.assert_close(
        torch.autograd.grad(distillation(half, w, 2.0), half)[0].double(), wanted, rtol=1e-3, atol=1e-7
    )

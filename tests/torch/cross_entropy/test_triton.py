"""The reductions around the Triton kernel, with the definition in its place; the kernel itself: tests/kernels/triton.

So these run where there is no GPU and no Triton.
"""

from typing import Any

import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm import definition
from onewarm.kernels.triton import rows as triton_rows
from onewarm.loss_options import LossOptions
from onewarm.torch import cross_entropy, device
from onewarm.torch.cross_entropy import triton

OPTIONS = [
    LossOptions(),
    LossOptions("sum", z_loss=0.01),
    LossOptions("none"),
    LossOptions("mean", "mass"),
    LossOptions("mean", 7.0),
]
IDS = ["mean", "sum", "none", "mass", "number"]


def problem() -> tuple[Tensor, ow.SoftTarget]:
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(6, 5, generator=generator)
    y = torch.tensor([0, 4, -100, 2, 1, 3])
    target = ow.smooth(ow.one_hot(y, 5), 0.2).scale(torch.linspace(0.5, 2, 6))
    return z, target


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The definition instead of Triton's kernel; the options of its calls."""
    calls: list[dict[str, Any]] = []

    def row_losses(logits: Tensor, *parts: Any, row_scale: Any = None, z_loss: float = 0.0, **rest: Any) -> Any:
        calls.append({"z_loss": z_loss, **rest})
        names = ("index", "weight", "table", "table_index", "table_weight")
        target = ow.SoftTarget(**dict(zip(names, parts, strict=True)), num_classes=logits.shape[1])
        loss, gradient = definition.loss_and_gradient(logits, target, LossOptions("none", z_loss=z_loss))
        scale = torch.as_tensor(1.0 if row_scale is None else row_scale).reshape(-1, 1)
        return loss, (gradient * scale).to(logits.dtype) if rest.get("gradient", True) else None

    monkeypatch.setattr(triton_rows, "row_losses", row_losses)
    return calls


@pytest.mark.parametrize("options", OPTIONS, ids=IDS)
def test_reductions(options: LossOptions, kernel: list[dict[str, Any]]) -> None:
    z, target = problem()
    loss, gradient = triton.loss_and_gradient(z, target, options, gradient=True)
    wanted, slope = definition.loss_and_gradient(z.double(), target, options)
    torch.testing.assert_close(loss.double(), wanted, rtol=1e-5, atol=1e-6)
    assert gradient is not None and loss.dtype == torch.float32
    torch.testing.assert_close(gradient.double(), slope, rtol=1e-5, atol=1e-6)
    assert kernel == [{"z_loss": options.z_loss, "gradient": True, "out": None, "move_mass": True, "check": True}]


def test_each_row_may_have_a_factor_of_its_own(kernel: list[dict[str, Any]]) -> None:
    z, target = problem()
    above = torch.linspace(-1, 2, 6)
    _, gradient = triton.loss_and_gradient(z, target, LossOptions("none"), gradient=True, row_scale=above)
    _, slope = definition.loss_and_gradient(z.double(), target, LossOptions("none"))
    torch.testing.assert_close(gradient, (slope * above[:, None]).float(), rtol=1e-5, atol=1e-6)
    loss, nothing = triton.loss_and_gradient(z, target, LossOptions(move_mass=False), gradient=False)
    assert nothing is None and kernel[-1]["gradient"] is False and kernel[-1]["move_mass"] is False
    assert loss.item() == pytest.approx(definition.cross_entropy(z.double(), target).item(), rel=1e-5)


@pytest.mark.parametrize("options", OPTIONS, ids=IDS)
def test_the_loss_goes_this_way_on_a_gpu(
    options: LossOptions, kernel: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    z, target = problem()
    leaf, wide = z.clone().requires_grad_(), z.double().requires_grad_()
    arguments: dict[str, Any] = dict(zip(("reduction", "normalizer", "z_loss"), options[:3], strict=True))
    monkeypatch.setattr(device, "kernel_of", lambda logits: "triton")
    ours = cross_entropy(leaf, target, **arguments)
    above = torch.linspace(-1, 2, ours.numel()).reshape(ours.shape)
    ours.backward(above)
    wanted = definition.cross_entropy(wide, target, **arguments)
    wanted.backward(above.double())
    torch.testing.assert_close(ours.double(), wanted.detach(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(leaf.grad, wide.grad.float() if wide.grad is not None else None, rtol=1e-5, atol=1e-6)
    assert [call["gradient"] for call in kernel] == [False, True]


def test_the_operators_have_a_kernel_for_gpus() -> None:
    assert device.KERNELS["triton"].device_type == "cuda"
    for operator in (torch.ops.onewarm.soft_cross_entropy, torch.ops.onewarm.soft_cross_entropy_backward):
        assert torch._C._dispatch_has_kernel_for_dispatch_key(operator.default.name(), "CUDA")

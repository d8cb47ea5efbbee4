"""Which kernel takes a call, what refuses one, and that PyTorch's private names may be missing."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.autograd import forward_ad

import onewarm as ow
from onewarm.torch import CrossEntropyLoss, cross_entropy, device

Z = torch.tensor([[3.0, 1.0, -0.5, -1.0], [0.0, 2.0, 0.0, 0.0]])
Y = torch.tensor([0, 1])
WANTED = torch.nn.functional.cross_entropy(Z.double(), Y, label_smoothing=0.1).item()
PRIVATE = {
    "_is_tracing": torch._C,
    "_are_functorch_transforms_active": torch._C,
    "_functorch": torch._C,
    "_current_level": forward_ad,
    "_reduction": torch.nn,
}


def target() -> ow.SoftTarget:
    return ow.smooth(Y, 0.1, num_classes=4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_cpu_kernel_takes_real_logits_of_every_width(dtype: torch.dtype) -> None:
    assert device.kernel_of(Z.to(dtype)) == "cpu"
    assert device.kernel_for(Z.clone().to(dtype).requires_grad_(), target()) == "cpu"
    assert device.kernel_for(torch.nn.Parameter(Z.clone().to(dtype)), Y, torch.tensor(2.0)) == "cpu"


def test_no_kernel_for_other_devices_and_dtypes() -> None:
    assert device.kernel_of(Z.to("meta")) == device.kernel_of(Z.long()) == ""
    assert not device.on_cpu(Z.to("meta")) and device.on_cpu(Z)


def test_a_kernel_that_is_not_installed_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = device.Kernel("cpu", (torch.float32,), installed=False)
    monkeypatch.setitem(device.KERNELS, "cpu", kernel)
    assert device.kernel_of(Z) == ""
    monkeypatch.setitem(device.KERNELS, "cpu", kernel._replace(installed=True))
    assert device.kernel_of(Z) == "cpu" and device.kernel_of(Z.double()) == ""
    assert cross_entropy(Z.double(), target()).item() == pytest.approx(WANTED, rel=1e-12)  # by the definition


class Subclass(Tensor):
    """What it computes is its own affair."""


REFUSED: dict[str, Any] = {
    "a subclass": lambda: (Z.as_subclass(Subclass), Y),
    "a target that requires a gradient": lambda: (Z, target().replace(weight=torch.ones(2, 1, requires_grad=True))),
    "a table that requires a gradient": lambda: (Z, ow.soft(torch.softmax(Z, 1).requires_grad_())),
    "a normalizer that requires a gradient": lambda: (Z, Y, torch.tensor(2.0, requires_grad=True)),
    "a target on another device": lambda: (Z, Y.to("meta")),
    "a normalizer on another device": lambda: (Z, Y, torch.tensor(2.0, device="meta")),
    "a NumPy target": lambda: (Z, Y.numpy()),
    "a z-loss that is a tensor": lambda: (Z, Y, "rows", torch.tensor(0.1)),
    "sparse logits": lambda: (Z.to_sparse(), Y),
    "a sparse target": lambda: (Z, torch.softmax(Z, 1).to_sparse()),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_kernel_takes(case: str) -> None:
    assert device.kernel_for(*REFUSED[case]()) == ""


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*Trac.*")
def test_transforms_and_traces_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """By PyTorch's private functions, and without them."""

    def states() -> list[bool]:
        seen: list[bool] = []

        def look(x: Tensor) -> Tensor:
            seen.append(device.transformed(x))
            return (x * x).sum()

        look(Z)
        torch.func.grad(look)(Z)
        torch.vmap(look)(Z)
        with forward_ad.dual_level():
            look(forward_ad.make_dual(Z, Z))

        def trace(x: Tensor) -> Tensor:
            seen.append(device.traced(x))
            return x * 2

        torch.jit.trace(trace, Z, check_trace=False)
        seen.append(device.traced(Z))
        return seen

    expected = [False, True, True, True, True, False]
    assert states() == expected
    for name in ("_are_functorch_transforms_active", "_is_tracing"):
        monkeypatch.setattr(device, "torch", _Changed(torch, _C=_Changed(torch._C, **{name: None})))
        assert states() == expected
    monkeypatch.undo()
    monkeypatch.setattr(device, "forward_ad", _Changed(forward_ad, _current_level=None))  # as if it had another name
    assert states() == expected


class _Changed:
    """A module with other attributes; None for one that is missing."""

    def __init__(self, module: Any, **changes: Any) -> None:
        self.module, self.changes = module, changes

    def __getattr__(self, name: str) -> Any:
        value = self.changes[name] if name in self.changes else getattr(self.module, name)
        if value is None:
            raise AttributeError(name)
        return value


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_name_of_pytorch_may_be_missing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(PRIVATE[name], name)
    losses = [cross_entropy(Z, target()), ow.cross_entropy(Z, target()), CrossEntropyLoss(label_smoothing=0.1)(Z, Y)]
    losses.append(ow.cross_entropy(Z.double(), target(), z_loss=torch.tensor(0.0, requires_grad=True)))  # definition
    if name != "_are_functorch_transforms_active":  # which PyTorch's own autograd.Function needs
        losses.append(cross_entropy(Z.clone().requires_grad_(), target()))
    assert all(math.isclose(loss.item(), WANTED, rel_tol=1e-6) for loss in losses)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_operators_are_for_graphs() -> None:
    seen: list[bool] = []

    def loss(z: Tensor) -> Tensor:
        seen.append(device.operator_for(z))
        return z * 2

    torch._dynamo.reset()
    torch.compile(loss, backend="eager")(Z)
    assert seen == [True] and not device.operator_for(Z)

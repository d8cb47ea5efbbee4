"""Which way a call takes: checked against the way that it took."""

from typing import Any

import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm.torch import cross_entropy, explain
from onewarm.torch.cross_entropy import autograd, functional

Z, Y = torch.tensor([[3.0, 1.0, -0.5], [0.0, 2.0, 0.0]]), torch.tensor([0, 1])


class Subclass(Tensor):
    """What it computes is its own affair."""


CASES: dict[str, tuple[Any, Any, dict[str, Any], str]] = {
    "labels": (Z, Y, {}, "kernel (cpu): torch.float32 on cpu"),
    "float16": (Z.half().requires_grad_(), ow.smooth(Y, 0.1, num_classes=3), {}, "kernel (cpu): torch.float16 on cpu"),
    "images": (Z.T[None, :, :, None], Y[None, :, None], {"axis": 1}, "kernel (cpu): torch.float32 on cpu"),
    "a teacher that learns": (
        Z,
        ow.soft(torch.softmax(Z, 1).requires_grad_()),
        {},
        "definition: the target requires a gradient",
    ),
    "a subclass": (
        Z.as_subclass(Subclass),
        Y,
        {},
        "definition: the logits are a Subclass, which may have operations of its own",
    ),
    "a z-loss that learns": (Z, Y, {"z_loss": torch.tensor(0.1, requires_grad=True)}, "definition: z_loss is a tensor"),
    "a normalizer that learns": (
        Z,
        Y,
        {"normalizer": torch.tensor(2.0, requires_grad=True)},
        "definition: the normalizer requires a gradient",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_way_that_is_taken(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    logits, target, options, said = CASES[case]
    taken: list[str] = []
    for module, name, way in ((autograd, "run", "kernel"), (functional, "run", "kernel")):
        original = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *a, original=original, way=way, **k: (taken.append(way), original(*a, **k))[1]
        )
    original = functional.defined
    monkeypatch.setattr(functional, "defined", lambda *a: (taken.append("definition"), original(*a))[1])
    way = explain(logits, target, **options)
    cross_entropy(logits, target, **options)
    assert str(way) == said and taken == [way.way]


def test_other_devices_transforms_and_graphs() -> None:
    assert str(explain(Z.to("meta"), Y.to("meta"))) == "definition: no kernel is installed for torch.float32 on meta"
    seen: list[str] = []

    def loss(z: Tensor) -> Tensor:
        seen.append(explain(z, Y).why)
        return (z * z).sum()

    torch.func.grad(loss)(Z)
    assert seen == ["a transform of torch.func or forward mode differentiates the call"]
    torch._dynamo.reset()
    ways: list[Any] = []
    compiled = torch.compile(lambda z: (ways.append(tuple(explain(z, Y))), z * 2)[1], backend="eager", fullgraph=True)
    compiled(Z)
    assert ways == [("operator", "cpu", "the call is being compiled")]


def test_what_the_loss_refuses_is_refused() -> None:
    with pytest.raises(ValueError, match="normalizer is 'row'"):
        explain(Z, Y, normalizer="row")
    with pytest.raises(ValueError, match="target has shape"):
        explain(Z[None], Y)


def test_the_cpu_kernel_s_definition_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEWARM_KERNEL", "definition")
    wanted = "kernel (cpu): torch.float32 on cpu, by its definition in NumPy. ONEWARM_KERNEL is 'definition'."
    assert str(explain(torch.zeros(1, 2), torch.tensor([0]))) == wanted

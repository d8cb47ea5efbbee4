"""That a step on a GPU never reads a value, which would wait for it: watched without a GPU, and without Triton.

On a GPU PyTorch itself watches: tests/kernels/triton/test_rows.py, benchmarks/gpu.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

import onewarm as ow
from onewarm.checks import arrays
from onewarm.kernels.triton import rows as triton_rows
from onewarm.torch import CrossEntropyLoss, cross_entropy, cross_entropy_with_gradient, device
from onewarm.torch.cross_entropy import autograd, functional

K = 7


class Watch(TorchDispatchMode):
    """Refuses every operation that would wait for a GPU to read a value."""

    READS = ("_local_scalar_dense", "nonzero", "equal", "is_nonzero", "item", "masked_select", "unique")

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), options: Any = None) -> Any:
        name = function.overloadpacket.__name__
        if name in self.READS:
            raise RuntimeError(f"{name} reads a value")
        return function(*arguments, **(options or {}))


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tensors take the way of those on a GPU; the launches of Triton's kernel, which computes nothing, are listed."""
    launches: list[str] = []

    class Kernel:
        def __getitem__(self, grid: Any) -> Callable[..., None]:
            return lambda *arguments, **options: launches.append("gradient" if options["GRADIENT"] else "loss")

    monkeypatch.setattr(device, "kernel_of", lambda logits: "triton" if logits.dtype in triton_rows.DTYPES else "")
    monkeypatch.setattr(triton_rows, "interpreted", lambda: True)
    monkeypatch.setattr(triton_rows, "_kernel", Kernel)
    monkeypatch.setattr(arrays, "visible", lambda array: not isinstance(array, Tensor))
    for module in (functional, autograd):
        monkeypatch.setattr(module, "on_cpu", lambda tensor: False)
    return launches


STEPS: dict[str, Callable[[Tensor, Tensor], tuple[Any, dict[str, Any]]]] = {
    "labels": lambda z, y: (y, {}),
    "smoothed": lambda z, y: (ow.smooth(y, 0.1, num_classes=K), {"z_loss": 0.01, "reduction": "sum"}),
    "an alpha on the GPU": lambda z, y: (ow.smooth(y, torch.full((), 0.1), num_classes=K), {}),
    "probabilities": lambda z, y: (torch.softmax(z.detach().float(), 1), {}),
    "mixed": lambda z, y: (ow.mix(ow.smooth(y, 0.1, num_classes=K), ow.smooth(y.flip(0), 0.2, num_classes=K), 0.3), {}),
    "votes": lambda z, y: (ow.top_k(y[:, None], torch.ones(5, 1), num_classes=K), {}),
    "by mass": lambda z, y: (ow.one_hot(y, K).scale(torch.ones(5)), {"normalizer": "mass"}),
    "by row": lambda z, y: (y, {"reduction": "none"}),
}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_reads_no_value(step: str, dtype: torch.dtype, gpu: list[str]) -> None:
    """float64 has no kernel there: the definition takes it."""
    z, y, up = torch.zeros(5, K, dtype=dtype, requires_grad=True), torch.zeros(5, dtype=torch.int64), torch.ones(())
    with Watch():
        target, options = STEPS[step](z, y)
        (cross_entropy(z, target, **options).sum() * up).backward()
        cross_entropy_with_gradient(z.detach(), target, **options)
    assert gpu == ([] if dtype == torch.float64 else ["loss", "gradient", "gradient"])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("semantics", ["torch", "onewarm"])
def test_a_step_of_the_module_reads_no_value(semantics: Any, dtype: torch.dtype, gpu: list[str]) -> None:
    z, y, up = torch.zeros(5, K, dtype=dtype, requires_grad=True), torch.zeros(5, dtype=torch.int64), torch.ones(())
    weight = torch.ones(K)
    for options in ({}, {"weight": weight}, {"label_smoothing": 0.1}, {"weight": weight, "label_smoothing": 0.1}):
        gpu.clear()
        with Watch():
            (CrossEntropyLoss(**options, semantics=semantics)(z, y) * up).backward()
        assert gpu == ["loss", "gradient"]


def test_the_watch_does_notice(gpu: list[str]) -> None:
    z, y = torch.zeros(5, K), torch.zeros(5, dtype=torch.int64)
    with Watch(), pytest.raises(RuntimeError, match="reads a value"):
        z.sum().item()
    assert cross_entropy(z, y, check=True).ndim == 0 and gpu == ["loss"]

"""Traces and ONNX files of a model that holds the module: right values after loading them, for other batches too."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from onewarm.torch import CrossEntropyLoss, nn_cross_entropy
from onewarm.torch.cross_entropy.graph import loss_in_graph

C = 5
OPTIONS: list[dict[str, Any]] = [
    {},
    {"label_smoothing": 0.1},
    {"weight": torch.linspace(0, 2, C), "label_smoothing": 0.2, "ignore_index": 2},
    {"weight": torch.linspace(0.5, 2, C), "reduction": "none", "z_loss": 0.01, "label_smoothing": 0.1},
    {"reduction": "sum", "z_loss": 0.01, "ignore_index": -1},
    {"normalizer": 7, "label_smoothing": torch.tensor(0.3)},
    {"normalizer": "mass", "weight": torch.linspace(0.5, 2, C), "label_smoothing": 0.1},
    {"normalizer": "rows", "weight": torch.linspace(0.5, 2, C), "label_smoothing": 0.1, "ignore_index": 2},
]
# PyTorch deprecates TorchScript and ONNX' first exporter, and warns about its own code.
quiet = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


class Model(nn.Module):
    """A layer over the channels, and the loss on top of it."""

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(6, C)
        self.loss = loss

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        value: Tensor = self.loss(self.layer(x).movedim(-1, 1), y)
        return value


def made(*shape: int, probabilities: bool = False) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(*shape, 6, generator=generator)
    if probabilities:
        return x, torch.softmax(torch.randn(shape[0], C, *shape[1:], generator=generator), 1)
    return x, torch.randint(0, C, shape, generator=generator)


@pytest.mark.parametrize("semantics", ["torch", "onewarm"])
@pytest.mark.parametrize("probabilities", [False, True])
@pytest.mark.parametrize("options", OPTIONS)
def test_is_the_loss_of_the_module(options: dict[str, Any], probabilities: bool, semantics: Any) -> None:
    """Against the kernel, masks included: value and gradient."""
    if probabilities and options.get("ignore_index", -1) >= 0:
        options = {**options, "ignore_index": -100}
    for shape in ((C,), (8, C), (3, C, 4)):
        generator = torch.Generator().manual_seed(1)
        z = torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()
        target = torch.softmax(
            torch.randn(shape, generator=generator, dtype=torch.float64), 0 if len(shape) == 1 else 1
        )
        axis = 0 if len(shape) == 1 else 1
        target = target if probabilities else target.argmax(axis)
        masked = torch.zeros(shape).index_fill(axis, torch.tensor([3]), -torch.inf if semantics == "onewarm" else 0)
        if not probabilities and len(shape) > 1:
            target[0] = options.get("ignore_index", -100)
        if not probabilities:
            target = torch.where(target == 3, 0, target)
        x = z + masked
        ours = nn_cross_entropy(x, target, semantics=semantics, **options)
        weight, z_loss = options.get("weight"), options.get("z_loss", 0.0)
        plain = loss_in_graph(
            *(x, target, weight, options.get("ignore_index", -100), options.get("reduction", "mean")),
            *(options.get("label_smoothing", 0.0), semantics == "onewarm", options.get("normalizer"), z_loss),
        )
        torch.testing.assert_close(plain, ours, rtol=1e-6, atol=1e-9, equal_nan=True)
        above = torch.linspace(-1, 2, ours.numel(), dtype=torch.float64).reshape(ours.shape)
        slope, wanted = torch.autograd.grad(plain, z, above)[0], torch.autograd.grad(ours, z, above)[0]
        torch.testing.assert_close(slope, wanted, rtol=1e-6, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("semantics", ["torch", "onewarm"])
def test_every_row_ignored(semantics: Any) -> None:
    z = torch.zeros(2, C)
    value = loss_in_graph(z, torch.full((2,), -100), None, -100, "mean", 0.0, semantics == "onewarm", None, 0.0)
    assert value.isnan() if semantics == "torch" else value == 0


@quiet
@pytest.mark.parametrize("semantics", ["torch", "onewarm"])
@pytest.mark.parametrize("options", OPTIONS)
def test_torch_jit_trace_pytorch_33767(options: dict[str, Any], semantics: Any) -> None:
    """pytorch#33767: the trace, saved and loaded, on a batch of another size, half precision and probabilities."""
    model = Model(CrossEntropyLoss(semantics=semantics, **options))
    for probabilities in (False, True):
        if probabilities and options.get("ignore_index", -1) >= 0:
            continue
        for shape, other in (((4,), (9,)), ((2, 3), (3, 5))):
            kept = io.BytesIO()
            torch.jit.save(torch.jit.trace(model, made(*shape, probabilities=probabilities)), kept)  # type: ignore[no-untyped-call]
            kept.seek(0)
            loaded = torch.jit.load(kept)  # type: ignore[no-untyped-call]
            x, y = made(*other, probabilities=probabilities)
            if not probabilities and "ignore_index" in options:
                y.view(-1)[0] = options["ignore_index"]
            torch.testing.assert_close(loaded(x, y), model(x, y))
    half = torch.jit.trace(nn_cross_entropy, (torch.randn(4, C).half(), torch.tensor([0, 1, 2, 3])))
    z = torch.randn(6, C).half()
    y = torch.tensor([0, 1, 2, 3, 4, -100])
    torch.testing.assert_close(half(z, y), nn_cross_entropy(z, y))


@quiet
@pytest.mark.parametrize(
    "dynamo", [False, pytest.param(True, marks=pytest.mark.long)], ids=["first exporter", "torch.export"]
)
@pytest.mark.parametrize("semantics", ["torch", "onewarm"])
def test_onnx_onnxscript_1261(tmp_path: Path, semantics: Any, dynamo: bool) -> None:
    """onnxscript#1261: the file's values, by ONNX' own reference, and no operator of ours in it."""
    onnx = pytest.importorskip("onnx", reason="pip install onnx onnxscript")
    reference = pytest.importorskip("onnx.reference")
    if dynamo:
        pytest.importorskip("onnxscript")
    for at, options in enumerate(OPTIONS):
        if isinstance(options.get("label_smoothing"), Tensor):
            continue  # a tensor's value becomes a constant
        model = Model(CrossEntropyLoss(semantics=semantics, **options)).eval()
        file = tmp_path / f"{at}.onnx"
        names: dict[str, Any] = {"input_names": ["x", "y"], "output_names": ["loss"]}
        if dynamo:
            batch = torch.export.Dim("batch", min=2)
            names |= {"dynamic_shapes": {"x": {0: batch}, "y": {0: batch}}, "verbose": False}
        else:
            names |= {"dynamic_axes": {"x": {0: "batch"}, "y": {0: "batch"}}, "opset_version": 17}
        torch.onnx.export(model, made(4), file, dynamo=dynamo, **names)
        assert {node.domain for node in onnx.load(file).graph.node} == {""}
        x, y = made(9)
        y[2] = options.get("ignore_index", -100)
        (loss,) = reference.ReferenceEvaluator(str(file)).run(None, {"x": x.numpy(), "y": y.numpy()})
        torch.testing.assert_close(torch.as_tensor(loss), model(x, y).detach(), rtol=1e-5, atol=1e-6)


@quiet
def test_torch_jit_script_says_what_to_do() -> None:
    """TorchScript compiles no module with keyword-only options: the error is its own, at once, and tracing works."""
    with pytest.raises(torch.jit.frontend.NotSupportedError, match="keyword-only arguments"):
        torch.jit.script(Model(CrossEntropyLoss()))

"""``torch.fx`` records the drop-in as one call, wherever its name came from; the graph gives the loss of the model.

Annotations are not postponed here: ``torch.fx`` cannot save a graph of a ``forward`` whose annotations are strings.
"""

import copy
import io
from typing import Any

import pytest
import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

import onewarm as ow
from onewarm.torch import CrossEntropyLoss, nn_cross_entropy
from onewarm.torch.interop.symbolic import one_call_in_fx


class Model(nn.Module):
    """A linear layer, and the loss on top of it."""

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 5)
        self.loss = loss

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        value: Tensor = self.loss(self.layer(x), y)
        return value


def made(n: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(n)
    return torch.randn(n, 6, generator=generator), torch.randint(0, 5, (n,), generator=generator)


@pytest.mark.parametrize("options", [{}, {"weight": torch.arange(1.0, 6), "label_smoothing": 0.1, "ignore_index": 2}])
def test_a_model_that_holds_the_module_pytorch_33767(options: dict[str, Any]) -> None:
    """pytorch#33767: a model with its loss inside, traced symbolically: values and gradients for other batches."""
    model = Model(CrossEntropyLoss(**options))
    graph = fx.symbolic_trace(model)
    assert [node.op for node in graph.graph.nodes].count("call_function") == 1
    kept = io.BytesIO()
    torch.save(graph, kept)
    kept.seek(0)
    for traced in (graph, copy.deepcopy(graph), torch.load(kept, weights_only=False)):
        for n in (3, 8):
            x, y = made(n)
            wanted = F.cross_entropy(model.layer(x), y, **options)
            loss = traced(x, y)
            torch.testing.assert_close(loss, wanted)
            loss.backward()
            (slope,) = torch.autograd.grad(wanted, model.layer.weight)
            torch.testing.assert_close(traced.layer.weight.grad, slope)
            traced.zero_grad()


def test_a_soft_target_goes_through_the_graph() -> None:
    model = Model(CrossEntropyLoss(reduction="sum"))
    x, y = made(4)
    target: Any = ow.smooth(y, 0.1, num_classes=5)
    torch.testing.assert_close(fx.symbolic_trace(model)(x, target), model(x, target))


def test_the_function_and_its_keywords() -> None:
    def step(x: Tensor, y: Tensor) -> Tensor:
        return nn_cross_entropy(target=y, input=2 * x, label_smoothing=0.1) + 1

    x, y = torch.randn(4, 5), torch.tensor([0, 1, 2, 3])
    torch.testing.assert_close(fx.symbolic_trace(step)(x, y), step(x, y))


def test_what_is_no_proxy_is_called() -> None:
    calls = []

    @one_call_in_fx
    def double(x: Any) -> Any:
        """Twice."""
        calls.append(x)
        return 2 * x

    assert double(3) == 6 and double.__doc__ == "Twice." and calls == [3]
    graph = fx.symbolic_trace(lambda x: double(double(x)))
    assert calls == [3] and graph(5) == 20 and calls == [3, 5, 10]

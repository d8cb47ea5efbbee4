"""Passes for devices other than the CPU, on the CPU: nothing is read back, and no float64 where a device has none."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

import onewarm as ow
from onewarm import definition
from onewarm.loss_options import LossOptions
from onewarm.torch.linear import autograd, chunks, terms
from onewarm.torch.linear.autograd import checked_layer, checked_target, reduced_loss, row_factor
from onewarm.torch.linear.chunks import RowStats
from onewarm.torch.linear.terms import Term

N, D, V = 60, 6, 40
READ = ("_local_scalar_dense", "nonzero", "is_nonzero", "unique", "_unique2", "item", "equal", "masked_select")


class Watched(TorchDispatchMode):
    """Fails on operations that would wait for a GPU, and notes the dtypes of results."""

    def __init__(self) -> None:
        super().__init__()
        self.dtypes: set[torch.dtype] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        assert func.overloadpacket.__name__ not in READ, f"{func} waits for the device"
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, (tuple, list)) else [result]:
            if isinstance(tensor, Tensor):
                self.dtypes.add(tensor.dtype)
        return result


def rows_on_a_gpu(z: Tensor, *parts: Any, row_scale: Tensor, out: Any, check: bool, **options: Any) -> Any:
    """What the Triton kernel computes without reading anything back."""
    assert not check
    index, weight, table, table_index, table_weight = parts
    target = weight.new_zeros(z.shape, dtype=z.dtype).scatter_add_(1, index, weight.to(z.dtype))
    if table is not None:
        for j in range(table_index.shape[1]):
            target += table[table_index[:, j]].to(z.dtype) * table_weight[:, j, None].to(z.dtype)
    mass, lse = target.sum(1), torch.logsumexp(z, 1)
    losses = mass * lse - (target * z).sum(1) + options["z_loss"] * mass * lse**2
    if out is not None:
        factor = mass * (1 + 2 * options["z_loss"] * lse)
        out.copy_(row_scale[:, None].to(z.dtype) * (factor[:, None] * torch.softmax(z, 1) - target))
    return losses, out


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU taken for a GPU."""
    for module in (chunks, autograd):
        monkeypatch.setattr(module, "on_cpu", lambda tensor: False)
    monkeypatch.setattr(terms, "kernel_of", lambda z: "triton")
    monkeypatch.setattr(terms.cuda, "row_losses", rows_on_a_gpu)
    monkeypatch.setattr(chunks, "_SMALL", 16 * V)


def made(bias: bool) -> tuple[list[Tensor | None], ow.SoftTarget]:
    g = torch.Generator().manual_seed(0)
    x, w, b = (torch.randn(*size, generator=g).requires_grad_() for size in ((N, D), (V, D), (V,)))
    labels = torch.randint(0, V, (N,), generator=g)
    labels[3] = labels[50] = -100
    with torch.no_grad():
        x[3] = torch.nan  # not read
    return [x, w, b if bias else None], ow.smooth(ow.one_hot(labels, V), 0.1)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "none"])
@pytest.mark.parametrize("without_float64", [False, True])
def test_a_step_reads_nothing_back(
    bias: bool, reduction: Any, without_float64: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``without_float64``: as on Apple's MPS."""
    parts, target = made(bias)
    if without_float64:
        for module in (chunks, autograd, terms):
            monkeypatch.setattr(module, "sum_dtype", lambda device: torch.float32)
        weights = target.weight.float(), target.table_weight.float(), target.table.float()
        target = ow.SoftTarget(
            index=target.index,
            weight=weights[0],
            table=weights[2],
            table_index=target.table_index,
            table_weight=weights[1],
            num_classes=V,
        )
    layer, shape = checked_layer(*parts)  # type: ignore[arg-type]
    options = LossOptions(reduction)
    stats = RowStats.empty(N, layer.dtype, layer.hidden.device)
    with Watched() as watched:
        rows = checked_target(target, layer, shape)
        factor = row_factor(rows, options)
        if not isinstance(factor, float):
            factor = factor * 1.0
        loss = reduced_loss(layer, [Term(rows, factor, z_loss=0.01)], reduction, shape, stats=stats)
        leaves = [part for part in parts if part is not None]
        gradients = torch.autograd.grad(loss, leaves, torch.full_like(loss, 3.0))
    assert not (without_float64 and torch.float64 in watched.dtypes)
    wide = [part.detach().double().nan_to_num(0.0).requires_grad_() for part in leaves]
    exact = definition.cross_entropy(torch.nn.functional.linear(*wide), target, reduction=reduction, z_loss=0.01)
    torch.testing.assert_close(loss.double(), exact, rtol=1e-5, atol=1e-5)
    for ours, wanted in zip(gradients, torch.autograd.grad(3.0 * exact.sum(), wide), strict=True):
        torch.testing.assert_close(ours.double(), wanted, rtol=1e-4, atol=1e-5)
    assert torch.equal(
        stats.prediction[target.has_mass()], torch.nn.functional.linear(*wide).argmax(1)[target.has_mass()]
    )


@pytest.mark.usefixtures("elsewhere")
def test_an_index_out_of_range_is_not_followed() -> None:
    """A GPU does not say where it read; a wild index would end the process. The kernel makes such a row NaN."""
    parts, target = made(bias=False)
    index = target.index.clone()
    index[7] = V + 5
    clamped = terms._ClosedFormTable(
        ow.SoftTarget(
            index=index,
            weight=target.weight,
            table=target.table,
            table_index=target.table_index,
            table_weight=target.table_weight,
            num_classes=V,
        ),
        None,
        chunks.Layer(*(part.detach() if part is not None else None for part in parts)).blocks,  # type: ignore[arg-type]
        {"dtype": torch.float32, "device": torch.device("cpu")},
    )
    assert int(clamped.rest.index[7, 0]) == V + 5 and int(clamped.rest.index[7, 1]) == V - 1

"""Sums over shards of the classes, joined by hand, against whole rows in float64."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.distributed as dist
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

import onewarm as ow
from onewarm import definition
from onewarm.loss_options import LossOptions
from onewarm.torch.parallel import row_sums
from onewarm.torch.parallel.layout import Layout
from onewarm.torch.parallel.local_target import local_target

DOUBLE = torch.float64
REDUCE: dict[Any, Callable[[Tensor], Tensor]] = {
    dist.ReduceOp.MAX: lambda tensors: functools.reduce(torch.fmax, tensors),  # a backend's MAX may drop a NaN
    dist.ReduceOp.MIN: lambda tensors: tensors.amin(0),
    dist.ReduceOp.SUM: lambda tensors: tensors.sum(0),
}


class Threads:
    """Ranks as threads of this process: ``all_reduce`` waits for all of them."""

    ReduceOp = dist.ReduceOp

    def __init__(self, ranks: int) -> None:
        self.barrier = threading.Barrier(ranks, timeout=60)
        self.tensors: dict[int, Tensor] = {}

    def all_reduce(self, tensor: Tensor, op: Any = dist.ReduceOp.SUM, *, group: int) -> None:
        self.tensors[group] = tensor.clone()
        self.barrier.wait()
        joined = REDUCE[op](torch.stack([self.tensors[rank] for rank in sorted(self.tensors)]))
        self.barrier.wait()
        tensor.copy_(joined)

    def run(self, function: Callable[[int], Any]) -> list[Any]:
        results: list[Any] = [None] * self.barrier.parties

        def work(rank: int) -> None:
            try:
                results[rank] = function(rank)
            except ValueError as error:
                results[rank] = error

        threads = [threading.Thread(target=work, args=(rank,)) for rank in range(len(results))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results


def on_ranks(
    z: Tensor,
    target: Any,
    widths: list[int],
    z_loss: float = 0.0,
    *,
    block: int = 2**20,
    upstream: Tensor | None = None,
) -> list[Any]:
    """For each rank the joined rows and the gradient of its columns, or its error."""
    starts = [sum(widths[:rank]) for rank in range(len(widths))]

    def work(rank: int) -> Any:
        layout = Layout(rank, starts[rank], widths[rank], z.shape[1], False)  # type: ignore[arg-type]
        shard = z[:, starts[rank] : starts[rank] + widths[rank]]
        local = local_target(target, layout, len(z))
        sums = row_sums.LocalSums(local, len(z))
        for rows in row_sums.blocks(*shard.shape, size=block):
            sums.add(rows, shard[rows].clone())
        joined = sums.join(layout, z_loss, lambda row: shard[row])
        scale = torch.ones(len(z), dtype=DOUBLE) if upstream is None else upstream
        gradient = row_sums.to_gradient_(shard.clone(), slice(None), local, joined, scale, z_loss, True)
        return joined, gradient

    ranks = Threads(len(widths))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_sums, "dist", ranks)
        return ranks.run(work)


@given(st.integers(0, 2**32 - 1))
def test_any_split_of_any_target(seed: int) -> None:
    """Losses and gradients of random targets, masks and widths: those of the definition on whole rows."""
    g = torch.Generator().manual_seed(seed)

    def integer(low: int, high: int) -> int:
        return int(torch.randint(low, high, (), generator=g))

    widths = [integer(0, 6) for _ in range(integer(1, 4))] + [integer(1, 4)]
    n, k, j, t, r = integer(1, 8), sum(widths), integer(0, 4), integer(0, 3), integer(1, 4)
    z = 5 * torch.randn(n, k, generator=g, dtype=DOUBLE) + integer(-50, 50)
    if k > 1:
        masked = torch.rand(n, k, generator=g) < 0.2
        masked[:, integer(0, k)] = False
        z = z.masked_fill(masked, -torch.inf)
    has_mass = torch.rand(n, 1, generator=g) < 0.8
    table = {
        "table": torch.softmax(torch.randn(r, k, generator=g, dtype=DOUBLE), 1),
        "table_index": torch.randint(0, r, (n, t), generator=g),
        "table_weight": torch.rand(n, t, generator=g, dtype=DOUBLE) * has_mass,
    }
    index = torch.randint(0, k, (n, j), generator=g)
    weight = torch.rand(n, j, generator=g, dtype=DOUBLE) * has_mass
    target = ow.SoftTarget(index=index, weight=weight, num_classes=k, **(table if t else {}))
    z_loss = 0.01 * integer(0, 2)
    options: Any = {"reduction": "none", "z_loss": z_loss}
    loss, gradient = definition.cross_entropy_with_gradient(z, target, **options)
    upstream = torch.randn(n, generator=g, dtype=DOUBLE)
    ranks = on_ranks(z, target, widths, z_loss, block=integer(1, 20), upstream=upstream)
    for joined, _ in ranks:
        assert all(torch.equal(a, b) for a, b in zip(joined[:-1], ranks[0][0][:-1], strict=True))
    torch.testing.assert_close(ranks[0][0].loss, loss, rtol=1e-11, atol=1e-11)
    ours = torch.cat([columns for _, columns in ranks], 1)
    finite = loss.isfinite()  # an infinite loss has no gradient
    torch.testing.assert_close(ours[finite], (upstream[:, None] * gradient)[finite], rtol=1e-10, atol=1e-10)


def test_what_is_joined() -> None:
    """One row by hand: z = (0, log 3, -inf), the table row (.25, .25, .5) with weight .8 and label 1 with .2."""
    z = torch.tensor([[0.0, math.log(3), -math.inf]], dtype=DOUBLE)
    prior = torch.tensor([0.25, 0.25, 0.5], dtype=DOUBLE)
    for joined, _ in on_ranks(z, ow.smooth(torch.tensor([1]), 0.8, prior=prior), [1, 2]):
        assert joined.top.item() == math.log(3)
        assert joined.sum_exp.item() == pytest.approx(4 / 3) and joined.logsumexp.item() == pytest.approx(math.log(4))
        assert joined.mass.item() == pytest.approx(1) and joined.any_lost
        assert joined.unmasked_weight.item() == pytest.approx(1.6)  # the masked half of the row moves to the other
        assert joined.masked_weight.item() == 0
        assert joined.loss.item() == pytest.approx(math.log(4) - (0.2 + 0.4) * math.log(3))


def test_a_table_row_on_masked_classes_alone() -> None:
    z = torch.tensor([[0.0, 1.0, -math.inf]], dtype=DOUBLE)
    (joined, _), _ = on_ranks(z, ow.smooth(torch.tensor([1]), 0.8, prior=torch.eye(3)[2].double()), [1, 2])
    assert joined.loss.item() == math.inf and joined.masked_weight.item() == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (
            [0.0, 1.0, math.nan, 0.0],
            "logits[1, 2] is nan: the loss of this row is undefined; look for an overflow or a division by zero before "
            "it",
        ),
        (
            [0.0, 1.0, math.nan, math.inf],
            "logits[1, 2] is nan: the loss of this row is undefined; look for an overflow or a division by zero before "
            "it",
        ),
        (
            [0.0, math.inf, 0.0, math.inf],
            "logits[1, 1] is inf: the loss of this row is undefined; mask a class with -inf; +inf has no softmax",
        ),
        (
            [-math.inf] * 4,
            "logits[1] is -inf in every class: the loss of this row is undefined; leave one class unmasked or ignore "
            "the row",
        ),
    ],
)
def test_a_row_without_a_loss_is_the_same_error_on_every_rank(row: list[float], text: str) -> None:
    z = torch.tensor([[0.0] * 4, row])
    for error in on_ranks(z, torch.tensor([0, 0]), [1, 2, 1]):
        assert isinstance(error, ValueError) and str(error) == text
    for joined, _ in on_ranks(z, torch.tensor([0, -100]), [1, 2, 1]):  # an ignored row is not read
        torch.testing.assert_close(joined.loss, torch.tensor([math.log(4), 0], dtype=DOUBLE))


def test_named_classes_alone_leave_the_table_out() -> None:
    z = torch.randn(4, 5, generator=torch.Generator().manual_seed(0), dtype=DOUBLE)
    target = ow.smooth(torch.arange(4), 0.5, num_classes=5)
    (joined, whole), = on_ranks(z, target, [5])  # fmt: skip
    local = local_target(target, Layout(0, 0, 5, 5, False), 4)  # type: ignore[arg-type]
    ones = torch.ones(4, dtype=DOUBLE)
    named = row_sums.to_gradient_(z.clone(), slice(None), local, joined, ones, 0.0, False)
    torch.testing.assert_close(named - whole, torch.full((4, 5), 0.1, dtype=DOUBLE))


@pytest.mark.parametrize(("rows", "width", "size"), [(0, 3, 9), (5, 3, 9), (5, 3, 1), (4, 0, 8), (7, 2, 2**20)])
def test_blocks_are_all_rows_once(rows: int, width: int, size: int) -> None:
    parts = row_sums.blocks(rows, width, size)
    assert [i for part in parts for i in range(rows)[part]] == list(range(rows))
    assert all((part.stop - part.start) * width <= max(size, width) for part in parts)


def test_dtypes_of_the_arithmetic() -> None:
    wanted = {torch.float16: torch.float32, torch.bfloat16: torch.float32, torch.float32: torch.float32, DOUBLE: DOUBLE}
    assert {dtype: row_sums.accumulator(dtype) for dtype in wanted} == wanted


@pytest.mark.parametrize(
    ("reduction", "normalizer", "loss", "factor"),
    [
        ("none", "rows", [1.0, 2.0, 0.0], 1.0),
        ("sum", "rows", 3.0, 1.0),
        ("mean", "rows", 1.5, 1 / 2),
        ("mean", "mass", 2.0, 1 / 1.5),
        ("mean", 4, 0.75, 1 / 4),
    ],
)
def test_reductions(reduction: Any, normalizer: Any, loss: Any, factor: float) -> None:
    joined: Any = SimpleNamespace(
        loss=torch.tensor([1.0, 2, 0], dtype=DOUBLE), mass=torch.tensor([1, 0.5, 0], dtype=DOUBLE)
    )
    has_mass = joined.mass != 0
    ours, scale = row_sums.reduced_loss(joined, has_mass, LossOptions(reduction, normalizer), torch.float32)
    assert ours.dtype == torch.float32 and ours.tolist() == loss and float(scale) == factor
    empty: Any = SimpleNamespace(loss=torch.zeros(3, dtype=DOUBLE), mass=torch.zeros(3, dtype=DOUBLE))
    ours, scale = row_sums.reduced_loss(empty, has_mass & False, LossOptions(reduction, normalizer), torch.float32)
    assert (ours == 0).all() and scale.isfinite()


def test_the_sum_is_the_same_bits_with_any_number_of_threads() -> None:
    values = torch.randn(300_001, generator=torch.Generator().manual_seed(0), dtype=DOUBLE)
    threads, sums = torch.get_num_threads(), set()
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            sums.add(row_sums._sum(values).item())
    finally:
        torch.set_num_threads(threads)
    (total,) = sums
    assert total == pytest.approx(math.fsum(values.tolist()), abs=1e-9)
    assert row_sums._sum(values[:0]).item() == 0

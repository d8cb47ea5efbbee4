"""Products of few rows with a large weight: against float64, by either way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from onewarm.torch.interop import matmul as products

WAYS = ["oneDNN", "mm"]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "mm":
        monkeypatch.setattr(products, "_onednn", lambda: None)
    elif products._onednn() is None:
        pytest.skip("no oneDNN product here: other processor, or other PyTorch")
    monkeypatch.setattr(products, "_LARGE", 1)
    return str(request.param)


def numbers(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=dtype)


LAYOUTS: dict[str, Callable[[int, int], Tensor]] = {
    "contiguous": lambda v, d: numbers(v, d),
    "turned": lambda v, d: numbers(d, v).t(),
    "every other column": lambda v, d: numbers(v, 2 * d)[:, ::2],
    "part of the classes": lambda v, d: numbers(3 * v, d)[v : 2 * v],
    "one class for all": lambda v, d: numbers(1, d).expand(v, d),
}


def near(found: Tensor, a: Tensor, b: Tensor, plus: Any = 0) -> None:
    """``a b + plus`` as near to the truth as sums in any order are."""
    plus = torch.as_tensor(plus).double()
    error = (found.double() - (a.double() @ b.double() + plus)).abs()
    assert (
        error <= a.shape[1] * torch.finfo(found.dtype).eps * (a.double().abs() @ b.double().abs() + plus.abs())
    ).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("n", "v", "d"), [(1, 1, 1), (5, 7, 3), (33, 257, 65), (160, 1000, 64)])
def test_both_products(way: str, n: int, v: int, d: int, layout: str, dtype: torch.dtype) -> None:
    x, w, b = numbers(n, d).to(dtype), LAYOUTS[layout](v, d).to(dtype), numbers(v).to(dtype)
    g = numbers(n, v + 3).to(dtype)[:, :v]
    room = torch.full((n, v + 5), torch.nan, dtype=dtype)
    for bias in (None, b):
        products.times_turned(x, w, room[:, 2 : 2 + v], bias)
        near(room[:, 2 : 2 + v], x, w.t(), 0 if bias is None else bias)
    assert room[:, :2].isnan().all() and room[:, 2 + v :].isnan().all()  # nothing beside it was written
    out = torch.full((n, d), torch.nan, dtype=dtype)
    products.times(g, w, out)
    near(out, g, w)
    before = out.clone()
    products.times(g, w, out, add=True)
    near(out, g, w, before)


def test_no_rows(way: str) -> None:
    out = torch.zeros(0, 3)
    products.times_turned(torch.zeros(0, 2), torch.zeros(3, 2), out)
    products.times(torch.zeros(0, 3), torch.zeros(3, 2), torch.zeros(0, 2))


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_what_is_not_finite_stays_so(way: str, bad: float) -> None:
    x, w = torch.ones(2, 3), torch.ones(4, 3)
    x[1, 2] = bad
    out = torch.zeros(2, 4)
    products.times_turned(x, w, out)
    torch.testing.assert_close(out, x @ w.t(), equal_nan=True)


@pytest.mark.parametrize("raised", [AttributeError, RuntimeError, TypeError])
def test_another_pytorch(monkeypatch: pytest.MonkeyPatch, raised: type[Exception]) -> None:
    """Where the operator is missing or takes other arguments, mm is used."""

    def refuse(*_: object) -> None:
        raise raised

    monkeypatch.setattr(products.torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    monkeypatch.setattr(products.torch.ops.mkldnn, "_linear_pointwise", refuse, raising=False)
    monkeypatch.setattr(products, "_LARGE", 1)
    products._onednn.cache_clear()
    try:
        assert products._onednn() is None
        out = torch.zeros(1, 2)
        products.times_turned(torch.ones(1, 2), torch.ones(2, 2), out)
        assert out.tolist() == [[2.0, 2.0]]
    finally:
        products._onednn.cache_clear()

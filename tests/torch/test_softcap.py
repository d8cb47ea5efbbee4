"""Scaling and capping in place against the array-API functions."""

from typing import Any

import pytest
import torch

from onewarm import softcap
from onewarm.torch.softcap import all_finite, cap_


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("cap", [None, 5.0])
@pytest.mark.parametrize("infinite", [False, True])
def test_in_place(dtype: torch.dtype, cap: Any, infinite: bool) -> None:
    z = torch.linspace(-200, 200, 401, dtype=dtype)
    if infinite:
        z[:2] = torch.tensor([-torch.inf, torch.inf], dtype=dtype)
    value, slope = softcap.capped(z, 0.5, cap), softcap.slope(z, 0.5, cap)
    ours, derivative = z.clone(), torch.empty_like(z)
    cap_(ours, 0.5, cap, derivative)
    torch.testing.assert_close(ours, value)
    torch.testing.assert_close(derivative, slope, atol=1e-35, rtol=1e-5 if dtype == torch.float32 else 1e-12)
    again = z.clone()
    cap_(again, 0.5, cap)
    assert torch.equal(again, ours)


def test_all_finite() -> None:
    z = torch.zeros(2, 3)
    assert all_finite(z) and all_finite(z[:0])
    for value in (torch.inf, -torch.inf, torch.nan):
        z[1, 2] = value
        assert not all_finite(z)
    z[0, 0] = torch.inf  # beside a NaN
    assert not all_finite(z)

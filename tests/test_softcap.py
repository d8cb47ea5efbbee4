"""Scaled and capped logits against high precision."""

from decimal import Decimal, getcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.softcap import capped, slope

getcontext().prec = 60


def truth(z: float, scale: float, cap: float) -> tuple[float, float]:
    """The capped logit and its derivative in 60 digits."""
    u = (-2 * abs(Decimal(z)) * Decimal(scale) / Decimal(cap)).exp()
    value = Decimal(cap) * (1 - u) / (1 + u) * (1 if z >= 0 else -1)
    return float(value), float(Decimal(scale) * 4 * u / (1 + u) ** 2)


@given(st.floats(-1e3, 1e3), st.floats(0.01, 10), st.floats(0.5, 100))
def test_both_to_the_last_digits(z: float, scale: float, cap: float) -> None:
    value, derivative = truth(z, scale, cap)
    assert float(capped(np.array(z), scale, cap)) == pytest.approx(value, rel=1e-14, abs=1e-50)
    # The exponent 2 z scale / cap is rounded, so that its relative error is its own size times that of a number.
    assert float(slope(np.array(z), scale, cap)) == pytest.approx(derivative, rel=1e-15 * (8 + 4e3 * scale / cap))


@pytest.mark.parametrize("cap", [None, 30.0])
def test_infinite_logits_stay(cap: Any) -> None:
    z = np.array([-np.inf, np.inf, np.nan, 1.0])
    np.testing.assert_array_equal(np.isinf(capped(z, 2.0, cap)), [True, True, False, False])
    assert capped(z, 2.0, cap)[0] == -np.inf and np.isnan(capped(z, 2.0, cap)[2])


def test_without_a_cap_it_is_a_factor() -> None:
    z = np.array([[1.5, -2.0]], np.float32)
    assert (capped(z, 0.5) == 0.5 * z).all() and (slope(z, 0.5) == 0.5).all()
    assert capped(z, 0.5).dtype == slope(z, 0.5).dtype == slope(z, 0.5, 3.0).dtype == np.float32

"""How numbers are written: rounded as they are, without a negative zero, and with the sign that holds between them."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest

pytestmark = pytest.mark.browser


def written(value: float, digits: int, sign: bool) -> str:
    """The exact value of the float, rounded half away from zero."""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    if not rounded:
        return f"{abs(rounded):f}"
    return (f"{rounded:+f}" if sign else f"{rounded:f}").replace("-", "−")


def test_numbers_are_rounded_exactly(kit) -> None:
    random = np.random.default_rng(1)
    values = [*(random.normal(size=900) * 10 ** random.uniform(-7, 6, 900)), *np.arange(-50, 50) / 32, -1e-9, 0.0]
    cases = [[float(v), int(random.integers(0, 7)), bool(random.integers(2))] for v in values]
    found = kit("numbers", "fixed").evaluate("cases => cases.map(one => kit.fixed(...one))", cases)
    assert found == [written(*case) for case in cases]


def test_what_is_no_number_to_write(kit) -> None:
    tab = kit("numbers", "fixed")
    found = tab.evaluate("[-0, -0.0004, Infinity, -Infinity, NaN].map(v => kit.fixed(v, 3, true))")
    assert found == ["0.000", "0.000", "∞", "−∞", "–"]


@pytest.mark.parametrize(
    ("parts", "total", "digits", "sign"),
    [
        ([1.0331, 0.1857], 1.2188, 4, "="),
        ([0.0004, 0.0004], 0.0008, 3, "≈"),  # written 0.000 + 0.000 and 0.001
        ([0.1, 0.2], 0.3, 1, "="),
        ([0.2, -0.05, 0.15], 0.3, 2, "="),
        ([1 / 3, 1 / 3, 1 / 3], 1, 3, "≈"),
        ([0, 0], 0, 3, "="),
    ],
)
def test_parts_equal_their_total_only_if_they_do_as_written(kit, parts, total, digits, sign) -> None:
    assert kit("numbers", "equals").evaluate("one => kit.equals(...one)", [parts, total, digits]) == sign

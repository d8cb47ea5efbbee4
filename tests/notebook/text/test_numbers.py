"""Numbers as text: they read back as the number, to the digits shown, and look the same everywhere on a page."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.notebook.text.numbers import interval_text, number_text

SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def read(text: str) -> float:
    """The number that a text says, by another way."""
    mantissa, _, exponent = text.replace("−", "-").partition(" × 10")
    return float(mantissa) * 10.0 ** int(exponent.translate(SUPERSCRIPTS) or 0)


@given(st.floats(-1e6, 1e6), st.integers(0, 8))
def test_it_reads_back_to_the_digits_that_are_shown(value: float, digits: int) -> None:
    text = number_text(value, digits)
    assert "-" not in text and "e" not in text
    if abs(value) < 0.5 * 10**-digits and value != 0:
        assert math.isclose(read(text), value, rel_tol=0.06, abs_tol=1e-323)
    else:
        assert abs(read(text) - value) <= 0.5001 * 10**-digits
    assert text == "0" or read(text) != 0  # a number that is not zero does not look like zero


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.25, 4, "0.2500"),
        (-0.0312345, 4, "−0.0312"),
        (0.00005, 4, "0.0001"),  # half of the last digit is not tiny: it rounds up to one
        (0.000049, 4, "4.9 × 10⁻⁵"),
        (-2.04e-12, 4, "−2.0 × 10⁻¹²"),
        (12345.6, 0, "12346"),
        (-0.0, 4, "0"),
        (math.nan, 4, "not finite"),
        (-math.inf, 4, "not finite"),
        (None, 4, "not finite"),
    ],
)
def test_examples(value: float | None, digits: int, text: str) -> None:
    assert number_text(value, digits) == text


def test_an_interval_has_both_its_ends() -> None:
    assert interval_text((-1e-7, 0.5)) == "[−1.0 × 10⁻⁷, 0.5000]"
    assert interval_text(None) == ""

"""Formats numbers and intervals for a page: with a minus sign, and powers of ten for tiny numbers."""

from __future__ import annotations

import math

__all__ = ["interval_text", "number_text", "power_text"]

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number_text(value: float | None, digits: int = 4) -> str:
    """A number with ``digits`` decimal places, or as a power of ten if it would round to zero.

    >>> number_text(-0.0312345), number_text(3.2e-15), number_text(0), number_text(None)
    ('−0.0312', '3.2 × 10⁻¹⁵', '0', 'not finite')
    """
    if value is None or not math.isfinite(value):
        return "not finite"
    if value == 0:
        return "0"
    if abs(value) < 0.5 * 10**-digits:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa} × {power_text(int(exponent))}".replace("-", "−")
    return f"{value:.{digits}f}".replace("-", "−")


def power_text(power: int) -> str:
    """A power of ten.

    >>> power_text(-12), power_text(0)
    ('10⁻¹²', '1')
    """
    return f"10{str(power).translate(_RAISED)}" if power else "1"


def interval_text(bounds: tuple[float, float] | None) -> str:
    """An interval as text, or "" if there is none.

    >>> interval_text((-0.04, 0.01))
    '[−0.0400, 0.0100]'
    """
    return "" if bounds is None else f"[{number_text(bounds[0])}, {number_text(bounds[1])}]"

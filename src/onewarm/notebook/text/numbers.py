"""Numbers as a page shows them: a true minus sign, no more digits than they carry."""

from __future__ import annotations

import math

__all__ = ["interval", "number"]


def number(value: float | None, digits: int = 4) -> str:
    """A number to read: fixed digits where it is of ordinary size, a power of ten where it is tiny.

    >>> number(-0.0312345), number(3.2e-15), number(0), number(None)
    ('−0.0312', '3.2 × 10⁻¹⁵', '0', 'not finite')
    """
    if value is None or not math.isfinite(value):
        return "not finite"
    if value == 0:
        return "0"
    if abs(value) < 0.5 * 10**-digits:
        mantissa, exponent = f"{value:.1e}".split("e")
        raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{mantissa} × 10{raised}".replace("-", "−")
    return f"{value:.{digits}f}".replace("-", "−")


def interval(bounds: tuple[float, float] | None) -> str:
    """An interval, low to high.

    >>> interval((-0.04, 0.01))
    '[−0.0400, 0.0100]'
    """
    return "" if bounds is None else f"[{number(bounds[0])}, {number(bounds[1])}]"

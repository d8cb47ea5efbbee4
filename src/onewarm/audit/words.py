"""How an audit writes numbers, and what it calls its remedies: the same in every sentence, table and view."""

from __future__ import annotations

REMEDY_TITLES = {
    "leave": "Leave it as it is",
    "intercept": "Intercept",
    "temperature": "Temperature",
    "platt": "Platt scaling",
    "vector": "Vector scaling",
    "isotonic": "Isotonic regression",
    "beta": "Beta calibration",
    "unsmooth": "Undo smoothing (affine inverse)",
    "temperature-unsmooth": "Temperature, then the affine inverse",
    "retrain": "Retrain with label smoothing (stand-in: mix with uniform)",
}
"""The title of each remedy, by its key, from simple to complex."""


def percent(share: float) -> str:
    """A share as a percentage.

    >>> percent(0.936)
    '93.6\\xa0%'
    """
    return f"{share * 100:.1f}\u00a0%"


def number(value: float | None) -> str:
    """A measure with the digits that a reader can use.

    >>> number(0.035612), number(None), number(0.00001234)
    ('0.0356', 'infinite', '1.2e-05')
    """
    if value is None:
        return "infinite"
    return f"{value:.4f}" if abs(value) >= 5e-5 or value == 0 else f"{value:.1e}"


def interval(ends: tuple[float, float] | None) -> str:
    """An interval in brackets, or nothing.

    >>> interval((0.1, 0.2))
    ' (0.1000 to 0.2000)'
    """
    return "" if ends is None else f" ({number(ends[0])} to {number(ends[1])})"


def p_value(p: float | None) -> str:
    """A p value.

    >>> p_value(0.0123), p_value(1e-9)
    ('= 0.012', '< 0.0001')
    """
    if p is None:
        return "-"
    return "< 0.0001" if p < 1e-4 else f"= {p:.2g}"


def points(ends: tuple[float, float] | None) -> str:
    """An interval of a difference of shares, in percentage points with their signs; "" without one.

    >>> points((-0.012, 0.034))
    '-1.2 to +3.4'
    """
    return "" if ends is None else f"{ends[0] * 100:+.1f} to {ends[1] * 100:+.1f}"

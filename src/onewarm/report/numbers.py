"""How a report writes numbers: the same in every sentence, table and view."""

from __future__ import annotations

from collections.abc import Sequence

from onewarm.calibration.defaults import LEVEL

LEVEL_PERCENT = f"{100 * LEVEL:g}"
"""The level of intervals in words, as "95"."""


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


def digits(values: Sequence[float]) -> int:
    """Decimals at which no value that is not 0 is shown as 0: 1 where that is enough, at most 6.

    >>> digits([8.0, 7.41]), digits([0.5, 0.02]), digits([3.0, 0.0])
    (1, 2, 1)
    """
    least = min((abs(v) for v in values if v), default=1.0)
    return next((d for d in range(1, 6) if least >= 0.5 * 10.0**-d), 6)


def size(value: float, ends: tuple[float, float], above: str = "", below: str = "") -> str:
    """The size of an error, a share, in points, with its interval: signed unless all of the interval has one sign.

    The words after "points" say its direction: ``above``, or ``below`` (by default ``above``) for a negative value.

    >>> size(-0.08, (-0.086, -0.074), "too high", "too low"), size(0.002, (-0.001, 0.005))
    ('8.0 points too low (7.4 to 8.6)', '+0.2 points (-0.1 to +0.5)')
    """
    shown = [100 * value, 100 * ends[0], 100 * ends[1]]
    places = digits(shown)
    if ends[0] <= 0 <= ends[1]:
        v, low, high = (f"{x:+.{places}f}" for x in shown)
    else:
        v, low, high = (f"{abs(x):.{places}f}" for x in (shown[0], *sorted(shown[1:], key=abs)))
    way = above if value >= 0 or not below else below
    return f"{v} points{' ' if way else ''}{way} ({low} to {high})"


def joined(words: Sequence[str]) -> str:
    """Words as a list in a sentence.

    >>> joined(["a"]), joined(["a", "b"]), joined(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def minus(number: str) -> str:
    """A number's text with the minus sign that is as wide as its plus.

    >>> minus("-0.5")
    '−0.5'
    """
    return number.replace("-", "\u2212")


def signed(value: float, places: int) -> str:
    """A difference with its sign; none where it is shown as 0.

    >>> signed(0.0123, 3), signed(-0.0123, 3), signed(-0.0001, 3)
    ('+0.012', '−0.012', '0.000')
    """
    shown = f"{value:+.{places}f}"
    return minus(shown) if float(shown) else shown[1:]

"""Small pictures of a report as static SVG."""

from __future__ import annotations


def interval_line(
    value: float, interval: tuple[float, float], reach: float, sides: tuple[str, str] = ("over", "under")
) -> str:
    """A number with its interval, drawn on an axis from -reach to +reach; what lies beyond the axis is cut.

    Args:
        value, interval, reach: in the same unit.
        sides: the class of an interval that lies above 0, and of one below.
    """

    def x(v: float) -> float:
        return round(88 + 84 * max(-1.0, min(1.0, v / reach)), 2)

    side = sides[0] if interval[0] > 0 else sides[1] if interval[1] < 0 else ""
    return (
        '<svg viewBox="0 0 176 20" width="176" height="20" aria-hidden="true"><line x1="88" x2="88" y1="0" y2="20"/>'
        f'<line class="{f"span {side}".strip()}" x1="{x(interval[0])}" x2="{x(interval[1])}" y1="10" y2="10"/>'
        f'<circle class="{side}" cx="{x(value)}" cy="10" r="4"/></svg>'
    )

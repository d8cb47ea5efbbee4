"""The diagrams of a report as static SVG, shown without JavaScript and in print."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

from onewarm.audit.measures import LEVEL_PERCENT

_W, _H = 420, 476
_LEFT, _TOP, _SIZE = 46, 10, 360
_COUNT_TOP, _COUNT_HEIGHT = 384, 54


def _x(v: float) -> float:
    return round(_LEFT + v * _SIZE, 2)


def _y(v: float) -> float:
    return round(_TOP + (1 - v) * _SIZE, 2)


def figure(diagram: Mapping[str, Any]) -> str:
    """A reliability diagram, drawn as ``assets/reliability.js`` draws it.

    Args:
        diagram: one of ``Audit.diagrams``.
    """
    parts = []
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(f'<line class="ow-rel-grid" x1="{_x(0)}" x2="{_x(1)}" y1="{_y(tick)}" y2="{_y(tick)}"/>')
        parts.append(
            f'<text class="ow-rel-tick" x="{_x(0) - 6}" y="{_y(tick) + 4}" text-anchor="end">{tick:.1f}</text>'
        )
        below = _COUNT_TOP + _COUNT_HEIGHT + 16
        parts.append(f'<text class="ow-rel-tick" x="{_x(tick)}" y="{below}" text-anchor="middle">{tick:.1f}</text>')
    parts.append(f'<line class="ow-rel-diagonal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>')
    parts.append(f'<text class="ow-rel-axis" x="{_x(0) + 8}" y="{_y(1) + 16}">right, share of rows</text>')
    parts.append(f'<text class="ow-rel-axis" x="{_x(1)}" y="{_H - 4}" text-anchor="end">confidence</text>')
    parts.append(f'<text class="ow-rel-axis" x="{_x(0) + 8}" y="{_COUNT_TOP + 12}">rows, log scale</text>')
    most = math.log1p(max(1, *(b["count"] for b in diagram["bins"])))
    for bin_ in diagram["bins"]:
        height = round(math.log1p(bin_["count"]) / most * _COUNT_HEIGHT, 2)
        width = round(_x(bin_["upper"]) - _x(bin_["lower"]) - 2, 2)
        parts.append(
            f'<rect class="ow-rel-count" x="{_x(bin_["lower"]) + 1}" width="{width}" '
            f'y="{_COUNT_TOP + _COUNT_HEIGHT - height:.2f}" height="{height}"/>'
        )
        if bin_["count"]:
            parts.append(_mark(bin_))
    title = f"Reliability diagram: {diagram['title']}. The table below holds the same numbers."
    head = f'<svg class="ow-rel-still" viewBox="0 0 {_W} {_H}" role="img" aria-label="{escape(title)}">'
    return f"{head}{''.join(parts)}</svg>"


def _mark(bin_: Mapping[str, Any]) -> str:
    x, (low, high) = _x(bin_["confidence"]), bin_["interval"]
    side = ""
    if not low <= bin_["confidence"] <= high:
        side = " ow-rel-over" if bin_["confidence"] > bin_["accuracy"] else " ow-rel-under"
    return (
        f'<line class="ow-rel-gap{side}" x1="{x}" x2="{x}" y1="{_y(bin_["confidence"])}" y2="{_y(bin_["accuracy"])}"/>'
        f'<line class="ow-rel-interval{side}" x1="{x}" x2="{x}" y1="{_y(low)}" y2="{_y(high)}"/>'
        f'<circle class="ow-rel-dot{side}" cx="{x}" cy="{_y(bin_["accuracy"])}" r="4.5"/>'
    )


def table(diagram: Mapping[str, Any]) -> str:
    """The numbers of a diagram as an HTML table that can be folded."""
    rows = []
    for b in diagram["bins"]:
        where = f"{b['lower']:.3g} to {b['upper']:.3g}"
        cells = ["–", "–", "–"]
        if b["count"]:
            low, high = b["interval"]
            cells = [_percent(b["confidence"]), _percent(b["accuracy"]), f"{_percent(low)} to {_percent(high)}"]
        numbers = "".join(f'<td class="num">{c}</td>' for c in [f"{b['count']:,}", *cells])
        rows.append(f'<tr><th scope="row">{where}</th>{numbers}</tr>')
    names = ["Rows", "Mean confidence", "Accuracy", f"{LEVEL_PERCENT} % interval"]
    head = "".join(f'<th scope="col" class="num">{h}</th>' for h in names)
    return (
        '<details class="ow-rel-table" open><summary>The same as a table</summary>'
        '<div class="scroll" tabindex="0" role="group" aria-label="Bins"><table><thead><tr>'
        f'<th scope="col">Confidence</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div></details>'
    )


def gap_line(gap: float, interval: tuple[float, float], reach: float) -> str:
    """A confidence gap with its interval, drawn on an axis from -reach to +reach."""

    def x(v: float) -> float:
        return round(88 + 84 * max(-1.0, min(1.0, v / reach)), 2)

    side = " over" if interval[0] > 0 else " under" if interval[1] < 0 else ""
    return (
        '<svg viewBox="0 0 176 20" width="176" height="20" aria-hidden="true"><line x1="88" x2="88" y1="0" y2="20"/>'
        f'<line class="span{side}" x1="{x(interval[0])}" x2="{x(interval[1])}" y1="10" y2="10"/>'
        f'<circle class="{side.strip()}" cx="{x(gap)}" cy="10" r="4"/></svg>'
    )


def _percent(share: float) -> str:
    return f"{share * 100:.1f}\u00a0%"

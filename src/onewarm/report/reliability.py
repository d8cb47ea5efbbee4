"""A reliability diagram as static SVG, shown without JavaScript and in print, and the same in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from onewarm.report.markup import row, table, text
from onewarm.report.numbers import LEVEL_PERCENT, percent

Diagram = Mapping[str, Any]

_W, _H = 420, 476
_LEFT, _TOP, _SIZE = 46, 10, 360
_COUNT_TOP, _COUNT_HEIGHT = 384, 54


def _x(v: float) -> float:
    return round(_LEFT + v * _SIZE, 2)


def _y(v: float) -> float:
    return round(_TOP + (1 - v) * _SIZE, 2)


def captioned(diagram: Diagram) -> str:
    """The figure with its caption."""
    return f'<figure class="ow-picture">{figure(diagram)}<figcaption>{caption(diagram)}</figcaption></figure>'


def figure(diagram: Diagram) -> str:
    """A reliability diagram, drawn as the audit's ``assets/reliability.js`` draws it.

    Args:
        diagram: its "bins", and the names of what is "predicted" and "observed". Bins whose "interval" is None are
            drawn without one.
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
    axes = ((8, _y(1) + 16, "", _short(diagram["observed"])), (0, _H - 4, "", "bars: rows, log scale"))
    for x, y, anchor, words in (*axes, (_SIZE, _H - 4, ' text-anchor="end"', _short(diagram["predicted"]))):
        parts.append(f'<text class="ow-rel-axis" x="{_x(0) + x}" y="{y}"{anchor}>{text(words)}</text>')
    most = math.log1p(max(1, *(b["count"] for b in diagram["bins"])))
    for bin_ in diagram["bins"]:
        height = round(math.log1p(bin_["count"]) / most * _COUNT_HEIGHT, 2)
        width = round(_x(bin_["upper"]) - _x(bin_["lower"]) - 2, 2)
        parts.append(
            f'<rect class="ow-rel-count" x="{_x(bin_["lower"]) + 1}" width="{width}" '
            f'y="{_COUNT_TOP + _COUNT_HEIGHT - height:.2f}" height="{height}"/>'
        )
    if diagram["isotonic"]:
        corners = zip(diagram["isotonic"]["x"], diagram["isotonic"]["y"], strict=True)
        path = "L".join(f"{_x(x)} {_y(y)}" for x, y in corners)
        parts.append(f'<path class="ow-rel-isotonic" d="M{path}"/>')
    parts += [_mark(b) for b in diagram["bins"] if b["count"]]
    head = f'<svg class="ow-rel-still" viewBox="0 0 {_W} {_H}" role="img" aria-label="{text(in_words(diagram))}">'
    return f"{head}{''.join(parts)}</svg>"


def _short(name: str) -> str:
    """The name of an axis, cut where the picture ends."""
    return name if len(name) <= 28 else f"{name[:27]}…"


def _mark(bin_: Mapping[str, Any]) -> str:
    x, side, ends = _x(bin_["confidence"]), "", ""
    if bin_["beyond"]:
        side = " ow-rel-over" if bin_["confidence"] > bin_["accuracy"] else " ow-rel-under"
    if bin_["interval"] is not None:
        low, high = map(_y, bin_["interval"])
        ends = f'<line class="ow-rel-interval{side}" x1="{x}" x2="{x}" y1="{low}" y2="{high}"/>'
    return (
        f'<line class="ow-rel-gap{side}" x1="{x}" x2="{x}" y1="{_y(bin_["confidence"])}" y2="{_y(bin_["accuracy"])}"/>'
        f'{ends}<circle class="ow-rel-dot{side}" cx="{x}" cy="{_y(bin_["accuracy"])}" r="4.5"/>'
    )


def plain(diagram: Diagram) -> dict[str, Any]:
    """The diagram with no bin marked: for an audit that found nothing wrong."""
    return {**diagram, "bins": [{**b, "beyond": b["beyond"] and False} for b in diagram["bins"]]}


def in_words(diagram: Diagram) -> str:
    """What a reliability diagram shows, for readers who do not see it."""
    what = _the(diagram)
    about = f"Reliability diagram of {what}"
    if diagram["of"].startswith("answer "):
        about += f", {diagram['title']}"
    bins = [b for b in diagram["bins"] if b["count"]]
    if not bins:
        return f"{about}: no rows."
    high = [b for b in bins if b["confidence"] > b["accuracy"]]
    beyond = [b for b in bins if b["beyond"]]
    tested = ""
    if _has_intervals(diagram):
        beyond_high = sum(b["confidence"] > b["accuracy"] for b in beyond)
        tested = f"; beyond chance it is above it in {beyond_high} and below it in {len(beyond) - beyond_high}"
    widest = max(beyond or bins, key=lambda b: abs(b["confidence"] - b["accuracy"]))
    return (
        f"{about}: of {len(bins)} bins with rows {what} is above the {diagram['observed']} in {len(high)} and not "
        f"above it in {len(bins) - len(high)}{tested}. The widest gap{' of these' if beyond else ''} is from "
        f"{widest['lower']:.3g} to {widest['upper']:.3g}: predicted {percent(widest['confidence'])}, observed "
        f"{percent(widest['accuracy'])}. A table of all bins is below."
    )


def _the(diagram: Diagram) -> str:
    """What is predicted, in a sentence: "the confidence", "P(y = 1)"."""
    what: str = diagram["predicted"]
    return f"the {what}" if what == "confidence" else what


def caption(diagram: Diagram) -> str:
    """How to read the picture, as HTML."""
    mean, what = text(diagram["predicted"]), text(_the(diagram))
    curve = " The line is the isotonic (CORP) curve." if diagram["isotonic"] else ""
    ends = marks = ""
    if _has_intervals(diagram):
        ends = f", with the {LEVEL_PERCENT} % interval"
        found = any(b["beyond"] for b in diagram["bins"])
        marks = "; coloured bins differ from it beyond chance" if found else "; no bin differs from it beyond chance"
    return (
        f"Each point is a bin of rows: its mean {mean} and its {text(diagram['observed'])}{ends}. On the dashed line "
        f"both are equal, below it {what} is too high{marks}.{curve}"
    )


def _has_intervals(diagram: Diagram) -> bool:
    return any(b["interval"] is not None for b in diagram["bins"]) or not any(b["count"] for b in diagram["bins"])


def bins_table(diagram: Diagram, *, unfolded: bool = True) -> str:
    """The numbers of a diagram as an HTML table that can be folded."""
    rows = []
    names = [diagram["predicted"], "Rows", "Mean", diagram["observed"]]
    if _has_intervals(diagram):
        names.append(f"{LEVEL_PERCENT} % interval")
    for b in diagram["bins"]:
        cells = ["–"] * (len(names) - 2)
        if b["count"]:
            cells = [percent(b["confidence"]), percent(b["accuracy"])]
            if b["interval"] is not None:
                cells.append(" to ".join(map(percent, b["interval"])))
        rows.append(row([f"{b['lower']:.3g} to {b['upper']:.3g}", f"{b['count']:,}", *cells]))
    names[0] = names[0][0].upper() + names[0][1:]
    names[3] = names[3][0].upper() + names[3][1:]
    numbers = table("Bins", [text(n) for n in names], rows)
    is_open = " open" if unfolded else ""
    return f'<details class="ow-rel-table"{is_open}><summary>The same as a table</summary>{numbers}</details>'

"""The parts that a study's pictures share: the frame, the marks that need no colour, the names of arms."""

from __future__ import annotations

from onewarm.report.axes import Scale, tick_words
from onewarm.report.markup import text
from onewarm.study.report.view import Side

_MOST_LETTERS = 17
LINE = 14
"""The distance of two lines of text, as the style sheet sets it."""


def svg(name: str, width: float, height: float, title: str, words: str, parts: list[str]) -> str:
    """A picture with its title and a description in words; ``name`` is unique on the page."""
    return (
        f'<svg class="ow-st" viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{text(title)}</title><desc id="{name}-d">{text(words)}</desc>{"".join(parts)}</svg>'
    )


def line(css: str, x1: float, x2: float, y1: float, y2: float) -> str:
    """A straight line."""
    return f'<line class="{css}" x1="{x1:g}" x2="{x2:g}" y1="{y1:g}" y2="{y2:g}"/>'


def label(x: float, y: float, words: str, anchor: str = "start", css: str = "ow-st-tick") -> str:
    """A line of text that starts, ends or has its middle at x."""
    return f'<text class="{css}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{text(words)}</text>'


def mark(x: float, y: float, side: Side, more: str = "") -> str:
    """A mark whose form says on which side a difference lies: a disc is better, a square worse, a ring not clear."""
    css = f"ow-st-{side}{more}"
    if side == "worse":
        return f'<rect class="{css}" x="{x - 4.5:.2f}" y="{y - 4.5:.2f}" width="9" height="9"/>'
    if side == "untestable":
        return f'<path class="{css}" d="M{x - 4:.2f} {y - 4:.2f}l8 8m0 -8l-8 8"/>'
    return f'<circle class="{css}" cx="{x:.2f}" cy="{y:.2f}" r="5"/>'


def key(side: Side) -> str:
    """The mark of a side, to stand in a line of text."""
    return f'<svg class="ow-st ow-st-key" viewBox="-1 -1 14 14" aria-hidden="true">{mark(6, 6, side)}</svg>'


def arm_label(arm: str, x: float, y: float, anchor: str = "end") -> str:
    """The name of an arm beside a picture, in two lines where it is long, and cut where even these are too long."""
    lines = name_lines(arm)
    top = y + 4 - LINE * (len(lines) - 1) / 2
    spans = "".join(f'<tspan x="{x:g}" y="{top + LINE * i:g}">{text(line)}</tspan>' for i, line in enumerate(lines))
    return f'<text class="ow-st-arm" text-anchor="{anchor}">{spans}</text>'


def name_lines(arm: str) -> list[str]:
    """A name in one line, or in two that are broken after a colon.

    >>> name_lines("smooth:0.1"), name_lines("teacher:2:smooth:0.1")
    (['smooth:0.1'], ['teacher:2:', 'smooth:0.1'])
    """
    if len(arm) <= _MOST_LETTERS:
        return [arm]
    cuts = [i + 1 for i, c in enumerate(arm) if c == ":" and i + 1 <= _MOST_LETTERS]
    at = min(cuts, key=lambda c: max(c, len(arm) - c), default=0)
    lines = [arm[:at], arm[at:]] if at else [arm]
    return [line if len(line) <= _MOST_LETTERS else f"{line[: _MOST_LETTERS - 1]}…" for line in lines]


def x_axis(scale: Scale, top: float, bottom: float, words: str, most: int = 5) -> list[str]:
    """Vertical grid lines with their values below, and the name of the axis."""
    values = scale.ticks(most)
    named = zip(values, tick_words(values), strict=True)
    return [
        *(line("ow-st-grid", scale(v), scale(v), top, bottom) for v in values),
        *(label(scale(v), bottom + 16, word, "middle") for v, word in named),
        label((scale.start + scale.stop) / 2, bottom + 34, words, "middle", "ow-st-axis"),
    ]


def y_axis(scale: Scale, left: float, right: float, words: str, most: int = 5) -> list[str]:
    """Horizontal grid lines with their values at the left, and the name of the axis above them."""
    values = scale.ticks(most)
    named = zip(values, tick_words(values), strict=True)
    return [
        *(line("ow-st-grid", left, right, scale(v), scale(v)) for v in values),
        *(label(left - 6, scale(v) + 4, word, "end") for v, word in named),
        label(left, scale.stop - 9, words, css="ow-st-axis"),
    ]

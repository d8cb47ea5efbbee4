"""The picture of differences: each arm minus the baseline, with its interval and what could not have been seen."""

from __future__ import annotations

from collections.abc import Sequence

from onewarm.report.axes import Scale, padded
from onewarm.report.markup import text
from onewarm.study.report.pictures.svg import arm_label, key, label, line, mark, svg, x_axis
from onewarm.study.report.view import MORE_IS_BETTER, Side, Training, View, least_clear, side
from onewarm.study.report.words import SIDES, TITLES, difference, places, unit

_CLEARLY: dict[Side, str] = {
    "better": "clearly better",
    "worse": "clearly worse",
    "unclear": "not clear",
    "untestable": "not testable with these seeds",
}
_W, _LEFT, _RIGHT, _TOP, _ROW = 420.0, 132.0, 410.0, 22.0, 32.0


def forest(view: View, metric: str, arms: Sequence[str], training: Training = "stopped") -> str:
    """The differences of these arms from the baseline as SVG: a row an arm, with the zero line.

    A mark's form says whether the difference is clear; the band around 0 holds the differences that these seeds could
    not have shown as clear.
    """
    rows = [(arm, view.difference(arm, metric, training)) for arm in arms]
    scale_by = unit(metric)[0]
    ends = [0.0]
    for _, r in rows:
        if r is not None and r["mean"] is not None:
            half = least_clear(r) or 0.0
            ends += [scale_by * v for v in (r["mean"], -half, half, *(r["interval"] or ()))]
    bottom = _TOP + _ROW * len(rows)
    x = Scale(*padded(ends, least=0.01), _LEFT, _RIGHT)
    title = f"{TITLES[metric]} minus that of {view.baseline}{unit(metric)[1] and ', points'}"
    ways = ("worse", "better") if metric in MORE_IS_BETTER else ("better", "worse")
    parts = [
        label(_LEFT, 12, f"← {ways[0]}"),
        label(_RIGHT, 12, f"{ways[1]} →", "end"),
    ]
    parts += x_axis(x, _TOP, bottom, title)
    for i, (_, r) in enumerate(rows):
        if half := scale_by * (least_clear(r) or 0.0):
            place = f'x="{x(-half)}" y="{_TOP + _ROW * i + 5:g}"'
            size = f'width="{x(half) - x(-half):.2f}" height="{_ROW - 10:g}"'
            parts.append(f'<rect class="ow-st-band" {place} {size}/>')
    parts.append(line("ow-st-zero", x(0), x(0), _TOP, bottom))
    for i, (arm, r) in enumerate(rows):
        y = _TOP + _ROW * (i + 0.5)
        parts.append(arm_label(arm, _LEFT - 8, y))
        if r is None or r["mean"] is None:
            parts.append(label(x(0) + 6, y + 4, "no value"))
            continue
        if r["interval"] is not None:
            low, high = (x(scale_by * v) for v in r["interval"])
            parts.append(line(f"ow-st-span ow-st-{side(r)}", low, high, y, y))
        parts.append(mark(x(scale_by * r["mean"]), y, side(r)))
    digits = places(metric, [r for _, r in rows])
    words = "; ".join(f"{arm} {difference(metric, r, digits)}, {SIDES[side(r)]}" for arm, r in rows)
    return svg(f"forest-{metric}-{training}", _W, bottom + 42, title, f"{words}.", parts)


def legend(view: View, arms: Sequence[str]) -> str:
    """How to read the pictures of these arms' NLL and accuracy, as HTML."""
    rows = [r for arm in arms for metric in ("nll", "accuracy") if (r := view.difference(arm, metric)) is not None]
    there = {side(r) for r in rows}
    marks = ", ".join(f"{key(s)} {_CLEARLY[s]}" for s in SIDES if s in there)
    words = f"Each arm minus {text(view.baseline)}, paired by seed"
    if any(r["interval"] is not None for r in rows):
        words += f", with its simultaneous interval: {marks}. The grey band around 0 holds the differences that these "
        return words + "seeds could not have shown."
    return f"{words}: {marks}."

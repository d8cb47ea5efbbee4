"""The effect over alpha: each kind of smoothing that ran with several alphas, against the baseline."""

from __future__ import annotations

from onewarm.report.axes import Scale, padded
from onewarm.report.markup import text
from onewarm.study.report.pictures.svg import line, mark, svg, x_axis, y_axis
from onewarm.study.report.view import View, side
from onewarm.study.report.words import SIDES, TITLES, difference, places, unit

_W, _H, _LEFT, _RIGHT, _TOP, _BOTTOM = 420.0, 300.0, 58.0, 408.0, 40.0, 252.0


def over_alpha(view: View, kind: str, metric: str) -> str:
    """The difference of a metric from the baseline, which is alpha 0, over the alphas of one kind of arm, as SVG.

    A solid line joins the stopped models, a dashed one those trained to the end; the suggested alpha is a dotted line.
    """
    arms = view.alphas[kind]
    factor, points = unit(metric)
    stopped = [(a, view.difference(arm, metric)) for a, arm in arms]
    ended = [(a, view.difference(arm, metric, "end")) for a, arm in arms]
    suggested = view.suggested_alpha
    alphas = [a for a, _ in arms] + ([0.0] if view.baseline == "hard" else [])
    ends = [0.0]
    ends += [factor * v for _, r in stopped if r is not None for v in r["interval"] or ()]
    ends += [factor * r["mean"] for _, r in (*stopped, *ended) if r is not None and r["mean"] is not None]
    x = Scale(*padded(alphas if suggested is None else [*alphas, suggested]), _LEFT, _RIGHT)
    y = Scale(*padded(ends, least=0.01), _BOTTOM, _TOP)
    title = f"{TITLES[metric]} minus that of {view.baseline}{points and ', points'}"
    parts = x_axis(x, _TOP, _BOTTOM, f"alpha of {kind}") + y_axis(y, _LEFT, _RIGHT, title)
    parts.append(line("ow-st-zero", _LEFT, _RIGHT, y(0), y(0)))
    if suggested is not None:
        parts.append(line("ow-st-suggested", x(suggested), x(suggested), _TOP, _BOTTOM))
    for name, found in (("end", ended), ("stopped", stopped)):
        means = [(a, r) for a, r in found if r is not None and r["mean"] is not None]
        if not means:
            continue
        through = [(a, factor * r["mean"]) for a, r in means] + ([(0.0, 0.0)] if view.baseline == "hard" else [])
        path = "L".join(f"{x(a)} {y(v)}" for a, v in sorted(through))
        parts.append(f'<path class="ow-st-line ow-st-{name}" d="M{path}"/>')
        for a, r in means:
            if name == "stopped" and r["interval"] is not None:
                low, high = (y(factor * v) for v in r["interval"])
                parts.append(line(f"ow-st-span ow-st-{side(r)}", x(a), x(a), low, high))
            parts.append(mark(x(a), y(factor * r["mean"]), side(r), " ow-st-small" if name == "end" else ""))
    digits = places(metric, [r for _, r in stopped])
    told = "; ".join(f"alpha {a:g}: {difference(metric, r, digits)}, {SIDES[side(r)]}" for a, r in stopped)
    return svg(f"alpha-{kind}-{metric}", _W, _H, f"{title}, over the alpha of {kind}", f"{told}.", parts)


def alpha_caption(view: View) -> str:
    """How to read the picture, as HTML."""
    suggested = view.suggested_alpha
    words = "Alpha 0 is hard. " if view.baseline == "hard" else ""
    words += "Solid: stopped models, with simultaneous intervals."
    if view.has_end:
        words += " Dashed: the same arms trained to the end."
    if suggested is not None:
        words += f" Dotted: the alpha that the confidence gap of {text(view.baseline)} suggests, {suggested:.2g}."
    return words

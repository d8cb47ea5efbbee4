"""The picture of stopping: each arm where it stopped, and trained to the end."""

from __future__ import annotations

from collections.abc import Sequence

from onewarm.report.axes import Scale, padded
from onewarm.study.report.pictures.svg import arm_label, line, svg, x_axis
from onewarm.study.report.view import View
from onewarm.study.report.words import TITLES, unit, value

_W, _LEFT, _RIGHT, _TOP, _ROW = 420.0, 132.0, 410.0, 10.0, 32.0


def stopping(view: View, metric: str, arms: Sequence[str]) -> str:
    """Each arm's mean where it stopped (a disc) and trained to the end (a ring), joined by a line, as SVG."""
    factor = unit(metric)[0]
    pairs = [(arm, view.mean(arm, metric), view.mean(arm, metric, "end")) for arm in arms]
    x = Scale(*padded([factor * v for _, *both in pairs for v in both if v is not None], least=0.01), _LEFT, _RIGHT)
    bottom = _TOP + _ROW * len(pairs)
    title = TITLES[metric] + (", %" if factor > 1 else "")
    parts = x_axis(x, _TOP, bottom, title)
    for i, (arm, stopped, end) in enumerate(pairs):
        y = _TOP + _ROW * (i + 0.5)
        parts.append(arm_label(arm, _LEFT - 8, y))
        if stopped is not None and end is not None:
            parts.append(line("ow-st-move", x(factor * stopped), x(factor * end), y, y))
        if end is not None:
            parts.append(f'<circle class="ow-st-at-end" cx="{x(factor * end)}" cy="{y:g}" r="5"/>')
        if stopped is not None:
            parts.append(f'<circle class="ow-st-at-stop" cx="{x(factor * stopped)}" cy="{y:g}" r="5"/>')
    words = "; ".join(f"{a}: {value(metric, s)} stopped, {value(metric, e)} to the end" for a, s, e in pairs)
    return svg(f"stopping-{metric}", _W, bottom + 42, f"{TITLES[metric]}, stopped and to the end", f"{words}.", parts)


def stopping_caption() -> str:
    """How to read the picture, as HTML."""
    discs = (f'<circle class="{css}" cx="6" cy="6" r="5"/>' for css in ("ow-st-at-stop", "ow-st-at-end"))
    keys = [f'<svg class="ow-st ow-st-key" viewBox="-1 -1 14 14" aria-hidden="true">{disc}</svg>' for disc in discs]
    return (
        f"{keys[0]} stopped at its lowest validation NLL, {keys[1]} trained on for all steps; means over the seeds. An "
        "arm without a ring decides itself when to end."
    )

"""Learning curves: training and validation NLL along the steps, of each seed and on average."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from onewarm.report.axes import Scale
from onewarm.report.markup import row, table
from onewarm.study.models.model import Curve
from onewarm.study.report.pictures.svg import svg, x_axis, y_axis
from onewarm.study.report.view import View
from onewarm.study.store.store import StoredRun

_W, _H, _LEFT, _RIGHT, _TOP, _BOTTOM = 420.0, 300.0, 46.0, 408.0, 32.0, 252.0
_MOST_POINTS, _MOST_SEEDS, _TABLE_ROWS = 60, 20, 12
_PARTS = ("train", "validation")


def with_curves(view: View) -> list[str]:
    """The arms that have a curve."""
    return [arm for arm in view.arms if _curves(view.runs(arm))]


def learning_curves(view: View, arm: str, top: float) -> str:
    """An arm's curves as SVG: a faint line a seed, a strong one for the mean, a tick where a seed stopped.

    Args:
        view: of the report.
        arm: which has curves.
        top: the highest NLL shown; what is above lies at the edge.
    """
    runs = [r for r in view.runs(arm) if r.curve is not None]
    curves = _curves(runs)
    x = Scale(0.0, max(1.0, *(c.steps[-1] for c in curves)), _LEFT, _RIGHT)
    y = Scale(0.0, top, _BOTTOM, _TOP)
    parts = x_axis(x, _TOP, _BOTTOM, "steps", 4) + y_axis(y, _LEFT, _RIGHT, "NLL of the labels")
    for part in _PARTS:
        parts += [_path(c.steps, getattr(c, part), x, y, f"ow-st-{part} ow-st-faint") for c in curves[:_MOST_SEEDS]]
    means = {part: mean_curve(curves, part) for part in _PARTS}
    parts += [_path(steps, values, x, y, f"ow-st-{part}") for part, (steps, values) in means.items()]
    stops = [r.steps for r in runs if r.steps is not None]
    parts += [f'<path class="ow-st-stop" d="M{x(s)} {_BOTTOM - 9:g}v9"/>' for s in stops]
    words = [f"Learning curves of {arm}, {len(curves)} seeds."]
    for part, (steps, values) in means.items():
        low = int(np.argmin(values))
        lowest = f"lowest {values[low]:.3f} at step {steps[low]:,g}"
        words.append(f"Mean {part} NLL: {values[0]:.3f} first, {lowest}, {values[-1]:.3f} last.")
    if stops:
        words.append(f"Stopped at steps {min(stops):,} to {max(stops):,}.")
    return svg(f"curve-{view.arms.index(arm)}", _W, _H, f"Learning curves of {arm}", " ".join(words), parts)


def curve_table(view: View, arm: str) -> str:
    """The mean curves of an arm as a table, at up to a dozen steps."""
    means = [mean_curve(_curves(view.runs(arm)), part) for part in _PARTS]
    steps = means[0][0]
    at = sorted({round(i) for i in np.linspace(0, len(steps) - 1, min(_TABLE_ROWS, len(steps)))})
    rows = [row([f"{steps[i]:,g}", *(f"{values[i]:.3f}" for _, values in means)]) for i in at]
    return table(f"Learning curves of {arm}", ["Step", "Training NLL", "Validation NLL"], rows)


def highest_shown(view: View, arms: Sequence[str]) -> float:
    """The top of the axis of NLL, one for all arms: no outlier flattens the rest."""
    highest = [max(c.validation) for arm in arms for c in _curves(view.runs(arm))]
    starts = [c.train[0] for arm in arms for c in _curves(view.runs(arm))]
    finite = [v for v in (*highest, *starts) if math.isfinite(v)]
    return 1.05 * float(np.quantile(finite, 0.9)) if finite and max(finite) > 0 else 1.0


def mean_curve(curves: Sequence[Curve], part: str) -> tuple[list[float], list[float]]:
    """The mean over seeds, at the steps where all of them were measured (else interpolated, as far as all reach).

    >>> one, two = Curve((0, 10), (1.0, 0.5), (1.0, 0.8)), Curve((0, 5, 10), (1.0, 0.9, 0.7), (1.0, 0.9, 0.8))
    >>> mean_curve([one, two], "train")
    ([0.0, 5.0, 10.0], [1.0, 0.825, 0.6])
    """
    last = min(c.steps[-1] for c in curves)
    steps = sorted({s for c in curves for s in c.steps if s <= last})
    grid = np.array(_thinned(steps), dtype=np.float64)
    values = np.mean([np.interp(grid, c.steps, getattr(c, part)) for c in curves], axis=0)
    return grid.tolist(), values.tolist()


def curves_caption(view: View) -> str:
    """How to read the pictures, as HTML."""
    first = f" (the first {_MOST_SEEDS})" if len(view.report.seeds) > _MOST_SEEDS else ""
    keys = [
        f'<svg class="ow-st ow-st-key" viewBox="0 0 24 12" aria-hidden="true"><path class="{css}" d="M1 6h22"/></svg>'
        for css in ("ow-st-train", "ow-st-validation")
    ]
    return (
        f"{keys[0]} training, {keys[1]} validation; a faint line a seed{first}, a strong one for the mean. The ticks "
        "on the axis are the steps at which the seeds stopped."
    )


def _curves(runs: Sequence[StoredRun]) -> list[Curve]:
    return [r.curve for r in runs if r.curve is not None and r.curve.steps]


def _thinned(values: Sequence[float]) -> list[float]:
    if len(values) <= _MOST_POINTS:
        return list(values)
    return [values[i] for i in sorted({round(i) for i in np.linspace(0, len(values) - 1, _MOST_POINTS)})]


def _path(steps: Sequence[float], values: Sequence[float], x: Scale, y: Scale, css: str) -> str:
    points = [(s, v) for s, v in zip(steps, values, strict=True) if math.isfinite(v)]
    keep = _thinned(range(len(points)))
    path = "L".join(f"{x(points[int(i)][0]):.1f} {y(points[int(i)][1]):.1f}" for i in keep)
    return f'<path class="{css}" d="M{path}"/>' if path else ""

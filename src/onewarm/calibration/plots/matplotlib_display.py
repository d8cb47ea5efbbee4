"""Reliability diagrams drawn with Matplotlib, which is imported when something is drawn."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from onewarm.calibration.defaults import BINS, LEVEL
from onewarm.calibration.plots.reliability_data import ReliabilityData, reliability
from onewarm.calibration.plots.smooth_curve import SmoothCurve
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.errors import InputError, needs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

THEMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "light": {
            "paper": "#ffffff", "ink": "#1d2129", "muted": "#646b78", "grid": "#e7e9ee",
            "over": "#d4572a", "under": "#2a72b5", "count": "#aeb6c4",
        },
        "dark": {
            "paper": "#15181d", "ink": "#eceef2", "muted": "#9aa3b2", "grid": "#2a2f38",
            "over": "#ff8f5e", "under": "#6db3f2", "count": "#566072",
        },
    }
)  # fmt: skip
"""Colours by role: paper, ink, muted (ticks, diagonal), grid, over(confident), under(confident), count."""

HOW_TO_READ = (
    "Dots: bins of confidence. Across, how sure the model was; up, how often it was right. On the dashed line the two "
    "agree; below it the model is overconfident. Whiskers: intervals of the accuracy; a bin is grey if its interval "
    "contains the confidence. Line and band: the same without bins, at all confidences at once. Below: the "
    "share of rows in each bin."
)
_NUMBERED_BINS = 20  # with more bins, the numbers above the bars would overlap


class ReliabilityDisplay:
    """A reliability diagram: accuracy against confidence, with intervals, and the number of rows below.

    How to read it (``plot(explain=True)`` writes a short version, ``HOW_TO_READ``, below the figure). Every dot is a
    bin of confidence: how sure the model was (across) and how often it was right (up). On the dashed diagonal the two
    agree. The bar from the diagonal to the dot is the gap, and the whisker the interval of the accuracy, at 95 % by
    default. A bin is coloured if its whisker does not contain the mean confidence: orange below the diagonal, where the
    model is overconfident, blue above, where it is underconfident. In a grey bin the data do not decide. The line is
    the accuracy as a smooth function of confidence. Its band contains the entire curve in 95 % of samples, so
    that a model is miscalibrated where the diagonal leaves the band. The lower panel has the share of rows in each bin,
    which is the weight of the bin's gap in the ECE, and two lines at the accuracy and the mean confidence of all rows.

    Args:
        data: what to draw; see ``reliability``.

    Attributes:
        ax_, counts_ax_, figure_: after ``plot``, the upper and the lower axes and their figure.

    Example:
        >>> import numpy as np
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> rng = np.random.default_rng(0)
        >>> p = rng.dirichlet(np.ones(3), 500)
        >>> display = ReliabilityDisplay.from_predictions(p, p.argmax(1), theme="dark")
        >>> display.ax_.get_ylabel()
        'accuracy'
    """

    ax_: Axes
    counts_ax_: Axes
    figure_: Figure

    def __init__(self, data: ReliabilityData) -> None:
        self.data = data

    @classmethod
    def from_summary(
        cls,
        summary: CalibrationSummary,
        *,
        bins: int = BINS,
        level: float = LEVEL,
        seed: int | None = None,
        **plot: Any,
    ) -> Self:
        """Draw the diagram of a summary; other arguments are those of ``plot``.

        Raises:
            ValueError: what ``reliability`` and ``plot`` raise.
        """
        return cls(reliability(summary, bins, level=level, seed=seed)).plot(**plot)

    @classmethod
    def from_predictions(
        cls,
        predictions: Any,
        truth: Any,
        *,
        logits: bool = False,
        normalize: bool = False,
        weights: Any = None,
        bins: int = BINS,
        level: float = LEVEL,
        seed: int | None = None,
        **plot: Any,
    ) -> Self:
        """Draw the diagram of predictions and their truth, given as to ``CalibrationSummary.update``.

        Raises:
            TypeError, ValueError: what ``CalibrationSummary.update``, ``reliability`` and ``plot`` raise.
        """
        summary = CalibrationSummary().update(predictions, truth, weights=weights, logits=logits, normalize=normalize)
        return cls.from_summary(summary, bins=bins, level=level, seed=seed, **plot)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        theme: str = "light",
        colors: Mapping[str, str] | None = None,
        title: str | None = None,
        curve: bool = True,
        explain: bool = False,
    ) -> Self:
        """Draw into ``ax``, which gives its lower fifth to the counts, or into a new figure.

        Args:
            ax: axes to draw into.
            theme: "light" or "dark".
            colors: colours by role that replace those of the theme: see ``THEMES``.
            title: text above the diagram.
            curve: whether to draw the smooth curve and its band.
            explain: whether to write below a new figure how to read the diagram.

        Raises:
            ValueError: a theme or a role that does not exist, or ``explain`` with ``ax``.
        """
        if theme not in THEMES:
            raise InputError(f"theme is {theme!r}: expected one of {sorted(THEMES)}")
        palette = {**THEMES[theme], **(colors or {})}
        if unknown := palette.keys() - THEMES[theme].keys():
            raise InputError(f"colors has {sorted(unknown)}: expected roles among {sorted(THEMES[theme])}")
        if explain and ax is not None:
            raise InputError("explain is True, but ax is given: its figure is yours to write in; see HOW_TO_READ")
        if ax is None:
            with needs("ReliabilityDisplay", "plots"):
                import matplotlib.pyplot as plt

            size = (5.2, 7.3 if explain else 6.6)
            figure, ax = plt.subplots(figsize=size, layout="constrained", facecolor=palette["paper"])
            if explain:
                text = "\n".join(textwrap.wrap(HOW_TO_READ, 80))
                figure.supxlabel(text, color=palette["muted"], fontsize=8.5, x=0.03, ha="left", linespacing=1.4)
        counts = _below(ax)
        self.ax_, self.counts_ax_, self.figure_ = ax, counts, ax.figure.figure
        for axes in (ax, counts):
            _dress(axes, palette)
        if curve:
            _draw_curve(ax, self.data.curve, palette)
        _draw_gaps(ax, self.data, palette)
        _draw_counts(counts, self.data, palette)
        note = f"ECE {self.data.ece:.4f}    {self.data.rows:,} rows    {self.data.level:.0%} intervals"
        ax.annotate(
            note,
            (0, 1),
            (0, 7),
            xycoords="axes fraction",
            textcoords="offset points",
            color=palette["muted"],
            fontsize=9,
        )
        if title is not None:
            ax.set_title(title, color=palette["ink"], fontsize=12, loc="left", fontweight="bold", pad=22)
        return self


def _below(ax: Axes) -> Axes:
    """New axes in the lower fifth of the area of ``ax``, which keeps the rest."""
    figure = ax.figure
    spec = ax.get_subplotspec()
    if spec is not None:
        halves = spec.subgridspec(2, 1, height_ratios=(4, 1))
        ax.set_subplotspec(halves[0])
        return figure.add_subplot(halves[1], sharex=ax)
    x, y, width, height = ax.get_position().bounds
    ax.set_position((x, y + 0.26 * height, width, 0.74 * height))
    return figure.add_axes((x, y, width, 0.18 * height), sharex=ax)


def _dress(ax: Axes, palette: Mapping[str, str]) -> None:
    ax.set_facecolor(palette["paper"])
    ax.set_xlim(0, 1)
    ax.grid(color=palette["grid"], linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(colors=palette["muted"], length=0, labelsize=9)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(palette["grid"])


def _draw_curve(ax: Axes, curve: SmoothCurve, palette: Mapping[str, str]) -> None:
    ax.fill_between(curve.x, curve.low, curve.high, color=palette["ink"], alpha=0.1, linewidth=0, zorder=1.5)
    ax.plot(curve.x, curve.y, color=palette["ink"], linewidth=1.3, zorder=2.5)


def _draw_gaps(ax: Axes, data: ReliabilityData, palette: Mapping[str, str]) -> None:
    occupied = data.count > 0
    confidence, accuracy = data.confidence[occupied], data.accuracy[occupied]
    low, high = data.interval[occupied].T
    clear = (confidence < low) | (confidence > high)
    color = np.where(confidence > accuracy, palette["over"], palette["under"])
    bars, marks = (np.where(clear, color, palette[unclear]) for unclear in ("count", "muted"))
    width = 0.8 / len(data.count)
    ax.set_ylim(0, 1)
    ax.plot([0, 1], [0, 1], color=palette["muted"], linewidth=1.2, linestyle=(0, (4, 3)), zorder=2)
    ax.bar(confidence, accuracy - confidence, width, confidence, color=bars, alpha=0.35, linewidth=0, zorder=2)
    ax.vlines(confidence, low, high, color=marks, linewidth=1.4, zorder=3, clip_on=False)
    ax.scatter(confidence, accuracy, 34, c=marks, edgecolors=palette["paper"], linewidths=1.2, zorder=4, clip_on=False)
    ax.set_ylabel("accuracy", color=palette["ink"])
    ax.tick_params(labelbottom=False)
    ax.text(0.03, 0.96, "underconfident", color=palette["under"], fontsize=9.5, va="center")
    ax.text(0.97, 0.04, "overconfident", color=palette["over"], fontsize=9.5, va="center", ha="right")


def _draw_counts(ax: Axes, data: ReliabilityData, palette: Mapping[str, str]) -> None:
    with needs("ReliabilityDisplay", "plots"):
        from matplotlib.patheffects import withStroke

    share = data.count / data.rows
    step = 1 / len(data.count)
    ax.bar(data.lower + step / 2, share, step * 0.86, color=palette["count"], linewidth=0, zorder=2)
    ax.set_ylim(0, 1.3 * float(share.max()))
    halo = [withStroke(linewidth=2, foreground=palette["paper"])]
    if len(data.count) <= _NUMBERED_BINS:
        for lower, height, count in zip(data.lower, share, data.count.tolist(), strict=True):
            if count:
                ax.annotate(
                    _short(count), (lower + step / 2, height), (0, 2), textcoords="offset points", ha="center",
                    color=palette["muted"], fontsize=7, zorder=4, path_effects=halo,
                )  # fmt: skip
    overconfident = data.mean_confidence > data.overall_accuracy
    for x, label, color in (
        (data.overall_accuracy, "accuracy", palette["ink"]),
        (data.mean_confidence, "mean confidence", palette["over" if overconfident else "under"]),
    ):
        ax.axvline(x, color=color, linewidth=1.6, zorder=3, label=f"{label} {x:.3f}")
    ax.legend(
        loc="lower right", bbox_to_anchor=(1, 0.97), ncols=2, frameon=False, fontsize=9, labelcolor="linecolor",
        handlelength=0.9, columnspacing=1.2, borderaxespad=0,
    )  # fmt: skip
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.locator_params(axis="y", nbins=3)
    ax.set_ylabel("rows", color=palette["ink"])
    ax.set_xlabel("confidence", color=palette["ink"])


def _short(count: int) -> str:
    """At most four characters: 980, 1.2k, 12k, 3.4M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= 0.9995 * size:
            value = count / size
            return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"
    return str(count)

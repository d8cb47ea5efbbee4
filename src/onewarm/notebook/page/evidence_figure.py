"""The figure of a claim's evidence: effects with their intervals, on one axis for all rows of a unit.

Each row is an SVG strip that fills the width of its column: positions are per cent, so nothing is stretched. The
numbers are next to it as text, so the strips are hidden from assistive technology. Colours come from the style sheet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from onewarm.notebook.text.numbers import number_text, power_text

__all__ = ["Axis", "linear_axis", "log_axis"]

_MARGIN = 4.0  # per cent, at either end


@dataclass(frozen=True)
class Axis:
    """A scale from `low` to `high` (exponents of ten if `log`), with its ticks and marks."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    marks: tuple[float, ...]
    """Values marked by a line through every row: zero, or the tolerance."""
    log: bool = False

    def at(self, value: float) -> str:
        """Position of a value in per cent; a value outside the scale is at its end."""
        if self.log:
            value = math.log10(max(abs(value), 10**self.low))
        share = (value - self.low) / (self.high - self.low)
        return f"{_MARGIN + (100 - 2 * _MARGIN) * min(1.0, max(0.0, share)):.2f}%"

    def row(self, effect: float | None, interval: tuple[float, float] | None = None) -> Markup:
        """The strip of one row: marks, interval and effect; without a finite effect, no point."""
        shapes = [f'<line class="mark" x1="{self.at(m)}" x2="{self.at(m)}" y1="0" y2="100%"/>' for m in self.marks]
        if interval is not None:
            shapes.append(
                f'<line class="range" x1="{self.at(interval[0])}" x2="{self.at(interval[1])}" y1="50%" y2="50%"/>'
            )
        elif self.log and effect:
            shapes.append(f'<line class="range" x1="0" x2="{self.at(effect)}" y1="50%" y2="50%"/>')
        if effect is not None and math.isfinite(effect):
            shapes.append(f'<circle class="effect" cx="{self.at(effect)}" cy="50%" r="4.5"/>')
        return Markup(f'<svg class="strip" aria-hidden="true">{"".join(shapes)}</svg>')

    def scale(self) -> Markup:
        """The axis: a line, ticks and their labels."""
        shapes = ['<line class="base" x1="0" x2="100%" y1="0.5" y2="0.5"/>']
        for value, text in self.ticks:
            x = self.at(10**value if self.log else value)
            shapes.append(f'<line class="base" x1="{x}" x2="{x}" y1="0" y2="5"/>')
            shapes.append(f'<text x="{x}" y="17" text-anchor="middle">{text}</text>')
        return Markup(f'<svg class="scale" aria-hidden="true">{"".join(shapes)}</svg>')


def linear_axis(values: Iterable[float]) -> Axis:
    """An axis that contains zero and all finite values, with ticks at round numbers.

    >>> [text for _, text in linear_axis([-0.16, 0.01]).ticks]
    ['−0.15', '−0.10', '−0.05', '0']
    """
    finite = [v for v in values if math.isfinite(v)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    if low == high:
        low, high = -1.0, 1.0
    step = _step(high - low)
    first = math.ceil(low / step - 1e-9)
    places = max(0, -math.floor(math.log10(step)))
    numbers = [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]
    return Axis(low, high, tuple((n, _short(n, places)) for n in numbers), (0.0,))


def log_axis(values: Sequence[float], tolerance: float) -> Axis:
    """A logarithmic axis from 1e-17 to 1, or to the largest value, with a mark at the tolerance.

    >>> [text for _, text in log_axis([2e-15], 1e-10).ticks]
    ['10⁻¹⁶', '10⁻¹²', '10⁻⁸', '10⁻⁴', '1']
    """
    high = max([0.0, *(math.log10(abs(v)) for v in values if v and math.isfinite(v))])
    powers = range(-16, math.floor(high) + 1, 4)
    return Axis(
        -17.0, high, tuple((float(p), power_text(p)) for p in powers), (tolerance,) if tolerance else (), log=True
    )


def _step(span: float) -> float:
    """A round step (1, 2 or 5 times a power of ten) that makes three to six ticks."""
    raw = span / 4
    size = 10.0 ** math.floor(math.log10(raw))
    return float(next(size * m for m in (1, 2, 5, 10) if size * m >= raw * 0.999))


def _short(value: float, places: int) -> str:
    return number_text(value, places) if round(value, 12) else "0"

"""Axes of a picture: where a value lies, and which round numbers are written beside the axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from onewarm.report.numbers import minus


@dataclass(frozen=True)
class Scale:
    """A linear axis: values ``low`` to ``high`` lie at ``start`` to ``stop``; what is beyond lies at its end.

    >>> x = Scale(0.0, 2.0, 100.0, 300.0)
    >>> x(0.5), x(9.0)
    (150.0, 300.0)
    """

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.stop - self.start), 2)

    def ticks(self, most: int = 5) -> list[float]:
        """Round values on the axis: see `ticks`."""
        return ticks(self.low, self.high, most)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """The multiples of 1, 2 or 5 times a power of ten in ``low``..``high``, at most ``most`` of them, and at least one
    unless even the finest such step that fits is too coarse.

    >>> ticks(-0.03, 0.05), ticks(0, 600, 4)
    ([-0.02, 0.0, 0.02, 0.04], [0, 200, 400, 600])
    """
    width = high - low
    power = math.floor(math.log10(width / most))
    for factor in (1, 2, 5, 10, 20, 50):
        step = factor * 10.0**power
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            break
    places = max(0, -power)
    return [round(i * step, places) if places else round(i * step) for i in range(first, last + 1)]


def tick_words(values: Sequence[float]) -> list[str]:
    """Ticks as they are written: as many decimals as the finest needs, the same for all.

    >>> tick_words([-0.05, 0.0, 0.05]), tick_words([0, 2000])
    (['−0.05', '0.00', '0.05'], ['0', '2,000'])
    """
    places = max((len(f"{v:.10f}".rstrip("0").partition(".")[2]) for v in values), default=0)
    return [minus(f"{v:,.{places}f}") for v in values]


def padded(values: Sequence[float], *, share: float = 0.06, least: float = 1e-3) -> tuple[float, float]:
    """The range of values with room at both ends, at least ``least`` wide.

    >>> padded([0.0, 1.0]), padded([])
    ((-0.06, 1.06), (-0.0005, 0.0005))
    """
    low, high = (min(values), max(values)) if values else (0.0, 0.0)
    room = max(share * (high - low), (least - (high - low)) / 2)
    return low - room, high + room

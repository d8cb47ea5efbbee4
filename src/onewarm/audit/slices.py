"""Slices ranked by the evidence that their confidence errs differently from the rest, corrected for how many."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from onewarm.audit.tally import SliceSums

LEVEL = 0.95
LEAST_ROWS = 20
"""A slice with fewer rows is shown, not tested."""


@dataclass(frozen=True)
class Slice:
    """One value of one slice column.

    Attributes:
        column, value, rows: which, and how many rows.
        accuracy, confidence, gap, ece: as of the whole; gap = confidence - accuracy; 15 bins.
        interval: of the gap, normal, 95 %.
        difference: its gap minus the gap of all other rows.
        p, p_holm: that the difference is chance (two-sided z test); corrected for every slice tested. None: not tested.
    """

    column: str
    value: str
    rows: int
    accuracy: float
    confidence: float
    gap: float
    interval: tuple[float, float]
    ece: float
    difference: float | None
    p: float | None
    p_holm: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON."""
        return {**self.__dict__, "interval": list(self.interval)}


def rank(sums: Mapping[str, SliceSums]) -> tuple[Slice, ...]:
    """Every slice, the strongest evidence first; p corrected by Holm's method over all that were tested.

    Source: Holm, Scandinavian Journal of Statistics 6, 1979.
    """
    found = [s for column, kept in sums.items() for s in _column(column, kept)]
    tested = sorted((s for s in found if s["p"] is not None), key=lambda s: s["p"])
    highest = 0.0
    for i, one in enumerate(tested):
        highest = max(highest, min(1.0, one["p"] * (len(tested) - i)))
        one["p_holm"] = highest
    found.sort(key=lambda s: (s["p"] is None, s["p"] or 0.0, -abs(s["z"]), s["column"], s["value"]))
    return tuple(Slice(**{k: v for k, v in s.items() if k != "z"}) for s in found)


def _column(column: str, kept: SliceSums) -> list[dict[str, Any]]:
    z95 = NormalDist().inv_cdf((1 + LEVEL) / 2)
    whole = kept.moments.sum(axis=0)
    out = []
    for value, at in sorted(kept.values.items()):
        mine = kept.moments[at]
        rows, weight = int(mine[0]), mine[1]
        if weight == 0:
            continue
        gap, error = _gap(mine)
        rest = whole - mine
        difference = p = None
        z = 0.0
        if rest[1] > 0:
            other, other_error = _gap(rest)
            difference = gap - other
            both = math.hypot(error, other_error)
            z = difference / both if both > 0 else 0.0
            if rows >= LEAST_ROWS and rest[0] >= LEAST_ROWS and both > 0:
                p = math.erfc(abs(z) / math.sqrt(2))
        out.append(
            {
                "column": column,
                "value": value,
                "rows": rows,
                "accuracy": float(mine[4] / weight),
                "confidence": float(mine[3] / weight),
                "gap": gap,
                "interval": (gap - z95 * error, gap + z95 * error),
                "ece": float(np.abs(kept.gaps[at]).sum() / weight),
                "difference": difference,
                "p": p,
                "p_holm": None,
                "z": z,
            }
        )
    return out


def _gap(m: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    """Weighted mean of the gaps of the rows, and its standard error, from their moments."""
    gap = float((m[3] - m[4]) / m[1])
    squares = max(0.0, float(m[5] - 2 * gap * m[6] + gap * gap * m[2]))
    return gap, math.sqrt(squares) / float(m[1])

"""Slices ranked by the evidence that their confidence gap differs from that of the other rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from onewarm.audit.tally import SliceSums
from onewarm.calibration.defaults import LEVEL

LEAST_ROWS = 20
"""A slice with fewer rows is shown but not tested."""


@dataclass(frozen=True)
class Slice:
    """One value of one slice column.

    Attributes:
        column, value, rows: the slice column, its value, and the number of rows that have it.
        accuracy, confidence, ece: of these rows, as for all rows.
        gap, interval: mean confidence minus accuracy, and its normal interval of ``LEVEL``.
        difference: the gap minus that of all other rows; None where there are none.
        p, p_holm: p value of the difference (two-sided z test), and the same with Holm's correction for every slice
            tested; None where it was not tested.
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
        """The attributes as values for JSON."""
        return {**self.__dict__, "interval": list(self.interval)}


def rank(sums: Mapping[str, SliceSums]) -> tuple[Slice, ...]:
    """All slices of all columns, those with the strongest evidence first.

    Args:
        sums: for each slice column, the sums of its values.

    Returns:
        Slices by rising p, those not tested last; ``p_holm`` corrects for all slices that were tested.

    Source: Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
    """
    slices = [s for column, column_sums in sums.items() for s in _of_column(column, column_sums)]
    tested = sorted((s for s in slices if s["p"] is not None), key=lambda s: s["p"])
    highest = 0.0
    for i, tested_slice in enumerate(tested):
        highest = max(highest, min(1.0, tested_slice["p"] * (len(tested) - i)))
        tested_slice["p_holm"] = highest
    slices.sort(key=lambda s: (s["p"] is None, s["p"] or 0.0, -abs(s["z"]), s["column"], s["value"]))
    return tuple(Slice(**{k: v for k, v in s.items() if k != "z"}) for s in slices)


def _of_column(column: str, sums: SliceSums) -> list[dict[str, Any]]:
    quantile = NormalDist().inv_cdf((1 + LEVEL) / 2)
    total = sums.moments.sum(axis=0)
    slices = []
    for value, at in sorted(sums.values.items()):
        mine = sums.moments[at]
        rows, weight = int(mine[0]), mine[1]
        if weight == 0:
            continue
        gap, error = _gap(mine)
        rest = total - mine
        difference = p = None
        z = 0.0
        if rest[1] > 0:
            other_gap, other_error = _gap(rest)
            difference = gap - other_gap
            standard_error = math.hypot(error, other_error)
            z = difference / standard_error if standard_error > 0 else 0.0
            if rows >= LEAST_ROWS and rest[0] >= LEAST_ROWS and standard_error > 0:
                p = math.erfc(abs(z) / math.sqrt(2))
        slices.append(
            {
                "column": column,
                "value": value,
                "rows": rows,
                "accuracy": float(mine[4] / weight),
                "confidence": float(mine[3] / weight),
                "gap": gap,
                "interval": (gap - quantile * error, gap + quantile * error),
                "ece": float(np.abs(sums.gaps[at]).sum() / weight),
                "difference": difference,
                "p": p,
                "p_holm": None,
                "z": z,
            }
        )
    return slices


def _gap(m: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    """The weighted mean of the gaps of some rows, and its standard error, from their moments (see ``MOMENTS``)."""
    gap = float((m[3] - m[4]) / m[1])
    squares = max(0.0, float(m[5] - 2 * gap * m[6] + gap * gap * m[2]))
    return gap, math.sqrt(squares) / float(m[1])

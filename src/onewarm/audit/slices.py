"""Slices ranked by how wrong their predictions are, as far as their rows can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from onewarm.audit.slice_sums import SUMS, Floats, SliceSums
from onewarm.calibration.defaults import LEVEL
from onewarm.calibration.intervals.bernoulli_sums import Sums, calibration_test
from onewarm.calibration.intervals.group_variance import group_variance
from onewarm.tables.slicing import Slicing

LEAST_ROWS = 20
"""A slice with fewer rows is shown but not looked at."""
_FEW = 5.0
"""Independent rows with, and without, the event: fewer say too little where the variance is estimated."""


@dataclass(frozen=True)
class Slice:
    """One slice of the rows.

    Attributes:
        column, value: of the slice; of a pair "a, b" and both values.
        name: as it is written: "country = fr", "age 30 to 41", "country = fr, age 30 to 41".
        rows: the number of its rows.
        accuracy, confidence: of the top label, or of a confidence and whether it was right.
        predicted, observed: what ``gap`` is of: with two classes the mean of P(y = 1) and the share of class 1; else
            confidence and accuracy.
        gap: predicted minus observed.
        interval: of the gap; the intervals of all slices that were looked at hold together in ``LEVEL`` of samples.
        ece: the error in bins of the prediction, of these rows.
        difference: the gap minus that of all other rows; None where there are none.
        p, p_corrected: p value of a gap of 0, exact for labels without weights and groups; and the same corrected for
            every slice looked at (Bonferroni): below 1 - ``LEVEL`` exactly where ``interval`` excludes 0. None where
            it was not looked at.
    """

    column: str
    value: str
    name: str
    rows: int
    accuracy: float
    confidence: float
    predicted: float
    observed: float
    gap: float
    interval: tuple[float, float]
    ece: float
    difference: float | None
    p: float | None
    p_corrected: float | None

    @property
    def wrong(self) -> bool:
        """Whether its predictions are wrong on average: it was looked at, and the interval excludes 0."""
        return self.p is not None and not self.interval[0] <= 0 <= self.interval[1]

    @property
    def least(self) -> float:
        """The least gap, in either direction, that its rows are compatible with; 0 where it was not looked at."""
        return min(abs(end) for end in self.interval) if self.wrong else 0.0

    def to_dict(self) -> dict[str, Any]:
        """The attributes as values for JSON."""
        return {**self.__dict__, "interval": list(self.interval), "wrong": self.wrong}


def rank(sums: Mapping[str, SliceSums], slicings: Sequence[Slicing], level: float = LEVEL) -> tuple[Slice, ...]:
    """All slices of all slicings: those that are surely most wrong first, then by their gap.

    Args:
        sums: for each slicing, by its name, the sums of its slices.
        slicings: how rows were sliced.
        level: of the intervals together.

    Returns:
        Slices by falling ``least``, then those that were looked at by falling |gap|, then the others.
    """
    looked = sum(int((_rows(sums[s.name]) >= LEAST_ROWS).sum()) for s in slicings)
    alpha = (1 - level) / max(looked, 1)
    found = [one for s in slicings for one in _of_slicing(s, sums[s.name], alpha, looked)]
    return tuple(sorted(found, key=lambda s: (-s.least, s.p is None, -abs(s.gap), s.column, s.value)))


def _rows(sums: SliceSums) -> Floats:
    rows: Floats = sums.bins[..., 0].sum(axis=1)
    return rows


def _of_slicing(slicing: Slicing, sums: SliceSums, alpha: float, looked: int) -> list[Slice]:
    order = [(text, at) for text, at in sorted(sums.values.items()) if sums.bins[at, :, 1].sum() > 0]
    if not order:
        return []
    at = np.asarray([row for _, row in order])
    bins, top = sums.bins[at], sums.top[at]
    total = dict(zip(SUMS, bins.sum(axis=1).T, strict=True))
    w, gap = total["weight"], (total["predicted"] - total["observed"]) / total["weight"]
    unit, df = _units(sums, at, total)
    chance = np.divide(bins[..., 2], bins[..., 1], where=bins[..., 1] > 0, out=np.zeros(bins.shape[:2]))
    trials, observed = bins[..., 1] / unit[:, None], total["observed"] / unit
    tested = calibration_test(Sums(trials, chance, observed, sums.counted), np.full(len(at), alpha), df)
    low, high = np.minimum(tested.low * unit / w, gap), np.maximum(tested.high * unit / w, gap)
    enough = total["rows"] >= LEAST_ROWS
    if not sums.counted:
        events = np.minimum(observed, w / unit - observed)
        expected = np.minimum((trials * chance).sum(axis=1), (trials * (1 - chance)).sum(axis=1))
        known = (np.minimum(events, expected) >= _FEW) & (df >= 1)
        low, high = np.where(known, low, -1.0), np.where(known, high, 1.0)
        tested = tested._replace(p=np.where(known, tested.p, 1.0))
    rest = w.sum() - w
    other = ((total["predicted"] - total["observed"]).sum() - gap * w) / np.where(rest > 0, rest, 1.0)
    ece = np.abs(bins[..., 2] - bins[..., 3]).sum(axis=1) / w
    return [
        Slice(
            column=slicing.name,
            value=slicing.value(text),
            name=slicing.title(text),
            rows=int(total["rows"][i]),
            accuracy=float(top[i, 1] / w[i]),
            confidence=float(top[i, 0] / w[i]),
            predicted=float(total["predicted"][i] / w[i]),
            observed=float(total["observed"][i] / w[i]),
            gap=float(gap[i]),
            interval=(max(float(low[i]), -1.0), min(float(high[i]), 1.0)),
            ece=float(ece[i]),
            difference=float(gap[i] - other[i]) if rest[i] > 0 else None,
            p=float(tested.p[i]) if enough[i] else None,
            p_corrected=min(float(tested.p[i]) * looked, 1.0) if enough[i] else None,
        )
        for i, (text, _) in enumerate(order)
    ]


def _units(sums: SliceSums, at: np.ndarray[Any, Any], total: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """The weight that counts as one independent row with a label, and the degrees of freedom it is known with."""
    df = np.full(len(at), np.inf)
    if sums.counted and not len(sums.groups):
        return np.ones(len(at)), df
    null = np.maximum(total["null"], 1e-12 * total["weight"])
    unit = np.where(total["null2"] > 0, total["null2"] / null, 1.0)
    if len(sums.groups):
        weight, residual = sums.groups[at, :, 0].T, sums.groups[at, :, 1].T
        variance, df = group_variance(residual, weight)
        unit = np.maximum(np.where(np.isfinite(variance), variance / null, 1.0), unit)
    else:
        shares = total["residual2"] / null  # votes vary less than labels
        unit = np.where(total["residual2"] > 0, np.minimum(unit, shares), unit)
    return np.maximum(unit, 1e-6), df

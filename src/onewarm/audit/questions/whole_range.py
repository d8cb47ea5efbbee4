"""Calibration over the whole range at once: intercept, slope, and p values that need no bins."""

from __future__ import annotations

import math

import numpy as np

from onewarm.audit.clusters import Clusters
from onewarm.audit.questions.ask import ALPHA, Kind, event_cells, top_cells
from onewarm.audit.questions.units import of_all, of_slope, of_top
from onewarm.calibration.intervals.bernoulli_sums import (
    LEAST,
    Sums,
    UpperTail,
    calibration_test,
    normal_tail,
    t_to_normal,
)
from onewarm.calibration.intervals.slope import Logistic, slope
from onewarm.calibration.summary.summary import CalibrationSummary

Interval = tuple[float, float]


class WholeRange:
    """P(y = 1) of two classes, a confidence, or the top label of several, against what happened.

    Args:
        summary: of at least one row.
        kind: of the predictions.
        clusters: of the same rows, where they come in groups.
        least: what a probability of 0 may have meant at most.
    """

    def __init__(
        self, summary: CalibrationSummary, kind: Kind, clusters: Clusters | None = None, least: float = LEAST
    ) -> None:
        self._summary, self._clusters, self._least = summary, clusters, least
        self._cells = event_cells(summary) if kind == "binary" else top_cells(summary)
        self._units = of_all(summary, clusters) if kind == "binary" else of_top(summary, clusters)
        self._residual = (self._cells.predicted - self._cells.observed)[0]
        self._null = (self._cells.weight * self._cells.chance * (1 - self._cells.chance))[0]

    def intercept(self) -> tuple[float, Interval] | None:
        """The shift of the log-odds that makes the predictions right on average, and its 95 % interval.

            logit P(event) = a + logit p        0 of a calibrated model; below 0 where p is too high

        None where no row or every row is an event.

        Source: Cox, Biometrika 45, 1958; Steyerberg, Clinical Prediction Models, 2019, section 15.3
        (calibration-in-the-large).
        """
        unit, df = float(self._units.unit[0]), self._units.df
        total = float(self._cells.observed.sum())
        if not 0 < total < float(self._cells.weight.sum()) or df[0] < 1:
            return None
        sums = Sums(self._cells.weight / unit, self._cells.chance, np.asarray([total / unit]), self._units.known)
        found = calibration_test(sums, np.asarray([ALPHA]), df, self._least)
        ends = float(found.shift_low[0]), float(found.shift_high[0])
        if not np.isfinite(ends).all():
            return None
        tail = UpperTail(sums._replace(chance=np.clip(sums.chance, self._least, 1 - self._least)))
        low, high = ends
        for _ in range(60):
            middle = (low + high) / 2
            if tail.mean(np.asarray([middle]))[0] < sums.total[0]:
                low = middle
            else:
                high = middle
        return (low + high) / 2, ends

    def slope(self) -> tuple[float, Interval] | None:
        """The slope b of logit P(event) = a + b logit p, and its 95 % interval.

        1 of a calibrated model, below 1 where p is too extreme. None where it is not determined: all rows alike, or
        events and the others apart.

        Source: Cox, Biometrika 45, 1958; for the interval see ``calibration.intervals.slope``.
        """
        try:
            model = Logistic(self._cells.weight[0], self._cells.chance[0], self._cells.observed[0], self._least)
        except ArithmeticError:
            return None
        units = of_slope(self._summary, model, self._clusters, self._units)
        if units.df[0] < 1:
            return None
        found = slope(model, ALPHA, unit=float(units.unit[0]), df=float(units.df[0]))
        return (found.value, (found.low, found.high)) if np.isfinite([found.low, found.high]).all() else None

    def spiegelhalter_p(self) -> float | None:
        """The p value of Spiegelhalter's z: is the Brier score that of a calibrated model?

            z = sum_i w_i (y_i - p_i) (1 - 2 p_i) / sqrt(u sum_i w_i (1 - 2 p_i)^2 p_i (1 - p_i))

        u is the weight that counts as one independent row. None where every p is 0, .5 or 1.

        Source: Spiegelhalter, Statistics in Medicine 5, 1986, section 6.
        """
        tilt = 1 - 2 * self._cells.chance[0]
        return self._p(abs(float((self._residual * tilt).sum())), float((self._null * tilt**2).sum()), brownian=False)

    def cumulative_p(self) -> float | None:
        """The p value of the cumulative differences (Kolmogorov-Smirnov): does any range of p go wrong?

            max_t |sum_{p_i <= t} w_i (p_i - y_i)| / sqrt(u sum_i w_i p_i (1 - p_i))  ~  max_{0..1} |Brownian motion|

        The maximum is over the edges of the summary's cells. None where every p is 0 or 1.

        Source: Arrieta-Ibarra, Gujral, Tannen, Tygert & Xu, Metrics of calibration for probabilistic predictions,
        JMLR 23 (351), 2022, section 2.
        """
        return self._p(float(np.abs(np.cumsum(self._residual)).max()), float(self._null.sum()), brownian=True)

    def _p(self, distance: float, null: float, *, brownian: bool) -> float | None:
        if null <= 0 or self._units.df[0] < 1:
            return None
        z = float(t_to_normal(distance / math.sqrt(null * float(self._units.unit[0])), self._units.df)[0])
        if not brownian:
            return 2 * float(normal_tail(z))
        # P(max |B| > z), by reflection: 4 (Q(z) - Q(3 z) + Q(5 z) - ...)
        odd = np.arange(1, 400, 2, dtype=np.float64)
        return float(min(4 * (normal_tail(odd * z) * (-1.0) ** np.arange(len(odd))).sum(), 1.0)) if z > 0.1 else 1.0

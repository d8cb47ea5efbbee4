"""Intercept and slope of calibration: logit P(event) = a + b logit p, with a test of b that is right in small samples.

Source: Cox, Biometrika 45, 1958 (the model); Skovgaard, Journal of Applied Probability 24, 1987, section 3, and
Davison, Journal of the Royal Statistical Society B 50, 1988, section 3 (the tail of b given the number of events).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from onewarm.calibration.intervals.bernoulli_sums import LEAST, normal_quantile, normal_tail, normal_to_t, t_to_normal
from onewarm.calibration.summary.cells import Floats

_FLAT, _STEEP = -50.0, 50.0  # slopes are looked for between them


class Slope(NamedTuple):
    """A slope, its interval and the two-sided p value of a slope of 1."""

    value: float
    low: float
    high: float
    p: float


class Logistic:
    """The model over C cells with rows n, mean chances m and numbers of events s.

    Attributes:
        x: log-odds of the cells that have rows, about ``middle``, their mean by information.
        null: variance of sum x (s - n m) if the model is calibrated (a = 0, b = 1) and rows are independent.
        a, b: the likeliest intercept (at ``middle``) and slope.

    Raises:
        ArithmeticError: the slope is not determined: fewer than two chances, or events and others do not overlap.
    """

    def __init__(self, count: Floats, chance: Floats, events: Floats, least: float = LEAST) -> None:
        used = count > 0
        self.n, self.s = count[used], events[used]
        m = np.clip(chance[used], least, 1 - least)
        x = np.log(m) - np.log1p(-m)
        total, rows = float(self.s.sum()), float(self.n.sum())
        if len(x) < 2 or not 0 < total < rows or np.ptp(x) < 1e-9:
            raise ArithmeticError("the slope is not determined")
        yes, no = x[self.s > 0], x[self.n - self.s > 1e-9 * self.n]
        if yes.min() >= no.max() or yes.max() <= no.min():
            raise ArithmeticError("the slope is not determined")
        information = self.n * m * (1 - m)  # of a calibrated model
        self.middle = float((information * x).sum() / information.sum())
        self.x = x - self.middle
        self.null = float((information * self.x**2).sum())
        self.b, self.a = 1.0, 0.0
        self._fit()

    def _mean(self, a: float, b: float) -> Floats:
        z = np.clip(a + b * self.x, -700, 700)
        mean: Floats = 1 / (1 + np.exp(-z))
        return mean

    def _log_likelihood(self, a: float, b: float) -> float:
        z = a + b * self.x
        return float((self.s * z - self.n * np.logaddexp(0, z)).sum())

    def _information(self, a: float, b: float) -> tuple[float, float]:
        """The information of the intercept, and the determinant of that of both."""
        mean = self._mean(a, b)
        w = self.n * mean * (1 - mean)
        zero, one, two = float(w.sum()), float((w * self.x).sum()), float((w * self.x**2).sum())
        return zero, zero * two - one * one

    def intercept(self, b: float, start: float) -> float:
        """The likeliest intercept for this slope."""
        total = float(self.s.sum())
        low, high, a = -math.inf, math.inf, start
        for _ in range(200):
            mean = self._mean(a, b)
            off = float((self.n * mean).sum()) - total
            if abs(off) <= 1e-11 * total:
                break
            low, high = (a, high) if off < 0 else (low, a)
            step = a - off / max(float((self.n * mean * (1 - mean)).sum()), 1e-300)
            step = min(max(step, a - 5), a + 5)
            a = step if low < step < high else (low + high) / 2 if math.isfinite(low + high) else step
        return a

    def _fit(self) -> None:
        """The likeliest slope: the profile's derivative, sum x (s - n mean), falls with b."""
        low, high, b, a = _FLAT, _STEEP, 1.0, 0.0
        for _ in range(100):
            a = self.intercept(b, a)
            mean = self._mean(a, b)
            score = float((self.x * (self.s - self.n * mean)).sum())
            zero, determinant = self._information(a, b)
            low, high = (b, high) if score > 0 else (low, b)
            step = b + score * zero / max(determinant, 1e-300)
            nearer = step if low < step < high else (low + high) / 2
            if abs(nearer - b) < 1e-10 * (1 + abs(b)):
                break
            b = nearer
        self.a, self.b = a, b
        self._best = self._log_likelihood(a, b)
        self._determinant = self._information(a, b)[1]

    def deviate(self, b: float, unit: float = 1.0) -> float:
        """The normal deviate of the observed slope if the true one is ``b``: falling in b, 0 near the likeliest.

        Args:
            unit: rows that count as one independent row (a design effect).
        """
        a = self.intercept(b, self.a)
        drop = max(self._best - self._log_likelihood(a, b), 0.0)
        r = math.copysign(math.sqrt(2 * drop / unit), self.b - b)
        zero, _ = self._information(a, b)
        u = (self.b - b) * math.sqrt(self._determinant / max(zero, 1e-300) / unit)
        if abs(r) < 0.01 or u / r <= 0:
            return r
        return r + math.log(u / r) / r  # Barndorff-Nielsen's form of the tail 1 - Phi(r) + phi(r) (1/u - 1/r)


def slope(model: Logistic, alpha: float, *, unit: float = 1.0, df: float = math.inf) -> Slope:
    """The slope with its interval of 1 - alpha, and the p value of 1, which is outside exactly where p < alpha.

    Args:
        model: rows, chances and events.
        alpha: two-sided level.
        unit: rows that count as one independent row.
        df: degrees of freedom with which ``unit`` was estimated.

    >>> chance = np.array([0.2, 0.4, 0.6, 0.8])
    >>> found = slope(Logistic(np.full(4, 100.0), chance, np.array([10.0, 35.0, 65.0, 90.0])), 0.05)
    >>> round(found.value, 2), found.low > 1, found.p < 0.05
    (1.57, True, True)
    """
    limit = float(normal_to_t(normal_quantile(alpha / 2), df))
    at_one = model.deviate(1.0, unit)
    p = 2 * float(normal_tail(t_to_normal(abs(at_one), df)))
    low = _crossing(model, unit, limit, at_one)
    high = _crossing(model, unit, -limit, at_one)
    wrong = abs(at_one) > limit
    return Slope(model.b, low, high, min(p, alpha * (1 - 1e-12)) if wrong else min(max(p, alpha), 1.0))


def _crossing(model: Logistic, unit: float, limit: float, at_one: float) -> float:
    """The slope at which the deviate is ``limit``, between the likeliest slope and an end; on 1's side as it should."""
    towards = -1.0 if limit > 0 else 1.0
    inside, outside, reach = model.b, model.b, 0.25
    while model.deviate(outside, unit) * -towards < abs(limit):  # widen
        inside, outside, reach = outside, model.b + towards * reach, reach * 2
        if reach > 1e3:
            return towards * math.inf
    rejects_one = at_one > limit if limit > 0 else at_one < limit
    if rejects_one:  # 1 is outside: the crossing lies between it and the likeliest slope
        outside = max(outside, 1.0) if towards < 0 else min(outside, 1.0)
    elif (outside - 1.0) * (inside - 1.0) < 0:
        inside = 1.0
    elif (1.0 - inside) * towards > 0:
        inside, outside = 1.0, outside if (outside - 1.0) * towards > 0 else 1.0 + towards * reach
    for _ in range(60):
        middle = (inside + outside) / 2
        if abs(outside - inside) < 1e-9 * (1 + abs(middle)):
            break
        if model.deviate(middle, unit) * -towards < abs(limit):
            inside = middle
        else:
            outside = middle
    if rejects_one:
        return math.nextafter(1.0, math.inf) if inside == 1.0 else inside
    return inside

"""A mean over seeds with its standard error: Student's t, widened where the seeds share rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from onewarm.errors import InputError, needs

with needs("onewarm.study", "study"):
    from scipy.optimize import brentq
    from scipy.special import stdtr, stdtrit

MOST_SEEDS = 10_000
"""`seeds_needed` looks no further."""

_LEAST_P = 1e-290


@dataclass(frozen=True)
class Estimate:
    """The mean of n values, one for each seed, and how far it may be off.

        half width^2 = t_{n-1}^2 s^2 (1/n + ratio) + t_{G-1}^2 rows

    with the two-sided quantiles of Student's t of the level. A variance that is estimated from few seeds so keeps its
    wide quantile whatever stands beside it; the coverage is at least the level for normal values. Satterthwaite's
    degrees of freedom give an interval that misses several times too often with 3 to 5 seeds at high levels.

    Banerjee, Approximate Confidence Interval for Linear Functions of Means of k Populations When the Population
    Variances Are Not Equal, Sankhya 22 (1960).

    Attributes:
        mean: of the values.
        seeds: n.
        spread: s, the deviation of one seed's value from the next.
        ratio: the share of s^2 that no number of seeds takes away.
        rows: the variance that new test rows add, the same for any number of seeds.
        rows_freedom: its degrees of freedom, G - 1.
    """

    mean: float
    seeds: int
    spread: float
    ratio: float = 0.0
    rows: float = 0.0
    rows_freedom: int = 0

    def half_width(self, level: float, seeds: int | None = None) -> float:
        """Half the interval's width: the least difference from 0 that n seeds with this spread show as clear."""
        return self._half(1 - level, seeds or self.seeds)

    def interval(self, level: float) -> tuple[float, float]:
        """[mean - h, mean + h], with h the half width."""
        half = self.half_width(level)
        return self.mean - half, self.mean + half

    @property
    def p(self) -> float:
        """Two-sided p value of a mean of 0: below 1 - level exactly where the interval at that level excludes 0."""
        error = math.hypot(self._seeds_error(self.seeds), self.rows**0.5)
        if not error:
            return 1.0  # no seed differs from 0: `estimate` gives other equal values a spread
        # With either part's degrees of freedom for both the half width is too wide or too narrow: p lies between.
        freedoms = {self.seeds - 1, self.rows_freedom} if self.rows else {self.seeds - 1}
        bounds = sorted(float(2 * stdtr(freedom, -abs(self.mean) / error)) for freedom in freedoms)
        low, high = max(bounds[0], _LEAST_P), bounds[-1]
        if high - low <= 1e-12 * high or self._half(low, self.seeds) <= abs(self.mean):
            return low
        if self._half(high, self.seeds) >= abs(self.mean):
            return high
        return float(brentq(lambda p: self._half(p, self.seeds) - abs(self.mean), low, high, xtol=1e-15 * low))

    def _half(self, wrong: float, seeds: int) -> float:
        return math.hypot(self._part_of_seeds(wrong, seeds), self._part_of_rows(wrong))

    def _part_of_seeds(self, wrong: float, seeds: int) -> float:
        return _quantile(wrong, seeds - 1) * self._seeds_error(seeds)

    def _part_of_rows(self, wrong: float) -> float:
        return _quantile(wrong, self.rows_freedom) * self.rows**0.5 if self.rows else 0.0

    def _seeds_error(self, seeds: int) -> float:
        return float(self.spread * (1 / seeds + self.ratio) ** 0.5)

    def seeds_needed(self, level: float) -> int | None:
        """The least number of seeds, at least 3, with which a mean and a spread like these are clear.

        None where no number up to `MOST_SEEDS` is enough: then what the seeds share, the file or the test rows, is too
        small to tell.
        """

        def enough(seeds: int) -> bool:
            return abs(self.mean) > self.half_width(level, seeds)

        low, high = 2, MOST_SEEDS  # the half width falls as seeds grow
        if not enough(high):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(middle) else (middle, high)
        return high

    def rows_needed(self, level: float) -> float | None:
        """How many times the shared rows it takes for a mean and a spread like these to be clear with as many seeds.

        The variance that comes of rows falls as 1 / rows: all of it where one file is split anew, `rows` where seeds
        share a split. None where the seeds' own part is alone too wide.
        """
        seeds = self._part_of_seeds(1 - level, self.seeds) ** 2
        of_rows = self._part_of_rows(1 - level) ** 2
        falling, staying = (seeds + of_rows, 0.0) if self.ratio else (of_rows, seeds)
        left = self.mean**2 - staying
        return falling / left if left > 0 and falling else None


@lru_cache(1024)
def _quantile(wrong: float, freedom: int) -> float:
    # From the upper tail: 1 - level may be so small that (1 + level) / 2 rounds to 1.
    return -float(stdtrit(freedom, wrong / 2))


def estimate(values: ArrayLike, *, ratio: float = 0.0, without: ArrayLike | None = None, step: float = 0.0) -> Estimate:
    """The mean of the values of n seeds, and its error.

        error^2 = s^2 (1/n + ratio) + rows,  rows = (G - 1)/G sum_g (m_g - mean_g m_g)^2

    with s^2 the variance of the values plus step^2 / (n + 1), and m_g the mean over seeds without the g-th of G groups
    of test rows: a grouped jackknife of the rows that all seeds share. A share of right rows is a multiple of the step,
    and where few rows change between two arms its values repeat, and tell too little of their spread; the added term
    is the variance that one row more, judged otherwise in one seed more, would give; to the jackknife step^2 is added,
    that of one row judged otherwise in all of them. Other values that are all equal
    and not 0 tell nothing of their spread either: s is then that of them and one value of 0.

    Args:
        values: (n,), n >= 2, finite.
        ratio: the share of s^2 that no number of seeds takes away: Nadeau and Bengio's where one file is split anew.
        without: (G,), the mean without each group of test rows, where all seeds have the same; None elsewhere.
        step: of which the values are multiples, 0 for none.

    Raises ValueError for fewer than 2 values, or one that is not finite.

    Nadeau, Bengio, Inference for the Generalization Error, Machine Learning 52 (2003), section 3; Shao, Wu, A
    General Theory for Jackknife Variance Estimation, Ann. Statist. 17 (1989).

    >>> e = estimate([1.0, 2.0, 3.0])
    >>> [round(x, 3) for x in e.interval(0.95)], round(e.p, 3)
    ([-0.484, 4.484], 0.074)
    """
    x = np.asarray(values, np.float64)
    if x.ndim != 1 or len(x) < 2:
        raise InputError(f"values have shape {x.shape}: a spread needs (n,) with n of at least 2")
    if not np.isfinite(x).all():
        raise InputError(f"values[{int(np.argmin(np.isfinite(x)))}] is not finite")
    mean = float(x.mean())
    spread = float((x.var(ddof=1) + step**2 / (len(x) + 1)) ** 0.5)
    rows, groups = 0.0, 1
    if without is not None:
        m = np.asarray(without, np.float64)
        rows, groups = float((len(m) - 1) / len(m) * ((m - m.mean()) ** 2).sum()) + step**2, len(m)
    if spread + rows <= 1e-12 * abs(mean):
        spread = float(np.append(x, 0.0).std(ddof=1))
    return Estimate(mean, len(x), spread, ratio, rows, groups - 1)

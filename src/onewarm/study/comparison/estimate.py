"""A mean over seeds with its standard error: Student's t, widened where the seeds share rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from onewarm.errors import InputError, needs

with needs("onewarm.study", "study"):
    from scipy.stats import t

MOST_SEEDS = 10_000
"""`seeds_needed` looks no further."""


@dataclass(frozen=True)
class Estimate:
    """The mean of n values, one for each seed, and the error of it.

    Attributes:
        mean: of the values.
        seeds: n.
        spread: s, the deviation of one seed's value from the next.
        ratio: the error is s sqrt(1/n + ratio), and that of the rows.
        rows: the variance that new test rows add, the same for any number of seeds.
        rows_freedom: its degrees of freedom.
    """

    mean: float
    seeds: int
    spread: float
    ratio: float = 0.0
    rows: float = 0.0
    rows_freedom: int = 0

    def error(self, seeds: int | None = None) -> float:
        """The standard error of the mean of n seeds, of this many by default."""
        return float((self.spread**2 * (1 / (seeds or self.seeds) + self.ratio) + self.rows) ** 0.5)

    def freedom(self, seeds: int | None = None) -> float:
        """Degrees of freedom: n - 1, and by Satterthwaite's formula where the rows add a variance of their own."""
        n = seeds or self.seeds
        of_seeds = self.spread**2 * (1 / n + self.ratio)
        if not self.rows:
            return n - 1
        return float((of_seeds + self.rows) ** 2 / (of_seeds**2 / (n - 1) + self.rows**2 / self.rows_freedom))

    def half_width(self, level: float, seeds: int | None = None) -> float:
        """Half the interval's width: the least difference from 0 that n seeds with this spread show as clear."""
        # From the upper tail: 1 - level may be so small that (1 + level) / 2 rounds to 1.
        return float(t.isf((1 - level) / 2, self.freedom(seeds))) * self.error(seeds)

    def interval(self, level: float) -> tuple[float, float]:
        """[mean - h, mean + h], h = t_{(1 + level) / 2} error."""
        half = self.half_width(level)
        return self.mean - half, self.mean + half

    @property
    def p(self) -> float:
        """Two-sided p value of a mean of 0: below 1 - level exactly where the interval at that level excludes 0."""
        if not self.error():
            return 1.0  # no seed differs from 0: `estimate` gives other equal values a spread
        return float(2 * t.sf(abs(self.mean) / self.error(), self.freedom()))

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


def estimate(values: ArrayLike, *, ratio: float = 0.0, without: ArrayLike | None = None, step: float = 0.0) -> Estimate:
    """The mean of the values of n seeds, and its error.

        error^2 = s^2 (1/n + ratio) + (G - 1)/G sum_g (m_g - mean_g m_g)^2

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

    Nadeau, Bengio, Inference for the Generalization Error, Machine Learning 52 (2003), section 3; Satterthwaite, An
    Approximate Distribution of Estimates of Variance Components, Biometrics 2 (1946); Shao, Wu, A General Theory for
    Jackknife Variance Estimation, Ann. Statist. 17 (1989).

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

"""Paired differences by seed of an arm and the baseline: bootstrap intervals, sign-flip p values, Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onewarm.calibration.defaults import LEVEL
from onewarm.errors import InputError

RESAMPLES = 9999
EXACT_PAIRS = 36  # up to this many pairs all 2^n sign patterns are counted
SIGNIFICANCE = round(1 - LEVEL, 12)
"""A difference counts as real where its Holm-corrected p is below this, 0.05."""


@dataclass(frozen=True)
class Difference:
    """A paired comparison: mean difference, its interval at `level`, and the p value of no difference."""

    mean: float
    interval: tuple[float, float]
    level: float
    p: float
    pairs: int


def paired_difference(values: ArrayLike, baseline: ArrayLike, *, level: float = LEVEL, seed: int = 0) -> Difference:
    """Compare two arms run on the same seeds: d_i = value_i - baseline_i.

    The interval is the bootstrap's (BCa) for mean(d), the p value that of the sign-flip test.

    Args:
        values, baseline: one number for each seed, in the same order of seeds, (n,) with n >= 2.
        level: coverage of the interval, in (0, 1).
        seed: of the bootstrap.

    Raises ValueError for shapes that do not pair up, fewer than 2 pairs, a difference that is not finite, or a level
    outside (0, 1).

    >>> d = paired_difference([0.5, 0.6, 0.7], [0.4, 0.5, 0.6])
    >>> round(d.mean, 3), d.p
    (0.1, 0.25)
    """
    v, b = np.asarray(values, np.float64), np.asarray(baseline, np.float64)
    if v.shape != b.shape or v.ndim != 1:
        raise InputError(
            f"values {v.shape} and baseline {b.shape} must have one number for each seed, in the same order"
        )
    d = v - b
    return Difference(float(d.mean()), mean_interval(d, level=level, seed=seed), level, sign_flip(d), len(d))


def mean_interval(
    values: ArrayLike, *, level: float = LEVEL, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Bias-corrected and accelerated (BCa) bootstrap interval of a mean.

    With G the bootstrap distribution, z0 = Phi^-1(G(mean)) and a the jackknife skewness over 6, the ends are
    G^-1(Phi(z0 + (z0 + z) / (1 - a (z0 + z)))) at z = Phi^-1((1 -+ level) / 2). Equal values give [v, v].

    Args:
        values: (n,), n >= 2, finite.
        level: coverage of the interval, in (0, 1).
        seed: of the resampling; the same seed gives the same interval.
        resamples: bootstrap samples drawn.

    Raises ValueError for fewer than 2 values, a value that is not finite, or a level outside (0, 1).

    Efron, Better Bootstrap Confidence Intervals, JASA 82 (1987), section 4.

    >>> low, high = mean_interval([1.0, 2.0, 3.0, 4.0], seed=1)
    >>> low < 2.5 < high
    True
    """
    x = np.asarray(values, np.float64)
    if x.ndim != 1 or len(x) < 2:
        raise InputError(f"an interval needs at least 2 values, (n,), got shape {x.shape}")
    if not np.isfinite(x).all():
        raise InputError(f"values[{int(np.argmin(np.isfinite(x)))}] is not finite")
    if not 0 < level < 1:
        raise InputError(f"level must lie between 0 and 1, got {level}")
    mean = float(x.mean())
    if np.ptp(x) <= 1e-14 * max(1.0, abs(mean)):
        return mean, mean
    n = len(x)
    means = np.sort(x[np.random.default_rng(seed).integers(0, n, (resamples, n))].mean(1))
    normal = NormalDist()
    tie = 1e-12 * np.ptp(x)  # resampled means this close to the mean equal it but for rounding: each counts half
    below = (np.count_nonzero(means < mean - tie) + np.count_nonzero(means <= mean + tie)) / (2 * resamples)
    z0 = normal.inv_cdf(min(max(below, 0.5 / resamples), 1 - 0.5 / resamples))
    u = x - mean  # leaving x_i out moves the mean by -u_i / (n - 1)
    acceleration = (u**3).sum() / (6 * (u**2).sum() ** 1.5)
    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        z = z0 + normal.inv_cdf(tail)
        ends.append(float(np.quantile(means, normal.cdf(z0 + z / (1 - acceleration * z)))))
    return ends[0], ends[1]


def sign_flip(differences: ArrayLike, *, resamples: int = 200_000, seed: int = 0) -> float:
    """Two-sided p value of the sign-flip test: the share of sign patterns with |sum +-d_i| >= |sum d_i|.

    The null hypothesis is that each d_i is as likely as -d_i. Up to n = 36 all 2^n patterns are counted (the sums of
    two halves, matched by binary search), so the smallest p is 2 / 2^n. Beyond, `resamples` patterns are drawn and the
    observed one is counted as one more, so the smallest p is 1 / (resamples + 1).

    Args:
        differences: (n,), n >= 1.
        resamples: sign patterns drawn where n > 36.
        seed: of that drawing; the same seed gives the same p.

    Raises ValueError for no differences or more than one axis.

    Fisher, The Design of Experiments (1935), section 21.

    >>> sign_flip([1.0, 2.0, 3.0])
    0.25
    """
    d = np.asarray(differences, np.float64)
    if d.ndim != 1 or len(d) == 0:
        raise InputError(f"differences must be (n,) with n >= 1, got shape {d.shape}")
    # The slack lets a pattern whose sum equals the observed one but for rounding count as reaching it.
    reach = abs(d.sum()) * (1 - 1e-12) - 1e-15 * np.abs(d).sum()
    if reach <= 0:
        return 1.0
    if len(d) <= EXACT_PAIRS:
        left, right = _sums(d[: len(d) // 2]), np.sort(_sums(d[len(d) // 2 :]))
        high = len(right) - np.searchsorted(right, reach - left, side="left")
        # By symmetry as many patterns have a sum at or below -reach.
        return float(2 * high.sum() / 2.0 ** len(d))
    rng = np.random.default_rng(seed)
    hits = 1  # the observed pattern, which makes the p value valid (never 0)
    for start in range(0, resamples, 4096):
        signs = rng.integers(0, 2, (min(4096, resamples - start), len(d))) * 2.0 - 1.0
        hits += int(np.count_nonzero(np.abs(signs @ d) >= reach))
    return hits / (resamples + 1)


def _sums(d: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of `d` (n,) under each of the 2^n sign patterns."""
    sums = np.zeros(1)
    for value in d:
        sums = np.concatenate([sums - value, sums + value])
    return sums


def holm(p: Sequence[float]) -> list[float]:
    """Holm's correction of m p values: the i-th smallest becomes max over j <= i of (m - j + 1) p_(j), at most 1.

    Raises ValueError for a p outside [0, 1].

    Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scand. J. Stat. 6 (1979), section 3.

    >>> [round(q, 3) for q in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    m = len(p)
    corrected = [0.0] * m
    worst = 0.0
    for rank, i in enumerate(sorted(range(m), key=lambda i: p[i])):
        if not 0 <= p[i] <= 1:
            raise InputError(f"p[{i}] must lie in [0, 1], got {p[i]}")
        worst = max(worst, min(1.0, (m - rank) * p[i]))
        corrected[i] = worst
    return corrected

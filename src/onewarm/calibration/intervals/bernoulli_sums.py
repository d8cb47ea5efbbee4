"""Tails of sums of independent yes-or-no trials with unequal chances, and the chances that an observed sum rejects.

Under calibration row i is an event with chance p_i, so the number S of events has a Poisson-binomial law. Rows of one
cell share its mean chance m_c, and S = sum_c Binomial(n_c, m_c). A model whose log-odds are all off by delta has
m_c(delta) = sigma(logit m_c + delta): these laws are one exponential family, so that the saddlepoint of an observed
sum is found once for every delta, and P_delta(S >= s) rises with delta. Its inversion generalises the interval of
Clopper and Pearson to unequal chances.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from onewarm.calibration.summary.cells import Floats

LEAST = 2.0**-25
"""The smallest chance that a probability of 0 may have meant: half the distance of 1 to the next float32 below it."""

_EXACT = 8
"""Sums of so few events, or of so few rows without one, have exact tails; the saddlepoint's are within some percent."""
_LARGE = 20  # cells whose trials are convolved one after the other in exact tails; the others have odds below 1


class Sums(NamedTuple):
    """Q sums of the events of C cells, and what was observed."""

    trials: Floats  # (Q, C): trials n_c, not negative, in units of one independent row; whole numbers if ``whole``
    chance: Floats  # (Q, C): m_c, in 0..1
    total: Floats  # (Q,): observed S, in the same units
    whole: bool = True  # trials and sums are whole numbers


def normal_tail(z: Floats | float) -> Floats:
    """P(Z >= z) of standard normal Z, precise in the upper tail."""
    tail: Floats = 0.5 * np.asarray([math.erfc(x / math.sqrt(2)) for x in np.ravel(z).tolist()]).reshape(np.shape(z))
    return tail


def normal_quantile(tail: float) -> float:
    """z with P(Z >= z) = ``tail``."""
    return -NormalDist().inv_cdf(tail) if 0 < tail < 1 else math.copysign(math.inf, 0.5 - tail)


def t_to_normal(t: Floats | float, df: Floats | float) -> Floats:
    """The normal deviate with the tail of Student's t with ``df`` degrees of freedom (at least 1).

    Source: Wallace, Annals of Mathematical Statistics 30, 1959, section 3; within .05 for
    3 degrees of freedom, .01 for 10.
    """
    df = np.maximum(df, 1.0)
    with np.errstate(all="ignore"):
        z = np.sign(t) * (8 * df + 1) / (8 * df + 3) * np.sqrt(df * np.log1p(np.square(t) / df))
    out: Floats = np.where(np.isfinite(df), z, t)
    return out


def normal_to_t(z: Floats | float, df: Floats | float) -> Floats:
    """The inverse of ``t_to_normal``."""
    df = np.maximum(df, 1.0)
    with np.errstate(all="ignore"):
        t = np.sign(z) * np.sqrt(df * np.expm1(np.square(z * (8 * df + 3) / (8 * df + 1)) / df))
    out: Floats = np.where(np.isfinite(df), t, z)
    return out


class UpperTail:
    """P(S >= total) of each of Q sums, as a function of the shift delta of the log-odds.

    Args:
        sums: chances of exactly 0 and 1 stay 0 and 1 under any shift.

    Source: Lugannani & Rice, Advances in Applied Probability 12, 1980, with the second continuity correction of
    Daniels, International Statistical Review 55, 1987, section 6; exact for a few events.
    """

    def __init__(self, sums: Sums) -> None:
        m = np.clip(sums.chance, 0.0, 1.0)
        sure = m >= 1
        n = np.where(sure | (m <= 0), 0.0, sums.trials)
        self._n, self._m = n, np.where(n > 0, m, 0.5)
        self.sure = np.where(sure, sums.trials, 0.0).sum(axis=1)  # events of chance 1
        self.trials = n.sum(axis=1)
        self.total = sums.total - self.sure
        # The unit of a sum is one independent row; where sums are whole numbers, rounding errors of sums go.
        if sums.whole:
            self.total = np.rint(self.total)
        self._always = self.total <= 0.5
        self._never = self.total > self.trials + 1e-9 * (1 + self.trials)
        self._level = np.clip(self.total - 0.5, 0, np.maximum(self.trials - 0.5, 0.5 * self.trials))
        open_ = ~(self._always | self._never) & (self.trials > 0)
        self._open = open_
        self.tilt = self._saddlepoint()
        self._k_tilt, _, self._k2 = self._cumulants(self.tilt)
        self._few: Floats | None = None
        self._failures: Floats | None = None
        if sums.whole and open_.any():
            self._few = self._exact(self._m, self.tilt, open_ & (self.total <= _EXACT))
            self._failures = self._exact(1 - self._m, -self.tilt, open_ & (self.trials - self.total < _EXACT))

    def _cumulants(self, shift: Floats) -> tuple[Floats, Floats, Floats]:
        """log E exp(shift S) and its first two derivatives, under no shift."""
        k = self._log_moment(shift)
        with np.errstate(over="ignore"):
            odds = self._m / (1 - self._m) * np.exp(shift)[:, None]
        mean = np.where(np.isfinite(odds), odds / (1 + np.where(np.isfinite(odds), odds, 0)), 1.0)
        return k, (self._n * mean).sum(axis=1), (self._n * mean * (1 - mean)).sum(axis=1)

    def _log_moment(self, shift: Floats) -> Floats:
        high = self._m > 0.5
        rare = np.where(high, 1 - self._m, self._m)
        with np.errstate(over="ignore"):
            change = np.where(high, np.expm1(-shift)[:, None], np.expm1(shift)[:, None])
            logs = np.log1p(rare * change)
        k: Floats = (self._n * logs).sum(axis=1) + shift * np.where(high, self._n, 0.0).sum(axis=1)
        return k

    def _saddlepoint(self) -> Floats:
        low, high = np.full(len(self._n), -200.0), np.full(len(self._n), 200.0)
        tilt = np.zeros(len(self._n))
        for _ in range(100):
            _, mean, variance = self._cumulants(tilt)
            off = np.where(self._open, mean - self._level, 0.0)
            if not (np.abs(off) > 1e-11 * (1 + self._level)).any():
                break
            low, high = np.where(off < 0, tilt, low), np.where(off > 0, tilt, high)
            step = tilt - off / np.maximum(variance, 1e-300)
            tilt = np.where(off == 0, tilt, np.where((step > low) & (step < high), step, (low + high) / 2))
        return tilt

    def _exact(self, m: Floats, tilt: Floats, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats | None:
        """P(S = j), j = 0.._EXACT - 1, of the law tilted by ``tilt``, for the rows ``wanted``; the others are NaN."""
        if not wanted.any():
            return None
        n = self._n[wanted]
        odds = m[wanted] / (1 - m[wanted]) * np.exp(tilt[wanted])[:, None]
        odds[n == 0] = 0.0
        order = np.argsort(-odds, axis=1)
        n, odds = np.take_along_axis(n, order, 1), np.take_along_axis(odds, order, 1)
        large = min(_LARGE, odds.shape[1])
        # P(S = j) from sums of powers of the odds (Newton's identities), for the cells with the smaller odds.
        power = [((-1) ** i) * (n[:, large:] * odds[:, large:] ** (i + 1)).sum(axis=1) for i in range(_EXACT)]
        pmf = np.zeros((len(n), _EXACT))
        pmf[:, 0] = np.exp(-(n[:, large:] * np.log1p(odds[:, large:])).sum(axis=1))
        for j in range(1, _EXACT):
            pmf[:, j] = sum(power[i] * pmf[:, j - 1 - i] for i in range(j)) / j
        for c in range(large):
            trial = np.zeros_like(pmf)  # Binomial(n_c, .)
            trial[:, 0] = np.exp(-n[:, c] * np.log1p(odds[:, c]))
            for j in range(1, _EXACT):
                trial[:, j] = trial[:, j - 1] * odds[:, c] * np.maximum(n[:, c] - j + 1, 0) / j
            pmf = np.stack([(pmf[:, : j + 1] * trial[:, j::-1]).sum(axis=1) for j in range(_EXACT)], axis=1)
        out = np.full((len(m), _EXACT), np.nan)
        out[wanted] = pmf
        return out

    def __call__(self, shift: Floats) -> Floats:
        """P(S >= total) if every log-odds is larger by ``shift`` (Q,)."""
        t = self.tilt - shift
        with np.errstate(all="ignore"):
            k = self._log_moment(shift)
            half = t * self._level - (self._k_tilt - k)  # K of the shifted law at t is K(tilt) - K(shift)
            r = np.sign(t) * np.sqrt(2 * np.maximum(half, 0))
            u = 2 * np.sinh(t / 2) * np.sqrt(self._k2)
            density = np.exp(-r * r / 2) / math.sqrt(2 * math.pi)
            correction = np.where(np.abs(r) > 1e-3, density * (1 / r - 1 / u), 0.0)
            tail = np.clip(normal_tail(np.where(np.isfinite(r), r, 40.0)) - np.nan_to_num(correction), 0, 1)
            j = np.arange(_EXACT)
            if self._few is not None:
                weight = np.exp(-j * t[:, None] + (self._k_tilt - k)[:, None])
                below = np.where(j < self.total[:, None], self._few * weight, 0.0).sum(axis=1)
                tail = np.where(1 - below > 1e-9, np.minimum(1 - below, 1), tail)  # NaN, or too small a difference
            if self._failures is not None:
                left = (self.trials - self.total)[:, None]
                weight = np.exp(-(self.trials[:, None] - j) * t[:, None] + (self._k_tilt - k)[:, None])
                exact = np.where(j <= left, self._failures * weight, 0.0).sum(axis=1)
                tail = np.where(np.isfinite(exact), np.minimum(exact, 1), tail)
        tail = np.where(self._open, tail, np.where(self._never, 0.0, 1.0))
        out: Floats = np.where(self._always, 1.0, tail)
        return out

    def mean(self, shift: Floats) -> Floats:
        """E S if every log-odds is larger by ``shift`` (Q,); -inf and inf are allowed."""
        finite = np.where(np.isfinite(shift), shift, 0.0)
        mean = self._cumulants(finite)[1]
        ends = np.where(shift > 0, self.trials, 0.0)
        total: Floats = self.sure + np.where(np.isfinite(shift), mean, ends)
        return total

    def shift(self, tail: Floats) -> Floats:
        """The shift (Q,) with P(S >= total) = ``tail``, below .4; -inf where no shift has a smaller one.

        It is above 0 exactly where P(S >= total) < ``tail`` without a shift.
        """
        goal = np.log(np.maximum(tail, 1e-300))

        def off(shift: Floats) -> Floats:  # log P - log tail: below 0 where a shift is rejected
            difference: Floats = np.log(np.maximum(self(shift), 1e-300)) - goal
            return difference

        now = off(np.zeros(len(tail)))
        solvable = self._open & (tail > 0)
        low, high = np.where(now < 0, 0.0, -np.inf), np.where(now < 0, np.inf, 0.0)
        high = np.where(solvable, np.minimum(high, np.maximum(self.tilt, low)), 0.0)
        below, above = now.copy(), off(high)
        reach = 1.0
        while not np.isfinite(low[solvable]).all() and reach < 1e6:
            tried = np.where(np.isfinite(low), low, high - reach)
            at = off(np.where(solvable, tried, 0.0))
            far = ~np.isfinite(low) & (at >= 0)  # not low enough yet: the crossing is below
            found = ~np.isfinite(low) & (at < 0)
            high, above = np.where(far, tried, high), np.where(far, at, above)
            low, below = np.where(found, tried, low), np.where(found, at, below)
            reach *= 2
        low = np.where(solvable & np.isfinite(low), low, high)
        for step in range(60):
            width = high - low
            if (width <= 1e-9 + 1e-8 * np.abs(high)).all():
                break
            with np.errstate(all="ignore"):  # a secant, and now and then the middle
                secant = low + width * np.clip(below / (below - above), 0.001, 0.999)
            tried = np.where(np.isfinite(secant) & (step % 3 < 2), secant, low + width / 2)
            at = off(tried)
            near = np.abs(at) < 1e-8
            smaller = at < 0
            # Illinois: the end that stays counts half, so that the other one moves too.
            above = np.where(smaller, above / 2, at)
            below = np.where(smaller, at, below / 2)
            low, high = np.where(smaller | near, tried, low), np.where(smaller & ~near, high, tried)
        found = np.where(now < 0, high, low)
        out: Floats = np.where(solvable, found, np.where(self._never & (tail > 0), np.inf, -np.inf))
        return out


class Tested(NamedTuple):
    """Q tests of calibration."""

    p: Floats  # (Q,): two-sided p value
    low: Floats  # (Q,): ends of the interval of predicted minus observed, as a sum; without 0 exactly where p < alpha
    high: Floats
    shift_low: Floats  # (Q,): the same of the shift of the log-odds
    shift_high: Floats


def calibration_test(sums: Sums, alpha: Floats, df: Floats, least: float = LEAST) -> Tested:
    """Test whether sums of events are those of their chances; intervals by inverting the test over a shift.

    Args:
        sums: what was predicted and observed.
        alpha: (Q,) two-sided level of each test; 0 for one that is not asked.
        df: (Q,) degrees of freedom with which the unit of the sums was estimated; inf where it is known.
        least: chances below it and above 1 - ``least`` may have been ``least`` and 1 - ``least``.
    """
    with np.errstate(invalid="ignore"):
        z = normal_to_t(np.asarray([normal_quantile(a / 2) for a in alpha.tolist()]), df)
    tail = normal_tail(z)
    # More events than predicted, then more rows without one: all tails at once.
    missed = sums.trials.sum(axis=1) - sums.total
    chance = np.maximum(np.concatenate([sums.chance, 1 - sums.chance]), least)
    both = Sums(np.tile(sums.trials, (2, 1)), chance, np.concatenate([sums.total, missed]), sums.whole)
    tails, zero = UpperTail(both), np.zeros(2 * len(tail))
    more, fewer = np.split(tails(zero), 2)
    smaller = np.minimum(more, fewer)
    equivalent = np.asarray([normal_quantile(p) for p in smaller.tolist()])
    two_sided = np.where(np.isfinite(df), 2 * normal_tail(t_to_normal(equivalent, df)), 2 * smaller)
    shifts = tails.shift(np.tile(tail, 2))
    raised, lowered = np.split(shifts, 2)
    high, below = np.split(tails.mean(zero) - tails.mean(shifts), 2)
    low = -below
    # A shift too small to change a sum as float64 still excludes 0; and rounding must not put the value outside.
    value, tiny = (sums.trials * sums.chance).sum(axis=1) - sums.total, 1e-300
    high = np.where(more < tail, np.minimum(np.maximum(high, value), -tiny), np.maximum(high, np.maximum(value, 0.0)))
    low = np.where(fewer < tail, np.maximum(np.minimum(low, value), tiny), np.minimum(low, np.minimum(value, 0.0)))
    wrong = (more < tail) | (fewer < tail)
    p = np.where(alpha > 0, np.where(wrong, np.minimum(two_sided, alpha * (1 - 1e-12)), two_sided), two_sided)
    p = np.where(wrong, p, np.maximum(p, alpha))
    return Tested(np.minimum(p, 1.0), low, high, raised, -lowered)

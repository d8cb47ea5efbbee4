"""Intervals of calibration errors by inverting a test: which true gaps could have given the error that was observed?

Noise alone makes the plug-in error T = f(gaps) of a perfectly calibrated model positive. An interval around T would
therefore miss the model's own error: that of infinitely many rows, in the same bins. Candidate models are tested
instead, with gaps ``fixed + s * scaled`` for s >= 0, whose shape is estimated from the data after noise was removed.
For each s rows are drawn from the candidate, and s belongs to the interval unless T lies too far in a tail of T*, the
error of those draws:

    P_s(T* >= T) >= high_tail(s)   and   P_s(T* <= T) >= alpha - high_tail(s)

``high_tail`` falls from alpha at s = 0, below which there is nothing, to alpha/2 where the error is far above noise (as
in Feldman & Cousins' unified intervals). So the interval of a calibrated model contains 0 in a share 1 - alpha of
samples: neither in half of them nor in all.

Source: Feldman & Cousins, Physical Review D 57, 1998, section IV; Bröcker, Climate Dynamics 39, 2012 (bias of the
reliability term); Roelofs, Cain, Shlens & Mozer, AISTATS 2022 (bias of the ECE).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from onewarm.calibration.metrics.bins import Gaps
from onewarm.calibration.summary.cells import Floats

Functional = Callable[[Floats], Floats]
"""Gaps (..., B) to the error (...)."""

DRAWS = 1000
_FAINT = 0.3
"""Least scaled gap of a bin, in its standard errors: larger s must raise the error of every bin."""

_POOLS = ((np.inf, 1.0), (0.2, 1.0), (0.06, 0.3))
"""Gaussian kernels over which gaps are pooled to estimate their shape: standard deviation in confidence, and weight
given to bins of other classes, because miscalibration is often similar across classes."""

_FEW, _MANY = 32, 8
"""Bins of at most this many rows are drawn row by row: the first where there are few bins, else the second."""


class Interval(NamedTuple):
    """A metric with the bias of noise removed, and its interval."""

    corrected: float
    low: float
    high: float


class Model(NamedTuple):
    """Candidate models by s: their true gaps, and the gaps that random samples of them would have."""

    gaps: Callable[[float], Floats]  # s -> (B,)
    draws: Callable[[float], Floats]  # s -> (draws, B)


def shape(gaps: Gaps, error: Floats) -> Floats:
    """An estimate of each bin's true gap, mean (c - a) of its rows: the mean over all bins plus ever finer differences.

    Each difference between two resolutions is shrunk by the part that noise explains, so that the *spread* of the
    estimates is that of the true gaps. With a shape too uneven, noise would pass for miscalibration in some bins and be
    ignored in others (constrained empirical Bayes; Ghosh, JASA 87, 1992).

    Args:
        gaps: B bins.
        error: standard error of ``gaps.gap``, shape (B,).
    """
    apart = np.abs(gaps.confidence[:, None] - gaps.confidence)
    other = gaps.block[:, None] != gaps.block
    raw, noise = gaps.gap / gaps.share, error / gaps.share
    estimate = np.zeros_like(raw)
    coarse = np.zeros((len(raw), len(raw)))
    for width, across in (*_POOLS, (0.0, 0.0)):
        near = np.exp(-0.5 * (apart / width) ** 2) * np.where(other, across, 1.0) if width else np.eye(len(raw))
        fine = near * gaps.share
        fine /= fine.sum(axis=1, keepdims=True)
        step = (fine - coarse) @ raw
        observed, chance = (gaps.share * step**2).sum(), (gaps.share * ((fine - coarse) ** 2 @ noise**2)).sum()
        estimate += np.sqrt(max(observed - chance, 0.0) / max(observed, 1e-300)) * step
        coarse = fine
    return estimate


def _signed(gap: Floats, gaps: Gaps, error: Floats, clear: Floats, sign: int) -> tuple[Floats, Floats]:
    """Gaps as ``fixed + s * scaled`` with no ``scaled`` of 0.

    With ``sign`` only gaps of that sign are scaled; those of the other sign are fixed at ``clear``.
    """
    own = np.where(gap == 0, np.where(gaps.gap >= 0, 1, -1), np.sign(gap))
    scaled = np.maximum(np.abs(gap), _FAINT * error)
    if sign == 0:
        return np.zeros_like(gap), own * scaled
    return np.where(own == sign, 0.0, clear), sign * np.where(own == sign, scaled, _FAINT * error)


def _pooled(gaps: Gaps, error: Floats) -> tuple[Floats, Floats]:
    """Gaps and their standard errors after pooling neighbouring bins with the narrowest kernel."""
    width, across = _POOLS[-1]
    apart = gaps.confidence[:, None] - gaps.confidence
    near = np.exp(-0.5 * (apart / width) ** 2) * np.where(gaps.block[:, None] == gaps.block, 1.0, across)
    factor = gaps.share / (near @ gaps.share)
    return (near @ gaps.gap) * factor, np.sqrt(near**2 @ error**2) * factor


def from_gaps(
    gaps: Gaps,
    rng: np.random.Generator,
    *,
    sign: int = 0,
    rows: float | None = None,
    grouped: Floats | None = None,
    draws: int = DRAWS,
) -> Model:
    """The model that draws rows: how many fall in each bin, and how many of those are right under the candidate.

    Args:
        gaps: B bins, each row in one of them unless ``rows`` is given.
        rng: source of the draws.
        sign: 1 or -1 if the error counts only gaps of that sign.
        rows: number of rows, if each row is in several bins (one for every class).
        grouped: gaps of random groups of rows, shape (G, B), with ``rows``. They show how bins vary together; that is
            used for gaps well above noise, while fainter gaps vary independently, since G groups cannot show how
            B > G of them vary together.
        draws: number of samples drawn for each candidate.
    """

    def variance(mean_gap: Floats) -> Floats:
        c, cc = gaps.confidence, gaps.square  # the mean of a (1 - a) over the bin's rows, where a = c - mean_gap
        return np.clip((c - mean_gap) - (cc - 2 * mean_gap * c + mean_gap**2), 0, 0.25) * gaps.dispersion

    error = np.maximum(np.sqrt(gaps.moment * variance(np.zeros_like(gaps.gap))), 1e-12)
    pooled, pooled_error = _pooled(gaps, error)
    # What the pooled gap exceeds two standard errors by; 0 if it does not.
    clear_gap = np.sqrt(np.clip(pooled**2 - (2 * pooled_error) ** 2, 0, None)) * np.sign(pooled)
    fixed, scaled = _signed(shape(gaps, error) * gaps.share, gaps, error, clear_gap, sign)
    # The gaps of a bin whose rows are all right, and all wrong.
    lowest, highest = gaps.share * (gaps.confidence - 1), gaps.share * gaps.confidence
    n = max(round(gaps.effective if rows is None else rows), 1)
    if rows is None:
        share = gaps.share / gaps.share.sum()
        filled = rng.multinomial(n, share, draws) / (n * share)
    else:
        filled = rng.poisson(n * np.clip(gaps.share, 1e-12, None), (draws, len(gaps.share))) / (n * gaps.share)
    noise = rng.standard_normal(filled.shape)
    if grouped is not None and len(grouped) > 1:
        apart = grouped - grouped.mean(axis=0)
        apart /= np.maximum(np.sqrt((apart**2).sum(axis=0)), 1e-300)
        clear = np.clip(1 - (pooled_error / np.maximum(np.abs(pooled), 1e-12)) ** 2, 0, 1)
        together = rng.standard_normal((draws, len(grouped))) @ apart
        noise = np.sqrt(clear) * together + np.sqrt(1 - clear) * noise
    # Scaled for the observed counts, not for drawn ones, which would often leave a bin of few rows empty.
    noise *= np.sqrt(gaps.moment)
    size = np.maximum(np.rint(gaps.share**2 / gaps.moment), 1)
    small = _FEW if len(size) <= 40 else _MANY
    coins = np.flatnonzero(size <= small) if gaps.dispersion == 1 else np.empty(0, np.int64)
    toss = rng.random((draws, len(coins), small))
    tossed = np.arange(small) < size[coins, None]

    def candidate(s: float) -> Floats:
        gap: Floats = np.clip(fixed + s * scaled, lowest, highest)
        return gap

    def draw(s: float) -> Floats:
        gap = candidate(s)
        drawn: Floats = filled * gap + noise * np.sqrt(variance(gap / gaps.share))
        if len(coins):  # in a bin of few rows the number of right ones is not close to normal
            right = np.clip(gaps.confidence - gap / gaps.share, 0, 1)[coins]
            count = ((toss < right[:, None]) & tossed).sum(axis=2)
            drawn[:, coins] = (size[coins] * gaps.confidence[coins] - count) / size[coins] * gaps.share[coins]
        return drawn

    return Model(candidate, draw)


def invert(model: Model, error: Functional, observed: float, level: float) -> Interval:
    """The range of errors of those candidates that the observed error does not reject.

    ``corrected`` is the error of the candidate that gives a larger error than observed in half of its draws.
    """
    alpha = 1 - level
    null = error(model.draws(0.0))
    spread = max(float(null.std()), 1e-12)

    def true(s: float) -> float:
        return float(error(model.gaps(s)))

    floor = true(0.0)

    def tail(s: float) -> float:
        return alpha / 2 * (1 + float(np.exp(-(true(s) - floor) / spread)))

    def above(s: float) -> float:
        return float((error(model.draws(s)) >= observed - 1e-12).mean())

    def below(s: float) -> float:
        return float((error(model.draws(s)) <= observed + 1e-12).mean())

    top = 1.0
    while below(top) > alpha / 100 and true(top) < 4 and top < 1e6:
        top *= 2
    low = _least(lambda s: above(s) >= tail(s), top)
    middle = _least(lambda s: above(s) >= 0.5, top)
    high = _least(lambda s: below(s) < alpha - tail(s), top)
    return Interval(true(middle), true(low), true(max(high, low)))


def _least(holds: Callable[[float], bool], top: float) -> float:
    """The least s in [0, top] at which ``holds``, by bisection to 1/1000 of itself; beyond it ``holds`` stays true."""
    if holds(0.0):
        return 0.0
    low, high = 0.0, top
    for _ in range(16):
        middle = (low + high) / 2
        if holds(middle):
            high = middle
        else:
            low = middle
        if high - low < 1e-3 * high:
            break
    return (low + high) / 2

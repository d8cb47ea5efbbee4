"""Intervals for calibration errors, which noise can only raise: which true gaps could have given the seen error?

The plug-in error T = f(gaps) of a perfectly calibrated model is above 0, by noise alone; so an interval around T misses
the model's own error (that of infinitely many rows, in the same bins). Here candidates are tried instead: gaps
``fixed + s * scaled`` for s >= 0, their shape estimated from the data after noise was taken out. For each s rows are
drawn anew from the model; s belongs to the interval unless T is too high or too low among its draws:

    P_s(T* >= T) >= high_tail(s)   and   P_s(T* <= T) >= alpha - high_tail(s)

The tails move from (alpha, 0) at s = 0, where nothing lies below, to alpha/2 each where the error is far above noise
(as in Feldman & Cousins' unified intervals): so a calibrated model's interval holds 0 in a share 1 - alpha of samples,
neither in half of them nor in all.

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
_FAINT = 0.3  # of its standard error: the least gap that the shape gives a bin, so that s can raise every bin

# Kernels that gaps are pooled with to find their shape: standard deviation in confidence, and how much the bins of
# another class count, since classes are often off in a like manner.
_POOLS = ((np.inf, 1.0), (0.2, 1.0), (0.06, 0.3))

_FEW, _MANY = 32, 8  # rows of a bin that are tossed one by one, where there are few bins and where many


class Found(NamedTuple):
    """The error with noise taken out (the s at which half the draws are above T), and the interval."""

    corrected: float
    low: float
    high: float


class Model(NamedTuple):
    """Candidates s -> gaps, and draws of the gaps that samples of such a model would show."""

    gaps: Callable[[float], Floats]  # s -> (B,)
    draws: Callable[[float], Floats]  # s -> (draws, B)


def shape(gaps: Gaps, error: Floats) -> Floats:
    """How far off each bin is in truth, (c - a) of its rows: its mean over all bins, then ever finer differences.

    A difference between two resolutions is shrunk by what noise alone would make of it, so that the *spread* of the
    shape is that of the truth: a shape that is too uneven would take noise for error in some bins and for nothing in
    others (constrained empirical Bayes; Ghosh, JASA 87, 1992).
    """
    apart = np.abs(gaps.confidence[:, None] - gaps.confidence)
    other = gaps.block[:, None] != gaps.block
    raw, noise = gaps.gap / gaps.share, error / gaps.share
    found = np.zeros_like(raw)
    coarse = np.zeros((len(raw), len(raw)))
    for width, like in (*_POOLS, (0.0, 0.0)):
        near = np.exp(-0.5 * (apart / width) ** 2) * np.where(other, like, 1.0) if width else np.eye(len(raw))
        fine = near * gaps.share
        fine /= fine.sum(axis=1, keepdims=True)
        step = (fine - coarse) @ raw
        seen, chance = (gaps.share * step**2).sum(), (gaps.share * ((fine - coarse) ** 2 @ noise**2)).sum()
        found += np.sqrt(max(seen - chance, 0.0) / max(seen, 1e-300)) * step
        coarse = fine
    return found


def _signed(gap: Floats, gaps: Gaps, error: Floats, clear: Floats, sign: int) -> tuple[Floats, Floats]:
    """Gaps as ``fixed + scaled``, none of the scaled at 0; with ``sign`` those of the other sign are fixed if clear."""
    own = np.where(gap == 0, np.where(gaps.gap >= 0, 1, -1), np.sign(gap))
    scaled = np.maximum(np.abs(gap), _FAINT * error)
    if sign == 0:
        return np.zeros_like(gap), own * scaled
    return np.where(own == sign, 0.0, clear), sign * np.where(own == sign, scaled, _FAINT * error)


def _pooled(gaps: Gaps, error: Floats) -> tuple[Floats, Floats]:
    """Gaps and their errors after bins were pooled by a Gaussian of their confidences."""
    width, like = _POOLS[-1]
    apart = gaps.confidence[:, None] - gaps.confidence
    near = np.exp(-0.5 * (apart / width) ** 2) * np.where(gaps.block[:, None] == gaps.block, 1.0, like)
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
    """Rows drawn anew: how many fall in each bin, and how many of those are right, as the candidate has it.

    Bins of one row each, by default; ``rows`` says how many there are otherwise. ``grouped`` (G, B) are the gaps of
    random groups of rows, where a row is in several bins: clear gaps, which add up with their signs, then vary
    together as those do; faint gaps on their own, since G groups could not tell how B > G of them vary together.
    """

    def variance(mean_gap: Floats) -> Floats:
        c, cc = gaps.confidence, gaps.square  # mean of a (1 - a) with a = c - gap, over the bin's rows
        return np.clip((c - mean_gap) - (cc - 2 * mean_gap * c + mean_gap**2), 0, 0.25) * gaps.dispersion

    error = np.maximum(np.sqrt(gaps.moment * variance(np.zeros_like(gaps.gap))), 1e-12)
    calm, calm_error = _pooled(gaps, error)
    beyond = np.sqrt(np.clip(calm**2 - (2 * calm_error) ** 2, 0, None)) * np.sign(calm)
    fixed, scaled = _signed(shape(gaps, error) * gaps.share, gaps, error, beyond, sign)
    lowest, highest = gaps.share * (gaps.confidence - 1), gaps.share * gaps.confidence  # always right, never right
    n = max(round(gaps.effective if rows is None else rows), 1)
    if rows is None:
        share = gaps.share / gaps.share.sum()
        some = rng.multinomial(n, share, draws) / (n * share)
    else:
        some = rng.poisson(n * np.clip(gaps.share, 1e-12, None), (draws, len(gaps.share))) / (n * gaps.share)
    alone = rng.standard_normal(some.shape)
    if grouped is not None and len(grouped) > 1:
        apart = grouped - grouped.mean(axis=0)
        apart /= np.maximum(np.sqrt((apart**2).sum(axis=0)), 1e-300)
        clear = np.clip(1 - (calm_error / np.maximum(np.abs(calm), 1e-12)) ** 2, 0, 1)
        alone = np.sqrt(clear) * (rng.standard_normal((draws, len(grouped))) @ apart) + np.sqrt(1 - clear) * alone
    noise = np.sqrt(gaps.moment) * alone  # at the counts seen: anew, they would often empty a bin of few rows
    size = np.rint(gaps.share**2 / gaps.moment)
    few = _FEW if len(size) <= 40 else _MANY
    coins = np.flatnonzero(size <= few) if gaps.dispersion == 1 else np.empty(0, np.int64)
    toss = rng.random((draws, len(coins), few))
    tossed = np.arange(few) < size[coins, None]

    def candidate(s: float) -> Floats:
        gap: Floats = np.clip(fixed + s * scaled, lowest, highest)
        return gap

    def draw(s: float) -> Floats:
        gap = candidate(s)
        found: Floats = some * gap + noise * np.sqrt(variance(gap / gaps.share))
        if len(coins):  # a bin of few rows is no normal variable
            right = np.clip(gaps.confidence - gap / gaps.share, 0, 1)[coins]
            count = ((toss < right[:, None]) & tossed).sum(axis=2)
            found[:, coins] = (size[coins] * gaps.confidence[coins] - count) / size[coins] * gaps.share[coins]
        return found

    return Model(candidate, draw)


def invert(model: Model, error: Functional, seen: float, level: float) -> Found:
    """The errors of all candidates that could well have given what was seen."""
    alpha = 1 - level
    null = error(model.draws(0.0))
    spread = max(float(null.std()), 1e-12)

    def true(s: float) -> float:
        return float(error(model.gaps(s)))

    floor = true(0.0)

    def tail(s: float) -> float:
        return alpha / 2 * (1 + float(np.exp(-(true(s) - floor) / spread)))

    def above(s: float) -> float:
        return float((error(model.draws(s)) >= seen - 1e-12).mean())

    def below(s: float) -> float:
        return float((error(model.draws(s)) <= seen + 1e-12).mean())

    top = 1.0
    while below(top) > alpha / 100 and true(top) < 4 and top < 1e6:
        top *= 2
    low = _least(lambda s: above(s) >= tail(s), top)
    middle = _least(lambda s: above(s) >= 0.5, top)
    high = _least(lambda s: below(s) < alpha - tail(s), top)
    return Found(true(middle), true(low), true(max(high, low)))


def _least(holds: Callable[[float], bool], top: float) -> float:
    """The least s in [0, top] from which on ``holds``, which once true stays so; to 1/1000 of itself."""
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

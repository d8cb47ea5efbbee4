"""Witnesses of the claims on reliability diagrams: the ECE as an area, what merging hides, what chance adds.

As in `label_smoothing`, a witness takes no argument and returns the largest difference, or the smallest margin, under
the names of the ledger's predictions. Where chance is involved, its mean is computed exactly from the binomial
distribution, or simulated with seeds, and "beyond chance" is what exceeds four standard errors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import numpy as np

from onewarm import calibration as cal
from onewarm.claims.witnesses.library_side import Worst
from onewarm.claims.witnesses.reference_float64 import Vector

SEED = 19_73
DIVISORS = (1, 2, 5, 10, 15, 30, 60)


def summary_of(confidence: Vector, correct: Vector) -> cal.CalibrationSummary:
    """The library's summary of events: P(right) and whether it was."""
    return cal.CalibrationSummary(classwise=True).update(confidence, correct.astype(np.int64))


def models(repeat: int = 20) -> Iterator[tuple[Vector, Vector, np.random.Generator]]:
    """(confidences, correctness, generator) of models that are too sure, too modest, or neither."""
    random = np.random.default_rng(SEED)
    for _ in range(repeat):
        n = int(random.integers(20, 2000))
        a, b = random.uniform(0.5, 4, 2)
        confidence = random.beta(a, b, n)
        right = np.clip(confidence + random.normal(0, 0.2), 0, 1)
        yield confidence, (random.random(n) < right).astype(float), random


def perfect(n: int, samples: int, seed: int = SEED) -> Iterator[tuple[Vector, Vector]]:
    """Samples of n rows of a model that is right as often as it says."""
    random = np.random.default_rng(seed)
    for _ in range(samples):
        confidence = random.random(n)
        yield confidence, (random.random(n) < confidence).astype(float)


def bins_of(confidence: Vector, bins: int) -> Vector:
    """The bin (lo, hi] of each confidence."""
    found: Vector = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return found


def area() -> dict[str, float]:
    """The library's ECE and the integral, over the share of the rows, of the distance between two step functions."""
    ece, positive = Worst(), np.inf
    for confidence, correct, _ in models():
        b = bins_of(confidence, 15)
        rows = np.maximum(np.bincount(b, minlength=15), 1)
        # The two step functions of the share of the rows: a step for each row, 1 / N wide, in the order of the bins.
        c, a = (np.bincount(b, values, 15)[b] / rows[b] for values in (confidence, correct))
        found = cal.ece(summary_of(confidence, correct), 15)
        ece.see(float((np.abs(c - a) / len(c)).sum()) - found)
        positive = min(positive, found)
    return {"ece": ece.value, "positive": positive}


def two_directions() -> dict[str, float]:
    """Overconfidence plus underconfidence is the ECE, their difference is mean confidence minus accuracy."""
    total, signed = Worst(), Worst()
    for confidence, correct, _ in models():
        summary = summary_of(confidence, correct)
        over, under = cal.overconfidence(summary), cal.underconfidence(summary)
        total.see(over + under - cal.ece(summary))
        signed.see(over - under - (confidence.mean() - correct.mean()))
    return {"total": total.value, "signed": signed.value}


def merging() -> dict[str, float]:
    """Coarser bins never show more; one bin shows the difference of the means; opposite gaps vanish."""
    rise, one, hidden = 0.0, Worst(), np.inf
    for confidence, correct, _ in models():
        summary = summary_of(confidence, correct)
        eces = {bins: cal.ece(summary, bins) for bins in DIVISORS}
        rise = max(rise, *(eces[a] - eces[b] for a in DIVISORS for b in DIVISORS if b % a == 0))
        one.see(eces[1] - abs(float(confidence.mean() - correct.mean())))
    c = np.repeat([0.65, 0.75], 100)
    opposite = summary_of(c, np.concatenate([np.arange(100) < 80, np.arange(100) < 60]).astype(float))
    hidden = cal.ece(opposite, 10) - cal.ece(opposite, 5)
    return {"rise": float(rise), "one": one.value, "hidden": hidden}


def base_rate() -> dict[str, float]:
    """A model that always says how often it is right: no error, no resolution, the Brier score of knowing nothing."""
    ece, resolution, brier = Worst(), Worst(), Worst()
    for _, correct, _ in models():
        summary = summary_of(np.full(len(correct), correct.mean()), correct)
        ece.see(cal.ece(summary))
        resolution.see(cal.brier_resolution(summary))
        brier.see(cal.brier(summary) - correct.mean() * (1 - correct.mean()))
    return {"ece": ece.value, "resolution": resolution.value, "brier": brier.value}


def brier_parts() -> dict[str, float]:
    """Murphy's three parts, where each bin holds one confidence."""
    parts, apart = Worst(), np.inf
    for confidence, correct, _ in models():
        c = (bins_of(confidence, 15) + 0.5) / 15
        summary = summary_of(c, correct)
        found = [f(summary) for f in (cal.brier_reliability, cal.brier_resolution, cal.brier_uncertainty)]
        parts.see(found[0] - found[1] + found[2] - float(((c - correct) ** 2).mean()))
        apart = min(apart, found[1])
    return {"parts": parts.value, "apart": apart}


def expected_gap(n: int, c: float) -> float:
    """E|X/n - c| for X binomial(n, c), exactly."""
    return sum(math.comb(n, k) * c**k * (1 - c) ** (n - k) * abs(k / n - c) for k in range(n + 1))


def biased_upwards() -> dict[str, float]:
    """The mean ECE of a perfect model is above 0, and equals the sum of its bins' exact means."""
    least, beyond = np.inf, 0.0
    random = np.random.default_rng(SEED)
    levels = (np.arange(10) + 0.5) / 10
    for n in (5, 20, 100):  # rows of each bin
        exact = float(np.mean([expected_gap(n, c) for c in levels]))
        c = np.repeat(levels, n)
        seen = [cal.ece(summary_of(c, (random.random(len(c)) < c).astype(float)), 10) for _ in range(100)]
        error = float(np.std(seen)) / math.sqrt(len(seen))
        beyond = max(beyond, abs(float(np.mean(seen)) - exact) - 4 * error)
        least = min(least, float(min(seen)))
    return {"least": least, "exact": max(beyond, 0.0)}


def root_law() -> dict[str, float]:
    """0.31 sqrt(B / N) against exact means, and against samples."""
    law, sampled = Worst(), 0.0
    for bins, n in ((10, 20), (15, 20), (15, 200)):
        grid = (np.arange(400) + 0.5) / 400
        exact = float(np.mean([expected_gap(n, c) for c in grid]))
        law.see(math.sqrt(2 / math.pi) * math.pi / 8 / math.sqrt(n) / exact - 1)
        seen = [cal.ece(summary_of(c, a), bins) for c, a in perfect(n * bins, 60)]
        error = float(np.std(seen)) / math.sqrt(len(seen))
        sampled = max(sampled, abs(float(np.mean(seen)) / exact - 1) - 4 * error / exact)
    return {"law": 0.01 - law.value, "sampled": max(sampled, 0.0)}


def debiased() -> dict[str, float]:
    """Means of the squared errors over every outcome of a few rows, each weighted by its probability."""
    exact, plain = Worst(), Worst()
    raised = np.inf
    random = np.random.default_rng(SEED)
    for n in (2, 4, 7):
        for _ in range(4):
            c, p = random.uniform(0.41, 0.49), random.uniform(0.1, 0.9)  # of all rows, which are in one bin of ten
            truth = (c - p) ** 2
            means = np.zeros(2)
            for outcome in product((0.0, 1.0), repeat=n):
                a = np.array(outcome)
                chance = float(np.prod(np.where(a == 1, p, 1 - p)))
                square = float((c - a).mean()) ** 2
                means += chance * np.array([square, cal.squared_error(summary_of(np.full(n, c), a), 10)])
            plain.see(means[0] - truth - p * (1 - p) / n)
            raised = min(raised, float(means[0]) - truth)
            exact.see(means[1] - truth)
    return {"exact": exact.value, "plain": plain.value, "raised": raised}


def continuity() -> dict[str, float]:
    """Confidences move by a millionth, across an edge: the change of the binned and of the smooth error."""
    jump, smooth = np.inf, Worst()
    for edge in (0.4, 0.6):
        shares = (edge + 0.3, edge - 0.3)  # right among the first and among the last hundred rows
        right = np.concatenate([np.arange(100) < round(100 * share) for share in shares]).astype(float)
        stays, crosses = (np.repeat([edge - 5e-7, edge + move], 100) for move in (-5e-7, 5e-7))
        together, apart = summary_of(stays, right), summary_of(crosses, right)
        jump = min(jump, abs(cal.ece(together) - cal.ece(apart)))
        smooth.see(cal.smooth_ece(together) - cal.smooth_ece(apart))
    return {"jump": jump - 0.29, "smooth": 1e-3 - smooth.value}


def interval() -> dict[str, float]:
    """How often the 90 % interval holds the model's own ECE, 0, and how often the measured ECE is below 0.02."""
    held = low = 0
    samples = 24
    for confidence, correct in perfect(300, samples):
        found = cal.estimate(summary_of(confidence, correct), "ece")
        held += found.low <= 0
        low += found.value < 0.02
    shortfall = 0.9 - held / samples - 4 * math.sqrt(0.9 * 0.1 / samples)
    return {"held": held / samples, "shortfall": max(shortfall, 0.0), "near": low / samples}


def top_label() -> dict[str, float]:
    """The top class may be calibrated while the other probabilities are not; classes may cancel within a bin."""
    p = np.tile([0.8, 0.2, 0.0], (100, 1))
    y = np.repeat([0, 1, 2], [80, 10, 10])
    summary = cal.CalibrationSummary(classwise=True).update(p, y)
    least = np.inf
    random = np.random.default_rng(SEED)
    for _ in range(20):
        rows = random.dirichlet(np.ones(4), 400)
        other = cal.CalibrationSummary(classwise=True).update(rows, random.integers(0, 4, 400))
        least = min(least, cal.top_label_ece(other, 10) - cal.ece(other, 10))
    return {"top": cal.ece(summary), "others": cal.classwise_ece(summary), "below": max(-least, 0.0)}

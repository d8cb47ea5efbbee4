"""Do the intervals of a study hold what they say? `python -m benchmarks study_coverage`.

Simulated studies whose true differences are known. Where seeds draw fresh rows, differences are drawn: normal, or t
with 3 degrees of freedom, of 4 arms on the 3 metrics that decide and the 8 beside, correlated. Where seeds split one
file anew, or share one split, files are drawn from a population and binary logistic regressions are trained on them, so
that the correlation of seeds is real; a seed's part that is neither rows nor arm, as initial weights are in a network,
is a random weight of each training row. The truth is the mean over many files (or, with one split, over the seeds on
it) and many new rows.

Columns: how often the 95 % interval of one difference covers the truth, over arms, on the metric where it does least;
how often all simultaneous intervals of a study do; how often a study calls any arm clearly better or worse where none
is; and how often it finds a difference of one standard deviation (fresh), or that of the strongest smoothing (NLL).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy.special import expit
from scipy.stats import t

from onewarm.calibration.defaults import LEVEL
from onewarm.study.comparison.compare import BESIDE, DECIDING, SHARE, SIGNIFICANCE
from onewarm.study.comparison.design import Design
from onewarm.study.comparison.estimate import estimate

Floats = NDArray[np.float64]

SEEDS = (3, 5, 10, 20)
STUDIES = 500
ARMS = 4
FEATURES = 6
GROUPS = 20
ALPHAS = (0.05, 0.1, 0.2, 0.5)
HEAD = ("seeds are", "differences", "n", "one interval", "all together", "false finding", "finds")


def main(console: Console, studies: int = STUDIES, seed: int = 0) -> list[dict[str, Any]]:
    """Simulate, print the table as Markdown, and return its rows."""
    rows = []
    for lines in (fresh(studies, seed), resplit(studies, seed), fixed(studies, seed)):
        rows += list(lines)
    table = [HEAD, ("---",) * len(HEAD), *([*r.values()] for r in rows)]
    for line in table:
        cells = (f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in line)
        console.print("| " + " | ".join(cells) + " |", markup=False, highlight=False, soft_wrap=True)
    return rows


def fresh(studies: int, seed: int) -> Iterator[dict[str, Any]]:
    """Differences drawn for each seed: (studies, n, arms, metrics)."""
    metrics = len(DECIDING) + len(BESIDE)
    for name in ("normal", "t3"):
        for n in SEEDS:
            rng = np.random.default_rng([seed, n])
            shape = (studies, n, ARMS, metrics)
            shared = rng.standard_normal((studies, n, 1, 1))  # the baseline's part, in every difference
            d = (rng.standard_normal(shape) + shared) / np.sqrt(2)
            if name == "t3":
                d = rng.standard_t(3, shape) / np.sqrt(3)
            zero = np.zeros((ARMS, metrics))
            found = judge(d, zero, deciding=len(DECIDING))
            shifted = judge(d + 1.0, zero + 1, deciding=len(DECIDING))
            yield line("drawn anew", name, n, found, found["any"], shifted["each"][0, 0])


def resplit(studies: int, seed: int, rows: int = 150) -> Iterator[dict[str, Any]]:
    """Splits of one file of 60, 20 and 20 % of the rows; the study's own ratio widens the intervals."""
    rng = np.random.default_rng([seed, 1])
    train, test = round(0.6 * rows), round(0.2 * rows)
    x, y = population(rng, (studies, rows))
    smooth, same = (np.empty((studies, max(SEEDS), ARMS, 2)) for _ in range(2))
    for i in range(max(SEEDS)):
        order = rng.permuted(np.tile(np.arange(rows), (studies, 1)), axis=1)
        xs, ys = np.take_along_axis(x, order[..., None], 1), np.take_along_axis(y, order, 1)
        parts = xs[:, :train], ys[:, :train], xs[:, -test:], ys[:, -test:]
        smooth[:, i] = differences(losses(rng, *parts, (0.0, *ALPHAS))).mean(-1)
        same[:, i] = differences(losses(rng, *parts, (0.0,) * (ARMS + 1), shared=False)).mean(-1)
    many = 4 * studies
    x, y = population(rng, (many, train))
    new = population(rng, (1, 4000))
    truth = differences(losses(rng, x, y, *new, (0.0, *ALPHAS))).mean((0, -1))
    ratio = Design("resplit", (train, rows - train - test, test)).ratio
    for n in SEEDS:
        found = judge(smooth[:, :n], truth, ratio=ratio, step=1 / test)
        null = judge(same[:, :n], 0 * truth, ratio=ratio, step=1 / test)
        yield line("splits of one file", "trained", n, found, null["any"], found["each"][-1, 0])


def fixed(studies: int, seed: int, train: int = 90, test: int = 60) -> Iterator[dict[str, Any]]:
    """One split for all seeds: the test rows' jackknife is in the error."""
    rng = np.random.default_rng([seed, 2])
    x, y = population(rng, (studies, train))
    xt, yt = population(rng, (studies, test))
    new = population(rng, (1, 2000))
    shape = (studies, max(SEEDS), ARMS, 2, test)
    smooth, same = np.empty(shape), np.empty(shape)
    truth = np.zeros((studies, ARMS, 2))
    for i in range(max(SEEDS)):
        smooth[:, i] = differences(losses(rng, x, y, xt, yt, (0.0, *ALPHAS)))
        same[:, i] = differences(losses(rng, x, y, xt, yt, (0.0,) * (ARMS + 1), shared=False))
        truth += differences(losses(rng, x, y, *new, (0.0, *ALPHAS))).mean(-1) / max(SEEDS)
    for n in SEEDS:
        found = judge(smooth[:, :n], truth, step=1 / test, rows=True)
        null = judge(same[:, :n], 0 * truth, step=1 / test, rows=True)
        yield line("one split", "trained", n, found, null["any"], found["each"][-1, 0])


def judge(
    d: Floats, truth: Floats, *, deciding: int = 2, ratio: float = 0.0, step: float = 0.0, rows: bool = False
) -> dict[str, Any]:
    """Coverage of differences (studies, n, arms, metrics), with `rows` (..., test rows): NLL first, accuracy second.

    `any` is the share of studies with a simultaneous interval that excludes 0, `each` that of each difference.
    """
    values = d.mean(-1) if rows else d
    studies, _, arms, metrics = values.shape
    truth = np.broadcast_to(truth, (studies, arms, metrics))
    alone, together, clear = (np.zeros((studies, arms, metrics), bool) for _ in range(3))
    for s, a, m in np.ndindex(studies, arms, metrics):
        share, count = (SHARE, deciding) if m < deciding else (1 - SHARE, metrics - deciding)
        wrong = (share if metrics > deciding else 1.0) * SIGNIFICANCE / (arms * count)
        without = leaving_out(d[s, :, a, m].mean(0)) if rows else None
        of_one = estimate(values[s, :, a, m], ratio=ratio, without=without, step=step if m == 1 else 0.0)
        freedom, error = of_one.freedom(), of_one.error()
        off = abs(of_one.mean - truth[s, a, m])
        alone[s, a, m] = off <= critical(1 - LEVEL, freedom) * error
        half = critical(wrong, freedom) * error
        together[s, a, m] = off <= half
        clear[s, a, m] = abs(of_one.mean) > half
    return {
        "alone": float(alone.mean((0, 1)).min()),
        "together": float(together.all((1, 2)).mean()),
        "any": float(clear.any((1, 2)).mean()),
        "each": clear.mean(0),
    }


@lru_cache(None)
def critical(wrong: float, freedom: float) -> float:
    """The quantile of Student's t by which `Estimate.interval` multiplies the error."""
    return float(t.isf(wrong / 2, freedom))


def line(seeds: str, differ: str, n: int, found: dict[str, Any], false: float, power: float) -> dict[str, Any]:
    """A row of the table."""
    values = (seeds, differ, n, found["alone"], found["together"], false, float(power))
    return dict(zip(HEAD, values, strict=True))


def leaving_out(of_rows: Floats) -> Floats:
    """The mean without each of `GROUPS` groups of rows."""
    parts = np.array_split(np.arange(len(of_rows)), GROUPS)
    return np.array([np.delete(of_rows, part).mean() for part in parts])


def population(rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Features (files, rows, FEATURES) and labels: a logistic model and a curvature that the trained one lacks."""
    x = rng.standard_normal((*shape, FEATURES))
    logit = x @ np.linspace(-1, 1.2, FEATURES) + 0.4 * (x[..., 0] ** 2 - 1)
    return x, (rng.random(shape) < expit(logit)).astype(float)


def losses(
    rng: np.random.Generator,
    x: Floats,
    y: Floats,
    new_x: Floats,
    new_y: Floats,
    alphas: tuple[float, ...],
    *,
    shared: bool = True,
) -> Floats:
    """NLL and accuracy of each new row, (files, arms, 2, rows), of regressions on smoothed labels.

    The arms of a seed share its random weights of rows, as arms share initial weights, or each has its own.
    """
    weights = rng.exponential(size=y.shape)
    of_arms = []
    for alpha in alphas:
        if not shared:
            weights = rng.exponential(size=y.shape)
        z = np.einsum("bnd,bd->bn", np.broadcast_to(new_x, (len(x), *new_x.shape[1:])), logistic(x, y, weights, alpha))
        of_arms.append(np.stack([np.logaddexp(0, np.where(new_y > 0, -z, z)), (z > 0) == (new_y > 0)], 1))
    return np.stack(of_arms, 1)


def logistic(x: Floats, y: Floats, weights: Floats, alpha: float) -> Floats:
    """Weights (files, FEATURES) of ridge-penalised regressions on smoothed labels, by Newton's method."""
    target, w = y * (1 - alpha) + alpha / 2, np.zeros((len(x), x.shape[2]))
    for _ in range(8):
        p = expit(np.einsum("bnd,bd->bn", x, w))
        slope = np.einsum("bnd,bn->bd", x, weights * (p - target)) + w
        curve = np.einsum("bnd,bne->bde", x * (weights * p * (1 - p))[..., None], x) + np.eye(x.shape[2])
        w -= np.linalg.solve(curve, slope[..., None])[..., 0]
    return w


def differences(of_arms: Floats) -> Floats:
    """Every other arm minus the first."""
    return of_arms[:, 1:] - of_arms[:, :1]


if __name__ == "__main__":
    main(Console())

"""Do the intervals of a study hold what they say? `python -m benchmarks study_coverage`.

Simulated studies whose true differences are known. Where seeds draw fresh rows, differences are drawn: normal, t with 3
degrees of freedom, gamma, or lognormal, as where few seeds are far worse than the others; of 4 arms on the 3 metrics
that decide and the 8 beside, correlated. Where seeds split one file anew, or share one split, files are drawn from a
population and binary logistic regressions are trained on them, so that the correlation of seeds is real; a seed's part
that is neither rows nor arm, as initial weights are in a network, is a random weight of each training row. The truth is
the mean over many files (or, with one split, over many other seeds on it) and many new rows. With one split differences
are also drawn, of a seed's and the test rows' parts.

Columns: how often the 95 % interval of one difference covers the truth, over arms, on the metric where it does least;
how often all simultaneous intervals of a study do; how often a study calls any arm clearly better or worse where none
is; and how often it finds a difference of one standard deviation of seeds (fresh), of four standard errors of the rows
(drawn for one split), or that of the strongest smoothing (trained, NLL).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy.special import expit

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
TRUTHS = 100
ALPHAS = (0.05, 0.1, 0.2, 0.5)
HEAD = ("seeds are", "differences", "n", "one interval", "all together", "false finding", "finds")


def main(console: Console, studies: int = STUDIES, seed: int = 0) -> list[dict[str, Any]]:
    """Simulate, print the table as Markdown, and return its rows."""
    rows = [*fresh(studies, seed), *resplit(studies, seed), *resplit(studies, seed, (54, 27, 99))]
    for test in (60, 200, 1000):
        rows += [*fixed(studies, seed, test), *components(studies, seed, test)]
    table = [HEAD, ("---",) * len(HEAD), *([*r.values()] for r in rows)]
    for line in table:
        cells = (f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in line)
        console.print("| " + " | ".join(cells) + " |", markup=False, highlight=False, soft_wrap=True)
    return rows


def fresh(studies: int, seed: int) -> Iterator[dict[str, Any]]:
    """Differences drawn for each seed: (studies, n, arms, metrics)."""
    metrics = len(DECIDING) + len(BESIDE)
    for name in ("normal", "t3", "skewed", "very skewed"):
        for n in SEEDS:
            rng = np.random.default_rng([seed, n])
            shape = (studies, n, ARMS, metrics)
            shared = rng.standard_normal((studies, n, 1, 1))  # the baseline's part, in every difference
            d = (rng.standard_normal(shape) + shared) / np.sqrt(2)
            if name != "normal":
                d = drawn(name, rng, shape)
            zero = np.zeros((ARMS, metrics))
            found = judge(d, zero, deciding=len(DECIDING))
            shifted = judge(d + 1.0, zero + 1, deciding=len(DECIDING))
            yield line("drawn anew", name, n, found, found["any"], shifted["each"][0, 0])


def resplit(studies: int, seed: int, sizes: tuple[int, int, int] = (90, 30, 30)) -> Iterator[dict[str, Any]]:
    """Splits of one file; the study's own ratio widens the intervals."""
    rng = np.random.default_rng([seed, 1])
    design, (train, _, test) = Design("resplit", sizes), sizes
    rows = sum(sizes)
    x, y = population(rng, (studies, rows))
    smooth, same = (np.empty((studies, max(SEEDS), ARMS, 2)) for _ in range(2))
    for i in range(max(SEEDS)):
        order = rng.permuted(np.tile(np.arange(rows), (studies, 1)), axis=1)
        xs, ys = np.take_along_axis(x, order[..., None], 1), np.take_along_axis(y, order, 1)
        parts = xs[:, :train], ys[:, :train], xs[:, -test:], ys[:, -test:]
        smooth[:, i] = differences(losses(rng, *parts, (0.0, *ALPHAS))).mean(-1)
        same[:, i] = differences(losses(rng, *parts, (0.0,) * (ARMS + 1), shared=False)).mean(-1)
    truth = np.zeros((ARMS, 2))
    files = TRUTHS // 5
    for _ in range(files):
        x, y = population(rng, (studies, train))
        truth += differences(losses(rng, x, y, *population(rng, (1, 500)), (0.0, *ALPHAS))).mean((0, -1)) / files
    for n in SEEDS:
        found = judge(smooth[:, :n], truth, ratio=design.ratio, step=1 / test)
        null = judge(same[:, :n], 0 * truth, ratio=design.ratio, step=1 / test)
        yield line(
            "splits of one file", f"trained, {test} of {rows} test rows", n, found, null["any"], found["each"][-1, 0]
        )


def fixed(studies: int, seed: int, test: int = 60, train: int = 90) -> Iterator[dict[str, Any]]:
    """One split for all seeds: the test rows' jackknife is in the error."""
    rng = np.random.default_rng([seed, 2, test])
    x, y = population(rng, (studies, train))
    xt, yt = population(rng, (studies, test))
    shape = (studies, max(SEEDS), ARMS, 2)
    smooth, same, smooth_without, same_without = (
        np.empty(s) for s in (shape, shape, (*shape, GROUPS), (*shape, GROUPS))
    )
    for i in range(max(SEEDS)):
        of_rows = differences(losses(rng, x, y, xt, yt, (0.0, *ALPHAS)))
        smooth[:, i], smooth_without[:, i] = of_rows.mean(-1), leaving_out(of_rows)
        of_rows = differences(losses(rng, x, y, xt, yt, (0.0,) * (ARMS + 1), shared=False))
        same[:, i], same_without[:, i] = of_rows.mean(-1), leaving_out(of_rows)
    truth = np.zeros((studies, ARMS, 2))
    for _ in range(TRUTHS):  # other seeds than those of the study
        truth += differences(losses(rng, x, y, *population(rng, (1, 500)), (0.0, *ALPHAS))).mean(-1) / TRUTHS
    for n in SEEDS:
        found = judge(smooth[:, :n], truth, step=1 / test, without=smooth_without[:, :n].mean(1))
        null = judge(same[:, :n], 0 * truth, step=1 / test, without=same_without[:, :n].mean(1))
        yield line("one split", f"trained, {test:,} test rows", n, found, null["any"], found["each"][-1, 0])


def components(studies: int, seed: int, rows: int) -> Iterator[dict[str, Any]]:
    """One split, differences drawn as a seed's part and the test rows'; the worst of several mixtures of them."""
    for name in ("normal", "t3", "skewed rows"):
        rng = np.random.default_rng([seed, 3, rows])
        for n in SEEDS:
            worst: list[dict[str, Any]] = []
            for share in (0.03, 0.3, 1.0, 3.0):  # the variance of the mean over seeds, to that over rows
                of_seeds = drawn("t3" if name == "t3" else "normal", rng, (studies, n, ARMS, 1)) * np.sqrt(share * n)
                of_rows = drawn(name, rng, (studies, ARMS, 1, rows)) * np.sqrt(rows)
                values = of_seeds + of_rows.mean(-1)[:, None]
                without = of_seeds.mean(1)[..., None] + leaving_out(of_rows)
                zero = np.zeros((ARMS, 1))
                found = judge(values, zero, deciding=1, without=without)
                moved = judge(values + 4, zero + 4, deciding=1, without=without + 4)
                worst.append({**found, "moved": moved["each"].mean()})
            alone, together, moved = (min(f[key] for f in worst) for key in ("alone", "together", "moved"))
            least = {"alone": alone, "together": together}
            yield line("one split", f"{name}, {rows:,} test rows", n, least, max(f["any"] for f in worst), moved)


def drawn(name: str, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Numbers of mean 0 and variance 1."""
    if name == "normal":
        return rng.standard_normal(shape)
    made: Floats
    if name == "t3":
        made = rng.standard_t(3, shape) / np.sqrt(3)
    elif name == "skewed":  # skewness 1, about that of the studies of the documentation
        made = rng.gamma(4, 0.5, shape) - 2
    else:  # 6.2
        made = (rng.lognormal(0, 1, shape) - np.exp(0.5)) / np.sqrt(np.e * (np.e - 1))
    return made


def judge(
    values: Floats,
    truth: Floats,
    *,
    deciding: int = 2,
    ratio: float = 0.0,
    step: float = 0.0,
    without: Floats | None = None,
) -> dict[str, Any]:
    """Coverage of differences (studies, n, arms, metrics): NLL first, accuracy second.

    `without` (studies, arms, metrics, GROUPS) are the means over seeds without each group of test rows. `any` is the
    share of studies with a simultaneous interval that excludes 0, `each` that of each difference.
    """
    studies, _, arms, metrics = values.shape
    truth = np.broadcast_to(truth, (studies, arms, metrics))
    alone, together, clear = (np.zeros((studies, arms, metrics), bool) for _ in range(3))
    for s, a, m in np.ndindex(studies, arms, metrics):
        share, count = (SHARE, deciding) if m < deciding else (1 - SHARE, metrics - deciding)
        wrong = (share if metrics > deciding else 1.0) * SIGNIFICANCE / (arms * count)
        found = estimate(
            values[s, :, a, m],
            ratio=ratio,
            without=None if without is None else without[s, a, m],
            step=step if m == 1 else 0.0,
        )
        off, half = abs(found.mean - truth[s, a, m]), found.half_width(1 - wrong)
        alone[s, a, m] = off <= found.half_width(LEVEL)
        together[s, a, m] = off <= half
        clear[s, a, m] = abs(found.mean) > half
    return {
        "alone": float(alone.mean((0, 1)).min()),
        "together": float(together.all((1, 2)).mean()),
        "any": float(clear.any((1, 2)).mean()),
        "each": clear.mean(0),
    }


def line(seeds: str, differ: str, n: int, found: dict[str, Any], false: float, power: float) -> dict[str, Any]:
    """A row of the table."""
    values = (seeds, differ, n, found["alone"], found["together"], false, float(power))
    return dict(zip(HEAD, values, strict=True))


def leaving_out(of_rows: Floats) -> Floats:
    """The mean over the last axis without each of `GROUPS` groups of rows."""
    count = of_rows.shape[-1]
    parts = np.array_split(np.arange(count), GROUPS)
    left = [(of_rows.sum(-1) - of_rows[..., part].sum(-1)) / (count - len(part)) for part in parts]
    return np.stack(left, -1)


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
        z = (new_x @ logistic(x, y, weights, alpha)[..., None])[..., 0]
        of_arms.append(np.stack([np.logaddexp(0, np.where(new_y > 0, -z, z)), (z > 0) == (new_y > 0)], 1))
    return np.stack(of_arms, 1)


def logistic(x: Floats, y: Floats, weights: Floats, alpha: float) -> Floats:
    """Weights (files, FEATURES) of ridge-penalised regressions on smoothed labels, by Newton's method."""
    target, w = y * (1 - alpha) + alpha / 2, np.zeros((len(x), x.shape[2]))
    for _ in range(8):
        p = expit((x @ w[..., None])[..., 0])
        slope = ((weights * (p - target))[:, None] @ x)[:, 0] + w
        curve = np.swapaxes(x * (weights * p * (1 - p))[..., None], 1, 2) @ x + np.eye(x.shape[2])
        w -= np.linalg.solve(curve, slope[..., None])[..., 0]
    return w


def differences(of_arms: Floats) -> Floats:
    """Every other arm minus the first."""
    return of_arms[:, 1:] - of_arms[:, :1]


if __name__ == "__main__":
    main(Console())

"""Paired differences by seed of arms, in families whose intervals hold together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from onewarm.calibration.defaults import LEVEL
from onewarm.study.comparison.results import Results, Training

DECIDING = ("nll", "accuracy", "nll_after")
"""What a study's verdict is decided by: NLL, accuracy, and NLL after a temperature."""

BESIDE = (
    "ece",
    "brier",
    "auroc",
    "aurc",
    "mean_confidence",
    "confidence_gap",
    "ece_after",
    "confidence_gap_after",
)
"""What is told beside it."""

SIGNIFICANCE = round(1 - LEVEL, 12)
"""A difference is clear where its adjusted p is below this, 0.05."""

SHARE = 0.8
"""The part of a family's error, `SIGNIFICANCE`, that goes to the metrics that decide; the others have the rest."""

LEAST_SEEDS = 3
MORE_IS_BETTER = ("accuracy", "auroc")


@dataclass(frozen=True)
class Comparison:
    """An arm minus another on one metric, paired by seed.

    Attributes:
        mean: of the differences; None where no seed has both.
        interval: simultaneous: all of a family hold together in 95 % of studies. None for fewer than 3 seeds.
        pointwise: the 95 % interval of this difference alone.
        level: of `interval` taken alone.
        p: of this difference alone, two-sided.
        p_adjusted: below .05 exactly where `interval` excludes 0.
        seeds: on which all arms have the metric.
        testable: whether there are 3 seeds.
        seeds_needed: 3 where it is not testable; where it is but is not clear, how many seeds would show a difference
            of this mean and spread; None where none would, and where it is clear.
        detectable: the least mean that this many seeds with this spread would have shown as clear.
        rows_needed: where no number of seeds would show it, the rows that would with as many seeds, about: of the whole
            file, or of the test part where seeds share one split. None elsewhere, and where these would not either.
    """

    arm: str
    baseline: str
    metric: str
    training: Training
    mean: float | None
    interval: tuple[float, float] | None
    pointwise: tuple[float, float] | None
    level: float
    p: float | None
    p_adjusted: float | None
    seeds: int
    testable: bool
    seeds_needed: int | None
    detectable: float | None
    rows_needed: int | None = None

    @property
    def clear(self) -> bool:
        """Whether the simultaneous interval excludes 0."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]

    @property
    def side(self) -> int:
        """1 where the arm is clearly better, -1 where it is clearly worse, else 0."""
        if not self.clear or self.mean is None:
            return 0
        return 1 if (self.mean > 0) == (self.metric in MORE_IS_BETTER) else -1

    def to_dict(self) -> dict[str, Any]:
        """The attributes, and `clear`, as values for JSON."""
        ends = {
            name: None if (pair := getattr(self, name)) is None else list(pair) for name in ("interval", "pointwise")
        }
        return {**vars(self), **ends, "clear": self.clear}


def family(
    results: Results,
    pairs: Sequence[tuple[str, str]],
    training: Training = "stopped",
    metrics: tuple[Sequence[str], Sequence[str]] = (DECIDING, BESIDE),
) -> list[Comparison]:
    """Compare each pair on each metric; the intervals of all of them hold together in 95 % of studies (Bonferroni).

    Args:
        results: the runs.
        pairs: (arm, the arm it is compared with); both must have the training.
        training: of the stopped models, or of those trained to the end.
        metrics: those that decide, which get `SHARE` of the error together, and those beside.
    """
    compared = []
    for names, share in zip(metrics, (SHARE, 1 - SHARE) if metrics[1] else (1.0, 0.0), strict=True):
        # The chance that any of a family's intervals misses is at most the sum of the single ones' chances.
        wrong = share * SIGNIFICANCE / max(1, len(pairs) * len(names))
        compared += [_compare(results, *pair, name, training, wrong) for pair in pairs for name in names]
    order = {name: i for i, name in enumerate((*metrics[0], *metrics[1]))}
    place = {pair: i for i, pair in enumerate(pairs)}
    return sorted(compared, key=lambda c: (place[c.arm, c.baseline], order[c.metric]))


def _compare(results: Results, arm: str, baseline: str, metric: str, training: Training, wrong: float) -> Comparison:
    mean, found, seeds = results.estimate(arm, baseline, metric, training)
    testable = found is not None and seeds >= LEAST_SEEDS
    level = 1 - wrong
    nothing = Comparison(
        arm, baseline, metric, training, mean, None, None, level, None, None, seeds, False, LEAST_SEEDS, None
    )
    if found is None or not testable:
        return nothing
    clear = found.p < wrong
    needed = None if clear else found.seeds_needed(level)
    times = None if clear or needed is not None else found.rows_needed(level)
    return Comparison(
        arm=arm,
        baseline=baseline,
        metric=metric,
        training=training,
        mean=mean,
        interval=found.interval(level),
        pointwise=found.interval(LEVEL),
        level=level,
        p=found.p,
        p_adjusted=min(1.0, found.p * SIGNIFICANCE / wrong),
        seeds=seeds,
        testable=True,
        seeds_needed=needed,
        detectable=found.half_width(level),
        rows_needed=None if times is None else math.ceil(times * results.design.shared_rows),
    )

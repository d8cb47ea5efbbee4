"""The values of a study's runs by arm, metric and training, on the seeds that all arms have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from onewarm.study.comparison.design import Design
from onewarm.study.comparison.estimate import Estimate, estimate
from onewarm.study.scoring import Scores
from onewarm.study.store.store import StoredRun

Training = Literal["stopped", "end"]


_MAY_LACK = ("auroc",)
"""Without a wrong prediction there is no AUROC."""


@dataclass(frozen=True)
class Results:
    """The finished runs of a study, by (arm, seed)."""

    runs: Mapping[tuple[str, int], StoredRun]
    arms: Sequence[str]
    seeds: Sequence[int]
    design: Design
    _common: dict[tuple[str, Training], list[int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def scores(self, arm: str, seed: int, training: Training) -> Scores | None:
        """Of the stopped model, or of that trained to the end; None where there is none."""
        run = self.runs[arm, seed]
        return run.stopped if training == "stopped" else run.end

    def value(self, arm: str, seed: int, metric: str, training: Training = "stopped") -> float | None:
        """The metric of one run; None where it has no such number."""
        scores = self.scores(arm, seed, training)
        return None if scores is None else scores.metrics.get(metric)

    def values(self, arm: str, metric: str, training: Training = "stopped") -> list[float | None]:
        """The metric of each seed's run, in the order of `seeds`."""
        return [self.value(arm, seed, metric, training) for seed in self.seeds]

    def has(self, arm: str, metric: str, training: Training = "stopped") -> bool:
        """Whether the arm has a mean of the metric.

        One infinite NLL makes the mean infinite: leaving its seed out would flatter the arm. The metrics of `_MAY_LACK`
        do not exist in every run, and their means are over the others.
        """
        exist = [value is not None for value in self.values(arm, metric, training)]
        return any(exist) if metric in _MAY_LACK else all(exist)

    def common(self, metric: str, training: Training = "stopped") -> list[int]:
        """The seeds on which all arms have the metric, but for arms without a mean of it."""
        if (metric, training) not in self._common:
            having = [self.values(arm, metric, training) for arm in self.arms if self.has(arm, metric, training)]
            each = zip(self.seeds, *having, strict=True) if having else ()
            self._common[metric, training] = [seed for seed, *values in each if None not in values]
        return self._common[metric, training]

    def mean(self, arm: str, metric: str, training: Training = "stopped") -> float | None:
        """The arm's mean on the common seeds; None where it has no number on one of them."""
        return self.estimate(arm, None, metric, training)[0]

    def estimate(
        self,
        arm: str,
        baseline: str | None,
        metric: str,
        training: Training = "stopped",
        of_baseline: Training | None = None,
    ) -> tuple[float | None, Estimate | None, int]:
        """The mean of the arm, or of it minus a baseline by seed; its Estimate from 2 seeds on; the number of seeds.

        The baseline's models are of the same training, or of that in `of_baseline`.
        """
        cells = [(arm, training)] if baseline is None else [(arm, training), (baseline, of_baseline or training)]
        having = set.intersection(*(set(self.common(metric, t)) for _, t in cells))
        seeds = [seed for seed in self.seeds if seed in having]
        if not seeds or not all(self.has(a, metric, t) for a, t in cells):
            return None, None, 0
        values = self._difference([[self.value(a, s, metric, t) for s in seeds] for a, t in cells])
        if len(seeds) < 2:
            return float(values.mean()), None, 1
        step = 1 / self.design.sizes[2] if metric == "accuracy" else 0.0
        without = self._without(cells, seeds, metric)
        found = estimate(values, ratio=self.design.ratio, without=without, step=step)
        return found.mean, found, len(seeds)

    def _without(self, cells: list[tuple[str, Training]], seeds: list[int], metric: str) -> NDArray[np.float64] | None:
        """The mean over seeds without each group of test rows; None where the seeds do not share their rows."""
        if self.design.sampling != "fixed":
            return None
        of_arms = []
        for arm, training in cells:
            scores = [s for seed in seeds if (s := self.scores(arm, seed, training)) is not None]
            groups = [s.without[metric] for s in scores if s.without is not None and metric in s.without]
            if len(groups) < len(seeds) or any(None in values for values in groups):
                return None  # a metric that is not of the test rows
            of_arms.append(np.array(groups, np.float64).mean(0))
        return self._difference(of_arms)

    @staticmethod
    def _difference(of_arms: Sequence[object]) -> NDArray[np.float64]:
        first, *second = (np.asarray(values, np.float64) for values in of_arms)
        difference: NDArray[np.float64] = first - second[0] if second else first
        return difference

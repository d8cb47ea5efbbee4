"""A study's report: metrics of its arms, differences from the baseline, reliability; as JSON."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onewarm.atomic_write import atomic_write
from onewarm.study.comparison.compare import Comparison, family
from onewarm.study.comparison.design import Design
from onewarm.study.comparison.results import Results, Training
from onewarm.study.report.limits import limits
from onewarm.study.report.values import metrics_of, reliability_of
from onewarm.study.store.store import StoredRun
from onewarm.study.verdict.decide import Decision, decide, is_reference, recommended
from onewarm.study.verdict.sentences import recommendation, sentences

if TYPE_CHECKING:
    from rich.console import Console


FORMAT = 2
_TRAININGS: tuple[Training, ...] = ("stopped", "end")


@dataclass(frozen=True)
class StudyReport:
    """The results of a study: `to_dict()` gives the report as JSON values, `print()` its tables."""

    dataset: dict[str, Any]
    arms: list[str]
    seeds: list[int]
    baseline: str
    model: dict[str, Any]
    runs: dict[tuple[str, int], StoredRun]
    trained: int
    """How many of the runs this call trained; the others came from the store."""
    pairs: tuple[tuple[str, str], ...] = ()
    """Further comparisons: (arm, the arm it is compared with)."""

    @cached_property
    def results(self) -> Results:
        """The runs' values, on the seeds that all arms have."""
        return Results(self.runs, self.arms, self.seeds, Design.of(self.dataset))

    def values(self, arm: str, metric: str) -> list[float | None]:
        """The metric of each seed's stopped run, in the order of `seeds`; None where the run has no such number."""
        return self.results.values(arm, metric)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values; the same runs give the same report."""
        ended = [arm for arm in self.arms if any(self.runs[arm, seed].end is not None for seed in self.seeds)]
        return {
            "format": FORMAT,
            "dataset": self.dataset,
            "arms": self.arms,
            "reference": [arm for arm in self.arms if is_reference(arm)],
            "seeds": self.seeds,
            "baseline": self.baseline,
            "model": self.model,
            "versions": self._versions(),
            "training": {arm: self._training(arm) for arm in self.arms},
            "metrics": {arm: metrics_of(self.results, arm, "stopped") for arm in self.arms},
            "metrics_end": {arm: metrics_of(self.results, arm, "end") for arm in ended},
            "comparisons": self.comparisons(),
            "recommendation": recommended(self.decision, recommendation(self.decision)),
            "verdict": self.verdict(),
            "limits": limits(self.runs, self.arms, self.seeds, self.model),
            "scope": self.results.design.scope,
            "curves": {arm: self._curves(arm) for arm in self.arms},
            "reliability": {arm: reliability_of(self.results, arm, "stopped") for arm in self.arms},
            "reliability_end": {arm: reliability_of(self.results, arm, "end") for arm in ended},
            "notes": [
                {"arm": arm, "seed": seed, "note": self.runs[arm, seed].stopped.note}
                for arm in self.arms
                for seed in self.seeds
                if self.runs[arm, seed].stopped.note
            ],
        }

    def comparisons(self) -> list[dict[str, Any]]:
        """Each arm minus the baseline, stopped and then trained to the end, then each of `pairs`, on every metric."""
        return [comparison.to_dict() for comparison in self.compared]

    def verdict(self) -> list[str]:
        """The results in sentences; the last one is the recommendation."""
        return sentences(self.decision)

    @cached_property
    def compared(self) -> list[Comparison]:
        """The comparisons, in three families: with the baseline stopped, with it to the end, and `pairs`."""
        results = self.results
        with_baseline = [(arm, self.baseline) for arm in self.arms if arm != self.baseline]
        further = [pair for pair in dict.fromkeys(self.pairs) if pair not in with_baseline]
        rows: list[Comparison] = []
        for pairs, training in itertools.product((with_baseline, further), _TRAININGS):
            having = [pair for pair in pairs if all(results.has(arm, "accuracy", training) for arm in pair)]
            rows += family(results, having, training)
        return rows

    @cached_property
    def decision(self) -> Decision:
        """What the study says to do."""
        return decide(self.results, self.compared, self.baseline, self.dataset["num_classes"])

    def print(self, console: Console) -> None:
        """Print the study to a Rich console: the data, the arms, their differences, what to do."""
        from onewarm.study.report.terminal import print_study  # the views read a report

        print_study(self, console)

    def _training(self, arm: str) -> dict[str, Any]:
        """Where each seed's run stopped, where it ended, and what was chosen for it, in the order of seeds."""
        runs = [self.runs[arm, seed] for seed in self.seeds]
        return {
            "steps": [run.steps for run in runs],
            "end_steps": [run.end_steps for run in runs],
            "options": [dict(run.options) for run in runs],
        }

    def _curves(self, arm: str) -> list[dict[str, Any] | None]:
        """Each seed's curve, in the order of seeds; None where the run has none."""
        curves = [self.runs[arm, seed].curve for seed in self.seeds]
        return [None if c is None else {name: list(values) for name, values in c._asdict().items()} for c in curves]

    def _versions(self) -> dict[str, str]:
        by_name: dict[str, set[str]] = {}
        for run in self.runs.values():
            for name, version in run.versions.items():
                by_name.setdefault(name, set()).add(version)
        return {name: ", ".join(sorted(versions)) for name, versions in sorted(by_name.items())}


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON with `atomic_write`; ValueError, and nothing written, for a NaN or an infinity."""
    atomic_write(path, json.dumps(value, indent=1, allow_nan=False) + "\n")

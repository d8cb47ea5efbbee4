"""A study's report: metrics of its arms, differences from the baseline, reliability; as JSON and as tables."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from onewarm.atomic_write import atomic_write
from onewarm.calibration.defaults import LEVEL
from onewarm.errors import needs
from onewarm.study.comparison.compare import Comparison, family
from onewarm.study.comparison.design import Design
from onewarm.study.comparison.results import Results, Training
from onewarm.study.report.values import metrics_of, reliability_of
from onewarm.study.store.store import StoredRun
from onewarm.study.verdict.decide import Decision, decide, is_reference, recommended
from onewarm.study.verdict.sentences import recommendation, sentences

with needs("onewarm.study", "study"):
    from rich.console import Console
    from rich.table import Table


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
        """Two tables: each arm's means, and each arm minus the baseline with intervals."""
        heads = {
            "accuracy": "accuracy",
            "nll": "NLL",
            "ece": "ECE",
            "confidence_gap": "conf.\ngap",
            "temperature": "T",
            "nll_after": "NLL\nafter T",
            "ece_after": "ECE\nafter T",
        }
        sizes = "train {train}, validation {validation}, test {test} rows".format(**self.dataset)
        of_seeds = f"mean of {len(self.seeds)} seeds" if len(self.seeds) > 1 else f"seed {self.seeds[0]}"
        table = _table(f"{self.dataset['title']}: {of_seeds}\n{sizes}", heads.values())
        for arm in self.arms:
            metrics = metrics_of(self.results, arm, "stopped")
            means = [metrics[m]["mean"] for m in heads]
            table.add_row(_two_lines(arm), *("-" if m is None else f"{m:.3f}" for m in means))
        console.print(table)
        for line in self._notes():
            console.print(line, markup=False)
        rows = self.decision.rows
        if not rows:
            return
        heads = {m: heads[m] for m in ("accuracy", "nll", "ece", "nll_after", "ece_after")}
        level = f"{100 * LEVEL:g} %"
        title = f"Difference from {self.baseline}, paired by seed: mean [simultaneous {level} interval]\n* clear"
        table = _table(title, heads.values())
        for arm in self.arms:
            if arm != self.baseline:
                table.add_row(_two_lines(arm), *(_cell(rows.get((arm, m))) for m in heads))
        console.print(table)
        for line in self.verdict():
            console.print(line, markup=False, highlight=False)

    def _notes(self) -> list[str]:
        """For each reason given in the runs' notes, a line with their number and the first of them."""
        reasons: dict[str, list[str]] = {}
        for (arm, seed), run in sorted(self.runs.items()):
            if run.stopped.note:
                reasons.setdefault(run.stopped.note, []).append(f"{arm} seed {seed}")
        return [
            f"{len(where)} run{'s' * (len(where) > 1)} ({where[0]}{', ...' * (len(where) > 1)}): {why}"
            for why, where in reasons.items()
        ]

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


def _table(title: str, heads: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("arm", no_wrap=True)
    for head in heads:
        table.add_column(head, justify="right")
    return table


def _two_lines(arm: str) -> str:
    """A teacher and its own recipe on two lines, so that the columns of numbers fit into 80 characters."""
    parts = arm.split(":", 2)
    return arm if len(parts) < 3 else f"{parts[0]}:{parts[1]}:\n{parts[2]}"


def _cell(row: Comparison | None) -> str:
    if row is None or row.mean is None:
        return "-"
    if row.interval is None:
        return f"{row.mean:+.3f}"
    low, high = row.interval
    return f"{row.mean:+.3f}{'*' if row.clear else ' '}\n[{low:+.3f}, {high:+.3f}]"


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON with `atomic_write`; ValueError, and nothing written, for a NaN or an infinity."""
    atomic_write(path, json.dumps(value, indent=1, allow_nan=False) + "\n")

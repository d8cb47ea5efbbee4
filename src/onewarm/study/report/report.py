"""A study's report: metrics of its arms, differences from the baseline, reliability; as JSON and as tables."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onewarm.atomic_write import atomic_write
from onewarm.calibration.defaults import BINS, LEVEL
from onewarm.calibration.plots.reliability_data import reliability
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.errors import needs
from onewarm.study.comparison.compare import SIGNIFICANCE, holm, mean_interval, paired_difference
from onewarm.study.scoring import METRICS
from onewarm.study.store.store import StoredRun
from onewarm.study.verdict.verdict import significant, verdict

with needs("onewarm.study", "study"):
    from rich.console import Console
    from rich.table import Table


FORMAT = 1
COMPARED = (
    "accuracy",
    "nll",
    "ece",
    "mean_confidence",
    "confidence_gap",
    "nll_after",
    "ece_after",
    "confidence_gap_after",
)
"""The metrics that every arm is compared with the baseline on; Holm's correction covers all of them together."""


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

    def values(self, arm: str, metric: str) -> list[float | None]:
        """The metric of each seed's run, in the order of `seeds`; None where the run has no such number."""
        return [self.runs[arm, seed].stopped.metrics.get(metric) for seed in self.seeds]

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values; the same runs give the same report."""
        return {
            "format": FORMAT,
            "dataset": self.dataset,
            "arms": self.arms,
            "seeds": self.seeds,
            "baseline": self.baseline,
            "model": self.model,
            "versions": self._versions(),
            "metrics": {arm: self._metrics(arm) for arm in self.arms},
            "comparisons": self.comparisons(),
            "verdict": self.verdict(),
            "reliability": {arm: self._reliability(arm) for arm in self.arms},
            "notes": [
                {"arm": arm, "seed": seed, "note": self.runs[arm, seed].stopped.note}
                for arm in self.arms
                for seed in self.seeds
                if self.runs[arm, seed].stopped.note
            ],
        }

    def comparisons(self) -> list[dict[str, Any]]:
        """Each arm minus the baseline, then each of `pairs`, for each metric of `COMPARED`.

        A comparison takes the seeds on which both arms have the metric, and is left out where these are fewer than 2.
        """
        rows: list[dict[str, Any]] = []
        with_baseline = [(arm, self.baseline) for arm in self.arms if arm != self.baseline]
        for arm, baseline in dict.fromkeys([*with_baseline, *self.pairs]):
            for metric in COMPARED:
                pairs = [
                    (a, b)
                    for a, b in zip(self.values(arm, metric), self.values(baseline, metric), strict=True)
                    if a is not None and b is not None
                ]
                if len(pairs) < 2:
                    continue
                d = paired_difference([a for a, _ in pairs], [b for _, b in pairs], level=LEVEL)
                rows.append(
                    {
                        "arm": arm,
                        "baseline": baseline,
                        "metric": metric,
                        "mean": d.mean,
                        "interval": list(d.interval),
                        "level": d.level,
                        "p": d.p,
                        "seeds": d.pairs,
                    }
                )
        for row, corrected in zip(rows, holm([row["p"] for row in rows]), strict=True):
            row["p_holm"] = corrected
        return rows

    def verdict(self) -> list[str]:
        """The results in sentences; the last one answers whether another arm would help."""
        return verdict(self._against_baseline(), self.arms, self.baseline)

    def _against_baseline(self) -> list[dict[str, Any]]:
        return [row for row in self.comparisons() if row["baseline"] == self.baseline]

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
            metrics = self._metrics(arm)
            means = [metrics[m]["mean"] for m in heads]
            table.add_row(_two_lines(arm), *("-" if m is None else f"{m:.3f}" for m in means))
        console.print(table)
        for line in self._missing_temperatures():
            console.print(line, markup=False)
        rows = {(row["arm"], row["metric"]): row for row in self._against_baseline()}
        if not rows:
            return
        heads = {m: heads[m] for m in ("accuracy", "nll", "ece", "nll_after", "ece_after")}
        level, limit = f"{100 * LEVEL:g} %", f"{SIGNIFICANCE:g}".lstrip("0")
        title = (
            f"Difference from {self.baseline}, paired by seed: mean [{level} interval]\n* Holm-corrected p < {limit}"
        )
        table = _table(title, heads.values())
        for arm in self.arms:
            if arm != self.baseline:
                table.add_row(_two_lines(arm), *(_cell(rows.get((arm, m))) for m in heads))
        console.print(table)
        for line in self.verdict():
            console.print(line, markup=False, highlight=False)

    def _missing_temperatures(self) -> list[str]:
        """For each reason why runs have no temperature, a line with their number and the first of them."""
        reasons: dict[str, list[str]] = {}
        for (arm, seed), run in sorted(self.runs.items()):
            if run.stopped.note:
                reasons.setdefault(run.stopped.note, []).append(f"{arm} seed {seed}")
        return [
            f"{len(where)} run{'s' * (len(where) > 1)} ({where[0]}{', ...' * (len(where) > 1)}): {why}"
            for why, where in reasons.items()
        ]

    def _metrics(self, arm: str) -> dict[str, Any]:
        metrics: dict[str, Any] = {}
        for metric in METRICS:
            values = self.values(arm, metric)
            known = [v for v in values if v is not None]
            if not known and metric in ("ece_unsmoothed", "excess_nll"):
                continue  # not defined for this arm or data set
            metrics[metric] = {
                "mean": math.fsum(known) / len(known) if known else None,
                "interval": list(mean_interval(known, level=LEVEL)) if len(known) > 1 else None,
                "values": values,
            }
        return metrics

    def _reliability(self, arm: str) -> dict[str, Any]:
        """All seeds' test rows in one diagram, before and after each seed's own temperature."""
        scores = [self.runs[arm, seed].stopped for seed in self.seeds]
        temperatures = [t for s in scores if (t := s.metrics["temperature"]) is not None]
        return {
            "before": _bins([s.before for s in scores]),
            "after": _bins([s.after for s in scores if s.after is not None]),
            "temperature": math.fsum(temperatures) / len(temperatures) if temperatures else None,
        }

    def _versions(self) -> dict[str, str]:
        by_name: dict[str, set[str]] = {}
        for run in self.runs.values():
            for name, version in run.versions.items():
                by_name.setdefault(name, set()).add(version)
        return {name: ", ".join(sorted(versions)) for name, versions in sorted(by_name.items())}


def _bins(summaries: list[CalibrationSummary]) -> dict[str, Any] | None:
    if not summaries:
        return None
    merged = CalibrationSummary()
    for summary in summaries:
        merged.merge(summary)
    data = reliability(merged, BINS).to_dict()
    # The seeds' test rows may overlap, so an interval that counts rows as independent would be too narrow.
    keep = ("lower", "upper", "count", "confidence", "accuracy")
    return {"bins": [{k: b[k] for k in keep} for b in data["bins"]], "ece": data["ece"], "rows": data["rows"]}


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


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "-"
    low, high = row["interval"]
    star = "*" if significant(row) else " "
    return f"{row['mean']:+.3f}{star}\n[{low:+.3f}, {high:+.3f}]"


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON with `atomic_write`; ValueError, and nothing written, for a NaN or an infinity."""
    atomic_write(path, json.dumps(value, indent=1, allow_nan=False) + "\n")

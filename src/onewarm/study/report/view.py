"""What every view of a study's report reads: means, differences, which arms to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from onewarm.errors import InputError
from onewarm.study.arms.arm import parse_arm
from onewarm.study.report.report import StudyReport
from onewarm.study.store.store import StoredRun

Row = Mapping[str, Any]
Training = Literal["stopped", "end"]
Side = Literal["better", "worse", "unclear", "untestable"]

MORE_IS_BETTER = ("accuracy", "auroc")


@dataclass(frozen=True)
class View:
    """A report's values, computed once, by what a view asks for."""

    report: StudyReport

    @cached_property
    def values(self) -> dict[str, Any]:
        """The report as JSON values."""
        return self.report.to_dict()

    @property
    def baseline(self) -> str:
        """The arm that the others are compared with."""
        return self.report.baseline

    @property
    def arms(self) -> list[str]:
        """All arms, the baseline first."""
        return [self.baseline, *(a for a in self.report.arms if a != self.baseline)]

    @property
    def references(self) -> list[str]:
        """The arms that stand for a model of their own, which every study trains beside the compared one."""
        found: list[str] = self.values["reference"]
        return found

    @property
    def others(self) -> list[str]:
        """The arms that are compared with the baseline, without references."""
        return [a for a in self.report.arms if a not in (self.baseline, *self.references)]

    @property
    def suggested_alpha(self) -> float | None:
        """The alpha that the confidence gap of hard labels suggests; None where no hard arm ran."""
        recommendation = self.values["recommendation"]
        alpha: float = recommendation["suggested_alpha"]
        return None if recommendation["suggested_because"] is None else alpha

    @property
    def of_arms(self) -> list[str]:
        """The sentences of the verdict that speak of one arm each, as the tables do."""
        starts = tuple(f"{arm} against {self.baseline}:" for arm in self.arms[1:])
        return [s for s in self.values["verdict"] if s.startswith(starts)]

    @property
    def of_all(self) -> list[str]:
        """The other sentences of the verdict, but for the recommendation."""
        said = (*self.of_arms, self.values["recommendation"]["sentence"])
        return [s for s in self.values["verdict"] if s not in said]

    @property
    def notes(self) -> list[str]:
        """For each reason that runs' notes give, a line with their number and the first of them."""
        reasons: dict[str, list[str]] = {}
        for note in self.values["notes"]:
            reasons.setdefault(note["note"], []).append(f"{note['arm']}, seed {note['seed']}")
        return [
            f"{len(where)} run{'s' * (len(where) > 1)} ({where[0]}{'; ...' * (len(where) > 1)}): {why}"
            for why, where in reasons.items()
        ]

    @cached_property
    def best(self) -> str | None:
        """The recommended arm; where none is, the one with the lowest NLL of those that are no reference.

        None where there is only the baseline.
        """
        recommended: str | None = self.values["recommendation"]["arm"]
        if recommended not in (None, self.baseline):
            return recommended
        others = [a for a in self.others if self.mean(a, "nll") is not None]
        return min(others, key=lambda a: self.mean(a, "nll") or 0.0, default=None)

    @property
    def main_arms(self) -> list[str]:
        """The arms that a picture of few arms shows: the baseline, the best, the reference."""
        return [a for a in (self.baseline, self.best, *self.references) if a is not None]

    @cached_property
    def has_end(self) -> bool:
        """Whether a model was trained to the end."""
        return any(run.end is not None for run in self.report.runs.values())

    def mean(self, arm: str, metric: str, training: Training = "stopped") -> float | None:
        """The mean of a metric over the seeds; None where no run has it."""
        metrics = self.values["metrics" if training == "stopped" else "metrics_end"].get(arm) or {}
        return (metrics.get(metric) or {}).get("mean")

    def difference(self, arm: str, metric: str, training: Training = "stopped") -> Row | None:
        """The comparison of an arm with the baseline; None where there is none."""
        return self._differences.get((arm, metric, training))

    @cached_property
    def _differences(self) -> dict[tuple[str, str, str], Row]:
        rows = self.values["comparisons"]
        return {(r["arm"], r["metric"], r["training"]): r for r in rows if r["baseline"] == self.baseline}

    @cached_property
    def alphas(self) -> dict[str, list[tuple[float, str]]]:
        """Of each kind of smoothing that ran with several alphas: (alpha, arm), in the order of alpha."""
        kinds: dict[str, list[tuple[float, str]]] = {}
        for name in self.report.arms:
            try:
                arm = parse_arm(name)
            except InputError:  # an arm of the user's own
                continue
            if arm.alpha is not None:  # negative smoothing goes on below the alpha 0 of the uniform one
                kinds.setdefault("smooth" if arm.kind == "negative" else arm.kind, []).append((arm.alpha, name))
        return {kind: sorted(found) for kind, found in kinds.items() if len(found) > 1}

    def runs(self, arm: str) -> list[StoredRun]:
        """The runs of an arm, in the order of seeds."""
        return [self.report.runs[arm, seed] for seed in self.report.seeds if (arm, seed) in self.report.runs]


def side(row: Row | None) -> Side:
    """On which side of 0 a difference clearly lies, as better or worse for the metric."""
    if row is None or not row["testable"]:
        return "untestable"
    if not row["clear"]:
        return "unclear"
    return "better" if (row["mean"] > 0) == (row["metric"] in MORE_IS_BETTER) else "worse"


def least_clear(row: Row | None) -> float | None:
    """The smallest difference that these seeds would have shown as clear: half the width of the interval."""
    if row is None or row["interval"] is None:
        return None
    return float(row["detectable"])

"""Invented claims, evidence and study reports, with known effects."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy import stats

from onewarm.claims.evidence import Evidence, Finding, Ran
from onewarm.claims.ledger import Claim, Comparison, IdentityClaim, Measure, Source, StudyClaim

RAN = Ran(date="2026-01-01T00:00:00+00:00", seconds=1.0, versions={"numpy": "2"}, command="onewarm claims verify x")
SOURCE = Source(
    authors="A. Author",
    title="T",
    venue="V",
    year=2020,
    url="https://example.org",
    place="Section 1",
    read="abstract",
    summary="S.",
)


@pytest.fixture
def study_claim() -> Callable[..., StudyClaim]:
    """A study claim with these predictions."""

    def make(*predictions: Comparison, rule: str = "all") -> StudyClaim:
        return StudyClaim.model_validate(
            {
                "key": "claim:a/b/study",
                "title": "T",
                "kind": "study",
                "statement": "S",
                "scope": "S",
                "rule": rule,
                "sources": (SOURCE,),
                "witness": "onewarm.claims.witnesses.studies:paired",
                "predictions": predictions,
            }
        )

    return make


@pytest.fixture
def identity_claim() -> IdentityClaim:
    """An identity claim: one difference that must vanish, one margin that must not."""
    return IdentityClaim(
        key="claim:a/b/identity",
        title="T",
        kind="identity",
        statement="S",
        scope="S",
        sources=(SOURCE,),
        witness="onewarm.claims.witnesses.label_smoothing:decomposition",
        predictions=(
            Measure(measure="d", quantity="difference", scope="cases"),
            Measure(measure="m", quantity="margin", scope="cases", expected="positive"),
        ),
    )


@pytest.fixture
def evidence_of() -> Callable[..., Evidence]:
    """Evidence for a claim: one (effect, interval) for each prediction, or None to leave it out."""

    def make(claim: Claim, *results: Any, seeds: int = 20, p: float | None = None) -> Evidence:
        findings = []
        for prediction, result in zip(claim.predictions, results, strict=True):
            if result is None:
                continue
            if claim.kind == "identity":
                effect, interval, level = result, None, None
            else:
                interval, level = result, 0.95
                effect = sum(result) / 2
            findings.append(
                Finding(
                    scope=prediction.scope,
                    quantity=prediction.quantity,
                    effect=effect,
                    interval=interval,
                    level=level,
                    p=p,
                    expected=prediction.expected,
                )
            )
        study = claim.kind == "study"
        return Evidence(
            claim=claim.key,
            kind=claim.kind,
            predicted=claim.predicted,
            ran=RAN,
            seeds=tuple(range(seeds)) if study else None,
            tolerance=None if study else 1e-10,
            findings=tuple(findings),
        )

    return make


@pytest.fixture
def report_of() -> Callable[..., dict[str, Any]]:
    """A study report in which arm minus hard has this mean in each metric, with a little noise by seed.

    The models trained to the end are as the stopped ones, but for `end`: effects and metrics of hard of their own.
    """

    def make(
        effects: Mapping[str, Mapping[str, float]],
        *,
        hard: Mapping[str, float],
        seeds: int = 20,
        end: tuple[Mapping[str, Mapping[str, float]], Mapping[str, float]] | None = None,
    ) -> dict[str, Any]:
        metrics, rows = {}, []
        for training, (shifts, baseline) in {"stopped": (effects, hard), "end": end or (effects, hard)}.items():
            arms = values(shifts, baseline, seeds)
            metrics[training] = {a: {m: estimate(v) for m, v in by.items()} for a, by in arms.items()}
            rows += [
                {"training": training, **compared(arm, "hard", metric, arms, len(shifts) * len(baseline))}
                for arm in shifts
                for metric in baseline
            ]
        return {
            "format": 2, "arms": ["hard", *effects], "seeds": list(range(seeds)), "versions": {"torch": "2"},
            "metrics": metrics["stopped"], "metrics_end": metrics["end"], "comparisons": rows,
        }  # fmt: skip

    return make


@pytest.fixture
def compared_row() -> Callable[..., dict[str, Any]]:
    """A row of a report's comparisons."""
    return compared


def values(shifts: Mapping[str, Mapping[str, float]], hard: Mapping[str, float], seeds: int) -> dict[str, Any]:
    """Each arm's metrics by seed."""
    random = np.random.default_rng(0)
    base = {m: v + 0.01 * random.standard_normal(seeds) for m, v in hard.items()}
    arms: dict[str, Any] = {"hard": base}
    for arm, by in shifts.items():
        arms[arm] = {m: v + by.get(m, 0.0) + 0.005 * random.standard_normal(seeds) for m, v in base.items()}
    return arms


def estimate(by_seed: Any, level: float = 0.95) -> dict[str, Any]:
    """Mean and Student's t interval."""
    half = stats.t.ppf((1 + level) / 2, len(by_seed) - 1) * stats.sem(by_seed)
    mean = float(np.mean(by_seed))
    return {"mean": mean, "interval": [mean - half, mean + half], "values": list(map(float, by_seed))}


def compared(arm: str, baseline: str, metric: str, arms: Mapping[str, Any], family: int) -> dict[str, Any]:
    """A row of a report's comparisons; the intervals of a family of so many hold together."""
    difference = np.asarray(arms[arm][metric]) - np.asarray(arms[baseline][metric])
    p = float(stats.ttest_1samp(difference, 0).pvalue)
    together = estimate(difference, 1 - 0.05 / family)
    return {
        "arm": arm, "baseline": baseline, "metric": metric, "mean": together["mean"],
        "interval": together["interval"], "pointwise": estimate(difference)["interval"], "level": 0.95, "p": p,
        "p_adjusted": min(1.0, family * p), "seeds": len(difference),
    }  # fmt: skip

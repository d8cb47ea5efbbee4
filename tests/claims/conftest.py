"""Invented claims, evidence and study reports, with known effects."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from onewarm.claims.evidence import Evidence, Finding, Ran
from onewarm.claims.ledger import Claim, Comparison, IdentityClaim, Measure, Source, StudyClaim
from onewarm.study.comparison.compare import holm, mean_interval, paired_difference

RAN = Ran(date="2026-01-01T00:00:00+00:00", seconds=1.0, versions={"numpy": "2"}, command="onewarm claims verify x")
SOURCE = Source(
    authors="A. Author",
    title="T",
    venue="V",
    year=2020,
    url="https://example.org",
    place="Section 1",
    read="abstract",
    says="S.",
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
    """A study report in which arm minus hard has this mean in each metric, with a little noise by seed."""

    def make(
        effects: Mapping[str, Mapping[str, float]], *, hard: Mapping[str, float], seeds: int = 20
    ) -> dict[str, Any]:
        random = np.random.default_rng(0)
        base = {m: v + 0.01 * random.standard_normal(seeds) for m, v in hard.items()}
        arms: dict[str, dict[str, Sequence[float]]] = {"hard": base}
        for arm, shifts in effects.items():
            arms[arm] = {m: v + shifts.get(m, 0.0) + 0.005 * random.standard_normal(seeds) for m, v in base.items()}
        rows = []
        for arm in effects:
            for metric in base:
                d = paired_difference(arms[arm][metric], base[metric])
                rows.append(
                    {
                        "arm": arm, "baseline": "hard", "metric": metric, "mean": d.mean,
                        "interval": list(d.interval), "level": d.level, "p": d.p, "seeds": d.pairs,
                    }
                )  # fmt: skip
        for row, adjusted in zip(rows, holm([r["p"] for r in rows]), strict=True):
            row["p_holm"] = adjusted
        metrics = {
            arm: {
                m: {"mean": float(np.mean(v)), "interval": list(mean_interval(v)), "values": list(map(float, v))}
                for m, v in by.items()
            }
            for arm, by in arms.items()
        }
        return {
            "format": 1, "arms": list(arms), "seeds": list(range(seeds)), "versions": {"torch": "2"},
            "metrics": metrics, "comparisons": rows,
        }  # fmt: skip

    return make

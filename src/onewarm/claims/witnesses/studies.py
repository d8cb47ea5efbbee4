"""Witnesses of studies: what paired training runs showed of each prediction of a claim.

A study report (see `onewarm.study`) holds, for one data set, every arm's metrics over the seeds and the paired
comparisons with a baseline, Holm-adjusted over the whole report. A witness picks the ones its claim speaks of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from onewarm.claims.evidence import Finding
from onewarm.claims.ledger import Claim, Comparison, StudyClaim

Report = Mapping[str, Any]


class ReportError(ValueError):
    """A study report that cannot testify: says which data set, what is missing, and what to do."""


def plan(claims: Iterable[Claim]) -> dict[str, tuple[str, ...]]:
    """The studies that these claims need: arms by data set, baselines first, in the order they are named.

    >>> from onewarm.claims.ledger import load_ledger
    >>> plan(load_ledger().values())["digits-noisy"]
    ('hard', 'smooth:0.05', 'smooth:0.1', 'smooth:0.2')
    """
    needed: dict[str, dict[str, None]] = {}
    predictions = [p for claim in claims if isinstance(claim, StudyClaim) for p in claim.predictions]
    for p in predictions:
        if p.baseline is not None:
            needed.setdefault(p.dataset, {})[p.baseline] = None
    for p in predictions:
        needed.setdefault(p.dataset, {})[p.arm] = None
    return {dataset: tuple(sorted(arms, key=lambda arm: (":" in arm, arm))) for dataset, arms in needed.items()}


def pairs(claims: Iterable[Claim]) -> dict[str, tuple[tuple[str, str], ...]]:
    """The arms that these claims compare with each other, and not with hard targets, by data set."""
    needed: dict[str, dict[tuple[str, str], None]] = {}
    for claim in claims:
        for p in claim.predictions if isinstance(claim, StudyClaim) else ():
            if p.baseline not in (None, "hard"):
                needed.setdefault(p.dataset, {})[p.arm, p.baseline] = None
    return {dataset: tuple(found) for dataset, found in needed.items()}


def paired(claim: Claim, reports: Mapping[str, Report]) -> tuple[tuple[Finding, ...], tuple[int, ...]]:
    """What the reports (by data set) say of each prediction, and the seeds that all of them share.

    A prediction of which no report speaks has no finding; the claim's status then says so.
    """
    findings: list[Finding] = []
    seeds: set[int] | None = None
    for p in claim.predictions:
        if not isinstance(p, Comparison):
            raise TypeError(f"{claim.key}: a study witness needs comparisons, got {type(p).__name__}")
        report = reports.get(p.dataset)
        if report is None:
            continue
        own = _get(report, p.dataset, "seeds")
        seeds = set(own) if seeds is None else seeds & set(own)
        finding = _difference(p, report) if p.baseline is not None else _value(p, report)
        if finding is not None:
            findings.append(finding)
    return tuple(findings), tuple(sorted(seeds or ()))


def _difference(p: Comparison, report: Report) -> Finding | None:
    for row in _get(report, p.dataset, "comparisons"):
        if (row.get("arm"), row.get("baseline"), row.get("metric")) == (p.arm, p.baseline, p.metric):
            effect, interval, level, adjusted, pairs = (
                _get(row, p.dataset, key) for key in ("mean", "interval", "level", "p_holm", "seeds")
            )
            return _finding(p, effect, interval, float(level), float(adjusted), pairs)
    return None


def _value(p: Comparison, report: Report) -> Finding | None:
    row = _get(report, p.dataset, "metrics").get(p.arm, {}).get(p.metric)
    if row is None:
        return None
    levels = {float(c["level"]) for c in _get(report, p.dataset, "comparisons")} or {0.95}
    mean, interval, values = (_get(row, p.dataset, key) for key in ("mean", "interval", "values"))
    if mean is None:  # not one run came by this number
        return None
    shifted = None if interval is None else [end - p.reference for end in interval]
    known = sum(value is not None for value in values)
    return _finding(p, mean - p.reference, shifted, max(levels), None, known)


def _finding(
    p: Comparison,
    effect: float,
    interval: Sequence[float] | None,
    level: float,
    adjusted: float | None,
    seeds: int,
) -> Finding:
    return Finding(
        scope=p.scope,
        quantity=p.quantity,
        effect=float(effect),
        interval=None if interval is None else (float(interval[0]), float(interval[1])),
        level=level,
        p=adjusted,
        seeds=seeds,
        expected=p.expected,
        role=p.role,
        unit=p.unit,
    )


def _get(report: Report, dataset: str, key: str) -> Any:
    if key not in report:
        raise ReportError(f"the study report of {dataset} has no {key!r}; run `onewarm study {dataset}` again")
    return report[key]

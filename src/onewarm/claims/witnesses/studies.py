"""The witness of claims about training: it reads each prediction's effect from the reports of paired training runs.

A study report (see `onewarm.study`) holds, for one data set, every arm's metrics over the seeds and the paired
comparisons with a baseline: of the models that were stopped where their validation NLL was lowest, and of those
trained to the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from onewarm.calibration.defaults import LEVEL
from onewarm.claims.evidence import Finding
from onewarm.claims.ledger import Claim, Comparison, StudyClaim
from onewarm.errors import InputError

Report = Mapping[str, Any]


class ReportError(InputError):
    """A study report that lacks a part: the message names the data set, the part, and the remedy."""


def plan(claims: Iterable[Claim]) -> dict[str, tuple[str, ...]]:
    """The studies that these claims need: the arms of each data set, in order of their names, hard targets first.

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
    """The pairs (arm, baseline) that these claims compare on each data set, where the baseline is not hard targets."""
    needed: dict[str, dict[tuple[str, str], None]] = {}
    for claim in claims:
        for p in claim.predictions if isinstance(claim, StudyClaim) else ():
            if p.baseline not in (None, "hard"):
                needed.setdefault(p.dataset, {})[p.arm, p.baseline] = None
    return {dataset: tuple(of_dataset) for dataset, of_dataset in needed.items()}


def paired(claim: Claim, reports: Mapping[str, Report]) -> tuple[tuple[Finding, ...], tuple[int, ...]]:
    """The finding of each prediction in the reports (by data set), and the seeds that these reports share.

    A prediction that no report covers has no finding, and the claim's status is then "inconclusive".

    Raises ReportError for a report without a part that is needed, TypeError for a prediction of an identity.
    """
    findings: list[Finding] = []
    seeds: set[int] | None = None
    for p in claim.predictions:
        if not isinstance(p, Comparison):
            raise TypeError(f"{claim.key}: a study witness needs comparisons, got {type(p).__name__}")
        report = reports.get(p.dataset)
        if report is None:
            continue
        of_report = set(_get(report, p.dataset, "seeds"))
        seeds = of_report if seeds is None else seeds & of_report
        finding = _difference(p, report) if p.baseline is not None else _value(p, report)
        if finding is not None:
            findings.append(finding)
    return tuple(findings), tuple(sorted(seeds or ()))


def _difference(p: Comparison, report: Report) -> Finding | None:
    for row in _get(report, p.dataset, "comparisons"):
        of_row = tuple(row.get(key) for key in ("arm", "baseline", "metric", "training"))
        if of_row == (p.arm, p.baseline, p.metric, p.training):
            effect, interval, adjusted, pairs = (
                _get(row, p.dataset, key) for key in ("mean", "interval", "p_adjusted", "seeds")
            )
            return None if effect is None else _finding(p, effect, interval, adjusted, pairs)
    return None


def _value(p: Comparison, report: Report) -> Finding | None:
    part = "metrics" if p.training == "stopped" else "metrics_end"
    row = _get(report, p.dataset, part).get(p.arm, {}).get(p.metric)
    if row is None:
        return None
    mean, interval, values = (_get(row, p.dataset, key) for key in ("mean", "interval", "values"))
    if mean is None:  # no run has this number
        return None
    shifted = None if interval is None else [end - p.reference for end in interval]
    seeds = sum(value is not None for value in values)
    return _finding(p, mean - p.reference, shifted, None, seeds)


def _finding(
    p: Comparison,
    effect: float,
    interval: Sequence[float] | None,
    adjusted: float | None,
    seeds: int,
) -> Finding:
    """The intervals of a report's comparisons hold together at `LEVEL`; that of a single arm's value is by itself."""
    return Finding(
        scope=p.scope,
        quantity=p.quantity,
        effect=float(effect),
        interval=None if interval is None else (float(interval[0]), float(interval[1])),
        level=None if interval is None else LEVEL,
        p=None if adjusted is None else float(adjusted),
        seeds=seeds,
        expected=p.expected,
        training=p.training,
        role=p.role,
        unit=p.unit,
    )


def _get(report: Report, dataset: str, key: str) -> Any:
    if key not in report:
        raise ReportError(f"the study report of {dataset} has no {key!r}; run `onewarm study {dataset}` again")
    return report[key]

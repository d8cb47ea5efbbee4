"""The status of a claim, computed from its predictions and its evidence.

A prediction is *shown*, *contradicted*, *open* or *not measured*:

- zero: shown when |effect| <= tolerance; else contradicted.
- positive, negative (study): shown when the whole interval lies on that side of 0, contradicted when it lies
  on the other; else open. Where the finding has a Holm-adjusted p above 1 - level, it is open in any case.
- positive (identity): shown when effect > tolerance; else contradicted.
- not negative: shown when the interval's low end is at least -margin; contradicted when its high end is below 0.
- none: only reported, not judged.

From those, for a claim with evidence:

- identity: every prediction shown, "identity holds"; any contradicted, "refuted"; else "inconclusive".
- study: with fewer than 20 seeds (of the study, or behind one of its findings), a premise that is not shown, or a
  test that is not measured, "inconclusive". Otherwise,
  rule "all": every test shown, "supported"; some shown, "conditional"; none shown and some contradicted,
  "refuted"; else "inconclusive".
  rule "differs" (the claim is that the sign depends on the data): one effect clearly above 0 and another clearly
  below, "supported"; else two intervals that do not overlap, "conditional" (the size depends on the data, the sign
  was not shown to); two or more effects, all clearly on one side, with overlapping intervals, "refuted"; else
  "inconclusive".

Without evidence, or without a witness named in the ledger: "no witness".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from onewarm.claims.evidence import Evidence, Finding
from onewarm.claims.ledger import Claim, Comparison, Prediction
from onewarm.errors import InputError

Status = Literal["identity holds", "supported", "conditional", "refuted", "inconclusive", "no witness"]
Verdict = Literal["shown", "contradicted", "open", "not measured", "context"]

MIN_SEEDS = 20

# From worst to best: a claim got worse when its rank fell.
RANK: dict[Status, int] = {
    "refuted": 0,
    "no witness": 1,
    "inconclusive": 2,
    "conditional": 3,
    "supported": 4,
    "identity holds": 4,
}


@dataclass(frozen=True)
class Judged:
    """One prediction, its finding, and the verdict on it."""

    prediction: Prediction
    finding: Finding | None
    verdict: Verdict


@dataclass(frozen=True)
class Judgement:
    """A claim's status, the reason in one sentence, and the verdict on each prediction."""

    status: Status
    because: str
    judged: tuple[Judged, ...] = ()


def status(claim: Claim, evidence: Evidence | None) -> Status:
    """The status of `claim` given its evidence (None: not checked yet), by the rules at the top of this file."""
    return judge(claim, evidence).status


def judge(claim: Claim, evidence: Evidence | None) -> Judgement:
    """The status, its reason, and the verdict on each prediction. Raises ValueError for another claim's evidence."""
    if claim.witness is None:
        return Judgement("no witness", "The claim names no witness.")
    if evidence is None:
        return Judgement("no witness", f"Not checked yet: run `onewarm claims verify {claim.slug}`.")
    if (evidence.claim, evidence.kind) != (claim.key, claim.kind):
        raise InputError(
            f"evidence of {evidence.claim} ({evidence.kind}) was given for {claim.key} ({claim.kind}); "
            "pass the evidence of the same claim"
        )
    judged = tuple(_judge_one(p, evidence) for p in claim.predictions)
    decide = _identity if claim.kind == "identity" else _study
    result, because = decide(claim, evidence, judged)
    return Judgement(result, because, judged)


def _judge_one(prediction: Prediction, evidence: Evidence) -> Judged:
    finding = evidence.find(prediction.scope, prediction.quantity)
    if finding is None:
        verdict: Verdict = "not measured"
    elif isinstance(prediction, Comparison):
        verdict = _compared(prediction, finding)
    else:
        tolerance = 0.0 if evidence.tolerance is None else evidence.tolerance
        effect = finding.effect
        if effect is None:
            verdict = "contradicted"
        elif prediction.expected == "zero":
            verdict = "shown" if abs(effect) <= tolerance else "contradicted"
        else:
            verdict = "shown" if effect > tolerance else "contradicted"
    return Judged(prediction, finding, verdict)


def _compared(prediction: Comparison, finding: Finding) -> Verdict:
    if prediction.expected == "none":
        return "context"
    side = _side(finding)
    if prediction.expected == "not negative":
        if finding.interval is not None and finding.interval[0] >= -prediction.margin:
            return "shown"
        return "contradicted" if side == -1 else "open"
    expected_side = 1 if prediction.expected == "positive" else -1
    return "open" if side == 0 else "shown" if side == expected_side else "contradicted"


def _side(finding: Finding | None) -> int:
    """+1 or -1 where the effect is clearly above or below 0, else 0."""
    if finding is None or finding.interval is None:
        return 0
    if finding.p is not None and finding.level is not None and finding.p > 1 - finding.level + 1e-12:
        return 0
    low, high = finding.interval
    return 1 if low > 0 else -1 if high < 0 else 0


def _identity(claim: Claim, evidence: Evidence, judged: tuple[Judged, ...]) -> tuple[Status, str]:
    contradicted = [j for j in judged if j.verdict == "contradicted"]
    if contradicted:
        first = contradicted[0]
        effect = first.finding.effect if first.finding else None
        size = "not a finite number" if effect is None else f"{effect:.3g}"
        return "refuted", f"{first.prediction.quantity}: {size}, tolerance {evidence.tolerance:g}."
    missing = [j for j in judged if j.verdict == "not measured"]
    if missing:
        return "inconclusive", f"Not measured: {missing[0].prediction.quantity}."
    largest = max(
        (abs(j.finding.effect) for j in judged if j.prediction.expected == "zero" and j.finding and j.finding.effect),
        default=0.0,
    )
    return "identity holds", f"The largest difference is {largest:.1e}; {evidence.tolerance:g} is allowed."


def _study(claim: Claim, evidence: Evidence, judged: tuple[Judged, ...]) -> tuple[Status, str]:
    seeds = len(set(evidence.seeds or ()))
    if seeds < MIN_SEEDS:
        return "inconclusive", f"{seeds} paired seeds; at least {MIN_SEEDS} are needed."
    by_role: dict[str, list[Judged]] = {"premise": [], "test": [], "context": []}
    for j in judged:
        by_role[j.prediction.role if isinstance(j.prediction, Comparison) else "test"].append(j)
    tests = by_role["test"]
    for j in [*by_role["premise"], *tests]:
        if j.verdict == "not measured":
            return "inconclusive", f"Not measured: {j.prediction.quantity} on {j.prediction.scope}."
        if j.finding and j.finding.seeds is not None and j.finding.seeds < MIN_SEEDS:
            where = f"{j.prediction.quantity} on {j.prediction.scope}"
            return "inconclusive", f"{where} has {j.finding.seeds} seeds; at least {MIN_SEEDS} are needed."
    for j in by_role["premise"]:
        if j.verdict != "shown":
            return "inconclusive", f"Its premise was not met: {j.prediction.quantity} on {j.prediction.scope}."
    if claim.rule == "differs":
        return _differs(tests)
    shown, contradicted = (sum(j.verdict == v for j in tests) for v in ("shown", "contradicted"))
    count = f"Tests that show it: {shown} of {len(tests)}; that contradict it: {contradicted}; paired seeds: {seeds}."
    if tests and shown == len(tests):
        return "supported", count
    if shown:
        return "conditional", count
    return ("refuted" if contradicted else "inconclusive"), count


def _differs(tests: list[Judged]) -> tuple[Status, str]:
    sides = [_side(j.finding) for j in tests]
    above, below = sides.count(1), sides.count(-1)
    count = f"Effects clearly above 0: {above}; clearly below: {below}; neither: {sides.count(0)}."
    if above and below:
        return "supported", count
    ranges = [j.finding.interval for j in tests if j.finding and j.finding.interval]
    if any(a[1] < b[0] or b[1] < a[0] for a, b in combinations(ranges, 2)):
        return "conditional", count + " The size differs between data sets; the sign was not shown to."
    if len(tests) > 1 and len(tests) in (above, below):
        return "refuted", count
    return "inconclusive", count

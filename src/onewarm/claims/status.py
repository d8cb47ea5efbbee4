"""The status of a claim, computed from its predictions and its evidence.

A prediction is *shown*, *contradicted*, *open* or *not measured*:

- zero: shown when |effect| <= tolerance, the ledger's; else contradicted.
- positive, negative (study): shown when the whole interval lies on that side of 0, contradicted when it lies
  on the other; else open. Where the finding has an adjusted p above 0.05, it is open in any case.
- positive (identity): shown when effect > tolerance; else contradicted.
- not negative: shown when the interval's low end is at least -margin; contradicted when its high end is below 0.
- none: only reported, not judged.

From those, for a claim with evidence:

- identity: every prediction shown, "identity holds"; any contradicted, "refuted"; else "inconclusive".
- study: with fewer than 20 seeds (of the study, or behind one of its findings), or a premise or test that is not
  measured, "inconclusive". Otherwise the tests of the models that were stopped are decided by themselves, and so are
  those of the models trained to the end:
  with a premise (of the same training) that is not shown, "inconclusive";
  rule "all": every test shown, "supported"; some shown, "conditional"; none shown and some contradicted,
  "refuted"; else "inconclusive".
  rule "differs" (the claim is that the sign depends on the data): one effect shown above 0 and another shown below,
  none contradicted, "supported"; clear effects on both sides, but not as predicted, or two intervals that do not
  overlap (the size depends on the data, the sign was not shown to), "conditional"; two or more effects, all clearly on
  one side, with overlapping intervals, "refuted"; else "inconclusive".
  Where both trainings have tests and their results differ, "conditional" if one of them is "supported" or
  "conditional", else "refuted" if one of them is.

Without evidence for these predictions, or without a witness named in the ledger: "no witness".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from onewarm.calibration.defaults import LEVEL
from onewarm.claims.evidence import Evidence, Finding
from onewarm.claims.ledger import TRAININGS, Claim, Comparison, Prediction
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
    if evidence.predicted != claim.predicted:
        return Judgement(
            "no witness",
            f"Not checked for this prediction, only for an earlier: run `onewarm claims verify {claim.slug}`.",
        )
    judged = tuple(_judge_one(p, claim, evidence) for p in claim.predictions)
    decide = _identity if claim.kind == "identity" else _study
    result, because = decide(claim, evidence, judged)
    return Judgement(result, because, judged)


def _judge_one(prediction: Prediction, claim: Claim, evidence: Evidence) -> Judged:
    finding = evidence.find(prediction.scope, prediction.quantity)
    if finding is None:
        verdict: Verdict = "not measured"
    elif isinstance(prediction, Comparison):
        verdict = _compared(prediction, finding)
    else:
        effect = finding.effect
        if effect is None:
            verdict = "contradicted"
        elif prediction.expected == "zero":
            verdict = "shown" if abs(effect) <= claim.tolerance else "contradicted"
        else:
            verdict = "shown" if effect > claim.tolerance else "contradicted"
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
    if finding.p is not None and finding.p > 1 - LEVEL + 1e-12:
        return 0
    low, high = finding.interval
    return 1 if low > 0 else -1 if high < 0 else 0


def _identity(claim: Claim, evidence: Evidence, judged: tuple[Judged, ...]) -> tuple[Status, str]:
    contradicted = [j for j in judged if j.verdict == "contradicted"]
    if contradicted:
        first = contradicted[0]
        effect = first.finding.effect if first.finding else None
        size = "not a finite number" if effect is None else f"{effect:.3g}"
        return "refuted", f"{first.prediction.quantity}: {size}, tolerance {claim.tolerance:g}."
    missing = [j for j in judged if j.verdict == "not measured"]
    if missing:
        return "inconclusive", f"Not measured: {missing[0].prediction.quantity}."
    largest = max(
        (abs(j.finding.effect) for j in judged if j.prediction.expected == "zero" and j.finding and j.finding.effect),
        default=0.0,
    )
    return "identity holds", f"The largest difference is {largest:.1e}; {claim.tolerance:g} is allowed."


def _study(claim: Claim, evidence: Evidence, judged: tuple[Judged, ...]) -> tuple[Status, str]:
    seeds = len(set(evidence.seeds or ()))
    if seeds < MIN_SEEDS:
        return "inconclusive", f"{seeds} paired seeds; at least {MIN_SEEDS} are needed."
    decisive = [j for j in judged if _role(j) != "context"]
    for j in decisive:
        where = f"{j.prediction.quantity} on {j.prediction.scope}"
        if j.verdict == "not measured":
            return "inconclusive", f"Not measured: {where}."
        if j.finding and j.finding.seeds is not None and j.finding.seeds < MIN_SEEDS:
            return "inconclusive", f"{where} has {j.finding.seeds} seeds; at least {MIN_SEEDS} are needed."
    parts: list[tuple[str, Status, str]] = []
    for training, name in TRAININGS.items():
        of_training = [
            j for j in decisive if isinstance(j.prediction, Comparison) and j.prediction.training == training
        ]
        if any(_role(j) == "test" for j in of_training):
            parts.append((name, *_one_training(claim, of_training)))
    if not parts:
        return "inconclusive", "It has no test."
    return _together(parts, f"paired seeds: {seeds}")


def _role(judged: Judged) -> str:
    return judged.prediction.role if isinstance(judged.prediction, Comparison) else "test"


def _one_training(claim: Claim, judged: list[Judged]) -> tuple[Status, str]:
    """What the tests of one training show, if their premises hold."""
    for j in judged:
        if _role(j) == "premise" and j.verdict != "shown":
            return "inconclusive", f"its premise was not met: {j.prediction.quantity} on {j.prediction.scope}"
    tests = [j for j in judged if _role(j) == "test"]
    if claim.rule == "differs":
        return _differs(tests)
    shown, contradicted = (sum(j.verdict == v for j in tests) for v in ("shown", "contradicted"))
    count = f"tests that show it: {shown} of {len(tests)}; that contradict it: {contradicted}"
    if shown == len(tests):
        return "supported", count
    if shown:
        return "conditional", count
    return ("refuted" if contradicted else "inconclusive"), count


def _differs(tests: list[Judged]) -> tuple[Status, str]:
    sides = [_side(j.finding) for j in tests]
    above, below = sides.count(1), sides.count(-1)
    contradicted = sum(j.verdict == "contradicted" for j in tests)
    count = f"effects clearly above 0: {above}; clearly below: {below}; neither: {sides.count(0)}"
    if above and below:
        if not contradicted:
            return "supported", count
        return "conditional", f"{count}; the sign differs between data sets, but not as predicted"
    ranges = [j.finding.interval for j in tests if j.finding and j.finding.interval]
    if any(a[1] < b[0] or b[1] < a[0] for a, b in combinations(ranges, 2)):
        return "conditional", f"{count}; the size differs between data sets, the sign was not shown to"
    if len(tests) > 1 and len(tests) in (above, below):
        return "refuted", count
    return "inconclusive", count


def _together(parts: list[tuple[str, Status, str]], seeds: str) -> tuple[Status, str]:
    """The status of a claim from those of its trainings: (name of the training, status, reason)."""
    found = {status for _, status, _ in parts}
    if len(parts) == 1:
        _, result, reason = parts[0]
        return result, f"{reason[0].upper()}{reason[1:]}; {seeds}."
    if len(found) == 1:
        result = parts[0][1]
    elif found & {"supported", "conditional"}:
        result = "conditional"
    else:
        result = "refuted" if "refuted" in found else "inconclusive"
    said = ". ".join(f"{name[0].upper()}{name[1:]}: {status}, {reason}" for name, status, reason in parts)
    return result, f"{said}; {seeds}."

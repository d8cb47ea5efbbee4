"""A claim and its evidence as the claim review shows them."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from typing import Any

from markupsafe import Markup

from onewarm.claims.evidence import Evidence
from onewarm.claims.ledger import Claim, Comparison
from onewarm.claims.status import RANK, Judged, judge
from onewarm.notebook.markdown import plain
from onewarm.notebook.numbers import interval, number, whisker

__all__ = ["claim_facts", "claim_view", "status_counts"]

Inline = Callable[[str], Markup]


def claim_view(claim: Claim, evidence: Evidence | None, inline: Inline, formula: Inline) -> dict[str, Any]:
    """What the template of one claim needs: its status is computed here, from the evidence, and nowhere else."""
    judgement = judge(claim, evidence)
    reach: dict[str, float] = {}  # by unit: effects of one unit are drawn to one scale
    for j in judgement.judged:
        for bound in (j.finding and j.finding.interval) or ():
            unit = j.finding.unit if j.finding else ""
            reach[unit] = max(reach.get(unit, 0.0), abs(bound))
    levels = {j.finding.level for j in judgement.judged if j.finding and j.finding.level}
    sources = [(source, "Source") for source in claim.sources] + [(source, "Against it") for source in claim.counter]
    return {
        "title": claim.title,
        "statement": inline(claim.statement),
        "formula": formula(claim.formula) if claim.formula else "",
        "scope": inline(claim.scope),
        "status": judgement.status,
        "status_slug": judgement.status.replace(" ", "-"),
        "because": inline(judgement.because),
        "findings": [_finding(j, reach) for j in judgement.judged if j.finding],
        "has_interval": bool(reach),
        "level": " / ".join(f"{100 * level:g} %" for level in sorted(levels)),
        "seeds": len(set(evidence.seeds)) if evidence and evidence.seeds else 0,
        "sources": [
            {**source.model_dump(), "role": role, "says": inline(source.says), "numbers": inline(source.numbers)}
            for source, role in sources
        ],
        "command": evidence.ran.command if evidence else f"onewarm claims verify {claim.slug}",
        "ran": _ran(evidence) if evidence else "",
    }


def claim_facts(claim: Claim, evidence: Evidence | None) -> list[str]:
    """The measured numbers of a claim in plain lines, for a research prompt."""
    judgement = judge(claim, evidence)
    lines = [f"Status computed from evidence: {judgement.status}. {plain(judgement.because)}"]
    for j in judgement.judged:
        if j.finding is not None:
            f = j.finding
            size = f"{number(f.effect)} {interval(f.interval)} {f.unit}".replace("  ", " ").strip()
            lines.append(f"{f.scope}: {f.quantity} = {size} (expected: {f.expected}; {j.verdict})")
    return lines


def status_counts(views: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """How many claims have which status, the best first."""
    found = [view["status"] for view in views]
    return [
        {"name": name, "slug": name.replace(" ", "-"), "count": found.count(name)}
        for name in sorted(RANK, key=lambda s: (-RANK[s], s))
        if name in found
    ]


def _finding(judged: Judged, reach: dict[str, float]) -> dict[str, Any]:
    finding, prediction = judged.finding, judged.prediction
    assert finding is not None
    role = prediction.role if isinstance(prediction, Comparison) else "test"
    return {
        "scope": finding.scope,
        "quantity": finding.quantity,
        "effect": number(finding.effect),
        "interval": interval(finding.interval),
        "picture": Markup(whisker(finding.effect, finding.interval, reach.get(finding.unit, 0.0))),
        "expected": finding.expected if finding.expected != "none" else "–",
        "verdict": ("for context" if judged.verdict == "context" else judged.verdict)
        + (" (premise)" if role == "premise" else ""),
        "verdict_slug": judged.verdict.replace(" ", "-"),
    }


def _ran(evidence: Evidence) -> Markup:
    ran = evidence.ran
    versions = ", ".join(f"{name} {version}" for name, version in sorted(ran.versions.items()))
    date = html.escape(ran.date)
    return Markup(f'<time datetime="{date}">{date}</time>, {ran.seconds:.1f} s; {html.escape(versions)}')

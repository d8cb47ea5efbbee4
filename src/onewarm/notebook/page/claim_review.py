"""The claim review: a claim, its status and its evidence, for the template and for research prompts."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from typing import Any

from markupsafe import Markup

from onewarm.claims.evidence import Evidence, Finding
from onewarm.claims.ledger import Claim, Comparison
from onewarm.claims.status import RANK, Judged, judge
from onewarm.notebook.page.evidence_figure import Axis, linear_axis, log_axis
from onewarm.notebook.text.numbers import interval_text, number_text

__all__ = ["claim_facts", "claim_review", "status_counts"]

Inline = Callable[[str], Markup]


def claim_review(claim: Claim, evidence: Evidence | None, inline: Inline, formula: Inline) -> dict[str, Any]:
    """The template's context for one claim. Its status is computed here, from the evidence."""
    judgement = judge(claim, evidence)
    levels = {j.finding.level for j in judgement.judged if j.finding and j.finding.level}
    sources = [(source, "Source") for source in claim.sources] + [(source, "Against it") for source in claim.counter]
    return {
        "title": claim.title,
        "statement": inline(claim.statement),
        "formula": formula(claim.formula) if claim.formula else "",
        "scope": inline(claim.scope),
        "status": judgement.status,
        "status_slug": judgement.status.replace(" ", "-"),
        "because": _reason(judgement.because),
        "figure": _figure(judgement.judged, claim.tolerance),
        "level": " / ".join(f"{100 * level:g} %" for level in sorted(levels)),
        "identity": claim.kind == "identity",
        "tolerance": number_text(claim.tolerance) if claim.kind == "identity" else "",
        "seeds": len(set(evidence.seeds)) if evidence and evidence.seeds else 0,
        "sources": [
            {
                **source.model_dump(),
                "by": _short(source.authors),
                "role": role,
                "summary": inline(source.summary),
                "numbers": inline(source.numbers),
            }
            for source, role in sources
        ],
        "command": evidence.ran.command if evidence else f"onewarm claims verify {claim.slug}",
        "ran": _ran(evidence) if evidence else "",
    }


def claim_facts(claim: Claim, evidence: Evidence | None) -> list[str]:
    """The measured numbers of a claim as lines of text, for a research prompt."""
    judgement = judge(claim, evidence)
    lines = [f"Status computed from evidence: {judgement.status}. {judgement.because.replace('`', '')}"]
    for j in judgement.judged:
        if j.finding is not None:
            f = j.finding
            size = f"{number_text(f.effect)} {interval_text(f.interval)} {f.unit}".replace("  ", " ").strip()
            lines.append(f"{f.scope}: {f.quantity} = {size} (expected: {f.expected}; {j.verdict})")
    return lines


def status_counts(views: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The number of claims with each status, the best status first."""
    statuses = [view["status"] for view in views]
    return [
        {"name": name, "slug": name.replace(" ", "-"), "count": statuses.count(name)}
        for name in sorted(RANK, key=lambda s: (-RANK[s], s))
        if name in statuses
    ]


def _reason(reason: str) -> Markup:
    """The reason of a status, with its commands as code. Not Markdown: users name arms and data sets."""
    pieces = (html.escape(piece) for piece in reason.split("`"))
    return Markup("".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces)))


def _short(authors: str) -> str:
    """Authors as in a citation: the first one and "et al." if there are more than two."""
    names = authors.split(", ")
    return authors if len(names) < 3 else f"{names[0]} et al."


_EXPECTED = {"zero": "= 0", "negative": "< 0", "positive": "> 0", "not negative": "≥ 0"}


def _figure(judged: Iterable[Judged], tolerance: float) -> list[dict[str, Any]]:
    """The findings in groups of one unit, each group with its axis and its rows."""
    units: dict[str, list[tuple[Judged, Finding]]] = {}
    for judgement in judged:
        if judgement.finding is not None:
            units.setdefault(judgement.finding.unit, []).append((judgement, judgement.finding))
    groups = []
    for unit, rows in units.items():
        values = [v for _, f in rows for v in (f.effect, *(f.interval or ())) if v is not None]
        if any(f.interval for _, f in rows):
            axis = linear_axis(values)
        else:
            axis = log_axis(values, tolerance)
        groups.append({"unit": unit, "scale": axis.scale(), "rows": [_figure_row(j, f, axis) for j, f in rows]})
    return groups


def _figure_row(judged: Judged, finding: Finding, axis: Axis) -> dict[str, Any]:
    prediction = judged.prediction
    role = prediction.role if isinstance(prediction, Comparison) else "test"
    return {
        "scope": finding.scope,
        "quantity": finding.quantity,
        "effect": number_text(finding.effect),
        "interval": interval_text(finding.interval),
        "picture": axis.row(finding.effect, finding.interval),
        "expected": _EXPECTED.get(finding.expected, ""),
        "verdict": ("for context" if judged.verdict == "context" else judged.verdict)
        + (" (premise)" if role == "premise" else ""),
        "verdict_slug": judged.verdict.replace(" ", "-"),
    }


def _ran(evidence: Evidence) -> Markup:
    ran = evidence.ran
    versions = ", ".join(f"{name} {version}" for name, version in sorted(ran.versions.items()))
    date = html.escape(ran.date)
    return Markup(f'<time datetime="{date}">{date[:10]}</time>, {ran.seconds:.1f} s; {html.escape(versions)}')

"""The claim review: a claim, its status and its evidence, for the template and for research prompts."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from onewarm.claims.evidence import Evidence, Finding
from onewarm.claims.ledger import METRICS, Claim, Comparison
from onewarm.claims.status import RANK, Judged, judge
from onewarm.notebook.page.evidence_figure import Axis, linear_axis, log_axis
from onewarm.notebook.text.numbers import interval_text, number_text, power_text

__all__ = ["claim_facts", "claim_lines", "claim_review", "status_counts"]

Inline = Callable[[str], Markup]


def claim_review(
    claim: Claim, evidence: Evidence | None, inline: Inline, formula: Inline, entries: Mapping[str, str]
) -> dict[str, Any]:
    """The template's context for one claim. Its status is computed here, from the evidence.

    ``entries`` maps the addresses of the page's sources to the anchors of their entries on the page.
    """
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
        "line": _line(judgement.judged),
        "largest": _largest(judgement.judged),
        "figure": _figure(judgement.judged, claim.tolerance),
        "level": " / ".join(f"{100 * level:g} %" for level in sorted(levels)),
        "identity": claim.kind == "identity",
        "tolerance": number_text(claim.tolerance) if claim.kind == "identity" else "",
        "seeds": len(set(evidence.seeds)) if evidence and evidence.seeds else 0,
        "sources": [
            {
                **source.model_dump(),
                "entry": entries.get(source.url, ""),
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
            expected = _expected(j, claim.tolerance) or "nothing, for context"
            lines.append(f"{f.scope}: {f.quantity} = {size} (expected: {expected}; {j.verdict})")
    if claim.formula:
        lines.append(f"LaTeX: {claim.formula}")
    return lines


_TOGETHER = {"identity holds": "identities hold", "no witness": "identities, not checked yet"}
_NAMED = 3  # titles in the line that several identities share


def claim_lines(views: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of the panel, each with its `claims`: a claim has its own, but identities that hold share one.

    A line of several has a `heading`, the first `titles`, and how many `more` there are. A refuted or inconclusive
    identity is never among them.
    """
    lines: list[dict[str, Any]] = []
    shared: dict[str, dict[str, Any]] = {}
    for view in views:
        status = view["status"] if view["identity"] else ""
        if status not in _TOGETHER:
            lines.append({"heading": "", "claims": [view]})
        elif status in shared:
            shared[status]["claims"].append(view)
        else:
            shared[status] = {"heading": _TOGETHER[status], "claims": [view]}
            lines.append(shared[status])
    for line in shared.values():
        of = line["claims"]
        if len(of) == 1:
            line["heading"] = ""
            continue
        size = _power_above(max(view["largest"] for view in of)) if of[0]["status"] == "identity holds" else ""
        line["heading"] = f"{len(of)} {line['heading']}{size}"
        line["titles"] = [view["title"] for view in of[:_NAMED]]
        line["more"] = len(of) - len(line["titles"])
    return lines


def _power_above(value: float) -> str:
    """The power of ten that a largest difference is below, for a heading."""
    if not value:
        return " exactly"
    return f" to {power_text(math.ceil(math.log10(value)))}"


def _largest(judged: Iterable[Judged]) -> float:
    """The largest difference between two computations that should agree."""
    return max((abs(j.finding.effect) for j in judged
                if j.prediction.expected == "zero" and j.finding and j.finding.effect), default=0.0)  # fmt: skip


def _line(judged: Sequence[Judged]) -> dict[str, Any]:
    """The first tested effect with its interval, for the claim's line, and how many more there are."""
    tests = [(j.prediction, j.finding) for j in judged if j.finding and _role(j) == "test"]
    if not tests:
        return {}
    prediction, finding = tests[0]
    if not isinstance(prediction, Comparison) or finding.interval is None:
        return {}
    return {
        "what": f"{METRICS[prediction.metric][0]}, {finding.scope}",
        "effect": number_text(finding.effect),
        "interval": interval_text(finding.interval),
        "more": len(tests) - 1,
    }


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


def _role(judged: Judged) -> str:
    return judged.prediction.role if isinstance(judged.prediction, Comparison) else "test"


def _expected(judged: Judged, tolerance: float) -> str:
    """What a prediction expects of the effect, as it is judged: with the margin or the tolerance that it allows."""
    prediction = judged.prediction
    if isinstance(prediction, Comparison):
        bound = number_text(-prediction.margin, _digits(prediction.margin))
        signs = {"negative": "< 0", "positive": "> 0", "not negative": f"≥ {bound}"}
        return signs.get(prediction.expected, "")
    allowed = number_text(tolerance)
    return f"0 ± {allowed}" if prediction.expected == "zero" else f"> {allowed}"


def _digits(value: float) -> int:
    """Decimal places that a number needs, four at most where it does not round to zero."""
    return max(0, -Decimal(repr(value)).normalize().as_tuple().exponent) if value else 0  # type: ignore[operator]


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
        groups.append(
            {"unit": unit, "scale": axis.scale(), "rows": [_figure_row(j, f, axis, tolerance) for j, f in rows]}
        )
    return groups


def _figure_row(judged: Judged, finding: Finding, axis: Axis, tolerance: float) -> dict[str, Any]:
    return {
        "scope": finding.scope,
        "quantity": finding.quantity,
        "effect": number_text(finding.effect),
        "interval": interval_text(finding.interval),
        "picture": axis.row(finding.effect, finding.interval),
        "expected": _expected(judged, tolerance),
        "verdict": ("for context" if judged.verdict == "context" else judged.verdict)
        + (" (premise)" if _role(judged) == "premise" else ""),
        "verdict_slug": judged.verdict.replace(" ", "-"),
    }


def _ran(evidence: Evidence) -> Markup:
    ran = evidence.ran
    versions = ", ".join(f"{name} {version}" for name, version in sorted(ran.versions.items()))
    date = html.escape(ran.date)
    return Markup(f'<time datetime="{date}">{date[:10]}</time>, {ran.seconds:.1f} s; {html.escape(versions)}')

"""Tables for the terminal, as Rich renderables: the ledger, a verification, and one claim in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onewarm.checks.visible import visible
from onewarm.claims.evidence import Evidence
from onewarm.claims.ledger import Claim, Source
from onewarm.claims.status import Status, judge
from onewarm.claims.verify import Result
from onewarm.errors import needs

with needs("onewarm.claims", "notebook"):
    from rich.console import Group, RenderableType
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text


STYLE: dict[Status, str] = {
    "identity holds": "green",
    "supported": "green",
    "conditional": "yellow",
    "inconclusive": "yellow",
    "refuted": "bold red",
    "no witness": "dim",
}


def ledger_table(ledger: Mapping[str, Claim], evidence: Mapping[str, Evidence]) -> Table:
    """`onewarm claims list`: every claim with its status, the reason, and when its witness last ran."""
    caption = "With sources, scope and counter-evidence: --long. Re-run their checks: onewarm claims verify [CLAIM ...]"
    table = Table(title="Claims", caption=caption)
    for name in ("Claim", "Statement in short", "Status", "Because", "Last run"):
        table.add_column(name, no_wrap=name == "Status", overflow="fold")
    for key, claim in ledger.items():
        stored = evidence.get(key)
        judgement = judge(claim, stored)
        table.add_row(
            claim.slug,
            Text(claim.title),
            _styled(judgement.status),
            Text(judgement.because),
            visible(stored.ran.date[:10]) if stored else "never",
        )
    return table


def results_table(results: Iterable[Result]) -> Table:
    """`onewarm claims verify`: status before and after, and what changed."""
    table = Table(title="Claims verified")
    for name in ("Claim", "Before", "Now", "What changed"):
        table.add_column(name, no_wrap=name in ("Before", "Now"), overflow="fold")
    for result in results:
        lines = [*result.changes] or ["nothing"]
        if result.error:
            lines = [f"its check failed: {result.error}", *result.changes]
        text = Text("\n".join(lines), style="bold red" if result.failed else "")
        table.add_row(result.claim.slug, _styled(result.before), _styled(result.after), text)
    return table


def in_full(claim: Claim, evidence: Evidence | None) -> Group:
    """One claim in full: statement, scope, status, sources, counter-evidence, and each prediction with its finding."""
    judgement = judge(claim, evidence)
    lines: list[RenderableType] = [
        Text.assemble((claim.title, "bold"), f"  ({claim.slug})"),
        Text(claim.statement),
        Text.assemble(("Scope: ", "bold"), claim.scope),
        Text.assemble(("Status: ", "bold"), _styled(judgement.status), f". {judgement.because}"),
        *(_source("Source", source) for source in claim.sources),
        *(_source("Against it", source) for source in claim.counter),
    ]
    if evidence is not None:
        lines.append(Text.assemble(("Last run: ", "bold"), visible(f"{evidence.ran.date}, {evidence.ran.command}")))
    return Group(*lines, *([_findings_table(claim, evidence)] if judgement.judged else []), "")


def _source(role: str, source: Source) -> Padding:
    """Where it stands, how it was read, and what it says there."""
    where = f"{source.authors}, {source.title}, {source.venue} {source.year}, {source.place} ({source.read})"
    numbers = f" {source.numbers}." if source.numbers else ""
    text = Text.assemble((f"{role}: ", "bold"), f"{where}. {source.summary}{numbers} {source.url}")
    return Padding(text, (0, 0, 0, 2))


def _findings_table(claim: Claim, evidence: Evidence | None) -> Table:
    judgement = judge(claim, evidence)
    table = Table()
    for name in ("Where", "What", "Expected", "Effect", "Interval", "Verdict"):
        table.add_column(name, justify="right" if name in ("Effect", "Interval") else "left", overflow="fold")
    for judged in judgement.judged:
        prediction, finding = judged.prediction, judged.finding
        effect = "" if finding is None or finding.effect is None else f"{finding.effect:.3g}"
        interval = "" if finding is None or finding.interval is None else "{:.3g} to {:.3g}".format(*finding.interval)
        where, quantity = Text(prediction.scope), Text(prediction.quantity)
        table.add_row(where, quantity, prediction.expected, effect, interval, judged.verdict)
    return table


def _styled(status: Status) -> Text:
    return Text(status, style=STYLE[status])

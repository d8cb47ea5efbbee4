"""The ledger and a verification as tables for the terminal: renderables for Rich."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.table import Table
from rich.text import Text

from onewarm.claims.evidence import Evidence
from onewarm.claims.ledger import Claim
from onewarm.claims.status import Status, judge
from onewarm.claims.verify import Result

STYLE: dict[Status, str] = {
    "identity holds": "green",
    "supported": "green",
    "conditional": "yellow",
    "inconclusive": "yellow",
    "refuted": "bold red",
    "no witness": "dim",
}


def ledger_table(ledger: Mapping[str, Claim], evidence: Mapping[str, Evidence]) -> Table:
    """`onewarm claims list`: every claim with its status, the reason, and when its witness was last heard."""
    table = Table(title="Claims", caption="Hear the witnesses again: onewarm claims verify [CLAIM ...]")
    for name in ("Claim", "Statement in short", "Status", "Because", "Heard"):
        table.add_column(name, no_wrap=name == "Status", overflow="fold")
    for key, claim in ledger.items():
        found = evidence.get(key)
        judgement = judge(claim, found)
        table.add_row(
            claim.slug,
            Text(claim.title),
            _styled(judgement.status),
            Text(judgement.because),
            found.ran.date[:10] if found else "never",
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
            lines = [f"not heard: {result.error}", *result.changes]
        text = Text("\n".join(lines), style="bold red" if result.failed else "")
        table.add_row(result.claim.slug, _styled(result.before), _styled(result.after), text)
    return table


def findings_table(claim: Claim, evidence: Evidence | None) -> Table:
    """One claim in full: each prediction, what was found, and the verdict on it."""
    judgement = judge(claim, evidence)
    table = Table(title=Text(f"{claim.title}: {judgement.status}"), caption=Text(judgement.because))
    for name in ("Where", "What", "Expected", "Effect", "Interval", "Verdict"):
        table.add_column(name, justify="right" if name in ("Effect", "Interval") else "left", overflow="fold")
    for judged in judgement.judged:
        p, found = judged.prediction, judged.finding
        effect = "" if found is None or found.effect is None else f"{found.effect:.3g}"
        interval = "" if found is None or found.interval is None else "{:.3g} to {:.3g}".format(*found.interval)
        table.add_row(Text(p.scope), Text(p.quantity), p.expected, effect, interval, judged.verdict)
    return table


def _styled(status: Status) -> Text:
    return Text(status, style=STYLE[status])

"""Prints an audit on a terminal: the headline, what to do, what was found, then remedies, slices and measures."""

from __future__ import annotations

from onewarm.audit.audit import Audit
from onewarm.audit.measures import titles
from onewarm.audit.report.groups import groups, measured
from onewarm.audit.words import REMEDY_TITLES, fitted
from onewarm.checks.visible import visible
from onewarm.errors import needs
from onewarm.report.numbers import LEVEL_PERCENT, number, p_value, percent

with needs("onewarm.audit", "audit"):
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from onewarm.report.terminal import say, table, title


_MOST_SLICES = 10
_SHORT = {"unsmooth": "Undo smoothing", "temperature-unsmooth": "Both"}


def print_audit(audit: Audit, console: Console) -> None:
    """Print an audit to a Rich console. It fits into 80 columns."""
    verdict = audit.verdict
    console.print()
    say(console, verdict.headline, style="bold", indent=0)
    title(console, "What to do")
    say(console, verdict.action.sentence)
    for sentence in verdict.action.why:
        say(console, sentence)
    for lines in (verdict.action.command, verdict.action.code):
        for line in lines.splitlines():
            console.print(Padding(Text(visible(line)), (0, 0, 0, 4)), soft_wrap=True)
    said = {verdict.headline, verdict.action.sentence, *verdict.action.why}
    found = [f for f in verdict.findings if f.sentence not in said]
    if found:
        title(console, "What was found")
        for finding in found:
            say(console, f"{finding.sentence} {finding.remedy}".strip())
    if audit.options and verdict.kind != "wrong rows":
        title(console, f"Remedies, scored on {audit.scored_on:,} rows that they were not fitted on")
        console.print(_remedies(audit))
    if audit.slices and verdict.kind != "wrong rows":
        shown = min(_MOST_SLICES, len(audit.slices))
        title(console, f"Slices ({shown} of {len(audit.slices):,})")
        console.print(_slices(audit))
    for group in groups(audit.measures, audit.kind):
        title(console, group.purpose)
        say(console, group.read)
        console.print(_measures(audit, group.names))
    for note in audit.notes:
        console.print()
        say(console, f"Note: {note}", indent=0)


def _remedies(audit: Audit) -> Table:
    of = "ECE, P(y = 1)" if audit.kind == "binary" else "ECE"
    made = table("", "NLL", f"less by ({LEVEL_PERCENT} %)", "Brier", of)
    for option in audit.options:
        chosen = option.key == audit.verdict.action.key
        name = ("> " if chosen else "") + _SHORT.get(option.key, REMEDY_TITLES[option.key])
        numbers = fitted(option.parameters)
        name += f", {numbers}" if numbers else ""
        if option.problem is not None:
            made.add_row(Text(name), "-", "cannot be fitted", "-", "-")
            continue
        gain = ""
        if option.gain is not None and option.interval is not None:
            gain = f"{number(option.gain)} ({number(option.interval[0])} to {number(option.interval[1])})"
        ece = option.ece if option.event_ece is None else option.event_ece
        cells = (number(option.nll), gain, number(option.brier), number(ece))
        made.add_row(Text(name), *cells, style="bold" if chosen else None)
    return made


def _measures(audit: Audit, names: tuple[str, ...]) -> Table:
    made = table("", "value", f"{LEVEL_PERCENT} % interval")
    for name in names:
        made.add_row(titles(audit.bins)[name], *measured(name, audit.measures[name]))
    return made


def _slices(audit: Audit) -> Table:
    made = table("", "rows", "predicted", "observed", f"gap, points ({LEVEL_PERCENT} %)", "p")
    for item in audit.slices[:_MOST_SLICES]:
        low, high = (f"{e * 100:+.1f}" for e in item.interval)
        made.add_row(
            Text(visible(item.name)),
            f"{item.rows:,}",
            percent(item.predicted),
            percent(item.observed),
            f"{item.gap * 100:+.1f} ({low} to {high})",
            p_value(item.p_corrected).removeprefix("= "),
        )
    return made

"""Prints an audit on a terminal: the headline, what to do, what was found, then remedies, slices and measures."""

from __future__ import annotations

from onewarm.audit.audit import Audit
from onewarm.audit.measures import LEVEL_PERCENT, titles
from onewarm.audit.report.groups import groups, measured
from onewarm.audit.words import REMEDY_TITLES, fitted, number, p_value, percent
from onewarm.checks.visible import visible
from onewarm.errors import needs

with needs("onewarm.audit", "audit"):
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text


_MOST_SLICES = 10
_SHORT = {"unsmooth": "Undo smoothing", "temperature-unsmooth": "Both"}


def print_audit(audit: Audit, console: Console) -> None:
    """Print an audit to a Rich console. It fits into 80 columns."""
    verdict = audit.verdict
    console.print()
    _say(console, verdict.headline, style="bold", indent=0)
    _title(console, "What to do")
    _say(console, verdict.action.sentence)
    for sentence in verdict.action.why:
        _say(console, sentence)
    for lines in (verdict.action.command, verdict.action.code):
        for line in lines.splitlines():
            console.print(Padding(Text(visible(line)), (0, 0, 0, 4)), soft_wrap=True)
    said = {verdict.headline, verdict.action.sentence, *verdict.action.why}
    found = [f for f in verdict.findings if f.sentence not in said]
    if found:
        _title(console, "What was found")
        for finding in found:
            _say(console, f"{finding.sentence} {finding.remedy}".strip())
    if audit.options and verdict.kind != "wrong rows":
        _title(console, f"Remedies, scored on {audit.scored_on:,} rows that they were not fitted on")
        console.print(_remedies(audit))
    if audit.slices and verdict.kind != "wrong rows":
        shown = min(_MOST_SLICES, len(audit.slices))
        _title(console, f"Slices ({shown} of {len(audit.slices):,})")
        console.print(_slices(audit))
    for group in groups(audit.measures, audit.kind):
        _title(console, group.purpose)
        _say(console, group.read)
        console.print(_measures(audit, group.names))
    for note in audit.notes:
        console.print()
        _say(console, f"Note: {note}", indent=0)


def _title(console: Console, words: str) -> None:
    console.print()
    console.print(Text(words, "bold"))


def _say(console: Console, sentence: str, *, style: str = "", indent: int = 2) -> None:
    console.print(Padding(Text(visible(sentence), style), (0, 0, 0, indent)))


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 0, 0, 2), show_header=True, header_style="dim")
    table.add_column(first, overflow="fold", ratio=1)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _remedies(audit: Audit) -> Table:
    of = "ECE, P(y = 1)" if audit.kind == "binary" else "ECE"
    table = _table("", "NLL", f"less by ({LEVEL_PERCENT} %)", "Brier", of)
    for option in audit.options:
        chosen = option.key == audit.verdict.action.key
        name = ("> " if chosen else "") + _SHORT.get(option.key, REMEDY_TITLES[option.key])
        numbers = fitted(option.parameters)
        name += f", {numbers}" if numbers else ""
        if option.problem is not None:
            table.add_row(Text(name), "-", "cannot be fitted", "-", "-")
            continue
        gain = ""
        if option.gain is not None and option.interval is not None:
            gain = f"{number(option.gain)} ({number(option.interval[0])} to {number(option.interval[1])})"
        ece = option.ece if option.event_ece is None else option.event_ece
        cells = (number(option.nll), gain, number(option.brier), number(ece))
        table.add_row(Text(name), *cells, style="bold" if chosen else None)
    return table


def _measures(audit: Audit, names: tuple[str, ...]) -> Table:
    table = _table("", "value", f"{LEVEL_PERCENT} % interval")
    for name in names:
        table.add_row(titles(audit.bins)[name], *measured(name, audit.measures[name]))
    return table


def _slices(audit: Audit) -> Table:
    table = _table("", "rows", "predicted", "observed", f"gap, points ({LEVEL_PERCENT} %)", "p")
    for item in audit.slices[:_MOST_SLICES]:
        low, high = (f"{e * 100:+.1f}" for e in item.interval)
        table.add_row(
            Text(visible(item.name)),
            f"{item.rows:,}",
            percent(item.predicted),
            percent(item.observed),
            f"{item.gap * 100:+.1f} ({low} to {high})",
            p_value(item.p_corrected).removeprefix("= "),
        )
    return table

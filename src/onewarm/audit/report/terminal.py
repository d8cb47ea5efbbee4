"""Prints an audit on a terminal: the verdict in words, then the options, the measures and the slices as tables."""

from __future__ import annotations

from onewarm.audit.audit import Audit
from onewarm.audit.measures import LEVEL_PERCENT, TITLES
from onewarm.audit.words import REMEDY_TITLES, number, p_value, percent
from onewarm.errors import needs

with needs("onewarm.audit", "audit"):
    from rich.console import Console
    from rich.markup import escape
    from rich.padding import Padding
    from rich.table import Table


_MOST_SLICES = 10
_SHORT = {"retrain": "Retrain (stand-in)", "unsmooth": "Affine inverse", "temperature-unsmooth": "Both"}


def print_audit(audit: Audit, console: Console) -> None:
    """Print an audit to a Rich console."""
    verdict = audit.verdict
    console.print(f"\n[bold]{escape(verdict.headline)}[/bold]\n", highlight=False)
    for finding in verdict.findings:
        console.print(Padding(escape(finding.sentence), (0, 0, 0, 2)), highlight=False)
    console.print("\n[bold]What to do[/bold]")
    for sentence in (verdict.action.sentence, *verdict.action.why):
        console.print(Padding(escape(sentence), (0, 0, 0, 2)), highlight=False)
    console.print()
    console.print(_options(audit))
    console.print(_measures(audit))
    if audit.slices:
        console.print(_slices(audit))
    for note in audit.notes:
        console.print(f"\nNote: {escape(note)}", highlight=False)


def _options(audit: Audit) -> Table:
    table = Table(title=f"Scored on {audit.scored_on:,} held-out rows", title_justify="left", box=None, padding=(0, 1))
    table.add_column("", overflow="fold")
    for name in ("NLL", f"less by ({LEVEL_PERCENT} %)", "Brier", "ECE"):
        table.add_column(name, justify="right", no_wrap=True)
    for option in audit.options:
        name = _SHORT.get(option.key, REMEDY_TITLES[option.key]) + "".join(
            f", {'T' if k == 'temperature' else k} {v:.4f}" for k, v in option.parameters.items()
        )
        if option.problem is not None:
            table.add_row(name, "-", "cannot be fitted", "-", "-")
            continue
        gain = "" if option.gain is None else number(option.gain)
        if option.interval is not None:
            gain = f"{number(option.interval[0])} to {number(option.interval[1])}"
        style = "bold" if option.key == audit.recommended else None
        table.add_row(name, number(option.nll), gain, number(option.brier), number(option.ece), style=style)
    return table


def _measures(audit: Audit) -> Table:
    table = Table(title=f"\nOver all {audit.rows:,} rows", title_justify="left", box=None, padding=(0, 1))
    table.add_column("")
    table.add_column("value", justify="right")
    table.add_column(f"{LEVEL_PERCENT} % interval", justify="right")
    for name, measure in audit.measures.items():
        ends = measure.interval
        table.add_row(TITLES[name], number(measure.value), f"{number(ends[0])} to {number(ends[1])}" if ends else "")
    table.caption = "Intervals of errors are of the model itself. Noise raises a value, and can put it above them."
    table.caption_justify = "left"
    return table


def _slices(audit: Audit) -> Table:
    shown = audit.slices[:_MOST_SLICES]
    title = f"\nSlices, the strongest evidence first ({len(shown)} of {len(audit.slices)})"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1))
    table.add_column("")
    for name in ("rows", "accuracy", "confidence", "gap, points", "against rest", "p, Holm"):
        table.add_column(name, justify="right")
    for item in shown:
        against = "" if item.difference is None else f"{item.difference * 100:+.1f}"
        table.add_row(
            escape(f"{item.column} = {item.value}"),
            f"{item.rows:,}",
            percent(item.accuracy),
            percent(item.confidence),
            f"{item.gap * 100:+.1f}",
            against,
            p_value(item.p_holm).removeprefix("= "),
        )
    return table

"""A comparison of two audits as a page and on a terminal."""

from __future__ import annotations

from onewarm.audit.audit import FORMAT, Audit
from onewarm.audit.comparison.comparison import TITLES, Comparison, Difference
from onewarm.audit.report.first_screen import picture
from onewarm.audit.report.html import reliability_style
from onewarm.checks.visible import visible, visible_json
from onewarm.errors import needs
from onewarm.report import reliability
from onewarm.report.markup import row, table, text
from onewarm.report.numbers import LEVEL_PERCENT, number, percent
from onewarm.report.page import page
from onewarm.report.svg import interval_line

with needs("onewarm.audit", "audit"):
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

_SHARES = ("accuracy", "confidence_gap")


def comparison_html(comparison: Comparison, before: Audit, after: Audit) -> str:
    """A comparison as a self-contained HTML page without scripts."""
    first, second = text(comparison.before), text(comparison.after)
    columns = ["Measure", first, second, f"Difference ({LEVEL_PERCENT} % interval)", "Better by, drawn", "Better"]
    rows = [_row(d, comparison) for d in comparison.differences]
    pictures = "".join(_picture(name, a) for name, a in ((first, before), (second, after)))
    groups = f" in {comparison.groups:,} groups" if comparison.groups else ""
    body = (
        f'<header class="top"><p class="ow-about">Calibration audit of <code>{first}</code> against '
        f"<code>{second}</code> · {comparison.rows:,} rows{groups}, paired</p>"
        f"<h1>{text(comparison.headline)}</h1></header>"
        f"{table('Differences', columns, rows)}"
        f'<p class="muted note">A difference is {second} minus {first}, over the same rows; the intervals hold '
        f"together in {LEVEL_PERCENT}\u00a0% of samples. Drawn to the right: {second} is better; each line has a scale "
        "of its own.</p>"
        f'<section aria-labelledby="each"><h2 id="each">Each of them</h2><div class="pair">{pictures}</div></section>'
    )
    return page(f"{comparison.before} against {comparison.after}", body, style=reliability_style())


def comparison_json(comparison: Comparison, before: Audit, after: Audit) -> str:
    """A comparison and both audits as JSON text."""
    whole = {"format": FORMAT, "comparison": comparison.to_dict(), "before": before.to_dict(), "after": after.to_dict()}
    return visible_json(whole) + "\n"


def print_comparison(comparison: Comparison, before: Audit, after: Audit, console: Console) -> None:
    """Print a comparison to a Rich console: what differs, then the headline and the advice of each audit."""
    lines = comparison.to_text().split("\n")
    console.print()
    console.print(Text(visible(lines[0]), "bold"))
    for line in lines[1:]:
        console.print(Padding(Text(visible(line.strip())), (0, 0, 0, 2)))
    for name, audit in ((comparison.before, before), (comparison.after, after)):
        console.print()
        console.print(Text(visible(name), "bold"))
        for sentence in (audit.verdict.headline, audit.verdict.action.sentence):
            console.print(Padding(Text(visible(sentence)), (0, 0, 0, 2)))


def _row(difference: Difference, comparison: Comparison) -> str:
    shares = difference.name in _SHARES
    show = percent if shares else number
    values = ["infinite" if v is None else show(v) for v in (difference.before, difference.after)]
    change, line = "–", ""
    if difference.value is not None and difference.interval is not None:
        low, high = difference.interval
        unit, scale, digits = (" points", 100, 2) if shares else ("", 1, 4)
        shown = [f"{scale * v:+.{digits}f}" for v in (difference.value, low, high)]
        change = f"{shown[0]}{unit} ({shown[1]} to {shown[2]})"
        if difference.name != "confidence_gap":
            sign = 1 if difference.name == "accuracy" else -1
            ends = (sign * low, sign * high) if sign > 0 else (sign * high, sign * low)
            reach = max(map(abs, ends)) or 1.0
            drawn = interval_line(sign * difference.value, ends, reach, ("good", "bad"))
            line = f'<span class="line">{drawn}</span>'
    better = {"before": comparison.before, "after": comparison.after, "": "–"}[difference.better]
    return row([text(TITLES[difference.name]), *values, change, line, text(better)])


def _picture(name: str, audit: Audit) -> str:
    diagram = picture(audit, "event" if audit.kind == "binary" else "all")
    return (
        f"<div><h3>{name}</h3><p>{text(audit.verdict.headline)}</p>{reliability.captioned(diagram)}"
        f"{reliability.bins_table(diagram, unfolded=False)}</div>"
    )

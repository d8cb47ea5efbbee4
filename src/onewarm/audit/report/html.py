"""The audit as one self-contained HTML file."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

from onewarm.audit.audit import Audit
from onewarm.audit.findings import Finding, Question
from onewarm.audit.measures import titles
from onewarm.audit.remedies import Option
from onewarm.audit.report.first_screen import about, picture, picture_and_action, picture_at, shown_diagrams
from onewarm.audit.report.groups import groups, measured
from onewarm.audit.slices import Slice
from onewarm.audit.words import REMEDY_TITLES, fitted
from onewarm.checks.visible import visible
from onewarm.report.markup import ends, prose, row, table, text
from onewarm.report.numbers import LEVEL_PERCENT, number, p_value, percent
from onewarm.report.page import page, section
from onewarm.report.reliability import bins_table
from onewarm.report.svg import interval_line

_MOST_SLICES = 50
_MOST_QUESTIONS = 50
_NAMES = ("of", "title", "predicted", "observed")
_EXPORT = "export default {"
_START = """
const data = JSON.parse(document.getElementById("data").textContent);
reliability.render({ model: { get: (key) => data[key] }, el: document.getElementById("reliability") });
"""


def html(audit: Audit) -> str:
    """The report of an audit as an HTML page; the same audit gives the same bytes."""
    shown = [{**d, **{name: visible(d[name]) for name in _NAMES}} for d in shown_diagrams(audit)]
    body = (
        f'<header class="top"><p class="ow-about">{about(audit)}</p><h1>{text(audit.verdict.headline)}</h1></header>'
        + picture_and_action(audit)
        + _findings(audit)
        + _remedies(audit)
        + (_slices(audit.slices) if audit.verdict.kind != "wrong rows" else "")
        + section(
            "bins",
            "Bin by bin",
            f'<div class="two"><div id="reliability">{bins_table(picture(audit))}</div>'
            f'<div class="how">{_HOW}</div></div>',
        )
        + _measures(audit)
        + _method(audit)
    )
    data = {"reliability": shown, "state": {"diagram": picture_at(audit)}}
    title = f"Calibration audit of {audit.files[0]['name']}"
    return page(title, body, style=reliability_style(), script=_inline_module(), data=data)


def reliability_script() -> str:
    """The ES module of the interactive diagram, in anywidget form, for a notebook or any other host."""
    return _asset("reliability.js")


def reliability_style() -> str:
    """The style sheet of the interactive diagram; its colours are CSS custom properties that the host defines."""
    return _asset("reliability.css")


def _asset(name: str) -> str:
    return (files("onewarm.audit.report") / "assets" / name).read_text(encoding="utf-8")


def _inline_module() -> str:
    """The diagram's module with a call that draws it: inline, a default export needs a name to be called by."""
    module = reliability_script()
    count = len(re.findall(r"^export default ", module, re.M))
    if count != 1 or _EXPORT not in module:
        raise RuntimeError(f"reliability.js: expected one line that begins with {_EXPORT!r}, found {count}")
    return module.replace(_EXPORT, "const reliability = {").replace("export function", "function") + _START


_LABELS = {"spoils": "Weakens every conclusion: ", "wrong rows": "Wrong rows: "}


def _findings(audit: Audit) -> str:
    said = {audit.verdict.headline, audit.verdict.action.sentence, *audit.verdict.action.why}
    found = [f for f in audit.verdict.findings if f.sentence not in said]
    if not found:
        return ""
    items = "".join(f'<li class="{f.weight.replace(" ", "-")}">{_finding(f)}</li>' for f in found)
    return section("found", "What was found", f'<ul class="found">{items}</ul>')


def _finding(finding: Finding) -> str:
    label = _LABELS.get(finding.weight, "")
    start = f"<strong>{label}</strong>" if label else ""
    return f"{start}{prose(finding.sentence)}" + (f" {prose(finding.remedy)}" if finding.remedy else "")


def _remedies(audit: Audit) -> str:
    if not audit.options or audit.verdict.kind == "wrong rows":
        return ""
    reach = max([0.001, *(abs(e) for o in audit.options for e in o.interval or ())])
    head = [
        "Remedy",
        "NLL",
        f"Gain in NLL, nats a row ({LEVEL_PERCENT} % interval)",
        f"Loss or gain, 0 ± {reach:.2g}",
        "Brier score",
        "ECE of P(y = 1)" if audit.kind == "binary" else "ECE",
    ]
    body = [_remedy(o, reach, chosen=o.key == audit.verdict.action.key) for o in audit.options]
    words = (
        f"<p>Each was scored on {audit.scored_on:,} rows that it was not fitted on; what is advised is marked. In the "
        "first row are the scores before.</p>"
    )
    return section("remedies", "Remedies compared", words + table("Remedies", head, body))


def _remedy(option: Option, reach: float, *, chosen: bool) -> str:
    numbers = fitted(option.parameters)
    name = text(REMEDY_TITLES[option.key]) + (' <span class="mark">advised</span>' if chosen else "")
    name += f'<span class="says">{text(numbers)}</span>' if numbers else ""
    if option.problem is not None:
        return row([f'{name}<span class="says">{text(option.problem)}</span>', *["–"] * 5])
    gain, line = "–", ""
    if option.gain is not None and option.interval is not None:
        gain = f"{number(option.gain)} ({ends(option.interval)})"
        line = f'<span class="line">{interval_line(option.gain, option.interval, reach, ("good", "bad"))}</span>'
    ece = number(option.ece if option.event_ece is None else option.event_ece)
    return row([name, number(option.nll), gain, line, number(option.brier), ece], chosen=chosen)


def _slices(slices: tuple[Slice, ...]) -> str:
    if not slices:
        return ""
    shown = slices[:_MOST_SLICES]
    reach = max(0.02, *(max(abs(e) for e in s.interval) for s in shown))
    tested = sum(s.p is not None for s in slices)
    more = f" The first {_MOST_SLICES} of {len(slices):,} are shown." if len(slices) > _MOST_SLICES else ""
    head = [
        "Slice",
        "Rows",
        "Predicted",
        "Observed",
        f"Gap, points ({LEVEL_PERCENT} % interval)",
        f"Gap, 0 ± {reach * 100:.0f} points",
        "Against the others",
        "p",
    ]
    words = (
        f"<p>{tested:,} slices were looked at; those that are surely most wrong come first. Their intervals hold "
        f"together in {LEVEL_PERCENT} % of samples, and p, of a gap of 0, is corrected for their number.{more}</p>"
    )
    return section("slices", "Where it differs", words + table("Slices", head, [_slice(s, reach) for s in shown]))


def _slice(item: Slice, reach: float) -> str:
    low, high = (f"{e * 100:+.1f}" for e in item.interval)
    return row(
        [
            text(item.name),
            f"{item.rows:,}",
            percent(item.predicted),
            percent(item.observed),
            f"{item.gap * 100:+.1f} ({low} to {high})",
            f'<span class="line">{interval_line(item.gap, item.interval, reach)}</span>',
            "–" if item.difference is None else f"{item.difference * 100:+.1f}",
            text(p_value(item.p_corrected).removeprefix("= ")),
        ]
    )


def _measures(audit: Audit) -> str:
    parts = []
    head = ["Over all rows", "Value", f"{LEVEL_PERCENT} % interval"]
    for group in groups(audit.measures, audit.kind):
        titled = titles(audit.bins)
        rows = [row([text(titled[n]), *map(text, measured(n, audit.measures[n]))]) for n in group.names]
        parts.append(f"<div><h3>{group.purpose}</h3><p>{group.read}</p>{table(group.purpose, head, rows)}</div>")
    body = f'<div class="groups">{"".join(parts)}</div>'
    return section("measures", "All measures, and what to read them for", body)


_HOW = (
    "<p><strong>Below</strong> the dashed line what was predicted is more than what was observed, above it less. The "
    f"thin line is the {LEVEL_PERCENT} % interval of the observed share. "
    '<span class="key over"></span> too high and <span class="key under"></span> too low bins are coloured only where '
    "they differ beyond chance, with 5 % false alarms over all bins of the diagram.</p>"
    "<p>The <strong>isotonic curve</strong> (CORP) is the best fit to the rows that never falls: what isotonic "
    "regression would make of each prediction. The <strong>smooth curve</strong> needs no bins either; its band "
    f"contains the whole curve in {LEVEL_PERCENT}\u00a0% of samples.</p>"
    "<p>The bars below count the rows, on a logarithmic scale: a bin counts in proportion to its rows.</p>"
)


def _method(audit: Audit) -> str:
    columns = "; ".join(f"{text(kind)}: <code>{text(_names(v))}</code>" for kind, v in audit.columns.items() if v)
    sentences = [
        f"Columns: {columns}.",
        f"Bins: {audit.bins} of equal width, (lo, hi]. ECE is the mean distance between prediction and observed share "
        f"over the rows' bins (Naeini et al. 2015; Guo et al. 2017); it is above 0 by chance alone, that of the "
        f"confidence here about {number(audit.chance_ece)}.",
        f"Remedies: each of {audit.scored_on:,} rows was scored by a map fitted on up to {audit.fitted_on:,} others, "
        "as a seeded hash chose. Gains are paired, row by row, with normal intervals.",
        "Intervals of calibration errors are of the model itself: noise of finite rows raises such an error, and which "
        "true errors could have given what was seen is found by drawing the rows anew; so an error can lie above its "
        "interval. Means have normal intervals, ranks those of a bootstrap; every draw is seeded.",
        "Intervals of shares in the diagrams: Wilson; band of the smooth curve: simultaneous. Isotonic curve: "
        "Dimitriadis, Gneiting and Jordan 2021. Slices: exact tests of their gap (over groups with "
        "--group), Bonferroni's correction.",
    ]
    asked = ""
    if audit.questions:
        shown = sorted(audit.questions, key=lambda q: not q.wrong)[:_MOST_QUESTIONS]
        head = [
            "Question",
            "Predicted - observed",
            f"{LEVEL_PERCENT} % interval, of all together",
            "Right is",
            "Answer",
        ]
        of = f" ({_MOST_QUESTIONS} of {len(audit.questions):,} shown)" if len(audit.questions) > len(shown) else ""
        asked = (
            f"<p>What was asked{of}; the intervals of all questions hold together in {LEVEL_PERCENT}\u00a0% of "
            "samples, and the answer is no where the interval does not contain what is right.</p>"
            + table("Questions", head, [_question(q) for q in shown])
        )
    items = "".join(f"<li>{s}</li>" for s in sentences) + "".join(f"<li>{prose(n)}.</li>" for n in audit.notes)
    return (
        '<section aria-labelledby="method"><details><summary><h2 id="method">How this was computed</h2></summary>'
        f'<ul class="muted">{items}</ul>{asked}</details></section>'
    )


def _question(question: Question) -> str:
    scale, unit = (1.0, "") if question.key == "slope" else (100.0, " points")
    value, low, high, null = (f"{scale * v:+.2f}" for v in (question.value, *question.interval, question.null))
    what = f"slope of {question.of}" if question.key == "slope" else question.of
    answer = "no" if question.wrong else "nothing wrong seen"
    return row([text(what), f"{value}{unit}", f"{low} to {high}", null, answer])


def _names(value: Any) -> str:
    if isinstance(value, str):
        return value
    return ", ".join(value) if len(value) <= 4 else f"{value[0]}, {value[1]}, ..., {value[-1]}"

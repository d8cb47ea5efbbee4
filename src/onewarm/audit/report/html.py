"""The audit as one self-contained HTML file: it fetches nothing; its content policy lists all inline code."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import onewarm
from onewarm.audit.audit import Audit
from onewarm.audit.judge import ALPHA
from onewarm.audit.measures import LEVEL_PERCENT, TITLES
from onewarm.audit.remedies import Option
from onewarm.audit.report import svg
from onewarm.audit.slices import Slice
from onewarm.audit.words import REMEDY_TITLES, number, p_value, percent
from onewarm.calibration.defaults import BINS

__all__ = ["html", "reliability_script", "reliability_style"]

_MOST_SLICES = 50
_EXPORT = "export default {"
_START = """
const data = JSON.parse(document.getElementById("data").textContent);
reliability.render({ model: { get: (key) => data[key] }, el: document.getElementById("reliability") });
"""


def html(audit: Audit) -> str:
    """The report of an audit as an HTML page; the same audit gives the same bytes."""
    style = _asset("report.css") + reliability_style()
    script = _inline_module()
    data = {"reliability": list(audit.diagrams)}
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    names = ", ".join(f["name"] for f in audit.files[:3]) + (
        f" and {len(audit.files) - 3} more files" if len(audit.files) > 3 else ""
    )
    verdict = audit.verdict
    return Template(_asset("report.html")).substitute(
        policy=escape(policy),
        style=style,
        script=script,
        data=_data_block(data),
        title=escape(f"Calibration audit of {names}"),
        headline=escape(verdict.headline),
        about=f"<code>{escape(names)}</code> · {audit.rows:,} rows · {audit.num_classes} classes · truth: "
        f"{escape(audit.truth['kind'])}",
        advice="".join(f"<p>{_prose(s)}</p>" for s in (verdict.action.sentence, *verdict.action.why)),
        options=_options(audit),
        findings="".join(f"<li>{_prose(f.sentence)}</li>" for f in verdict.findings),
        measures=_scroll("Measures", _measures(audit)),
        figure=svg.figure(audit.diagrams[0]) + svg.table(audit.diagrams[0]),
        how=_HOW,
        slices=_slices(audit.slices),
        method="".join(f"<li>{s}</li>" for s in _method(audit)),
        version=escape(onewarm.__version__),
    )


def reliability_script() -> str:
    """The ES module of the interactive diagram, in anywidget form, for a notebook or any other host."""
    return _asset("reliability.js")


def reliability_style() -> str:
    """The style sheet of the interactive diagram; its colours are CSS custom properties that the host defines."""
    return _asset("reliability.css")


def _inline_module() -> str:
    """The diagram's module with a call that draws it: inline, a default export needs a name to be called by."""
    module = reliability_script()
    count = len(re.findall(r"^export default ", module, re.M))
    if count != 1 or _EXPORT not in module:
        raise RuntimeError(f"reliability.js: expected one line that begins with {_EXPORT!r}, found {count}")
    return module.replace(_EXPORT, "const reliability = {").replace("export function", "function") + _START


def _asset(name: str) -> str:
    return (files("onewarm.audit.report") / "assets" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data_block(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _prose(sentence: str) -> str:
    """A sentence as HTML, with text in backticks marked as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(sentence))


def _row(cells: list[str], *, tag: str = "td", attributes: str = "") -> str:
    first, *rest = cells
    scope = "row" if tag == "td" else "col"
    cells_html = "".join(f'<{tag} class="num"{" scope=col" if tag == "th" else ""}>{c}</{tag}>' for c in rest)
    return f'<tr{attributes}><th scope="{scope}">{first}</th>{cells_html}</tr>'


def _table(head: list[str], body: list[str]) -> str:
    return f"<table><thead>{_row(head, tag='th')}</thead><tbody>{''.join(body)}</tbody></table>"


def _scroll(name: str, table: str) -> str:
    """A table in a box of its own that scrolls sideways where the table is too wide, also by keyboard."""
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{name}">{table}</div>'


def _ends(ends: tuple[float, float] | None, *, shares: bool = False) -> str:
    if ends is None:
        return "–"
    if shares:
        return f"{percent(ends[0])} to {percent(ends[1])}"
    return f"{number(ends[0])} to {number(ends[1])}"


_SHARES = ("accuracy", "mean_confidence", "confidence_gap")


def _measures(audit: Audit) -> str:
    body = []
    for name, measure in audit.measures.items():
        shares = name in _SHARES
        value = percent(measure.value) if shares and measure.value is not None else number(measure.value)
        body.append(_row([escape(TITLES[name]), value, _ends(measure.interval, shares=shares)]))
    return _table(["Over all rows", "Value", f"{LEVEL_PERCENT} % interval"], body)


def _options(audit: Audit) -> str:
    if not audit.options:
        return ""
    body = [_option(o, chosen=o.key == audit.recommended) for o in audit.options]
    head = [
        f"Scored on {audit.scored_on:,} held-out rows",
        "NLL",
        "Gain in NLL",
        f"{LEVEL_PERCENT} % interval",
        "Brier",
        "ECE",
        f"{LEVEL_PERCENT} % interval",
    ]
    return f"{_scroll('Options', _table(head, body))}"


def _option(option: Option, *, chosen: bool) -> str:
    symbols = {"temperature": "T", "alpha": "alpha"}
    fitted = ", ".join(f"{symbols[k]} = {v:.4f}" for k, v in option.parameters.items())
    name = escape(REMEDY_TITLES[option.key]) + (f'<span class="says">{fitted}</span>' if fitted else "")
    if option.problem is not None:
        name += f'<span class="says">{escape(option.problem)}</span>'
        return _row([name, *["–"] * 6])
    gain = "–" if option.gain is None else number(option.gain)
    cells = [number(option.nll), gain, _ends(option.interval), number(option.brier), number(option.ece)]
    cells.append(_ends(option.ece_interval))
    return _row([name, *cells], attributes=' class="chosen"' if chosen else "")


def _slices(slices: tuple[Slice, ...]) -> str:
    if not slices:
        return ""
    shown = slices[:_MOST_SLICES]
    reach = max(0.02, *(max(abs(e) for e in s.interval) for s in shown))
    body = "".join(_slice(s, reach) for s in shown)
    tested = sum(s.p_holm is not None for s in slices)
    more = (
        f" The {_MOST_SLICES} with the most evidence of {len(slices)} are shown." if len(slices) > _MOST_SLICES else ""
    )
    axis = f"Gap with its {LEVEL_PERCENT} % interval, 0 ± {reach * 100:.0f} points"
    names = ["Slice", "Rows", "Accuracy", "Confidence", "Gap, points", axis, "Against the others", "p, Holm"]
    head = "".join(
        f"<th scope=col{' class=num' if name not in ('Slice', axis) else ''}>{escape(name)}</th>" for name in names
    )
    return (
        '<section aria-labelledby="slices"><h2 id="slices">Where it differs</h2>'
        "<p>Slices, the strongest evidence first that their confidence gap differs from that of all other rows; p is "
        f"corrected for the {tested} slices that were looked at.{more}</p>"
        + _scroll("Slices", f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
        + "</section>"
    )


def _slice(item: Slice, reach: float) -> str:
    difference = "–" if item.difference is None else f"{item.difference * 100:+.1f}"
    cells = [f"{item.rows:,}", percent(item.accuracy), percent(item.confidence), f"{item.gap * 100:+.1f}"]
    numbers = "".join(f'<td class="num">{c}</td>' for c in cells)
    attributes = ' class="chosen"' if item.p_holm is not None and item.p_holm < ALPHA else ""
    return (
        f'<tr{attributes}><th scope="row">{escape(item.column)} = {escape(item.value)}</th>{numbers}'
        f'<td class="gapline">{svg.gap_line(item.gap, item.interval, reach)}</td>'
        f'<td class="num">{difference}</td><td class="num">{p_value(item.p_holm).removeprefix("= ")}</td></tr>'
    )


_HOW = (
    "<p><strong>How to read this.</strong> Each point is a bin of rows. The horizontal axis is its mean confidence, "
    "the vertical axis its accuracy. On the dashed line they are equal; <strong>below</strong> it is overconfident, "
    "above it underconfident.</p>"
    f'<p>The thin line is the {LEVEL_PERCENT} % interval of the accuracy. <span class="key over"></span> '
    'Overconfident and <span class="key under"></span> underconfident bins are coloured only where that interval '
    'misses the model\'s confidence; at <span class="key"></span> the interval contains it.</p>'
    "<p><strong>Smooth curve</strong> shows the same without bins; its band contains the whole curve in "
    f"{LEVEL_PERCENT}\u00a0% of samples, so where the dashed line leaves the band the model is miscalibrated.</p>"
    "<p>The bars below count the rows, on a logarithmic scale: a bin counts in proportion to its rows."
    "</p>"
)


def _method(audit: Audit) -> list[str]:
    columns = "; ".join(f"{escape(kind)}: <code>{escape(_names(v))}</code>" for kind, v in audit.columns.items() if v)
    sentences = [
        f"Columns: {columns}.",
        f"Bins: {BINS} of equal width, (lo, hi]. ECE is the mean distance between confidence and accuracy over the "
        f"rows' bins (Naeini et al. 2015; Guo et al. 2017); it is above 0 by chance alone, here about "
        f"{number(audit.chance_ece)}.",
        f"What to do: fitted on {audit.fitted_on:,} of the even rows of each file (the first is row 0), scored on "
        f"{audit.scored_on:,} of the odd ones, so that no option is scored on rows it was fitted on. Gains are paired, "
        "row by row, with normal intervals.",
        "Retraining cannot be scored without training: its stand-in mixes the uniform row into the probabilities, "
        "which is what smoothing does at the population optimum.",
        "Intervals of calibration errors are of the model itself: noise of finite rows raises such an error, and which "
        "true errors could have given what was seen is found by drawing the rows anew; so an error can lie above its "
        "interval. Means have normal intervals, ranks those of a bootstrap; every draw is seeded.",
        "Intervals of accuracies in the diagram: Wilson; band of the smooth curve: simultaneous. "
        "Slices: a z test of the slice's gap against the gap of all "
        "other rows; Holm's correction.",
    ]
    return sentences + [_prose(n) + "." for n in audit.notes]


def _names(value: Any) -> str:
    if isinstance(value, str):
        return value
    return ", ".join(value) if len(value) <= 4 else f"{value[0]}, {value[1]}, ..., {value[-1]}"

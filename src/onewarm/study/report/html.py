"""A study as one self-contained HTML file, without a script."""

from __future__ import annotations

from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

from onewarm.atomic_write import atomic_write
from onewarm.report import reliability
from onewarm.report.markup import text
from onewarm.report.numbers import LEVEL_PERCENT, joined
from onewarm.report.page import page, section
from onewarm.study.report import ran, tables
from onewarm.study.report.pictures import alpha, curves
from onewarm.study.report.pictures.forest import forest, legend
from onewarm.study.report.pictures.stopping import stopping, stopping_caption
from onewarm.study.report.report import StudyReport
from onewarm.study.report.view import View
from onewarm.study.report.words import counted, sentence, short_list
from onewarm.study.scoring import METRICS

_MOST_IN_PICTURE = 8
_METRICS = ("nll", "accuracy")


def write_html(report: StudyReport, path: str | PathLike[str], *, command: str | None = None) -> None:
    """Write the report of a study as one HTML file, whole or not at all.

    Args:
        report: of `run`.
        path: of the file; its folder is made.
        command: the command line that ran the study, for "Run it again"; made from the report where it is None.

    Raises: OSError where the file cannot be written.
    """
    atomic_write(Path(path), html(report, command=command))


def html(report: StudyReport, *, command: str | None = None) -> str:
    """The report of a study as an HTML page; the same report gives the same bytes."""
    view = View(report)
    body = _first(view) + _sentences(view) + _arms(view) + _stopping(view) + _alpha(view) + _reliability(view)
    body += _curves(view)
    body += section("ran", "What ran", ran.what_ran(view))
    body += section("again", "Run it again", ran.again(view, command))
    body += _method(view)
    style = (files("onewarm.study.report") / "assets" / "study.css").read_text(encoding="utf-8")
    return page(f"Study of {view.values['dataset']['title']}", body, style=style, named="data and runs")


def _first(view: View) -> str:
    data, values = view.values["dataset"], view.values
    about = (
        f"Study of <code>{text(data['title'])}</code> · {data['train']:,} training, {data['validation']:,} validation, "
        f"{data['test']:,} test rows · {data['num_classes']:,} classes · {counted(len(view.report.seeds), 'seed')}"
    )
    said = values["recommendation"]
    rest = f"<p>{sentence(said['rest'])}</p>" if said["rest"] else ""
    scope = f"<p><strong>Scope</strong> {sentence(values['scope'])}</p>"
    return (
        f'<header class="top"><p class="ow-about">{about}</p><h1>{sentence(said["headline"])}</h1>'
        f'<div class="lead">{rest}<p><strong>Compared</strong> {_compared(view)}.</p>{scope}</div></header>'
        + _differences_picture(view)
    )


def _compared(view: View) -> str:
    others = view.others
    count = f"{len(others)} arms: " if len(others) > _MOST_IN_PICTURE else ""
    words = f"{view.baseline} against {count}{short_list(others, _MOST_IN_PICTURE)}" if others else view.baseline
    if view.references:
        words += f"; the reference {joined(view.references)} beside {'them' if others else 'it'}"
    if view.has_end:
        words += "; every run stopped at its lowest validation NLL"
    return text(words)


def _differences_picture(view: View) -> str:
    arms = picture_arms(view)
    if not arms:
        return ""
    panels = "".join(forest(view, metric, arms) for metric in _METRICS)
    others = len(view.arms) - 1
    more = f" {len(arms)} of {others} arms are shown; all are in the table below." if len(arms) < others else ""
    return _figure(panels, legend(view, arms) + more)


def _figure(panels: str, caption: str) -> str:
    return f'<figure class="wide"><div class="panels">{panels}</div><figcaption>{caption}</figcaption></figure>'


def picture_arms(view: View) -> list[str]:
    """The arms of the first picture: all others than the baseline, or of many the best, the reference and the next."""
    others = view.arms[1:]
    if len(others) <= _MOST_IN_PICTURE:
        return others
    by_nll = sorted(others, key=lambda a: (view.mean(a, "nll") is None, view.mean(a, "nll") or 0.0))
    chosen = list(dict.fromkeys([*view.main_arms[1:], *by_nll]))[:_MOST_IN_PICTURE]
    return [a for a in others if a in chosen]


def _sentences(view: View) -> str:
    items = "".join(f"<li>{sentence(s)}</li>" for s in (*view.of_all, *view.values["limits"]))
    told = f'<ul class="found">{items}</ul>' if items else ""
    if view.of_arms:
        each = "".join(f"<li>{sentence(s)}</li>" for s in view.of_arms)
        told += f"<details><summary>Each arm in a sentence</summary><ul>{each}</ul></details>"
    return section("found", "What was found", told) if told else ""


def _arms(view: View) -> str:
    words = (
        "<p>Less is better, but for accuracy and AUROC. After T is after a temperature that was fitted on the "
        "validation rows.</p>"
    )
    body = words + tables.means_table(view)
    if len(view.arms) > 1:
        body += tables.differences_table(view)
        body += (
            '<p class="muted">Simultaneous: the intervals are so wide that those of all arms and metrics hold together '
            f"in {LEVEL_PERCENT}\u00a0% of studies.</p>"
        )
    return section("arms", "Every arm", body)


def _stopping(view: View) -> str:
    if not view.has_end:
        return ""
    arms = [view.baseline, *picture_arms(view)]
    panels = "".join(stopping(view, metric, arms) for metric in ("nll", "ece"))
    words = ""
    if len(view.arms) > 1:
        words = (
            f"<p>An arm that beats {text(view.baseline)} where both are trained to the end, and not where both are "
            "stopped, does what stopping does too.</p>"
        )
    body = words + _figure(panels, stopping_caption()) + tables.stopping_table(view)
    return section("stopping", "Stopped, and trained to the end", body)


def _alpha(view: View) -> str:
    if not view.alphas:
        return ""
    panels = "".join(alpha.over_alpha(view, kind, metric) for kind in view.alphas for metric in _METRICS)
    caption = f"{alpha.alpha_caption(view)} The tables of every arm have the numbers."
    return section("alpha", "The effect over alpha", _figure(panels, caption))


def _reliability(view: View) -> str:
    cells = []
    for when, words in (("before", "before T"), ("after", "after T")):
        for arm in view.main_arms:
            if found := (view.values["reliability"].get(arm) or {}).get(when):
                diagram = _diagram(arm, found)
                cells.append(
                    f"<div><h3>{text(arm)}, {words}</h3>{reliability.figure(diagram)}"
                    f"{reliability.bins_table(diagram, unfolded=False)}</div>"
                )
    if not cells:
        return ""
    note = (
        f"<p>The test rows of all seeds together. {reliability.caption(diagram)} A bin has no interval, as the seeds' "
        "test rows may be the same.</p>"
    )
    columns = f"of-{len(view.main_arms)}"
    return section("reliability", "Reliability", f'{note}<div class="small {columns}">{"".join(cells)}</div>')


def _diagram(arm: str, found: dict[str, Any]) -> dict[str, Any]:
    bins = [{**b, "interval": None, "beyond": None} for b in found["bins"]]
    names = {"of": arm, "title": arm, "predicted": "confidence", "observed": "share right"}
    return {**names, "isotonic": None, "bins": bins}


def _curves(view: View) -> str:
    arms = curves.with_curves(view)
    if not arms:
        return ""
    main = [a for a in view.main_arms if a in arms] or arms[:2]
    rest = [a for a in arms if a not in main]
    top = curves.highest_shown(view, arms)

    def drawn(names: list[str]) -> str:
        shown = "".join(
            f"<div><h3>{text(a)}</h3>{curves.learning_curves(view, a, top)}"
            f"<details><summary>The same as a table</summary>{curves.curve_table(view, a)}</details></div>"
            for a in names
        )
        return f'<div class="pair">{shown}</div>'

    body = f"<p>{curves.curves_caption(view)}</p>{drawn(main)}"
    if rest:
        body += f"<details><summary>The other arms ({len(rest)})</summary>{drawn(rest)}</details>"
    return section("curves", "Learning curves", body)


def _method(view: View) -> str:
    shown = [m for m in METRICS if any(view.mean(a, m) is not None for a in view.arms)]
    items = "".join(f"<li><strong>{text(name)}</strong>: {text(METRICS[name])}.</li>" for name in shown)
    notes = "".join(f"<li>{text(note)}</li>" for note in view.notes)
    return (
        '<section aria-labelledby="method"><details><summary><h2 id="method">How this was computed</h2></summary>'
        f'<ul class="muted">{items}{notes}</ul></details></section>'
    )

"""Prints a study on a terminal: what ran on which data, the arms, their differences, the recommendation last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onewarm.errors import needs
from onewarm.study.report.report import StudyReport
from onewarm.study.report.tables import stopped_at
from onewarm.study.report.view import Row, Training, View, side
from onewarm.study.report.words import SIDES, TITLES, difference, places, unit, value

with needs("onewarm.study", "study"):
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from onewarm.report.terminal import say, table, title

_MEANS = ("nll", "accuracy", "ece", "brier", "auroc", "aurc", "temperature", "nll_after")
_DIFFERENCES = ("nll", "accuracy", "nll_after")


def print_study(report: StudyReport, console: Console, *, data: bool = True) -> None:
    """Print a study to a Rich console. It fits into 80 columns. `data` is False where `print_data` came before."""
    view = View(report)
    if data:
        print_data(view.values["dataset"], console)
    seeds = f"mean of {len(report.seeds)} seeds" if len(report.seeds) > 1 else f"seed {report.seeds[0]}"
    title(console, f"Every arm{', stopped at its lowest validation NLL' if view.has_end else ''}: {seeds}")
    console.print(_means(view))
    if len(view.arms) > 1:
        title(console, f"Minus {view.baseline}, paired by seed: mean, and simultaneous interval")
        console.print(_differences(view, "stopped"))
    if view.has_end:
        title(console, "Trained to the end")
        console.print(_ended(view))
    for note in view.notes:
        say(console, note)
    title(console, "What was found")
    for sentence in (*view.of_all, *view.values["limits"], view.values["scope"]):
        say(console, sentence)
    said = view.values["recommendation"]
    say(console, said["headline"], style="bold")
    if said["rest"]:
        say(console, said["rest"])


def print_data(data: Mapping[str, Any], console: Console) -> None:
    """Print what a data set is and what was done to its columns and rows: its `describe()`."""
    title(console, f"Study of {data['title']}")
    sizes = f"{data['train']:,} training, {data['validation']:,} validation, {data['test']:,} test rows"
    noted = any(note.startswith("Label:") for note in data.get("notes", ()))
    label = f"Label column: {data['label']}. " if data.get("label") and not noted else ""
    say(console, f"{label}{data['num_classes']:,} classes; {sizes}.")
    for note in data.get("notes", ()):
        say(console, f"- {note}")


def _means(view: View) -> Table:
    shown = [m for m in _MEANS if any(view.mean(a, m) is not None for a in view.arms)]
    short = {"accuracy": "acc.", "nll_after": "NLL\nafter T"}
    stopped = ["stopped\nat"] if view.has_end else []
    made = table("", *(short.get(m, TITLES[m]) for m in shown), *stopped)
    for arm in view.arms:
        cells = [plain(value(m, view.mean(arm, m))) for m in shown]
        made.add_row(_name(arm), *cells, *(plain(stopped_at(view, arm)).replace(" to ", "-") for _ in stopped))
    return made


def _differences(view: View, training: Training) -> Table:
    others = view.arms[1:]
    shown = [m for m in _DIFFERENCES if any(view.difference(a, m, training) is not None for a in others)]
    made = table("", *(TITLES[m] + unit(m)[1].replace(" ", ", ") for m in shown))
    digits = {m: places(m, [view.difference(a, m, training) for a in others]) for m in shown}
    for arm in others:
        made.add_row(_name(arm), *(_cell(m, view.difference(arm, m, training), digits[m]) for m in shown))
    return made


def _ended(view: View) -> Table:
    made = table("", "NLL", "acc.", "ECE", *([f"NLL minus {view.baseline}"] if len(view.arms) > 1 else []))
    digits = places("nll", [view.difference(a, "nll", "end") for a in view.arms[1:]])
    for arm in view.arms:
        if view.mean(arm, "nll", "end") is None:
            continue
        cells = [plain(value(m, view.mean(arm, m, "end"))) for m in ("nll", "accuracy", "ece")]
        if len(view.arms) > 1:
            cells.append(_cell("nll", view.difference(arm, "nll", "end"), digits))
        made.add_row(_name(arm), *cells)
    return made


def _cell(metric: str, row: Row | None, digits: int) -> str:
    if row is None or row["mean"] is None:
        return "-"
    mean, _, ends = plain(difference(metric, row, digits)).partition(" ")
    return f"{mean} {SIDES[side(row)]}\n{ends}".rstrip()


def _name(arm: str) -> Text:
    return Text(plain(arm))


def plain(words: str) -> str:
    """A number as a terminal and the programs after it read it best: a hyphen for its minus, plain spaces.

    >>> plain("−0.5\\xa0%")
    '-0.5 %'
    """
    return words.replace("\u2212", "-").replace("\xa0", " ").replace("–", "-")

"""What ran, and how to run it again: data, model, grid, arms, seeds, versions, time."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onewarm.checks.visible import visible
from onewarm.report.markup import row, table, text
from onewarm.study.arms.registry import RECIPES
from onewarm.study.data.builtin import BUILT_IN
from onewarm.study.report.tables import arm_name, stopped_at
from onewarm.study.report.view import View
from onewarm.study.report.words import counted, short_list

_SAMPLING = {
    "fresh": "each seed draws new rows",
    "resplit": "each seed splits the same rows anew",
    "fixed": "all seeds have one split",
}


def what_ran(view: View) -> str:
    """The data, the model, the arms and the seeds as HTML."""
    data, report = view.values["dataset"], view.report
    spent = sum(r.seconds for r in report.runs.values())
    facts = [
        ("Data", _data(data)),
        ("Classes", f"{data['num_classes']:,}: {text(short_list(data['classes']))}"),
        (
            "Rows",
            f"{data['train']:,} training, {data['validation']:,} validation, {data['test']:,} test; "
            + _SAMPLING.get(data.get("sampling", ""), ""),
        ),
        ("Model", "<br>".join(text(described({name: v})) for name, v in report.model.items())),
        ("Seeds", f"{len(report.seeds):,}: {text(spans(report.seeds))}"),
        ("Time", f"{counted(len(report.runs), 'run')}, {seconds(spent)} of training"),
        ("Versions", text(", ".join(f"{name} {version}" for name, version in view.values["versions"].items()))),
    ]
    if data.get("label"):
        facts.insert(1, ("Label column", f"<code>{text(data['label'])}</code>"))
    listed = "".join(f"<dt>{name}</dt><dd>{words}</dd>" for name, words in facts if words)
    return f'<dl class="facts">{listed}</dl>{_notes(data.get("notes", ()))}{_arms(view)}'


def again(view: View, command: str | None) -> str:
    """The command and the Python lines that run the study again, as HTML."""
    parts = []
    shown = command or command_line(view)
    lines = ([("On the command line", shown)] if shown else []) + [("In Python", python_lines(view))]
    for title, code in lines:
        parts.append(
            f'<p class="ow-label">{title}</p><pre tabindex="0" aria-label="{title}"><code>'
            + "\n".join(text(line) for line in code.split("\n"))
            + "</code></pre>"
        )
    return f'<div class="ow-action">{"".join(parts)}</div>'


def command_line(view: View) -> str | None:
    """The command of a study of a built-in data set or a file with our own network; None for another."""
    data, report = view.values["dataset"], view.report
    if not (_has_name(data["key"]) and _is_ours(report.model)):
        return None
    words = ["onewarm", "study", data["key"], "--arms", ",".join(_arm_names(view)), "--seeds", spans(report.seeds)]
    if data.get("label"):
        words += ["--label", data["label"]]
    for name, value in data.get("options", {}).items():
        if name == "votes" or value is None:  # which the command line does not take
            return None
        for one in value if isinstance(value, list) else [value]:
            words += ["--split-column" if name == "split" else f"--{name}", one]
    return shlex.join(visible(w) for w in words)


def python_lines(view: View) -> str:
    """The same in Python, with comments for what the report cannot name: data in memory, a model of the user's."""
    data, report = view.values["dataset"], view.report
    named = _has_name(data["key"])
    comments = [] if named else ["# X, y: the same data"]
    words = [repr(data["key"]) if named else "X, y", f"arms={_arm_names(view)!r}", f"seeds={spans(report.seeds)!r}"]
    if data.get("label"):
        words.append(f"label={data['label']!r}")
    for name, value in data.get("options", {}).items():
        words.append(f"{name}={name if value is None else repr(value)}")
        comments += [f"# {name}: the same array"] if value is None else []
    if not _is_ours(report.model):
        comments.append("# model: as above, under Model")
        words.append("model=model")
    return "\n".join(["from onewarm.study import run", *comments, f"report = run({', '.join(words)})"])


def _arm_names(view: View) -> list[str]:
    return [arm for arm in view.report.arms if arm not in view.references]


def _has_name(key: str) -> bool:
    """Whether a data set can be named: it is built in, or a file."""
    return key in BUILT_IN or bool(Path(key).suffix)


def _is_ours(model: Mapping[str, Any]) -> bool:
    return "perceptron" in str(model.get("network"))


def spans(seeds: list[int]) -> str:
    """Seeds as the command line takes them.

    >>> spans([0, 1, 2, 5]), spans([7])
    ('0-2,5', '7')
    """
    runs: list[list[int]] = []
    for seed in seeds:
        if runs and seed == runs[-1][1] + 1:
            runs[-1][1] = seed
        else:
            runs.append([seed, seed])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def described(values: Mapping[str, Any]) -> str:
    """A model's description, or the options chosen for it, in words.

    >>> described({"network": "perceptron, ReLU", "weight_decay": [0.0, 0.01], "sizes": {"hidden": 8}})
    'network: perceptron, ReLU; weight decay 0 or 0.01; sizes: hidden 8'
    """
    parts = []
    for name, value in values.items():
        words = str(name).replace("_", " ")
        if isinstance(value, Mapping):
            parts.append(f"{words}: {described(value).replace(';', ',')}")
        elif isinstance(value, (list, tuple)):
            parts.append(f"{words} {' or '.join(map(_plain, value))}")
        elif isinstance(value, str):
            parts.append(f"{words}: {value}")
        elif value is not None:
            parts.append(f"{words} {_plain(value)}")
    return "; ".join(parts)


def seconds(total: float) -> str:
    """A duration.

    >>> seconds(3.21), seconds(75), seconds(4000)
    ('3.2 s', '1 min 15 s', '1 h 6 min')
    """
    if total < 60:
        return f"{total:.1f} s"
    minutes = round(total) // 60
    return f"{minutes} min {round(total) % 60} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _data(data: Mapping[str, Any]) -> str:
    title, source = str(data["title"]), str(data.get("source") or "")
    return text(title) + (f", {text(source)}" if source and source != title else "")


def _notes(notes: Any) -> str:
    if not notes:
        return ""
    items = "".join(f"<li>{text(note)}</li>" for note in notes)
    return f'<h3>What was done to the columns and rows</h3><ul class="notes">{items}</ul>'


def _arms(view: View) -> str:
    columns: dict[str, list[str]] = {
        "Chosen on validation": [],
        "Stopped at step": [],
        "Last step": [],
        "Time a run": [],
    }
    for arm in view.arms:
        runs = view.runs(arm)
        chosen = Counter(described(r.options) for r in runs if r.options)
        options = "; ".join(f"{words} ({counted(n, 'seed')})" for words, n in chosen.most_common(3)) or "–"
        last = [r.end_steps for r in runs if r.end_steps is not None]
        columns["Chosen on validation"].append(f'<span class="prose">{text(options)}</span>' if chosen else "–")
        columns["Stopped at step"].append(stopped_at(view, arm))
        columns["Last step"].append(f"{max(last):,}" if last else "–")
        columns["Time a run"].append(seconds(sum(r.seconds for r in runs) / max(1, len(runs))))
    shown = {head: cells for head, cells in columns.items() if set(cells) != {"–"}}
    body = [row([arm_name(view, arm), *(cells[i] for cells in shown.values())]) for i, arm in enumerate(view.arms)]
    kinds = dict.fromkeys(arm.partition(":")[0] for arm in view.arms)
    recipes = [RECIPES[kind] for kind in kinds if kind in RECIPES]
    items = "".join(
        f"<li><code>{text(r.syntax)}</code> {text(r.title)}: {text(r.trains_on)}. <code>{text(r.equation)}</code>. "
        f"{text(r.source)}.</li>"
        for r in recipes
    )
    made = table("Arms", ["Arm", *shown], body, caption="Arms")
    return f"{made}<h3>What each kind of arm trains on</h3><ul>{items}</ul>"


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)

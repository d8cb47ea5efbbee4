"""What smoothing does to a classifier that is trained well, on seven data sets: `python -m benchmarks study_story`.

Prints the tables of docs/study.md: hard targets, the best of the smoothed arms, and logistic regression, stopped where
the validation NLL was lowest; then hard and smoothed targets trained to the end. The best smoothed arm is the one with
the lowest NLL on the test rows themselves, which flatters it. Differences are paired by seed, from hard targets of the
same training, with the study's simultaneous intervals. The second table asks how often the alpha that a study suggests
is within noise of the best: the suggestion is trained as one more arm on the same seeds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import palmerpenguins
from rich.console import Console

from onewarm.study import run

TITLE = "The study's story"
SEEDS = 10
ARMS = ("hard", "smooth:0.05", "smooth:0.1", "smooth:0.2")
METRICS = ("nll", "ece", "accuracy")
HEAD = ("data", "model", "NLL", "ECE", "accuracy", "NLL - hard", "ECE - hard", "accuracy - hard")


def data_sets() -> Iterator[tuple[str, Callable[..., Any]]]:
    """The name of each data set, and a function that studies it."""
    for name in ("digits", "digits-noisy", "blobs", "titanic-like", "wine", "breast-cancer"):
        yield name, partial(run, name)
    yield "penguins, raw", partial(run, Path(palmerpenguins.__file__).parent / "data/penguins-raw.csv", label="Species")


def rows_of(name: str, report: Mapping[str, Any]) -> list[list[str]]:
    """The rows of the first table for one report: stopped, then trained to the end."""
    rows = []
    for training, part, words in (("stopped", "metrics", ""), ("end", "metrics_end", ", to the end")):
        found = report[part]
        best = min(ARMS[1:], key=lambda arm: found[arm]["nll"]["mean"])
        arms = ("hard", best, "logistic") if training == "stopped" else ("hard", best)
        for arm in arms:
            means = [f"{found[arm][m]['mean']:.3f}" for m in METRICS]
            rows.append([name, arm + words, *means, *(difference(report, arm, m, training) for m in METRICS)])
    return rows


def difference(report: Mapping[str, Any], arm: str, metric: str, training: str) -> str:
    """The arm minus hard targets with its interval, in bold where that excludes 0."""
    if arm == "hard":
        return ""
    row = comparison(report, arm, "hard", metric, training)
    if row["interval"] is None:
        return f"{row['mean']:+.3f}"
    low, high = row["interval"]
    text = f"{row['mean']:+.3f} [{low:+.3f}, {high:+.3f}]"
    return f"**{text}**" if low > 0 or high < 0 else text


def suggestion(name: str, study: Callable[..., Any], report: Mapping[str, Any], **options: Any) -> list[str]:
    """The alpha that the report suggests, trained as one more arm, against the arm with the lowest stopped NLL."""
    alpha = round(float(report["recommendation"]["suggested_alpha"] or 0), 2)
    suggested = f"smooth:{alpha:g}" if alpha else "hard"
    arms = list(dict.fromkeys([*ARMS, suggested]))
    metrics = study(arms=arms, **options).to_dict()["metrics"]
    best = min(arms, key=lambda arm: metrics[arm]["nll"]["mean"])
    if suggested == best:
        return [name, f"{alpha:g}", best, "0", "yes"]
    against_best = study(arms=arms, pairs=[(suggested, best)], **options).to_dict()
    low, high = (row := comparison(against_best, suggested, best, "nll", "stopped"))["interval"]
    return [name, f"{alpha:g}", best, f"{row['mean']:+.3f} [{low:+.3f}, {high:+.3f}]", "yes" if low <= 0 else "no"]


def comparison(report: Mapping[str, Any], arm: str, baseline: str, metric: str, training: str) -> Mapping[str, Any]:
    """The row of a report's comparisons."""
    wanted = (arm, baseline, metric, training)
    rows: list[Mapping[str, Any]] = report["comparisons"]
    return next(r for r in rows if (r["arm"], r["baseline"], r["metric"], r["training"]) == wanted)


def markdown(head: tuple[str, ...], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main(console: Console) -> list[dict[str, Any]]:
    """Run the studies, print both tables, and return the reports."""
    rows, suggested, reports = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        options = {"seeds": SEEDS, "store": f"sqlite:///{folder}/studies.db"}
        for name, study in data_sets():
            report = study(arms=ARMS, **options).to_dict()
            reports.append(report)
            rows += rows_of(name, report)
            suggested.append(suggestion(name, study, report, **options))
    for head, table in ((HEAD, rows), (("data", "suggested α", "best arm", "NLL - best", "within noise"), suggested)):
        console.print(markdown(head, table), markup=False, highlight=False, soft_wrap=True)
        console.print()
    return reports


if __name__ == "__main__":
    main(Console())

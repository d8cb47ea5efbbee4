"""`onewarm audit`: can these probabilities be trusted, and what would mend them?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from onewarm.checks.visible import visible
from onewarm.cli.console import errors, friendly, output
from onewarm.cli.outputs import check_outputs
from onewarm.cli.progress import bars
from onewarm.errors import InputError

if TYPE_CHECKING:
    from onewarm.audit.audit import Audit


def _column(help: str, *names: str, metavar: str = "COLUMN") -> Any:
    return typer.Option(*names, help=help, metavar=metavar, rich_help_panel="Which columns, where not found by name")


def _rows(help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, rich_help_panel="Which rows, and how they are read", **more)


def _output(help: str, **more: Any) -> Any:
    return typer.Option(help=help, rich_help_panel="What to write", **more)


def audit(
    files: Annotated[
        list[str], typer.Argument(help="CSV, TSV, JSON Lines, Parquet, Arrow, Feather, NPZ or NPY files, or globs.")
    ],
    labels: Annotated[
        str | None, _column("The true classes: 0 to K-1, or their names; or FILE or FILE:COLUMN.")
    ] = None,
    probabilities: Annotated[
        str | None, _column("P(y = 1), or a column of lists, a prefix of columns (prob_), or names with commas.")
    ] = None,
    logits: Annotated[str | None, _column("As --probabilities, for logits.")] = None,
    positive: Annotated[
        str | None,
        _column("The label whose P(y = 1) a single column holds; every other label is class 0.", metavar="LABEL"),
    ] = None,
    confidence: Annotated[
        str | None, _column("The confidence in an answer, where it has no classes; with --correct.")
    ] = None,
    correct: Annotated[str | None, _column("Whether the answer was right: 0 or 1, or a share; or FILE:COLUMN.")] = None,
    votes: Annotated[
        str | None, _column("Truth as annotators' votes, or their shares, for each class: columns, or FILE:COLUMN.")
    ] = None,
    slice_: Annotated[
        list[str] | None,
        _column("Groups to compare: a column (numbers in quantile bins), or a,b for pairs; repeatable.", "--slice"),
    ] = None,
    group: Annotated[
        str | None, _column("Equal values mark rows that belong together, as the patient of an image.")
    ] = None,
    weight: Annotated[str | None, _column("Weights of the rows.")] = None,
    against: Annotated[
        str | None,
        typer.Option(help="Another model's predictions for the same rows: compare the two.", metavar="FILE"),
    ] = None,
    skip_missing: Annotated[
        bool, _rows("Leave rows with missing values out, and count them.", "--skip-missing")
    ] = False,
    normalize: Annotated[
        bool, _rows("Divide rows of probabilities that do not sum to 1 by their sum.", "--normalize")
    ] = False,
    bins: Annotated[
        int | None,
        _rows("Equal-width bins, 15 by default: a divisor of 120 (of 600 for confidences alone).", "--bins", min=1),
    ] = None,
    engine: Annotated[
        str, _rows("local, or ray to distribute the files over a Ray cluster.", metavar="ENGINE")
    ] = "local",
    report: Annotated[Path | None, _output("A self-contained HTML report.", metavar="FILE")] = None,
    save: Annotated[
        Path | None, _output("The advised calibrator, for onewarm.calibration.load_map.", metavar="FILE")
    ] = None,
    json: Annotated[str | None, _output("Every number as JSON; - for the terminal.", metavar="FILE")] = None,
    fail_above: Annotated[
        float | None,
        _output("For CI: exit with 1 if the ECE, or the ECE of P(y = 1), is above this.", min=0, max=1, metavar="0..1"),
    ] = None,
) -> None:
    """Can these probabilities be trusted, and what would mend them?

    A row is an example: its predicted probabilities (or logits) and its true class. Columns are found by their usual
    names (p0 p1 ..., prob_cat prob_dog ..., y_prob; label, target, y_true; votes; confidence and correct), or named by
    options. Rows stream through bounded memory, however large the files.

    Prints a verdict with its intervals, what to do about it and what that gains, slices, and all measures. Remedies
    are scored on rows that they were not fitted on.

    Exits with 0; with 1 if an ECE is above --fail-above; with 2 for bad input, and then nothing is written.

    **Examples**

    `onewarm audit predictions.csv`

    `onewarm audit predictions.parquet --report audit.html --slice country`

    `onewarm audit 'parts/*.csv' --labels outcome --probabilities risk --group patient`

    `onewarm audit answers.jsonl --confidence p_true --correct exact_match`

    `onewarm audit validation.csv --save calibrator.json`

    `onewarm audit old.csv --against new.csv`

    `onewarm audit nightly.parquet --fail-above 0.05 --json audit.json`
    """
    with friendly():
        from onewarm.atomic_write import atomic_write
        from onewarm.audit.audit import audit as run_audit

        json_file = None if json in (None, "-") else Path(json)
        outputs = check_outputs({"--json": json_file, "--report": report, "--save": save})
        if save is not None and against is not None:
            raise InputError("--save is for the audit of one model: leave --against out")

        with bars(errors if json == "-" else output) as progress:
            found, other = (
                run_audit(
                    patterns,
                    labels=labels,
                    probabilities=probabilities,
                    logits=logits,
                    positive=positive,
                    confidence=confidence,
                    correct=correct,
                    votes=votes,
                    slices=slice_ or [],
                    group=group,
                    weight=weight,
                    skip_missing=skip_missing,
                    normalize=normalize,
                    bins=bins,
                    engine=engine,
                    outputs=outputs,
                    progress=lambda what, done, total: progress.each(f"{what}, kB", done / 1000, total / 1000),
                )
                if patterns
                else None
                for patterns in (files, [against] if against is not None else [])
            )
        assert found is not None
        view = _view(found) if other is None else _compared(found, other, files, str(against))
        made = [(path, make()) for path, make in ((json_file, view.json), (report, view.html)) if path is not None]
        for path, text in made:
            atomic_write(path, text)
        if json == "-":
            output.file.write(view.json())
        else:
            view.show()
        for path, _ in made:
            errors.print(f"Wrote {escape(visible(path))}.", soft_wrap=True)
        if save is not None:
            _save(found, save)
        if fail_above is not None:
            _fail(found, fail_above)


@dataclass(frozen=True)
class _View:
    json: Callable[[], str]
    html: Callable[[], str]
    show: Callable[[], None]


def _view(found: Audit) -> _View:
    from onewarm.audit.report.html import html
    from onewarm.audit.report.terminal import print_audit

    return _View(found.to_json, lambda: html(found), lambda: print_audit(found, output))


def _compared(before: Audit, after: Audit, files: list[str], against: str) -> _View:
    from onewarm.audit.report.compared import comparison_html, comparison_json, print_comparison

    names = (Path(files[0]).name, Path(against).name)
    comparison = before.compare(after, names=names if names[0] != names[1] else (files[0], against))
    three = (comparison, before, after)
    return _View(
        lambda: comparison_json(*three), lambda: comparison_html(*three), lambda: print_comparison(*three, output)
    )


def _save(found: Audit, path: Path) -> None:
    from onewarm.calibration import save_map

    if found.calibrator is None or found.verdict.kind == "wrong rows":
        errors.print(f"No calibrator was saved. {escape(visible(found.verdict.action.sentence))}", soft_wrap=True)
        return
    save_map(found.calibrator, path)
    errors.print(f"Wrote {escape(visible(path))}.", soft_wrap=True)


def _fail(found: Audit, limit: float) -> None:
    name, ece = found.worst_ece
    if ece <= limit:
        return
    title = {"ece": "ECE", "event_ece": "ECE of P(y = 1)"}[name]
    low = (found.measures[name].interval or (1.0, 1.0))[0]
    noise = f" Noise alone may explain it: the model's true ECE may be as low as {low:.4f}; audit more rows."
    errors.print(f"[bold red]{title} {ece:.4f} is above {limit:g}.[/bold red]", end="")
    errors.print(noise if low <= limit else "")
    raise typer.Exit(1)

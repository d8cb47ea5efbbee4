"""`onewarm audit`: how overconfident is this model?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from onewarm.cli.console import errors, friendly, output
from onewarm.cli.progress import bars


def audit(
    files: Annotated[list[str], typer.Argument(help="CSV, Parquet, Arrow or NPZ files, or globs in quotes.")],
    labels: Annotated[
        str | None, typer.Option(help="Column of the true classes, 0 to K-1, or their names; or FILE:COLUMN.")
    ] = None,
    probabilities: Annotated[
        str | None, typer.Option(help="Column of lists, prefix of columns (prob_), or names with commas.")
    ] = None,
    logits: Annotated[str | None, typer.Option(help="As --probabilities, for a file of logits.")] = None,
    votes: Annotated[
        str | None,
        typer.Option(help="Truth as annotators' votes, or their shares, for each class: columns, or FILE:COLUMN."),
    ] = None,
    slice_: Annotated[
        list[str] | None, typer.Option("--slice", help="Column of groups to compare; may be repeated.")
    ] = None,
    weight: Annotated[str | None, typer.Option(help="Column of row weights.")] = None,
    normalize: Annotated[
        bool, typer.Option("--normalize", help="Normalise rows of probabilities that do not sum to 1.")
    ] = False,
    json: Annotated[str | None, typer.Option(help="Write every number to this file, or - for the terminal.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a self-contained HTML report to this file.")] = None,
    fail_above: Annotated[
        float | None, typer.Option(min=0, max=1, help="For CI: exit with 1 if the ECE is above this.")
    ] = None,
    engine: Annotated[str, typer.Option(help="local, or ray to distribute the files over a Ray cluster.")] = "local",
) -> None:
    """Measure from files of predictions how overconfident a model is, and what to do about it.

    A row is an example: a probability (or logit) for each class and the true class. Columns are found by their usual
    names (p0 p1 ..., prob_cat prob_dog ..., probabilities; label, target, y; votes; slice; weight) or named by the
    options below. Rows stream through bounded memory, however large the files.

    Reports the gap between confidence and accuracy with its interval, ranks slices, and compares remedies: none, a
    temperature, the inverse of label smoothing, retraining; fitted on even rows, scored on odd rows. Exits with 0; with
    1 if the printed ECE (15 bins, all rows) exceeds --fail-above; with 2 for bad input, and nothing is written.

    Examples: `onewarm audit predictions.parquet --report audit.html`, `onewarm audit 'parts/*.csv' --slice country`
    """
    with friendly():
        from onewarm.atomic_write import atomic_write
        from onewarm.audit.audit import audit as run_audit
        from onewarm.audit.report.html import html
        from onewarm.audit.report.terminal import print_audit

        json_file = None if json in (None, "-") else Path(json)
        with bars(errors if json == "-" else output) as progress:
            result = run_audit(
                files,
                labels=labels,
                probabilities=probabilities,
                logits=logits,
                votes=votes,
                slices=slice_ or [],
                weight=weight,
                normalize=normalize,
                engine=engine,
                outputs=[path for path in (json_file, report) if path is not None],
                progress=lambda what, done, total: progress.each(f"{what}, kB", done / 1000, total / 1000),
            )
        texts = [(json_file, result.to_json())] if json_file is not None else []
        texts += [(report, html(result))] if report is not None else []
        for path, text in texts:
            atomic_write(path, text)
        if json == "-":
            output.file.write(result.to_json())
        else:
            print_audit(result, output)
        for path, _ in texts:
            errors.print(f"Wrote {escape(str(path))}.", soft_wrap=True)
        if fail_above is not None and result.ece > fail_above:
            low = (result.measures["ece"].interval or (1.0, 1.0))[0]
            noise = f" Noise alone may explain it: the model's true ECE may be as low as {low:.4f}; audit more rows."
            errors.print(f"[bold red]ECE {result.ece:.4f} is above {fail_above:g}.[/bold red]", end="")
            errors.print(noise if low <= fail_above else "")
            raise typer.Exit(1)

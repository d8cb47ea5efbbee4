"""`onewarm study`: would smoothing help this data?"""

from __future__ import annotations

import json as json_format
import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from onewarm.cli.console import errors, friendly, output, sigterm_as_ctrl_c
from onewarm.cli.options import HomeOption, home_folder, store_url
from onewarm.cli.outputs import check_outputs
from onewarm.cli.progress import bars, late_bar
from onewarm.errors import InputError

_WHERE = ("store", "engine", "workers", "device", "report", "json", "mlflow", "home")


def study(
    context: typer.Context,
    dataset: Annotated[
        str | None,
        typer.Argument(
            help="A CSV, JSON Lines, Parquet, Arrow or NPZ file; or digits, digits-noisy, blobs, lookalikes, wine, "
            "breast-cancer, iris, titanic-like."
        ),
    ] = None,
    arms: Annotated[
        str,
        typer.Option(
            help="What to compare, separated by commas, such as hard,smooth:0.1,teacher:2. "
            "`--arms list` shows every kind."
        ),
    ] = "hard,smooth:0.05,smooth:0.1,smooth:0.2",
    seeds: Annotated[str, typer.Option(help="Number of paired seeds, or a list of them: 20, or 0,3,5-9.")] = "20",
    model: Annotated[
        str,
        typer.Option(help="What is trained: mlp, logistic, hist-gradient-boosting, or yours in a file, FILE.py:NAME."),
    ] = "mlp",
    label: Annotated[
        str | None, typer.Option(help="The file's label column. Default: found by its usual names.")
    ] = None,
    split_column: Annotated[
        str | None, typer.Option(help="Column that names each row's part: train, validation, test. Default: by seed.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="Column of groups, such as patients: rows of one stay in one part.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="Column of times: training on the earliest rows, test on the last.")
    ] = None,
    rare: Annotated[
        str, typer.Option(help="Classes of fewer than 3 rows: error, merge (into one class) or drop.")
    ] = "error",
    drop: Annotated[
        list[str] | None, typer.Option(help="A column to leave out, such as a copy of the label; may be repeated.")
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option(help="A column of numbers that are codes of categories; may be repeated.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="Database URL of the runs. Default: studies.db in the home folder.")
    ] = None,
    engine: Annotated[str, typer.Option(help="Where runs are trained: local, or ray for a cluster.")] = "local",
    workers: Annotated[
        int | None, typer.Option(help="How many groups of runs are trained at a time. Default: one for each core.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Where PyTorch trains: cpu, cuda, mps. Default: a GPU where that is faster.")
    ] = None,
    report: Annotated[str | None, typer.Option(help="Write the report as one HTML file, such as study.html.")] = None,
    json: Annotated[str | None, typer.Option(help="Write its numbers to this file, or - for the terminal.")] = None,
    mlflow: Annotated[
        str | None, typer.Option(help="Keep the study in this MLflow store: a server, sqlite:///runs.db, a folder.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Would smoothing help this data? Trains every arm on every seed and compares them in pairs.

    Reports accuracy, NLL, ECE and confidence gap, calibration also after temperature scaling on validation rows, and
    differences from hard targets with intervals, corrected for multiple comparisons. An interrupted study resumes where
    it stopped.

    Examples:

    `onewarm study flowers.csv --label species`: does smoothing help on this table?

    `onewarm study flowers.csv --arms hard,smooth:0.1,teacher:2 --model hist-gradient-boosting`: these arms, boosted

    `onewarm study scans.npz --model nets.py:make --seeds 10 --report study.html`: your own network; a report to read
    """
    with friendly(), sigterm_as_ctrl_c():
        if arms.strip() == "list":
            from onewarm.study.arms.table import arms_help

            output.print(arms_help(), markup=False, highlight=False)
            return
        if dataset is None:
            raise InputError("name the data: a file, or digits, digits-noisy, blobs, lookalikes")
        files = {"--json": json if json != "-" else None, "--report": report}
        check_outputs({option: None if path is None else Path(path) for option, path in files.items()})
        from onewarm.study.report.html import write_html
        from onewarm.study.report.report import write_json
        from onewarm.study.report.terminal import print_data, print_study
        from onewarm.study.study import Study

        if mlflow is not None:
            from onewarm.study.report.mlflow_log import log_to_mlflow  # where it is missing, before any training
        with late_bar(errors) as loading:
            planned = Study(
                dataset,
                model=model,
                arms=arms,
                seeds=seeds,
                label=label,
                split=split_column,
                group=group,
                time=time,
                rare=rare,
                drop=drop or (),
                category=category or (),
                store=store or store_url(home_folder(home)),
                engine=engine,
                workers=workers,
                device=device,
                loading=loading,
            )
        told = errors if json == "-" else output
        print_data(planned.data.describe(), told)  # its warnings come before the training that they may make needless
        with bars(told) as progress:
            show = progress.steps()
            found = planned.run(lambda p: show(p.describe(f"study of {Path(dataset).name}"), p.done, p.total))
        if json == "-":
            output.file.write(json_format.dumps(found.to_dict(), indent=1, allow_nan=False) + "\n")
        else:
            print_study(found, output, data=False)
        command = _command(context)
        if report is not None:
            write_html(found, report, command=command)
        if json not in (None, "-"):
            write_json(Path(json), found.to_dict())
        for path in (report, json):
            if path not in (None, "-"):
                told.print(f"Wrote {escape(path)}.")
        if mlflow is not None:
            told.print(f"Kept in MLflow as run {log_to_mlflow(found, mlflow, command=command)}.")


def _command(context: typer.Context) -> str:
    """The command line with all that determines the study; where its results go is left out."""
    words = ["onewarm", "study"]
    for parameter in context.command.params:
        name = str(parameter.name)
        given = context.get_parameter_source(name)
        if given is None or given.name != "COMMANDLINE" or name in _WHERE:
            continue
        given_values = context.params[name]
        for value in given_values if isinstance(given_values, list) else [given_values]:
            words += [str(value)] if parameter.param_type_name == "argument" else [parameter.opts[0], str(value)]
    return shlex.join(words)

"""`onewarm calibrate`: calibrated probabilities for a file of predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from onewarm.cli.console import errors, friendly, output
from onewarm.cli.outputs import check_outputs
from onewarm.cli.progress import bars


def calibrate(
    file: Annotated[str, typer.Argument(help="Predictions, in any format that the audit reads.", metavar="FILE")],
    calibrator: Annotated[
        Path, typer.Option("--with", help="The calibrator that `onewarm audit --save` wrote.", metavar="FILE")
    ],
    out: Annotated[Path, typer.Option(help="The file to write: .parquet, .csv or .npz.", metavar="FILE")],
    probabilities: Annotated[
        str | None, typer.Option(help="Columns of probabilities: a column, a prefix, or names with commas.")
    ] = None,
    logits: Annotated[str | None, typer.Option(help="Columns of logits, likewise.")] = None,
    normalize: Annotated[
        bool, typer.Option("--normalize", help="Divide rows of probabilities that do not sum to 1 by their sum.")
    ] = False,
) -> None:
    """Apply a calibrator to new predictions.

    The calibrated probabilities take the place of the predictions; all other columns stay. No truth is needed. Parquet
    and CSV are written in bounded memory. Exits with 2 for bad input, and then nothing is written.

    **Example**

    `onewarm audit validation.csv --save calibrator.json`

    `onewarm calibrate new.csv --with calibrator.json --out calibrated.csv`
    """
    with friendly():
        from onewarm.calibration import load_map
        from onewarm.tables.calibrated import calibrate_file

        check_outputs({"--out": out})
        made = load_map(calibrator)
        with bars(output) as progress:
            rows = calibrate_file(
                file, made, out, probabilities=probabilities, logits=logits, normalize=normalize,
                progress=lambda what, done, total: progress.each(f"{what}, kB", done / 1000, total / 1000),
            )  # fmt: skip
        errors.print(f"Wrote {rows:,} rows to {escape(str(out))}.", soft_wrap=True)

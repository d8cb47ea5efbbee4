"""`onewarm claims verify`: check claims again."""

from __future__ import annotations

from typing import Annotated

import typer

from onewarm.cli.console import friendly, output
from onewarm.cli.options import HomeOption, home_folder
from onewarm.cli.progress import bars


def claims_verify(
    claims: Annotated[
        list[str] | None, typer.Argument(help="Claims to check; all if none is given.", show_default=False)
    ] = None,
    home: HomeOption = None,
) -> None:
    """Run each claim's check again and report what changed.

    Exits with 1 if a claim is refuted or has a worse status than before.
    """
    with friendly():
        from onewarm.claims.tables import results_table
        from onewarm.claims.verify import exit_code, verify

        with bars() as progress:
            results = verify(claims or None, home_folder(home), progress.steps())
        output.print(results_table(results))
    raise typer.Exit(exit_code(results))

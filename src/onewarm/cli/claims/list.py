"""`onewarm claims list`: every claim and its status."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from onewarm.atomic_write import atomic_write
from onewarm.checks.visible import visible_json
from onewarm.cli.console import friendly, output
from onewarm.cli.options import HomeOption, home_folder
from onewarm.cli.outputs import check_outputs


def claims_list(
    claim: Annotated[str | None, typer.Argument(help="One claim, shown in full.", show_default=False)] = None,
    long: Annotated[
        bool, typer.Option("--long", help="Every claim in full: statement, scope, sources, counter-evidence, findings.")
    ] = False,
    json: Annotated[
        str | None, typer.Option(help="Write all of it to this file as JSON, or - for the terminal.", metavar="FILE")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Every claim with its status, computed from the stored evidence."""
    with friendly():
        from onewarm.claims.as_json import claims_json
        from onewarm.claims.evidence import read_evidence
        from onewarm.claims.ledger import load_ledger
        from onewarm.claims.tables import in_full, ledger_table
        from onewarm.claims.verify import select

        file = None if json in (None, "-") else Path(str(json))
        check_outputs({"--json": file})
        ledger, evidence = load_ledger(), read_evidence(home_folder(home))
        chosen = select(None if claim is None else [claim], ledger)
        if json is not None:
            text = visible_json(claims_json(chosen, evidence)) + "\n"
            if file is None:
                output.file.write(text)
                return
            atomic_write(file, text)
            output.print(f"Wrote {escape(str(file))}.")
        elif long or claim is not None:
            for one in chosen:
                output.print(in_full(one, evidence.get(one.key)))
        else:
            output.print(ledger_table(ledger, evidence))

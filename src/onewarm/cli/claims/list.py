"""`onewarm claims list`: every claim and its status."""

from __future__ import annotations

from typing import Annotated

import typer

from onewarm.cli.console import friendly, output
from onewarm.cli.options import HomeOption, home_folder


def claims_list(
    claim: Annotated[str | None, typer.Argument(help="One claim, shown in full.", show_default=False)] = None,
    home: HomeOption = None,
) -> None:
    """Every claim with its status, computed from the stored evidence."""
    with friendly():
        from onewarm.claims.evidence import read_evidence
        from onewarm.claims.ledger import load_ledger
        from onewarm.claims.tables import findings_table, ledger_table
        from onewarm.claims.verify import select

        ledger, evidence = load_ledger(), read_evidence(home_folder(home))
        if claim is None:
            output.print(ledger_table(ledger, evidence))
        else:
            for chosen in select([claim], ledger):
                output.print(findings_table(chosen, evidence.get(chosen.key)))

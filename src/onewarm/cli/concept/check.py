"""`onewarm concept check`: report every fault of a page at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from onewarm.cli.console import friendly, output


def concept_check(
    folders: Annotated[list[Path], typer.Argument(help="Concept folders, or folders that contain some at any depth.")],
) -> None:
    """Report every fault of a concept at once, with file, line and remedy. Runs its code, checks and numbers.

    Exits with 0 if there are no faults, with 1 if there are some, with 2 if there is nothing to check.
    """
    with friendly():
        from onewarm.claims.ledger import load_ledger
        from onewarm.notebook.concept.folders import chosen_concepts, our_concepts
        from onewarm.notebook.page.check import concept_faults

        chosen = chosen_concepts(folders)
        own = {folder.resolve() for folder in chosen}
        ours = [folder for folder in our_concepts() if folder.resolve() not in own]
        faults = concept_faults(chosen, others=ours, claims=load_ledger())
        for fault in faults:
            output.print(f"[bold]{escape(fault.where)}[/bold] {escape(fault.what)}", soft_wrap=True, highlight=False)
        count = f"{len(chosen)} concept{'s' if len(chosen) != 1 else ''} checked: "
        summary = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}" if faults else "no fault"
        output.print(f"{count}{summary}.", highlight=False)
    raise typer.Exit(1 if faults else 0)

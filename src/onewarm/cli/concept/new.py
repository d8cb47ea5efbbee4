"""`onewarm concept new`: create a page of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from onewarm.cli.console import friendly, output


def concept_new(
    key: Annotated[str, typer.Argument(help="section/slug, as in basics/coin-toss.")],
    concepts: Annotated[
        Path, typer.Option(help="Folder of your concepts; the new one is created in its section/slug.", file_okay=False)
    ] = Path("concepts"),
    title: Annotated[str | None, typer.Option(help="Its title. Default: from the slug.", show_default=False)] = None,
    section: Annotated[str | None, typer.Option(help="The section's title. Default: from the key.")] = None,
) -> None:
    """Create a small, complete concept that builds, for you to edit. Overwrites nothing."""
    with friendly():
        from onewarm.notebook.concept.starter import new_concept

        folder = new_concept(key, concepts, title=title, section=section)
        output.print(f"Wrote {escape(str(folder))}: concept.yaml, page.md, values.py, witness.py.", soft_wrap=True)
        output.print(f"Preview it: [bold]onewarm open --concepts {escape(str(concepts))}[/bold]", soft_wrap=True)
        output.print(f"Check it:   [bold]onewarm concept check {escape(str(folder))}[/bold]", soft_wrap=True)

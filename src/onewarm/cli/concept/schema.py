"""`onewarm concept schema`: the JSON Schema of concept.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from onewarm.cli.console import friendly, output


def concept_schema(
    out: Annotated[Path | None, typer.Option(help="Write it to this file.", dir_okay=False)] = None,
) -> None:
    """The JSON Schema of concept.yaml, for editors."""
    with friendly():
        from onewarm.notebook.concept.json_schema import schema_text, write_schema

        if out is None:
            output.file.write(schema_text())
        else:
            write_schema(out)
            output.print(f"Wrote {escape(str(out))}. In a concept.yaml, name it in the first line:", soft_wrap=True)
            output.print(f"# yaml-language-server: $schema={escape(str(out))}", soft_wrap=True, highlight=False)

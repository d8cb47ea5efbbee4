"""The command-line application, with every command: what `onewarm` and `python -m onewarm` run."""

from __future__ import annotations

from typing import Annotated

import typer

from onewarm import __version__
from onewarm.cli.audit import audit
from onewarm.cli.build import build
from onewarm.cli.calibrate import calibrate
from onewarm.cli.claims.list import claims_list
from onewarm.cli.claims.verify import claims_verify
from onewarm.cli.concept.check import concept_check
from onewarm.cli.concept.new import concept_new
from onewarm.cli.concept.schema import concept_schema
from onewarm.cli.console import output
from onewarm.cli.open import open_notebook
from onewarm.cli.study import study
from onewarm.cli.warm import warm

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Soft targets, and what they do to confidence. Start with `onewarm open`.",
)
app.command("open")(open_notebook)
app.command()(build)
app.command()(study)
app.command()(audit)
app.command()(calibrate)
app.command()(warm)

claims_app = typer.Typer(
    no_args_is_help=True, help="Claims about soft targets, and the evidence for them from our own runs."
)
claims_app.command("list")(claims_list)
claims_app.command("verify")(claims_verify)
app.add_typer(claims_app, name="claims")

concept_app = typer.Typer(
    no_args_is_help=True, help="Write your own pages: create one, check it, get its schema for your editor."
)
concept_app.command("new")(concept_new)
concept_app.command("check")(concept_check)
concept_app.command("schema")(concept_schema)
app.add_typer(concept_app, name="concept")


@app.callback(invoke_without_command=True)
def main(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    if version:
        output.print(__version__)
        raise typer.Exit

"""`onewarm build`: the notebook as static files."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from onewarm.cli.console import friendly, output
from onewarm.cli.options import ConceptsOption, HomeOption, home_folder
from onewarm.cli.progress import bars
from onewarm.cli.site import build_page, build_site, concept_folders, study_reports


def build(
    out: Annotated[
        Path,
        typer.Argument(help="Output folder: new, empty, or from an earlier build; a file with --single-file."),
    ],
    single_file: Annotated[
        str,
        typer.Option(metavar="concept", help="Write the page of this concept, such as label-smoothing, as one file."),
    ] = "",
    concepts: ConceptsOption = None,
    address: Annotated[str, typer.Option(help="The site's public URL, for link previews on other sites.")] = "",
    home: HomeOption = None,
) -> None:
    """Build the notebook as static files, from the stored evidence and studies; nothing is trained."""
    with friendly():
        base = home_folder(home)
        with bars() as progress, _no_garbage_collection():
            options = {"address": address, "progress": progress.steps()}
            folders = concept_folders(concepts)
            if single_file:
                site = build_page(out, single_file, base, folders, **options)
            else:
                site = build_site(out, base, folders, **options)
        studies = len(study_reports(base))
        output.print(f"Built {escape(str(site))} with {studies} studies.")
        if not studies:
            output.print("No study has run yet, so its figures are empty: [bold]onewarm open[/bold] runs them.")


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Garbage collection takes a tenth of a build's time, and a build keeps most objects until its end."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

"""`onewarm open`: run the studies, check the claims, build the notebook and serve it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from onewarm.cli.console import errors, friendly, output
from onewarm.cli.options import ConceptsOption, HomeOption, home_folder, store_url
from onewarm.cli.progress import Bars, bars
from onewarm.cli.site import build_site, concept_folders

if TYPE_CHECKING:
    from onewarm.claims.verify import Result
    from onewarm.claims.witnesses.studies import Report


def open_notebook(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")] = 8350,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Serve the page without opening it.")] = False,
    concepts: ConceptsOption = None,
    no_study: Annotated[bool, typer.Option("--no-study", help="Train nothing: show the stored evidence.")] = False,
    home: HomeOption = None,
) -> None:
    """Run the study, check every claim against it, build the page, and open it.

    Trains classifiers with hard, smoothed and soft targets on four data sets, 20 paired seeds each, stopped at their
    best and to the end. This takes minutes the first time; later calls reuse the stored runs. Serves on 127.0.0.1
    until Ctrl-C.

    With --concepts your pages are shown next to ours. When you save a file there, the site is rebuilt and the open
    page reloads; errors are shown here and on the page, which otherwise stays as it was.
    """
    with friendly():
        from onewarm.notebook.concept.folders import our_concepts
        from onewarm.notebook.site.live import Live
        from onewarm.notebook.site.server import serve

        base = home_folder(home)
        site = base / "site"
        folders = concept_folders(concepts)  # checked before the long studies: a folder without a concept is an error
        with bars() as progress:
            if not no_study:
                _study_and_verify(base, progress)
            if concepts is None:
                build_site(site, base, folders, progress=progress.steps())
        live = None
        if concepts is not None:
            live = Live(lambda: build_site(site, base, concept_folders(concepts), live=True), [concepts], _print_built)
            live.run_build()
            if live.fault:
                output.print("Our own concepts are shown until yours are fixed.")
                build_site(site, base, our_concepts(), live=True)
        output.print(f"Studies, evidence and the page are in {escape(str(base))}.", soft_wrap=True, highlight=False)
        serve(site, port=port, open_browser=not no_browser, ready=_print_ready, live=live)


def _study_and_verify(home: Path, progress: Bars) -> None:
    from onewarm.claims.verify import verify

    reports = _run_studies(home, progress)
    results = verify(None, home, progress.steps(), reports=reports)
    for result in results:
        if result.error:
            errors.print(f"[yellow]{escape(result.claim.slug)} could not be checked:[/yellow] {escape(result.error)}")
    _print_counts(results)


def _run_studies(home: Path, progress: Bars) -> Mapping[str, Report]:
    """Run, or complete, the studies that the claims need; keep their reports as JSON for `onewarm build`."""
    from onewarm.claims.ledger import load_ledger
    from onewarm.claims.run_studies import run_studies
    from onewarm.study.report.report import write_json

    ledger = load_ledger()
    reports = run_studies(ledger.values(), ledger, home, progress.each, store_url(home))
    for dataset, report in reports.items():
        write_json(home / "reports" / f"{dataset}.json", report)
    return reports


def _print_counts(results: Sequence[Result]) -> None:
    counts: dict[str, int] = {}
    for result in results:
        counts[result.after] = counts.get(result.after, 0) + 1
    summary = ", ".join(f"{count} {status}" for status, count in counts.items())
    output.print(f"{len(results)} claims: {summary}. More: [bold]onewarm claims list[/bold]", soft_wrap=True)


def _print_built(text: str, succeeded: bool) -> None:
    if succeeded:
        output.print(text, highlight=False)
    else:
        output.print(f"[bold red]Not built.[/bold red]\n{escape(text)}", highlight=False, soft_wrap=True)


def _print_ready(url: str) -> None:
    output.print(f"Serving [bold]{url}[/bold] (Ctrl-C stops)")

"""The command line: a thin face over studies, claims and the notebook."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from onewarm import __version__

if TYPE_CHECKING:
    from onewarm.claims.witnesses.studies import Report

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Soft targets, and what they do to confidence. Start with `onewarm open`.",
)
claims_app = typer.Typer(
    no_args_is_help=True, help="What is said about soft targets, and what our own runs show of it."
)
app.add_typer(claims_app, name="claims")
concept_app = typer.Typer(no_args_is_help=True, help="Write pages of your own: start one, check it, tell your editor.")
app.add_typer(concept_app, name="concept")

output = Console()
errors = Console(stderr=True)

Home = Annotated[
    Path | None,
    typer.Option(
        help="Folder for studies, evidence and the page. Default: $ONEWARM_HOME, else your user data folder.",
        file_okay=False,
        show_default=False,
    ),
]


Concepts = Annotated[
    Path | None,
    typer.Option(
        help="Folder of your own concepts, shown beside ours; start one: onewarm concept new.",
        file_okay=False,
        show_default=False,
    ),
]


@app.callback(invoke_without_command=True)
def main(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    if version:
        output.print(__version__)
        raise typer.Exit


@app.command("open")
def open_(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")] = 8350,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Serve the page without opening it.")] = False,
    concepts: Concepts = None,
    no_study: Annotated[bool, typer.Option("--no-study", help="Train nothing: show the evidence at hand.")] = False,
    home: Home = None,
) -> None:
    """Run the study, check every claim against it, build the page, and open it.

    Trains classifiers with hard, smoothed and soft targets on four data sets, 20 paired seeds each: minutes the
    first time, later calls find the runs in the store. Serves on 127.0.0.1 until Ctrl-C.

    With --concepts your pages stand beside ours. A file that you save there is built at once and the open page shows
    it; what is wrong with it is said here and on the page, which stays as it was.
    """
    with friendly():
        from onewarm.notebook.site.build import our_concepts
        from onewarm.notebook.site.live import Live
        from onewarm.notebook.site.server import serve

        place = _home(home)
        folders = _folders(concepts)  # before minutes of study: a folder without a concept is an error
        with bars() as say:
            if not no_study:
                _study_and_verify(place, say)
            if concepts is None:
                site = _build(place / "site", place, folders, progress=say)
        live = None
        if concepts is not None:
            site = place / "site"
            live = Live(lambda: _build(site, place, _folders(concepts), live=True), [concepts], _say_built)
            live.run_build()
            if live.fault:
                output.print("Until yours are mended, our own concepts are shown.")
                _build(site, place, our_concepts(), live=True)
        serve(site, port=port, open_browser=not no_browser, ready=_say_ready, live=live)


@app.command()
def build(
    folder: Annotated[Path, typer.Argument(help="Where the static site goes: new, empty, or built here before.")],
    concepts: Concepts = None,
    address: Annotated[
        str, typer.Option(help="Where the site will be found, for what other sites show of a link to it.")
    ] = "",
    home: Home = None,
) -> None:
    """Build the notebook as static files, with the evidence and studies that are at hand; nothing is trained."""
    with friendly():
        place = _home(home)
        with bars() as say, _no_collecting():
            site = _build(folder, place, _folders(concepts), address=address, progress=say)
        studies = len(_kept_reports(place))
        output.print(f"Built {escape(str(site))} with {studies} studies.")
        if not studies:
            output.print("No study has run yet, so its figures are empty: [bold]onewarm open[/bold] runs them.")


@app.command()
def study(
    dataset: Annotated[
        str, typer.Argument(help="digits, digits-noisy, blobs, lookalikes, or a CSV, Parquet or NPZ file.")
    ],
    arms: Annotated[
        str,
        typer.Option(
            help="Recipes, separated by commas: hard, smooth:ALPHA, prior:ALPHA, teacher:TEMPERATURE[:ITS RECIPE]."
        ),
    ] = "hard,smooth:0.05,smooth:0.1,smooth:0.2",
    seeds: Annotated[str, typer.Option(help="How many paired seeds, or which: 20, or 0,3,5-9.")] = "20",
    label: Annotated[str | None, typer.Option(help="The file's label column; usual names are found.")] = None,
    store: Annotated[str | None, typer.Option(help="Database URL of the runs. Default: studies.db at home.")] = None,
    json: Annotated[
        str | None, typer.Option(help="Write the whole report to this file, or - for the terminal.")
    ] = None,
    home: Home = None,
) -> None:
    """Would smoothing help this data? Trains every arm on every seed and compares them in pairs.

    Accuracy, NLL, ECE and confidence gap, the calibration ones again after a temperature fitted on validation rows;
    differences from hard targets with 95 % intervals, corrected for how many were looked at. An interrupted study
    goes on where it was.

    Examples: `onewarm study digits-noisy`, `onewarm study flowers.csv --label species --seeds 10`
    """
    with friendly():
        import json as codec

        from onewarm.study.engine import run_study
        from onewarm.study.report import write_json

        place = _home(home)
        with bars(errors if json == "-" else output) as say:
            report = run_study(
                dataset,
                arms,
                seeds,
                label=label,
                store=store or _store(place),
                progress=lambda p: say(f"study of {dataset}", p.done, p.total),
            )
        if json == "-":
            output.file.write(codec.dumps(report.to_dict(), indent=1, allow_nan=False) + "\n")
            return
        report.print(output)
        if json is not None:
            write_json(Path(json), report.to_dict())
            output.print(f"Wrote {escape(json)}.")


@app.command()
def audit(
    files: Annotated[list[str], typer.Argument(help="CSV, Parquet, Arrow or NPZ files, or globs in quotes.")],
    labels: Annotated[
        str | None, typer.Option(help="Column of the true classes, 0 to K-1, or their names; or FILE:COLUMN.")
    ] = None,
    probabilities: Annotated[
        str | None, typer.Option(help="Column of lists, prefix of columns (prob_), or names with commas.")
    ] = None,
    logits: Annotated[str | None, typer.Option(help="The same, where the file holds logits.")] = None,
    votes: Annotated[
        str | None, typer.Option(help="Truth as people's votes, or shares, for each class: columns, or FILE:COLUMN.")
    ] = None,
    slice_: Annotated[
        list[str] | None, typer.Option("--slice", help="Column of groups to compare; may be given again.")
    ] = None,
    weight: Annotated[str | None, typer.Option(help="Column of row weights.")] = None,
    normalize: Annotated[
        bool, typer.Option("--normalize", help="Scale rows of probabilities that do not sum to 1.")
    ] = False,
    json: Annotated[str | None, typer.Option(help="Write every number to this file, or - for the terminal.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a self-contained HTML report to this file.")] = None,
    fail_above: Annotated[
        float | None, typer.Option(min=0, max=1, help="For CI: exit with 1 if the ECE is above this.")
    ] = None,
    engine: Annotated[str, typer.Option(help="local, or ray to share the files among a Ray cluster.")] = "local",
) -> None:
    """How overconfident is this model, within what error, and what to do? From a file of its predictions.

    A row is an example: a probability (or logit) for each class and the true class. Columns are found by their usual
    names (p0 p1 ..., prob_cat prob_dog ..., probabilities; label, target, y; votes; slice; weight) or named by the
    options below. Rows stream through bounded memory, however large the files.

    Says how far confidence and accuracy are apart, ranks slices, and tries what would help: leave it, a temperature,
    the inverse of label smoothing, retraining; fitted on even rows, scored on odd rows. Exits with 0; with 1 if
    --fail-above is exceeded by the ECE as printed (15 bins, all rows); with 2 for bad input, and nothing is written.

    Examples: `onewarm audit predictions.parquet --report audit.html`, `onewarm audit 'parts/*.csv' --slice country`
    """
    with friendly():
        from onewarm.audit.audit import audit as run_audit
        from onewarm.audit.report.html import check_outputs, html, json_text, write
        from onewarm.audit.report.terminal import print_audit
        from onewarm.audit.truth_file import truth_files

        check_outputs([*files, *truth_files(labels, votes)], json if json != "-" else None, report)
        with bars(errors if json == "-" else output) as say:
            found = run_audit(
                files,
                labels=labels,
                probabilities=probabilities,
                logits=logits,
                votes=votes,
                slices=slice_ or [],
                weight=weight,
                normalize=normalize,
                engine=engine,
                progress=lambda what, done, total: say(f"{what}, kB", done / 1000, total / 1000),
            )
        texts = [(Path(json), json_text(found))] if json not in (None, "-") else []
        texts += [(report, html(found))] if report is not None else []
        for path, text in texts:
            write(path, text)
        if json == "-":
            output.file.write(json_text(found))
        else:
            print_audit(found, output)
        for path, _ in texts:
            errors.print(f"Wrote {escape(str(path))}.", soft_wrap=True)
        if fail_above is not None and found.ece > fail_above:
            low = (found.measures["ece"].interval or (1.0, 1.0))[0]
            noise = f" Noise alone may have done it: the model's own may be as low as {low:.4f}; audit more rows."
            errors.print(f"[bold red]ECE {found.ece:.4f} is above {fail_above:g}.[/bold red]", end="")
            errors.print(noise if low <= fail_above else "")
            raise typer.Exit(1)


@claims_app.command("list")
def claims_list(
    claim: Annotated[str | None, typer.Argument(help="One claim, shown in full.", show_default=False)] = None,
    home: Home = None,
) -> None:
    """Every claim with its status, computed from the evidence at hand."""
    with friendly():
        from onewarm.claims.evidence import read_evidence
        from onewarm.claims.ledger import load_ledger
        from onewarm.claims.tables import findings_table, ledger_table
        from onewarm.claims.verify import select

        ledger, evidence = load_ledger(), read_evidence(_home(home))
        if claim is None:
            output.print(ledger_table(ledger, evidence))
        else:
            for one in select([claim], ledger):
                output.print(findings_table(one, evidence.get(one.key)))


@claims_app.command("verify")
def claims_verify(
    claims: Annotated[list[str] | None, typer.Argument(help="Which claims; all without.", show_default=False)] = None,
    home: Home = None,
) -> None:
    """Hear the witnesses again, say what changed.

    Exits with 1 where a claim is refuted or stands worse than before.
    """
    with friendly():
        from onewarm.claims.tables import results_table
        from onewarm.claims.verify import exit_code, verify

        with bars() as say:
            results = verify(claims or None, _home(home), say)
        output.print(results_table(results))
    raise typer.Exit(exit_code(results))


@concept_app.command("new")
def concept_new(
    key: Annotated[str, typer.Argument(help="section/slug, as in basics/coin-toss.")],
    concepts: Annotated[
        Path, typer.Option(help="Folder of your concepts; the new one goes into section/slug of it.", file_okay=False)
    ] = Path("concepts"),
    title: Annotated[str | None, typer.Option(help="Its title. Default: from the slug.", show_default=False)] = None,
    section: Annotated[str | None, typer.Option(help="The section's title. Default: from the key.")] = None,
) -> None:
    """Start a concept: a whole small one that builds, to write over. Replaces nothing."""
    with friendly():
        from onewarm.notebook.concept.starter import new_concept

        folder = new_concept(key, concepts, title=title, section=section)
        output.print(f"Wrote {escape(str(folder))}: concept.yaml, page.md, witness.py.", soft_wrap=True)
        output.print(f"See it move:     [bold]onewarm open --concepts {escape(str(concepts))}[/bold]", soft_wrap=True)
        output.print(f"Find its faults: [bold]onewarm concept check {escape(str(folder))}[/bold]", soft_wrap=True)


@concept_app.command("check")
def concept_check(
    folders: Annotated[list[Path], typer.Argument(help="Concept folders, or folders that hold some at any depth.")],
) -> None:
    """Every fault of a concept at once, with file, line and remedy; its code, checks and numbers are run.

    Exits with 0 where there is none, with 1 where there are faults, with 2 where there is nothing to check.
    """
    with friendly():
        from onewarm.claims.ledger import load_ledger
        from onewarm.notebook.concept.check import chosen_concepts, concept_faults
        from onewarm.notebook.site.build import our_concepts

        chosen = chosen_concepts(folders)
        beside = [folder for folder in our_concepts() if folder.resolve() not in {one.resolve() for one in chosen}]
        faults = concept_faults(chosen, beside=beside, claims=load_ledger())
        for fault in faults:
            output.print(f"[bold]{escape(fault.where)}[/bold] {escape(fault.what)}", soft_wrap=True, highlight=False)
        count = f"{len(chosen)} concept{'s' if len(chosen) != 1 else ''} checked: "
        told = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}" if faults else "no fault"
        output.print(f"{count}{told}.", highlight=False)
    raise typer.Exit(1 if faults else 0)


@concept_app.command("schema")
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


@contextmanager
def friendly() -> Iterator[None]:
    """What went wrong in a sentence, not a traceback; Ctrl-C leaves everything whole and says so."""
    try:
        yield
    except (ValueError, OSError, LookupError, ImportError) as error:
        errors.print(f"[bold red]error:[/bold red] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        errors.print(
            "\nStopped, with no file half written. A study's finished runs are kept; the same command goes on."
        )
        raise typer.Exit(130) from None


@contextmanager
def bars(console: Console = output) -> Iterator[Callable[[str, float, float], None]]:
    """A bar for each thing told as (what, done, of how many), with what is left; lines where there is no terminal."""
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        tasks: dict[Any, TaskID] = {}

        def say(what: str, done: float, total: float) -> None:
            key = what if what.startswith("study") else total  # the steps of one job share a bar
            if key not in tasks:
                tasks[key] = progress.add_task(what, total=total, count="")
            progress.update(tasks[key], description=escape(what), completed=done, count=f"{int(done)}/{int(total)}")

        yield say


def _lines(console: Console, every: float = 5.0) -> Callable[[str, float, float], None]:
    """The same as lines of a log, at most one in so many seconds for each thing, and one when it is done."""
    began: dict[str, float] = {}
    told: dict[str, float] = {}

    def say(what: str, done: float, total: float) -> None:
        now = time.monotonic()
        last = told.get(what, -math.inf)
        if last == math.inf or (done < total and now - last < every):
            return
        start = began.setdefault(what, now)
        told[what] = now if done < total else math.inf
        left = f", {(now - start) * (total - done) / done:.0f} s left" if 0 < done < total and now > start else ""
        console.print(f"{what}: {int(done)}/{int(total)}{left}", markup=False, highlight=False, soft_wrap=True)
        console.file.flush()

    return say


def _studies(home: Path, say: Callable[[str, float, float], None]) -> Mapping[str, Report]:
    """The studies that the claims speak of, from the store as far as they are there; kept as JSON for `build`."""
    from onewarm.claims.ledger import load_ledger
    from onewarm.claims.run_studies import run_studies
    from onewarm.study.report import write_json

    ledger = load_ledger()
    reports = run_studies(ledger.values(), ledger, home, say, _store(home))
    for dataset, report in reports.items():
        write_json(home / "reports" / f"{dataset}.json", report)
    return reports


def _study_and_verify(home: Path, say: Callable[[str, float, float], None]) -> None:
    from onewarm.claims.verify import verify

    results = verify(None, home, say, reports=_studies(home, say))
    for result in results:
        if result.error:
            errors.print(f"[yellow]{escape(result.claim.slug)} was not heard:[/yellow] {escape(result.error)}")
    _count(results)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """No search for garbage meanwhile: it is a tenth of a build, which keeps most of what it makes until its end."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _folders(concepts: Path | None) -> tuple[Path, ...]:
    from onewarm.notebook.site.build import our_concepts, with_ours

    return our_concepts() if concepts is None else with_ours(concepts)


def _build(site: Path, home: Path, folders: tuple[Path, ...], **options: Any) -> Path:
    """The site from the evidence and the studies at home."""
    from onewarm.notebook.site.build import build as build_site

    reports = _kept_reports(home)
    return build_site(site, concepts=folders, evidence_home=home, studies=reports, cache=home / "cache", **options)


def _kept_reports(home: Path) -> list[dict[str, Any]]:
    import json

    reports = []
    for path in sorted((home / "reports").glob("*.json")):
        try:
            reports.append(json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise ValueError(f"{path} is not a study report ({error}): delete it and run `onewarm open`") from None
    return reports


def _count(results: list[Any]) -> None:
    found: dict[str, int] = {}
    for result in results:
        found[result.after] = found.get(result.after, 0) + 1
    told = ", ".join(f"{number} {status}" for status, number in found.items())
    output.print(f"{len(results)} claims: {told}. More: [bold]onewarm claims list[/bold]", soft_wrap=True)


def _say_built(text: str, well: bool) -> None:
    if well:
        output.print(text, highlight=False)
    else:
        output.print(f"[bold red]Not built.[/bold red]\n{escape(text)}", highlight=False, soft_wrap=True)


def _say_ready(url: str) -> None:
    output.print(f"Serving [bold]{url}[/bold] (Ctrl-C stops)")


def _store(home: Path) -> str:
    return f"sqlite:///{(home / 'studies.db').absolute()}"


def _home(home: Path | None) -> Path:
    from onewarm.home import home as default_home

    return (home or default_home()).absolute()

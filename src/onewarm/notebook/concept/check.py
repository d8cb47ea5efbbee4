"""Every fault of concept folders at once: files, names, edges, claims, formulas, links, and the code that is run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from onewarm.notebook.concept.load import Reading, cross_faults, read_folder
from onewarm.notebook.concept.objects import concept_keys
from onewarm.notebook.concept.run_code import Hearing
from onewarm.notebook.concept.walk import markdown_texts
from onewarm.notebook.concept.yaml import ConceptError, Document, Fault, Place, read_text
from onewarm.notebook.text.markdown import Prose

__all__ = ["NOWHERE", "chosen_concepts", "concept_faults", "find_concepts"]

NOWHERE = "it is no https address, no key of an object of this page and no concept with a page"


def find_concepts(root: Path | str) -> tuple[Path, ...]:
    """The concept folders in a folder, at any depth: those that hold a concept.yaml; none in hidden folders."""
    files = sorted(Path(root).rglob("concept.yaml"))
    return tuple(f.parent for f in files if not any(p.startswith(".") for p in f.relative_to(root).parts))


def chosen_concepts(places: Iterable[Path | str]) -> tuple[Path, ...]:
    """The concept folders in all these places, each once; FileNotFoundError for a place that holds none."""
    found: dict[Path, Path] = {}
    for place in places:
        folders = find_concepts(place)
        if not folders:
            why = "holds no concept.yaml" if Path(place).is_dir() else "is no folder"
            raise FileNotFoundError(f"{place} {why}; start one: onewarm concept new section/slug --concepts {place}")
        found.update({folder.resolve(): folder for folder in folders})
    return tuple(found.values())


def concept_faults(
    folders: Iterable[Path | str], *, beside: Iterable[Path | str] = (), claims: Collection[str] | None = None
) -> tuple[Fault, ...]:
    """Every fault of the concepts in `folders`, in the order of files and lines; their code is run.

    Edges and links may lead to the concepts in `beside`, whose own faults are not looked for.
    """
    readings = [read_folder(folder) for folder in folders]
    all_readings = [*readings, *(read_folder(folder) for folder in beside)]
    pages = {reading.file.key for reading in all_readings if reading.file}
    ours = {reading.folder for reading in readings}
    found = [fault for reading in readings for fault in reading.faults]
    found += [fault for fault in cross_faults(all_readings, claims) if fault.file.parent in ours]
    for reading in readings:
        found += _text_faults(reading, pages)
        if reading.file is not None:
            found += Hearing(reading.folder, reading.file, reading.code_text, reading.document).faults
    return tuple(sorted(set(found)))


def _text_faults(reading: Reading, pages: Collection[str]) -> Iterator[Fault]:
    """Formulas that do not convert and links that lead nowhere, in page.md and in every text of concept.yaml."""
    keys: set[str] = set(pages)
    if reading.file is not None:
        keys |= concept_keys(reading.file)

    def link(href: str) -> str:
        if href.startswith(("https://", "http://", "#")) or href in keys:
            return href
        raise ValueError(NOWHERE)

    told: list[tuple[str, int | None]] = []
    prose = Prose(link=link, report=lambda problem, line: told.append((problem, line)))
    page = reading.folder / "page.md"
    if page.is_file():
        with suppress(ConceptError):  # not UTF-8: told already
            prose.block(read_text(page), source=str(page))
        for problem, line in told:
            yield Fault(page, line or 1, "", problem, _remedy(problem))
    if reading.document is None:
        return
    for place, text in markdown_texts(reading.document.value):
        told.clear()
        prose.block(text, source="")
        for problem, _ in told:
            fault = reading.document.fault(place, problem, _remedy(problem))
            yield Fault(fault.file, _line_of(reading.document, place, problem), fault.key, problem, fault.remedy)


def _remedy(problem: str) -> str:
    return "Correct the formula." if problem.startswith("the formula") else "Correct the address."


def _line_of(document: Document, place: Place, problem: str) -> int:
    """The line of the file that has what the problem quotes, from the text's first line on; else that line."""
    first = document.lines[place]
    quoted: Sequence[str] = problem.split("`" if "`" in problem else "'")[1:2]
    later = [n for p, n in document.lines.items() if n > first and p[: len(place)] != place]
    lines = read_text(document.file).splitlines()[first - 1 : min(later, default=None) and min(later) - 1]
    for i, line in enumerate(lines):
        if quoted and quoted[0] in line:
            return first + i
    return first

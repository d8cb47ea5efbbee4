"""Finds every fault of concept folders at once: files, names, edges, claims, formulas, links, code, numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from onewarm.errors import InputError
from onewarm.notebook.concept.load import Reading, cross_faults, read_folder
from onewarm.notebook.concept.objects import concept_keys
from onewarm.notebook.concept.run_code import PageCode
from onewarm.notebook.concept.walk import markdown_texts
from onewarm.notebook.concept.yaml import ConceptError, Document, Fault, Place, read_text
from onewarm.notebook.page.answers import answer_faults
from onewarm.notebook.page.still import still
from onewarm.notebook.page.typed_numbers import typed_number_faults
from onewarm.notebook.text.markdown import Prose

__all__ = ["DEAD_LINK", "concept_faults"]

DEAD_LINK = "it is neither an https address, nor the key of an object of this page, nor that of a concept with a page"


def concept_faults(
    folders: Iterable[Path | str], *, others: Iterable[Path | str] = (), claims: Collection[str] | None = None
) -> tuple[Fault, ...]:
    """Every fault of the concepts in ``folders``, sorted by file and line. Their code is run.

    Args:
        folders: concept folders to check.
        others: concept folders that edges and links may lead to; their own faults are not reported.
        claims: keys of the ledger's claims; without them the claims that a page reviews are not checked.
    """
    readings = [read_folder(folder) for folder in folders]
    all_readings = [*readings, *(read_folder(folder) for folder in others)]
    pages = {reading.file.key for reading in all_readings if reading.file}
    checked = {reading.folder for reading in readings}
    faults = [fault for reading in readings for fault in reading.faults]
    faults += [fault for fault in cross_faults(all_readings, claims) if fault.file.parent in checked]
    for reading in readings:
        faults += _text_faults(reading, pages)
        if reading.file is not None:
            faults += PageCode(reading.folder, reading.file, reading.code_text, reading.document, reading.values).faults
            faults += _prose_faults(reading)
    return tuple(sorted(set(faults)))


def _prose_faults(reading: Reading) -> Iterator[Fault]:
    """Answers that stand before their questions, and numbers that are typed though the concept could compute them."""
    if reading.document is None or reading.file is None:
        return
    yield from answer_faults(reading.document, reading.file, reading.values)
    if reading.computed.picture is not None:
        try:
            still(reading.computed.picture)
        except (InputError, TypeError, ValueError) as error:
            yield Fault(reading.folder / "values.py", 1, "", str(error), "Correct the picture.")
    page, text = reading.folder / "page.md", ""
    with suppress(ConceptError):  # reading the folder has reported it
        text = read_text(page)
    code = [reading.code_text or ""]
    with suppress(ConceptError):  # a concept need not have one
        code.append(read_text(reading.folder / "values.py"))
    yield from typed_number_faults(reading.document, reading.values, page, text, code)


def _text_faults(reading: Reading, pages: Collection[str]) -> Iterator[Fault]:
    """Formulas that do not convert and links that lead nowhere, in page.md and in every text of concept.yaml."""
    keys: set[str] = set(pages)
    if reading.file is not None:
        keys |= concept_keys(reading.file)

    def link(href: str) -> str:
        if href.startswith(("https://", "http://", "#")) or href in keys:
            return href
        raise InputError(DEAD_LINK)

    problems: list[tuple[str, int | None]] = []
    prose = Prose(link=link, report=lambda problem, line: problems.append((problem, line)))
    page = reading.folder / "page.md"
    if page.is_file():
        with suppress(ConceptError):  # not UTF-8: reading the folder has reported it
            prose.block(read_text(page), source=str(page))
        for problem, line in problems:
            yield Fault(page, line or 1, "", problem, _remedy(problem))
    if reading.document is None:
        return
    for place, text in markdown_texts(reading.document.value):
        problems.clear()
        prose.block(text, source="")
        for problem, _ in problems:
            fault = reading.document.fault(place, problem, _remedy(problem))
            yield Fault(fault.file, _line_of(reading.document, place, problem), fault.key, problem, fault.remedy)


def _remedy(problem: str) -> str:
    return "Correct the formula." if problem.startswith("the formula") else "Correct the address."


def _line_of(document: Document, place: Place, problem: str) -> int:
    """The line of the text at ``place`` that contains what the problem quotes; the text's first line if none does."""
    first = document.lines[place]
    quoted: Sequence[str] = problem.split("`" if "`" in problem else "'")[1:2]
    later = [n for p, n in document.lines.items() if n > first and p[: len(place)] != place]
    lines = read_text(document.file).splitlines()[first - 1 : min(later, default=None) and min(later) - 1]
    for i, line in enumerate(lines):
        if quoted and quoted[0] in line:
            return first + i
    return first

"""Builds the site: a folder of static files, a pure function of concepts, evidence and studies."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from onewarm.claims.evidence import Evidence, read_evidence
from onewarm.claims.ledger import load_ledger
from onewarm.notebook.concept.check import chosen_concepts, concept_faults, find_concepts
from onewarm.notebook.concept.keys import route
from onewarm.notebook.concept.load import ConceptError, load_concepts
from onewarm.notebook.concept.model import Concept
from onewarm.notebook.page.context import concept_page
from onewarm.notebook.page.demo_bundle import demo_module
from onewarm.notebook.page.learning_map import path_to
from onewarm.notebook.page.open_graph_card import CARD_NAME, card
from onewarm.notebook.site.render import render
from onewarm.notebook.site.search import SEARCH_NAME, search_entries, search_index
from onewarm.notebook.text.fonts import FONT_NAME, LICENCE_NAME, font_licence, math_font
from onewarm.notebook.text.latex import MathError
from onewarm.notebook.text.markdown import LinkError, Prose

__all__ = ["OutputError", "build", "our_concepts", "with_ours"]

MARKER = ".onewarm-site"  # tells a folder that build made, and may replace, from any other
_SAYS = "Soft targets, and what they do to confidence: pictures, proofs, programs, demos, and claims that were checked."
_BY_THEMSELVES = ("page.js", "reload.js", "search.js")  # modules that a page names; the others are imported by page.js
Progress = Callable[[str, int, int], None]


class OutputError(ValueError):
    """The folder to build into is not one that may be replaced: says why and what to do."""


def our_concepts() -> tuple[Path, ...]:
    """Folders of the concepts that come with onewarm, in the order of their names."""
    with as_file(files("onewarm") / "concepts") as root:
        return find_concepts(root)


def with_ours(concepts: Path | str) -> tuple[Path, ...]:
    """Our concepts and those in a folder; FileNotFoundError where that holds none."""
    return chosen_concepts([*our_concepts(), concepts])


def build(
    out_dir: Path | str,
    *,
    concepts: Iterable[Path | str] | None = None,
    evidence_home: Path | str | None = None,
    studies: Sequence[Mapping[str, Any]] = (),
    cache: Path | str | None = None,
    address: str = "",
    live: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Build the site into `out_dir` and return it as an absolute path.

    `concepts` are concept folders (ours if None), `evidence_home` the folder that holds evidence/ (None: no
    evidence, so no claim has a witness), `studies` study reports for the demos, `cache` a folder to keep the math font
    and the pictures in between builds, `address` where the site will be found, if that is known: what other sites show
    of a link to a page needs it. `progress` is told (what, done, of how many). With `live` the pages listen to
    the events of `onewarm.notebook.site.live`.

    The same input gives the same bytes. The site is made beside `out_dir` and takes its place when it is whole;
    addresses are relative, so it works from any folder of any static host.

    Raises OutputError where `out_dir` holds files that build did not make; ConceptError with every fault of the
    concepts where one cannot be shown; EvidenceError for damaged evidence.
    """
    out = Path(out_dir).absolute()
    _check_replaceable(out)
    if address and not re.match(r"https?://[^\s<>\"]+$", address):
        raise ValueError(f"address {address!r} is no address of a site; write it like https://example.org/notes/")
    address = f"{address.rstrip('/')}/" if address else ""
    folders = our_concepts() if concepts is None else tuple(concepts)
    if not folders:
        raise OutputError("there is no concept to build; name at least one concept folder")
    evidence = read_evidence(Path(evidence_home)) if evidence_home is not None else {}
    ledger = load_ledger()
    try:
        loaded = load_concepts(folders, claims=ledger)
        kept_in = Path(cache) if cache is not None else None
        options = {"address": address, "live": live}
        _replace(out, lambda site: _write_site(site, loaded, ledger, evidence, studies, kept_in, options, progress))
    except (ConceptError, MathError, LinkError):
        if faults := concept_faults(folders, claims=ledger):
            raise ConceptError(faults) from None
        raise
    return out


def _replace(out: Path, write: Callable[[Path], None]) -> None:
    """Write a site beside `out`, then let it take the place of what is there."""
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}.", suffix=".part"))
    try:
        write(beside)
        beside.chmod(0o755)
        _take_place(beside, out)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _check_replaceable(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputError(f"{out} is not a folder; name another place for the site")
    if out.is_dir() and any(out.iterdir()) and not (out / MARKER).is_file():
        raise OutputError(f"{out} holds files that were not built here; name an empty or a new folder")


def _write_site(
    site: Path,
    concepts: Sequence[Concept],
    ledger: Mapping[str, Any],
    evidence: Mapping[str, Evidence],
    studies: Sequence[Mapping[str, Any]],
    cache: Path | None,
    options: Mapping[str, Any],
    progress: Progress | None,
) -> None:
    steps = len(concepts) + 2
    tell = progress or (lambda what, done, of: None)
    pages = {concept.key: concept for concept in concepts}
    characters: set[str] = set()
    entries: list[dict[str, str]] = []
    for done, concept in enumerate(concepts):
        tell(concept.title, done, steps)
        context, used = concept_page(concept, claims=ledger, evidence=evidence, studies=studies, pages=pages)
        characters |= used
        where = route(concept.key)
        here = {**options, "address": options["address"] and options["address"] + where}
        modules = [path.name for path in _assets() if path.suffix == ".js" and path.name not in _BY_THEMSELVES]
        modules += ["demo.js"] if concept.demo_file else []
        shown = render("concept.html", depth=where.count("/"), modules=modules, **here, **context)
        _write(site / where / "index.html", shown)
        words = (concept.title, concept.section, context["concept"]["summary_plain"])
        _write_bytes(site / where / CARD_NAME, card(*words, cache))
        entries += search_entries(concept, context["objects"])
        if concept.demo_file:
            _write(site / where / "demo.js", demo_module(concept.demo_file))
    tell("index", steps - 2, steps)
    _write(site / "index.html", render("index.html", **options, sections=_sections(concepts)))
    _write_bytes(site / CARD_NAME, card("Concepts that move", "onewarm", _SAYS, cache))
    _write(site / "assets" / SEARCH_NAME, search_index(entries))
    _write(site / MARKER, "Made by `onewarm build`, which may replace this folder.\n")
    tell("math font", steps - 1, steps)
    for path in _assets():
        if path.name == "reload.js" and not options["live"]:
            continue
        _write_bytes(site / "assets" / path.name, path.read_bytes())
    _write_bytes(site / "assets" / FONT_NAME, math_font("".join(characters), cache))
    _write(site / "assets" / LICENCE_NAME, font_licence(cache))
    tell("done", steps, steps)


def _sections(concepts: Sequence[Concept]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Cards by section, each concept after what it asks for."""
    prose = Prose()
    site = {concept.key: concept for concept in concepts}
    sections: dict[str, list[dict[str, Any]]] = {}
    for concept in sorted(concepts, key=lambda one: len(path_to(one, site))):
        summary = prose.block(concept.summary, source=str(concept.folder / "concept.yaml"))
        card = {"title": concept.title, "summary": summary, "route": route(concept.key)}
        sections.setdefault(concept.section, []).append(card)
    return list(sections.items())


def _assets() -> list[Path]:
    with as_file(files("onewarm.notebook") / "assets") as folder:
        return sorted(path for path in folder.iterdir() if path.suffix in (".css", ".js", ".svg"))


def _write(path: Path, text: str) -> None:
    _write_bytes(path, text.encode("utf-8"))


def _write_bytes(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _take_place(beside: Path, out: Path) -> None:
    """Put the whole new site where the old one is; the old one stays until then."""
    if not out.exists():
        os.replace(beside, out)
        return
    old = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}.", suffix=".old"))
    os.replace(out, old / "site")
    try:
        os.replace(beside, out)
    except OSError:
        os.replace(old / "site", out)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)

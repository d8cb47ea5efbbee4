"""Builds the site: a folder of static files, a pure function of concepts, evidence and studies."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from onewarm.claims.evidence import Evidence, read_evidence
from onewarm.claims.ledger import load_ledger
from onewarm.errors import InputError
from onewarm.notebook.concept.demo_bundle import bundle_demo
from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.keys import route
from onewarm.notebook.concept.load import Concept, ConceptError, load_concepts
from onewarm.notebook.page.check import concept_faults
from onewarm.notebook.page.context import page_context
from onewarm.notebook.site.assets import site_assets
from onewarm.notebook.site.course import course, in_order, planned
from onewarm.notebook.site.math_font import FONT_NAME, LICENCE_NAME, font_licence, math_font
from onewarm.notebook.site.open_graph_card import CARD_NAME, open_graph_card
from onewarm.notebook.site.render import render
from onewarm.notebook.site.search import (
    SEARCH_NAME,
    planned_entries,
    prose_entries,
    search_entries,
    search_index,
    term_entries,
)
from onewarm.notebook.site.terms import with_terms
from onewarm.notebook.text.glossary import load_glossary
from onewarm.notebook.text.latex import LatexError
from onewarm.notebook.text.markdown import LinkError

__all__ = ["OutputError", "build"]

MARKER = ".onewarm-site"  # marks a folder that build made and may therefore replace
_DESCRIPTION = (
    "Soft targets, and what they do to confidence: pictures, proofs, programs, demos, and claims that were checked."
)
Progress = Callable[[str, int, int], None]


class OutputError(InputError):
    """The folder to build into may not be replaced: the message has the reason and a remedy."""


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
    """Build the site into ``out_dir`` and return its absolute path.

    The same input gives the same bytes. The site is written to a hidden folder next to ``out_dir``, which is renamed
    once it is complete. Addresses are relative, so the site works from any folder of any static host.

    Args:
        out_dir: a new or empty folder, or one that `build` made.
        concepts: concept folders; None: those that come with onewarm.
        evidence_home: the folder that has evidence/; None: no claim has evidence.
        studies: study reports, for the demos.
        cache: a folder that keeps the math font and the Open Graph cards between builds.
        address: the URL at which the site will be published, if known; Open Graph tags need it.
        live: make the pages listen to the events of `onewarm.notebook.site.live`.
        progress: called with (what is being done, steps done, steps in all).

    Raises:
        OutputError: ``out_dir`` has files that `build` did not make, or there is no concept.
        ValueError: ``address`` is not a URL.
        ConceptError: a concept has faults; names every fault of all of them.
        EvidenceError: a file of evidence is damaged.
    """
    out = Path(out_dir).absolute()
    _check_replaceable(out)
    if address and not re.match(r"https?://[^\s<>\"]+$", address):
        raise InputError(f"address {address!r} is not the URL of a site; write it like https://example.org/notes/")
    address = f"{address.rstrip('/')}/" if address else ""
    folders = our_concepts() if concepts is None else tuple(concepts)
    if not folders:
        raise OutputError("there is no concept to build; name at least one concept folder")
    evidence = read_evidence(Path(evidence_home)) if evidence_home is not None else {}
    ledger = load_ledger()
    try:
        loaded = load_concepts(folders, claims=ledger)
        cache_folder = Path(cache) if cache is not None else None
        options = {"address": address, "live": live}
        _replace(
            out, lambda site: _write_site(site, loaded, ledger, evidence, studies, cache_folder, options, progress)
        )
    except (ConceptError, LatexError, LinkError):
        if faults := concept_faults(folders, claims=ledger):
            raise ConceptError(faults) from None
        raise
    return out


def _replace(out: Path, write: Callable[[Path], None]) -> None:
    """Write a site to a hidden folder next to `out`, then put it in the place of `out`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    hidden = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}.", suffix=".part"))
    try:
        write(hidden)
        hidden.chmod(0o755)
        _swap(hidden, out)
    except BaseException:
        shutil.rmtree(hidden, ignore_errors=True)
        raise


def _check_replaceable(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputError(f"{out} is not a folder; name another place for the site")
    if out.is_dir() and any(out.iterdir()) and not (out / MARKER).is_file():
        raise OutputError(f"{out} has files that onewarm build did not make; name a new or an empty folder")


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
    report = progress or (lambda what, done, steps: None)
    pages = {concept.key: concept for concept in concepts}
    glossary = load_glossary(concept.folder for concept in concepts)
    characters: set[str] = set()
    entries: list[dict[str, str]] = []
    written: dict[str, str] = {}
    for done, concept in enumerate(concepts):
        report(concept.title, done, steps)
        context, characters_used = page_context(concept, claims=ledger, evidence=evidence, studies=studies, pages=pages)
        characters |= characters_used
        path = route(concept.key)
        page_options = {**options, "address": options["address"] and options["address"] + path}
        html = render("concept.html", depth=path.count("/"), **page_options, **context)
        html = with_terms(html, glossary, here=concept.key, pages=pages)
        _write(site / path / "index.html", html)
        texts = (concept.title, concept.section, context["concept"]["summary_plain"])
        _write(site / path / CARD_NAME, open_graph_card(*texts, cache))
        written[concept.key] = html
        entries += [*search_entries(concept, context["objects"]), *prose_entries(concept)]
        if concept.demo_file:
            _write(site / path / "demo.js", bundle_demo(concept.demo_file))
    report("index", steps - 2, steps)
    to_come = planned(concepts)
    entries += term_entries(glossary, [(concept, written[concept.key]) for concept in in_order(concepts)])
    entries += planned_entries(to_come)
    _write(site / "index.html", render("index.html", **options, course=course(concepts), planned=to_come))
    _write(site / CARD_NAME, open_graph_card("Concepts that move", "onewarm", _DESCRIPTION, cache))
    _write(site / "assets" / SEARCH_NAME, search_index(entries))
    _write(site / MARKER, "Made by `onewarm build`, which may replace this folder.\n")
    report("math font", steps - 1, steps)
    for name, text in site_assets(live=options["live"]).items():
        _write(site / "assets" / name, text)
    _write(site / "assets" / FONT_NAME, math_font("".join(characters), cache))
    _write(site / "assets" / LICENCE_NAME, font_licence(cache))
    report("done", steps, steps)


def _write(path: Path, content: str | bytes) -> None:
    """Write a file of the hidden folder; not atomic, since the folder is renamed once it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def _swap(new: Path, out: Path) -> None:
    """Rename the new site to `out`; an old site is moved away first, and back if the rename fails."""
    if not out.exists():
        os.replace(new, out)
        return
    old = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}.", suffix=".old"))
    os.replace(out, old / "site")
    try:
        os.replace(new, out)
    except OSError:
        os.replace(old / "site", out)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)

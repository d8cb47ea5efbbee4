"""The search index of the site, one file: every object of every page, its prose, terms, and the pages to come."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from onewarm.notebook.concept.keys import anchor, object_key, route
from onewarm.notebook.concept.load import Concept
from onewarm.notebook.text.glossary import Term
from onewarm.notebook.text.markdown import plain_text

__all__ = ["SEARCH_NAME", "planned_entries", "prose_entries", "search_entries", "search_index", "term_entries"]

SEARCH_NAME = "search.json"
LONGEST = 220  # characters of an object's context
Entry = dict[str, str]


def search_entries(concept: Concept, objects: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """One entry for each object of a page: kind, title, text, address from the site's root, and an equation's LaTeX."""
    latex = {object_key("equation", concept.key, e.name): e.latex for e in concept.page.equations}
    return [
        {
            "kind": item["kind_title"],
            "title": item["title"],
            "text": _short(item["context"]),
            "page": concept.title,
            "at": f"{route(concept.key)}index.html#{item['anchor']}",
            "key": item["key"],
            **({"latex": latex[item["key"]]} if item["key"] in latex else {}),
        }
        for item in objects
    ]


def prose_entries(concept: Concept) -> list[Entry]:
    """One entry for each step of the lesson, and one for each paragraph of page.md, at the nearest anchor above it."""
    found: list[tuple[str, str, str, str]] = []  # kind, title, text, anchor
    for chapter in concept.lesson.chapters:
        for step in chapter.steps:
            text = f"{plain_text(step.text)} {plain_text(step.ask.question) if step.ask else ''}"
            found.append(("lesson", step.title or chapter.title, text, f"step-{step.name}"))
    for title, text, equation in _paragraphs(concept.page.math):
        target = anchor(object_key("equation", concept.key, equation)) if equation else "math"
        found.append(("math", title or "Math", text, target))
    return [
        {
            "kind": kind,
            "title": title,
            "text": " ".join(text.split()),
            "page": concept.title,
            "at": f"{route(concept.key)}index.html#{target}",
        }
        for kind, title, text, target in found
    ]


def term_entries(glossary: Sequence[Term], pages: Sequence[tuple[Concept, str]]) -> Iterator[Entry]:
    """One entry for each term that a page uses: on the page that explains it, else on the first that uses it.

    ``pages`` are the concepts in the order of the course, each with the HTML of its page.
    """
    for term in glossary:
        using = [concept for concept, html in pages if f'id="term-{term.name}"' in html]
        if using:
            concept = next((concept for concept in using if concept.key == term.see), using[0])
            yield {
                "kind": "definition",
                "title": term.term,
                "text": term.text,
                "page": concept.title,
                "at": f"{route(concept.key)}index.html#term-{term.name}",
            }


def planned_entries(planned: Iterable[Mapping[str, Any]]) -> Iterator[Entry]:
    """One entry for each page to come, on the index."""
    for concept in planned:
        yield {
            "kind": "page to come",
            "title": concept["title"],
            "text": concept["reason_plain"],
            "page": "Pages to come",
            "at": f"index.html#{concept['anchor']}",
        }


def search_index(entries: Iterable[Mapping[str, str]]) -> str:
    """The text of the index file."""
    return json.dumps(list(entries), ensure_ascii=False, separators=(",", ":")) + "\n"


def _paragraphs(markdown: str) -> Iterator[tuple[str, str, str]]:
    """Each paragraph with the heading and the labelled equation above it, or "" where there is none."""
    heading = equation = ""
    for block in re.split(r"\n\s*\n", markdown):
        if label := re.search(r"\$\$\s*\(([a-z0-9-]+)\)\s*$", block):
            equation = label[1]
        elif head := re.match(r"\s*#+\s+(.*)", block):
            heading = plain_text(head[1])
            block = block[head.end() :]
        if not block.strip() or block.lstrip().startswith("$$"):
            continue
        yield heading, plain_text(block), equation


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0] + " …"

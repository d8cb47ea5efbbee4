"""The course: the site's concepts in the order to read them, and those that are named but have no page yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from onewarm.notebook.concept.keys import anchor, route
from onewarm.notebook.concept.load import Concept
from onewarm.notebook.page.learning_map import path_to
from onewarm.notebook.text.markdown import Prose, plain_text

__all__ = ["course", "in_order", "planned"]


def in_order(concepts: Iterable[Concept]) -> tuple[Concept, ...]:
    """The concepts, each after its prerequisites; otherwise in the order in which they are given."""
    given = tuple(concepts)
    site = {concept.key: concept for concept in given}
    ordered: dict[str, Concept] = {}
    for concept in sorted(given, key=lambda concept: len(_before(concept, site))):
        for key in (*_before(concept, site), concept.key):
            ordered.setdefault(key, site[key])
    return tuple(ordered.values())


def _before(concept: Concept, site: Mapping[str, Concept]) -> list[str]:
    return [key for key, _ in path_to(concept, site) if key in site]


def course(concepts: Sequence[Concept]) -> list[dict[str, Any]]:
    """What the index shows of each concept, in order."""
    prose = Prose()
    site = {concept.key: concept for concept in concepts}
    return [
        {
            "key": concept.key,
            "title": concept.title,
            "section": concept.section,
            "summary": prose.block(concept.summary, source=str(concept.folder / "concept.yaml")),
            "route": route(concept.key),
            "minutes": concept.lesson.minutes,
            "needs": [site[edge.key].title for edge in concept.edges.prerequisites if edge.key in site],
        }
        for concept in in_order(concepts)
    ]


def planned(concepts: Sequence[Concept]) -> list[dict[str, Any]]:
    """The concepts that edges lead to but that have no page, each with the first reason and the page that gives it."""
    prose = Prose()
    site = {concept.key for concept in concepts}
    found: dict[str, dict[str, Any]] = {}
    for concept in in_order(concepts):
        edges = concept.edges
        for edge in (*edges.prerequisites, *edges.next, *edges.contrast):
            if edge.key in site:
                continue
            found.setdefault(
                edge.key,
                {
                    "key": edge.key,
                    "title": edge.title,
                    "reason": prose.inline(edge.reason, source=str(concept.folder / "concept.yaml")),
                    "reason_plain": plain_text(edge.reason),
                    "page": concept.title,
                    "at": f"{route(concept.key)}index.html#map",
                    "anchor": anchor(edge.key),
                },
            )
    return list(found.values())

"""The search index of the site: every object of every page, in one small file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from onewarm.notebook.concept.keys import object_key, route
from onewarm.notebook.concept.load import Concept

__all__ = ["SEARCH_NAME", "search_entries", "search_index"]

SEARCH_NAME = "search.json"
LONGEST = 220  # characters of an object's context


def search_entries(concept: Concept, objects: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
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


def search_index(entries: Iterable[Mapping[str, str]]) -> str:
    """The text of the index file."""
    return json.dumps(list(entries), ensure_ascii=False, separators=(",", ":")) + "\n"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0] + " …"

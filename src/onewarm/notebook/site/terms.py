"""The terms of a page: each marked where it is first used, and listed at the page's end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from onewarm.notebook.concept.keys import route
from onewarm.notebook.concept.load import Concept
from onewarm.notebook.site.render import render
from onewarm.notebook.text.glossary import Term, mark_terms

__all__ = ["with_terms"]

PLACE = "<!--terms-->"  # where concept.html wants the list


def with_terms(html: str, glossary: Sequence[Term], *, here: str, pages: Mapping[str, Concept]) -> str:
    """The page with the first use of each term marked, and the list of its terms.

    Args:
        html: the page.
        glossary: all terms.
        here: key of the page's concept.
        pages: the concepts that have a page, by key: a term that one of them explains leads there.
    """
    marked, used = mark_terms(html, glossary)
    up = "../" * route(here).count("/")
    explained = {term.name: pages.get(term.see) if term.see != here else None for term in used}
    terms = [
        {
            **asdict(term),
            "href": f"{up}{route(page.key)}index.html" if (page := explained[term.name]) else "",
            "page": page.title if page else "",
        }
        for term in used
    ]
    return marked.replace(PLACE, render("terms.html", terms=terms) if terms else "")

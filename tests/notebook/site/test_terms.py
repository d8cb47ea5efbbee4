"""A page lists the terms that it uses; one that another page explains leads there."""

from types import SimpleNamespace
from typing import Any

from onewarm.notebook.site.terms import with_terms
from onewarm.notebook.text.glossary import Term

TERMS = (
    Term("coin", "coin", "Has two sides.", ("coin",), "concept:basics/coin"),
    Term("odds", "odds", "A ratio.", ("odds",), "concept:basics/odds"),
    Term("dice", "dice", "Have six.", ("dice",)),
)
PAGE = "<main><p>A coin has odds.</p>\n<!--terms-->\n</main>"


def test_what_is_used_is_listed_with_the_page_that_explains_it() -> None:
    pages: Any = {
        key: SimpleNamespace(key=key, title=key[-4:].title()) for key in ("concept:basics/coin", "concept:basics/odds")
    }
    html = with_terms(PAGE, TERMS, here="concept:basics/coin", pages=pages)
    assert html.count('class="term-entry"') == 2 and "Have six" not in html
    assert '<a href="../../../concept/basics/odds/index.html">Odds</a>' in html
    assert "basics/coin/index.html" not in html  # the page itself
    assert "<!--terms-->" not in html


def test_a_page_without_terms_has_no_list() -> None:
    html = with_terms("<main><p>Nothing.</p><!--terms--></main>", TERMS, here="concept:basics/coin", pages={})
    assert html == "<main><p>Nothing.</p></main>"

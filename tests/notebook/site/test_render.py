"""Templates: texts are escaped, a missing name is an error, and addresses start at the page's own depth."""

import re

import jinja2
import pytest

import onewarm
from onewarm.notebook.site.render import CONTENT_POLICY, render

LESSON = {
    "key": "concept:a/b",
    "title": "<b>Coin</b> & co",
    "section": "Basics",
    "summary": 'A "coin" </p><script>alert(1)</script>',
    "route": "concept/a/b/",
    "minutes": 10,
    "needs": ["<i>Chance</i>"],
}


def index(depth: int = 0, live: bool = False) -> str:
    return render("index.html", depth=depth, live=live, address="", course=[LESSON], planned=[])


def test_texts_are_escaped() -> None:
    html = index()
    assert "&lt;b&gt;Coin&lt;/b&gt; &amp; co" in html
    assert "<b>Coin" not in html and "<i>Chance" not in html and "<script>alert" not in html


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_addresses_are_relative_to_the_sites_root(depth: int) -> None:
    html = index(depth)
    (style,) = re.findall(r'<link rel="stylesheet" href="([^"]*)">', html)
    assert style == "../" * depth + "assets/base.css"
    assert not re.search(r'(?:href|src)="/', html)


def test_a_name_that_is_missing_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="'course' is undefined"):
        render("index.html", live=False, address="")
    with pytest.raises(jinja2.TemplateNotFound, match=r"none\.html"):
        render("none.html")


def test_every_page_has_the_policy_and_the_version() -> None:
    html = index()
    assert CONTENT_POLICY.replace("'", "&#39;") in html
    assert f"Made by onewarm {onewarm.__version__}" in html
    assert html.endswith("</html>\n")


def test_only_a_live_page_listens() -> None:
    assert "reload.js" in index(live=True)
    assert "reload.js" not in index(live=False)

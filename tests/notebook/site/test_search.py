"""Search finds every object by its words, from the keyboard, and leads to it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onewarm.notebook.site.build import build


def test_every_object_of_every_page_is_in_the_index_with_an_address_that_exists(tmp_path: Path) -> None:
    site = build(tmp_path / "site")
    entries = json.loads((site / "assets/search.json").read_text(encoding="utf-8"))
    kinds = {entry["kind"] for entry in entries}
    assert kinds == {"concept", "equation", "code", "demo state", "misconception", "source", "claim"}
    pages: dict[str, str] = {}
    for entry in entries:
        file, _, anchor = entry["at"].partition("#")
        text = pages.setdefault(file, (site / file).read_text(encoding="utf-8"))
        assert f'id="{anchor}"' in text
        assert entry["title"] and len(entry["text"]) <= 222
        assert ("latex" in entry) == (entry["kind"] == "equation")
    assert len({entry["key"] for entry in entries}) == len(entries)


@pytest.mark.browser
def test_it_is_found_and_opened_with_the_keyboard_alone(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(our_site).page
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('[data-search]')")
    page.keyboard.press("Enter")
    page.keyboard.type("finite lead α")
    links = page.locator("dialog .found a")
    links.first.wait_for()
    assert "A finite lead" in links.first.inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("body.live")
    assert page.url.endswith(
        "label-smoothing/index.html#equation/concept-notebook/optimization/label-smoothing/finite-optimum"
    )
    page.keyboard.press("Control+k")
    page.keyboard.type("zzz <img src=x onerror=alert(1)>")
    page.get_by_text("Nothing found.").wait_for()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("query", "first"),
    [("ECE", None), ("smoothing", "Label Smoothing & Soft Targets"), ("kl", None), ("CROSS entropy", "Cross-Entropy"),
     ("\\log \\sum", None), ("éntropy", None), ("müller", "When Does Label Smoothing Help?")],
)  # fmt: skip
def test_words_accents_and_latex(visit: Callable[..., Any], our_site: str, query: str, first: str | None) -> None:
    page = visit(our_site).page
    titles = page.evaluate(
        """async (query) => { const { find } = await import(new URL("assets/search.js", location.href).href);
          const entries = await (await fetch("assets/search.json")).json();
          return find(entries, query).map((entry) => entry.title); }""",
        query,
    )
    assert titles
    assert first is None or titles[0] == first

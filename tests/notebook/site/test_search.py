"""Search finds every object by its words, from the keyboard, and leads to it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onewarm.notebook.concept.load import load_concept
from onewarm.notebook.site.search import prose_entries, term_entries
from onewarm.notebook.text.glossary import Term


def test_every_entry_has_an_address_that_exists_and_every_object_one_entry(our_folder: Path) -> None:
    entries = json.loads((our_folder / "assets/search.json").read_text(encoding="utf-8"))
    keyed = [entry for entry in entries if "key" in entry]
    kinds = {"concept", "equation", "code", "demo state", "misconception", "source", "claim"}
    assert {entry["kind"] for entry in keyed} == kinds
    assert {entry["kind"] for entry in entries} - kinds >= {"lesson", "math", "definition", "page to come"}
    pages: dict[str, str] = {}
    for entry in entries:
        file, _, anchor = entry["at"].partition("#")
        text = pages.setdefault(file, (our_folder / file).read_text(encoding="utf-8"))
        assert f'id="{anchor}"' in text, entry["at"]
        assert entry["title"] and ("latex" in entry) == (entry["kind"] == "equation")
    assert len({entry["key"] for entry in keyed}) == len(keyed)
    assert all(len(entry["text"]) <= 222 for entry in keyed)


def test_prose_is_found_at_the_nearest_anchor_above_it(folder: Any, tmp_path: Path) -> None:
    folder.page = "## Math\n\nBefore *all*.\n\n### A part\n\n$$ h + t = 1 $$ (sum)\n\nAfter it.\n"
    concept = load_concept(folder.write(tmp_path / "coin"))
    equation = "concept/basics/coin/index.html#equation/concept-notebook/basics/coin/sum"
    entries = prose_entries(concept)
    steps = [step.name for chapter in concept.lesson.chapters for step in chapter.steps] if concept.lesson else []
    lesson = [entry["at"].partition("#")[2] for entry in entries if entry["kind"] == "lesson"]
    assert lesson == [f"step-{name}" for name in steps] != []
    assert [(entry["title"], entry["text"], entry["at"]) for entry in entries if entry["kind"] != "lesson"] == [
        ("Math", "Before all.", "concept/basics/coin/index.html#math"),
        ("A part", "After it.", equation),
    ]


def test_a_term_is_found_where_it_is_explained_else_where_it_is_first_used(folder: Any, tmp_path: Path) -> None:
    concepts = []
    for name in ("a", "b", "c"):
        folder.yaml |= {"key": f"concept:x/{name}", "title": name}
        concepts.append(load_concept(folder.write(tmp_path / name)))
    has = '<div id="term-nats">'
    nats = Term("nats", "nats", "A unit.", ("nats",), "concept:x/c")

    def at(*html: str) -> list[str]:
        return [entry["at"] for entry in term_entries([nats], list(zip(concepts, html, strict=True)))]

    assert at(has, has, has) == ["concept/x/c/index.html#term-nats"]
    assert at("", has, "") == ["concept/x/b/index.html#term-nats"]
    assert at("", "", "") == []


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
    page.wait_for_url("**#equation/concept-notebook/optimization/label-smoothing/finite-optimum")
    page.wait_for_selector("body.live")
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


@pytest.mark.browser
def test_results_come_by_page_with_the_words_that_were_looked_for(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(our_site).page
    found = page.evaluate(
        """async () => { const { byPage, excerpt } = await import(new URL("assets/search.js", location.href).href);
          const entries = ["b", "a", "b", "c", "a"].map((page, i) => ({ page, title: String(i) }));
          const text = "word ".repeat(200) + "needle " + "word ".repeat(200);
          const groups = byPage(entries).map(([page, list]) => [page, list.map((one) => one.title)]);
          return [groups, excerpt(text, "NEEDLE")]; }"""
    )
    assert found[0] == [["b", ["0", "2"]], ["a", ["1", "4"]], ["c", ["3"]]]
    assert "needle" in found[1] and len(found[1]) < 230
    page.keyboard.press("Control+k")
    page.keyboard.type("confidence penalty")
    headings = page.locator("dialog .found-page h2")
    headings.first.wait_for()
    assert "Pages to come" in headings.all_inner_texts()
    page.get_by_role("link", name="Confidence Penalty", exact=True).last.click()
    page.wait_for_url("**#concept/concept-notebook/optimization/confidence-penalty")
    page.locator(":target").wait_for()

"""What must hold on every page that we ship, in Chromium: new concepts are covered by being there."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from onewarm.claims.ledger import load_ledger
from onewarm.notebook.concept.exercises import variants
from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.keys import route
from onewarm.notebook.concept.load import Concept, load_concept
from onewarm.notebook.concept.values import filled_document, filled_text
from onewarm.notebook.concept.walk import markdown_texts
from onewarm.notebook.concept.yaml import read_yaml
from onewarm.notebook.page.panel_list import PANELS
from onewarm.notebook.site.build import build
from onewarm.notebook.site.server import running
from onewarm.notebook.text.markdown import plain_text

pytestmark = pytest.mark.browser

FOLDERS = {route(read_yaml(f / "concept.yaml").value["key"]) + "index.html": f for f in our_concepts()}
PAGES = list(FOLDERS)
CLAIMS = load_ledger()
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
HEAVIEST, HEAVIEST_INDEX = 200_000, 50_000  # bytes, compressed: a page, and what search fetches when it is opened
HOSTILE = (
    "<script>window.hacked = 1</script>\"><img src=x onerror=window.hacked=2> ' \u202eevil\u202c שלום " + "w" * 300
)


def problems(page: Any, part: str | None = None, **options: Any) -> list[str]:
    found = Axe().run(page, context=part, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [f"{v['id']}: {n['html'][:160]} {n['failureSummary'][:200]}" for v in found for n in v["nodes"]]


@pytest.fixture
def unfolded(visit: Callable[..., Any], our_site: str, open_all: Callable[[Any], None]) -> Callable[[str], Any]:
    """Visits a page and opens all that it has."""

    def show(where: str) -> Any:
        page = visit(our_site + where, color_scheme="light", reduced_motion="reduce").page
        open_all(page)
        page.eval_on_selector_all("[data-skip]", "all => all.forEach(one => one.click())")
        page.wait_for_timeout(300)
        return page

    return show


@pytest.mark.parametrize("where", ["index.html", *PAGES])
def test_axe_finds_nothing_and_every_text_has_contrast(unfolded: Callable[[str], Any], where: str) -> None:
    page = unfolded(where)
    assert problems(page, rules={"color-contrast": {"enabled": False}}) == []  # nine tenths of its time: a long test
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # changes colours and nothing else
        page.wait_for_timeout(300)
        assert page.evaluate(CONTRAST) == []


def test_axe_finds_nothing_in_the_search(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(our_site, reduced_motion="reduce").page  # it is the same on every page
    page.keyboard.press("Control+k")
    page.keyboard.type("target")
    page.locator("dialog .found a").first.wait_for()
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(300)
        assert problems(page, "dialog[open]") == []


@pytest.mark.long
@pytest.mark.parametrize("where", ["index.html", *PAGES])
def test_axe_too_finds_that_every_text_has_contrast(unfolded: Callable[[str], Any], where: str) -> None:
    page = unfolded(where)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(300)
        assert problems(page, runOnly=["color-contrast"]) == []


@pytest.mark.parametrize("where", ["index.html", *PAGES])
def test_no_width_scrolls_sideways(
    visit: Callable[..., Any], our_site: str, where: str, open_all: Callable[[Any], None]
) -> None:
    page = visit(our_site + where).page
    open_all(page)
    for width in (320, 360, 768, 1024, 2000):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def written(concept: Concept) -> list[str]:
    """Every text of a concept's files as a reader without JavaScript has it, with the numbers first drawn."""
    value = read_yaml(concept.folder / "concept.yaml").value
    exercises = [variants(question, concept.values)[0].values for question in concept.practice]
    without_object = {
        i for i, asked in enumerate(value["research"]) if asked["kind"] == "claim" and "object" not in asked
        and all(CLAIMS[key].kind == "identity" for key in concept.claims)
    }  # fmt: skip
    texts = [filled_text((concept.folder / "page.md").read_text(encoding="utf-8"), concept.values)]
    for place, text in markdown_texts(filled_document(value, concept.values)):
        if place[:2] == ("demo", "notes") and concept.demo_file:
            continue
        if place[0] == "research" and place[1] in without_object:
            continue
        texts.append(filled_text(text, exercises[place[1]]) if place[0] == "practice" else text)
    return texts


@pytest.mark.parametrize("where", PAGES)
def test_without_javascript_nothing_that_can_be_read_is_missing(
    visit: Callable[..., Any], our_site: str, where: str
) -> None:
    page = visit(our_site + where, java_script_enabled=False).page
    assert not page.locator("button:visible, main input:visible, textarea:visible, select:visible").count()
    page.evaluate(
        """() => { for (const fold of document.querySelectorAll("details"))
          if (fold.querySelector("summary").checkVisibility()) fold.open = true; }"""
    )
    shown = letters(page.locator("main").inner_text())
    texts = written(load_concept(FOLDERS[where]))
    missing = []
    for text in texts:
        unlinked = re.sub(r"\]\([^)]*\)", "|", text)  # a link without text of its own has its target's title
        for piece in re.split(r"\$\$.*?\$\$(?: \([a-z-]+\))?|\$[^$]*\$", unlinked, flags=re.DOTALL):
            for words in re.split(r"\[|\([a-z-]+\)|\n\s*\n|\n[-#|0-9]|\|", piece):
                if letters(plain_text(words)) not in shown:
                    missing.append(words)
    assert missing == []
    assert page.locator("math").count() > 20
    assert page.locator("pre.output").count() >= 5


@pytest.mark.parametrize("where", PAGES)
def test_a_page_weighs_little_with_everything_that_it_fetches(
    visit: Callable[..., Any], our_site: str, where: str
) -> None:
    page = visit(our_site).page
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    weights: list[float] = []
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    page.goto(our_site + where)
    page.wait_for_selector("body.live")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_load_state("networkidle")
    assert len(weights) > 5
    alone = sum(weights)
    assert alone <= HEAVIEST
    with page.expect_event("requestfinished", lambda request: request.url.endswith("search.json")):
        page.keyboard.press("Control+k")
    page.wait_for_timeout(0)  # its weight is told by an event of its own
    assert 10_000 < sum(weights) - alone <= HEAVIEST_INDEX


@pytest.mark.parametrize("where", PAGES)
def test_landmarks_reading_order_and_headings(visit: Callable[..., Any], our_site: str, where: str) -> None:
    page = visit(our_site + where).page
    assert [page.locator(tag).count() for tag in ("main", "h1", "body > header", "body > footer", "nav")] == [1] * 5
    panels = page.eval_on_selector_all("main section.panel", "all => all.map(one => one.id)")
    assert set(panels) >= {panel.name for panel in PANELS}
    tops = page.eval_on_selector_all("main section.panel", "all => all.map(one => one.getBoundingClientRect().top)")
    assert tops == sorted(tops)
    heads = "[...document.querySelectorAll('h1,h2,h3,h4')].filter(n => n.checkVisibility()).map(n => +n.tagName[1])"
    levels = page.evaluate(heads)
    after = levels[levels.index(1) :]
    assert all(b - a <= 1 for a, b in pairwise(after))
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, textarea, a[href]")].filter((n) =>
          !(n.ariaLabel || n.labels?.length || n.textContent.trim())).map((n) => n.outerHTML)"""
    )
    assert nameless == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"


@pytest.mark.parametrize("where", PAGES)
@pytest.mark.parametrize(
    "query", ["?z=<script>window.hacked=1</script>", "?z=1,2&alpha=NaN&label=-1&T=%00", "?z=" + "9," * 3000]
)
def test_a_hostile_address_is_inert(visit: Callable[..., Any], our_site: str, where: str, query: str) -> None:
    page = visit(our_site + where + query + "#%E0%A4%A").page
    assert page.evaluate("window.hacked === undefined")
    assert page.locator("body.live").count() == 1


def test_hostile_texts_of_a_folder_are_inert_and_break_nothing(
    visit: Callable[..., Any], folder: Any, tmp_path: Path, open_all: Callable[[Any], None]
) -> None:
    def spoil(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: spoil(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [spoil(v, key) for v in value]
        return HOSTILE if isinstance(value, str) and key in TEXTS else value

    TEXTS = ("title", "text", "summary", "reason", "more", "notes", "question", "answer", "feedback", "ending",
             "wrong", "nudges", "rubric", "evidence", "resolves", "next_action", "section")  # fmt: skip
    folder.yaml = spoil(folder.yaml)
    folder.page += f"\n{HOSTILE}\n"
    site = build(tmp_path / "site", concepts=[folder.write(tmp_path / "coin")])
    with running(site) as address:
        for where in ("index.html", "concept/basics/coin/index.html"):
            page = visit(address + where).page
            open_all(page)
            for width in (360, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                page.wait_for_timeout(200)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.keyboard.press("Control+k")
            page.keyboard.type("evil")
            page.locator("dialog .found a").first.wait_for()
            assert page.evaluate("window.hacked === undefined")
            assert problems(page) == []
            page.context.close()

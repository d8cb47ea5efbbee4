"""The page in Chromium: nothing leaves the origin, keyboard, no JavaScript, narrow, dark, printed, hostile address."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

OURS = "concept/optimization/label-smoothing/index.html"
OPEN_ALL = """() => {
  for (const d of document.querySelectorAll("details")) { d.hidden = false; d.open = true; }
  for (const panel of document.querySelectorAll(".panel")) panel.style.contentVisibility = "visible"; // far ones too
}"""
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


def test_it_reads_complete_without_javascript(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(our_site + OURS, java_script_enabled=False).page
    text = page.locator("main").inner_text()
    for title in ("Learning map", "Intuition", "Math", "Code", "Claim review", "Misconceptions", "Practice loop"):
        assert title in text
    assert page.locator("math").count() > 100
    assert page.locator("pre.output").count() >= 5
    assert "0.4063" in page.locator("#code").inner_text()
    # Answers, nudges and endings are one click on a native disclosure away; no control is offered that does nothing.
    assert page.locator(".exercise details.answer summary").first.is_visible()
    assert not page.locator("button:visible, main input:visible, textarea:visible, select:visible").count()
    summaries = page.locator("summary")
    for i in range(summaries.count()):
        summaries.nth(i).click()
    assert page.locator(".exercise .answer .prose").first.is_visible()
    assert page.locator("[data-ending]").first.is_visible()
    assert page.locator("[data-more] .prose").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_of_every_text(visit: Callable[..., Any], our_site: str, scheme: str) -> None:
    page = visit(our_site + OURS, color_scheme=scheme, reduced_motion="reduce").page
    page.evaluate(OPEN_ALL)
    page.locator("[data-cue] button").first.click()
    page.wait_for_timeout(300)
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("width", [360, 768, 2000])
@pytest.mark.parametrize("where", ["index.html", OURS])
def test_no_sideways_scrolling(visit: Callable[..., Any], our_site: str, width: int, where: str) -> None:
    page = visit(our_site + where, viewport={"width": width, "height": 800}).page
    page.evaluate(OPEN_ALL)
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_control_is_reached_from_the_keyboard_and_shows_it(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(our_site + OURS, reduced_motion="reduce").page
    # the map's picture repeats, for the pointer alone, the links that follow it as text
    controls = "a[href]:not([tabindex='-1']), button, input, select, textarea, summary, [tabindex='0']"
    wanted = page.evaluate(
        """(selector) => [...document.querySelectorAll(selector)].filter((n) => n.checkVisibility() && !n.disabled
          && !(n.type === "radio" && document.querySelector(`[name="${n.name}"]`) !== n))
          .map((n, i) => { n.dataset.stop = i; return i; })""",
        controls,
    )
    reached: list[int] = []
    for _ in range(len(wanted) + 80):
        page.keyboard.press("Tab")
        at = page.evaluate(
            """() => { const n = document.activeElement; if (!n || n === document.body) return null;
              if (n.shadowRoot) return -1;
              const s = getComputedStyle(n);
              const shows = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2;
              return shows ? Number(n.dataset.stop ?? -2) : -3; }"""
        )
        if at is None:
            break
        reached.append(at)
    assert set(reached) >= set(wanted)
    assert -3 not in reached  # a focus that does not show
    assert reached.count(-1) > 8  # the demo's own controls


def test_landmarks_headings_and_names(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(our_site + OURS).page
    assert page.locator("main").count() == page.locator("h1").count() == 1
    heads = "[...document.querySelectorAll('h1,h2,h3,h4')].filter(n => n.checkVisibility()).map(n => +n.tagName[1])"
    levels = page.evaluate(heads)
    assert all(b - a <= 1 for a, b in zip(levels[levels.index(1) :], levels[levels.index(1) + 1 :], strict=False))
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, textarea, a[href]")].filter((n) =>
          !(n.ariaLabel || n.labels?.length || n.textContent.trim())).map((n) => n.outerHTML)"""
    )
    assert nameless == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"


def test_the_address_opens_a_state_and_follows_it(visit: Callable[..., Any], coin_site: str) -> None:
    page = visit(coin_site + "?shown=4#math").page
    assert page.locator(".demo output").inner_text() == "shown 4"
    page.locator(".demo input").press("ArrowRight")
    assert page.url == coin_site + "?shown=5#math"


@pytest.mark.parametrize(
    "query",
    ["?z=<script>alert(1)</script>", "?z=1,2&alpha=NaN&label=-1&recipe=%00", "?z=" + "9," * 3000],
    ids=["markup", "no numbers", "long"],
)
def test_a_hostile_address_changes_nothing(visit: Callable[..., Any], our_site: str, query: str) -> None:
    page = visit(our_site + OURS + query + "#%E0%A4%A").page
    assert page.evaluate("document.querySelectorAll('main script:not([type])').length") == 0
    assert page.locator("body.live").count() == 1


def test_the_index_leads_to_the_page(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(our_site).page
    page.get_by_role("link", name="Label Smoothing").click()
    page.wait_for_selector("body.live")
    assert page.url.endswith(OURS)


def test_it_works_from_a_sub_path(visit: Callable[..., Any], tmp_path: Any, folder: Any) -> None:
    from onewarm.notebook.build import build
    from onewarm.notebook.server import running

    site = build(tmp_path / "host/some/where", concepts=[folder.write(tmp_path / "coin")])
    (tmp_path / "host/index.html").write_text("host", encoding="utf-8")
    with running(site.parent.parent) as address:
        page = visit(address + "some/where/concept/basics/coin/index.html").page
        assert page.locator(".demo output").inner_text() == "shown 0"
        assert page.evaluate("document.fonts.load('20px STIX Two Math').then(f => f.length)") == 1
        page.context.close()


def test_a_demo_that_fails_takes_nothing_with_it(visit: Callable[..., Any], tmp_path: Any, folder: Any) -> None:
    from onewarm.notebook.build import build
    from onewarm.notebook.server import running

    folder.demo = "export default { render() { throw new Error('broken demo'); } };"
    with running(build(tmp_path / "site", concepts=[folder.write(tmp_path / "coin")])) as address:
        seen = visit(address + "concept/basics/coin/index.html")
        assert "The demo could not start" in seen.page.locator("#demo").inner_text()
        assert seen.page.locator("[data-commit]").is_visible()
        assert ["broken demo" in message for message in seen.messages] == [True]
        seen.messages.clear()
        seen.page.context.close()

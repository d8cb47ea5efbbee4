"""The page in Chromium: keyboard, address, sub-path, a demo that fails, and a page that comes slowly."""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from onewarm.notebook.site.build import build

pytestmark = pytest.mark.browser

OURS = "concept/optimization/label-smoothing/index.html"


def test_every_control_is_reached_from_the_keyboard_and_shows_it(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(our_site + OURS, reduced_motion="reduce").page
    # the map's picture repeats, for the pointer alone, the links that follow it as text
    controls = "a[href]:not([tabindex='-1']), button, input, select, textarea, summary, [tabindex='0']"
    wanted = page.evaluate(
        """(selector) => [...document.querySelectorAll(selector)].filter((n) =>
          n.checkVisibility({ visibilityProperty: true }) && !n.disabled
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


def test_on_paper_nothing_waits_for_a_click(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(our_site + OURS, reduced_motion="reduce").page
    page.emulate_media(media="print")
    for text in (
        "[data-step] .prose",
        "[data-ending]",
        "[data-feedback]",
        "[data-nudge] .prose",
        ".room-static .question",
    ):
        assert page.eval_on_selector_all(text, "all => all.length && all.every(n => n.checkVisibility())"), text
    assert not page.locator("main > section :is(button, textarea):visible").count()
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 between its margins
    clipped = """() => [...document.querySelectorAll("main *")].filter((n) => n.scrollWidth > n.clientWidth + 1
      && n.clientWidth && getComputedStyle(n).overflowX !== "visible" && n.checkVisibility()
      && !n.closest(".offscreen")).map((n) => n.outerHTML)"""
    assert page.evaluate(clipped) == []
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 32


def test_in_forced_colours_the_choice_that_is_on_is_told_apart(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(our_site + OURS, forced_colors="active").page
    chosen = page.locator(".segments :checked + span").first
    on = chosen.evaluate("n => [getComputedStyle(n).backgroundColor, getComputedStyle(n).forcedColorAdjust]")
    off = page.locator(".segments :not(:checked) + span").first.evaluate("n => getComputedStyle(n).backgroundColor")
    assert on[0] != off and on[1] == "none"  # else the browser paints the text's ground over the choice's


def test_the_address_opens_a_state_and_follows_it(visit: Callable[..., Any], coin_site: str) -> None:
    page = visit(coin_site + "?shown=4#math").page
    assert page.locator(".demo output").inner_text() == "shown 4"
    page.locator(".demo input").press("ArrowRight")
    expect(page).to_have_url(coin_site + "?shown=5#math")


def test_the_index_leads_to_the_page(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(our_site).page
    page.get_by_role("link", name="Label Smoothing & Soft Targets", exact=True).click()
    page.wait_for_url("**/" + OURS)
    page.wait_for_selector("body.live")


def test_it_works_from_a_sub_path(visit: Callable[..., Any], tmp_path: Any, folder: Any) -> None:
    from onewarm.notebook.site.build import build
    from onewarm.notebook.site.server import running

    site = build(tmp_path / "host/some/where", concepts=[folder.write(tmp_path / "coin")])
    (tmp_path / "host/index.html").write_text("host", encoding="utf-8")
    with running(site.parent.parent) as address:
        page = visit(address + "some/where/concept/basics/coin/index.html").page
        assert page.locator(".demo output").inner_text() == "shown 0"
        assert page.evaluate("document.fonts.load('20px STIX Two Math').then(f => f.length)") == 1
        page.context.close()


def test_a_demo_that_fails_takes_nothing_with_it(visit: Callable[..., Any], tmp_path: Any, folder: Any) -> None:
    from onewarm.notebook.site.build import build
    from onewarm.notebook.site.server import running

    folder.demo = "export default { render() { throw new Error('broken demo'); } };"
    with running(build(tmp_path / "site", concepts=[folder.write(tmp_path / "coin")])) as address:
        seen = visit(address + "concept/basics/coin/index.html")
        assert "The demo could not start" in seen.page.locator("#stage").inner_text()
        assert seen.page.locator("[data-opening] [data-commit]").is_visible()
        assert ["broken demo" in message for message in seen.messages] == [True]
        seen.messages.clear()
        seen.page.context.close()


@pytest.fixture
def held_site(tmp_path: Path) -> Iterator[tuple[str, threading.Event]]:
    """Our site from a server that sends the last part of a page only when the event is set."""
    site, go_on = build(tmp_path / "site"), threading.Event()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(site))

        def log_message(self, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            if not self.path.endswith("/index.html"):
                return super().do_GET()
            head, mark, rest = (site / self.path[1:]).read_bytes().partition(b'<header class="after-head"')
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(head)
            self.wfile.flush()
            assert go_on.wait(60)
            self.wfile.write(mark + rest)
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", go_on
    go_on.set()
    server.shutdown()
    server.server_close()


def test_the_lesson_works_while_the_rest_of_the_page_is_on_its_way(chromium: Any, held_site: Any) -> None:
    address, go_on = held_site
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address + OURS, wait_until="commit")
    page.wait_for_selector("body.live")
    assert page.evaluate("document.readyState") == "loading" and page.locator("#practice").count() == 0
    asked = page.locator("[data-question]").first
    asked.locator("[data-skip]").click()
    expect(asked.locator("[data-outcome]")).to_be_visible()
    slider = page.locator(".demo input[type=range]").filter(visible=True).first
    before = slider.input_value()
    slider.press("ArrowRight")
    assert slider.input_value() != before
    page.get_by_role("button", name="Follow the text").click()
    assert page.locator(".rail [aria-current]").get_attribute("href") == "#storyboard"
    go_on.set()
    page.wait_for_selector("html.whole")
    page.locator("#practice [data-anew]").filter(visible=True).first.click()
    expect(page.locator("#practice [data-which]").filter(visible=True)).to_contain_text("Numbers 2")
    page.locator(".rail a[href='#after']").click()
    expect(page.locator(".rail [aria-current]")).to_have_attribute("href", "#after")
    context.close()

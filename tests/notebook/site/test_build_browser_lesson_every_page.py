"""The lesson of every page that we ship, in Chromium: sizes, the stage in view, objects that are shown, addresses."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.keys import route
from onewarm.notebook.concept.yaml import read_yaml

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser

PAGES = [route(read_yaml(f / "concept.yaml").value["key"]) + "index.html" for f in our_concepts()]
SCREENS = [(1280, 800), (768, 1024), (360, 740)]
OTHER_SCREENS = [pytest.param(screen, marks=pytest.mark.long) for screen in ((1366, 768), (1920, 1080))]

# Lit objects whose boxes are not wholly inside the window, or that something covers at the centre or a corner.
HIDDEN = """(name) => {
  const demo = document.querySelector(".demo");
  const roots = [...demo.querySelectorAll("*")].flatMap((n) => (n.shadowRoot ? [n.shadowRoot] : []));
  const marks = roots.flatMap((root) => [...root.querySelectorAll(`[data-object="${name}"]`)])
    .filter((n) => n.getClientRects().length && n.checkVisibility({ visibilityProperty: true }));
  const stage = document.querySelector(".stage").getBoundingClientRect();
  const faults = marks.length ? [] : [`${name}: not there`];
  for (const mark of marks) {
    const r = mark.getBoundingClientRect();
    if (!r.width && !r.height) continue;
    const out = Math.max(stage.left - r.left, r.right - stage.right, stage.top - r.top, r.bottom - stage.bottom,
      r.bottom - innerHeight, -r.top);
    if (out > 1) { faults.push(`${name}: ${Math.round(out)} px outside`); continue; }
    const [x, y] = [(r.left + r.right) / 2, (r.top + r.bottom) / 2];
    const [left, right, over, under] = [r.left + 1, r.right - 1, r.top + 1, r.bottom - 1];
    const points = [[x, y], [left, over], [right, over], [left, under], [right, under]];
    for (const [px, py] of points) {
      const top = document.elementFromPoint(px, py);
      if (!top || !demo.contains(top)) faults.push(`${name}: covered by ${top?.className || top?.tagName}`);
    }
  }
  return [...new Set(faults)];
}"""


# Of the tables that screen readers find on the stage: the texts, and their sizes and stops of the keyboard.
TABLES = """() => {
  const tables = [...document.querySelector(".demo [class$=-demo]").shadowRoot.querySelectorAll(".numbers")]
    .filter((node) => node.checkVisibility());
  return [tables.map((node) => node.textContent),
          tables.map((node) => [node.offsetWidth, node.querySelectorAll("[tabindex]").length])];
}"""


def bottom(page: Any) -> float:
    """Where what stays on the screen above the text ends."""
    return float(page.evaluate(
        """() => { const place = document.querySelector(".stage-place"), box = place.getBoundingClientRect();
          const rail = document.querySelector(".rail").getBoundingClientRect();
          return box.width > innerWidth * 0.8 ? box.bottom : rail.bottom; }"""
    ))  # fmt: skip


@pytest.mark.parametrize("where", PAGES)
def test_a_page_is_short_and_its_first_question_is_on_the_first_screen(
    visit: Callable[..., Any], our_site: str, where: str
) -> None:
    page = visit(our_site + where, viewport={"width": 1280, "height": 800}).page
    page.evaluate("document.fonts.ready")
    box = page.locator("[data-opening]")
    for part in (
        box.locator(".question"),
        box.locator("form :is(input, button)").first,
        box.locator("form [type=submit]").first,
    ):
        seen = part.bounding_box()
        assert seen["y"] >= 44 and seen["y"] + seen["height"] <= 800, part
    control = box.locator("form :is(input, button)").first
    hit = control.evaluate(
        """(n) => { const r = n.getBoundingClientRect();
          const top = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
          return top === n || n.contains(top); }"""
    )
    assert hit
    assert page.evaluate("document.documentElement.scrollHeight") <= 15_000
    for width, height in ((768, 1024), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(300)
        for part in (box.locator(".question"), control):
            seen = part.bounding_box()
            assert seen["y"] >= 44 and seen["y"] + seen["height"] <= height, part
    page.locator(".opening-more summary").click()  # what else the opening says
    assert page.locator(".opening .lead").is_visible()


@pytest.mark.parametrize("where", PAGES)
def test_every_scene_has_its_numbers_for_screen_readers_and_they_are_current(
    visit: Callable[..., Any], our_site: str, where: str
) -> None:
    page = visit(our_site + where + "#demo", reduced_motion="reduce").page
    demo = page.locator(".demo")
    scenes = demo.locator(".scenes input")
    assert scenes.count() >= 3
    for scene in scenes.all():
        scene.check(force=True)
        name = scene.get_attribute("value")
        rows = demo.locator(".numbers:visible tbody tr")
        expect(rows.filter(has_text=re.compile(r"\d")).nth(1), name).to_be_attached()
        before, sizes = page.evaluate(TABLES)
        assert sizes == [[1, 0]] * len(sizes), name  # it takes no room, and no stop of the keyboard
        thumbs = demo.locator(":is([role=slider], input[type=range]):visible").all()[:2]
        choice = demo.locator("fieldset:not(.scenes) .segments:visible input:not(:checked)")
        if thumbs and name != "studies":
            for thumb in thumbs:
                thumb.press("ArrowLeft")
        else:  # a scene without a slider, and one whose table has all of its values
            choice.first.check(force=True)
        page.wait_for_function(f"before => ({TABLES})()[0].some((text, i) => text !== before[i])", arg=before)


@pytest.mark.parametrize("screen", [*SCREENS, *OTHER_SCREENS], ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("where", PAGES)
def test_in_every_step_the_stage_is_in_view_and_shows_what_the_step_names(
    visit: Callable[..., Any], our_site: str, where: str, screen: tuple[int, int]
) -> None:
    width, height = screen
    page = visit(our_site + where, viewport={"width": width, "height": height}, reduced_motion="reduce").page
    faults: list[str] = []
    steps = page.eval_on_selector_all("[data-step]", "all => all.map((n) => [n.id, n.dataset.highlight])")
    for step, highlight in steps:
        page.evaluate("id => document.getElementById(id).scrollIntoView()", step)
        assert page.locator(".step.current").get_attribute("id") == step
        stage = page.locator("#stage > .stage").bounding_box()
        assert stage["y"] >= 43 and stage["y"] + stage["height"] <= height, step  # below the rail
        if width < 1100:
            assert stage["height"] <= 0.4 * height
        sliders = page.locator(".demo input[type=range]:visible").evaluate_all("all => all.map((n) => n.clientWidth)")
        assert min(sliders, default=72) >= 72, step  # wide enough for a finger
        faults += [f"{step}: {fault}" for fault in (page.evaluate(HIDDEN, highlight) if highlight else [])]
        skip = page.locator(f"#{step} [data-skip]")
        if skip.count():
            skip.evaluate("n => n.click()")
            name = page.locator(f"#{step} [data-reveal]").get_attribute("data-highlight")
            faults += [f"{step}, answered: {fault}" for fault in (page.evaluate(HIDDEN, name) if name else [])]
    assert faults == []


@pytest.mark.parametrize("size", [(1280, 800), (360, 740)], ids=["wide", "phone"])
@pytest.mark.parametrize("where", PAGES)
def test_links_and_addresses_land_on_their_target(
    visit: Callable[..., Any], our_site: str, where: str, size: tuple[int, int]
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    page = visit(our_site + where, viewport=viewport, reduced_motion="reduce").page
    assert page.evaluate("document.querySelectorAll('.rail .contents a').length") >= 8
    faults = []

    def check(what: str) -> None:
        top = page.evaluate("document.querySelector(':target').getBoundingClientRect().top")
        at_end = page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 1")
        lesson = page.evaluate("document.querySelector(':target').closest('.chapters') !== null")
        wanted = bottom(page) if lesson else 44
        if abs(top - wanted) > 2 and not (at_end and top > wanted):
            faults.append(f"{what}: {top} instead of {wanted}")

    links = page.locator(".rail .contents a, a[data-state]").all()
    for link in [*links[::-1][:3], *links[::3]]:
        link.evaluate("n => n.click()")
        check(link.get_attribute("href"))
    anchors = page.evaluate(
        """[...document.querySelectorAll("main [id*='/concept-notebook/'], main section, .step")].map((n) => n.id)"""
    )
    for anchor in anchors[:: max(1, len(anchors) // 6)]:
        page.goto("about:blank")
        page.goto(f"{our_site}{where}?state=no#{anchor}")
        page.wait_for_selector("body.live")
        page.wait_for_timeout(250)
        check(f"address {anchor}")
    assert faults == []


@pytest.mark.parametrize("where", PAGES)
def test_the_stage_is_silent_while_the_text_moves_it(visit: Callable[..., Any], our_site: str, where: str) -> None:
    page = visit(our_site + where, viewport={"width": 1280, "height": 800}, reduced_motion="reduce").page
    live = page.locator(".demo .sr[role=status]")
    before = live.inner_text()
    for step in (3, 5):
        page.locator(".step").nth(step).evaluate("step => step.scrollIntoView({ block: 'center' })")
        page.wait_for_timeout(800)  # a demo speaks 600 ms after the last change
        assert live.inner_text() == before
    page.locator(".demo input[type=radio]:not(:checked)").first.check(force=True)
    page.locator(".demo .sr[role=status]").filter(has_not_text=before or "nothing").wait_for(state="attached")

"""A journey through every panel of every page with the keyboard alone, recorded stop by stop."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.keys import route
from onewarm.notebook.concept.yaml import read_yaml

pytestmark = pytest.mark.browser

PAGES = [route(read_yaml(f / "concept.yaml").value["key"]) + "index.html" for f in our_concepts()]


@pytest.mark.parametrize("where", PAGES)
def test_every_panel_is_worked_with_the_keyboard_alone(visit: Callable[..., Any], our_site: str, where: str) -> None:
    page = visit(our_site + where, reduced_motion="reduce").page
    key = page.keyboard.press
    journey: list[str] = []

    def to(selector: str, most: int = 300) -> None:
        """Tab on until the focus is on what the selector names."""
        for _ in range(most):
            key("Tab")
            panel, here = page.evaluate(
                """(s) => { const n = document.activeElement;
                  return [n.closest("section.panel")?.id ?? "", n.matches(s)]; }""",
                selector,
            )
            if panel and panel not in journey:
                journey.append(panel)
            if here:
                return
        pytest.fail(f"no way to {selector} from the keyboard; been in {journey}")

    key("Tab")
    key("Enter")  # skip to the content
    to("#storyboard form :is(input, button)")
    if page.evaluate("document.activeElement.type") == "radio":
        key("Space")
    elif page.evaluate("document.activeElement.type") == "range":
        key("ArrowRight")
    to("#storyboard [type=submit]")
    key("Enter")
    assert page.locator("#storyboard [data-outcome]").first.inner_text()
    assert page.evaluate("document.activeElement.matches('[data-again]')")
    to("[data-to-stage]")
    key("Enter")
    assert page.evaluate("document.activeElement.matches('.demo')")
    to("[data-from-stage]")
    key("Enter")
    assert page.evaluate("document.activeElement.matches('.step.current')")
    to("#inquiry [data-points]")
    key("Enter")
    assert page.locator("#inquiry [data-kind=point] [data-outcome]").first.inner_text()
    to("#demo [data-state]")
    key("Enter")
    assert page.evaluate("document.activeElement.id") == "demo"
    to("#claims summary")
    key("Enter")
    assert page.locator("#claims details[open]").count() == 1
    to("#misconceptions [data-say]")
    key("Enter")
    assert page.locator("#misconceptions details[open]").count() == 1
    to("#misconceptions [data-why] summary")
    to("#practice input[name=answer]")
    page.keyboard.type(page.evaluate("document.activeElement.closest('[data-exercise]').dataset.value"))
    key("Enter")
    assert "Right." in page.locator("[data-verdict]").all_inner_texts()
    to("#practice [data-nudge] summary")
    key("Enter")
    to("#practice [data-solution] summary")
    key("Enter")
    to("#practice [data-mark]")
    key("Space")
    to("[data-room-fold] > summary")
    key("Enter")
    to("[data-pick]")
    key("ArrowDown")
    to("[data-draft]")
    page.keyboard.type("A note.")
    to("[data-next]")
    page.keyboard.type("A step.")
    prompt = page.locator("[data-prompt]").input_value()
    assert "A note." in prompt and "My next action: A step." in prompt
    to("[data-copy]")
    key("Enter")
    page.locator("[data-copied]:not(:empty)").wait_for()
    if page.locator("[data-path-known]").count():
        to("#map [data-path-known]")
        key("Space")
        assert page.locator("[data-path-step]").first.evaluate("n => n.classList.contains('met')")
    to("#next summary, #next a")
    stops = "a[href]:not([tabindex='-1']), button, input, select, textarea, summary, [tabindex='0']"
    wanted = page.evaluate(
        """(stops) => [...document.querySelectorAll("main section.panel:not(#terms)")].filter((panel) =>
          [...panel.querySelectorAll(stops)].some((n) => !n.closest("[hidden]"))).map((panel) => panel.id)""",
        stops,
    )
    assert len(wanted) >= 10
    assert set(wanted) <= set(journey)


def test_search_leads_from_words_to_a_claim_an_equation_and_another_page(
    visit: Callable[..., Any], our_site: str
) -> None:
    page = visit(our_site + PAGES[0], reduced_motion="reduce").page
    for words, lands in (
        ("lowers confidence", "/label-smoothing/index.html#claim/concept-notebook/"),
        ("equation softened row", "/knowledge-distillation/index.html#equation/concept-notebook/"),
        ("knowledge distillation", "/knowledge-distillation/index.html#concept/concept-notebook/"),
    ):
        page.keyboard.press("Control+k")
        page.keyboard.type(words)
        page.locator("dialog .found a").first.wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{lands}**")
        page.wait_for_selector("body.live")
        target = page.evaluate("document.getElementById(decodeURIComponent(location.hash.slice(1))) !== null")
        assert target and page.locator("dialog[open]").count() == 0
    page.keyboard.press("Control+k")
    page.keyboard.type("nothing has these words")
    expect(page.locator("dialog [role=status]")).to_have_text("Nothing found.")
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0

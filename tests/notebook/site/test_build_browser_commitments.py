"""What a reader commits to, writes and deletes, in one tab or two, and where the focus goes; with a small concept."""

from collections.abc import Callable
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser

COIN = "concept:basics/coin"


@pytest.fixture
def page(visit: Callable[..., Any], lesson_site: str) -> Any:
    return visit(lesson_site, reduced_motion="reduce", viewport={"width": 1280, "height": 800}).page


@pytest.fixture
def other(page: Any) -> Any:
    """A second tab on the same page."""
    tab = page.context.new_page()
    tab.goto(page.url)
    tab.wait_for_selector("body.live")
    return tab


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.tagName + ': ' + document.activeElement.textContent.trim()"))


def open_room(page: Any) -> Any:
    page.locator("[data-room-fold]").evaluate("node => { node.open = true; }")
    return page.locator("[data-room]")


def test_what_was_said_of_a_statement_stands_until_the_reader_asks_to_answer_again(page: Any) -> None:
    card = page.locator("#misconceptions [data-card]:visible")
    wrong, right = ("True", "False") if card.get_attribute("data-true") == "false" else ("False", "True")
    again = card.get_by_role("button", name="Answer again")
    expect(again).to_be_hidden()
    card.get_by_role("button", name=wrong).click()
    verdict = card.locator("[data-verdict]").inner_text()
    assert verdict.startswith("No: ")
    card.get_by_role("button", name=right).click(force=True)  # too late
    assert card.locator("[data-verdict]").inner_text() == verdict
    assert page.locator("#misconceptions .dot[data-state=wrong]").count() == 1
    assert card.locator("[data-say][aria-disabled=true]").count() == 2
    again.click()
    assert focused(page) == "BUTTON: True"
    assert card.locator("[data-verdict]").inner_text() == ""
    expect(card.locator("[data-why]")).to_be_hidden()
    card.get_by_role("button", name=right).click()
    assert page.locator("#misconceptions .dot[data-state=right]").count() == 1


def test_an_answer_given_in_another_tab_stands_here_too(page: Any, other: Any) -> None:
    here, there = page.locator("#step-first"), other.locator("#step-first")
    here.get_by_label("Heads.").focus()
    there.get_by_label("Tails.").check()
    there.get_by_role("button", name="Commit").click()
    expect(here.locator("[data-outcome]")).to_contain_text("You said: Tails.")
    expect(here.locator("form")).to_be_hidden()
    assert focused(page) == "BUTTON: Answer again"
    there.get_by_role("button", name="Answer again").click()
    expect(here.locator("form")).to_be_visible()


def test_no_button_that_goes_takes_the_focus_with_it(page: Any) -> None:
    page.locator(".demo input").press("ArrowRight")
    page.evaluate("location.hash = 'step-second'")
    page.locator("#step-second").get_by_role("button", name="Show this on the stage").click()
    expect(page.locator(".side")).to_have_text("shown 0")
    assert page.evaluate("document.activeElement.id") == "step-second"


def test_a_deletion_is_undone_after_other_work_and_loses_nothing_that_came_since(page: Any, other: Any) -> None:
    room, notes = open_room(page), open_room(page).get_by_label("Notes")
    notes.fill("Old.")
    room.get_by_label("One next action").fill("Toss.")
    room.get_by_role("button", name="Delete this draft").click()
    room.locator("[data-pick]").select_option("equation:basics/coin/sum")
    notes.fill("Another.")
    expect(room.get_by_role("button", name="Undo the deletion")).to_be_visible()
    open_room(other).get_by_label("Notes").fill("Newer.")
    expect(room.locator("option", has_text="Coin (draft)")).to_be_attached()
    room.get_by_role("button", name="Undo the deletion").click()
    assert room.locator("[data-pick]").input_value() == COIN
    assert (notes.input_value(), room.get_by_label("One next action").input_value()) == ("Newer.", "Toss.")
    room.get_by_role("button", name="Delete this draft").click()
    notes.fill("Begun again.")
    expect(room.locator("[data-undo]")).to_be_hidden()


@pytest.mark.parametrize("query", ["?utm_source=post", "?state=no-such", "?fbclid=1&state=", "?x"])
def test_an_address_that_says_nothing_about_the_demo_leaves_the_stage_to_the_text(
    page: Any, lesson_site: str, query: str
) -> None:
    page.goto(lesson_site + query + "#step-play")
    page.wait_for_selector("body.live")
    expect(page.locator(".side")).to_have_text("shown 7")
    expect(page.locator("[data-follow]")).to_be_hidden()

"""The lesson in Chromium, on a small concept: questions, the stage and who has it, addresses, damaged values."""

import re
from collections.abc import Callable
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser

KEY = "onewarm:answer:concept:basics/coin/"


@pytest.fixture
def page(visit: Callable[..., Any], lesson_site: str) -> Any:
    return visit(lesson_site, reduced_motion="reduce", viewport={"width": 1280, "height": 800}).page


def shown(page: Any) -> tuple[str, str, str]:
    side, flag = page.locator(".side"), page.locator(".flag")
    return side.inner_text(), side.get_attribute("data-light"), flag.inner_text()


def go(page: Any, step: str) -> Any:
    page.evaluate("id => { location.hash = id }", f"step-{step}")
    page.wait_for_function("id => document.querySelector('.step.current')?.id === id", arg=f"step-{step}")
    return page.locator(f"#step-{step}")


def kept(page: Any, step: str) -> Any:
    return page.evaluate("key => JSON.parse(localStorage.getItem(key))", KEY + step)


def test_a_choice_is_committed_answered_kept_and_can_be_made_again(page: Any) -> None:
    step = page.locator("#step-first")
    assert shown(page) == ("shown 0", "side", "flag null")
    assert not step.get_by_text("Revealed choose.").is_visible()
    assert not step.get_by_text("Answers", exact=True).is_visible()
    step.get_by_role("button", name="Commit").click()
    expect(step.locator("[data-hint]")).to_have_text("Choose an answer first.")
    step.get_by_label("Tails.").check()
    step.get_by_role("button", name="Commit").press("Enter")
    outcome = step.locator("[data-outcome]")
    for text in ("Not so. You said: Tails.", "Told tails.", "Revealed choose."):
        expect(outcome).to_contain_text(text)
    assert outcome.get_attribute("role") == "status"
    assert page.evaluate("document.activeElement.textContent") == "Answer again"
    assert shown(page)[:2] == ("shown 7", "side")
    assert page.locator("[data-opening-ending]").inner_text() == "What your first answer missed\n\nEnding tails."
    assert kept(page, "first") == {"answer": "tails"}
    assert page.locator(".rail [href='#storyboard'] [data-done]").is_visible()
    page.reload()
    page.wait_for_selector("body.live")
    expect(outcome).to_contain_text("Told tails.")
    assert outcome.get_attribute("role") is None  # nothing is announced that the reader did not just do
    assert shown(page)[:2] == ("shown 7", "side")
    step.get_by_role("button", name="Answer again").click()
    assert page.evaluate("document.activeElement.name") == "answer"
    assert (kept(page, "first"), shown(page)[0]) == (None, "shown 0")
    step.get_by_role("button", name="Show me without predicting").click()
    expect(outcome).to_contain_text("Revealed choose.")
    assert (kept(page, "first"), shown(page)[0]) == (None, "shown 7")
    assert not page.locator(".rail [data-done]:visible").count()


def test_a_flag_is_one_in_the_text_and_on_the_stage(page: Any) -> None:
    step = go(page, "flagged")
    assert shown(page) == ("shown 0", "null", "flag 2")
    step.get_by_label("Your flag").press("ArrowRight")
    assert shown(page)[2] == "flag 3"
    page.locator(".flag").click()
    assert step.get_by_label("Your flag").input_value() == "4"
    expect(step.locator("output")).to_have_text("4")
    expect(page.locator("[data-follow]")).to_be_hidden()  # an answer takes nothing over
    step.get_by_role("button", name="Commit to this place").click()
    expect(step.locator("[data-outcome]")).to_contain_text("Not so. You said: 4: Low.")
    assert shown(page) == ("shown 7", "side", "flag 4")  # the flag stays beside the truth
    assert kept(page, "flagged") == {"answer": "low", "value": 4}
    step.get_by_role("button", name="Answer again").click()
    step.get_by_role("button", name="Nowhere.").click()
    expect(step.locator("[data-outcome]")).to_contain_text("Right. You said: Nowhere.")
    assert shown(page) == ("shown 7", "side", "flag null")


@pytest.mark.parametrize(
    ("given", "says"),
    [("7", "Right. You said: 7: High."), ("4,9", "Not so. You said: 4.9: Low."), ("x", "That is not a number"),
     ("10", "No answer of this question is there."), ("", "That is not a number")],
)  # fmt: skip
def test_a_number_is_told_by_the_range_that_it_falls_in(page: Any, given: str, says: str) -> None:
    step = go(page, "numbered")
    step.get_by_label("Your number").fill(given)
    step.get_by_label("Your number").press("Enter")
    expect(step).to_contain_text(says)


def test_an_object_is_pointed_at_on_the_stage_or_in_the_text(page: Any) -> None:
    step = go(page, "pointed")
    page.locator(".side").click()
    expect(step.locator("[data-outcome]")).to_contain_text("Right. You said: The side.")
    step.get_by_role("button", name="Answer again").click()
    step.get_by_role("button", name="The rim.").click()
    expect(step.locator("[data-outcome]")).to_contain_text("Told rim.")


def test_who_touches_the_stage_has_it_until_the_text_is_followed(page: Any) -> None:
    follow = page.get_by_role("button", name="Follow the text")
    page.locator(".demo input").press("ArrowRight")
    expect(follow).to_be_visible()
    go(page, "play")
    assert shown(page)[0] == "shown 1"
    follow.click()
    assert shown(page)[0] == "shown 7"
    expect(follow).to_be_hidden()
    assert page.evaluate("document.activeElement !== document.body")
    page.locator(".demo input").press("ArrowLeft")
    step = go(page, "second")
    step.get_by_role("button", name="Show this on the stage").click()
    assert shown(page)[0] == "shown 0"


def test_an_address_opens_its_state_and_the_way_back_leads_back(page: Any, lesson_site: str) -> None:
    top = "id => document.getElementById(id).getBoundingClientRect().top"
    page.goto(lesson_site + "?shown=4#step-numbered")
    page.wait_for_selector("body.live")
    assert shown(page)[0] == "shown 4"
    page.locator(".demo input").press("ArrowRight")
    page.wait_for_function("() => location.search === '?shown=5'")
    y = page.evaluate("scrollY")
    page.get_by_role("link", name="Show on the stage: Zero").click()
    assert shown(page)[0] == "shown 0"
    expect(page).to_have_url(lesson_site + "?state=zero#demo")
    assert abs(page.evaluate(top, "demo") - 44) <= 2
    page.go_back()
    page.wait_for_function("() => location.search === '?shown=5'")
    page.wait_for_function("y => Math.abs(scrollY - y) <= 2", arg=y)
    assert shown(page)[0] == "shown 5"
    page.go_forward()
    page.wait_for_function("() => location.search === '?state=zero'")
    page.wait_for_timeout(200)
    assert shown(page)[0] == "shown 0"
    assert abs(page.evaluate(top, "demo") - 44) <= 2
    page.reload()
    page.wait_for_selector("body.live")
    assert shown(page)[0] == "shown 0"
    page.get_by_role("button", name="Follow the text").click()
    assert page.evaluate("location.search") == ""
    anchor = "demo-state/concept-notebook/basics/coin/seven"
    page.goto(f"{lesson_site}#{anchor}")  # a state's own anchor
    expect(page.locator(".side")).to_have_text("shown 7")
    assert abs(page.evaluate(top, anchor) - 44) <= 2
    assert page.locator(f"[id='{anchor}'] details").get_attribute("open") is not None


DAMAGED = ["null", "{not json", '"text"', "7", "[]", '{"answer": 7}', '{"answer": "no-such"}',
           '{"answer": "low", "value": "x"}', '{"answer": "low", "value": 1e999}']  # fmt: skip


def test_no_stored_value_disables_anything(visit: Callable[..., Any], lesson_site: str) -> None:
    page = visit(lesson_site).page
    for text in DAMAGED:
        page.evaluate(
            """([key, text]) => { for (const step of ["first", "flagged", "numbered", "pointed"])
              localStorage.setItem(key + step, text);
              for (const other of ["prediction", "practice", "draft", "known", "progress", "object"])
                for (const end of ["concept:basics/coin", "concept:basics/coin/half"])
                  localStorage.setItem(`onewarm:${other}:${end}`, text); }""",
            [KEY, text],
        )
        page.reload()
        page.wait_for_selector("body.live")
        assert page.locator("#step-first").get_by_label("Heads.").is_visible(), text
        assert page.locator("[data-live][hidden]:not(form)").count() == 0, text
        assert page.locator(".demo .side").inner_text() == "shown 0"


def test_a_part_that_fails_leaves_the_others_alone(visit: Callable[..., Any], lesson_site: str) -> None:
    seen = visit(lesson_site)

    def broken(route: Any) -> None:
        script = route.fetch().text()
        for part in ("statements", "research", "addresses"):
            script, times = re.subn(rf"(function {part}\(.*\) {{\n)", r'\1throw new Error("broken");\n', script)
            assert times == 1, part
        route.fulfill(body=script, content_type="text/javascript")

    seen.page.route("**/assets/page.js", broken)
    seen.page.goto(lesson_site)
    seen.page.wait_for_selector("body.live")
    seen.page.get_by_label("Heads.").check()
    seen.page.locator("#step-first [data-commit]").click()
    expect(seen.page.locator("#step-first [data-outcome]")).to_contain_text("Right.")
    assert seen.messages  # it is told in the console
    seen.messages.clear()
    seen.page.context.close()


def test_without_javascript_the_lesson_is_read_in_order(visit: Callable[..., Any], lesson_site: str) -> None:
    page = visit(lesson_site, java_script_enabled=False).page
    assert not page.locator("main :is(button, input):visible").count()
    for summary in page.locator(":is([data-answers], .state details) > summary").all():
        summary.click()
    text = page.locator(".lesson").inner_text()
    wanted = ["10 minutes.", "Text of first.", "What of choose?", "Told heads.", "Ending tails.", "Revealed choose.",
              "Text of second.", "What of flag?", "Nowhere.", "Revealed flag.", "Text of numbered.", "What of point?",
              "Told rim.", "Text of play.", "At seven."]  # fmt: skip
    places = [text.find(words) for words in wanted]
    assert -1 not in places and places == sorted(places)


def test_on_paper_every_answer_is_there_and_nothing_waits(page: Any) -> None:
    page.emulate_media(media="print")
    for text in ("Told tails.", "Revealed flag.", "Text of play."):
        assert page.get_by_text(text).first.is_visible(), text
    buttons = "[...document.querySelectorAll('button')].filter((one) => one.checkVisibility()).length"
    assert page.evaluate(buttons) == 0


def test_on_paper_the_stage_shows_the_answer_too(page: Any) -> None:
    before = shown(page)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown(page)[0] == "shown 7" != before[0]
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert shown(page) == before


def test_skip_links_lead_to_the_stage_and_back(page: Any) -> None:
    go(page, "numbered")
    skip = page.locator("#chapter-turn [data-to-stage]")
    skip.focus()
    skip.press("Enter")
    assert page.evaluate("document.activeElement.className") == "demo"
    page.locator("[data-from-stage]").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "step-numbered"


def test_where_the_screen_is_low_nothing_sticky_covers_the_text(visit: Callable[..., Any], lesson_site: str) -> None:
    page = visit(lesson_site, viewport={"width": 320, "height": 200}).page
    step = go(page, "numbered")
    assert abs(step.bounding_box()["y"]) <= 2
    assert page.evaluate("document.elementFromPoint(160, 20).closest('.step') !== null")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_rail_tells_where_one_is_below_the_lesson_too(page: Any) -> None:
    for width, height in ((1280, 800), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        for place, title in (("practice", "After the first pass"), ("storyboard", "1")):
            page.evaluate("place => document.getElementById(place).scrollIntoView()", place)
            expect(page.locator(".rail [aria-current]")).to_contain_text(title)

"""The panels do what their names say, with a small concept in Chromium."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onewarm.notebook.site.build import build
from onewarm.notebook.site.server import running

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit: Callable[..., Any], coin_site: str) -> Any:
    return visit(coin_site, reduced_motion="reduce").page


def test_the_next_edge_opens_by_itself_after_the_prediction_and_is_never_locked(page: Any) -> None:
    more = page.locator("[data-more]")
    assert not more.get_by_text("Carry this.").is_visible()
    more.locator("summary").click()
    assert more.get_by_text("Carry this.").is_visible()
    more.locator("summary").click()
    page.get_by_label("Tails.").check()
    page.locator("[data-opening] [data-commit]").click()
    assert not more.get_by_text("Carry this.").is_visible()  # not yet followed to its end
    page.evaluate("location.hash = 'step-flagged'")
    expect(more.get_by_text("Carry this.")).to_be_visible()
    page.reload()
    page.wait_for_selector("body.live")
    assert more.get_by_text("Carry this.").is_visible()


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ("0.5", "Right."),
        ("0,505", "Right."),
        (" 5e-1 ", "Right."),
        ("0.52", "Not yet: too high."),
        ("−3", "Not yet: too low."),
        ("half", "That is not a number. Write it like 0.41 or −0.08."),
        ("", "That is not a number. Write it like 0.41 or −0.08."),
    ],
)
def test_a_number_is_checked_with_its_tolerance(page: Any, given: str, verdict: str) -> None:
    first = page.locator(".exercise").first
    first.get_by_label("Your number").fill(given)
    first.get_by_label("Your number").press("Enter")
    assert first.locator("[data-verdict]").inner_text() == verdict


def test_nudges_come_one_by_one_and_progress_is_kept_exported_and_cleared(page: Any, tmp_path: Path) -> None:
    first, second = page.locator(".exercise").nth(0), page.locator(".exercise").nth(1)
    nudges = first.locator("[data-nudge] summary")
    for count in (1, 2, 3):
        expect(first.locator("[data-nudge] summary:visible")).to_have_count(count)
        nudges.nth(count - 1).click()
        expect(first.locator("[data-nudge] .prose:visible")).to_have_count(count)
    expect(page.locator("[data-progress]")).to_contain_text("0 of 3 done")
    first.get_by_label("Your number").fill("0.5")
    first.get_by_role("button", name="Check").click()
    page.get_by_role("button", name="Next").last.click()
    second.get_by_label("Your answer").fill("<b>because</b>")
    second.get_by_text("Answer", exact=True).click()
    for box in second.get_by_role("checkbox").all():
        box.check()
    page.reload()
    page.wait_for_selector("body.live")
    expect(page.locator("[data-progress]")).to_contain_text("2 of 3 done")
    expect(page.locator("#practice [data-place]")).to_have_text("Exercise 3 of 3")  # the first that is not done
    page.get_by_role("button", name="Exercise 2: done").click()
    assert second.get_by_label("Your answer").input_value() == "<b>because</b>"
    page.get_by_role("button", name="Exercise 1: done").click()
    assert first.locator("[data-nudge] summary:visible").count() == 3
    with page.expect_download() as download:
        page.get_by_role("button", name="Export my answers").click()
    download.value.save_as(tmp_path / "answers.md")
    text = (tmp_path / "answers.md").read_text(encoding="utf-8")
    assert "My answer: 0.5" in text
    assert "Checked: right." in text
    assert "My answer: <b>because</b>" in text
    assert text.count("- [x]") == 2
    page.get_by_role("button", name="Clear them").click()
    expect(page.locator("[data-progress]")).to_contain_text("0 of 3 done")
    assert first.get_by_label("Your number").input_value() == ""
    page.locator("#practice").get_by_role("button", name="Undo").click()
    expect(page.locator("[data-progress]")).to_contain_text("2 of 3 done")
    assert first.get_by_label("Your number").input_value() == "0.5"
    assert page.evaluate("document.activeElement.textContent") == "Clear them"


@pytest.fixture
def drawn_site(folder: Any, tmp_path: Path) -> Iterator[str]:
    """Address of the small concept with an exercise whose numbers are drawn."""
    folder.yaml["practice"][0] |= {
        "question": "{{ value:n }} tosses: how many heads?",
        "answer": "It is {{ value:answer .1f }}.",
        "draw": {"n": [4, 10, 7]},
        "number": {"tolerance": 0.01, "expression": "n / 2"},
    }
    with running(build(tmp_path / "site", concepts=[folder.write(tmp_path / "coin")])) as address:
        yield address + "concept/basics/coin/index.html"


def test_other_numbers_have_their_own_answer_and_are_kept_apart(visit: Callable[..., Any], drawn_site: str) -> None:
    page = visit(drawn_site).page
    card = page.locator("[data-exercise=half]")
    number, verdict = card.get_by_label("Your number"), card.locator("[data-verdict]")
    seen = set()
    for _ in range(3):
        n = float((card.locator("[data-question]").text_content() or "").split()[0])
        seen.add(n)
        number.fill(str(n))
        number.press("Enter")
        assert verdict.inner_text() == "Not yet: too high."
        number.fill(str(n / 2))
        number.press("Enter")
        assert verdict.inner_text() == "Right."
        card.get_by_text("Answer", exact=True).click()
        assert f"It is {n / 2:.1f}." in card.locator("[data-solution]").inner_text()
        card.get_by_role("checkbox").first.check()
        card.get_by_role("button", name="Other numbers").click()
        assert page.evaluate("document.activeElement.textContent") == "Other numbers"
    assert seen == {4, 10, 7}
    assert (number.input_value(), verdict.inner_text()) == ("2.0", "Right.")
    assert not card.locator("details[open]").count()
    card.get_by_text("Answer", exact=True).click()
    assert card.get_by_role("checkbox").first.is_checked()
    page.reload()
    page.wait_for_selector("body.live")
    page.get_by_role("button", name="Exercise 1: done").click()
    assert number.input_value() == "2.0"


def test_statements_are_judged_before_their_answer_is_shown(page: Any) -> None:
    panel = page.locator("#misconceptions")
    for text, true in (("It remembers.", False), ("It has two sides.", True)):
        card = panel.locator("[data-card]").filter(has_text=text)
        if not card.is_visible():
            panel.get_by_role("button", name="Next").click()
        heading = card.locator("h3")
        assert heading.evaluate("node => getComputedStyle(node).textDecorationLine") == "none"
        assert not card.locator("details").first.is_visible()
        card.get_by_role("button", name="True").click()
        assert card.locator("[data-verdict]").inner_text() == ("Right: it is true." if true else "No: it is false.")
        assert card.locator("pre.output").inner_text() == ("2" if true else "1")
        struck = heading.evaluate("node => getComputedStyle(node).textDecorationLine")
        assert struck == ("none" if true else "line-through")
        assert page.evaluate("document.activeElement.textContent") == "True"
        if panel.locator("[data-place]").inner_text() == "Statement 2 of 2":
            panel.get_by_role("button", name="Previous").click()
    assert sorted(panel.locator(".dot").evaluate_all("all => all.map(one => one.dataset.state)")) == ["right", "wrong"]
    page.reload()
    page.wait_for_selector("body.live")
    assert sorted(panel.locator(".dot").evaluate_all("all => all.map(one => one.dataset.state)")) == ["right", "wrong"]


def test_a_number_that_asks_for_reasons_is_done_when_they_are_marked(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(our_site + "concept/optimization/label-smoothing/index.html").page
    exercise = page.locator(".exercise[data-reasons]").first
    names = page.locator("[data-exercise]").evaluate_all("all => all.map(one => 'reasons' in one.dataset)")
    page.locator("#practice .dot").nth(names.index(True)).click()
    exercise.get_by_label("Your number").fill(exercise.get_attribute("data-value"))
    exercise.get_by_role("button", name="Check").click()
    exercise.get_by_label("Your reasons").fill("Because.")
    expect(exercise.locator("[data-verdict]")).to_have_text("Right.")
    expect(page.locator("[data-progress]")).to_contain_text("0 of")
    exercise.get_by_text("Answer", exact=True).click()
    for box in exercise.get_by_role("checkbox").all():
        box.check()
    expect(page.locator("[data-progress]")).to_contain_text("1 of")
    page.reload()
    page.wait_for_selector("body.live")
    page.locator("#practice .dot").nth(names.index(True)).click()
    expect(exercise.get_by_label("Your reasons")).to_have_value("Because.")


def test_the_path_counts_what_was_met_on_other_pages(visit: Callable[..., Any], our_site: str) -> None:
    distillation = our_site + "concept/optimization/knowledge-distillation/index.html"
    page = visit(distillation, reduced_motion="reduce").page
    says = page.locator("[data-path-says]")
    steps = page.locator("[data-path-step]")
    keys = [step.get_attribute("data-path-step") for step in steps.all()]
    of = len(keys)
    assert keys[:2] == ["concept:optimization/softmax", "concept:optimization/cross-entropy"]
    assert "concept:optimization/label-smoothing" in keys
    expect(says).to_have_text(f"{of} of {of} still to meet: begin with Cross-Entropy.")
    steps.nth(0).get_by_label("I know Softmax").check()
    expect(says).to_have_text(f"{of - 1} of {of} still to meet: begin with Cross-Entropy.")
    assert page.locator("[data-node='concept:optimization/softmax'].met").count() == 2
    steps.nth(1).get_by_role("link").click()
    page.wait_for_url("**/cross-entropy/**")
    page.wait_for_selector("body.live")
    total = page.locator("[data-exercise]").count()
    for i, exercise in enumerate(page.locator("[data-exercise]").all()):
        page.locator("#practice .dot").nth(i).click()
        exercise.get_by_text("Answer", exact=True).click()
        for box in exercise.get_by_role("checkbox").all():
            box.check()
    expect(page.locator("[data-progress]")).to_contain_text(f"{total} of {total}")
    page.goto(distillation)
    page.wait_for_selector("body.live")
    third = steps.nth(2).get_by_role("link").text_content()  # a panel that rests has no inner text
    expect(says).to_have_text(f"{of - 2} of {of} still to meet: begin with {third}.")
    expect(steps.nth(1).locator("[data-path-state]")).to_have_text("met")


def room(page: Any) -> Any:
    """The research room, unfolded."""
    fold = page.locator("[data-room-fold]")
    if fold.get_attribute("open") is None:
        fold.locator("> summary").click()
    return page.locator("[data-room]")


def test_every_object_can_be_picked_and_asked_about(page: Any) -> None:
    assert not page.locator("[data-room]").is_visible()
    room(page)
    keys = page.eval_on_selector_all("[data-pick] option", "all => all.map(one => one.value)")
    assert keys[0] == "concept:basics/coin"
    assert {key.split(":")[0] for key in keys} == {"concept", "equation", "code", "demo-state", "misconception"}
    for key in keys:
        page.locator("[data-pick]").select_option(key)
        prompt = page.locator("[data-prompt]").input_value()
        anchor = key.replace(":", "/concept-notebook/")
        address = f"{page.url.partition('#')[0]}#{anchor}"
        parts = [f"Key: {key}", f"Anchor: {anchor}", f"Address: {address}", "- (1) h + t = 1", "Question: What of the"]
        parts += ["- An inspected thing.", "- A settled thing.", "My next action: Toss it.", "State of the demo now:"]
        for part in parts:
            assert part in prompt
        assert page.evaluate("id => document.getElementById(id) !== null", anchor)
    page.locator("[data-room-fold] > summary").click()
    page.get_by_role("button", name="Ask about equation 1: Sum").click()
    assert page.evaluate("document.activeElement.id") == "room-object"
    assert page.locator("[data-pick]").input_value() == "equation:basics/coin/sum"
    assert "LaTeX: h + t = 1" in page.locator("[data-prompt]").input_value()


def test_the_prompt_carries_the_demo_as_it_stands(page: Any) -> None:
    room(page)
    page.locator(".demo input").press("ArrowRight")
    value = page.locator(".demo input").input_value()
    expect(page.locator("[data-prompt]")).to_have_value(re.compile(f"shown = {value}"))
    assert f"- address: ?shown={value}" in page.locator("[data-prompt]").input_value()


def test_a_draft_is_kept_by_object_survives_a_reload_and_is_exported(page: Any, tmp_path: Path) -> None:
    hostile = "</textarea><script>alert(1)</script> \u202e " + "long" * 200
    room(page).get_by_label("Notes").fill(hostile)
    room(page).get_by_label("One next action").fill("Toss twice.")
    page.locator("[data-pick]").select_option("equation:basics/coin/sum")
    assert room(page).get_by_label("Notes").input_value() == ""
    page.locator("[data-pick]").select_option("concept:basics/coin")
    page.reload()
    page.wait_for_selector("body.live")
    assert room(page).get_by_label("Notes").input_value() == hostile
    assert "Toss twice." in page.locator("[data-prompt]").input_value()
    expect(page.locator("[data-pick]")).to_contain_text("Coin (draft)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export all drafts").click()
    download.value.save_as(tmp_path / "drafts.md")
    text = (tmp_path / "drafts.md").read_text(encoding="utf-8")
    assert re.search(r"## concept: Coin\n\nKey: concept:basics/coin\n\n</textarea>", text)
    assert "Next action: Toss twice." in text
    page.get_by_role("button", name="Delete this draft").click()
    assert room(page).get_by_label("Notes").input_value() == ""
    assert "(draft)" not in page.locator("[data-pick]").inner_text()
    page.get_by_role("button", name="Undo").click()
    assert room(page).get_by_label("Notes").input_value() == hostile
    assert page.evaluate("document.activeElement.id") == "room-draft"
    expect(page.locator("[data-pick]")).to_contain_text("Coin (draft)")
    page.get_by_role("button", name="Delete this draft").click()
    page.reload()
    page.wait_for_selector("body.live")
    assert room(page).get_by_label("Notes").input_value() == ""


def test_two_tabs_leave_each_others_fields_alone(page: Any) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector("body.live")
    room(other).get_by_label("Notes").fill("Mine.")
    expect(room(page).get_by_label("Notes")).to_have_value("Mine.")
    room(page).get_by_label("One next action").fill("Toss.")
    expect(room(other).get_by_label("One next action")).to_have_value("Toss.")
    kept = "JSON.parse(localStorage.getItem('onewarm:draft:concept:basics/coin'))"
    assert page.evaluate(kept) == {"draft": "Mine.", "next": "Toss."}
    page.locator("[data-exercise=half]").get_by_label("Your number").fill("0.5")
    page.locator("[data-exercise=half]").get_by_role("button", name="Check").click()
    expect(other.locator("[data-progress]")).to_contain_text("1 of 3 done")


def test_the_prompt_is_copied(visit: Callable[..., Any], coin_site: str) -> None:
    page = visit(coin_site, permissions=["clipboard-read", "clipboard-write"]).page
    room(page)
    page.get_by_role("button", name="Copy the prompt").click()
    expect(page.locator("[data-copied]")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.replace("\r\n", "\n") == page.locator("[data-prompt]").input_value()


@pytest.mark.parametrize("kept", ["{not json", "null", "7", '"x"', "[]", '{"answer": 7, "marks": "x", "nudges": "y"}'])
def test_damaged_storage_is_no_obstacle(visit: Callable[..., Any], coin_site: str, kept: str) -> None:
    page = visit(coin_site).page
    spoil = "([key, text]) => localStorage.setItem('onewarm:' + key, text)"
    kinds = ("prediction:{}", "practice:{}/half", "practice:{}/why", "draft:{}", "object:{}", "progress:{}", "known:{}",
             "statement:{}/memory", "followed:{}", "answer:{}/one")  # fmt: skip
    for key in kinds:
        page.evaluate(spoil, [key.format("concept:basics/coin"), kept])
    page.reload()
    page.wait_for_selector("body.live")
    assert (page.locator("[data-progress]").text_content() or "").startswith("0 of 3")
    assert page.locator("[data-live][hidden]").count() == 0
    page.locator("[data-exercise=half]").get_by_label("Your number").fill("0.5")
    page.locator("[data-exercise=half]").get_by_role("button", name="Check").click()
    assert (page.locator("[data-progress]").text_content() or "").startswith("1 of 3")
    room(page).get_by_label("Notes").fill("A note.")
    expect(page.locator("[data-pick]")).to_contain_text("Coin (draft)")


def test_a_link_to_what_is_folded_or_not_shown_opens_it_and_lands_on_it(
    visit: Callable[..., Any], coin_site: str
) -> None:
    anchor = "misconception/concept-notebook/basics/coin/memory"
    for at in ("#" + anchor, "#practice-dice"):
        page = visit(coin_site + at).page
        target = page.locator(f"[id='{at[1:]}']")
        expect(target).to_be_visible()
        page.wait_for_timeout(300)
        assert -2 <= target.evaluate("node => node.getBoundingClientRect().top") < 200
    for name in ("half", anchor):  # and from within the page
        page.evaluate("name => { location.hash = name; }", f"practice-{name}" if name == "half" else name)
        expect(page.locator("[data-exercise=half]")).to_be_visible()
    page.go_back()
    expect(page.locator("[data-exercise=half]")).to_be_visible()


def test_paper_has_every_card_and_every_fold(page: Any) -> None:
    page.emulate_media(media="print")
    assert page.locator("[data-card]").count() == 5
    hidden = page.evaluate(
        """() => [...document.querySelectorAll("[data-card], main details > :not(summary)")].filter((node) =>
          !node.checkVisibility() && !node.hidden && !node.closest(".room-live, .handle"))
          .map((node) => node.outerHTML)"""
    )
    assert hidden == []

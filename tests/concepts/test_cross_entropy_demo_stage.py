"""The entropy demo on the stage of its page: it fits, shows what a step highlights, and keeps an answer covered."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

import onewarm as ow
from onewarm.notebook.concept.load import load_concept

pytestmark = pytest.mark.browser

CONCEPT = "cross-entropy"
LOADED = load_concept(Path(ow.__file__).parent / "concepts" / "optimization" / CONCEPT)
ORIGIN = {**LOADED.demo.model, "layout": "stage"}
STEPS = [step for chapter in LOADED.lesson.chapters for step in chapter.steps]
ASKED = [step for step in STEPS if step.ask]
STAGES = [(586, 672), (620, 700), (960, 950), (736, 400), (336, 290), (304, 290)]
ROOT = 'const root = document.querySelector(".onewarm-entropy-demo").shadowRoot.querySelector(".root");'
# What does not fit into its box, and what is highlighted without being seen in full.
FAULTS = f"""() => {{ {ROOT}
  const box = root.getBoundingClientRect(), seen = (e) => e.checkVisibility({{ visibilityProperty: true }});
  const outside = ({{ left, right, top, bottom }}) =>
    left < box.left - 1 || right > box.right + 1 || top < box.top - 1 || bottom > box.bottom + 1;
  const faults = [];
  if (root.scrollHeight > root.clientHeight || root.scrollWidth > root.clientWidth) faults.push("scrolls");
  for (const e of root.querySelectorAll("*"))
    if (!e.closest("legend, .sr, .numbers, g[clip-path]") && seen(e)) {{
      const place = e.getBoundingClientRect();
      if (place.width && outside(place)) faults.push(`${{e.tagName}} ${{e.getAttribute("class")}} is cut off`);
    }}
  const lit = root.dataset.highlight, marks = [...root.querySelectorAll(`[data-object="${{lit}}"]`)].filter(seen);
  if (lit && !marks.some((e) => e.getBoundingClientRect().width)) faults.push(`${{lit}} is not seen`);
  return faults; }}"""
# All that can be read or heard, tables and hidden parts included.
TEXTS = f"""() => {{ {ROOT}
  const heard = [...root.querySelectorAll("*")].flatMap((e) => [...e.attributes])
    .filter(({{ name }}) => name.startsWith("aria-") || name === "title").map(({{ value }}) => value);
  return [root.textContent, ...heard].join(" "); }}"""


@pytest.fixture
def stage(show):
    """The demo in a stage of this size, with a state."""

    def opened(size: tuple[int, int], state: str = "bill", **more: object):
        model = {**LOADED.demo_state(state), **more}
        tab = show({**model, "state": model}, width=size[0] + 32, reduced_motion="reduce")
        place = "const { style } = document.querySelector('.demo');"
        tab.evaluate(f"([w, h]) => {{ {place} style.width = w + 'px'; style.height = h + 'px'; }}", list(size))
        return tab

    return opened


@pytest.mark.parametrize("size", STAGES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_each_step_fits_its_stage_and_shows_what_it_highlights(stage, size: tuple[int, int]) -> None:
    tab = stage(size)
    for one in (*STEPS, *(step.ask for step in ASKED)):
        tab.evaluate("s => model.set('state', s)", {**LOADED.demo_state(one.state), "highlight": one.highlight})
        assert tab.evaluate(FAULTS) == [], (one.state, one.highlight)


@pytest.mark.parametrize("step", ASKED, ids=lambda step: step.name)
def test_nothing_on_the_stage_answers_a_question_before_it_is_asked(stage, step: object) -> None:
    tab = stage(STAGES[1], step.state, flag=0.5)
    texts = tab.evaluate(TEXTS)
    assert "probability of" in texts
    assert [word for word in step.ask.gives_away if word in texts] == []


def test_the_flag_is_moved_while_the_curve_is_covered_and_stays_beside_the_truth(stage) -> None:
    tab = stage(STAGES[1], "guess", flag=0.5)
    flag = tab.get_by_role("slider", name="your guess of the place where the loss is lowest")
    flag.press("PageUp")
    flag.press("ArrowRight")
    assert tab.evaluate("model.get('state').flag") == pytest.approx(0.61)
    bars = [float(text) for text in tab.locator(".bars .num-p").all_inner_texts()[1:]]
    assert bars == pytest.approx([0.61, *(0.39 * np.array([5, 2, 1]) / 8)], abs=6e-4)  # the others share the rest
    assert not tab.locator(".loss-pane [data-object=loss-curve]").is_visible()
    tab.evaluate("s => model.set('state', s)", {**LOADED.demo_state("guessed"), "flag": 0.61})
    assert tab.locator(".loss-pane [data-object=loss-curve]").is_visible()
    assert flag.get_attribute("aria-disabled") == "true" and tab.get_by_text("lowest at 0.60").is_visible()


@pytest.mark.parametrize("width", [300, 586])
def test_labels_of_narrow_boxes_are_whole_and_do_not_overlap(stage, width: int) -> None:
    tab = stage((width, 290))
    names = tab.locator(".areas text.strong")
    expect(names).to_have_text(["cat", "lynx", "dog", "truck"])  # once they are drawn
    boxes = sorted((box.bounding_box() for box in names.all()), key=lambda box: box["x"])
    assert all(a["x"] + a["width"] < b["x"] for a, b in pairwise(boxes))


def test_a_mark_that_is_pressed_answers_a_question_and_moves_nothing(stage) -> None:
    tab = stage(STAGES[1], "apart")
    tab.evaluate("model.set('pointing', true)")
    tab.locator(".areas .saving").first.click()
    assert tab.evaluate("model.get('pointed')") == "saving" and tab.evaluate("model.get('state').pick") == 0

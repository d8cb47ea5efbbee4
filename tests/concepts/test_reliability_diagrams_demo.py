"""The reliability demo as its readers use it: dragging bins, drawing samples, covered answers, the five stage sizes."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

import onewarm as ow
from onewarm.notebook.concept.yaml import read_yaml

pytestmark = pytest.mark.browser

CONCEPT = "calibration/reliability-diagrams"
FILE = read_yaml(Path(ow.__file__).parent / "concepts" / CONCEPT / "concept.yaml").value
ORIGIN = {"scene": "diagram", "seed": 54}
STAGES = [(620, 690), (660, 660), (800, 900), (736, 400), (336, 290)]


def state(tab) -> dict:
    return tab.evaluate("() => model.get('state')")


def fit(tab, width: int, height: int) -> None:
    """Gives the stage this size."""
    tab.evaluate(
        "([w, h]) => Object.assign(document.querySelector('.demo').style, { width: `${w}px`, height: `${h}px` })",
        [width, height],
    )


SHOWN = """() => {
  const root = document.querySelector('.demo').firstChild.shadowRoot;
  const own = (node) =>
    [...node.childNodes].filter((child) => child.nodeType === 3).map((child) => child.data).join('');
  const spoken = (node) => ['aria-label', 'aria-valuetext'].map((name) => node.getAttribute(name) ?? '').join(' ');
  return [...root.querySelectorAll('*')].filter((node) => node.checkVisibility())
    .map((node) => `${own(node)} ${spoken(node)}`).join('\\n');
}"""
FOUND = """name => {
  const root = document.querySelector('.demo').firstChild.shadowRoot.querySelector('.root');
  const box = root.getBoundingClientRect();
  const marks = name === null ? [] : [...root.querySelectorAll(`[data-object="${name}"]`)]
    .filter((node) => node.checkVisibility()).map((node) => node.getBoundingClientRect())
    .filter(({ width, height }) => width > 0 || height > 0);
  const inside = ({ top, bottom, left, right }) =>
    top >= box.top - 1 && bottom <= box.bottom + 1 && left >= box.left - 1 && right <= box.right + 1;
  return [[root.scrollHeight - root.clientHeight, root.scrollWidth - root.clientWidth], marks.map(inside)];
}"""


def test_a_bin_is_dragged_by_its_dot_and_by_its_sliders(show) -> None:
    tab = show()
    box = tab.locator("svg[aria-label^='Reliability diagram of ten bins']").bounding_box()
    at = lambda x, y: (box["x"] + 46 + x * (box["width"] - 52), box["y"] + 8 + (1 - y) * (box["height"] - 46))  # noqa: E731
    tab.mouse.move(*at(0.85, 0.74))
    tab.mouse.down()
    assert state(tab)["pick"] == 8
    tab.mouse.move(*at(0.85, 0.85), steps=3)
    tab.mouse.up()
    assert state(tab)["accuracy"][8] == pytest.approx(0.85, abs=0.011)
    before = state(tab)["ece"]
    tab.get_by_role("slider", name="Its examples").press("Home")
    assert state(tab)["rows"][8] == 0 and state(tab)["ece"] != before
    tab.get_by_role("slider", name="Bin", exact=True).press("End")
    tab.get_by_role("slider", name="Its accuracy").press("ArrowUp")
    assert state(tab)["accuracy"][9] == pytest.approx(0.83)
    assert "ECE =" in tab.locator(".sum").inner_text()


def test_samples_are_drawn_and_the_smooth_error_follows(show) -> None:
    tab = show({"scene": "sampling"})
    tab.locator(".sampling").scroll_into_view_if_needed()
    smooth = tab.locator(".estimates dd").nth(2)
    expect(smooth).to_have_text("0.048")
    first = state(tab)["sample"]
    assert first["ece"] == pytest.approx(0.069, abs=5e-4) and first["mean"] == pytest.approx(0.070, abs=5e-4)
    tab.get_by_role("button", name="Another sample").click()
    assert state(tab)["seed"] == 55
    expect(smooth).not_to_have_text("…")
    assert state(tab)["sample"]["smooth"] != first["smooth"]
    tab.get_by_role("slider", name="Bins").press("Home")
    assert state(tab)["bins"] == 2


def test_nothing_tells_what_is_covered(show) -> None:
    asks = [s["ask"] for c in FILE["lesson"]["chapters"] for s in c["steps"] if "ask" in s]
    states = {s["name"]: s["state"] for s in FILE["demo"]["states"]}
    steps = [s for c in FILE["lesson"]["chapters"] for s in c["steps"] if "ask" in s]
    tab = show({"layout": "stage"})
    fit(tab, 620, 690)
    for step, ask in zip(steps, asks, strict=True):
        if not states[step["state"]].get("cover"):
            continue
        tab.evaluate("state => model.set('state', state)", states[step["state"]])
        shown = tab.evaluate(SHOWN)
        assert not [text for text in ask["gives_away"] if text in shown], (step["name"], json.dumps(shown)[:500])


@pytest.mark.parametrize("size", STAGES)
def test_each_step_fits_its_stage_and_shows_what_it_highlights(show, size) -> None:
    width, height = size
    tab = show({"layout": "stage"}, width=max(400, width + 40))
    fit(tab, width, height)
    states = {s["name"]: s["state"] for s in FILE["demo"]["states"]}
    wanted = []
    for chapter in FILE["lesson"]["chapters"]:
        for step in chapter["steps"]:
            wanted.append((step.get("state"), step.get("highlight")))
            if "ask" in step:
                wanted.append((step["ask"].get("state"), step["ask"].get("highlight")))
                wanted += [(step.get("state"), a["highlight"]) for a in step["ask"]["answers"] if "highlight" in a]
    for name, highlight in wanted:
        tab.evaluate("state => model.set('state', state)", {**states[name], "highlight": highlight})
        over, seen = tab.evaluate(FOUND, highlight)
        assert over == [0, 0], (name, over)
        assert highlight is None or (seen and all(seen)), (name, highlight, seen)

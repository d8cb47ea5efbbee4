"""The label-smoothing demo on the stage of a page: it fits, shows what a step names, keeps covered what is covered."""

from pathlib import Path

import pytest

import onewarm as ow
from onewarm.notebook.concept.load import load_concept

pytestmark = pytest.mark.browser

PAGE = load_concept(Path(ow.__file__).parent / "concepts/optimization/label-smoothing")
ORIGIN = {
    "logits": [3, 1, -0.5, -1],
    "classes": ["cat", "lynx", "dog", "truck"],
    "label": 0,
    "alpha": 0,
    "layout": "stage",
}
SIZES = {"1280": (600, 706), "1366": (643, 674), "1920": (787, 986), "768": (713, 395), "360": (331, 291)}
NAMED = {
    "rows": ["bar", "tick", "gap", "weakest", "curve", "minimum", "flag", "alpha", "run", "logit"],
    "training": ["training", "regions", "reliability"],
    "studies": ["calibration"],
}

# What scrolls, what reaches out of the stage, and what is named but not wholly on it.
FAULTS = """name => {
  const root = document.querySelector(".onewarm-logit-demo").shadowRoot.querySelector(".root");
  const box = root.getBoundingClientRect();
  const seen = node => node.checkVisibility({ visibilityProperty: true }) && node.getBoundingClientRect().width > 0;
  const beyond = node => { const r = node.getBoundingClientRect();
    return Math.max(box.left - r.left, r.right - box.right, box.top - r.top, r.bottom - box.bottom) > 1; };
  const faults = root.scrollHeight > root.clientHeight || root.scrollWidth > root.clientWidth ? ["scrolls"] : [];
  for (const node of root.querySelectorAll("button, input, label, output, .num, .verdict, h4, text, svg, canvas"))
    if (seen(node) && beyond(node)) faults.push(`${node.tagName} ${node.textContent} is cut`);
  for (const node of root.querySelectorAll("button, .segments span, .verdict, h4, .name span"))
    if (seen(node) && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline")
      faults.push(`${node.textContent} is wider than its box`);
  const marks = [...root.querySelectorAll(`[data-object=${name}]`)].filter(seen);
  if (!marks.length) faults.push(`${name} is not there`);
  for (const mark of marks) if (beyond(mark)) faults.push(`${name} reaches out`);
  return faults; }"""


@pytest.fixture
def stage(show, study):
    """The demo in a box of this size."""

    def opened(size: tuple[int, int], model: dict | None = None, **context):
        tab = show({"calibration": study, **(model or {})}, reduced_motion="reduce", **context)
        tab.evaluate(
            "([w, h]) => { document.querySelector('.demo').style.cssText = `width: ${w}px; height: ${h}px`; }", size
        )
        return tab

    return opened


@pytest.mark.parametrize("size", SIZES)
def test_every_scene_fits_and_shows_all_that_a_step_may_name(stage, size: str) -> None:
    tab = stage(SIZES[size])
    faults = []
    for scene, names in NAMED.items():
        for name in names:
            state = {"scene": scene, "highlight": name, "alpha": 0.1, "flag": 5, "lens": name == "weakest"}
            tab.evaluate("state => model.set('state', state)", state)
            if name == "training":
                tab.wait_for_function("() => model.get('state').trained?.alpha === 0.1")
            faults += [f"{scene}, {name}: {fault}" for fault in tab.evaluate(FAULTS, name)]
    assert faults == []


TEXTS = """() => {
  const root = document.querySelector(".onewarm-logit-demo").shadowRoot;
  const names = ["aria-label", "aria-valuetext", "title"];
  const spoken = [...root.querySelectorAll("*")].flatMap(n => names.map(name => n.getAttribute(name)));
  return [root.textContent, ...spoken].filter(Boolean).join(" | "); }"""


def test_what_is_covered_is_nowhere_on_the_stage_until_the_reader_commits(stage) -> None:
    tab = stage(SIZES["1280"], {"alpha": 0.1, "cover": "curve", "flag": 6, "layout": "stage"})
    answers = ("0.925", "3.82", "minimum", "ends", "never", "lowest 0")
    assert not [word for word in answers if word in tab.evaluate(TEXTS)]
    tab.evaluate("model.set('state', {alpha: 0})")
    assert not [word for word in answers if word in tab.evaluate(TEXTS)]
    assert "covered until you commit" in tab.evaluate(TEXTS)
    curve, cover = (tab.locator(name).bounding_box() for name in ("path.soft", "rect.cover"))
    assert curve["x"] + curve["width"] <= cover["x"] + 3
    flag = tab.get_by_role("slider", name="your flag")
    flag.press("ArrowLeft")
    assert tab.evaluate("model.get('flag')") == pytest.approx(5.9)
    tab.evaluate("model.set('state', {alpha: 0.1, cover: ''})")
    assert "minimum 3.82" in tab.evaluate(TEXTS) and "0.925" in tab.evaluate(TEXTS)
    assert flag.get_attribute("aria-disabled") == "true" and tab.get_by_text("you", exact=True).is_visible()


def test_nothing_on_the_stage_says_what_the_gap_is_before_the_reader_has_said_it(stage) -> None:
    tab = stage(SIZES["1280"])
    steps = [step for chapter in PAGE.lesson.chapters for step in chapter.steps]
    asked = next(i for i, step in enumerate(steps) if step.name == "gradient")
    answers = ("▲", "▼", "descent", "slope", "−0.155", "+0.114", "pushed", "p − t")
    before = [step.state for step in steps[: asked + 1]] + [step.ask.state for step in steps[:asked] if step.ask]
    for name in before:
        tab.evaluate("state => model.set('state', state)", PAGE.demo_state(name) | {"flag": None})
        assert [word for word in answers if word in tab.evaluate(TEXTS)] == [], name
        assert tab.locator(".head .num-g").inner_text() == ""
    assert tab.locator(".gap").nth(1).is_visible() and tab.locator("[data-object=run]").is_visible()
    tab.evaluate("state => model.set('state', state)", PAGE.demo_state("one-hot"))
    assert [word for word in answers if word not in tab.evaluate(TEXTS)] == ["slope"]
    assert tab.locator(".head .num-g").inner_text() == "gap"


def test_the_lens_makes_the_weakest_gap_plain(stage) -> None:
    tab = stage(SIZES["360"], {"alpha": 0.1})
    gap = tab.locator(".row[data-pull] .gap").last
    assert gap.bounding_box()["width"] < 4
    tab.evaluate("model.set('state', {lens: true})")
    assert gap.bounding_box()["width"] > 14
    assert tab.get_by_text("The first tenth of each lane").is_visible()


def test_the_run_is_invited_once_alpha_has_moved(stage) -> None:
    tab = stage(SIZES["1280"])
    run = tab.locator("[data-object=run]")
    assert run.get_attribute("data-invite") == "false" and run.inner_text() == "Run: it never ends"
    tab.get_by_role("slider", name="Smoothing α").press("PageUp")
    assert run.get_attribute("data-invite") == "true" and run.inner_text() == "Run to minimum"
    run.click()
    assert run.get_attribute("data-invite") == "false"
    assert tab.locator(".outcome").inner_text().startswith("At the minimum after")
    tab.get_by_role("slider", name="Smoothing α").press("Home")
    assert tab.locator(".outcome").is_hidden()


def test_text_of_twice_the_size_still_fits(stage) -> None:
    tab = stage(SIZES["1280"])
    before = tab.locator(".name span").first.evaluate("n => parseFloat(getComputedStyle(n).fontSize)")
    tab.evaluate("document.documentElement.style.fontSize = '200%'")
    assert tab.locator(".name span").first.evaluate("n => parseFloat(getComputedStyle(n).fontSize)") > 1.8 * before
    assert tab.evaluate(FAULTS, "curve") == []

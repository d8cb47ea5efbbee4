"""The distillation demo on the stage of its page: what it shows at every size, and what a question covers."""

import re
from pathlib import Path

import pytest

import onewarm as ow
from onewarm.notebook.concept.load import load_concept

pytestmark = pytest.mark.browser

CONCEPT = "knowledge-distillation"
LOADED = load_concept(Path(ow.__file__).parent / "concepts" / "optimization" / CONCEPT)
ORIGIN = {**LOADED.demo.model, "layout": "stage"}
STAGES = [(620, 700), (660, 670), (960, 950), (780, 980), (736, 400), (336, 290)]
# What does not fit into its box, or is highlighted and not seen in full.
FAULTS = """() => {
  const root = document.querySelector(".onewarm-distillation-demo").shadowRoot.querySelector(".root");
  const box = root.getBoundingClientRect(), seen = (e) => e.checkVisibility({ visibilityProperty: true });
  const outside = ({ left, right, top, bottom }) =>
    left < box.left - 0.5 || right > box.right + 0.5 || top < box.top - 0.5 || bottom > box.bottom + 0.5;
  const faults = [];
  if (root.scrollHeight > root.clientHeight || root.scrollWidth > root.clientWidth) faults.push("scrolls");
  for (const e of root.querySelectorAll("*"))
    if (!e.closest("legend, .sr, .numbers") && seen(e) && e.getBoundingClientRect().width
        && outside(e.getBoundingClientRect()))
      faults.push(`${e.tagName} ${e.getAttribute("class")} is cut off`);
  const marks = root.dataset.highlight ? [...root.querySelectorAll(`[data-object="${root.dataset.highlight}"]`)] : [];
  if (root.dataset.highlight && !(marks.length && marks.every((e) => seen(e) && e.getClientRects().length)))
    faults.push(`${root.dataset.highlight} is not seen`);
  return faults; }"""


def shown() -> list[tuple[str, str, str | None]]:
    """Each state that the lesson shows, with what it highlights."""
    steps = [step for chapter in LOADED.lesson.chapters for step in chapter.steps]
    asked = [step.ask for step in steps if step.ask]
    return [(one.state, one.highlight) for one in (*steps, *asked) if one.state]


@pytest.fixture
def stage(show):
    """The demo in a stage of this size."""

    def opened(width: int, height: int, model: dict | None = None, **context):
        tab = show(model, width=width + 32, reduced_motion="reduce", **context)
        size = (
            "([w, h]) => { const s = document.querySelector('.demo').style; s.width = w + 'px'; s.height = h + 'px'; }"
        )
        tab.evaluate(size, [width, height])
        return tab

    return opened


def set_state(tab, name: str, highlight: str | None = None) -> None:
    tab.evaluate("state => model.set('state', state)", {**LOADED.demo_state(name), "highlight": highlight})


def texts(tab) -> str:
    """All that can be read or heard, tables and hidden parts included."""
    return tab.evaluate("""() => {
      const root = document.querySelector(".onewarm-distillation-demo").shadowRoot;
      const written = [...root.children].filter((e) => e.tagName !== "STYLE").map((e) => e.textContent);
      const heard = [...root.querySelectorAll("*")].flatMap((e) => [...e.attributes])
        .filter(({ name }) => name.startsWith("aria-") || name === "title").map(({ value }) => value);
      return [...written, ...heard].join(" "); }""")


@pytest.mark.parametrize("size", STAGES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_each_step_fits_its_stage_and_shows_what_it_highlights(stage, size: tuple[int, int]) -> None:
    tab = stage(*size)
    for name, highlight in shown():
        set_state(tab, name, highlight)
        assert tab.evaluate(FAULTS) == [], (name, highlight)


def test_what_a_question_covers_is_nowhere_on_the_stage(stage) -> None:
    tab = stage(620, 700)
    set_state(tab, "two-teachers")
    tab.locator(".cover-word", has_text="covered").locator("visible=true").wait_for()
    assert "0.0444" in texts(tab) and "0.0038" not in texts(tab)
    tab.get_by_role("slider", name="Temperature T").press("End")  # warmer, while it is covered: still nothing is told
    tab.get_by_text("The wrong classes at T = 32.0: covered").wait_for()
    told = tab.evaluate("model.get('state').told")
    assert not {f"{value:.4f}" for value in told.values()} & set(re.findall(r"[\d.]+", texts(tab)))
    points = tab.evaluate("""() => document.querySelector(".onewarm-distillation-demo").shadowRoot
      .querySelector(".told-smoothed").getAttribute("d").split("L").length""")
    assert points == 13  # of 73: up to T = 1
    set_state(tab, "both-warm")
    tab.locator(".told-table td", has_text="0.0038").wait_for()

    set_state(tab, "eight")
    tab.locator(".cover-word", has_text="covered").locator("visible=true").wait_for()
    assert "T²" not in texts(tab) and "T squared" not in texts(tab) and "0.0045" not in texts(tab)
    set_state(tab, "sixteen")
    tab.locator(".norm .few td", has_text="0.0045").wait_for()
    assert "with T²" in texts(tab)


def test_pointing_at_a_part_answers_the_question(stage) -> None:
    tab = stage(336, 290)
    set_state(tab, "peak")
    tab.evaluate("model.set('pointing', true)")
    for name in ("wrong", "mass"):
        tab.locator(f"[data-object={name}]").first.click()
        assert tab.evaluate("model.get('pointed')") == name
    assert tab.evaluate("model.get('state').temperature") == 2


def test_small_probabilities_stand_apart_on_the_logarithmic_axis(stage) -> None:
    tab = stage(620, 700)
    places = "() => [...document.querySelector('.onewarm-distillation-demo').shadowRoot.querySelectorAll('.row .tick')]"
    places += ".map((e) => parseFloat(e.style.left))"
    set_state(tab, "cold")
    assert max(tab.evaluate(places)[2:]) < 0.3  # dog and truck, in percent of the lane
    set_state(tab, "cold-log")
    cat, lynx, dog, truck = tab.evaluate(places)
    assert cat - lynx == pytest.approx(lynx - dog, abs=0.02) == pytest.approx(dog - truck, abs=0.02)
    assert truck > 20

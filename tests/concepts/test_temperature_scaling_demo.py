"""The temperature demo as its readers use it: its controls, its covered answers, its stage."""

from itertools import product

import pytest

pytestmark = pytest.mark.browser

CONCEPT = "calibration/temperature-scaling"
ORIGIN = {
    "temperature": 1,
    "rows": "held-out",
    "example": 129,
    "alpha": 0.1,
    "seed": 2,
    "classes": ["cat", "lynx", "dog", "truck"],
    "cover": "",
    "flag": None,
    "scene": "fit",
}


def state(tab) -> dict:
    return tab.evaluate("() => model.get('state')")


def test_the_slider_and_the_buttons(show) -> None:
    tab = show()
    assert tab.locator(".readout").inner_text() == "NLL 0.6817 nats"
    slider = tab.get_by_role("slider", name="Temperature T")
    slider.press("ArrowRight")
    assert state(tab)["temperature"] == 1.04 and slider.get_attribute("aria-valuetext") == "1.04"
    tab.get_by_role("button", name="Go to the best T").click()
    assert state(tab)["temperature"] == pytest.approx(state(tab)["best"], abs=1e-12)
    assert tab.locator(".curve-pane .strong").text_content() == "lowest 3.26"
    tab.get_by_role("radio", name="Training").check()
    assert "falls all the way to T = 0" in tab.locator(".curve-pane .caption").inner_text()
    tab.get_by_role("button", name="Draw new ones").click()
    assert state(tab)["seed"] == 3
    tab.get_by_role("button", name="Reset").click()
    assert (state(tab)["seed"], state(tab)["temperature"], state(tab)["rows"]) == (2, 1, "held-out")
    slider.press("Home")
    assert state(tab)["temperature"] == 0.25
    slider.press("End")
    assert state(tab)["temperature"] == 8


def test_a_covered_answer_is_nowhere(show) -> None:
    """Neither the best temperature nor an NLL beyond 1 is in the text, the names or the published state."""
    tab = show({"cover": "answer", "flag": 2.5})
    tab.evaluate("model.set('state', {temperature: 3.2554})")
    words = tab.evaluate(
        """() => { const root = document.querySelector('.onewarm-temperature-demo').shadowRoot;
          return root.textContent + [...root.querySelectorAll('*')].flatMap(n => [...n.attributes])
            .filter(a => /^(aria|title|alt)/.test(a.name)).map(a => a.value).join(' '); }"""
    )
    shown = state(tab)
    assert shown["best"] is shown["nll"] is shown["smoothedBest"] is shown["left"] is None
    assert "NLL covered" in words and "0.365" not in words
    assert "lowest 3" not in words and "lowest at" not in words and "0.69" not in words
    ends = tab.evaluate(
        """() => { const root = document.querySelector('.onewarm-temperature-demo').shadowRoot;
          const box = s => root.querySelector(s).getBoundingClientRect();
          return [box('.curve').right, box('.cover').left, box('.axis-flag .pole').left]; }"""
    )
    assert abs(ends[0] - ends[1]) < 3 < ends[2] - ends[1]
    flag = tab.get_by_role("slider", name="Your flag")
    flag.press("ArrowRight")
    assert 2.5 < state(tab)["flag"] < 2.7
    tab.evaluate("model.set('state', {cover: ''})")
    assert flag.get_attribute("aria-disabled") == "true"
    assert tab.locator(".curve-pane .strong").text_content() == "lowest 3.26"


BOXES = [(620, 700), (660, 670), (960, 950), (736, 400), (336, 290), (310, 350), (368, 200)]
STEPS = [
    ({"scene": "fit", "cover": "answer"}, "curve"),
    ({"scene": "fit", "temperature": 3.2554}, "minimum"),
    ({"scene": "fit", "rows": "training", "temperature": 0.5}, "curve"),
    ({"scene": "example"}, "bar"),
    ({"scene": "example", "temperature": 3.2554}, "logit"),
    ({"scene": "diagram"}, "diagram"),
    ({"scene": "diagram", "temperature": 3.2554}, "ece"),
    ({"scene": "smoothed", "cover": "answer"}, "ratios"),
    ({"scene": "smoothed", "temperature": 0.6937}, "line"),
    ({"scene": "smoothed", "temperature": 0.6937}, "inverse"),
    ({"scene": "smoothed", "temperature": 0.6937}, "temperature"),
]


def test_on_the_stage_all_fits_and_what_is_highlighted_is_in_view(show) -> None:
    tab = show({"layout": "stage"})
    for size, (patch, name) in product(BOXES, STEPS):
        tab.evaluate(
            """([w, h]) => { const {style} = document.querySelector('.demo');
              style.setProperty('width', `${w}px`); style.setProperty('height', `${h}px`); }""",
            size,
        )
        start = {key: ORIGIN[key] for key in ("cover", "rows", "temperature")}
        tab.evaluate("one => model.set('state', one)", {**start, **patch, "highlight": name})
        out = tab.evaluate(
            """name => { const root = document.querySelector('.onewarm-temperature-demo').shadowRoot;
              const box = document.querySelector('.demo').getBoundingClientRect(), found = [];
              const marks = [...root.querySelectorAll(`[data-object="${name}"]`)];
              const sizes = marks.map(n => n.getBoundingClientRect());
              if (!sizes.some(q => q.width && q.height)) found.push('nothing to see of ' + name);
              for (const node of root.querySelectorAll('.root *')) {
                const q = node.getBoundingClientRect();
                const past = [q.right - box.right, box.left - q.left, q.bottom - box.bottom, box.top - q.top];
                const seen = q.width && q.height && getComputedStyle(node).visibility === 'visible';
                if (seen && !node.closest('.sr, .numbers, defs') && Math.max(...past) > 1)
                  found.push(node.tagName + '.' + node.getAttribute('class'));
              }
              const page = root.querySelector('.root');
              if (page.scrollHeight > page.clientHeight + 1) found.push('it scrolls');
              return found; }""",
            name,
        )
        assert out == [], (size, patch)

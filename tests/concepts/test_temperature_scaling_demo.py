"""The temperature demo: its rows and fits against NumPy and onewarm, its views, its covered answers, its stage."""

import math
from itertools import product

import numpy as np
import pytest

import onewarm as ow
from onewarm.calibration import CalibrationSummary, ece, fit_temperature

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


def uniforms(seed: int):
    """The generator of the kit, in Python's whole numbers."""
    x = ((seed + 1) * 0x9E3779B1 & 0xFFFFFFFF) | 1
    while True:
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        yield (x + 1) / 2**32


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def model(seed: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Logits, labels and true probabilities of the training rows and of the held-out rows."""
    numbers = uniforms(seed)
    for _ in range(16):
        next(numbers)
    parts = []
    for n in (60, 400):
        inputs, labels = np.ones((n, 13)), np.empty(n, int)
        for i in range(n):
            labels[i] = min(3, int(next(numbers) * 4))
            for d in range(12):
                radius = math.sqrt(-2 * math.log(next(numbers)))
                inputs[i, d] = radius * math.cos(2 * math.pi * next(numbers)) + 2.5 * (d == labels[i])
        parts.append((inputs, labels))
    inputs, labels = parts[0]
    weights, velocity = np.zeros((4, 13)), np.zeros((4, 13))
    for _ in range(40):
        slope = ow.cross_entropy_with_gradient(inputs @ weights.T, labels)[1].T @ inputs
        velocity = 0.9 * velocity - 0.5 * slope
        weights = weights + velocity
    return [(x @ weights.T, y, softmax(2.5 * x[:, :4])) for x, y in parts]


def state(tab) -> dict:
    return tab.evaluate("() => model.get('state')")


def near(found: object, true: object, tolerance: float = 1e-12) -> None:
    true = np.asarray(true, dtype=float)
    assert (np.abs(np.asarray(found, dtype=float) - true) <= tolerance * np.maximum(1, np.abs(true))).all()


def test_arithmetic_and_live_demo_equal_the_library_in_a_thousand_states(show) -> None:
    tab, random = show(), np.random.default_rng(3)
    for seed in (2, 1, 77, 999):
        training, held_out = model(seed)
        found = tab.evaluate("seed => demo.arithmetic.modelOf(seed)", seed)
        for name, (z, y, pi) in (("training", training), ("heldOut", held_out)):
            near(found[name]["logits"], z)
            near(found[name]["truth"], pi)
            assert found[name]["labels"] == y.tolist()
        states = [
            {
                "temperature": float(random.uniform(0.02, 8)),
                "rows": "training" if i % 4 == 0 else "held-out",
                "alpha": float(random.uniform(0.01, 0.5)) if i % 25 == 0 else None,
                "example": int(random.integers(400)),
                "seed": seed,
            }
            for i in range(250)
        ]
        alpha = 0.1
        for one in states:
            alpha = one["alpha"] = one["alpha"] or alpha
        live = tab.evaluate("all => all.map(one => (model.set('state', one), model.get('state')))", states)
        for one, shown in zip(states, live, strict=True):
            z, y, _ = training if one["rows"] == "training" else held_out
            T = one["temperature"]
            p = softmax(z / T)
            near(shown["nll"], ow.cross_entropy(z / T, y))
            near(shown["confidence"], p.max(axis=1).mean())
            assert shown["accuracy"] == pytest.approx((z.argmax(axis=1) == y).mean(), abs=1e-15)
            near(shown["probabilities"], softmax(held_out[0] / T)[one["example"]])
            smoothed = (1 - one["alpha"]) * held_out[2] + one["alpha"] / 4
            q = softmax(np.log(smoothed) / T)
            with np.errstate(divide="ignore", invalid="ignore"):
                terms = np.where(q > 1e-290, held_out[2] * (np.log(held_out[2]) - np.log(q)), np.nan)
            if not np.isnan(terms).any():
                near(shown["left"], terms.sum(axis=1).mean())
        for shown in live[::25]:
            smoothed = (1 - shown["alpha"]) * held_out[2] + shown["alpha"] / 4
            fit = fit_temperature(np.log(smoothed), held_out[2], tolerance=1e-12)
            near(shown["smoothedBest"], fit.temperature, 1e-9)
            z, y, _ = training if shown["rows"] == "training" else held_out
            near(shown["ece"], ece(CalibrationSummary().update(softmax(z / shown["temperature"]), y)), 1e-9)
        best = next(one["best"] for one in live if one["rows"] == "held-out")
        near(best, fit_temperature(*held_out[:2], tolerance=1e-12).temperature, 1e-9)
        if (training[0].argmax(axis=1) == training[1]).all():
            assert {one["best"] for one in live if one["rows"] == "training"} == {0}


def test_the_slope_vanishes_at_the_fit_and_the_inverse_gives_the_truth(show) -> None:
    tab = show()
    found = tab.evaluate(
        """() => {
          const a = demo.arithmetic, {heldOut} = a.modelOf(5), targets = a.onehots(heldOut.labels, 4);
          const T = a.fitted(heldOut.logits, targets);
          const again = pi => a.unsmoothed(a.smoothedOptimum(pi, 0.3), 0.3);
          const back = heldOut.truth.map(pi => again(pi).map((p, k) => Math.abs(p - pi[k])));
          return {slope: a.slopes(heldOut.logits, targets, 1 / T).slope, back: Math.max(...back.flat())}; }"""
    )
    assert abs(found["slope"]) < 1e-13 and found["back"] < 1e-15


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
        tab.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 60)))")
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
                if (seen && !node.closest('.sr, defs') && Math.max(...past) > 1)
                  found.push(node.tagName + '.' + node.getAttribute('class'));
              }
              const page = root.querySelector('.root');
              if (page.scrollHeight > page.clientHeight + 1) found.push('it scrolls');
              return found; }""",
            name,
        )
        assert out == [], (size, patch)

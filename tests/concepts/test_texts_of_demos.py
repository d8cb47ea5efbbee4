"""What the demos write: no state, at a control's ends or beyond, shows what is no number; texts are the state."""

import base64
import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import onewarm as ow
from onewarm.notebook.concept.demo_bundle import bundle_demo

pytestmark = pytest.mark.browser

CONCEPTS = Path(ow.__file__).parent / "concepts"
ROWS = [  # of logits
    [30.0, -30.0, -30.0, -30.0],
    [-30.0, 30.0, 30.0, 30.0],
    [0.0, 0.0],
    [1e6, -1e6],
    [-0.001, 0.001],
    [800.0, 0.0],
    [-750.0, 0.0, 0.0],
    [0.0] * 64,
]
TENTHS = [i / 10 for i in range(10)]


def certain(K: int, k: int) -> list[float]:
    return [float(j == k) for j in range(K)]


def state(**fields) -> dict:
    return fields


STATES = {
    "optimization/cross-entropy": [
        state(logits=z, votes=votes(len(z)), unit=unit, pick=0)
        for z, unit, votes in product(
            ROWS,
            ("nats", "bits"),
            (lambda K: certain(K, 0), lambda K: certain(K, K - 1), lambda K: [1e6] + [1e-6] * (K - 1)),
        )
    ],
    "optimization/label-smoothing": [
        state(logits=z, alpha=alpha, label=label, recipe=recipe, prior=certain(len(z), 0), teacher=certain(len(z), 1))
        for (alpha, recipe), z, label in product(  # each alpha trains a model anew
            ((-1, "uniform"), (0, "uniform"), (1e-12, "uniform"), (1, "uniform"), (1, "prior"), (0.5, "teacher")),
            ROWS,
            (0, 1),
        )
    ],
    "optimization/knowledge-distillation": [
        state(student=z, teacher=v, own=v, kind=kind, temperature=T, share=share, label=0, alpha=alpha)
        for (z, v), (kind, T, share, alpha) in product(
            ((ROWS[0], ROWS[1]), (ROWS[2], ROWS[2]), (ROWS[3], ROWS[3][::-1]), (ROWS[2], ROWS[5]), (ROWS[7], ROWS[7])),
            (("hard", 0.01, 1, 0), ("smoothed", 1e4, 0.5, 1), ("own", 1, 0, 0.1), ("smoothed", 0.5, 1, 0)),
        )
    ],
    "calibration/reliability-diagrams": [
        state(rows=rows, confidence=confidence, accuracy=accuracy, pick=9, coarse=coarse, **sample)
        for (rows, confidence, accuracy), coarse, sample in product(
            (
                ([0] * 10, TENTHS, [0] * 10),
                ([200] * 10, TENTHS, [1] * 10),
                ([0] * 9 + [1], [1] * 10, [1] * 10),
                ([1] + [0] * 9, [0] * 10, [1] * 10),
                ([50] * 10, TENTHS, [c + 0.0004 for c in TENTHS]),
            ),
            ("10", "1"),
            (state(drawn=30, bins=2, seed=1, error=0), state(drawn=3000, bins=30, seed=999, error=0.25)),
        )
    ],
    "calibration/temperature-scaling": [
        state(temperature=T, rows=rows, alpha=alpha, example=example, seed=seed, flag=flag)
        for (example, seed), rows, (T, alpha, flag) in product(
            ((0, 1), (399, 999)),
            ("held-out", "training"),
            ((0.01, 0, 0.25), (0.02, 0.5, None), (1, 0, 1), (8, 0.1, 8), (100, 0.5, 8)),
        )
    ],
}
OPEN = """async ([code, model]) => {
  const changes = new EventTarget(), values = model;
  window.model = {
    get: key => values[key], off() {}, on: (name, listen) => changes.addEventListener(name, listen),
    set(key, value) { values[key] = value; changes.dispatchEvent(new Event(`change:${key}`)); },
  };
  const demo = await import("data:text/javascript;base64," + code);
  demo.default.render({ model: window.model, el: document.querySelector("main") });
  window.root = document.querySelector("main").firstElementChild.shadowRoot; }"""
# Before printing a demo draws all that it has, finished. A negative zero is a minus before zeros and no other digit.
STRANGE = r"""text => {
  const strange = /NaN|undefined|Infinity|\de\+\d|[−-]0(?:\.0*)?(?![\d.]*\d)(?!e)/, found = [];
  const numbers = value => typeof value === "number" ? [value] : value && typeof value === "object"
    ? Object.values(value).flatMap(numbers) : [];
  for (const state of JSON.parse(text)) {
    for (const key of ["prior", "teacher"]) if (key in state) model.set(key, state[key]);
    model.set("state", state);
    dispatchEvent(new Event("beforeprint"));
    for (const node of root.querySelectorAll(".root *")) {
      const texts = [...node.childNodes].filter(child => child.nodeType === 3).map(child => child.data);
      const named = [...node.attributes].filter(({name}) => !["id", "for", "name", "class"].includes(name));
      texts.push(...named.map(({value}) => value));
      for (const text of texts) if (strange.test(text)) found.push([state, node.tagName, text]);
    }
    if (!numbers(model.get("state")).every(Number.isFinite)) found.push([state, "state", model.get("state")]);
  }
  return found; }"""
# What is written at some places, each a selector, and the state.
WRITTEN = """([states, places]) => states.map(state => {
  model.set("state", state);
  dispatchEvent(new Event("beforeprint"));
  const texts = places.map(place => [...root.querySelectorAll(place)].map(node => node.textContent));
  return [model.get("state"), texts]; })"""


@pytest.fixture
def opened(chromium):
    """Opens a demo on a page of its own; nothing may be written to the console."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    problems: list[str] = []

    def demo(concept: str, model: dict):
        tab = context.new_page()
        tab.on("console", lambda message: problems.append(message.text))
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.set_content("<!doctype html><main></main>")
        code = base64.b64encode(bundle_demo(CONCEPTS / concept / "demo.js").encode()).decode()
        tab.evaluate(OPEN, [code, model])
        return tab

    yield demo
    context.close()
    assert problems == []


@pytest.mark.parametrize("concept", STATES)
def test_no_state_shows_what_is_no_number(opened, concept: str) -> None:
    assert opened(concept, {}).evaluate(STRANGE, json.dumps(STATES[concept])) == []


def number(value: float, digits: int, sign: bool = False) -> str:
    text = f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
    return (text if float(text) else text.lstrip("+-")).replace("-", "−")


def test_cross_entropy_writes_its_state(opened) -> None:
    random = np.random.default_rng(1)
    states = [
        {"logits": random.normal(0, 3, 4).tolist(), "votes": random.exponential(5, 4).tolist(), "unit": "nats"}
        for _ in range(60)
    ]
    tab, signs = opened("optimization/cross-entropy", {}), set()
    for shown, (loss, total, t, p, gap) in tab.evaluate(
        WRITTEN, [states, [".readout", ".total .sum", ".bars .num-t", ".bars .num-p", ".bars .num-g"]]
    ):
        written = [number(shown[key], 4) for key in ("loss", "entropy", "divergence")]
        sign = "=" if f"{float(written[1]) + float(written[2]):.4f}" == written[0] else "≈"
        signs.add(sign)
        assert loss == [f"loss {written[0]}"]
        assert total == [f"{sign} entropy {written[1]} + divergence {written[2]} nats"]
        assert t[-4:] == [number(v, 3) for v in shown["target"]]
        assert p[-4:] == [number(v, 3) for v in shown["probabilities"]]
        assert [text.split()[-1] for text in gap[-4:]] == [number(v, 3, True) for v in shown["gradient"]]
    assert signs == {"=", "≈"}


@pytest.mark.parametrize(
    ("concept", "logits", "t"), [("label-smoothing", "logits", "t"), ("knowledge-distillation", "student", "q")]
)
def test_logits_and_loss_are_written_as_they_are(opened, concept, logits, t) -> None:
    random = np.random.default_rng(3)
    states = [{logits: random.normal(0, 3, 4).tolist(), "alpha": (1 + i // 20) / 7} for i in range(60)]
    tab = opened(f"optimization/{concept}", {})
    for shown, (loss, p, target, gap) in tab.evaluate(
        WRITTEN, [states, [".readout", ".row .num-p", f".row .num-{t}", ".row .num-g"]]
    ):
        assert loss == [f"loss {number(shown['loss'], 4)}"]
        assert p[-4:] == [number(v, 3) for v in shown["probabilities"]]
        assert target[-4:] == [number(v, 3) for v in shown["target"]]
        assert [text.split()[-1] for text in gap[-4:]] == [number(v, 3, True) for v in shown["gradient"]]


def test_the_reliability_demo_writes_its_state(opened) -> None:
    random = np.random.default_rng(2)
    states = [
        {"rows": random.integers(0, 200, 10).tolist(), "accuracy": random.random(10).tolist(), "coarse": "5"}
        for _ in range(60)
    ]
    tab, signs = opened("calibration/reliability-diagrams", {}), set()
    places = ["[data-object=total]", ".sum", ".parts tr td:first-of-type", ".parts tr:last-of-type th"]
    for shown, (area, sums, ten, last) in tab.evaluate(WRITTEN, [states, places]):
        parts = shown["parts"]
        assert area == [f"ECE {number(shown['ece'], 3)}"]
        sign = sums[0][4]
        terms = [term.split(" × ") for term in sums[0].split(f" {sign} ")[1].split(" + ")]
        written = sum(float(share) * float(gap) for share, gap in terms)
        assert (sign == "=") == (f"{written:.3f}" == f"{shown['ece']:.3f}") and sums[0].endswith(
            number(shown["ece"], 3)
        )
        signs.add(sign)
        names = ("reliability", "resolution", "uncertainty", "brier")
        assert ten[-5:] == [number(v, 3) for v in (shown["ece"], *(parts[name] for name in names))]
        signs.add(last[-1][0])
    assert signs == {"=", "≈"}


@pytest.mark.parametrize(
    ("rows", "accuracy", "text"),
    [
        ([0] * 10, 0.5, "There are no examples to measure."),
        ([0] * 9 + [40], 0.95, "Every gap is closed: ECE = 0"),
        ([0] * 9 + [40], 0.9504, "Every gap is below 0.0005: ECE = 0.0004"),
    ],
)
def test_the_sum_without_terms_says_why(opened, rows, accuracy, text) -> None:
    tab = opened("calibration/reliability-diagrams", {})
    states = [{"rows": rows, "confidence": [0.95] * 10, "accuracy": [accuracy] * 10}]
    assert tab.evaluate(WRITTEN, [states, [".sum"]])[0][1] == [[text]]


def test_the_temperature_demo_writes_its_state(opened) -> None:
    states = [{"temperature": float(T)} for T in np.geomspace(0.1, 10, 60)]
    tab = opened("calibration/temperature-scaling", {})
    for shown, (nll, whole, error, p) in tab.evaluate(
        WRITTEN, [states, [".readout", ".whole b", ".error b", ".example-pane .num-p"]]
    ):
        assert nll == [f"NLL {number(shown['nll'], 4)} nats"]
        assert whole == [number(shown[key], 3) for key in ("confidence", "accuracy")]
        assert error == [number(shown["ece"], 3)]
        assert p[-4:] == [number(v, 3) for v in shown["probabilities"]]

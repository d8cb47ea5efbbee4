"""A page that hosts a demo under a strict policy, served from this machine, and a study for the logit demo to draw.

A module of tests says which demo: CONCEPT is its folder, with its section before it unless that is optimization
(label-smoothing if it says nothing); ORIGIN is the model.
"""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

import onewarm as ow
from onewarm.notebook.concept.demo_bundle import bundle_demo

CONCEPTS = Path(ow.__file__).parent / "concepts"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'"
STYLE = "html { color-scheme: light dark; background: light-dark(white, black) } body { margin: 0 16px }"
# All that a static page needs to host an anywidget module.
HOST = """
class Model {
  #state; #events = new EventTarget();
  constructor(state) { this.#state = state; }
  get(key) { return this.#state[key]; }
  set(key, value) { this.#state[key] = value; this.#events.dispatchEvent(new Event(`change:${key}`)); }
  on(name, listen) { this.#events.addEventListener(name, listen); }
  off(name, listen) { this.#events.removeEventListener(name, listen); }
  save_changes() {}
}
const demo = await import("./demo.js");
const el = document.querySelector(".demo");
const model = new Model(JSON.parse(document.querySelector("script[type='application/json']").textContent));
Object.assign(window, { demo, model, cleanup: demo.default.render({ model, el }) });
document.documentElement.dataset.ready = "";
"""
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Demo</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="style.css">
<script type="application/json">MODEL</script><main class="demo"></main>
<script type="module" src="host.js"></script></html>"""


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """A loopback server of a page with a strict policy; `site["/"]` is the page, to be written by a test."""
    concept = getattr(request.module, "CONCEPT", "label-smoothing")
    demo = bundle_demo(CONCEPTS / (concept if "/" in concept else f"optimization/{concept}") / "demo.js")
    files = {"/host.js": HOST, "/style.css": STYLE, "/demo.js": demo}
    kinds = {"js": "text/javascript", "css": "text/css", "/": "text/html"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            self.send_response(204 if body is None else 200)
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("Content-Type", kinds.get(self.path.rsplit(".", 1)[-1], "text/plain") + "; charset=utf-8")
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    files["origin"] = f"http://127.0.0.1:{server.server_port}"
    yield files
    server.shutdown()
    server.server_close()


@pytest.fixture
def show(request, chromium, site) -> Iterator[Callable]:
    """Opens the demo with a model; at the end: nothing on the console, no request off the origin."""
    contexts, problems = [], []

    def opened(model: dict | None = None, width: int = 1200, page: str = PAGE, **context):
        text = json.dumps({**request.module.ORIGIN, **(model or {})}).replace("<", "\\u003c")
        site["/"] = page.replace("MODEL", text)
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, **context))
        tab = contexts[-1].new_page()
        tab.on("console", lambda message: problems.append(message.text))
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.on("request", lambda r: r.url.startswith(site["origin"]) or problems.append(r.url))
        tab.goto(site["origin"])
        tab.wait_for_selector("html[data-ready]")
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def changes() -> Callable[..., list[str]]:
    """The keys of the model that change, in order, while the host sets these states; later the address may follow."""
    watched = """patches => {
      const keys = new Set(["address", "state", ...Object.keys(model.get("state"))]), changed = [];
      const listeners = [...keys].map(key => [`change:${key}`, () => changed.push(key)]);
      for (const [event, listen] of listeners) model.on(event, listen);
      for (const patch of patches) model.set("state", patch);
      for (const [event, listen] of listeners) model.off(event, listen);
      return changed; }"""
    return lambda tab, *patches: tab.evaluate(watched, list(patches))


@pytest.fixture
def ask() -> Callable[..., Any]:
    """`ask(tab, function, argument)`: what a function of the page returns; as text, much quicker than object by object.

    JSON has neither infinite numbers nor NaN: they arrive as None.
    """
    return lambda tab, function, argument=None: json.loads(
        tab.evaluate(f"text => JSON.stringify(({function})(JSON.parse(text)))", json.dumps(argument))
    )


@pytest.fixture
def uniforms() -> Callable[[int], Iterator[float]]:
    """The numbers that the demos draw for a seed (uniforms of demos/calibration.js), in Python's whole numbers."""

    def drawn(seed: int) -> Iterator[float]:
        x = ((seed + 1) * 0x9E3779B1 & 0xFFFFFFFF) | 1
        for i in count():
            x ^= (x << 13) & 0xFFFFFFFF
            x ^= x >> 17
            x ^= (x << 5) & 0xFFFFFFFF
            if i >= 16:
                yield (x + 1) / 2**32

    return drawn


@pytest.fixture
def near() -> Callable[..., None]:
    """`near(found, true, name)`: equal to 1e-12 of the true number, or of 1 if that is larger; infinite where it is."""

    def assert_near(found: object, true: object, name: object = "") -> None:
        found, true = np.asarray(found, dtype=float), np.asarray(true, dtype=float)
        assert found.shape == true.shape, (name, found.shape, true.shape)
        with np.errstate(invalid="ignore"):
            off = np.where(found == true, 0, np.abs(found - true) / np.maximum(1, np.abs(true)))
        assert (off <= 1e-12).all(), (name, found[~(off <= 1e-12)], true[~(off <= 1e-12)])

    return assert_near


def report(title: str, ece: dict[float, float], confidence: float) -> dict:
    """A study report as small as one can be: hard and smoothed arms with this ECE."""
    arms = {alpha: "hard" if alpha == 0 else f"smooth:{alpha}" for alpha in ece}
    bins = [
        {"lower": i / 15, "upper": (i + 1) / 15, "count": i, "confidence": (i + 0.5) / 15, "accuracy": i / 15}
        for i in range(15)
    ]
    estimate = lambda value: {"mean": value, "interval": [value - 0.01, value + 0.01], "values": [value] * 20}  # noqa: E731
    measured = {
        arm: {
            "ece": estimate(ece[a]),
            "ece_after": estimate(0.02),
            "accuracy": estimate(0.9),
            "mean_confidence": estimate(confidence - a),
            "temperature": estimate(1.5 - a),
        }
        for a, arm in arms.items()
    }
    compared = [
        {"arm": arm, "baseline": "hard", "metric": metric, "mean": d, "interval": [d - 0.01, d + 0.01]}
        for a, arm in arms.items()
        for metric, d in (("ece", ece[a] - ece[0]), ("ece_after", 0.001))
        if a
    ]
    drawn = {arm: {"before": {"bins": bins}, "after": {"bins": bins}, "temperature": 1.5} for arm in arms.values()}
    return {
        "format": 1,
        "dataset": {"key": "k", "title": title},
        "arms": list(arms.values()),
        "seeds": list(range(20)),
        "metrics": measured,
        "comparisons": compared,
        "reliability": drawn,
    }


@pytest.fixture
def study() -> dict:
    """Noisy digits, where a little smoothing helps, and clean digits, where it harms."""
    return {
        "overconfident": report("Noisy <b>digits</b>", {0: 0.13, 0.05: 0.08, 0.1: 0.06, 0.2: 0.13}, 0.95),
        "calibrated": report("Digits", {0: 0.02, 0.05: 0.09, 0.1: 0.15, 0.2: 0.25}, 0.97),
    }

"""Any concept's demo as a widget, by its key or its folder; and a page that exchanges values with Python."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from onewarm.notebook.concept.demo_bundle import bundle_demo
from onewarm.notebook.concept.yaml import ConceptError
from onewarm.widgets import DemoWidget

CONCEPT = "demo:\n  model: {heat: 3, name: cup, lit: true, many: [1, 2]}\n"
DEMO = """import { element, setText } from "onewarm/dom.js";
export default { render({ model, el }) { el.append(element("p", {}, String(model.get("heat")))); } };
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "concept.yaml").write_text(CONCEPT, encoding="utf-8")
    (tmp_path / "demo.js").write_text(DEMO, encoding="utf-8")
    return tmp_path


def test_every_concept_with_a_demo_is_a_widget_by_its_key() -> None:
    from onewarm.notebook.concept.folders import our_concepts

    for place in our_concepts():
        if (place / "demo.js").is_file():
            key = "/".join(place.parts[-2:])
            for name in (key, f"concept:{key}"):
                assert DemoWidget(name)._esm == bundle_demo(place / "demo.js")


def test_a_folder_of_the_users_is_a_widget(folder: Path) -> None:
    cup = DemoWidget(folder, heat=5)
    assert (cup.heat, cup.name, cup.lit, cup.many) == (5, "cup", True, [1, 2])
    assert "import" not in cup._esm and "String(model.get" in cup._esm
    cup.heat = 7.5
    assert cup.get_state("heat") == {"heat": 7.5}
    assert DemoWidget(str(folder)).heat == 3  # each has its own


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"heet": 1}, TypeError, "this demo has no value 'heet'. Did you mean 'heat'?"),
        ({"heat": "hot"}, TypeError, "heat is 'hot': this demo takes a number there"),
        ({"heat": True}, TypeError, "heat is True: this demo takes a number there"),
        ({"heat": None}, TypeError, "heat is None: this demo takes a number there"),
        ({"lit": 1}, TypeError, "lit is 1: this demo takes a truth value there"),
        ({"many": 1}, TypeError, "many is 1: this demo takes a list there"),
        ({"many": [1, float("nan")]}, ValueError, "many[1] is nan: pass finite numbers"),
        ({"state": {"heat": float("inf")}}, ValueError, "state['heat'] is inf: pass finite numbers"),
    ],
)
def test_a_value_that_the_demo_does_not_take_is_refused(folder: Path, values, error, message: str) -> None:
    with pytest.raises(error) as caught:
        DemoWidget(folder, **values)
    assert str(caught.value) == message


def test_a_concept_that_does_not_exist_is_an_error(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(
        LookupError, match=r"'optimization/smoothing' is neither .* Did you mean 'optimization/label-smoothing'"
    ):
        DemoWidget("optimization/smoothing")
    with pytest.raises(LookupError, match="is neither a concept of onewarm nor a concept folder"):
        DemoWidget(tmp_path / "none")
    with pytest.raises(TypeError, match="needs a concept"):
        DemoWidget()
    (folder / "demo.js").write_text('import { x } from "d3";\n' + DEMO, encoding="utf-8")
    with pytest.raises(ConceptError, match=r"demo\.js:1: import from 'd3'"):
        DemoWidget(folder)
    (folder / "demo.js").unlink()
    with pytest.raises(LookupError, match=r"has no demo\.js: this concept has no demo yet"):
        DemoWidget(folder)


HOST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Host</title><main></main><script type="module">
class Model extends EventTarget {
  constructor(values) { super(); this.values = values; this.news = {}; }
  get(key) { return this.values[key]; }
  set(key, value) { this.take({ [key]: value }); this.news[key] = value; }
  take(values) {
    for (const [key, value] of Object.entries(values)) {
      this.values[key] = value;
      this.dispatchEvent(new Event(`change:${key}`));
    }
  }
  on(name, listen) { this.addEventListener(name, listen); }
  off(name, listen) { this.removeEventListener(name, listen); }
  save_changes() { const news = this.news; this.news = {}; window.python(JSON.stringify(news)); }
}
const values = JSON.parse(await window.start());
const demo = await import(URL.createObjectURL(new Blob([values._esm], { type: "text/javascript" })));
window.model = new Model(values);
demo.default.render({ model, el: document.querySelector("main") });
</script></html>"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(HOST.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.browser
def test_page_and_python_follow_each_other(tab) -> None:
    from onewarm.widgets import LogitLab

    lab = LogitLab([2.0, 1.0, 0.0], [0.7, 0.2, 0.1])
    changes: list[str] = []
    lab.observe(lambda change: changes.append(change["name"]), ["logits", "alpha", "label", "recipe", "view"])
    server = HTTPServer(("127.0.0.1", 0), _Page)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        tab.expose_function("start", lambda: json.dumps(lab.get_state()))
        tab.expose_function("python", lambda news: lab.set_state(json.loads(news)))
        tab.goto(f"http://127.0.0.1:{server.server_port}/")
        tab.get_by_role("slider", name="logit of class 0").press("ArrowRight")
        tab.wait_for_timeout(0)  # until Python has heard
        assert lab.logits == [2.1, 1.0, 0.0] and lab.state["by"] == "user"
        assert lab.state["loss"] == pytest.approx(lab.loss, rel=1e-12)
        tab.get_by_role("slider", name="Smoothing α").press("ArrowLeft")
        tab.wait_for_timeout(0)
        assert lab.alpha == 0.99
        tab.get_by_label("true class: class 2").check()
        tab.wait_for_timeout(0)
        assert lab.label == 2
        tab.locator("label", has_text="prior").click()
        tab.wait_for_timeout(0)
        assert lab.recipe == "prior" and changes == ["logits", "alpha", "label", "recipe"]
        assert lab.state["gradient"] == pytest.approx(
            lab.gradient, abs=1e-12
        )  # the page's row and Python's are the same
        lab.show([0.0, 1.0, 2.0, 9.0], 3)
        tab.evaluate(
            "values => model.take(values)", lab.get_state(["logits", "label", "alpha", "recipe", "prior", "classes"])
        )
        assert tab.get_by_role("slider", name="logit of class 3").get_attribute("aria-valuenow") == "9"
        assert lab.state["by"] == "host" and lab.state["loss"] == pytest.approx(lab.loss, rel=1e-12)
        tab.wait_for_function("() => model.get('address').startsWith('z=0,1,2,9')")
        tab.wait_for_timeout(0)
        assert lab.address.startswith("z=0,1,2,9&alpha=0&label=3&recipe=uniform&view=before&data=overconfident&seed=1&")
    finally:
        server.shutdown()
        server.server_close()

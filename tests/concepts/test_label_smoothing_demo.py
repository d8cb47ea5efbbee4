"""The logit demo in a real browser: its arithmetic against the library's, its controls, its address, its manners."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

import onewarm as ow

pytestmark = pytest.mark.browser

DEMO = Path(ow.__file__).parent / "concepts/optimization/label-smoothing/demo.js"
ORIGIN = {"logits": [3, 1, -0.5, -1], "classes": ["cat", "dog", "fox", "owl"], "label": 0, "alpha": 0.1}
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
def site() -> Iterator[dict[str, str]]:
    """A loopback server of a page with a strict policy; `site["/"]` is the page, to be written by a test."""
    files = {"/host.js": HOST, "/style.css": STYLE, "/demo.js": DEMO.read_text(encoding="utf-8")}
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
def show(chromium, site) -> Iterator[Callable]:  # type: ignore[no-untyped-def]
    """Opens the demo with a model; at the end: nothing on the console, no request off the origin."""
    contexts, problems = [], []

    def opened(model: dict | None = None, width: int = 1200, page: str = PAGE, **context):  # type: ignore[no-untyped-def]
        text = json.dumps({**ORIGIN, **(model or {})}).replace("<", "\\u003c")
        site["/"] = page.replace("MODEL", text)
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, **context))
        tab = contexts[-1].new_page()
        tab.set_default_timeout(5000)
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


def state(tab) -> dict:  # type: ignore[no-untyped-def]
    return tab.evaluate("() => model.get('state')")


def logit(tab, name: str):  # type: ignore[no-untyped-def]
    return tab.get_by_role("slider", name=f"logit of {name}")


# --- arithmetic ------------------------------------------------------------------------------------------------


def random_states(recipe: str, count: int = 200) -> list[dict]:
    """States of 2 to 8 classes with logits from 0.1 to beyond 1e3, alpha on both sides of 0, rows with zeros."""
    random = np.random.default_rng(["uniform", "prior", "teacher"].index(recipe))
    states = []
    for i in range(count):
        K = 2 + i * 7 // count
        rows = random.dirichlet(np.full(K, 0.5), size=K)
        rows[random.random((K, K)) < 0.1] = 0
        rows[:, 0] += 1e-3
        rows /= rows.sum(1, keepdims=True)
        logits = random.normal(size=K) * 10 ** random.uniform(-1, 3.3)
        alpha = 0.0 if i % 20 == 0 else float(random.uniform(-0.5, 1))
        row = {"uniform": np.full(K, 1 / K), "prior": rows[0], "teacher": rows}[recipe]
        states.append(
            {
                "logits": logits.tolist(),
                "alpha": alpha,
                "label": int(random.integers(K)),
                "recipe": recipe,
                "row": row.tolist(),
            }
        )
    return states


def library(one: dict) -> tuple[float, np.ndarray]:
    z = np.array([one["logits"]])
    t = ow.smooth(np.array([one["label"]]), one["alpha"], num_classes=z.shape[1], prior=np.array(one["row"]))
    loss, gradient = ow.cross_entropy_with_gradient(z, t)
    return float(loss), np.asarray(gradient)[0]


def assert_equal(one: dict, loss: float, gradient: list[float]) -> None:
    true_loss, true_gradient = library(one)
    assert abs(loss - true_loss) <= 1e-12 * max(1, abs(true_loss)), one
    np.testing.assert_allclose(gradient, true_gradient, rtol=0, atol=1e-12)


@pytest.mark.parametrize("recipe", ["uniform", "prior", "teacher"])
def test_arithmetic_and_live_demo_equal_the_library(show, recipe: str) -> None:  # type: ignore[no-untyped-def]
    tab, states = show(), random_states(recipe)
    pure = tab.evaluate(
        """states => states.map(({logits, alpha, label, recipe, row}) => {
             const a = demo.arithmetic, t = a.target(label, alpha, a.recipeRow(recipe, logits.length, label, row));
             return [a.crossEntropy(logits, t), a.gradient(logits, t)]; })""",
        states,
    )
    live = tab.evaluate(
        """states => states.map(({row, ...state}) => {
             if (state.recipe !== "uniform") model.set(state.recipe, row);
             model.set("state", state);
             const {loss, gradient} = model.get("state");
             return [loss, gradient]; })""",
        states,
    )
    for one, (loss, gradient), (live_loss, live_gradient) in zip(states, pure, live, strict=True):
        assert_equal(one, loss, gradient)
        assert (live_loss, live_gradient) == (loss, gradient)


def test_optimum_and_minimiser_are_where_the_gradient_is_zero(show) -> None:  # type: ignore[no-untyped-def]
    found = show().evaluate(
        """() => {
          const a = demo.arithmetic, z = [3, 1, -0.5, -1], soft = a.target(0, 0.1, [.25, .25, .25, .25]), hard = a.target(0, 0, [0, 0, 0, 0]);
          const along = [0, 1, 2, 3].map(k => { const {at, loss} = a.optimum(z, soft, k), w = z.with(k, at); return [a.gradient(w, soft)[k], loss - a.crossEntropy(w, soft)]; });
          const best = a.minimiser(z, soft);
          return {along, best, floor: a.entropy(soft), at: a.crossEntropy(best, soft), gradient: a.gradient(best, soft),
                  hard: [0, 1].map(k => a.optimum(z, hard, k)), none: a.minimiser(z, hard), tiny: a.crossEntropy([40, 0], [1, 0]), below: a.entropy([1.1, -0.1])};
        }"""
    )
    assert np.abs(found["along"]).max() < 1e-15
    assert np.abs(found["gradient"]).max() < 1e-15
    assert found["at"] == pytest.approx(found["floor"], abs=1e-15)
    assert found["floor"] == pytest.approx(-0.925 * np.log(0.925) - 3 * 0.025 * np.log(0.025), abs=1e-15)
    assert found["best"][0] - found["best"][1] == pytest.approx(np.log(1 + 4 * 0.9 / 0.1))  # log(1 + K (1 - a) / a)
    assert sum(found["best"]) == pytest.approx(2.5)  # steps keep the sum of the logits
    assert found["hard"][0] == {"at": float("inf"), "loss": 0} and found["none"] is None
    assert found["hard"][1] == {"at": float("-inf"), "loss": pytest.approx(np.logaddexp.reduce([3, -0.5, -1]) - 3)}
    assert found["tiny"] == pytest.approx(np.exp(-40), rel=1e-12)  # not rounded to 0
    assert found["below"] == float("-inf")


def test_a_gradient_step_moves_each_logit_by_its_gap_and_the_run_ends_at_the_minimum(show) -> None:  # type: ignore[no-untyped-def]
    tab = show(reduced_motion="reduce")
    gradient = library({**ORIGIN, "row": [0.25] * 4})[1]
    tab.get_by_role("button", name="Gradient step").click()
    np.testing.assert_allclose(state(tab)["logits"], np.array(ORIGIN["logits"]) - gradient, atol=1e-15)
    tab.get_by_role("button", name="Run to minimum").click()
    at = state(tab)
    assert np.abs(at["gradient"]).max() < 1e-15 and at["loss"] == pytest.approx(at["floor"])
    tab.get_by_text("At the minimum after").wait_for(state="attached")
    tab.get_by_role("slider", name="Smoothing α").press("Home")
    tab.get_by_role("button", name="Run to minimum").click()
    assert 0 < state(tab)["loss"] < 1e-3
    tab.get_by_text("this target has no minimum").wait_for(state="attached")
    tab.get_by_role("button", name="Reset").click()
    assert state(tab)["logits"] == ORIGIN["logits"] and state(tab)["alpha"] == 0.1


def test_the_run_moves_frame_by_frame_and_can_be_stopped(show) -> None:  # type: ignore[no-untyped-def]
    tab = show({"alpha": 0})
    tab.get_by_role("button", name="Run to minimum").click()
    tab.get_by_role("button", name="Stop").click()
    stopped = state(tab)["logits"]
    assert 3 < stopped[0] < 8
    tab.get_by_role("button", name="Run to minimum").wait_for()
    tab.wait_for_timeout(100)
    assert state(tab)["logits"] == stopped


# --- what is seen ----------------------------------------------------------------------------------------------


def test_the_first_state_is_the_origin_pages(show) -> None:  # type: ignore[no-untyped-def]
    tab = show()
    assert tab.locator(".readout").inner_text() == "loss 0.4063"
    assert [n.split()[-1] for n in tab.locator(".row:not(.head) .num-g").all_inner_texts()] == [
        "−0.080",
        "+0.089",
        "+0.001",
        "−0.010",
    ]
    assert tab.locator(".losses td").all_inner_texts()[1:3] == ["0.4063", "0.1688"]
    assert (
        logit(tab, "cat").get_attribute("aria-valuetext")
        == "3.0; probability 0.845, target 0.925, gradient −0.080, pushed up"
    )


def test_the_gap_spans_from_the_bars_end_to_the_tick(show) -> None:  # type: ignore[no-untyped-def]
    tab = show({"logits": [0, 2, 0.5, -1], "label": 2, "alpha": 0.3})
    tab.wait_for_timeout(50)
    for row in tab.locator(".row[data-pull]").all():
        bar, gap, tick = (row.locator(f".{name}").bounding_box() for name in ("bar", "gap", "tick"))
        ends = sorted([bar["x"] + bar["width"], tick["x"] + tick["width"] / 2])
        assert [gap["x"], gap["x"] + gap["width"]] == pytest.approx(ends, abs=0.6)


@pytest.mark.parametrize("one", random_states("uniform", 7), ids=lambda one: f"K={len(one['logits'])}")
def test_the_table_mirrors_the_picture(show, one: dict) -> None:  # type: ignore[no-untyped-def]
    tab = show({**one, "classes": None})
    tab.get_by_text("The same picture as a table").click()
    table = [
        [cell.replace("−", "-") for cell in row.locator("td").all_inner_texts()]
        for row in tab.locator(".numbers tbody tr").all()
    ]
    loss, gradient = library(one)
    numbers = np.array(table, float)
    np.testing.assert_allclose(numbers[:, 0], one["logits"], atol=5.1e-5)
    np.testing.assert_allclose(numbers[:, 3], gradient, atol=5.1e-7)
    np.testing.assert_allclose(numbers[:, 1] - numbers[:, 2], gradient, atol=1.1e-6)
    assert f"loss {loss:.4f}".replace("-", "−") in tab.locator(".numbers caption").inner_text()


def test_the_table_follows_a_change_and_the_change_is_announced(show) -> None:  # type: ignore[no-untyped-def]
    tab = show()
    assert tab.locator(".sr[role=status]").inner_text() == ""
    logit(tab, "dog").press("PageUp")
    assert tab.locator(".numbers tbody tr").nth(1).locator("td").first.text_content() == "2.0000"
    tab.locator(".sr[role=status]").filter(has_text="Loss 0.").wait_for(state="attached")


@pytest.mark.parametrize("width", [360, 560, 760, 1040, 1200, 1500])
def test_no_width_overflows_or_shrinks_the_text(show, width: int) -> None:  # type: ignore[no-untyped-def]
    names = [
        "an unreasonably-long-name-without-an-end-in-sight",
        "قطة",
        "<script>alert(1)</script>",
        "owl",
        "",
        "a",
        "b",
        "c",
    ]
    tab = show({"classes": names, "logits": [3, 1, -0.5, -1, 0, 2, -4, 5], "calibration": study()}, width=width)
    tab.get_by_text("The same picture as a table").click()
    tab.locator(".calibration").scroll_into_view_if_needed()
    assert tab.evaluate("() => document.documentElement.scrollWidth") == width
    smallest = """() => { const root = document.querySelector(".onewarm-logit-demo").shadowRoot;
      return Math.min(...[...root.querySelectorAll("*")].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.tagName !== "STYLE")
        .map(e => parseFloat(getComputedStyle(e).fontSize) * (e.ownerSVGElement ? e.ownerSVGElement.getBoundingClientRect().width / e.ownerSVGElement.viewBox.baseVal.width : 1))); }"""
    assert tab.evaluate(smallest) >= 12


def test_dark_follows_the_page(show) -> None:  # type: ignore[no-untyped-def]
    paper = "() => getComputedStyle(document.querySelector('.onewarm-logit-demo').shadowRoot.querySelector('.root')).backgroundColor"
    assert show(color_scheme="light").evaluate(paper) == "rgb(255, 255, 255)"
    assert show(color_scheme="dark").evaluate(paper) == "rgb(20, 24, 31)"
    # A page that decided for light stays light for a reader who prefers dark.
    assert (
        show(color_scheme="dark", page=PAGE.replace("<html", "<html class=light")).evaluate(
            "() => { document.documentElement.style.colorScheme = 'light'; return (" + paper + ")(); }"
        )
        == "rgb(255, 255, 255)"
    )


def test_reduced_motion_glides_nowhere(show) -> None:  # type: ignore[no-untyped-def]
    glides = "() => { model.set('state', {alpha: 0.3}); return document.querySelector('.onewarm-logit-demo').shadowRoot.querySelector('.root').classList.contains('glide'); }"
    assert show(reduced_motion="reduce").evaluate(glides) is False
    assert show(reduced_motion="no-preference").evaluate(glides) is True


def test_the_charts_wait_until_they_are_near_the_screen(show) -> None:  # type: ignore[no-untyped-def]
    tab = show(
        {"calibration": study()}, width=360
    )  # on a phone, the loss lies below the rows and calibration far below
    drawn = tab.locator(".calibration .line")
    tab.locator(".curve.soft[d]").wait_for(state="attached")
    assert drawn.count() == 0
    tab.locator(".calibration").scroll_into_view_if_needed()
    drawn.first.wait_for(state="attached")


# --- controls --------------------------------------------------------------------------------------------------


def test_every_control_is_reached_and_moved_from_the_keyboard(show) -> None:  # type: ignore[no-untyped-def]
    tab = show({"calibration": study()})
    where = """() => {
      let e = document.activeElement;
      while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
      if (!e || e === document.body) return null;
      return [e.getAttribute("aria-label") ?? "", e.value || e.textContent, e.type ?? e.tagName].join("|"); }"""
    seen: list[str] = []
    for _ in range(30):
        tab.keyboard.press("Tab")
        here = tab.evaluate(where)
        if here is None or here in seen:
            break
        seen.append(here)
        kind = here.rsplit("|", 1)[1]
        before = state(tab)
        if kind == "range":
            tab.keyboard.press("ArrowRight")
            assert state(tab)["alpha"] == 0.11
        elif "|uniform|" in here:
            tab.keyboard.press("ArrowRight")
            assert state(tab)["recipe"] == "prior"
        elif here.startswith("true class"):
            tab.keyboard.press("ArrowDown")
            assert state(tab)["label"] == 1
            tab.keyboard.press("ArrowUp")  # back, or the next Tab would start from that row
        elif here.startswith("logit of"):
            k = ORIGIN["classes"].index(here.split("|")[0].removeprefix("logit of "))
            for key, value in [
                ("ArrowUp", 0.1),
                ("ArrowLeft", 0),
                ("PageUp", 1),
                ("PageDown", 0),
                ("Shift+ArrowRight", 0.01),
                ("Shift+ArrowDown", 0),
            ]:
                start = ORIGIN["logits"][k]
                tab.keyboard.press(key)
                assert state(tab)["logits"][k] == pytest.approx(start + value), key
            tab.keyboard.press("Home")
            assert state(tab)["logits"][k] == -6
            tab.keyboard.press("End")
            assert state(tab)["logits"][k] == 6
            tab.evaluate("([k, v]) => model.set('state', {logits: model.get('state').logits.with(k, v)})", [k, start])
        elif kind == "select-one":
            tab.keyboard.press("ArrowDown")
            assert state(tab)["pick"] == 0
        elif "|before|" in here:
            tab.keyboard.press("ArrowRight")
            assert state(tab)["view"] == "after"
        elif "Gradient step" in here:
            tab.keyboard.press("Enter")
            assert state(tab)["logits"] != before["logits"]
        elif "Reset" in here:
            tab.keyboard.press("Space")
            assert state(tab)["logits"] == ORIGIN["logits"]
    kinds = [one.rsplit("|", 1)[1] for one in seen]
    assert kinds.count("range") == 1 and kinds.count("radio") == 3 and kinds.count("button") == 3
    assert kinds.count("DIV") == 4 and kinds.count("select-one") == 1 and kinds.count("SUMMARY") == 1


def test_a_logit_is_dragged_and_touches_only_its_own(show) -> None:  # type: ignore[no-untyped-def]
    tab = show()
    lane = tab.locator(".row[data-pull] .track.z .lane").nth(2).bounding_box()
    x = lambda z: lane["x"] + lane["width"] * (z + 6) / 12  # noqa: E731
    y = lane["y"] + lane["height"] / 2
    tab.mouse.move(x(-0.5), y)
    tab.mouse.down()
    tab.mouse.move(x(1.0), y + 60, steps=4)
    tab.mouse.move(x(2.0), y + 200)
    assert state(tab)["logits"] == [3, 1, 2, -1]
    tab.mouse.move(x(99), y)
    tab.mouse.up()
    tab.mouse.move(x(0), y)
    assert state(tab)["logits"] == [3, 1, 6, -1] and state(tab)["by"] == "user"


def test_an_axis_widens_for_a_large_logit_and_not_under_the_hand(show) -> None:  # type: ignore[no-untyped-def]
    tab = show({"logits": [8, 1, 0, -1000]})
    assert logit(tab, "cat").get_attribute("aria-valuemax") == "1000"
    logit(tab, "owl").press("End")
    assert state(tab)["logits"][3] == 1000
    logit(tab, "owl").press("PageDown")
    assert state(tab)["logits"][3] == 900
    tab.evaluate("model.set('state', {logits: [8, 1, 0, 0]})")
    assert logit(tab, "owl").get_attribute("aria-valuemax") == "1000"
    logit(tab, "owl").blur()
    tab.evaluate("model.set('state', {logits: [7, 1, 0, 0]})")
    assert logit(tab, "owl").get_attribute("aria-valuemax") == "10"


# --- state, address, host --------------------------------------------------------------------------------------


def test_the_address_carries_the_whole_state_to_another_page(show) -> None:  # type: ignore[no-untyped-def]
    tab = show()
    assert tab.evaluate("model.get('address') ?? null") is None  # untouched: no address is written
    logit(tab, "fox").press("Shift+ArrowUp")
    tab.get_by_role("slider", name="Smoothing α").press("PageUp")
    tab.get_by_label("true class: dog").check()
    tab.locator("label", has_text="teacher").click()
    tab.get_by_role("combobox", name="Loss along the logit of").select_option(label="owl")
    tab.get_by_role("button", name="Gradient step").click()
    tab.wait_for_timeout(250)
    address, left = tab.evaluate("model.get('address')"), state(tab)
    other = show({"address": "?" + address})
    other.evaluate("model.set('state', {highlight: 'gap'})")
    right = state(other)
    for key in ("logits", "alpha", "label", "recipe", "pick", "view", "loss", "gradient"):
        assert right[key] == left[key], key


HOSTILE = [
    "", "?", "z", "z=&alpha=&label=&recipe=", "z=1,2", "z=1,2,3,4,5", "z=NaN,1,2,3", "z=Infinity,1,2,3", "z=1e999,0,0,0", "z=0x10,1,2,3",
    "z=1,,2,3", "z=1 ,2,3,4 5", "alpha=NaN", "alpha=2", "alpha=-1.5", "alpha=__proto__", "label=-1", "label=4", "label=1.5", "label=cat",
    "recipe=__proto__", "recipe=<script>alert(1)</script>", "recipe=constructor", "pick=9", "view=../..", "__proto__[alpha]=0.3",
    "z=" + "9," * 9000, "z=%00%ff%zz", "z=<img src=x onerror=alert(1)>",
]  # fmt: skip


def test_a_malformed_address_changes_nothing(show) -> None:  # type: ignore[no-untyped-def]
    tab = show()
    assert tab.evaluate("texts => texts.map(text => demo.address.parse(text, 4))", HOSTILE) == [{}] * len(HOSTILE)
    assert tab.evaluate("[null, 7, {}, ['z=1,2,3,4']].map(value => demo.address.parse(value, 4))") == [{}] * 4
    tab = show({"address": "z=9,9,9&alpha=0.2&label=77&recipe=<b>"})  # what is valid is taken, the rest left out
    tab.evaluate("model.set('state', {highlight: 'bar'})")
    assert (state(tab)["logits"], state(tab)["alpha"], state(tab)["label"], state(tab)["recipe"]) == (
        ORIGIN["logits"],
        0.2,
        0,
        "uniform",
    )


def test_the_host_moves_the_demo_and_hears_it_once(show) -> None:  # type: ignore[no-untyped-def]
    tab = show()
    tab.evaluate(
        "() => { window.heard = []; for (const key of ['state', 'logits', 'alpha', 'label', 'recipe', 'address']) model.on(`change:${key}`, () => heard.push(key)); }"
    )
    tab.evaluate("model.set('state', {alpha: 0.2, label: 1, pick: 0, highlight: 'gap'})")
    assert sorted(tab.evaluate("heard")) == ["alpha", "label", "recipe", "state", "state"]  # recipe: it was never given
    assert state(tab)["by"] == "host" and state(tab)["logits"] == ORIGIN["logits"]
    assert tab.locator(".root").get_attribute("data-highlight") == "gap"
    tab.evaluate(
        "() => { heard.length = 0; model.set('state', model.get('state')); model.set('state', {highlight: 'nonsense', alpha: 'x', logits: [1, null]}); }"
    )
    assert tab.evaluate("heard") == ["state", "state"]  # nothing new, so nothing is said back
    tab.evaluate("model.set('state', {highlight: null})")
    assert tab.locator(".root").get_attribute("data-highlight") is None
    for key, value in {"logits": [1, 2, 3], "alpha": 0.4, "label": 2, "recipe": "prior"}.items():
        tab.evaluate("([key, value]) => model.set(key, value)", [key, value])
        assert state(tab)[key] == value
    assert tab.get_by_role("slider", name="logit of").count() == 3  # another number of classes: rebuilt
    tab.evaluate("model.set('address', 'z=0,0,1&alpha=0')")
    assert state(tab)["logits"] == [0, 0, 1]
    assert tab.locator(".readout").inner_text() == f"loss {np.logaddexp.reduce([0, 0, 1]) - 1:.4f}"


@pytest.mark.parametrize("name", ["logit", "bar", "tick", "gap", "curve", "minimum", "alpha", "calibration"])
def test_each_highlight_names_something_on_the_page(show, name: str) -> None:  # type: ignore[no-untyped-def]
    tab = show({"calibration": study()})
    tab.evaluate("name => model.set('state', {highlight: name})", name)
    assert tab.locator(".root").get_attribute("data-highlight") == name
    assert tab.locator(f"[data-object={name}]").count() > 0


def test_a_row_that_is_no_distribution_is_refused_in_words(show) -> None:  # type: ignore[no-untyped-def]
    tab = show({"recipe": "prior", "prior": [2, -1, 0, 0]})
    assert "The prior row given here is not a distribution over 4 classes" in tab.locator(".why").inner_text()
    tab.evaluate("model.set('prior', [0.4, 0.3, 0.2, 0.1])")
    assert "not a distribution" not in tab.locator(".why").inner_text()
    assert tab.locator(".row[data-pull] .num-t").all_inner_texts() == ["0.940", "0.030", "0.020", "0.010"]


def test_cleanup_leaves_nothing_behind(show) -> None:  # type: ignore[no-untyped-def]
    tab = show()
    logit(tab, "cat").press("ArrowUp")
    tab.evaluate(
        "() => { cleanup(); model.set('state', {alpha: 0.5}); model.set('alpha', 0.4); model.set('calibration', null); }"
    )
    assert tab.locator("main.demo").inner_html() == ""
    assert tab.evaluate("model.get('address')").startswith("z=3.1,1,-0.5,-1&alpha=0.1")  # what was pending was written
    tab.evaluate("() => { window.cleanup = demo.default.render({ model, el: document.querySelector('.demo') }); }")
    assert tab.get_by_role("slider", name="logit of").count() == 4


# --- calibration -----------------------------------------------------------------------------------------------


def report(title: str, ece: dict[float, float], confidence: float) -> dict:
    """A study report as small as one can be: hard and smoothed arms with this ECE."""
    arms = {alpha: "hard" if alpha == 0 else f"smooth:{alpha}" for alpha in ece}
    bins = [
        {"lower": i / 15, "upper": (i + 1) / 15, "count": i, "confidence": (i + 0.5) / 15, "accuracy": i / 15}
        for i in range(15)
    ]
    estimate = lambda value: {"mean": value, "interval": [value - 0.01, value + 0.01], "values": [value] * 20}  # noqa: E731
    return {
        "format": 1, "dataset": {"key": "k", "title": title}, "arms": list(arms.values()), "seeds": list(range(20)),
        "metrics": {arm: {"ece": estimate(ece[a]), "ece_after": estimate(0.02), "accuracy": estimate(0.9), "mean_confidence": estimate(confidence - a), "temperature": estimate(1.5 - a)} for a, arm in arms.items()},
        "comparisons": [{"arm": arm, "baseline": "hard", "metric": metric, "mean": d, "interval": [d - 0.01, d + 0.01]}
                        for a, arm in arms.items() if a for metric, d in (("ece", ece[a] - ece[0]), ("ece_after", 0.001))],
        "reliability": {arm: {"before": {"bins": bins, "ece": ece[a]}, "after": {"bins": bins, "ece": 0.02}, "temperature": 1.5} for a, arm in arms.items()},
    }  # fmt: skip


def study() -> dict:
    return {
        "overconfident": report("Noisy <b>digits</b>", {0: 0.13, 0.05: 0.08, 0.1: 0.06, 0.2: 0.13}, 0.95),
        "calibrated": report("Digits", {0: 0.02, 0.05: 0.09, 0.1: 0.15, 0.2: 0.25}, 0.97),
    }


def test_one_slider_two_verdicts(show) -> None:  # type: ignore[no-untyped-def]
    tab = show({"calibration": study()})
    tab.locator(".calibration").scroll_into_view_if_needed()
    verdicts = lambda: [v.split("\n")[-1] for v in tab.locator(".verdict").all_inner_texts()]  # noqa: E731
    assert verdicts() == [
        "Smoothing 0.10 lowers ECE by 0.070 [0.060, 0.080].",
        "Smoothing 0.10 raises ECE by 0.130 [0.120, 0.140].",
    ]
    assert tab.locator(".subtitle").all_inner_texts() == ["Noisy <b>digits</b>, 20 seeds", "Digits, 20 seeds"]
    assert tab.locator(".card").first.locator("dd").all_inner_texts() == [
        "0.060 [0.050, 0.070]",
        "0.850",
        "0.900",
        "1.40",
    ]
    assert tab.locator(".card").first.locator(".bin:visible").count() == 14  # one bin is empty
    tab.get_by_role("slider", name="Smoothing α").press("End")
    assert verdicts()[0] == "Smoothing 0.20 changes ECE by 0.000 [−0.010, 0.010]: no clear change."
    assert "nearest to your 0.50: 0.20" in tab.locator(".note").first.inner_text()
    tab.get_by_role("slider", name="Smoothing α").press("Home")
    assert all(v.startswith("Hard targets: the baseline") for v in verdicts())
    tab.evaluate("model.set('state', {alpha: 0.05})")
    tab.locator("label", has_text="after a fitted temperature").click()
    assert verdicts()[0].startswith("After its temperature, smoothing 0.05 changes ECE by +0.001")
    assert state(tab)["view"] == "after"


def test_without_a_study_the_demo_says_what_would_measure_it(show) -> None:  # type: ignore[no-untyped-def]
    tab = show({"calibration": None})
    tab.locator(".calibration").scroll_into_view_if_needed()
    tab.get_by_text("No study has run yet").wait_for()
    assert tab.locator(".verdict").all_inner_texts() == ["Not measured yet."] * 2
    tab.evaluate("data => model.set('calibration', data)", {"overconfident": None, "calibrated": study()["calibrated"]})
    assert tab.locator(".verdict").nth(1).inner_text().endswith("raises ECE by 0.130 [0.120, 0.140].")


@pytest.mark.parametrize("broken", [7, "x", [], {"overconfident": 3}, {"calibrated": {"arms": "hard"}}, {"calibrated": {"arms": ["hard", None, "smooth:x"]}},
                                    {"overconfident": {"arms": ["hard"], "metrics": {"hard": {"ece": {"mean": "0.1"}}}}}])  # fmt: skip
def test_a_broken_report_is_no_report(show, broken: object) -> None:  # type: ignore[no-untyped-def]
    tab = show({"calibration": broken})
    tab.locator(".calibration").scroll_into_view_if_needed()
    assert tab.locator(".verdict").all_inner_texts() == ["Not measured yet."] * 2

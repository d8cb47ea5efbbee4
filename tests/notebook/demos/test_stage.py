"""A demo on a page's stage: scenes, the room that charts get, text of another size, and answers by pointing."""

import pytest

pytestmark = pytest.mark.browser

DEMO = """() => {
  window.model = { values: { layout: LAYOUT }, heard: {},
    get(key) { return this.values[key]; },
    set(key, value) { this.values[key] = value; for (const f of this.heard[`change:${key}`] ?? []) f(); },
    on(key, f) { (this.heard[key] ??= []).push(f); }, off() {}, save_changes() {} };
  const box = document.createElement("main");
  box.style.cssText = "width: 600px; height: 500px";
  document.body.append(box);
  kit.widget({
    name: "try", label: "Try", traits: ["x"], highlights: ["dot"],
    fields: { x: kit.number(0, 0, 1) }, derive: (state) => ({ ...state }),
    scenes: { one: { title: "First", panes: ["slider", "chart"] }, two: { title: "Second", panes: ["words"] } },
    build(ctx) {
      const x = kit.range({ id: "x", label: ["x"], min: 0, max: 1, step: 0.1, change: (v) => ctx.change({ x: v }), object: "slider" });
      const plot = kit.chart("A chart");
      const dot = kit.svgElement("circle", { r: 5, "data-object": "dot", cx: 100, cy: 60 });
      plot.svg.append(dot);
      const node = kit.element("section", { class: "pane fill" }, plot.figure);
      const words = kit.element("p", {}, "Words");
      const draw = (view, width, room) => {
        window.room = room(plot.figure);
        if (window.room.width) plot.ground(window.room.width, window.room.height ?? 100, "", () => [kit.svgElement("text", { y: 20 }, "text")]);
      };
      return { nodes: [x.node, node, words], panes: [
        { name: "slider", node: x.node, draw: (view) => x.draw(view.x) },
        { name: "chart", node, figures: [plot.figure], draw }, { name: "words", node: words }] };
    },
  }).render({ model, el: box });
}"""  # noqa: E501


@pytest.fixture
def demo(kit):
    def opened(layout: str):
        tab = kit(
            "widget",
            "widget",
            fields=("number",),
            controls=("range",),
            chart=("chart",),
            dom=("element", "svgElement"),
        )
        tab.evaluate(DEMO.replace("LAYOUT", f'"{layout}"'))
        tab.locator("svg[viewBox]").wait_for()
        return tab

    return opened


def test_the_stage_shows_a_scene_and_gives_its_chart_the_room(demo) -> None:
    tab = demo("stage")
    assert tab.get_by_text("Words").is_hidden() and tab.locator("svg").is_visible()
    room = tab.evaluate("room")
    box = tab.locator("svg").bounding_box()
    assert 350 < room["height"] < 500 and box["height"] == pytest.approx(room["height"], abs=1)
    root = "document.querySelector('.onewarm-try-demo').shadowRoot.querySelector('.root')"
    assert tab.evaluate(f"{root}.scrollHeight <= {root}.clientHeight")
    tab.get_by_role("radio", name="Second").check()
    assert tab.get_by_text("Words").is_visible() and tab.locator("svg").is_hidden()
    assert tab.evaluate("model.get('state').scene") == "two"
    tab.evaluate("model.set('state', {scene: 'one'})")
    assert tab.locator("svg").is_visible() and tab.get_by_role("radio", name="First").is_checked()


def test_elsewhere_all_panes_are_shown_and_a_chart_chooses_its_height(demo) -> None:
    tab = demo("full")
    assert tab.get_by_text("Words").is_visible() and tab.locator("svg").is_visible()
    assert tab.evaluate("room.height") is None and tab.get_by_role("radio").count() == 0


@pytest.mark.parametrize("layout", ["stage", "full"])
def test_larger_text_makes_all_larger(demo, layout: str) -> None:
    tab = demo(layout)
    sizes = """() => { const root = document.querySelector('.onewarm-try-demo').shadowRoot;
      return [parseFloat(getComputedStyle(root.querySelector('label')).fontSize),
              root.querySelector('svg text').getBoundingClientRect().height]; }"""
    before, units = tab.evaluate(sizes), tab.evaluate("room.width")
    tab.evaluate("document.documentElement.style.fontSize = '200%'")
    tab.wait_for_function("units => room.width < 0.6 * units", arg=units)
    assert tab.evaluate(sizes) == pytest.approx([2 * size for size in before], rel=0.1)


def test_pointing_answers_with_the_marks_name_and_moves_nothing(demo) -> None:
    tab = demo("stage")
    tab.evaluate("model.set('pointing', true)")
    dot = tab.locator("circle").bounding_box()
    tab.mouse.click(dot["x"] + dot["width"] + 3, dot["y"])  # near it is enough
    assert tab.evaluate("model.get('pointed')") == "dot"
    tab.locator("input[type=range]").press("Enter")
    assert tab.evaluate("model.get('pointed')") == "slider" and tab.evaluate("model.get('x')") == 0
    tab.get_by_role("radio", name="Second").check()  # tabs go on to work
    assert tab.evaluate("model.get('state').scene") == "two"
    tab.evaluate("model.set('pointing', false); model.set('pointed', null); model.set('state', {scene: 'one'})")
    tab.mouse.click(dot["x"] + 2, dot["y"] + 2)
    assert tab.evaluate("model.get('pointed')") is None

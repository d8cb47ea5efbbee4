"""Sliders that a demo draws: their keys, their ends, and axes that grow with the values."""

import pytest

pytestmark = pytest.mark.browser

# A slider on a growing axis, of a size that makes a pixel of drag a hundredth of the lane.
MADE = """() => {
  window.value = 0;
  window.axis = kit.growingAxis({ least: 6 });
  window.draw = () => { axis.fit([value], document.body); slider.draw(value, `value ${value}`); };
  window.slider = kit.laneSlider({
    label: "a value", along: axis, object: "value", get: () => value, set: (v) => { value = v; draw(); } });
  document.body.append(slider.node);
  document.body.style.margin = slider.node.style.margin = 0;
  slider.node.style.cssText = "position: relative; width: 600px; height: 40px";
  slider.node.firstChild.style.cssText = "position: relative; height: 100%";
  draw();
}"""


@pytest.fixture
def slider(kit):
    tab = kit("slider", "growingAxis", "laneSlider")
    tab.evaluate(MADE)
    return tab


def press(tab, *keys: str) -> float:
    for key in keys:
        tab.get_by_role("slider", name="a value").press(key)
    return tab.evaluate("value")


@pytest.mark.parametrize(
    ("key", "moved"),
    [
        *(("ArrowRight", 0.1), ("ArrowUp", 0.1), ("ArrowLeft", -0.1), ("ArrowDown", -0.1)),
        *(("PageUp", 1.0), ("PageDown", -1.0), ("Shift+ArrowUp", 0.01), ("Shift+ArrowDown", -0.01)),
        *(("Home", -6.0), ("End", 6.0), ("a", 0.0), ("Control+ArrowUp", 0.0)),
    ],
)
def test_each_key_moves_by_its_step(slider, key: str, moved: float) -> None:
    assert press(slider, key) == pytest.approx(moved, abs=1e-12)


def test_a_wide_axis_has_wider_steps(slider) -> None:
    slider.evaluate("value = 80; draw()")
    assert slider.evaluate("axis.ends()") == [-100, 100]
    assert press(slider, "ArrowUp") == pytest.approx(81)  # a twentieth of the axis, a tenth of that
    assert press(slider, "Home") == -100


def test_a_slider_says_its_ends_its_value_and_its_text(slider) -> None:
    press(slider, "PageUp")
    thumb = slider.get_by_role("slider", name="a value")
    names = ("aria-valuemin", "aria-valuemax", "aria-valuenow", "aria-valuetext", "aria-orientation")
    assert [thumb.get_attribute(name) for name in names] == ["-6", "6", "1", "value 1", "horizontal"]


def test_a_drag_goes_where_the_pointer_is_and_stops_at_the_ends(slider) -> None:
    slider.mouse.move(10, 20)
    slider.mouse.down()
    slider.mouse.move(450, 20)
    assert slider.evaluate("value") == pytest.approx(3)  # three quarters of -6 .. 6
    slider.mouse.move(790, 20)
    assert slider.evaluate("value") == 6
    slider.mouse.up()
    slider.mouse.move(100, 20)
    assert slider.evaluate("value") == 6


def test_the_mark_goes_from_0_to_the_value(slider) -> None:
    mark = """v => {
      value = v;
      draw();
      const { left, width } = document.querySelector(".stem").style;
      return [left, width]; }"""
    assert slider.evaluate(mark, 3) == ["50%", "25%"]
    assert slider.evaluate(mark, -6) == ["0%", "50%"]


def test_an_axis_grows_at_once_and_shrinks_only_when_no_slider_is_in_use(slider) -> None:
    ends = "v => { value = v; draw(); return axis.ends(); }"
    assert slider.evaluate(ends, 7) == [-10, 10]
    press(slider, "Home")  # now the thumb has the focus
    assert slider.evaluate(ends, 2) == [-10, 10]
    assert slider.evaluate(ends, -40) == [-50, 50]
    slider.evaluate("document.activeElement.blur()")
    assert slider.evaluate(ends, 2) == [-6, 6]


def test_an_axis_from_0_labels_its_ends_and_its_middle(kit) -> None:
    tab = kit("slider", "growingAxis")
    labels = """() => {
      const axis = kit.growingAxis({ least: 20, signed: false });
      document.body.append(axis.node);
      axis.fit([3, 31], document.body);
      return [axis.ends(), [...axis.node.children].map((node) => [node.textContent, node.style.left])]; }"""
    assert tab.evaluate(labels) == [[0, 50], [["0", "0%"], ["25", "50%"], ["50", "100%"]]]

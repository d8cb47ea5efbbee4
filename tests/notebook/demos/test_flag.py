"""A reader's flag on the axis of a chart: keys, drag, its ends, and when it can no longer be moved."""

import pytest

pytestmark = pytest.mark.browser

MADE = """() => {
  window.place = 3;
  const set = (v) => { place = v; draw(); };
  window.flag = kit.axisFlag({ label: "your flag", get: () => place, set, text: (v) => `at ${v}` });
  window.draw = (more = {}) => flag.draw({ left: 16, right: 416, top: 8, bottom: 108, lo: -4, hi: 4, ...more });
  const box = document.createElement("div");
  document.body.style.margin = 0;
  document.body.append(box);
  box.style.cssText = "position: relative; width: 480px; height: 120px";
  flag.node.style.position = "absolute";
  flag.node.firstChild.style.cssText = "position: relative; height: 100%";
  flag.node.querySelector(".you").style.cssText = "position: absolute; height: 100%; width: 20px; margin-left: -10px";
  box.append(flag.node);
  draw();
}"""


@pytest.fixture
def tab(kit):
    tab = kit("flag", "axisFlag")
    tab.evaluate(MADE)
    return tab


def test_it_is_a_slider_that_keys_move_by_a_place(tab) -> None:
    thumb = tab.get_by_role("slider", name="your flag")
    names = ("aria-valuemin", "aria-valuemax", "aria-valuenow", "aria-valuetext")
    assert [thumb.get_attribute(name) for name in names] == ["-4", "4", "3", "at 3"]
    thumb.press("ArrowRight")
    assert tab.evaluate("place") == pytest.approx(3.1)
    thumb.press("PageUp")
    thumb.press("End")
    assert tab.evaluate("place") == 4
    thumb.press("Home")
    assert tab.evaluate("place") == -4 and thumb.get_attribute("aria-valuetext") == "at -4"


def test_it_stands_over_its_value_and_follows_the_pointer(tab) -> None:
    box = tab.locator(".you").bounding_box()
    assert box["x"] + 10 == pytest.approx(16 + 400 * 7 / 8, abs=0.5) and box["height"] == 100
    tab.mouse.move(116, 50)
    tab.mouse.down()
    tab.mouse.up()
    assert tab.evaluate("place") == pytest.approx(-2)


def test_after_the_reveal_it_stays_and_does_not_move(tab) -> None:
    tab.evaluate("draw({ fixed: true })")
    thumb = tab.get_by_role("slider", name="your flag")
    assert thumb.get_attribute("aria-disabled") == "true" and thumb.get_attribute("tabindex") == "-1"
    tab.evaluate("place = null; draw()")
    assert tab.locator(".axis-flag").is_hidden()

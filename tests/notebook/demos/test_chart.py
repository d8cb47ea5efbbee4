"""Charts: axes that are drawn only where they changed, and the lines that charts share."""

import numpy as np
import pytest

pytestmark = pytest.mark.browser


def test_axes_are_drawn_anew_only_for_another_size_or_key(kit) -> None:
    tab = kit("chart", "chart")
    tab.evaluate(
        """() => {
          window.plot = kit.chart("Loss", "wide");
          window.made = 0;
          const line = () => document.createElementNS("http://www.w3.org/2000/svg", "line");
          window.ground = (...of) => plot.ground(...of, () => (made++, [line()]));
        }"""
    )
    calls = [(300, 200, "a"), (300, 200, "a"), (300, 200, "b"), (301, 200, "b"), (301, 201, "b"), (301, 201, "b")]
    found = [tab.evaluate("of => ground(...of)", list(call)) for call in calls]
    assert found == [True, False, True, True, True, False] and tab.evaluate("made") == 4
    assert tab.evaluate("[plot.svg.getAttribute('viewBox'), plot.svg.style.height]") == ["0 0 301 201", "12.5625rem"]
    assert tab.evaluate("plot.svg.querySelectorAll('.gridlines > line').length") == 1
    assert tab.evaluate("[plot.figure.className, plot.svg.getAttribute('aria-label')]") == ["figure wide", "Loss"]


@pytest.mark.parametrize("slope", [0.0, 2.0, -0.5, -64.6])
def test_a_tangent_is_centred_has_its_length_and_its_slope(kit, slope: float) -> None:
    tab = kit("chart", "tangentAt", numbers=("scale",))
    ends = tab.evaluate(
        "slope => kit.tangentAt(kit.scale(0, 1, 40, 340), kit.scale(0, 5, 200, 20), [0.25, 2], slope, 30)", slope
    )
    x1, x2, y1, y2 = (float(ends[name]) for name in ("x1", "x2", "y1", "y2"))
    assert ((x1 + x2) / 2, (y1 + y2) / 2) == pytest.approx((40 + 0.25 * 300, 200 - 2 * 36), abs=0.01)
    assert np.hypot(x2 - x1, y2 - y1) == pytest.approx(60, abs=0.05)
    assert (y1 - y2) * 300 == pytest.approx(slope * 36 * (x2 - x1), abs=60)  # rise over run, in the chart's units


def test_a_tangent_of_infinite_slope_stands_upright(kit) -> None:
    tab = kit("chart", "tangentAt", numbers=("scale",))
    ends = tab.evaluate("kit.tangentAt(kit.scale(0, 1, 0, 100), kit.scale(0, 1, 100, 0), [0.5, 0.5], -Infinity, 30)")
    assert ends == {"x1": "50", "x2": "50", "y1": "20", "y2": "80"}


def test_grid_lines_values_and_paths(kit) -> None:
    tab = kit("chart", "levels", "valuesBelow", "pathThrough")
    texts = "nodes => nodes.map((n) => n.textContent || n.getAttribute('y1'))"
    grid = "kit.levels([-1, 2], { y: (v) => 10 * v, left: 5, right: 9 })"
    assert tab.evaluate(f"({texts})({grid})") == ["-10", "−1", "20", "2"]
    below = "kit.valuesBelow([0.5, -2], (v) => 10 * v, 7, (v) => `${v}!`)"
    assert tab.evaluate(f"({texts})({below})") == ["0.5!", "-2!"]
    assert tab.evaluate("kit.pathThrough([[0, 1], [2.25, -3.04]])") == "M0.0,1.0L2.3,-3.0"

"""The static pictures: where the marks are, which side they are coloured for, and the table of the same numbers."""

import re
from xml.etree import ElementTree

import pytest

from onewarm.audit.report.svg import figure, gap_line, table


def bin_(lower, upper, count=0, confidence=None, accuracy=None, interval=None):
    return {
        "lower": lower,
        "upper": upper,
        "count": count,
        "confidence": confidence,
        "accuracy": accuracy,
        "interval": interval,
    }


DIAGRAM = {
    "title": "rows answered <b>",
    "bins": [
        bin_(0.0, 0.25),
        bin_(0.25, 0.5, 9, 0.4, 0.5, [0.3, 0.7]),  # its interval holds its confidence
        bin_(0.5, 0.75, 99, 0.7, 0.5, [0.4, 0.6]),  # overconfident
        bin_(0.75, 1.0, 999, 0.8, 0.9, [0.88, 0.92]),  # underconfident
    ],
}


def marks(svg, name):
    return [e for e in ElementTree.fromstring(svg).iter() if name in e.get("class", "").split()]


def test_each_bin_with_rows_has_a_dot_at_its_confidence_and_accuracy():
    dots = marks(figure(DIAGRAM), "ow-rel-dot")
    places = [(float(d.get("cx")), float(d.get("cy"))) for d in dots]
    expected = [(46 + 360 * c, 10 + 360 * (1 - a)) for c, a in ((0.4, 0.5), (0.7, 0.5), (0.8, 0.9))]
    assert [value for place in places for value in place] == pytest.approx([v for place in expected for v in place])
    classes = [d.get("class").split()[1:] for d in dots]
    assert classes == [[], ["ow-rel-over"], ["ow-rel-under"]]


def test_intervals_and_counts():
    svg = figure(DIAGRAM)
    ends = [(float(e.get("y1")), float(e.get("y2"))) for e in marks(svg, "ow-rel-interval")]
    assert ends[1] == pytest.approx((10 + 360 * 0.6, 10 + 360 * 0.4))
    heights = [float(e.get("height")) for e in marks(svg, "ow-rel-count")]
    assert heights == pytest.approx([0, 18, 36, 54], abs=0.01)  # log(1 + n): 0, 1, 2 and 3 tens
    assert "rows answered &lt;b&gt;" in svg


def test_a_diagram_without_rows_is_drawn():
    svg = figure({"title": "none", "bins": [bin_(0.0, 0.5), bin_(0.5, 1.0)]})
    assert not marks(svg, "ow-rel-dot") and [e.get("height") for e in marks(svg, "ow-rel-count")] == ["0.0", "0.0"]


def test_the_table_holds_the_numbers():
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table(DIAGRAM))
    assert [where for where, _ in rows] == ["0 to 0.25", "0.25 to 0.5", "0.5 to 0.75", "0.75 to 1"]
    cells = [re.findall(r'<td class="num">(.*?)</td>', row) for _, row in rows]
    assert cells[0] == ["0", "–", "–", "–"]
    assert cells[3] == ["999", "80.0\u00a0%", "90.0\u00a0%", "88.0\u00a0% to 92.0\u00a0%"]


@pytest.mark.parametrize(
    ("gap", "interval", "side", "places"),
    [
        (0.1, (0.05, 0.15), "over", (88 + 21, 88 + 63, 88 + 42)),
        (-0.1, (-0.15, -0.05), "under", (88 - 63, 88 - 21, 88 - 42)),
        (0.0, (-0.05, 0.05), "", (88 - 21, 88 + 21, 88)),
        (0.5, (0.1, 0.9), "over", (88 + 42, 88 + 84, 88 + 84)),  # cut at the end of the axis
    ],
)
def test_a_gap_on_its_axis(gap, interval, side, places):
    root = ElementTree.fromstring(gap_line(gap, interval, reach=0.2))
    _, span, dot = root
    assert (span.get("class"), dot.get("class")) == (f"span {side}".strip(), side)
    assert (float(span.get("x1")), float(span.get("x2")), float(dot.get("cx"))) == pytest.approx(places)

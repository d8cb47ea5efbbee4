"""The picture of a first state: every number is drawn where it belongs, and said in words."""

import re
from xml.etree import ElementTree

import pytest

from onewarm.errors import InputError
from onewarm.notebook.page.still import still


def shapes(picture: dict, kind: str) -> list[dict[str, str]]:
    svg = re.search(r"<svg.*</svg>", str(still(picture)), re.DOTALL)
    assert svg is not None
    return [node.attrib for node in ElementTree.fromstring(svg[0]).iter() if node.attrib.get("class") == kind]


def test_bars_are_as_long_as_their_values_and_ticks_stand_at_theirs() -> None:
    picture = {"kind": "bars", "rows": [("cat", 0.75, 1.0), ("lynx <b>", 0.25, None)], "bar": "p", "tick": "t"}
    lane, bars = shapes(picture, "lane")[0], shapes(picture, "bar")
    widths = [float(bar["width"]) / float(lane["width"]) for bar in bars]
    assert widths == pytest.approx([0.75, 0.25], abs=1e-3)
    (tick,) = shapes(picture, "tick")
    assert float(tick["x"]) + 1.5 == pytest.approx(float(lane["x"]) + float(lane["width"]), abs=0.01)
    assert 'aria-label="cat: p 0.750, t 1.000; lynx &lt;b&gt;: p 0.250"' in still(picture)


def test_a_curve_falls_where_its_values_do() -> None:
    picture = {"kind": "curve", "x": [0, 1, 2], "y": [4.0, 1.0, 0.5], "across": "logit", "up": "loss"}
    (line,) = shapes(picture, "line")
    points = [tuple(map(float, p.split())) for p in line["d"][1:].split("L")]
    assert [p[0] for p in points] == pytest.approx([56, 320, 584])
    assert points[0][1] < points[1][1] < points[2][1]
    drops = (points[1][1] - points[0][1]) / (points[2][1] - points[1][1])
    assert drops == pytest.approx(6, abs=0.01)


def test_a_reliability_diagram_has_a_gap_from_the_diagonal_for_each_bin_with_examples() -> None:
    picture = {
        "kind": "reliability",
        "confidence": [0.5, 0.8, 0.9],
        "accuracy": [0.5, 0.6, 0.0],
        "share": [0.4, 0.6, 0],
    }
    gaps = shapes(picture, "gap")
    assert [float(g["y2"]) - float(g["y1"]) for g in gaps] == pytest.approx([0, 60])
    assert len(shapes(picture, "dot")) == 2


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        ({"kind": "pie"}, "picture of kind 'pie' in values.py: write one of bars, curve, reliability"),
        ({"kind": "bars", "rows": []}, "picture of kind 'bars' in values.py has no 'bar'"),
        (
            {"kind": "curve", "x": [1], "y": [], "across": "", "up": ""},
            "picture of kind 'curve' in values.py has 1 values of x and 0 of y",
        ),
    ],
)
def test_a_picture_that_cannot_be_drawn(picture: dict, message: str) -> None:
    with pytest.raises(InputError) as caught:
        still(picture)
    assert str(caught.value) == message

"""Small pictures: where the marks are, and which side they are coloured for."""

from xml.etree import ElementTree

import pytest

from onewarm.report.svg import interval_line


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
    root = ElementTree.fromstring(interval_line(gap, interval, reach=0.2))
    _, span, dot = root
    assert (span.get("class"), dot.get("class")) == (f"span {side}".strip(), side)
    assert (float(span.get("x1")), float(span.get("x2")), float(dot.get("cx"))) == pytest.approx(places)


def test_a_gain_is_good_and_a_loss_is_bad():
    for value, side in ((0.1, "good"), (-0.1, "bad")):
        line = interval_line(value, (value - 0.01, value + 0.01), 0.2, ("good", "bad"))
        assert f'class="span {side}"' in line

"""The static pictures: where the marks are, which side they are coloured for, and the table of the same numbers."""

import re
from xml.etree import ElementTree

import pytest

from onewarm.report.reliability import bins_table, caption, figure, in_words, plain


def bin_(lower, upper, count=0, confidence=None, accuracy=None, interval=None, beyond=None):
    return {
        "lower": lower,
        "upper": upper,
        "count": count,
        "confidence": confidence,
        "accuracy": accuracy,
        "interval": interval,
        "beyond": beyond,
    }


DIAGRAM = {
    "of": "answer <b>",
    "title": "rows answered <b>",
    "predicted": "confidence",
    "observed": "share right",
    "isotonic": None,
    "bins": [
        bin_(0.0, 0.25),
        bin_(0.25, 0.5, 9, 0.4, 0.5, [0.3, 0.7], False),  # its interval holds its confidence
        bin_(0.5, 0.75, 99, 0.7, 0.5, [0.4, 0.6], True),  # overconfident
        bin_(0.75, 1.0, 999, 0.8, 0.9, [0.88, 0.92], True),  # underconfident
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
    svg = figure({**DIAGRAM, "bins": [bin_(0.0, 0.5), bin_(0.5, 1.0)]})
    assert not marks(svg, "ow-rel-dot") and [e.get("height") for e in marks(svg, "ow-rel-count")] == ["0.0", "0.0"]


def test_the_table_holds_the_numbers():
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', bins_table(DIAGRAM))
    assert [where for where, _ in rows] == ["0 to 0.25", "0.25 to 0.5", "0.5 to 0.75", "0.75 to 1"]
    cells = [re.findall(r"<td>(.*?)</td>", row) for _, row in rows]
    assert cells[0] == ["0", "–", "–", "–"]
    assert cells[3] == ["999", "80.0\u00a0%", "90.0\u00a0%", "88.0\u00a0% to 92.0\u00a0%"]


def test_the_isotonic_curve_is_drawn_through_its_corners():
    event = {**DIAGRAM, "isotonic": {"x": [0.0, 0.5, 1.0], "y": [0.0, 0.25, 1.0]}}
    (path,) = marks(figure(event), "ow-rel-isotonic")
    assert path.get("d") == "M46.0 370.0L226.0 280.0L406.0 10.0"
    assert "isotonic" in caption(event) and "isotonic" not in caption(DIAGRAM)


def test_the_picture_in_words_is_what_it_shows():
    assert in_words(DIAGRAM) == (
        "Reliability diagram of the confidence, rows answered <b>: of 3 bins with rows the confidence is above the "
        "share right in 1 and not above it in 2; beyond chance it is above it in 1 and below it in 1. The widest gap "
        "of these is from 0.5 to 0.75: predicted 70.0\u00a0%, observed 50.0\u00a0%. A table of all bins is below."
    )
    assert in_words({**DIAGRAM, "bins": [bin_(0.0, 1.0)]}).endswith(": no rows.")
    assert "coloured bins differ" in caption(DIAGRAM)


def test_where_nothing_is_wrong_no_bin_is_marked():
    """A calibrated model's picture had coloured bins beside the headline "Calibrated"."""
    still = plain(DIAGRAM)
    assert [b["beyond"] for b in still["bins"]] == [None, False, False, False]
    assert not marks(figure(still), "ow-rel-over") and "no bin differs" in caption(still)
    assert "above it in 0 and below it in 0. The widest gap is from" in in_words(still)


def test_bins_without_intervals_are_drawn_and_told_without_them():
    bins = [{**b, "interval": None, "beyond": None} for b in DIAGRAM["bins"]]
    svg, numbers = figure({**DIAGRAM, "bins": bins}), bins_table({**DIAGRAM, "bins": bins})
    assert len(marks(svg, "ow-rel-dot")) == 3 and not marks(svg, "ow-rel-interval")
    assert "interval" not in numbers and "<td>999</td><td>80.0\u00a0%</td><td>90.0\u00a0%</td></tr>" in numbers
    assert "interval" not in caption({**DIAGRAM, "bins": bins}) and "chance" not in in_words({**DIAGRAM, "bins": bins})

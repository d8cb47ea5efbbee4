"""The parts of pictures: marks that differ in form, names that fit."""

from xml.etree import ElementTree

import pytest

from onewarm.report.axes import Scale
from onewarm.study.report.pictures.svg import arm_label, key, label, mark, name_lines, svg, x_axis, y_axis


def test_marks_differ_in_form_not_only_in_colour():
    forms = {side: ElementTree.fromstring(mark(1, 2, side)) for side in ("better", "worse", "unclear", "untestable")}
    assert [forms[s].tag for s in forms] == ["circle", "rect", "circle", "path"]
    assert forms["better"].get("class") != forms["unclear"].get("class")
    assert 'aria-hidden="true"' in key("better")


@pytest.mark.parametrize(
    ("arm", "lines"),
    [
        ("hard", ["hard"]),
        ("teacher:2:exclude-label:0.1", ["teacher:2:", "exclude-label:0.1"]),
        ("class-conditional-of-mine", ["class-conditiona…"]),
        ("teacher-bucket:10:2:exclude-label:0.05", ["teacher-bucket:", "10:2:exclude-lab…"]),
    ],
)
def test_a_long_name_has_two_lines_and_is_cut_where_these_are_too_long(arm, lines):
    assert name_lines(arm) == lines and all(len(line) <= 17 for line in lines)


def test_text_is_escaped():
    assert "&lt;b&gt;" in arm_label("<b>", 0, 0) and "&lt;b&gt;\\u202e" in label(0, 0, "<b>\u202e")
    made = ElementTree.fromstring(svg("n", 10, 20, "<t>", "w\x1b", [label(1, 2, "<")]))
    assert [e.text for e in made] == ["<t>", "w\\x1b", "<"]
    assert made.get("aria-labelledby") == "n-t n-d" and [e.get("id") for e in made[:2]] == ["n-t", "n-d"]


def test_axes_have_a_line_and_a_number_a_tick():
    x = ElementTree.fromstring(f"<g>{''.join(x_axis(Scale(0, 1, 0, 100), 0, 50, 'steps', 3))}</g>")
    assert [e.text for e in x if e.tag == "text"] == ["0.0", "0.5", "1.0", "steps"]
    assert [float(e.get("x1")) for e in x if e.tag == "line"] == [0, 50, 100]
    y = ElementTree.fromstring(f"<g>{''.join(y_axis(Scale(-1, 1, 100, 0), 10, 90, 'NLL', 3))}</g>")
    assert [float(e.get("y1")) for e in y if e.tag == "line"] == [100, 50, 0]

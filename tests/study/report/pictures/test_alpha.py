"""The effect over alpha: from hard at alpha 0, the suggested alpha marked."""

from xml.etree import ElementTree

import pytest

from onewarm.study.report.pictures.alpha import alpha_caption, over_alpha


@pytest.fixture(scope="module")
def report(simulate):
    return simulate(["hard", "smooth:0.05", "smooth:0.1", "smooth:0.2", "negative:0.1"], range(4))


def test_the_line_goes_through_zero_at_hard(report, viewed):
    made = ElementTree.fromstring(over_alpha(viewed(report), "smooth", "nll"))
    (zero,) = [e for e in made if e.get("class") == "ow-st-zero"]
    stopped = next(e for e in made if e.get("class") == "ow-st-line ow-st-stopped")
    points = [tuple(map(float, p.split())) for p in stopped.get("d")[1:].split("L")]
    assert len(points) == 5 and points == sorted(points)
    assert points[1][1] == float(zero.get("y1"))  # alpha 0 is between -0.1 and 0.05


def test_the_suggested_alpha_lies_between_its_neighbours(report, viewed):
    made = ElementTree.fromstring(over_alpha(viewed(report, suggested_alpha=0.07), "smooth", "accuracy"))
    (at,) = [float(e.get("x1")) for e in made if e.get("class") == "ow-st-suggested"]
    spans = [float(e.get("x1")) for e in made if "ow-st-span" in e.get("class", "")]
    assert spans[1] < at < spans[2]
    assert "suggests, 0.07" in alpha_caption(viewed(report)) and "trained to the end" in alpha_caption(viewed(report))


def test_without_a_suggestion_there_is_no_mark(report, viewed):
    view = viewed(report, suggested_alpha=None)
    assert "ow-st-suggested" not in over_alpha(view, "smooth", "nll") and "suggest" not in alpha_caption(view)


def test_another_baseline_is_not_alpha_0(simulate, viewed):
    view = viewed(simulate(["prior:0.1", "smooth:0.1", "smooth:0.2"], range(3)))
    assert over_alpha(view, "smooth", "nll").count("<path") == 2 and "Alpha 0" not in alpha_caption(view)
    assert "L" in over_alpha(view, "smooth", "nll")

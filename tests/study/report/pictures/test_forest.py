"""The picture of differences: zero line, intervals, the band of what could not be seen, all where they belong."""

from xml.etree import ElementTree

import pytest

from onewarm.study.report.pictures.forest import forest, legend


def parts(svg, css):
    return [e for e in ElementTree.fromstring(svg).iter() if css in e.get("class", "").split()]


def centre(e):
    return float(e.get("cx")) if e.tag == "circle" else float(e.get("x")) + float(e.get("width")) / 2


@pytest.fixture(scope="module")
def view(simulate, viewed):
    return viewed(simulate(["hard", "smooth:0.1", "smooth:0.2", "logistic"], range(6)))


def test_the_band_around_zero_is_as_wide_as_half_the_interval(view):
    arms = view.arms[1:]
    made = forest(view, "nll", arms)
    (zero,) = parts(made, "ow-st-zero")
    bands, spans = parts(made, "ow-st-band"), parts(made, "ow-st-span")
    assert len(bands) == len(spans) == len(arms)
    for band, span in zip(bands, spans, strict=True):
        assert centre(band) == pytest.approx(float(zero.get("x1")), abs=0.05)
        assert float(band.get("width")) == pytest.approx(float(span.get("x2")) - float(span.get("x1")), abs=0.05)


def test_a_mark_lies_at_its_mean_and_in_the_middle_of_its_interval(view):
    rows = [view.difference(a, "nll") for a in view.arms[1:]]
    made = ElementTree.fromstring(forest(view, "nll", view.arms[1:]))
    marks = [e for e in made if e.tag in ("circle", "rect") and "ow-st-band" not in e.get("class")]
    spans = [e for e in made if "ow-st-span" in e.get("class", "").split()]
    for mark, span in zip(marks, spans, strict=True):
        assert centre(mark) == pytest.approx((float(span.get("x1")) + float(span.get("x2"))) / 2, abs=0.05)
    order = sorted(range(3), key=lambda i: rows[i]["mean"])
    assert order == sorted(range(3), key=lambda i: centre(marks[i]))


def test_the_direction_that_is_better_is_written(view):
    assert "← better" in forest(view, "nll", ["smooth:0.1"]) and "better →" in forest(view, "accuracy", ["smooth:0.1"])


def test_its_description_has_the_numbers(view):
    described = ElementTree.fromstring(forest(view, "accuracy", ["smooth:0.1"]))[1].text
    mean = 100 * view.difference("smooth:0.1", "accuracy")["mean"]
    assert f"{abs(mean):.1f}" in described and described.startswith("smooth:0.1 ")


def test_too_few_seeds_are_marked_as_such(simulate, viewed):
    one = viewed(simulate(["hard", "smooth:0.1"], [0]))
    made = forest(one, "nll", ["smooth:0.1"])
    assert parts(made, "ow-st-untestable") and not parts(made, "ow-st-band") and not parts(made, "ow-st-span")
    assert "not testable" in legend(one, ["smooth:0.1"]) and "interval" not in legend(one, ["smooth:0.1"])


def test_the_legend_explains_the_marks_that_are_there(view):
    words = legend(view, view.arms[1:])
    assert "grey band" in words and ("not clear" in words or "clearly" in words) and "not testable" not in words


def test_a_missing_comparison_is_said(view):
    assert "no value" in forest(view, "brier", ["smooth:0.1"])

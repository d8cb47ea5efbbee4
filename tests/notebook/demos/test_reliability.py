"""Reliability diagrams: where their marks stand, and the ECE as an area."""

import pytest

pytestmark = pytest.mark.browser

BINS = [(20, 0.15, 0.3), (50, 0.55, 0.5), (30, 0.95, 0.75)]
GIVEN = [dict(zip(("count", "confidence", "accuracy"), b, strict=True)) for b in BINS]
ECE = sum(n * abs(c - a) for n, c, a in BINS) / 100


def test_the_coloured_area_is_the_ece(kit) -> None:
    tab = kit("reliability", "errorAreas", "square")
    found = tab.evaluate(
        """bins => {
          const areas = kit.errorAreas({ objects: { areas: "ece" } });
          areas.draw(400, bins, "three bins", 300);
          const { left, right, top, bottom } = kit.square(400, 300);
          const rects = [...areas.svg.querySelectorAll('rect[visibility="visible"]')];
          const of = (r, name) => Number(r.getAttribute(name));
          const sizes = rects.map((r) => of(r, "width") * of(r, "height"));
          return {
            area: sizes.reduce((a, b) => a + b) / ((right - left) * (bottom - top)),
            width: rects.map((r) => of(r, "width") / (right - left)),
            pulls: rects.map((r) => r.dataset.pull),
            object: rects[0].parentNode.dataset.object,
            label: areas.svg.getAttribute("aria-label"),
          };
        }""",
        GIVEN,
    )
    assert found["area"] == pytest.approx(ECE, abs=2e-4)  # coordinates have two decimals
    assert found["width"] == pytest.approx([0.2, 0.5, 0.3], abs=1e-4)
    assert found["pulls"] == ["up", "down", "down"] and found["object"] == "ece"
    assert found["label"].endswith(
        "three bins; confidence 0.15, accuracy 0.30; confidence 0.55, accuracy 0.50; confidence 0.95, accuracy 0.75"
    )


def test_dots_stand_at_confidence_and_accuracy_and_gaps_reach_the_diagonal(kit) -> None:
    tab = kit("reliability", "reliability", "square", calibration=("eceOf",))
    found = tab.evaluate(
        """bins => {
          const diagram = kit.reliability();
          diagram.draw(300, [...bins, { count: 1, confidence: 0.5, accuracy: 0.5 }], "many");
          diagram.draw(300, bins, "three bins");
          const { x, y } = kit.square(300, 300);
          const of = (mark, ...names) => names.map((name) => Number(mark.getAttribute(name)));
          const shown = (css) => [...diagram.svg.querySelectorAll(`${css}[visibility="visible"]`)];
          return {
            dots: shown(".bin").map((dot) => of(dot, "cx", "cy")),
            gaps: shown(".bin-gap").map((gap) => of(gap, "y1", "y2")),
            wanted: bins.map((b) => [x(b.confidence), y(b.accuracy), y(b.confidence)]),
            radii: shown(".bin").map((dot) => Number(dot.getAttribute("r"))),
            ece: kit.eceOf(bins),
          };
        }""",
        GIVEN,
    )
    assert len(found["dots"]) == 3
    for dot, gap, (x, y, diagonal) in zip(found["dots"], found["gaps"], found["wanted"], strict=True):
        assert dot == pytest.approx([x, y], abs=0.01) and gap == pytest.approx([diagonal, y], abs=0.01)
    assert found["radii"][1] > found["radii"][2] > found["radii"][0]
    assert found["ece"] == pytest.approx(ECE, abs=1e-12)


def test_a_verdict_has_a_sign_before_its_words(kit) -> None:
    tab = kit("reliability", "verdictLine")
    texts = tab.evaluate(
        """() => {
          const line = kit.verdictLine();
          const drawn = [["worse", "Too sure."], ["better", "Less."], ["none", "Same."], ["none", "Nothing.", ""]];
          return drawn.map((of) => {
            line.draw(...of);
            return [line.node.textContent, line.node.dataset.kind];
          });
        }"""
    )
    assert texts == [["▲Too sure.", "worse"], ["▼Less.", "better"], ["•Same.", "none"], ["Nothing.", "none"]]

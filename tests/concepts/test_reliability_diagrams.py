"""The page on reliability diagrams: its states show what their texts say, and its values are the library's."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import onewarm as ow
from onewarm import calibration as cal
from onewarm.notebook.concept.load import load_concept

FOLDER = Path(ow.__file__).parent / "concepts/calibration/reliability-diagrams"
CONCEPT = load_concept(FOLDER)


def bins(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    state = CONCEPT.demo_state(name)
    return tuple(np.array(state[key], dtype=float) for key in ("rows", "confidence", "accuracy"))


def ece(name: str, coarse: int = 10) -> float:
    rows, confidence, accuracy = bins(name)
    gaps = (rows * (confidence - accuracy)).reshape(coarse, -1).sum(axis=1)
    return float(np.abs(gaps).sum() / rows.sum())


def test_states_are_over_and_underconfident_calibrated_and_hidden_by_merging() -> None:
    _, confidence, accuracy = bins("overconfident")
    assert (accuracy <= confidence).all()
    assert ece("overconfident") == pytest.approx(0.102)
    _, confidence, accuracy = bins("underconfident")
    assert (accuracy >= confidence).all()
    assert ece("underconfident") > 0
    assert ece("calibrated") == ece("one-for-all") == 0
    assert ece("zigzag") == pytest.approx(0.15) and ece("zigzag", 5) == pytest.approx(0, abs=1e-12)


def test_a_covered_state_differs_from_its_reveal_by_the_cover_alone() -> None:
    for covered, shown in (
        ("perfect-covered", "perfect"),
        ("overconfident-covered", "overconfident"),
        ("zigzag-covered", "zigzag"),
    ):
        one, other = CONCEPT.demo_state(covered), CONCEPT.demo_state(shown)
        assert one["cover"] != "" and other["cover"] == ""
        assert {k: v for k, v in one.items() if k not in ("cover", "flag")} == {
            k: v for k, v in other.items() if k not in ("cover", "flag")
        }


def test_every_answer_of_the_opening_has_a_place_and_the_right_one_holds_the_mean() -> None:
    ask = CONCEPT.lesson.chapters[0].steps[0].ask
    ranges = sorted(answer.between for answer in ask.answers)
    assert ranges[0][0] == ask.low and ranges[-1][1] > ask.high
    assert all(a[1] == b[0] for a, b in pairwise(ranges))
    right = next(answer for answer in ask.answers if answer.name == ask.correct)
    random = np.random.default_rng(0)
    seen = []
    for _ in range(40):
        c = random.random(300)
        seen.append(cal.ece(cal.CalibrationSummary().update(c, (random.random(300) < c).astype(int))))
    assert right.between[0] < np.mean(seen) < right.between[1]

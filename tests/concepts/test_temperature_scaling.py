"""The page on temperature scaling: its values are the library's, its states and answers agree with them."""

from itertools import pairwise
from pathlib import Path

import pytest

import onewarm as ow
from onewarm.notebook.concept.load import load_concept

CONCEPT = load_concept(Path(ow.__file__).parent / "concepts/calibration/temperature-scaling")
VALUES = CONCEPT.values


def test_the_model_is_overconfident_and_right_on_all_that_it_was_trained_on() -> None:
    assert VALUES["right"] == VALUES["accuracy"] * VALUES["rows"] == 340
    assert VALUES["confidence"] > VALUES["accuracy"] + 0.1 and VALUES["train_right"] == 60
    assert VALUES["train_nll"] > VALUES["train_nll_half"] and VALUES["train_nll_best"] > VALUES["train_nll"]


def test_the_best_temperature_lowers_the_nll_and_halves_the_ece() -> None:
    assert VALUES["nll_after"] < min(VALUES["nll_two"], VALUES["nll_hot"], VALUES["nll_before"])
    assert 0.3 < VALUES["ece_after"] / VALUES["ece_before"] < 0.6
    assert VALUES["ece_chance"] < VALUES["ece_after"]
    assert VALUES["ratio_after"] == pytest.approx(VALUES["ratio_before"] ** (1 / VALUES["best"]))


def test_the_states_of_the_lesson_stand_at_the_best_temperatures() -> None:
    for name in ("lowest", "diagram-after", "example-after"):
        assert CONCEPT.demo_state(name)["temperature"] == pytest.approx(VALUES["best"], abs=5e-5)
    assert CONCEPT.demo_state("smoothed-after")["temperature"] == pytest.approx(VALUES["smoothed_best"], abs=5e-5)
    assert {CONCEPT.demo_state(name)["cover"] for name in ("covered", "smoothed-before")} == {"answer"}


def test_every_place_of_the_flag_has_an_answer_and_the_right_one_holds_the_best_temperature() -> None:
    ask = CONCEPT.lesson.chapters[0].steps[0].ask
    ranges = sorted(answer.between for answer in ask.answers)
    assert ranges[0][0] == ask.low and ranges[-1][1] > ask.high
    assert all(one[1] == other[0] for one, other in pairwise(ranges))
    low, high = next(answer.between for answer in ask.answers if answer.name == ask.correct)
    assert low < VALUES["best"] < high


def test_the_ending_of_the_right_answer_is_true() -> None:
    """Between 2.6 and 4 the NLL is less than three hundredths above the lowest."""
    assert max(VALUES["nll_at_low_end"], VALUES["nll_at_high_end"]) < VALUES["nll_after"] + 0.03

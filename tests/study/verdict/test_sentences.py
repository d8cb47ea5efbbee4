"""The sentences of a study, read as its user reads them."""

import dataclasses
import re

import pytest

from onewarm.study.verdict.sentences import recommendation, sentences

A, B = "smooth:0.05", "smooth:0.1"


def test_nothing_differs(decided):
    """ "None clearly beats hard" was said of studies that could have found nothing."""
    last = sentences(decided({A: {}, B: {}}))[-1]
    assert last.startswith(
        f"No measurable difference between hard, {A} and {B}: hard stays. 10 seeds could have shown "
    )
    assert f"that of {A}, " in last and "would take about " in last
    resplit = sentences(decided({A: {}}, sampling="resplit"))[-1]
    assert re.search(r"no number of seeds would show that of smooth:0.05, .*: that takes about [\d,]+ rows\.$", resplit)


def test_arms_whose_losses_are_the_same_in_every_run(decided):
    """ "10 seeds could have shown an NLL difference of 0" was said of an arm that changes nothing."""
    same = decided({A: {}}, noise=0.0)
    assert sentences(same)[-1] == (
        f"No measurable difference between hard and {A}: hard stays. Their test NLL is the same in every run."
    )


def test_an_arm_that_is_worse_is_not_called_the_same(decided):
    last = sentences(decided({A: {}, B: {"nll": 0.2}}))[-1]
    assert last.startswith(f"No measurable difference between hard and {A}: hard stays. {B} is clearly worse.")
    last = sentences(decided({A: {"nll": 0.1}, B: {"nll": 0.2}}))[-1]
    assert last == f"Stay with hard: {A} and {B} are clearly worse, and better in nothing that decides."


def test_a_gain_has_the_accuracy_beside_it(decided):
    """Losses of accuracy were left out of the sentence that recommends."""
    said = sentences(decided({B: {"nll": -0.1}}))
    assert said[-1].startswith(
        f"Train with {B}: its NLL is clearly lower than that of hard. Against hard {B} has lower NLL, -0.10"
    )
    assert "no clear difference in accuracy" in said[-1] and " points (" in said[-1]
    last = sentences(decided({B: {"nll": -0.1, "accuracy": -0.05}}))[-1]
    assert last.startswith(
        f"Stay with hard unless what {B} gains matters more to you than what it loses. Against hard {B} has "
    )
    assert "lower NLL, -0.1" in last and "lower accuracy, -4.9 points" in last


def test_arms_that_cannot_be_told_apart(decided):
    last = sentences(decided({A: {"nll": -0.1}, B: {"nll": -0.101}}))[-1]
    assert last.startswith((f"Train with {A} or {B}: ", f"Train with {B} or {A}: "))
    assert "cannot be told from each other with 10 seeds" in last


def test_a_temperature_afterwards(decided):
    last = sentences(decided({B: {"nll": 0.2, "accuracy": 0.05, "nll_after": -0.03}}))[-1]
    assert last.startswith(f"Train with {B} and fit a temperature on held-out rows. Against hard {B} has ")
    assert "higher accuracy" in last and "without a temperature higher NLL" in last
    last = sentences(decided({B: {"nll": -0.05, "nll_after": 0.05}}))[-1]
    assert last.startswith(f"Stay with hard and fit a temperature on held-out rows. Against hard {B} has ")


def test_a_temperature_that_raises_the_nll(decided):
    last = sentences(decided({B: {"nll_after": -0.05}}, hard={"nll_after": 1.1}))[-1]
    assert last.startswith(
        f"Stay with hard, without a temperature. Against hard {B} has lower NLL after a temperature, -0.0"
    )
    assert "but its NLL is 1.05" in last and "of hard without a temperature 1.00" in last
    last = sentences(decided({B: {"nll": -0.2, "nll_after": 0.05}}))[-1]
    assert last.startswith(f"Train with {B}: its NLL is clearly lower")
    assert last.endswith("but that of hard is still higher then than that of smooth:0.1 without one.")


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_seeds(decided, n):
    (last,) = sentences(decided({B: {"nll": -9.0}}, n=n))
    assert last.startswith(f"Not testable with {n} seed{'s' * (n > 1)}: 3 are needed")


def test_a_large_effect_with_few_seeds(decided):
    assert sentences(decided({B: {"nll": -0.1}}, n=3))[-1].startswith(f"Train with {B}")


def test_one_arm(decided):
    assert sentences(decided({}))[-1] == "Nothing was compared with hard: add an arm, such as smooth:0.12."
    smoothed = dataclasses.replace(decided({}), baseline="smooth:0.1")  # it was told to add smooth:0.1
    assert recommendation(smoothed).sentence == "Nothing was compared with smooth:0.1: add an arm, such as hard."


def test_logistic_regression_is_said_first(decided):
    """A linear model beat every arm on five of seven tables, and the study did not say so."""
    said = sentences(decided({B: {"nll": -0.1}, "logistic": {"nll": -0.4}}))
    assert said[0].startswith("A plain logistic regression has a lower NLL than every arm: regularise or simplify")
    assert said[-1].startswith("Regularise or simplify the model first") and f"Of its arms take {B}" in said[-1]
    said = sentences(decided({B: {"nll": -0.4}, "logistic": {"nll": -0.1}}))
    assert said[0].startswith(f"A plain logistic regression has a lower NLL than hard, but not clearly than {B} (")
    assert "logistic regression" not in " ".join(sentences(decided({B: {}, "logistic": {"nll": 0.1}})))
    assert sentences(decided({"logistic": {"nll": -0.4}}))[0].startswith("A plain logistic regression")


def test_smoothing_as_a_substitute_for_stopping(decided):
    """A cure for training too long was reported as a virtue of smoothing."""
    said = " ".join(sentences(decided({B: {}}, {"hard": {"nll": 0.3}, B: {"nll": 0.1}})))
    assert f"Trained to the end, {B} has a lower NLL than hard" in said
    assert f"; stopped at the lowest validation NLL {B} has no clear difference in NLL, " in said
    assert "to +0.0" in said and ": here it is a substitute for stopping, which does the same." in said
    assert "Stopping lowers the NLL of hard itself: stopped minus trained to the end, -0." in said
    assert "to the end" not in " ".join(sentences(decided({B: {}}, {B: {}})))
    said = " ".join(sentences(decided({B: {}}, {"hard": {}, B: {"nll": -0.1}})))  # stopping hard itself gains nothing
    assert f"Trained to the end, {B} has a lower NLL than hard" in said and "substitute" not in said


def test_stopping_too_early(decided):
    said = " ".join(sentences(decided({B: {}}, {"hard": {"nll": -0.3}, B: {"nll": -0.3}})))
    assert "Stopping raises the NLL of hard itself" in said and "the ones to compare" in said


def test_all_rows_right(decided):
    sure = {"nll": 0.01, "accuracy": 1.0, "nll_after": 0.01, "ece": 0.01, "confidence_gap": 0.0, "mean_confidence": 1.0}
    said = sentences(decided({B: {}}, hard=sure, noise=0.0))
    assert said[0].startswith(f"{B} against hard: no clear difference in NLL +0.000 (+0.000 to +0.000)")
    assert "-0.0 points" not in " ".join(said) and said[-1].startswith("No measurable difference")


def test_an_infinite_nll(decided):
    said = sentences(decided({A: {}, B: {"nll": None}}))
    assert any(s.startswith(f"{B} against hard") and "NLL could not be compared" in s for s in said)
    assert said[-1].startswith(f"No measurable difference between hard and {A}: hard stays. ")
    said = sentences(decided({B: {"nll": None}}))
    assert said[-1] == f"Stay with hard: the NLL of {B} is not a finite number in every run."


def test_the_headline_is_one_short_sentence(decided):
    """A report's heading ran over five lines: what is worse and what the seeds could have shown was all in it."""
    said = recommendation(decided({A: {}, B: {"nll": 0.2}}))
    assert said.headline == f"No measurable difference between hard and {A}: hard stays."
    assert said.rest.startswith(f"{B} is clearly worse. 10 seeds could have shown ")
    assert said.sentence == f"{said.headline} {said.rest}"
    every = (
        {B: {"nll": -0.1}},
        {B: {"nll": -0.1, "accuracy": -0.05}},
        {B: {"nll": 0.2, "accuracy": 0.05, "nll_after": -0.03}},
        {B: {"nll": -0.1, "nll_after": 0.05}},
        {A: {"nll": -0.1}, "logistic": {"nll": -0.4}},
        {A: {"nll": 0.1}, B: {"nll": 0.2}},
        {f"smooth:0.{i:02}": {} for i in range(1, 30)},
        {f"smooth:0.{i:02}": {"nll": 0.3} for i in range(1, 30)},
    )
    for arms in every:
        headline = recommendation(decided(arms)).headline
        assert len(headline) < 100 and headline.count(". ") == 0 and headline.endswith("."), headline


def test_arms_that_a_headline_has_no_room_for_are_named_below(decided):
    names = [f"smooth:0.{i:02}" for i in range(1, 8)]
    said = recommendation(decided({name: {} for name in names}))
    assert said.headline == "No measurable difference between hard and 7 arms: hard stays."
    assert said.rest.startswith(f"Not told apart from hard: {', '.join(names[:-1])} and {names[-1]}. ")

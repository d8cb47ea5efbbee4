import pytest

from onewarm.study.verdict.decide import Recommendation, alpha_of, is_reference, recommended


@pytest.mark.parametrize(
    ("difference", "kind", "arm"),
    [
        ({}, "none", "hard"),
        ({"nll": -0.1}, "better", "smooth:0.1"),
        ({"nll": -0.1, "accuracy": 0.05}, "better", "smooth:0.1"),
        ({"nll": -0.1, "accuracy": -0.05}, "trade", "hard"),
        ({"nll": 0.1, "nll_after": -0.1}, "with temperature", "smooth:0.1"),
        ({"nll": 0.1, "accuracy": 0.05}, "with temperature", "smooth:0.1"),
        ({"nll": -0.05, "nll_after": 0.1}, "temperature instead", "hard"),
        ({"nll": -0.2, "nll_after": 0.1}, "better", "smooth:0.1"),
        ({"accuracy": 0.05, "nll_after": 0.1}, "trade", "hard"),
        ({"nll": 0.1}, "worse", "hard"),
        ({"accuracy": -0.05}, "worse", "hard"),
        ({"ece": -0.1}, "none", "hard"),
    ],
)
def test_what_decides(decided, difference, kind, arm):
    """Accuracy losses were left out, and ECE alone could decide."""
    found = decided({"smooth:0.1": difference})
    assert (found.kind, found.arm) == (kind, arm)


@pytest.mark.parametrize(
    ("after", "difference", "kind", "arm"),
    [
        (1.2, {"nll_after": -0.1}, "temperature hurts", "hard"),
        (1.2, {"nll_after": -0.3}, "with temperature", "smooth:0.1"),
        (1.2, {"nll": -0.1, "nll_after": -0.1}, "better", "smooth:0.1"),
        (1.2, {"nll": -0.1, "nll_after": 0.1}, "better", "smooth:0.1"),
        (1.2, {"nll_after": -0.1, "accuracy": -0.05}, "trade", "hard"),
    ],
)
def test_a_temperature_that_raises_the_nll_is_not_recommended(decided, after, difference, kind, arm):
    """Rows in the order of time: the validation rows' temperature raised the NLL of the test rows from .74 to .84, and
    was recommended, for there smoothing was .006 better."""
    found = decided({"smooth:0.1": difference}, hard={"nll_after": after})
    assert (found.kind, found.arm) == (kind, arm)


@pytest.mark.parametrize(("n", "kind", "arm"), [(1, "untestable", None), (2, "untestable", None), (3, "better", "a")])
def test_seeds(decided, n, kind, arm):
    found = decided({"a": {"nll": -5.0}}, n=n)
    assert (found.kind, found.arm) == (kind, arm)


def test_nothing_to_compare(decided):
    assert decided({}).kind == "alone" and decided({"logistic": {"nll": -1.0}}).kind == "alone"


def test_best_needs_a_test_against_the_other_arms(decided):
    """The largest of several differences on test rows was called best, with no test between the arms."""
    tied = decided({"smooth:0.05": {"nll": -0.1}, "smooth:0.1": {"nll": -0.102}})
    assert set(tied.chosen) == {"smooth:0.05", "smooth:0.1"} and not tied.between[0].clear
    apart = decided({"smooth:0.05": {"nll": -0.1}, "smooth:0.1": {"nll": -0.3}, "smooth:0.2": {"nll": -0.1}})
    assert apart.chosen == ("smooth:0.1",) and all(row.clear for row in apart.between)
    # The family has all three pairs: which arm is lowest was seen in the same runs.
    assert apart.between[0].level == pytest.approx(1 - 0.05 / 3)


def test_a_reference_is_never_recommended(decided):
    found = decided({"smooth:0.1": {}, "logistic": {"nll": -0.5, "nll_after": -0.5}})
    assert found.kind == "none" and found.arm == "hard" and found.beaten_by_reference
    assert not decided({"smooth:0.1": {"nll": -0.5}, "logistic": {"nll": -0.5}}).beaten_by_reference
    assert is_reference("logistic") and not is_reference("an arm of the user's")


def test_the_references_sentence_has_the_interval_of_the_table(decided):
    found = decided({"smooth:0.1": {}, "logistic": {"nll": -0.5}})
    assert found.reference[0] is found.rows["logistic", "nll"]
    assert [row.baseline for row in found.reference] == ["hard", "smooth:0.1"]


def test_the_recommendation_as_values(decided):
    found = decided({"smooth:0.1": {"nll": -0.1, "ece": 0.1}})
    values = recommended(found, Recommendation("Do it.", "It helps."))
    assert (values["arm"], values["alpha"], values["sentence"]) == ("smooth:0.1", 0.1, "Do it. It helps.")
    assert [row["metric"] for row in values["gains"]] == ["nll"]
    assert [row["metric"] for row in values["costs"]] == ["ece"]
    assert values["suggested_alpha"] == found.suggestion.alpha > 0
    assert recommended(decided({"smooth:0.1": {}}), Recommendation("No."))["gains"] == [] and alpha_of("mine") is None

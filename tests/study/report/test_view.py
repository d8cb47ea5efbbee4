"""What views read of a report."""

import pytest

from onewarm.study.report.view import View, least_clear, side

ROW = {"metric": "nll", "mean": -0.1, "interval": [-0.15, -0.05], "testable": True, "clear": True, "detectable": 0.05}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({}, "better"),
        ({"mean": 0.1}, "worse"),
        ({"metric": "accuracy"}, "worse"),
        ({"metric": "auroc", "mean": 0.1}, "better"),
        ({"clear": False}, "unclear"),
        ({"testable": False}, "untestable"),
    ],
)
def test_a_side_is_better_or_worse_by_the_metric(change, where):
    assert side({**ROW, **change}) == where and side(None) == "untestable"


def test_the_least_difference_that_would_be_clear_is_half_the_interval():
    assert least_clear(ROW) == pytest.approx(0.05) and least_clear({**ROW, "interval": None}) is None
    assert least_clear(None) is None


def test_main_arms_are_the_baseline_the_best_and_the_reference(simulate, viewed):
    report = simulate(["smooth:0.1", "hard", "smooth:0.2", "logistic"], range(3))
    view = viewed(report, recommended="smooth:0.2")
    assert view.arms == ["hard", "smooth:0.1", "smooth:0.2", "logistic"] and view.best == "smooth:0.2"
    assert view.main_arms == ["hard", "smooth:0.2", "logistic"]
    for nothing in (None, "hard"):
        other = viewed(report, recommended=nothing)
        lowest = min(("smooth:0.1", "smooth:0.2"), key=lambda a: other.mean(a, "nll"))
        assert other.best == lowest
    assert viewed(simulate(["hard"], [0])).main_arms == ["hard"]
    assert viewed(simulate(["hard"], [0])).best is None


def test_means_and_differences_are_of_the_stopped_models_or_of_the_ended(simulate, viewed):
    view = viewed(simulate(["hard", "smooth:0.1", "logistic"], range(3)))
    stopped, end = (view.difference("smooth:0.1", "nll", t) for t in ("stopped", "end"))
    assert stopped["training"] == "stopped" and end["mean"] < stopped["mean"]
    assert view.mean("hard", "nll", "end") > view.mean("hard", "nll") and view.has_end
    assert view.mean("logistic", "nll", "end") is None and view.difference("logistic", "nll", "end") is None
    assert view.mean("hard", "nonsense") is None


def test_runs_with_the_same_note_are_a_line(simulate, viewed):
    view = viewed(simulate(["hard"], [0]))
    view.values["notes"] = [{"arm": "hard", "seed": s, "note": "odd" if s else "new"} for s in (0, 1, 2)]
    assert view.notes == ["1 run (hard, seed 0): new", "2 runs (hard, seed 1; ...): odd"]


def test_alphas_of_a_kind_are_in_order_and_negative_ones_join_the_uniform(simulate):
    arms = ["hard", "smooth:0.2", "smooth:0.1", "negative:0.1", "prior:0.1", "penalty:0.1", "teacher:2"]
    report = simulate(["hard"], [0])
    object.__setattr__(report, "arms", [*arms, "the user's own"])
    assert View(report).alphas == {"smooth": [(-0.1, "negative:0.1"), (0.1, "smooth:0.1"), (0.2, "smooth:0.2")]}

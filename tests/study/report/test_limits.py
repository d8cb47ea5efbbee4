"""Sentences about arms that were best at a limit of training."""

import dataclasses

import pytest

from onewarm.study.report.limits import limits

ARMS, SEEDS = ["hard", "smooth:0.1", "logistic"], [0, 1, 2, 3]
GRID = {"weight_decays": [0.0, 1.0, 3.0]}


@pytest.fixture
def runs(simulate):
    """Runs that are best before their last step, under the decay in the middle of the grid."""
    found = simulate(ARMS, SEEDS).runs
    return {
        key: dataclasses.replace(run, options={"weight_decay": 1.0}) if run.end_steps else run
        for key, run in found.items()
    }


def at_limit(runs, arm, seeds, *, steps=False, decay=False):
    changed = dict(runs)
    for seed in seeds:
        run = runs[arm, seed]
        options = {"weight_decay": 3.0} if decay else run.options
        changed[arm, seed] = dataclasses.replace(run, steps=run.end_steps if steps else run.steps, options=options)
    return changed


def test_within_the_limits_nothing_is_said(runs):
    assert limits(runs, ARMS, SEEDS, GRID) == []
    assert limits(at_limit(runs, "hard", [2], steps=True, decay=True), ARMS, SEEDS, GRID) == []


def test_half_of_an_arms_runs_at_the_last_step_are_told(runs):
    for_both = at_limit(at_limit(runs, "hard", [0, 3], steps=True), "smooth:0.1", SEEDS, steps=True)
    (said,) = limits(for_both, ARMS, SEEDS, GRID | {"steps": 600})
    assert "lowest at the last step" in said and "of hard and smooth:0.1: longer" in said
    assert "training=Training(steps=...)" in said
    (said,) = limits(for_both, ARMS, SEEDS, GRID)  # such as boosted trees, which take no Training
    assert "Training" not in said and "the model's own number of steps" in said


def test_half_of_an_arms_runs_under_the_strongest_decay_are_told(runs):
    (said,) = limits(at_limit(runs, "smooth:0.1", [1, 2], decay=True), ARMS, SEEDS, GRID)
    assert said.startswith("Weight decay 3, the strongest of those tried,") and "runs of smooth:0.1: a stronger" in said


@pytest.mark.parametrize("model", [{}, {"weight_decays": [3.0]}, {"weight_decays": []}])
def test_where_there_is_no_grid_no_decay_is_at_its_end(runs, model):
    assert limits(at_limit(runs, "hard", SEEDS, decay=True), ARMS, SEEDS, model) == []


def test_models_that_say_no_steps_are_at_no_limit(runs):
    assert runs["logistic", 0].steps is None
    assert limits(runs, ["logistic"], SEEDS, GRID) == []

"""Learning curves: each seed and the mean, the steps of stopping, no outlier that flattens the rest."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from onewarm.study.models.model import Curve
from onewarm.study.report.pictures.curves import (
    curve_table,
    curves_caption,
    highest_shown,
    learning_curves,
    mean_curve,
    with_curves,
)


@pytest.fixture(scope="module")
def view(simulate, viewed):
    return viewed(simulate(["hard", "smooth:0.1", "logistic"], range(3)))


def test_two_faint_lines_a_seed_a_mean_and_a_tick_for_each_stop(view):
    made = ElementTree.fromstring(learning_curves(view, "hard", 2.0))
    classes = [e.get("class") for e in made if e.tag == "path"]
    assert sum("ow-st-faint" in c for c in classes) == 6 and classes.count("ow-st-stop") == 3
    assert classes.count("ow-st-train") == classes.count("ow-st-validation") == 1
    assert "lowest" in made[1].text and "Stopped at steps" in made[1].text
    assert with_curves(view) == ["hard", "smooth:0.1"]
    assert "a faint line a seed, " in curves_caption(view)


def test_the_mean_is_the_mean_where_seeds_were_measured_at_the_same_steps(view):
    curves = [r.curve for r in view.runs("hard")]
    steps, values = mean_curve(curves, "validation")
    assert steps == list(curves[0].steps)
    np.testing.assert_allclose(values, np.mean([c.validation for c in curves], axis=0))


def test_seeds_that_ended_early_cut_the_mean():
    short, long = Curve((1, 2), (1.0, 0.5), (1.0, 0.5)), Curve((1, 2, 3), (1.0, 0.7, 0.1), (1.0, 0.7, 0.1))
    assert mean_curve([short, long], "train") == ([1.0, 2.0], [1.0, 0.6])


def test_the_table_has_a_dozen_steps_from_the_first_to_the_last(view):
    rows = re.findall(
        r'<tr><th scope="row">([\d,]+)</th><td>([\d.]+)</td><td>([\d.]+)</td></tr>', curve_table(view, "hard")
    )
    assert len(rows) == 12 and (rows[0][0], rows[-1][0]) == ("20", "600")
    assert float(rows[-1][1]) == pytest.approx(
        mean_curve([r.curve for r in view.runs("hard")], "train")[1][-1], abs=5e-4
    )


def test_one_exploding_seed_and_a_value_that_is_not_finite_do_not_flatten_the_others(simulate, viewed):
    report = simulate(["hard"], range(20))
    run = report.runs["hard", 3]
    wild = Curve(run.curve.steps, run.curve.train, (*run.curve.validation[:-2], 1e9, float("nan")))
    report.runs["hard", 3] = replace(run, curve=wild)
    view = viewed(report)
    assert highest_shown(view, ["hard"]) < 5
    assert "nan" not in learning_curves(view, "hard", 2.0).split("<desc")[0]
    assert highest_shown(view, []) == 1.0

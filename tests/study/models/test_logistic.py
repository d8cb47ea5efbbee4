import dataclasses
import warnings

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from onewarm.study.arms.arm import parse_arm
from onewarm.study.models import logistic
from onewarm.study.models.logistic import GRID, Logistic
from onewarm.study.models.model import Model, Run

HARD = parse_arm("logistic")


def trained(split, classes=3, **options):
    return next(iter(Logistic().train([Run(HARD, 0)], {0: split}, classes, **options)))


def replaced(split, **parts):
    return dataclasses.replace(split, **parts)


def nll(log_p, y):
    return -log_p[np.arange(len(y)), y].mean()


def test_it_is_a_model_for_hard_labels():
    model = Logistic()
    assert isinstance(model, Model) and model.refuses(HARD) is None and model.refuses(parse_arm("hard")) is None
    assert model.refuses(parse_arm("smooth:0.1")) == (
        "logistic regression is the reference and is trained with hard labels, not smooth:0.1; leave the arm out"
    )
    assert model.describe()["C"] == [1e-3, 1e-2, 1e-1, 1, 10, 100]


def test_its_optimum_is_that_of_the_penalised_likelihood(tiny):
    """Written out in float64: the gradient of -log likelihood + |W|^2 / (2 C) vanishes at the recovered weights."""
    split = tiny.split(0)
    got = trained(split)
    x = split.train.x.astype(float)
    x = (x - x.mean(0)) / x.std(0)
    design = np.hstack([x, np.ones((len(x), 1))])
    weights = np.linalg.lstsq(design, got.stopped.train - got.stopped.train.mean(1, keepdims=True), rcond=None)[0]
    np.testing.assert_allclose(log_softmax(design @ weights, 1), got.stopped.train, atol=1e-6)  # it is linear
    slope = design.T @ (np.exp(got.stopped.train) - np.eye(3)[split.train.y])
    slope[:-1] += weights[:-1] / got.options["C"]
    assert np.abs(slope).max() < 0.02 * len(x) ** 0.5


def test_c_is_the_one_of_the_grid_with_the_lowest_validation_loss(tiny, monkeypatch):
    split = tiny.split(1)
    got = trained(split)
    alone = {}
    for c in GRID:
        monkeypatch.setattr(logistic, "GRID", (c,))
        alone[c] = nll(trained(split).stopped.validation, split.validation.y)
    assert got.options == {"C": min(alone, key=alone.get)}
    assert nll(got.stopped.validation, split.validation.y) == pytest.approx(min(alone.values()), abs=1e-3)
    assert got.end is None and got.steps is None and got.curve is None


def test_outputs_are_log_probabilities_of_all_parts_and_classes(tiny):
    split = tiny.split(0)
    for classes, two in ((3, False), (2, True)):
        if two:
            split = replaced(
                split,
                **{
                    p: dataclasses.replace(getattr(split, p), y=getattr(split, p).y % 2)
                    for p in ("train", "validation", "test")
                },
            )
        outputs = trained(split, classes).stopped
        for part in ("train", "validation", "test"):
            log_p = getattr(outputs, part)
            assert log_p.shape == (len(getattr(split, part)), classes) and log_p.dtype == np.float64
            np.testing.assert_allclose(np.exp(log_p).sum(1), 1)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_probability_that_is_0_in_float64_has_a_finite_logarithm(tiny, classes):
    """A study of breast-cancer printed scikit-learn's "divide by zero encountered in log"."""
    split = tiny.split(0)
    parts = {}
    for part in ("train", "validation", "test"):
        rows = getattr(split, part)
        y = rows.y % classes
        parts[part] = dataclasses.replace(rows, x=np.eye(5, dtype=np.float32)[y] + 1e-3 * rows.x, y=y)
    parts["test"] = dataclasses.replace(parts["test"], x=1e4 * parts["test"].x)  # far beyond the training rows
    outputs = trained(replaced(split, **parts), classes).stopped
    assert np.isfinite(outputs.test).all() and (np.exp(outputs.test) == 0).any()
    scaled = (parts["train"].x - parts["train"].x.astype(float).mean(0)) / parts["train"].x.astype(float).std(0)
    theirs = LogisticRegression(C=GRID[0]).fit(scaled, parts["train"].y)
    ours = logistic._log_probabilities(theirs, scaled)
    np.testing.assert_allclose(np.exp(ours), theirs.predict_proba(scaled), rtol=1e-9)


def test_a_class_without_training_rows_has_a_small_probability(tiny):
    split = tiny.split(0)
    some = split.train.y != 1
    short_of_one = replaced(split, train=dataclasses.replace(split.train, x=split.train.x[some], y=split.train.y[some]))
    outputs = trained(short_of_one).stopped
    np.testing.assert_allclose(np.exp(outputs.test[:, 1]), 1 / (some.sum() + 3))
    np.testing.assert_allclose(np.exp(outputs.test).sum(1), 1)
    assert (outputs.test.argmax(1) == split.test.y)[split.test.y != 1].mean() > 0.7
    one = split.train.y == 0
    of_one = replaced(split, train=dataclasses.replace(split.train, x=split.train.x[one], y=split.train.y[one]))
    np.testing.assert_allclose(np.exp(trained(of_one).stopped.test), [[21 / 23, 1 / 23, 1 / 23]] * 50)


def test_a_constant_feature_changes_nothing(tiny):
    split = tiny.split(0)

    def widened(rows):
        return dataclasses.replace(rows, x=np.hstack([rows.x, np.full((len(rows), 1), 0.1, np.float32)]))

    wide = replaced(split, **{p: widened(getattr(split, p)) for p in ("train", "validation", "test")})
    np.testing.assert_allclose(trained(wide).stopped.test, trained(split).stopped.test, atol=1e-4)


def test_what_does_not_converge_is_said_and_warns_nobody(tiny, monkeypatch):
    monkeypatch.setattr(logistic, "ITERATIONS", (1, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        assert trained(tiny.split(0)).options["converged"] is False
    monkeypatch.setattr(logistic, "ITERATIONS", (1, 1000))
    assert set(trained(tiny.split(0)).options) == {"C"}


def test_progress_rises_to_one_and_a_run_does_not_depend_on_others(tiny):
    seen = []
    splits = {seed: tiny.split(seed) for seed in (0, 1)}
    both = list(Logistic().train([Run(HARD, 0), Run(HARD, 1)], splits, 3, seen.append))
    assert seen == sorted(seen) and seen[-1] == 1.0 and seen[0] == pytest.approx(1 / 12)
    (second,) = Logistic().train([Run(HARD, 1)], splits, 3)
    assert (second.stopped.test == both[1].stopped.test).all()

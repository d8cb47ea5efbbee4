"""Objectives against LightGBM's and XGBoost's own on hard labels, and on soft ones against weighted copies of rows."""

import numpy as np
import pytest

import onewarm as ow
from onewarm.boosting import SoftTargetObjective, init_score

lightgbm = pytest.importorskip("lightgbm")
N, K = 300, 3
PARAMS = {"verbosity": -1, "num_leaves": 7, "deterministic": True, "num_threads": 1, "min_data_in_leaf": 5, "seed": 0}


def problem():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 5))
    return x, np.argmax(x[:, :K] + rng.gumbel(size=(N, K)), axis=1)


def trained(objective, x, labels, **params):
    data = lightgbm.Dataset(x, label=labels, params={"verbosity": -1}, init_score=params.pop("init_score", None))
    return lightgbm.train(PARAMS | {"objective": objective} | params, data, num_boost_round=8)


def test_multiclass_is_lightgbms():
    x, y = problem()
    ours = trained(SoftTargetObjective(ow.one_hot(y, K)), x, y, num_class=K)
    theirs = trained("multiclass", x, y, num_class=K, boost_from_average=False)
    np.testing.assert_allclose(ours.predict(x, raw_score=True), theirs.predict(x, raw_score=True), atol=1e-7)


def test_with_an_init_score_it_starts_where_lightgbm_does():
    """The trap of boost_from_average: without the init score a custom objective starts from equal classes."""
    x, y = problem()
    target = ow.one_hot(y, K)
    start = init_score(target)
    ours = trained(SoftTargetObjective(target), x, y, num_class=K, init_score=np.tile(start, (N, 1)))
    theirs = trained("multiclass", x, y, num_class=K)
    np.testing.assert_allclose(ours.predict(x, raw_score=True) + start, theirs.predict(x, raw_score=True), atol=1e-6)


def test_binary_is_lightgbms():
    x, y = problem()
    y = (y > 0).astype(int)
    ours = trained(SoftTargetObjective(ow.one_hot(y, 2)), x, y)
    theirs = trained("binary", x, y, boost_from_average=False)
    np.testing.assert_allclose(ours.predict(x, raw_score=True), theirs.predict(x, raw_score=True), atol=1e-7)


def test_scikit_learn_interface_and_subsets_by_row_number():
    x, y = problem()
    target = ow.smooth(y, 0.1, num_classes=K)
    expected = trained(SoftTargetObjective(target[100:]), x[100:], y[100:], num_class=K).predict(x, raw_score=True)
    objective = SoftTargetObjective(target, rows="labels")
    subset = trained(objective, x[100:], np.arange(100, N), num_class=K)
    np.testing.assert_allclose(subset.predict(x, raw_score=True), expected, atol=1e-12)
    options = {name: value for name, value in PARAMS.items() if name != "seed"}
    model = lightgbm.LGBMRegressor(
        objective=objective, n_estimators=8, num_class=K, random_state=0, metric="None", **options
    )
    model.fit(x[100:], np.arange(100, N))
    np.testing.assert_allclose(model.booster_.predict(x, raw_score=True), expected, atol=1e-7)


def test_derivatives_of_soft_targets_in_every_layout():
    rng = np.random.default_rng(1)
    scores, target = rng.normal(size=(6, K)), ow.votes(rng.integers(0, 4, (6, K)) + np.eye(6, K, dtype=int))
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    for factor, number in (("lightgbm", K / (K - 1)), ("xgboost", 2.0), (1, 1.0)):
        objective = SoftTargetObjective(target, hessian_factor=factor)
        for gradient, hessian in (objective(scores, None), objective(np.zeros(6), scores)):
            np.testing.assert_allclose(gradient, p - target.dense(), atol=1e-15)
            np.testing.assert_allclose(hessian, number * p * (1 - p), rtol=1e-13)
        gradient, _ = objective(scores.ravel(order="F"), None)
        np.testing.assert_allclose(gradient, (p - target.dense()).ravel(order="F"), atol=1e-15)


@pytest.mark.long
def test_multiclass_is_xgboosts():
    xgboost = pytest.importorskip("xgboost")
    x, y = problem()
    params = {"num_class": K, "max_depth": 3, "base_score": 0.0, "nthread": 1, "disable_default_eval_metric": True}
    data = xgboost.DMatrix(x, label=y)
    objective = SoftTargetObjective(ow.one_hot(y, K), hessian_factor="xgboost")
    ours = xgboost.train(params, data, 8, obj=objective)
    theirs = xgboost.train(params | {"objective": "multi:softprob"}, data, 8)
    np.testing.assert_allclose(
        ours.predict(data, output_margin=True), theirs.predict(data, output_margin=True), atol=1e-6
    )


BAD = {
    "other rows": (
        lambda: SoftTargetObjective(ow.one_hot(np.array([0, 1]), 3))(np.zeros((4, 3)), None),
        "scores have shape (4, 3), the target 2 rows of 3 classes: expected as many; for subsets and cross-validation "
        "give row numbers as labels, and rows='labels'",
    ),
    "no row": (
        lambda: SoftTargetObjective(ow.one_hot(np.array([0, 1]), 3), rows="labels")(np.array([0, 2]), np.zeros((2, 3))),
        "labels[1] is 2: with rows='labels' expected a row of the target, 0..1",
    ),
    "a factor": (
        lambda: SoftTargetObjective(ow.one_hot(np.array([0]), 3), hessian_factor="catboost"),
        "hessian_factor is 'catboost': expected 'lightgbm', 'xgboost' or a number",
    ),
    "rows": (
        lambda: SoftTargetObjective(ow.one_hot(np.array([0]), 3), rows="some"),
        "rows is 'some': expected 'all' or 'labels'",
    ),
    "no mass": (
        lambda: init_score(ow.one_hot(np.array([-100]), 3)),
        "target has no mass: its classes have no frequencies",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_by_the_exact_error(case):
    call, message = BAD[case]
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == message


def test_a_target_of_labels():
    with pytest.raises(TypeError, match=r"^target is no SoftTarget of NumPy arrays: make one with onewarm.smooth"):
        SoftTargetObjective(np.array([0, 1]))

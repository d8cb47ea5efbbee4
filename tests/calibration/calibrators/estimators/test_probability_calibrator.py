"""A classifier with calibrated probabilities, against scikit-learn's own and in its tools."""

import warnings

import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import check_estimator

import onewarm as ow
from onewarm.calibration import ProbabilityCalibrator
from onewarm.calibration.calibrators.methods import METHODS

X, Y = make_classification(
    1200, n_features=8, n_informative=4, n_redundant=3, n_classes=3, class_sep=0.8, random_state=0
)
NEW, TRUE = X[900:], Y[900:]
X, Y = X[:900], Y[:900]


@pytest.mark.long
@pytest.mark.parametrize("inner", [LogisticRegression(), GaussianNB(), RidgeClassifier()])
@pytest.mark.parametrize("method", ["temperature", "isotonic", "vector"])
def test_scikit_learn_accepts_it(inner, method):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(ProbabilityCalibrator(inner, method=method), on_fail=None)
    assert not [(r["check_name"], r["exception"]) for r in results if r["status"] not in ("passed", "skipped")]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_lowers_the_nll_of_an_overconfident_classifier(method):
    inner = GaussianNB()
    before = log_loss(TRUE, inner.fit(X, Y).predict_proba(NEW))
    model = ProbabilityCalibrator(GaussianNB(), method=method).fit(X, Y)
    q = model.predict_proba(NEW)
    np.testing.assert_allclose(q.sum(axis=1), 1)
    assert log_loss(TRUE, q) < before + (0 if method not in ("leave", "intercept") else 0.02)
    assert is_classifier(model) and model.map_.key == method and set(model.predict(NEW)) <= {0, 1, 2}


def test_it_is_scikit_learns_platt_scaling_of_decision_values():
    y = (Y == 1).astype(int)
    folds = KFold(5)
    mine = ProbabilityCalibrator(LinearSVC(), method="platt", cv=folds).fit(X, y)
    peer = CalibratedClassifierCV(LinearSVC(), method="sigmoid", cv=folds, ensemble=False).fit(X, y)
    np.testing.assert_allclose(mine.predict_proba(NEW), peer.predict_proba(NEW), atol=1e-4)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_trained_classifier_is_taken_as_it_is(frozen):
    inner = GaussianNB().fit(X[:400], Y[:400])
    if frozen:
        model = ProbabilityCalibrator(FrozenEstimator(inner)).fit(X[400:], Y[400:])
    else:
        model = ProbabilityCalibrator(inner, cv="prefit").fit(X[400:], Y[400:])
    assert model.map_.parameters["temperature"] > 1.2
    np.testing.assert_allclose(model.map_.apply(inner.predict_proba(NEW)), model.predict_proba(NEW))


def test_it_works_in_scikit_learns_tools():
    model = make_pipeline(StandardScaler(), ProbabilityCalibrator(GaussianNB(), cv=3))
    scores = cross_val_score(model, X, Y, cv=3, scoring="neg_log_loss")
    plain = cross_val_score(GaussianNB(), X, Y, cv=3, scoring="neg_log_loss")
    assert scores.mean() > plain.mean()
    grid = {"method": ["temperature", "leave"], "estimator__var_smoothing": [1e-9, 1e-3]}
    search = GridSearchCV(ProbabilityCalibrator(GaussianNB(), cv=3), grid, cv=3, scoring="neg_log_loss").fit(X, Y)
    assert search.best_params_["method"] == "temperature"


def test_soft_targets_weights_names_and_groups():
    names = np.array(["ant", "bee", "cat"])[Y]
    plain = ProbabilityCalibrator(GaussianNB()).fit(X, names, sample_weight=np.ones(900))
    assert plain.classes_.tolist() == ["ant", "bee", "cat"] and set(plain.predict(NEW)) <= {"ant", "bee", "cat"}
    soft = ProbabilityCalibrator(GaussianNB()).fit(X, ow.one_hot(Y, num_classes=3))
    np.testing.assert_allclose(soft.predict_proba(NEW), plain.predict_proba(NEW), atol=1e-9)
    smooth = ProbabilityCalibrator(GaussianNB(), cv=GroupKFold(3)).fit(
        X, ow.smooth(Y, 0.3, num_classes=3), groups=np.arange(900) // 10
    )
    assert smooth.predict_proba(NEW).max(axis=1).mean() < plain.predict_proba(NEW).max(axis=1).mean() - 0.1
    nearest = ProbabilityCalibrator(KNeighborsClassifier()).fit(X, ow.smooth(Y, 0.3, num_classes=3))  # takes no weights
    assert nearest.predict_proba(NEW).shape == (300, 3)


def test_zeros_of_a_forest_count_as_the_floor():
    model = ProbabilityCalibrator(RandomForestClassifier(10, random_state=0), method="temperature").fit(X, Y)
    assert (model.estimator_.predict_proba(NEW) == 0).any() and np.isfinite(log_loss(TRUE, model.predict_proba(NEW)))


def test_what_no_temperature_mends_is_left_with_the_reason():
    x = np.random.default_rng(0).normal(size=(400, 2))
    model = ProbabilityCalibrator(GaussianNB(), cv="prefit")
    model.estimator.fit(x, x[:, 0] > 0)
    model.fit(x, model.estimator.predict(x))
    assert model.map_.key == "leave" and "rows are right" in model.why_kept_


def test_bad_input_is_named():
    for call, text in (
        (lambda: ProbabilityCalibrator(GaussianNB(), method="no").fit(X, Y), "method is 'no': choose one of leave"),
        (lambda: ProbabilityCalibrator(GaussianNB(), cv="no").fit(X, Y), "cv is 'no': expected a number of folds"),
        (lambda: ProbabilityCalibrator(GaussianNB(), cv=1).fit(X, Y), "cv is 1: expected at least 2 folds"),
        (lambda: ProbabilityCalibrator(GaussianNB()).fit(X, np.zeros(900)), "y has 1 class, np.float64(0.0)"),
        (lambda: ProbabilityCalibrator(GaussianNB()).fit(X, np.arange(900) == 0), "class np.True_ has 1 row"),
        (lambda: ProbabilityCalibrator(GaussianNB()).fit(X, Y, np.zeros(900)), "sample_weight is zero in every row"),
        (
            lambda: ProbabilityCalibrator(GaussianNB(), cv=KFold(3)).fit(np.sort(X, axis=0), np.sort(Y)),
            "a fold of cv=KFold(n_splits=3, random_state=None, shuffle=False) has every row of a class",
        ),
    ):
        with pytest.raises(ValueError) as error:
            call()
        assert str(error.value).startswith(text)

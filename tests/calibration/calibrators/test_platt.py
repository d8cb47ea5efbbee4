"""Platt scaling is scikit-learn's, and a logistic regression of the log-odds."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.calibration import _SigmoidCalibration
from sklearn.linear_model import LogisticRegression

from onewarm.calibration.calibrators.platt import apply_platt, fit_platt, log_odds, log_rest, logistic, sigmoid
from onewarm.calibration.calibrators.rows import fit_rows


@pytest.fixture(scope="module")
def event():
    rng = np.random.default_rng(0)
    s = rng.normal(size=4000) * 2
    return s, (rng.random(4000) < expit(0.6 * s - 0.8)).astype(int), rng.integers(1, 4, 4000).astype(float)


def test_it_is_scikit_learns_sigmoid_on_the_log_odds(event):
    s, y, w = event
    fit = fit_platt(fit_rows(s, y, logits=True, weights=w))
    peer = _SigmoidCalibration().fit(s, y, w)
    assert (fit["slope"], fit["intercept"]) == pytest.approx((-peer.a_, -peer.b_), abs=1e-5)
    q = apply_platt(fit, fit_rows(s, y, logits=True).log_p)
    np.testing.assert_allclose(q[:, 1], peer.predict(s), atol=1e-5)


def test_several_classes_are_mapped_each_against_the_rest():
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(3), 3000)
    y = np.array([rng.choice(3, p=row) for row in p**0.5 / (p**0.5).sum(axis=1, keepdims=True)])
    fit = fit_platt(fit_rows(p, y))
    q = np.empty_like(p)
    for k in range(3):
        peer = LogisticRegression(C=1e9).fit(logit(p[:, [k]]), y == k)
        assert fit["slope"][k] == pytest.approx(peer.coef_[0, 0], abs=5e-3)
        q[:, k] = expit(fit["slope"][k] * logit(p[:, k]) + fit["intercept"][k])
    np.testing.assert_allclose(apply_platt(fit, np.log(p)), q / q.sum(axis=1, keepdims=True), atol=1e-9)


def test_separable_rows_and_a_class_that_never_occurs_keep_finite_parameters():
    s = np.array([-2.0, -1.0, 1.0, 2.0])
    for y in ([0, 0, 1, 1], [0, 0, 0, 0]):
        fit = fit_platt(fit_rows(s, y, logits=True))
        assert np.isfinite(list(fit.values())).all()


def test_log_odds_are_exact_where_a_class_is_almost_sure():
    log_p = np.array([[-1e-300, -50.0, -60.0], [np.log(0.2), np.log(0.3), np.log(0.5)]])
    np.testing.assert_allclose(log_rest(log_p)[0, 0], -50 + np.log1p(np.exp(-10)), rtol=1e-12)
    np.testing.assert_allclose(log_odds(log_p)[1], logit([0.2, 0.3, 0.5]), rtol=1e-12)


def test_sigmoid_and_weighted_logistic_regression_with_an_offset(event):
    s, y, w = event
    assert sigmoid(np.array([-800.0, 0.0, 800.0])).tolist() == [0, 0.5, 1]
    x = np.stack([s, np.ones_like(s)], axis=1)
    mine = logistic(x, y.astype(float), w, np.zeros(2))
    peer = LogisticRegression(C=1e9).fit(s[:, None], y, w)
    assert mine == pytest.approx([peer.coef_[0, 0], peer.intercept_[0]], abs=1e-3)
    moved = logistic(x, y.astype(float), w, np.zeros(2), offset=0.3 * s)
    assert moved == pytest.approx(mine - [0.3, 0], abs=1e-8)

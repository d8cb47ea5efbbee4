"""Beta calibration is the logistic regression of its paper, with a and b not negative."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from onewarm.calibration.calibrators.beta import apply_beta, fit_beta
from onewarm.calibration.calibrators.rows import fit_rows


def draw(curve, n=20_000):
    rng = np.random.default_rng(0)
    p = rng.uniform(0.01, 0.99, n)
    return p, (rng.random(n) < curve(p)).astype(int)


def test_it_is_a_logistic_regression_on_both_logarithms():
    p, y = draw(lambda p: expit(1.4 * np.log(p) - 0.6 * np.log1p(-p) + 0.3))
    fit = fit_beta(fit_rows(p, y))
    peer = LogisticRegression(C=1e9).fit(np.stack([np.log(p), -np.log1p(-p)], axis=1), y)
    assert [fit["a"], fit["b"], fit["c"]] == pytest.approx([*peer.coef_[0], peer.intercept_[0]], abs=5e-3)
    assert [fit["a"], fit["b"], fit["c"]] == pytest.approx([1.4, 0.6, 0.3], abs=0.1)
    q = apply_beta(fit, fit_rows(p, y).log_p)[:, 1]
    np.testing.assert_allclose(logit(q), fit["a"] * np.log(p) - fit["b"] * np.log1p(-p) + fit["c"], atol=1e-9)


def test_a_negative_coefficient_becomes_0_and_the_others_are_fitted_again():
    p, y = draw(lambda p: expit(1.5 * np.log(p) + 0.3 * np.log1p(-p) + 1))
    fit = fit_beta(fit_rows(p, y))
    peer = LogisticRegression(C=1e9).fit(np.log(p)[:, None], y)
    assert fit["b"] == 0 and [fit["a"], fit["c"]] == pytest.approx([peer.coef_[0, 0], peer.intercept_[0]], abs=5e-3)


def test_several_classes_are_mapped_each_against_the_rest():
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(3), 4000)
    y = np.array([rng.choice(3, p=row) for row in p])
    fit = fit_beta(fit_rows(p, y))
    q = apply_beta(fit, np.log(p))
    assert [len(v) for v in fit.values()] == [3, 3, 3] and np.abs(q - p).mean() < 0.02
    np.testing.assert_allclose(q.sum(axis=1), 1)

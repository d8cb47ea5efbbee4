"""Isotonic regression is scikit-learn's, but never exactly 0 or 1."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from onewarm.calibration.calibrators.isotonic import apply_isotonic, fit_isotonic
from onewarm.calibration.calibrators.rows import fit_rows


@pytest.fixture(scope="module")
def event():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.02, 0.98, 3000)
    return p, (rng.random(3000) < p**2).astype(int), rng.integers(1, 4, 3000).astype(float)


def test_it_is_scikit_learns_within_the_ends(event):
    p, y, w = event
    fit = fit_isotonic(fit_rows(p, y, weights=w))
    peer = IsotonicRegression(out_of_bounds="clip").fit(p, y, w)
    new = np.linspace(0, 1, 500)
    q = apply_isotonic(fit, fit_rows(new, np.zeros(500), floor=1e-9).log_p)[:, 1]
    inside = (peer.predict(new) > 0.05) & (peer.predict(new) < 0.95)
    np.testing.assert_allclose(q[inside], peer.predict(new)[inside], atol=1e-9)
    assert (np.diff(q) >= 0).all() and q.min() > 0 and q.max() < 1


def test_ends_without_an_event_or_of_events_alone_are_jeffreys_estimates():
    p = np.r_[np.full(9, 0.1), np.full(10, 0.5), np.full(19, 0.9)]
    y = np.r_[np.zeros(9), [0, 1] * 5, np.ones(19)].astype(int)
    fit = fit_isotonic(fit_rows(p, y))
    q = apply_isotonic(fit, fit_rows(np.array([0.05, 0.1, 0.5, 0.9, 0.99]), np.zeros(5)).log_p)[:, 1]
    np.testing.assert_allclose(q, [0.05, 0.05, 0.5, 0.975, 0.975], atol=1e-9)


@pytest.mark.parametrize("y", [np.zeros(20, int), np.ones(20, int)])
def test_one_block_is_one_share(y):
    p = np.linspace(0.1, 0.9, 20)
    q = apply_isotonic(fit_isotonic(fit_rows(p, y)), fit_rows(p, y).log_p)[:, 1]
    assert ((q > 0) & (q < 1)).all() and np.ptp(q) == 0 and abs(q[0] - y[0]) == pytest.approx(0.5 / 21)


def test_several_classes_are_curves_that_are_normalised():
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(4), 2000)
    y = np.array([rng.choice(4, p=row) for row in p])
    fit = fit_isotonic(fit_rows(p, y))
    q = apply_isotonic(fit, np.log(p))
    parts = np.stack([np.interp(p[:, k], fit["x"][k], fit["y"][k]) for k in range(4)], axis=1)
    np.testing.assert_allclose(q, parts / parts.sum(axis=1, keepdims=True), atol=1e-12)
    assert q.min() > 0

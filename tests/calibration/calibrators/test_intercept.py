"""The intercept: shares of classes become those of the truth, and nothing else changes."""

import numpy as np
import pytest
from scipy import optimize
from scipy.special import log_softmax, softmax

from onewarm.calibration.calibrators.intercept import apply_intercept, fit_intercept
from onewarm.calibration.calibrators.rows import fit_rows


def test_two_classes_get_one_shift_after_which_the_mean_is_right():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, 5000)
    y = (rng.random(5000) < p - 0.08).astype(int)
    rows = fit_rows(p, y)
    fit = fit_intercept(rows)
    q = apply_intercept(fit, rows.log_p)
    assert q[:, 1].mean() == pytest.approx(y.mean(), abs=1e-3)
    best = optimize.minimize_scalar(
        lambda b: -np.log(apply_intercept({"intercept": b}, rows.log_p)[np.arange(5000), y]).mean()
    )
    assert fit["intercept"] == pytest.approx(best.x, abs=2e-3)


@pytest.mark.parametrize("weights", [None, "some"])
def test_several_classes_against_scipy(weights):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2000, 4))
    y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    z += [0.5, -0.5, 0, 1]
    w = np.ones(2000) if weights is None else rng.integers(1, 4, 2000).astype(float)
    rows = fit_rows(z, y, logits=True, weights=w)

    def penalised(b):
        return -(w * log_softmax(z + b, axis=1)[np.arange(2000), y]).sum() + b @ b / 2

    found = np.array(fit_intercept(rows)["intercept"])
    best = optimize.minimize(penalised, np.zeros(4), method="BFGS", options={"gtol": 1e-4}).x
    assert found == pytest.approx(best, abs=1e-4) and found.sum() == pytest.approx(0, abs=1e-5)
    np.testing.assert_allclose(apply_intercept({"intercept": found.tolist()}, rows.log_p), softmax(z + found, axis=1))


def test_a_class_that_never_occurs_keeps_a_finite_shift():
    z = np.zeros((100, 3))
    shift = fit_intercept(fit_rows(z, np.arange(100) % 2, logits=True))["intercept"]
    assert -10 < shift[2] < -1

"""Vector scaling: the penalised optimum, and for many rows the multinomial regression."""

import numpy as np
import pytest
from scipy import optimize
from scipy.special import log_softmax, softmax

from onewarm.calibration.calibrators.rows import fit_rows
from onewarm.calibration.calibrators.temperature import fit_temperature
from onewarm.calibration.calibrators.vector import apply_vector, fit_vector, least


def model(n, k, seed=0):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, k)) * 2
    return z, (z + rng.gumbel(size=z.shape)).argmax(axis=1)


def test_it_is_the_optimum_of_what_it_says():
    z, y = model(600, 3)
    x = log_softmax(1.5 * z + [0.5, 0, -0.5], axis=1)

    def penalised(theta):
        common, own, shift = theta[0], theta[1:4], theta[4:]
        nll = -log_softmax(x * (common + own) + shift, axis=1)[np.arange(600), y].sum()
        return nll + (4 * own @ own + shift @ shift + 0.1 * (common - 1) ** 2) / 2

    best = optimize.minimize(penalised, np.r_[1, np.zeros(6)], method="BFGS", options={"gtol": 1e-4}).x
    found = fit_vector(fit_rows(x, y, logits=True))
    assert found["scale"] == pytest.approx(best[0] + best[1:4], abs=1e-4)
    assert found["shift"] == pytest.approx(best[4:], abs=1e-4)
    np.testing.assert_allclose(
        apply_vector(found, x), softmax(x * found["scale"] + np.array(found["shift"]), axis=1), rtol=1e-9
    )


def test_it_finds_scales_and_shifts_of_each_class():
    z, y = model(60_000, 3)
    scale, shift = np.array([0.5, 0.8, 1.2]), np.array([0.3, -0.3, 0.0])
    x = log_softmax(z, axis=1)
    pi = softmax(x * scale + shift, axis=1)
    found = fit_vector(fit_rows(x, pi, logits=True))
    assert found["scale"] == pytest.approx(scale, abs=5e-3) and found["shift"] == pytest.approx(shift, abs=5e-3)
    assert len(y) == 60_000


def test_a_class_with_few_rows_keeps_the_common_scale():
    z, y = model(400, 20)
    y[y == 19] = 0
    found = fit_vector(fit_rows(2 * z, y, logits=True))
    t = fit_temperature(2 * z, y).temperature
    assert np.abs(found["shift"]).max() < 3 and found["scale"][19] == pytest.approx(1 / t, abs=0.5)


def test_every_row_right_keeps_it_finite():
    z, _ = model(50, 3)
    found = fit_vector(fit_rows(z, z.argmax(axis=1), logits=True))
    assert np.isfinite(found["scale"]).all() and min(found["scale"]) > 1


def test_the_minimum_of_an_ill_conditioned_quadratic():
    d = np.logspace(0, 3, 30)
    found = least(lambda x: (float(d @ (x - 1) ** 2 / 2), d * (x - 1)), np.zeros(30), np.ones(30))
    np.testing.assert_allclose(found, 1, atol=1e-5)

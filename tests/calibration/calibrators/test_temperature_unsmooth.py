"""Temperature and alpha together: known maps are recovered, and nothing on a grid is better."""

import numpy as np
import pytest

from onewarm.calibration import TemperatureError, fit_temperature
from onewarm.calibration.calibrators.temperature_unsmooth import TemperatureUnsmoothFit, fit_temperature_unsmooth
from onewarm.calibration.calibrators.unsmooth import fit_alpha

FLOOR = 1e-9


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def nll(q, labels):
    return -np.log(q[np.arange(len(q)), labels]).mean()


@pytest.fixture(scope="module")
def sample():
    """Logits of an overconfident model, and labels, of which a tenth are noise."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(1500, 3)) * 2
    truth = 0.9 * softmax(z / 2) + 0.1 / 3
    return z, truth, (np.log(truth) + rng.gumbel(size=z.shape)).argmax(axis=1)


def test_the_map_that_made_the_truth_comes_back(sample):
    z, truth, _ = sample
    fit = fit_temperature_unsmooth(z, truth, FLOOR)
    assert (fit.temperature, fit.alpha) == pytest.approx((2, -0.1 / 0.9), abs=2e-3)
    np.testing.assert_allclose(fit.apply(z), truth, atol=2e-4)
    around = fit_temperature_unsmooth(z, truth, FLOOR, start=1.3)  # within a factor 8 of the answer
    assert (around.temperature, around.alpha) == pytest.approx((fit.temperature, fit.alpha), abs=1e-3)


def test_no_temperature_on_a_grid_is_better(sample):
    z, _, labels = sample
    fit = fit_temperature_unsmooth(z, labels, FLOOR)
    best = min(fit_alpha(softmax(z / t), labels, FLOOR).nll for t in np.geomspace(0.5, 8, 60))
    assert nll(fit.apply(z), labels) <= best + 1e-9
    alone = fit_temperature(z, labels)
    assert nll(fit.apply(z), labels) <= fit_alpha(alone.apply(z), labels, FLOOR).nll + 1e-12


def test_apply_is_its_formula_with_a_floor():
    z = np.log(np.array([[0.81, 0.01, 0.18], [0.25, 0.25, 0.5]]))
    p = softmax(z / 2)
    q = np.maximum((p - 0.3 / 3) / 0.7, 0.05)
    np.testing.assert_allclose(
        TemperatureUnsmoothFit(2.0, 0.3, 0.05).apply(z), q / q.sum(axis=1, keepdims=True), rtol=1e-12
    )


def test_without_a_best_temperature_or_a_start_it_is_an_error(sample):
    z = sample[0]
    with pytest.raises(TemperatureError, match="all 1500 rows are right"):
        fit_temperature_unsmooth(z, z.argmax(axis=1), FLOOR)
    with pytest.raises(ValueError, match=r"^floor is 0.4: expected at least 0 and less than 1/K = 0.333333$"):
        fit_temperature_unsmooth(z, sample[2], 0.4)

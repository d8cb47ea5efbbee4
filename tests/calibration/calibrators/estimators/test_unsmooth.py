"""``UnsmoothCalibrator`` recovers the alpha of a smoothed, and of an overconfident, model."""

import numpy as np
import pytest

from onewarm.calibration import CalibrationSummary, UnsmoothCalibrator, nll


@pytest.mark.parametrize("alpha", [0.1, 0.3, -0.25])
def test_alpha_of_a_smoothed_or_oversure_model(rows, alpha):
    _, sharp, _ = rows
    if alpha > 0:
        p, pi = (1 - alpha) * sharp + alpha / 4, sharp
    else:
        p, pi = sharp, (sharp - alpha / 4) / (1 - alpha)
    labels = (np.log(pi) + np.random.default_rng(1).gumbel(size=pi.shape)).argmax(axis=1)
    exact = UnsmoothCalibrator(probabilities=True).fit(p, pi)
    assert exact.alpha_ == pytest.approx(alpha, abs=1e-6)
    np.testing.assert_allclose(exact.transform(p), pi, atol=1e-6)
    drawn = UnsmoothCalibrator(probabilities=True).fit(p, labels)
    assert drawn.alpha_ == pytest.approx(alpha, abs=0.06)
    before, after = (nll(CalibrationSummary().update(q, labels)) for q in (p, drawn.transform(p)))
    assert after < before


def test_new_rows_are_raised_to_the_floor(rows):
    _, pi, labels = rows
    calibrator = UnsmoothCalibrator(probabilities=True, floor=0.01).fit(0.8 * pi + 0.05, labels)
    q = calibrator.transform(np.array([[1.0, 0.0, 0.0, 0.0]]))  # before the floor three entries are below 0
    top = (1 - calibrator.alpha_ / 4) / (1 - calibrator.alpha_)
    np.testing.assert_allclose(q, np.array([[top, 0.01, 0.01, 0.01]]) / (top + 0.03), rtol=1e-12)
    with pytest.raises(ValueError) as error:
        UnsmoothCalibrator(floor=0.5).fit(np.log(pi), labels)
    assert str(error.value) == "floor is 0.5: expected at least 0 and less than 1/K = 0.25"

"""Intercept, slope and p values without bins against fits of SciPy, formulas written out, and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, special, stats
from sklearn.linear_model import LogisticRegression

from onewarm.audit.questions.whole_range import WholeRange
from onewarm.calibration import CalibrationSummary


def sample(rng, n, shift=0.0, by=1.0):
    z = rng.normal(0, 1.5, n)
    return special.expit(z), (rng.uniform(size=n) < special.expit(by * z + shift)).astype(float)


def of(p, y):
    return WholeRange(CalibrationSummary().update(p, y), "confidence")


def test_intercept_and_slope_are_those_of_logistic_fits():
    p, y = sample(np.random.default_rng(0), 5000, 0.4, 0.7)
    shift = optimize.brentq(lambda a: special.expit(special.logit(p) + a).sum() - y.sum(), -5, 5)
    value, (low, high) = of(p, y).intercept()
    assert value == pytest.approx(shift, abs=1e-3)
    assert low < value < high
    fit = LogisticRegression(C=1e9).fit(special.logit(p)[:, None], y)
    value, (low, high) = of(p, y).slope()
    assert value == pytest.approx(fit.coef_[0, 0], abs=5e-3)
    assert low < 0.7 < high < 1


def test_two_classes_have_them_too():
    p, y = sample(np.random.default_rng(0), 5000, 0.4, 0.7)
    summary = CalibrationSummary(classwise=True).update(np.stack([1 - p, p], 1), y.astype(int))
    two = WholeRange(summary, "binary")
    assert two.intercept()[0] == pytest.approx(of(p, y).intercept()[0], abs=0.01)
    assert two.slope()[0] == pytest.approx(of(p, y).slope()[0], abs=0.02)


def test_p_values_are_those_of_their_formulas():
    p, y = sample(np.random.default_rng(2), 4000, 0.05)
    z = ((y - p) * (1 - 2 * p)).sum() / np.sqrt(((1 - 2 * p) ** 2 * p * (1 - p)).sum())
    assert of(p, y).spiegelhalter_p() == pytest.approx(2 * stats.norm.sf(abs(z)), rel=0.02)
    walk = np.abs(np.cumsum((p - y)[np.argsort(p)])).max() / np.sqrt((p * (1 - p)).sum())
    k = np.arange(200)
    inside = 4 / np.pi * ((-1.0) ** k / (2 * k + 1) * np.exp(-((2 * k + 1) ** 2) * np.pi**2 / (8 * walk**2))).sum()
    assert of(p, y).cumulative_p() == pytest.approx(1 - inside, rel=0.1)


def test_p_values_hold_their_level_and_find_errors():
    rng = np.random.default_rng(3)
    calibrated = [of(*sample(rng, 400)) for _ in range(150)]
    wrong = [of(*sample(rng, 400, 0.5, 0.6)) for _ in range(20)]
    for name in ("spiegelhalter_p", "cumulative_p"):
        small = np.mean([getattr(one, name)() < 0.05 for one in calibrated])
        assert small < 0.05 + 3 * (0.05 * 0.95 / 150) ** 0.5
    assert np.mean([one.cumulative_p() < 0.05 for one in wrong]) > 0.9


def test_what_is_not_determined_is_none():
    alike = of(np.full(20, 0.5), np.ones(20))
    assert alike.intercept() is None
    assert alike.slope() is None
    assert alike.spiegelhalter_p() is None
    assert of(np.ones(20), np.ones(20)).cumulative_p() is None

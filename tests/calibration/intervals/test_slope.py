"""Slope of calibration against scikit-learn's fit, exact conditional tails, and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression

from onewarm.calibration.intervals.slope import Logistic, slope


def draw(rng, n, cells=12, by=1.0):
    chance = np.sort(rng.uniform(0.02, 0.98, cells))
    truth = 1 / (1 + np.exp(-by * np.log(chance / (1 - chance))))
    trials = rng.integers(1, n, cells).astype(float)
    return trials, chance, rng.binomial(trials.astype(int), truth).astype(float)


def test_the_fit_is_that_of_a_logistic_regression():
    trials, chance, events = draw(np.random.default_rng(0), 80)
    model = Logistic(trials, chance, events)
    x = np.log(chance / (1 - chance))
    fit = LogisticRegression(C=1e9, tol=1e-10, max_iter=1000)
    fit.fit(np.tile(x, 2)[:, None], np.repeat([1, 0], len(x)), np.concatenate([events, trials - events]))
    assert model.b == pytest.approx(fit.coef_[0, 0], rel=1e-4)
    assert model.a - model.b * model.middle == pytest.approx(fit.intercept_[0], rel=1e-3, abs=1e-4)


def test_the_p_value_is_that_of_the_exact_conditional_law():
    """Given the number of events, sum x s has the law of the tilted binomials whatever the intercept is."""
    trials, chance = np.array([12.0, 9, 13, 11, 10]), np.array([0.083, 0.31, 0.47, 0.72, 0.94])
    x = np.log(chance / (1 - chance))
    grid = np.stack(np.meshgrid(*(np.arange(int(n) + 1) for n in trials), indexing="ij"), -1).reshape(-1, 5)
    law = np.prod([stats.binom.pmf(grid[:, c], trials[c], chance[c]) for c in range(5)], axis=0)
    for events in ([1, 3, 6, 8, 9], [0, 1, 6, 10, 10], [3, 4, 6, 6, 8], [0, 2, 5, 9, 10], [2, 4, 7, 6, 8]):
        s = np.array(events, float)
        same = grid.sum(axis=1) == s.sum()
        score, weight = grid[same] @ x, law[same] / law[same].sum()
        at = s @ x
        upper, equal = weight[score > at + 1e-9].sum(), weight[np.abs(score - at) <= 1e-9].sum()
        exact = 2 * (min(upper, 1 - upper - equal) + equal / 2)  # mid-p, which a continuous approximation estimates
        assert slope(Logistic(trials, chance, s), 0.05).p == pytest.approx(min(exact, 1), rel=0.1)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([0.05, 0.001]),
    st.floats(0.3, 3),
    st.sampled_from([(1.0, np.inf), (4.0, 20.0)]),
)
def test_the_interval_excludes_one_exactly_where_p_is_small(seed, alpha, by, unit):
    try:
        model = Logistic(*draw(np.random.default_rng(seed), 60, by=by))
    except ArithmeticError:
        return
    found = slope(model, alpha, unit=unit[0], df=unit[1])
    assert (found.p < alpha) == (not found.low <= 1 <= found.high)
    assert found.low <= found.value <= found.high


def test_coverage_in_small_samples():
    rng = np.random.default_rng(1)
    missed = 0
    for _ in range(400):
        found = slope(Logistic(*draw(rng, 30)), 0.05)
        missed += found.p < 0.05
    assert missed / 400 < 0.05 + 2.5 * (0.05 * 0.95 / 400) ** 0.5


@pytest.mark.parametrize(
    ("trials", "chance", "events"),
    [([5, 5], [0.2, 0.8], [0, 5]), ([5, 5], [0.2, 0.8], [0, 0]), ([5], [0.4], [2]), ([5, 5], [0.4, 0.4], [2, 3])],
)
def test_a_slope_that_is_not_determined(trials, chance, events):
    with pytest.raises(ArithmeticError, match="not determined"):
        Logistic(*(np.array(v, float) for v in (trials, chance, events)))

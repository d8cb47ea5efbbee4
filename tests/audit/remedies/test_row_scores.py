"""Scores of single rows, and intervals of their means, by their definitions."""

import numpy as np
import pytest
from scipy import stats

from onewarm.audit.remedies.row_scores import gain_interval, mean_interval, row_brier, row_nll


def test_row_scores_against_their_definitions():
    rng = np.random.default_rng(0)
    p, votes = rng.dirichlet(np.ones(3), 20), rng.multinomial(5, [0.2, 0.3, 0.5], 20)
    t = votes / 5
    np.testing.assert_allclose(row_nll(p, votes), -(t * np.log(p)).sum(axis=1))
    one = np.eye(3)
    brier = sum(t[:, k] * ((p - one[k]) ** 2).sum(axis=1) for k in range(3))
    np.testing.assert_allclose(row_brier(p, votes), brier)


def test_a_mean_and_its_normal_interval():
    rng = np.random.default_rng(0)
    values = rng.normal(size=50)
    mean, (low, high) = mean_interval(values, np.ones(50))
    half = stats.norm.ppf(0.975) * np.sqrt(((values - values.mean()) ** 2).sum()) / 50
    assert (mean, low, high) == pytest.approx((values.mean(), values.mean() - half, values.mean() + half))
    weights = rng.integers(0, 3, 50).astype(float)
    mean, (low, high) = mean_interval(values, weights)
    assert mean == pytest.approx(np.average(values, weights=weights))
    residuals = weights * (values - mean)
    assert high - mean == pytest.approx(stats.norm.ppf(0.975) * np.sqrt((residuals**2).sum()) / weights.sum())


def test_groups_are_summed_before_they_are_squared():
    values, groups = np.repeat(np.random.default_rng(0).normal(size=20), 5), np.repeat(np.arange(20), 5)
    _, (low, high) = mean_interval(values, np.ones(100), groups=groups, errors=1.0)
    assert (high - low) / 2 == pytest.approx(values[::5].std(ddof=1) / np.sqrt(20))


def test_a_likelihood_ratio_raises_the_low_end_of_a_gain_where_it_is_beyond_chance():
    gains = np.random.default_rng(0).normal(0.05, 0.6, 300)
    plain = mean_interval(gains, np.ones(300))
    assert plain[1][0] < 0 < plain[0] and gain_interval(gains, np.ones(300)) == plain
    assert gain_interval(gains, np.ones(300), None, (6.5, 1)) == plain  # the .99 quantile is 6.63
    mean, (low, high) = gain_interval(gains, np.ones(300), None, (40.0, 2))
    critical = stats.chi2.ppf(0.99, 2)
    assert low == pytest.approx(mean * (1 - np.sqrt(critical / 40)) ** 2, rel=0.02) and high == plain[1][1]

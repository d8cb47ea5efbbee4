"""The bootstrap against closed forms, and against a bootstrap of the rows themselves."""

import numpy as np
import pytest
from scipy.stats import norm, rankdata, t
from sklearn.metrics import roc_auc_score

from onewarm.calibration import CalibrationSummary, estimate
from onewarm.calibration.intervals.bootstrap import bias_corrected, of_groups, resampled_cells
from onewarm.calibration.metrics.bins import class_bins
from onewarm.calibration.metrics.brier_decomposition import resolution_of


def events(n, seed=0, votes=1):
    rng = np.random.default_rng(seed)
    c = (rng.integers(0, 20, n) + 0.5) / 20
    return c, rng.binomial(votes, c) / votes


@pytest.mark.parametrize("bias", [0.0, 0.5, -0.7])
@pytest.mark.parametrize("level", [0.8, 0.9])
def test_bias_corrected_percentiles_of_a_shifted_normal(bias, level):
    """Draws around value + bias: the interval is that of an estimate without bias, value - bias -+ z."""
    drawn = 5 + bias + norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    z = norm.ppf((1 + level) / 2)
    assert bias_corrected(drawn, 5.0, level) == pytest.approx((5 - bias, 5 - bias - z, 5 - bias + z), abs=0.01)


def test_a_value_outside_all_draws_gives_their_end():
    drawn = np.arange(400.0)
    assert bias_corrected(drawn, -1.0, 0.9).high < 5
    assert bias_corrected(drawn, 400.0, 0.9).low > 394


@pytest.mark.parametrize("votes", [1, 9])
def test_resampled_cells_have_the_moments_of_resampled_rows(votes):
    c, a = events(500, votes=votes)
    summary = CalibrationSummary().update(c, a)
    count, correct = resampled_cells(summary, np.random.default_rng(0))
    assert count.shape == correct.shape == (400, 20) and (count.sum(axis=1) == 500).all()
    for i, value in enumerate(np.unique(c)):
        n, mean = (c == value).sum(), a[c == value].mean()
        assert count[:, i].mean() == pytest.approx(n, abs=4 * np.sqrt(n / 400))
        assert count[:, i].var() == pytest.approx(n * (1 - n / 500), rel=0.35)
        rest = correct[:, i] - count[:, i] * mean
        assert rest.mean() == pytest.approx(0, abs=4 * np.sqrt(n / 4 / 400) + 0.02 * n)
        if 0.2 < mean < 0.8:
            assert rest.var() == pytest.approx(n * mean * (1 - mean) / votes, rel=0.5)


def test_ranks_have_the_interval_of_a_bootstrap_of_rows():
    c, a = events(400)
    found = estimate(CalibrationSummary().update(c, a), "auroc")
    rng, drawn = np.random.default_rng(1), []
    for _ in range(500):
        at = rng.integers(0, 400, 400)
        n, right = a[at].size, a[at].sum()
        ranks = rankdata(c[at])[a[at] == 1].sum()
        drawn.append((ranks - right * (right + 1) / 2) / (right * (n - right)))  # Mann and Whitney's U
    low, high = np.quantile(drawn, [0.05, 0.95])
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.25 * (high - low) / 2)
    assert found.corrected == found.value == pytest.approx(roc_auc_score(a, c))


def classes(n=2000, groups=8):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), n)
    labels = (np.log(p) + rng.gumbel(size=p.shape)).argmax(axis=1)
    return CalibrationSummary(classwise=True, groups=groups).update(p, labels)


@pytest.mark.parametrize("groups", [8, 20])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_few_groups_widen_the_interval_as_students_t_does(groups, level):
    summary = classes(groups=groups)
    value = float(resolution_of(*(x.sum(axis=0) for x in class_bins(summary, 15))))
    found = of_groups(resolution_of)(summary, value, level, np.random.default_rng(3), 15)
    grouped = class_bins(summary, 15)
    times = np.random.default_rng(3).multinomial(groups, np.full(groups, 1 / groups), 400)
    drawn = np.array([resolution_of(*(np.tensordot(n, x, 1) for x in grouped)) for n in times])
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    student = t.ppf((1 + level) / 2, groups - 1) / norm.ppf((1 + level) / 2)
    expected = student * np.sqrt(groups / (groups - 1))
    assert (found.high - found.low) / (high - low) == pytest.approx(expected, rel=0.06)
    # Reflected: where the draws lie above the value, the interval lies below it.
    middle = drawn.mean() + (np.median(drawn) - drawn.mean()) * (found.high - found.low) / (high - low)
    assert found.corrected == pytest.approx(2 * value - middle, rel=1e-9)


def test_one_group_says_nothing():
    found = estimate(classes(groups=1), "brier_resolution")
    assert np.isnan([found.low, found.high]).all()


def test_parts_of_the_brier_score_of_events():
    """One probability: uncertainty f (1 - f), whose spread is |1 - 2 f| that of f."""
    c, a = events(3000)
    a = (a * (np.random.default_rng(1).uniform(size=3000) < 0.5)).astype(int)  # f near 1/4
    found = estimate(CalibrationSummary().update(c, a), "brier_uncertainty")
    f = a.mean()
    reach = 1.645 * (1 - 2 * f) * np.sqrt(f * (1 - f) / 3000)
    assert (found.low, found.high) == pytest.approx((f * (1 - f) - reach, f * (1 - f) + reach), abs=0.3 * reach)

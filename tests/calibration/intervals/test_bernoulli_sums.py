"""Tails of sums of unequal trials against exact convolution and SciPy; intervals as the tests' duals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from onewarm.calibration.intervals.bernoulli_sums import (
    Sums,
    UpperTail,
    calibration_test,
    normal_quantile,
    normal_tail,
    normal_to_t,
    t_to_normal,
)


def exact_tails(trials, chance):
    """P(S >= s) for s = 0..n, by convolution."""
    law = np.ones(1)
    for n, m in zip(trials.astype(int), chance, strict=True):
        law = np.convolve(law, stats.binom.pmf(np.arange(n + 1), n, m))
    return law[::-1].cumsum()[::-1]


def tails(trials, chance):
    s = np.arange(trials.sum() + 1)
    many = (len(s), 1)
    return UpperTail(Sums(np.tile(trials, many), np.tile(chance, many), s))(np.zeros(len(s)))


CHANCES = {
    "any": lambda rng, c: rng.uniform(0, 1, c),
    "rare": lambda rng, c: rng.uniform(0, 0.02, c),
    "nearly sure": lambda rng, c: 1 - rng.uniform(0, 1e-3, c),
    "sharp": lambda rng, c: 1 / (1 + np.exp(-rng.normal(0, 4, c))),
}


@pytest.mark.parametrize("chances", CHANCES)
@pytest.mark.parametrize("most", [2, 10, 60])
def test_tails_are_those_of_an_exact_convolution(chances, most):
    rng = np.random.default_rng(most)
    for _ in range(12):
        cells = int(rng.integers(1, 40))
        trials, chance = rng.integers(0, most, cells).astype(float), CHANCES[chances](rng, cells)
        truth, got = exact_tails(trials, chance), tails(trials, chance)
        tail = (truth > 1e-12) & (truth < 0.3)
        np.testing.assert_allclose(got[tail], truth[tail], rtol=0.06, err_msg=f"{trials} {chance}")
        far = truth < 1e-9  # the saddlepoint alone
        assert (got[far] < 2e-9).all()


def test_tails_of_few_events_and_of_few_others_are_exact():
    trials, chance = np.array([1e4, 30.0, 2.0]), np.array([1e-6, 0.01, 0.7])
    truth = stats.binom.pmf(np.arange(12), 10_000, 1e-6)
    for n, m in ((30, 0.01), (2, 0.7)):
        truth = np.convolve(truth, stats.binom.pmf(np.arange(n + 1), n, m))[:12]
    s = np.arange(9)
    for flip in (False, True):
        if not flip:
            got = UpperTail(Sums(np.tile(trials, (9, 1)), np.tile(chance, (9, 1)), s.astype(float)))(np.zeros(9))
            expected = 1 - np.concatenate([[0], truth[:8].cumsum()])
            np.testing.assert_allclose(got[expected > 1e-9], expected[expected > 1e-9], rtol=1e-6)
        else:  # so few failures, or fewer
            total = trials.sum() - np.arange(8.0)
            got = UpperTail(Sums(np.tile(trials, (8, 1)), np.tile(1 - chance, (8, 1)), total))(np.zeros(8))
            np.testing.assert_allclose(got, truth[:8].cumsum(), rtol=1e-9)


def one(n, m, s, alpha=0.05, df=np.inf):
    sums = Sums(np.array([[float(n)]]), np.array([[m]]), np.array([float(s)]))
    return calibration_test(sums, np.array([alpha]), np.array([df]))


@pytest.mark.parametrize(("n", "s", "m"), [(10, 3, 0.5), (40, 40, 0.7), (200, 0, 0.01), (1000, 620, 0.6)])
def test_intervals_generalise_those_of_clopper_and_pearson(n, s, m):
    found = one(n, m, s)
    exact = stats.binomtest(s, n, m)
    low, high = exact.proportion_ci(0.95, method="exact")
    assert (m - high, m - low) == pytest.approx((found.low[0] / n, found.high[0] / n), abs=2e-6)
    one_sided = min(stats.binomtest(s, n, m, alternative=a).pvalue for a in ("less", "greater"))
    assert found.p[0] == pytest.approx(min(2 * one_sided, 1), rel=2e-3)


def test_all_right_has_an_interval():
    """Decision 7: 40 rows at p = .7, all right, had a gap without variance, and so no interval."""
    found = one(40, 0.7, 40)
    assert found.low[0] == pytest.approx(-12)
    assert -12 < found.high[0] < 0
    assert found.p[0] == pytest.approx(2 * 0.7**40)


def test_one_event_where_a_hundredth_was_expected_is_what_it_is():
    """A normal tail has z = 9.9 here."""
    assert one(1000, 1e-5, 1).p[0] == pytest.approx(2 * (1 - (1 - 1e-5) ** 1000), rel=1e-9)


def test_a_probability_of_zero_may_have_meant_a_little_more():
    sums = Sums(np.array([[10_000.0]]), np.array([[0.0]]), np.array([2.0]))
    exact = calibration_test(sums, np.array([0.05]), np.array([np.inf]))
    rounded = calibration_test(sums, np.array([0.05]), np.array([np.inf]), least=5e-4)
    assert exact.p[0] < 1e-6
    assert rounded.p[0] > 0.05
    assert rounded.low[0] <= 0 <= rounded.high[0]


cells = st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(cells, st.sampled_from([0.05, 1e-3, 1e-6]), st.sampled_from([np.inf, 1.0, 5.0, 100.0]), st.floats(0.1, 50))
def test_an_interval_excludes_zero_exactly_where_the_test_rejects(cells, alpha, df, unit):
    n, m, share = (np.array(x, float) for x in zip(*cells, strict=True))
    s = np.rint(n * share).sum()
    unit = 1.0 if df == np.inf else unit
    sums = Sums(n[None] / unit, m[None], np.array([s / unit]), df == np.inf)
    found = calibration_test(sums, np.array([alpha]), np.array([df]))
    assert (found.p[0] < alpha) == (not found.low[0] <= 0 <= found.high[0])
    assert (found.p[0] < alpha) == (not found.shift_low[0] <= 0 <= found.shift_high[0])
    gap = (n * m).sum() / unit - s / unit
    slack = 1e-6 * (1 + abs(gap))
    assert found.low[0] - slack <= gap <= found.high[0] + slack


def test_a_test_that_is_not_asked_never_rejects():
    sums = Sums(np.array([[100.0], [100.0]]), np.array([[0.1], [0.1]]), np.array([90.0, 90.0]))
    found = calibration_test(sums, np.array([0.0, 0.01]), np.array([np.inf, np.inf]))
    assert found.low[0] <= 0 <= found.high[0]
    assert found.high[1] < 0


def test_t_and_normal_deviates():
    for df in (3, 10, 60):
        t = np.linspace(0.1, 6, 20)
        truth = stats.norm.isf(stats.t.sf(t, df))
        np.testing.assert_allclose(t_to_normal(t, df), truth, atol=0.05)
        np.testing.assert_allclose(normal_to_t(t_to_normal(t, df), df), t, rtol=1e-9)
    assert t_to_normal(np.array([1.5]), np.inf) == 1.5
    np.testing.assert_allclose(normal_tail(np.array([-1.0, 3, 20])), stats.norm.sf([-1, 3, 20]), rtol=1e-12)
    assert normal_quantile(0.025) == pytest.approx(1.959964, abs=1e-6)
    assert normal_quantile(0.0) == np.inf

import itertools

import numpy as np
import pytest
import scipy.stats

from onewarm.study.comparison.compare import EXACT_PAIRS, holm, mean_interval, paired_difference, sign_flip

RNG = np.random.default_rng(0)


def by_enumeration(d):
    sums = [abs(np.dot(signs, d)) for signs in itertools.product((-1, 1), repeat=len(d))]
    return np.mean(np.array(sums) >= abs(sum(d)) - 1e-12)


@pytest.mark.parametrize("n", range(1, 12))
@pytest.mark.parametrize("shift", [0.0, 0.7, -2.0])
def test_sign_flip_is_the_enumeration(n, shift):
    d = RNG.normal(shift, 1, n)
    assert sign_flip(d) == pytest.approx(by_enumeration(d), abs=1e-15)


def test_sign_flip_counts_ties_as_reached():
    d = np.array([0.1, 0.2, 0.3, 0.1, -0.1])  # sums that are equal but for rounding
    assert sign_flip(d) == by_enumeration(d)
    assert sign_flip(np.zeros(5)) == 1.0


def test_sign_flip_against_scipy():
    d = RNG.normal(0.4, 1, 10)
    theirs = scipy.stats.permutation_test(
        (d,), lambda x, axis: x.mean(axis), permutation_type="samples", n_resamples=np.inf, vectorized=True
    )
    assert sign_flip(d) == pytest.approx(theirs.pvalue)


def test_sign_flip_of_twenty_pairs_of_one_sign_is_the_least():
    assert sign_flip(np.arange(1, 21)) == 2 / 2**20


def test_sign_flip_beyond_enumeration_agrees_with_it():
    d = RNG.normal(0.3, 1, EXACT_PAIRS)
    exact, sampled = sign_flip(d), sign_flip(np.append(d, 0.0))  # a 0 changes no sum
    assert sampled == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 200_000) ** 0.5)
    assert sampled == sign_flip(np.append(d, 0.0))


@pytest.mark.parametrize("positive", [20, 23, 26, 30])
def test_sign_flip_beyond_enumeration_of_equal_sizes_is_the_binomial_sign_test(positive):
    """Forty differences of one size: the flipped sum is 2 B - 40, B binomial."""
    d = np.repeat([0.3, -0.3], [positive, 40 - positive])
    exact = scipy.stats.binomtest(positive, 40).pvalue
    found = [sign_flip(d, seed=seed) for seed in (0, 1)]
    assert found == pytest.approx([exact, exact], abs=5 * (exact * (1 - exact) / 200_000) ** 0.5)
    assert exact == 1 or found[0] != found[1]  # other seeds draw other patterns


@pytest.mark.parametrize("resamples", [99, 4096, 5000])
def test_sign_flip_beyond_enumeration_counts_the_observed_pattern_once(resamples):
    every_pattern_reaches_it = np.append(np.zeros(40), 1.0)
    assert sign_flip(every_pattern_reaches_it, resamples=resamples) == 1.0
    none_drawn_reaches_it = np.ones(60)  # 2 of 2^60 patterns do
    assert sign_flip(none_drawn_reaches_it, resamples=resamples) == 1 / (resamples + 1)


def test_sign_flip_is_exact_up_to_36_pairs():
    assert sign_flip(np.ones(36)) == 2 / 2**36
    assert sign_flip(np.ones(37)) == 1 / 200_001


@pytest.mark.parametrize("draw", [RNG.normal(5, 1, 20), RNG.exponential(1, 20), RNG.normal(0, 1, 8) ** 3])
def test_interval_against_scipy_bca(draw):
    theirs = scipy.stats.bootstrap(
        (draw,), np.mean, n_resamples=99_999, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    ours = mean_interval(draw, resamples=99_999)
    assert np.allclose(ours, theirs, atol=0.03 * np.ptp(theirs))


def test_interval_covers_the_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(2)
    hits = 0
    for i in range(400):
        low, high = mean_interval(rng.normal(size=20), seed=i, resamples=999)
        hits += low <= 0 <= high
    assert 0.90 <= hits / 400 <= 0.97  # BCa at n = 20 covers a little less than 95 %


def test_interval_seeded_scaled_and_degenerate():
    x = RNG.normal(size=12)
    assert mean_interval(x, seed=3) == mean_interval(x, seed=3)
    assert np.allclose(mean_interval(2 * x + 1), 2 * np.array(mean_interval(x)) + 1)
    assert mean_interval([0.3, 0.3, 0.3]) == (pytest.approx(0.3), pytest.approx(0.3))
    assert np.ptp(mean_interval(x, level=0.5)) < np.ptp(mean_interval(x, level=0.99))


def test_holm_is_the_closed_test_with_bonferroni():
    """A hypothesis falls exactly when Bonferroni rejects every intersection that holds it."""
    p = [0.01, 0.04, 0.03, 0.005, 0.5, 0.01]
    every = range(len(p))
    sets = [s for r in range(1, len(p) + 1) for s in itertools.combinations(every, r)]
    closed = [min(1.0, max(len(s) * min(p[j] for j in s) for s in sets if i in s)) for i in every]
    assert np.allclose(holm(p), closed)
    assert holm([]) == [] and holm([0.2]) == [0.2]


def test_paired_difference():
    a, b = RNG.normal(1, 1, 20), RNG.normal(size=20)
    d = paired_difference(a, b)
    assert d.mean == pytest.approx((a - b).mean()) and d.pairs == 20 and d.level == 0.95
    assert d.interval == mean_interval(a - b) and d.p == sign_flip(a - b)
    assert d.interval[0] < d.mean < d.interval[1]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (
            lambda: paired_difference([1.0], [1.0, 2.0]),
            r"values \(1,\) and baseline \(2,\) must have one number for each seed, in the same order",
        ),
        (lambda: mean_interval([1.0]), r"an interval needs at least 2 values, \(n,\), got shape \(1,\)"),
        (lambda: mean_interval([1.0, np.nan]), r"values\[1\] is not finite"),
        (lambda: mean_interval([1.0, 2.0], level=95), "level must lie between 0 and 1, got 95"),
        (lambda: sign_flip([]), r"differences must be \(n,\) with n >= 1, got shape \(0,\)"),
        (lambda: holm([0.1, np.nan]), r"p\[1\] must lie in \[0, 1\], got nan"),
    ],
)
def test_bad_input(call, error):
    with pytest.raises(ValueError, match=error):
        call()

import numpy as np
import pytest
import scipy.stats

from onewarm.errors import InputError
from onewarm.study.comparison.estimate import MOST_SEEDS, estimate

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("n", [2, 3, 10, 50])
@pytest.mark.parametrize("level", [0.95, 0.999, 1 - 1e-9])
def test_independent_seeds_have_students_interval(n, level):
    x = RNG.normal(0.3, 2, n)
    theirs = scipy.stats.ttest_1samp(x, 0)
    found = estimate(x)
    assert found.interval(level) == pytest.approx(tuple(theirs.confidence_interval(level)), rel=1e-6)
    assert found.p == pytest.approx(theirs.pvalue)


def test_resplits_have_nadeau_and_bengios():
    x, ratio = RNG.normal(1, 1, 10), 0.25
    error = np.sqrt(x.var(ddof=1) * (1 / 10 + ratio))
    found = estimate(x, ratio=ratio)
    half = scipy.stats.t.ppf(0.975, 9) * error
    assert found.interval(0.95) == pytest.approx((x.mean() - half, x.mean() + half))
    assert found.p == pytest.approx(2 * scipy.stats.t.sf(abs(x.mean()) / error, 9))


def test_shared_test_rows_add_their_jackknife():
    """Seeds that share a split vary in initial weights alone: the rows' own error was in no interval."""
    rows = RNG.normal(0.2, 1, 400)
    without = np.array([np.delete(rows, part).mean() for part in np.array_split(np.arange(400), 400)])
    found = estimate([rows.mean()] * 5, without=without)  # five equal seeds: all error is the rows'
    theirs = scipy.stats.ttest_1samp(rows, 0).confidence_interval(0.95)
    assert found.interval(0.95) == pytest.approx(tuple(theirs), rel=1e-6)
    assert found.p == pytest.approx(scipy.stats.ttest_1samp(rows, 0).pvalue)
    both = estimate(rows.mean() + np.array([-0.1, 0.0, 0.1]), without=without)
    of_seeds = scipy.stats.t.ppf(0.975, 2) * 0.1 / np.sqrt(3)
    assert both.half_width(0.95) == pytest.approx(np.hypot(found.half_width(0.95), of_seeds))
    assert estimate([0.0] * 5, without=[0.0] * 20, step=0.01).half_width(0.95) > 0.02  # no row was judged otherwise


@pytest.mark.parametrize("n", [3, 5])
@pytest.mark.parametrize("share", [0.1, 1.0, 10.0])
def test_few_seeds_beside_many_rows_are_not_trusted_too_much(n, share):
    """Satterthwaite's degrees of freedom covered .92 of .95, and missed 6 times as often as said at 99.67 %."""
    rng, studies, wrong = np.random.default_rng(n), 3000, 0.0033
    values = rng.normal(0, np.sqrt(share * n), (studies, n))
    groups = rng.normal(0, np.sqrt(20), (studies, 20))
    missed = []
    for seeds, of_groups in zip(values, groups, strict=True):
        found = estimate(seeds + of_groups.mean(), without=(of_groups.sum() - of_groups) / 19)
        missed.append((abs(found.mean) > found.half_width(0.95), abs(found.mean) > found.half_width(1 - wrong)))
    alone, strict = np.mean(missed, axis=0)
    assert alone < 0.05 + 3 * np.sqrt(0.05 * 0.95 / studies)
    assert strict < wrong + 3 * np.sqrt(wrong / studies)


@pytest.mark.parametrize("level", [0.95, 0.9958])
@pytest.mark.parametrize("shift", [0.1, 0.5, 1.0])
@pytest.mark.parametrize(("ratio", "rows"), [(0.0, 0.0), (0.25, 0.0), (0.0, 0.1)])
def test_the_interval_excludes_0_exactly_where_p_is_small(level, shift, ratio, rows):
    for seed in range(50):
        rng = np.random.default_rng(seed)
        without = rng.normal(shift, rows / 20, 20) if rows else None
        found = estimate(rng.normal(shift, 1, 6), ratio=ratio, without=without)
        low, high = found.interval(level)
        assert (found.p < 1 - level) == (low > 0 or high < 0)


@pytest.mark.parametrize("mean", [1e-9, 0.03, 1.0, 1e6])
@pytest.mark.parametrize("of_rows", [1e-12, 1e-3, 10.0])
@pytest.mark.parametrize("n", [3, 20, 30])
def test_p_is_the_level_at_which_the_interval_ends_at_0(mean, of_rows, n):
    found = estimate(mean + RNG.normal(0, 1e-2, n), without=RNG.normal(0, of_rows, 20))
    assert 0 < found.p <= 1
    if 1e-12 < found.p < 1:
        assert found.half_width(1 - found.p) == pytest.approx(abs(found.mean), rel=1e-3)


def test_the_seeds_that_a_difference_would_take():
    x = RNG.normal(0.4, 1, 5)
    found = estimate(x)
    needed = found.seeds_needed(0.99)
    width = lambda n: scipy.stats.t.ppf(0.995, n - 1) * x.std(ddof=1) / np.sqrt(n)  # noqa: E731
    assert width(needed) < abs(x.mean()) <= width(needed - 1)
    assert estimate([5.0, 5.1, 4.9]).seeds_needed(0.95) == 3


def test_no_number_of_resplits_shows_what_the_file_is_too_small_for():
    found = estimate([0.1, -0.1, 0.2, 0.0], ratio=1.0)
    assert abs(found.mean) < 1.96 * found.spread and found.seeds_needed(0.95) is None
    assert found.half_width(0.95, MOST_SEEDS) > abs(found.mean)


@pytest.mark.parametrize("ratio", [0.0, 0.25])
def test_the_rows_that_a_difference_would_take(ratio):
    """ "That takes more rows", and not how many, was said: k times the rows have a k-th of the variance."""
    x, groups = RNG.normal(0, 1, 6), RNG.normal(0, 3, 20)
    shared = {"ratio": ratio} if ratio else {"without": 2 + groups - groups.mean()}
    small = estimate(2 + (x - x.mean()), **shared) if ratio else estimate(2 + 0.1 * (x - x.mean()), **shared)
    assert small.half_width(0.99) > 2
    times = small.rows_needed(0.99)
    more = (
        estimate(2 + (x - x.mean()) / times**0.5, ratio=ratio)
        if ratio
        else estimate(2 + 0.1 * (x - x.mean()), without=2 + (groups - groups.mean()) / times**0.5)
    )
    assert times > 1 and more.half_width(0.99) == pytest.approx(2)
    assert (
        estimate(0.1 + (x - x.mean()), without=[0.0, 0.1] * 10).rows_needed(0.99) is None
    )  # its seeds differ too much


def test_accuracies_that_repeat_have_a_spread():
    """Where no row changes between arms, every seed's difference is 0 and the interval was [0, 0]."""
    low, high = estimate([0.0] * 5, step=0.01).interval(0.95)
    assert low == -high and 0.001 < high < 0.01
    assert estimate([0.01] * 3, step=0.01).p > 0.05
    assert estimate([0.0] * 5).interval(0.95) == (0, 0) and estimate([0.0] * 5).p == 1


def test_equal_differences_are_not_certain():
    found = estimate([0.3, 0.3, 0.3])
    assert found.spread == pytest.approx(np.std([0.3, 0.3, 0.3, 0.0], ddof=1)) and 0.05 < found.p < 0.1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0], r"values have shape \(1,\): a spread needs \(n,\) with n of at least 2"),
        ([[1.0, 2.0]], r"values have shape \(1, 2\): a spread needs"),
        ([1.0, np.nan, 2.0], r"values\[1\] is not finite"),
    ],
)
def test_bad_input(values, message):
    with pytest.raises(InputError, match=message):
        estimate(values)

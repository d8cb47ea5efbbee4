"""Slices: exact intervals of their gap that hold together, in the order of how surely they are wrong."""

import numpy as np
import pytest
from scipy import stats

from onewarm.audit.audit import audit
from onewarm.audit.slice_sums import SlicedRows, SliceSums
from onewarm.audit.slices import rank
from onewarm.tables.slicing import Slicing


def ranked(predicted, observed, slices, **more):
    """The slices of rows, by name."""
    sums = SliceSums()
    names, codes = np.unique(slices, return_inverse=True)
    rows = SlicedRows(predicted, observed.astype(float), predicted, observed.astype(float), **more)
    sums.add(rows, codes, [str(n) for n in names], "g", "file")
    return rank({"g": sums}, [Slicing(("g",), (None,))])


def test_a_slice_of_two_classes_is_wrong_where_its_probability_of_class_1_is(save):
    """The best calibrated slice came first, in bold: it differed most from the others."""
    rng = np.random.default_rng(0)
    p, g = rng.uniform(0.1, 0.9, 12_000), rng.choice(["good", "fair", "bad"], 12_000, p=[0.2, 0.4, 0.4])
    off = np.select([g == "bad", g == "fair"], [0.09, 0.07], 0.0)
    y = (rng.random(12_000) < p - off).astype(int)
    result = audit(save(p=np.stack([1 - p, p], axis=1), label=y, group=g))
    bad, fair, good = result.slices
    assert [s.value for s in result.slices] == ["bad", "fair", "good"] and (bad.wrong, good.wrong) == (True, False)
    assert bad.gap == pytest.approx((p - y)[g == "bad"].mean()) and bad.predicted == pytest.approx(p[g == "bad"].mean())
    assert bad.interval[0] <= 0.09 <= bad.interval[1] and fair.interval[0] > 0 and good.name == "group = good"
    text = next(f.sentence for f in result.verdict.findings if f.key == "slices")
    assert text.startswith("2 of 3 slices looked at are wrong on average") and "group = bad (+" in text


def test_of_several_classes_it_is_the_confidence(save, draw):
    z, labels = draw(n=6000)
    group = np.random.default_rng(3).choice(["a", "b", "c"], 6000, p=[0.5, 0.4, 0.1])
    z[group == "c"] *= 4
    first = audit(save(logits=z, label=labels, group=group)).slices[0]
    assert first.value == "c" and first.wrong and first.gap == pytest.approx(first.confidence - first.accuracy)


def test_intervals_of_equal_chances_are_those_of_clopper_and_pearson():
    rng = np.random.default_rng(0)
    g = np.repeat(["a", "b"], [40, 60])
    y = (rng.random(100) < 0.3).astype(float)
    for one in ranked(np.full(100, 0.3), y, g):
        n, s = one.rows, round(one.observed * one.rows)
        low, high = stats.binomtest(s, n).proportion_ci(0.975, "exact")
        assert one.interval == pytest.approx((0.3 - high, 0.3 - low), abs=2e-3)
        p = 2 * min(stats.binom.cdf(s, n, 0.3), stats.binom.sf(s - 1, n, 0.3))
        assert one.p == pytest.approx(min(p, 1), rel=0.02)
        assert one.p_corrected == pytest.approx(min(2 * one.p, 1))


def test_40_rows_that_are_all_right_have_an_interval():
    """Decision 7: a gap without variance had no interval, and was "right on average"."""
    (only,) = ranked(np.full(40, 0.7), np.ones(40), np.repeat("a", 40))
    assert only.wrong and only.interval[0] == pytest.approx(-0.3, abs=1e-6) and only.interval[1] < -0.1


@pytest.mark.parametrize(("slices", "rows"), [pytest.param(30, 25, marks=pytest.mark.long), (10, 300)])
def test_calibrated_slices_are_called_wrong_in_at_most_5_percent_of_samples(slices, rows):
    wrong = 0
    for seed in range(200):
        rng = np.random.default_rng([seed, slices])
        p = rng.beta(0.5, 3, slices * rows)
        y = rng.random(len(p)) < p
        wrong += any(s.wrong for s in ranked(p, y, np.arange(len(p)) % slices))
    assert wrong <= 200 * 0.05 + 2 * (200 * 0.05 * 0.95) ** 0.5


def test_weights_and_groups_widen_and_votes_narrow():
    rng = np.random.default_rng(1)
    p = np.repeat(rng.uniform(0.2, 0.8, 60), 40)
    g, who = np.repeat("a", 2400), np.repeat(np.arange(60, dtype=np.uint64), 40)
    y = (np.repeat(rng.random(60), 40) < p).astype(float)

    def width(observed, **more):
        (one,) = ranked(p, observed, g, **more)
        return one.interval[1] - one.interval[0]

    alone = width(y)
    assert width(y, groups=who) > 4 * alone
    assert width(y, weights=rng.choice([0.1, 3.0], 2400)) > 1.2 * alone
    assert width(rng.binomial(10, p) / 10) < 0.6 * alone
    assert width(y, weights=np.full(2400, 2.0)) == pytest.approx(alone, rel=0.02)


@pytest.mark.parametrize("groups", [30, 100])
def test_calibrated_slices_of_patients_are_not_called_wrong(groups):
    wrong = 0
    for seed in range(150):
        rng = np.random.default_rng([seed, groups])
        p, who = np.repeat(rng.uniform(0.1, 0.9, groups), 20), np.repeat(np.arange(groups, dtype=np.uint64), 20)
        y = np.repeat(rng.random(groups), 20) < p
        wrong += any(s.wrong for s in ranked(p, y, who % 2, groups=who * np.uint64(2654435761)))
    assert wrong <= 150 * 0.05 + 2.5 * (150 * 0.05 * 0.95) ** 0.5


def test_small_slices_are_shown_last_and_not_looked_at():
    p = np.concatenate([np.full(19, 0.99), np.full(400, 0.5)])
    y = np.concatenate([np.zeros(19), np.tile([0.0, 1.0], 200)])
    large, small = ranked(p, y, np.repeat(["small", "large"], [19, 400]))
    assert small.value == "small" and small.p is None and not small.wrong and large.p_corrected == large.p

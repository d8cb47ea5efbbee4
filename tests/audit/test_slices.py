"""Slices against z tests and Holm's correction written out."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import softmax

from onewarm.audit.audit import audit
from onewarm.audit.slices import rank
from onewarm.audit.tally import SliceSums


def test_slices_are_ranked_by_a_z_test_with_holms_correction(save, draw):
    z, labels = draw(n=6000)
    group = np.random.default_rng(3).choice(["a", "b", "c"], 6000, p=[0.5, 0.4, 0.1])
    z[group == "c"] *= 3
    result = audit(save(logits=z, label=labels, group=group))
    p = softmax(z, axis=1)
    gap = p.max(axis=1) - (p.argmax(axis=1) == labels)
    assert result.slices[0].value == "c" and result.slices[0].p_holm < 1e-6
    expected = {}
    for one in result.slices:
        mine, rest = gap[group == one.value], gap[group != one.value]
        assert one.gap == pytest.approx(mine.mean(), abs=1e-12)
        se = np.sqrt(mine.var() / len(mine) + rest.var() / len(rest))
        expected[one.value] = 2 * stats.norm.sf(abs(mine.mean() - rest.mean()) / se)
        assert one.difference == pytest.approx(mine.mean() - rest.mean(), abs=1e-12)
        assert one.p == pytest.approx(expected[one.value], rel=1e-6)
    order = sorted(expected, key=expected.__getitem__)
    holm = np.minimum(1, np.maximum.accumulate([expected[v] * (3 - i) for i, v in enumerate(order)]))
    assert [s.p_holm for s in result.slices] == pytest.approx(holm.tolist())
    ece = (
        sum(
            abs(gap[inside].sum())
            for b in range(15)
            if (inside := (group == "c") & (p.max(axis=1) > b / 15) & (p.max(axis=1) <= (b + 1) / 15)).any()
        )
        / (group == "c").sum()
    )
    assert result.slices[0].ece == pytest.approx(ece, abs=1e-9)


def test_a_slice_of_all_rows_or_of_few_is_not_tested():
    sums = SliceSums()
    sums.place(["all"], "g", "file")
    sums.moments[:] = [[50, 50, 50, 40, 30, 10, 10]]
    assert rank({"g": sums})[0].p is None


def sums_of(gaps, confidence=0.75):
    """SliceSums of values with these gaps of their rows, all of one confidence and weight 1."""
    sums = SliceSums()
    sums.place(list(gaps), "g", "file")
    for at, rows in enumerate(gaps.values()):
        d = np.array(rows)
        n, c = len(d), confidence
        sums.moments[at] = [n, n, n, n * c, (c - d).sum(), (d**2).sum(), d.sum()]
    return sums


def test_slices_are_tested_from_20_rows_on():
    many = [0.25, -0.75] * 50
    for rows, tested in ((19, False), (20, True)):
        ranked = rank({"g": sums_of({"small": [0.25] * (rows - 5) + [-0.75] * 5, "rest": many})})
        assert [s.p is not None for s in ranked] == [tested] * 2
        assert ranked[0].difference is not None


def test_the_strongest_evidence_is_first_and_what_is_not_tested_last():
    ranked = rank({"g": sums_of({"few": [0.9] * 3, "b": [0.25] * 40 + [-0.75] * 10, "a": [0.25] * 25 + [-0.75] * 25})})
    assert [s.value for s in ranked][-1] == "few" and ranked[0].p <= ranked[1].p
    assert ranked[0].p_holm == pytest.approx(2 * ranked[0].p) and ranked[1].p_holm >= ranked[0].p_holm


def test_the_interval_of_a_gap_is_normal():
    d = np.array([0.25] * 30 + [-0.75] * 10)
    (only,) = rank({"g": sums_of({"all": d.tolist()})})
    half = stats.norm.ppf(0.975) * d.std() / np.sqrt(40)
    assert only.interval == pytest.approx((d.mean() - half, d.mean() + half))
    assert only.gap == pytest.approx(only.confidence - only.accuracy) == pytest.approx(0.0)

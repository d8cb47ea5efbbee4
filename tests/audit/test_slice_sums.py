"""Sums of slices against a loop over the rows, in any split and order."""

import numpy as np
import pytest
from scipy.special import softmax

from onewarm.audit.audit import audit
from onewarm.audit.engines import run
from onewarm.audit.slice_sums import BUCKETS, SlicedRows, SliceSums
from onewarm.calibration.defaults import BINS
from onewarm.tables.columns.choice import Choice
from onewarm.tables.plan import plan


def test_an_identifier_is_no_slice_and_the_error_says_what_to_give(save, draw):
    z, labels = draw(n=20_000)
    path = save(logits=z, label=labels, group=np.arange(20_000).astype(str))
    with pytest.raises(ValueError, match=r"slice column 'group' has more than 10,000 values.*quantiles.*--group$"):
        audit(path)


@pytest.mark.parametrize("k", [2, 3])
def test_slices_hold_the_sums_of_a_loop_over_the_rows(save, draw, k):
    z, labels = draw(n=600, k=k)
    rng = np.random.default_rng(4)
    group, weight, who = rng.choice(["a", "b", "c"], 600), rng.integers(0, 4, 600), rng.integers(0, 30, 600)
    path = save(logits=z, label=labels, group=group, weight=weight, who=who)
    reading = plan([str(path)], Choice(group="who"))
    slices = run(reading).slices["group"]
    bins, top = np.zeros((3, BINS, 7)), np.zeros((3, 2))
    residual = {}
    for row, q in enumerate(softmax(z, axis=1)):
        at, w, c, right = slices.values[group[row]], float(weight[row]), q.max(), float(q.argmax() == labels[row])
        p, a = (q[1], float(labels[row])) if k == 2 else (c, right)
        v = p * (1 - p)
        bins[at, int(np.ceil(p * BINS)) - 1] += [1, w, w * p, w * a, w * v, w * w * v, w * w * (p - a) ** 2]
        top[at] += [w * c, w * right]
        residual[at, who[row]] = residual.get((at, who[row]), 0) + w * (p - a)
    np.testing.assert_allclose(slices.bins, bins, atol=1e-9)
    np.testing.assert_allclose(slices.top, top, rtol=1e-12)
    assert slices.groups.shape == (3, BUCKETS, 2) and not slices.counted
    np.testing.assert_allclose(slices.groups.sum(axis=1)[:, 0], bins[..., 1].sum(axis=1), rtol=1e-12)
    for at in range(3):
        assert slices.groups[at, :, 1].sum() == pytest.approx(sum(r for (i, _), r in residual.items() if i == at))


def test_merged_slices_add_up_whatever_their_order():
    rows = SlicedRows(*(np.array([0.25, 0.5]), np.array([0.0, 1.0])) * 2)
    one, other = SliceSums(), SliceSums()
    one.add(rows, np.array([0, 1]), ["a", "b"], "g", "file")
    other.add(rows, np.array([1, 0]), ["b", "c"], "g", "file")
    one.merge(other).merge(SliceSums())
    assert one.values == {"a": 0, "b": 1, "c": 2} or set(one.values) == {"a", "b", "c"}
    by = {name: one.bins[at].sum(axis=0) for name, at in one.values.items()}
    assert [by[n][0] for n in "abc"] == [1, 2, 1] and by["b"][2] == 1.0
    assert one.counted
    one.merge(SliceSums(counted=False))
    assert not one.counted

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.study.data.splits import stratified


@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=6),
    cuts=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    seed=st.integers(0, 10**6),
)
def test_disjoint_of_the_asked_sizes_and_in_proportion(counts, cuts, seed):
    labels = np.random.default_rng(1).permutation(np.repeat(np.arange(len(counts)), counts))
    n = len(labels)
    a = round(n * min(cuts))
    b = round(n * max(cuts)) - a
    parts = stratified(labels, (a, b, n - a - b), np.random.default_rng(seed))
    assert [len(p) for p in parts] == [a, b, n - a - b]
    assert sorted(np.concatenate(parts).tolist()) == list(range(n))
    for size, part in zip((a, b, n - a - b), parts, strict=True):
        share = np.array(counts) * size / n
        # A cut falls between ranks i / n_k: a class is off by at most one row at each end, as is the cut itself.
        assert np.all(np.abs(np.bincount(labels[part], minlength=len(counts)) - share) <= len(counts) + 1)


def test_same_seed_same_rows_other_seed_other_rows():
    labels = np.repeat(np.arange(3), 30)
    first, again, other = (stratified(labels, (50, 20, 20), np.random.default_rng(s)) for s in (4, 4, 5))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert (first[0] != other[0]).any()


def test_no_order_of_ranks_left():
    labels = np.repeat(np.arange(2), 500)
    train = stratified(labels, (600, 200, 200), np.random.default_rng(0))[0]
    assert labels[train][:100].sum() == pytest.approx(50, abs=20)

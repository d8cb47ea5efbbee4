"""Parts that fit by construction, and sums of targets."""

import numpy as np

import onewarm as ow
from onewarm.soft_target import join, unchecked

K = 5


def test_unchecked_parts_make_the_same_target():
    target = ow.smooth(np.array([0, 3]), 0.2, prior=np.array([0.5, 0.2, 0.1, 0.1, 0.1]))
    names = ("index", "weight", "table", "table_index", "table_weight", "num_classes")
    same = unchecked(**{name: getattr(target, name) for name in names})
    assert np.array_equal(same.dense(), target.dense())
    assert unchecked(index=target.index, weight=target.weight, num_classes=K).table is None


def test_a_sum_is_the_sum_of_the_rows():
    p = np.random.default_rng(0).dirichlet(np.ones(K), 3)
    parts = [ow.one_hot(np.array([0, 1, 4]), K), ow.smooth(np.array([2, 2, 0]), 0.3, num_classes=K), ow.soft(p)]
    for a in parts:
        for b in parts:
            np.testing.assert_allclose(join(np, a, b).dense(), a.dense() + b.dense(), rtol=1e-12)

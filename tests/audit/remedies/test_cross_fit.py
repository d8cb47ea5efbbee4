"""Folds: by place or by group, seeded, of bounded work."""

import numpy as np
import pytest

from onewarm.audit.remedies.cross_fit import Folds
from onewarm.calibration.calibrators.rows import FitRows, fit_rows


@pytest.mark.parametrize(
    ("n", "count", "most"), [(100, 5, 100), (20_000, 5, 17_000), (35_000, 3, 20_000), (90_000, 2, 20_000)]
)
def test_more_rows_need_fewer_folds(n, count, most):
    folds = Folds(np.arange(n), None, 2)
    sizes = np.bincount(folds.of)
    assert folds.count == count and len(sizes) == count and folds.most_fitted <= most
    assert abs(sizes - n / count).max() < 5 * np.sqrt(n / count)


def test_a_group_is_in_one_fold_and_folds_are_as_many_as_groups_allow():
    groups = np.repeat(np.arange(40, dtype=np.uint64), 25)
    folds = Folds(np.arange(1000), groups, 2)
    assert folds.count == 5 and all(len(set(folds.of[groups == g])) == 1 for g in range(40))
    assert np.bincount(folds.of).tolist() == [200] * 5
    assert Folds(np.arange(100), np.repeat(np.arange(2, dtype=np.uint64), 50), 2).count == 2
    assert Folds(np.arange(100), np.zeros(100, np.uint64), 2).count == 5  # one group: rows


def test_folds_are_those_of_the_places():
    first, second = Folds(np.arange(100), None, 2), Folds(np.arange(100)[::-1], None, 2)
    np.testing.assert_array_equal(first.of, second.of[::-1])


def test_a_fit_takes_a_bounded_number_of_rows(monkeypatch):
    rng = np.random.default_rng(0)
    p, taken = rng.dirichlet(np.ones(2), 60_000), []
    rows = fit_rows(p, rng.integers(0, 2, 60_000))
    take = FitRows.take
    monkeypatch.setattr(FitRows, "take", lambda self, at: taken.append(len(at)) or take(self, at))
    folds = Folds(np.arange(60_000), None, 2)
    folds.predictions("intercept", rows)
    folds.refitted("intercept", rows)
    assert taken == [20_000, 20_000, 40_000] and folds.most_fitted == 20_000

"""Variance over groups against simulation and the textbook."""

from __future__ import annotations

import numpy as np

from onewarm.calibration.intervals.group_variance import group_variance


def test_groups_of_equal_size_have_the_sample_variance():
    r = np.random.default_rng(0).normal(size=(30, 2))
    variance, df = group_variance(r, np.full((30, 1), 4.0))
    np.testing.assert_allclose(variance, 30 * r.var(axis=0, ddof=1))
    np.testing.assert_allclose(df, 29)


def test_unequal_groups_have_fewer_degrees_of_freedom():
    _, df = group_variance(np.zeros((10, 1)), np.array([100.0] + [1.0] * 9)[:, None])
    assert df[0] < 0.01


def test_information_weighs_the_groups():
    information = np.array([1.0] * 5 + [0.0] * 5)[:, None]
    _, df = group_variance(np.zeros((10, 1)), np.ones((10, 1)), information)
    assert df[0] == 4


def test_one_group_tells_nothing():
    variance, df = group_variance(np.ones((2, 1)), np.array([[3.0], [0.0]]))
    assert variance[0] == np.inf
    assert df[0] == 0

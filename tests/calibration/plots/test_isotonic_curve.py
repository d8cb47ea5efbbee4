"""The isotonic curve against scikit-learn's isotonic regression."""

import numpy as np
import pytest

from onewarm.calibration.plots.isotonic_curve import isotonic_curve


@pytest.mark.parametrize("seed", range(5))
def test_it_is_isotonic_regression_at_every_prediction(seed):
    isotonic = pytest.importorskip("sklearn.isotonic")
    rng = np.random.default_rng(seed)
    p = np.sort(rng.uniform(size=200))
    y = (rng.uniform(size=200) < p**2).astype(float)
    w = rng.integers(1, 5, 200).astype(float)
    x, level = isotonic_curve(p, y, w)
    assert np.interp(p, x, level) == pytest.approx(isotonic.IsotonicRegression().fit_transform(p, y, sample_weight=w))
    assert len(x) <= len(p) and np.all(np.diff(level) >= 0) and np.all(np.diff(x) > 0)


def test_one_cell_and_a_falling_share():
    assert [a.tolist() for a in isotonic_curve(np.array([0.3]), np.array([0.5]), np.array([2.0]))] == [[0.3], [0.5]]
    x, y = isotonic_curve(np.array([0.1, 0.9]), np.array([1.0, 0.0]), np.array([3.0, 1.0]))
    assert (x.tolist(), y.tolist()) == ([0.1, 0.9], [0.75, 0.75])

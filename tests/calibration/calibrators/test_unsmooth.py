"""alpha against a fine grid, and at its bounds."""

import numpy as np
import pytest

from onewarm.calibration.calibrators.unsmooth import apply_alpha, fit_alpha


def loss(p, labels, alpha):
    q = (p - alpha / p.shape[1]) / (1 - alpha)
    return -np.log(q[np.arange(len(p)), labels]).mean()


@pytest.mark.parametrize("sharp", [0.5, 1.0, 2.0])
def test_no_alpha_on_a_grid_is_better(sharp):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(500, 3))
    p = np.exp(z * sharp) / np.exp(z * sharp).sum(axis=1, keepdims=True)
    labels = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    found = fit_alpha(p, labels)
    assert found.nll == pytest.approx(loss(p, labels, found.alpha), rel=1e-12)
    room = 3 * p.min()
    grid = np.concatenate([np.linspace(-3, 0, 301), np.linspace(0, room * 0.999, 300)])
    assert found.nll <= min(loss(p, labels, a) for a in grid) + 1e-9
    at_bound = found.alpha > 0.99 * room
    assert at_bound or found.gradient == pytest.approx(0, abs=1e-9)


def test_a_model_that_knows_nothing_becomes_uniform():
    p = np.array([[0.9, 0.1], [0.9, 0.1]])
    found = fit_alpha(p, np.array([1, 1]))
    q = apply_alpha(p, found.alpha, 0.0)
    np.testing.assert_allclose(q, 0.5, atol=1e-3)

"""The truth the witnesses lean on is itself checked, against SciPy and cases with a known answer."""

import numpy as np
import pytest
from scipy.special import log_softmax, rel_entr, softmax
from scipy.stats import entropy

from onewarm.claims.witnesses import reference_float64 as truth


@pytest.mark.parametrize("classes", [2, 5, 1000])
def test_definitions_against_scipy(classes: int) -> None:
    random = np.random.default_rng(classes)
    z, t = 20 * random.standard_normal(classes), random.dirichlet(np.ones(classes))
    np.testing.assert_allclose(truth.log_softmax(z), log_softmax(z), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(truth.softmax(z), softmax(z), rtol=1e-12)
    assert truth.entropy(t) == pytest.approx(entropy(t), rel=1e-12)
    assert truth.entropy(truth.onehot(1, classes)) == 0
    assert truth.kl(t, log_softmax(z / 10)) == pytest.approx(rel_entr(t, softmax(z / 10)).sum(), rel=1e-10)
    assert truth.kl(truth.onehot(1, classes), log_softmax(z)) == pytest.approx(-log_softmax(z)[1])
    u = np.full(classes, 1 / classes)
    assert truth.kl_from_uniform(z / 10) == pytest.approx(rel_entr(u, softmax(z / 10)).sum(), rel=1e-10)
    assert truth.cross_entropy(t, z) == pytest.approx(entropy(t) + rel_entr(t, softmax(z)).sum(), rel=1e-10)


def test_differences_reach_eleven_digits() -> None:
    z = np.array([0.3, -1.2, 2.0])
    slope = truth.derivative(lambda rows: np.sin(rows).sum(axis=1), z)
    np.testing.assert_allclose(slope, np.cos(z), atol=1e-12)
    matrix = truth.derivative(lambda rows: np.exp(rows) * rows[:, :1], z)  # row k: d f / d z_k
    expected = np.diag(np.exp(z) * z[0]) + np.outer([1, 0, 0], np.exp(z))
    np.testing.assert_allclose(matrix, expected, atol=1e-11)


def test_minimise_finds_the_known_minimum_from_far() -> None:
    t = np.array([0.7, 0.2, 0.05, 0.05])

    def slope(rows: np.ndarray) -> np.ndarray:
        return softmax(rows, axis=1) - t

    for scale in (0.1, 1, 10):
        start = scale * np.random.default_rng(3).standard_normal(4)
        found = truth.minimise(slope, start)
        np.testing.assert_allclose(found, np.log(t) - np.log(t).mean(), atol=1e-12)


def test_root() -> None:
    assert truth.root(lambda x: x**3 - 2, 0.0, 2.0) == pytest.approx(2 ** (1 / 3), rel=1e-15)
    assert np.isnan(truth.root(lambda x: x + 5, 0.0, 2.0))

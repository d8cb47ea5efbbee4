import numpy as np
import pytest
import scipy.special

from onewarm.softmax import softmax


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 7.0])
def test_as_scipy_has_it_at_any_temperature(dtype, axis, temperature):
    z = (np.random.default_rng(0).normal(size=(40, 6)) * 5).astype(dtype)
    z[3, 2] = -np.inf
    p = softmax(z, temperature, axis=axis)
    expected = scipy.special.softmax(z.astype(np.float64) / temperature, axis=axis)
    assert p.dtype == dtype
    np.testing.assert_allclose(p, expected, atol=4 * np.finfo(dtype).eps)


def test_a_common_offset_changes_nothing_and_nothing_overflows():
    z = np.array([[0.0, 1.0, 3.0]])
    np.testing.assert_array_equal(softmax(z + 2.0**20), softmax(z))
    np.testing.assert_allclose(softmax(np.array([[-1e300, 1e300]]), 1e-3), [[0.0, 1.0]])

import numpy as np
import pytest

from onewarm.tables.features.scale import MOST, fit_common_scale, fit_scale


def scaled(column, rows=None):
    values = np.asarray(column, float)[:, None]
    rows = np.arange(len(values)) if rows is None else rows
    return fit_scale(values, rows).apply(values)[:, 0]


def test_an_ordinary_column_has_mean_0_and_deviation_1():
    x = np.random.default_rng(0).normal(50, 9, 500)
    np.testing.assert_allclose(scaled(x), (x - x.mean()) / x.std(), rtol=1e-5, atol=1e-6)


def test_a_column_that_is_constant_but_for_rounding_does_not_explode():
    """200 rows of .1 and two of .2 became a feature of 4.5e14, and the NLL 2e11: the deviation of np.full(90, .1) is
    2.8e-17."""
    column = np.append(np.full(200, 0.1), [0.2, 0.2])
    assert np.abs(scaled(column)).max() == pytest.approx(10, abs=0.1)
    assert (scaled(column, np.arange(90)) == 0).all()  # no training row has another value: nothing to learn
    assert (scaled([0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2]) == 0).all()


@pytest.mark.parametrize("odd", [1e300, -1e300, np.inf, 1.7e308])
def test_one_extreme_number_leaves_the_others_apart(odd):
    """1e300 overflowed with a warning of NumPy, and all others became one number."""
    column = np.append(np.arange(100.0), odd)
    z = scaled(column)
    assert np.isfinite(z).all() and abs(z[-1]) == MOST and np.sign(z[-1]) == np.sign(odd)
    assert z[:100].std() > 0.5


def test_extreme_numbers_on_both_sides():
    z = scaled([-1.7e308, 1.7e308, 0, 0, 0])
    assert z[0] == -z[1] < 0 and np.isfinite(z).all()


def test_missing_numbers_become_the_median_of_the_training_rows():
    column = np.array([1.0, 2.0, 4.0, np.nan, 100.0])
    scale = fit_scale(column[:, None], np.array([0, 1, 2]))
    z = scale.apply(column[:, None])[:, 0]
    assert scale.fill[0] == 2 and z[3] == z[1]
    assert (scaled([np.nan, np.nan, 1.0, 2.0], np.array([0, 1])) == 0).all()  # none is known in training


def test_images_have_one_scale():
    pixels = np.array([[0, 255], [0, 251], [4, 255]], np.uint8)
    scale = fit_common_scale(pixels, np.arange(3))
    expected = (pixels.astype(float) - pixels.mean()) / pixels.std()
    np.testing.assert_allclose(scale.apply(pixels), expected, rtol=1e-6)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.uint8, np.int64])
def test_narrow_types_are_scaled_as_float64_is(kind):
    values = np.random.default_rng(0).integers(0, 100, (50, 3)).astype(kind)
    wide = values.astype(np.float64)
    expected = (wide - wide.mean(0)) / wide.std(0)
    np.testing.assert_allclose(fit_scale(values, np.arange(50)).apply(values), expected, atol=1e-5)
    tiny = np.array([[1e-45], [3e-45], [0]], np.float32)
    assert np.isfinite(fit_scale(tiny, np.arange(3)).apply(tiny)).all()

"""The search on functions whose minimum is known, and on rows where it lies at a bound or nowhere."""

import math

import numpy as np
import pytest

from onewarm.calibration.calibrators.temperature_search import Objective, Point, TemperatureError, enclose, minimise
from onewarm.calibration.summary.inputs import read_predictions, read_truth

TOLERANCE = 1e-8


def objective(z, truth):
    array = read_predictions(np.array(z, float), "logits")
    return Objective(array, read_truth(np.array(truth), array.shape), probabilities=False, normalize=False)


def test_derivatives_are_those_of_the_nll():
    rng = np.random.default_rng(0)
    at = objective(rng.normal(size=(50, 4)), rng.integers(0, 4, 50))
    for b in (0.3, 1.0, 2.5):
        h, point = 1e-5, at(b)
        assert point.slope == pytest.approx((at(b + h).nll - at(b - h).nll) / (2 * h), abs=1e-9)
        assert point.curvature == pytest.approx((at(b + h).slope - at(b - h).slope) / (2 * h), abs=1e-9)
    assert at.passes == 15


def test_masked_classes_add_nothing_to_nll_slope_or_curvature():
    rng = np.random.default_rng(1)
    z, labels = rng.normal(size=(50, 3)), rng.integers(0, 3, 50)
    plain, masked = objective(z, labels), objective(np.c_[z, np.full(50, -np.inf)], labels)
    for b in (1e-80, 1e-6, 0.01, 1.0, 100.0):
        assert masked(b) == pytest.approx(plain(b), rel=1e-12, abs=1e-15)


def test_masked_rows_that_are_no_better_than_uniform_are_called_so():
    """At the uniform end a mask of too small a size would count as a class of its own."""
    at = objective([[2.0, 0.0, -np.inf], [0.0, 2.0, -np.inf]], [1, 0])
    with pytest.raises(TemperatureError, match=r"T = 100: these logits are no better than uniform on these rows"):
        enclose(at, at(1.0), 0.01, 100.0)


def test_a_minimum_exactly_at_a_bound_cannot_be_enclosed():
    """Logits 0 and -1 with their own softmax as the truth: the slope at b = 1 is 0, to the last bit."""
    p = math.exp(-1) / (1 + math.exp(-1))
    at = objective([[0.0, -1.0]], [[1 - p, p]])
    assert at(1.0).slope == 0
    with pytest.raises(TemperatureError) as error:
        enclose(at, at(1.0), 1.0, 4.0)
    assert str(error.value).startswith("the NLL still falls at the greatest temperature, T = 1: its minimum lies above")
    with pytest.raises(TemperatureError) as error:
        enclose(at, at(1.0), 0.25, 1.0)
    assert str(error.value).startswith("the NLL still falls at the least temperature, T = 1: its minimum lies below")
    left, right = enclose(at, at(1.0), 0.25, 4.0)
    assert (left.b, right.b) == (0.25, 4.0)


def parabola(b):
    """NLL (b - 2)^2 / 2: Newton's step from anywhere is exactly 2, where the slope is exactly 0."""
    return Point(b, (b - 2) ** 2 / 2, b - 2, 1.0)


def test_a_slope_of_exactly_zero_closes_the_bracket_from_both_sides():
    left, right = minimise(parabola, parabola(1.0), parabola(0.5), parabola(8.0), TOLERANCE)
    assert left == right == parabola(2.0)


@pytest.mark.parametrize("power", [1, 3])
def test_the_bracket_holds_the_minimum_and_is_as_narrow_as_asked(power):
    """NLL |log b - .3|^(power + 1): with power 3 the curvature vanishes at the minimum, and Newton is slow."""

    def at(b):
        u = math.log(b) - 0.3
        slope = (power + 1) * abs(u) ** power * math.copysign(1, u) / b
        return Point(b, abs(u) ** (power + 1), slope, (power + 1) * power * abs(u) ** (power - 1) / b**2 - slope / b)

    left, right = minimise(at, at(1.0), at(0.01), at(100.0), TOLERANCE)
    assert left.b <= math.exp(0.3) * (1 + 1e-15) and math.exp(0.3) * (1 - 1e-15) <= right.b
    assert right.b - left.b <= TOLERANCE * left.b
    assert left.slope <= 0 <= right.slope


def test_every_row_right():
    z = [[2.0, 0.0, 0.0], [1.0, 1.0, -np.inf]]
    assert objective(z, [0, 1]).every_row_right()
    assert objective(z, [[3, 0, 0], [1, 2, 0]]).every_row_right()  # all votes on the tied largest logits
    assert not objective(z, [1, 1]).every_row_right()
    assert not objective(z, [[2, 1, 0], [1, 2, 0]]).every_row_right()

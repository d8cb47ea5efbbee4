"""Axes: values at their places, round ticks inside the axis."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.report.axes import Scale, padded, tick_words, ticks


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 8))
def test_ticks_are_round_and_on_the_axis(low, width, most):
    found = ticks(low, low + width, most)
    assert len(found) <= most
    assert all(low - 1e-6 * width <= t <= low + width * (1 + 1e-6) for t in found)
    if len(found) > 2:
        step = found[1] - found[0]
        assert round(step / 10 ** math.floor(math.log10(step * 1.0001)), 3) in (1, 2, 5)


def test_what_is_beyond_an_axis_lies_at_its_end():
    x = Scale(-1.0, 1.0, 0.0, 100.0)
    assert [x(v) for v in (-5, -1, 0, 1, 5)] == [0, 0, 50, 100, 100]
    assert Scale(0.0, 1.0, 100.0, 0.0)(0.25) == 75  # upwards, as a page counts downwards


def test_all_ticks_have_the_decimals_of_the_finest():
    assert tick_words([-0.5, 0, 0.25]) == ["\u22120.50", "0.00", "0.25"] and tick_words([]) == []


def test_equal_values_still_make_an_axis():
    low, high = padded([0.3, 0.3])
    assert low < 0.3 < high and high - low == pytest.approx(1e-3)

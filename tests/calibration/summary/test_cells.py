"""Cells against exact fractions: an edge is in the cell below it, in either precision."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.calibration.defaults import BINS
from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS, cell_of, check_bins


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_edge_is_in_the_cell_below_it_in_either_precision(dtype):
    edges = np.array([float(Fraction(j, CELLS)) for j in range(CELLS + 1)]).astype(dtype)
    expected = np.maximum(np.arange(CELLS + 1) - 1, 0)
    assert cell_of(edges).tolist() == expected.tolist()
    assert cell_of(edges.astype(np.float64)).tolist() == expected.tolist()
    # The next float32 above an edge is in the cell above it, the one below stays.
    single = edges.astype(np.float32)
    above = np.nextafter(single[:-1], np.float32(2))
    assert cell_of(above).tolist() == list(range(CELLS))
    below = np.nextafter(single[1:], np.float32(0))
    assert cell_of(below).tolist() == list(range(CELLS))


@given(st.floats(0, 1, width=32))
def test_cell_is_the_first_whose_upper_edge_is_not_below(p):
    uppers = [np.float32((c + 1) / CELLS) for c in range(CELLS)]
    expected = next(c for c, upper in enumerate(uppers) if np.float32(p) <= upper)
    assert cell_of(np.array([p]))[0] == expected


def test_ends_of_the_unit_interval_and_the_tolerance_above_it():
    assert cell_of(np.array([0.0, 1.0, 1.0009])).tolist() == [0, CELLS - 1, CELLS - 1]


def test_usual_numbers_of_bins_are_whole_cells():
    for bins in (5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100, BINS):
        check_bins(bins, CELLS)
    for bins in (5, 8, 10, 12, 15, 20, 24, 30, 40, 60, BINS):
        check_bins(bins, CLASS_CELLS)
    assert CELLS % CLASS_CELLS == 0


@pytest.mark.parametrize("bins", [0, -1, 5, 24])
def test_other_numbers_of_bins_are_errors(bins):
    with pytest.raises(ValueError) as error:
        check_bins(bins, 12)
    assert str(error.value) == (
        f"bins is {bins}, which does not divide the 12 cells kept: choose one of [1, 2, 3, 4, 6, 12]"
    )

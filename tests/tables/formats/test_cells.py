"""Lists that were written as text."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.tables.formats import cells

numbers = st.lists(st.lists(st.floats(allow_nan=False, width=32), min_size=3, max_size=3), min_size=1, max_size=5)


@given(numbers)
def test_what_python_numpy_and_json_write_is_read_back(rows):
    arrays = [np.array(row) for row in rows]
    for texts in ([str(row) for row in rows], [repr([np.float64(v) for v in row]) for row in rows]):
        column = pa.array(texts)
        assert cells.list_width(column) == 3
        assert cells.to_lists("a.csv", "p", column, 0).to_pylist() == rows
    with np.printoptions(floatmode="unique", linewidth=30):
        for texts in ([str(a) for a in arrays], [repr(a) for a in arrays]):
            assert cells.to_lists("a.csv", "p", pa.array(texts), 0).to_pylist() == rows


@pytest.mark.parametrize(
    ("texts", "width"),
    [
        (["[0.5, 0.5]", None], 2),
        (["[1]", "[1, 2]"], 0),
        (["[nan, null]"], 2),
        (["[[0.5, 0.5]]"], 2),
        (["(0.5, 0.5)"], 2),
        (["[]"], None),
        (["[a, b]"], None),
        (["0.5, 0.5"], None),
        (["[0.5]", "x"], None),
        ([None], None),
    ],
)
def test_which_texts_are_lists(texts, width):
    assert cells.list_width(pa.array(texts, pa.string())) == width


def test_what_is_missing_in_a_list_is_empty():
    column = pa.array([None, "[1, null]", "[NaN 2]"])
    lists = cells.to_lists("a.csv", "p", column.slice(1), 1)
    assert lists[0].as_py() == [1, None] and np.isnan(lists[1].as_py()[0])


def test_trimmed_texts():
    assert cells.trimmed(pa.array([" a b\t", " ", "", None, "c"])).to_pylist() == ["a b", None, None, None, "c"]

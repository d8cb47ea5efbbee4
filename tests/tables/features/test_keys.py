import numpy as np
import pyarrow as pa
import pytest

from onewarm.errors import InputError
from onewarm.tables.features.keys import codes_of, times_of


def test_groups_of_any_type():
    for values in (["b", "a", "b"], [7, 3, 7], np.array([2.5, 1.0, 2.5]), ["b", "a", "b"]):
        column = values if isinstance(values, np.ndarray) else pa.chunked_array([values[:1], values[1:]])
        assert codes_of("t", "column 'g'", column).tolist() == [1, 0, 1]
    with pytest.raises(InputError, match=r"^t: row 2 has no group \(column 'g'\); fill it or drop the row$"):
        codes_of("t", "column 'g'", pa.chunked_array([["b", None]]))


@pytest.mark.parametrize(
    "values",
    [[3, 1, 2], [3.5, 1.0, 2.0], ["2024-03-01", "2023-05-06", "2024-02-28"], ["3.1.2024", "1.1.2024", "2.1.2024"]],
)
def test_times_grow(values):
    times = times_of("t", "column 'when'", pa.chunked_array([pa.array(values)]))
    assert np.argsort(times).tolist() == [1, 2, 0]


def test_times_that_are_none():
    with pytest.raises(InputError, match=r"^t: column 'when' is no time \(row 2 is 'x'\): give numbers or dates, as"):
        times_of("t", "column 'when'", pa.chunked_array([["2024-03-01", "x", "y"]]))
    with pytest.raises(InputError, match=r"^t: row 2 has no time \(column 'when'\); fill it or drop the row$"):
        times_of("t", "column 'when'", pa.chunked_array([[1, None]]))

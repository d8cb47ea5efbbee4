import numpy as np
import pyarrow as pa
import pytest

from onewarm.tables.features.levels import encoded, without_text


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_codes_are_places_among_the_sorted_values(kind):
    texts = ["pear", None, " apple", "?", "None", "apple ", "fig", "e\u0301", "\u00e9"]
    values = pa.chunked_array([pa.array(texts[:4], pa.string()), pa.array(texts[4:], pa.string())]).cast(kind)
    codes, levels = encoded(values)
    assert levels == ["apple", "fig", "pear", "\u00e9"] and codes.tolist() == [2, -1, 0, -1, -1, 0, 1, 3, 3]


def test_levels_that_no_row_has_are_none():
    values = pa.DictionaryArray.from_arrays(pa.array([2, 0, None, 2]), pa.array(["u", "v", "w"]))
    assert encoded(values)[1] == ["u", "w"] and encoded(values)[0].tolist() == [1, 0, -1, 1]
    assert encoded(pa.chunked_array([[True, None, False]]))[1] == [False, True]


def test_words_for_nothing():
    found = without_text(pa.chunked_array([["x", " n/a ", None, "None", "none", "", "-"]]))
    np.testing.assert_array_equal(found, [False, True, True, True, False, True, True])

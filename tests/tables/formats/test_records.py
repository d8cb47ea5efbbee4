"""Columns from records: whatever JSON holds becomes an array that says the same, and nothing ends in a traceback."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.errors import InputError
from onewarm.tables.formats.records import column_of_values, find_paths, to_array, values_at
from onewarm.tables.source import Column

scalar = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
)


@given(st.lists(anything, max_size=6), st.booleans())
def test_no_value_is_too_strange(values, numeric):
    column_of_values(values)
    with contextlib.suppress(InputError) if numeric else contextlib.nullcontext():
        assert len(to_array("a.jsonl", "x", values, 0, numeric=numeric)) == len(values)


@given(st.lists(st.dictionaries(st.text("ab.", max_size=3), anything, max_size=3), max_size=4))
def test_every_value_of_a_record_is_in_a_column(records):
    paths = find_paths(records)
    for record in records:
        for key, value in record.items():
            if value not in (None, {}) and not isinstance(value, dict):
                assert any(values_at([record], path)[0] is value for path in paths.values() if path == (key,)) or any(
                    len(path) > 1 and path[0] == key for path in paths.values()
                )


@pytest.mark.parametrize(
    ("values", "column", "read"),
    [
        ([1, None, 2], Column("int"), [1, None, 2]),
        ([True, False, None], Column("int"), [True, False, None]),
        ([1, 0.5, True], Column("float"), [1.0, 0.5, 1.0]),
        ([None, None], Column("float"), [None, None]),
        (["a", None, 3], Column("text"), ["a", None, "3"]),
        ([[1, 2], [3, 4]], Column("int", 2), [[1, 2], [3, 4]]),
        ([[0.5], [1, 2], None, []], Column("float", None), [[0.5], [1, 2], None, []]),
        ([[None, 0.5]], Column("float", 2), [[None, 0.5]]),
        ([[["-1.5", "False"]], [["-2", "True"]]], Column("text", None), [[["-1.5", "False"]], [["-2", "True"]]]),
        ([[[-1.5, False]], None], Column("float", None), [[[-1.5, 0.0]], None]),
        ([[1, "a"], ["b"]], Column("text", None), [["1", "a"], ["b"]]),
        ([[1], 2], Column("text"), ["[1]", "2"]),
        ([[{"a": 1}]], Column("text", 1), [['{"a": 1}']]),
        ([10**30, 1], Column("int"), [1e30, 1.0]),
        ([10**400], Column("int"), [float("inf")]),
        (["\ud800"], Column("text"), ["\\ud800"]),
    ],
)
def test_what_values_become(values, column, read):
    assert column_of_values(values) == column
    assert to_array("a.jsonl", "x", values, 0, numeric=False).to_pylist() == read


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, "oops"], 'is "oops", not a number'),
        ([[1.0], [0.5, "x"]], 'is [0.5, "x"], not a number'),
        ([[1.0], 0.5], "is 0.5, not as deep a list as in the rows before"),
    ],
)
def test_a_value_that_must_be_a_number(values, message):
    with pytest.raises(InputError) as caught:
        to_array("a.jsonl", "x", values, 10, numeric=True)
    assert str(caught.value) == f"a.jsonl: row 12, column 'x' {message}; correct it or drop the row"


def test_whole_numbers_that_are_to_be_numbers_are_floats():
    assert str(to_array("a", "x", [1, 2], 0, numeric=True).type) == "double"
    assert str(to_array("a", "x", [[1, 2]], 0, numeric=True).type) == "list<item: double>"


def test_records_within_records():
    records = json.loads('[{"a": null, "b": 1}, {"a": {"x": {"y": 1}, "z": 2}}, {"a": {"z": 3}, "a.z": 4}]')
    assert find_paths(records) == {"b": ("b",), "a.x.y": ("a", "x", "y"), "a.z": ("a", "z")}
    assert values_at(records, ("a", "z")) == [None, 2, 3]

"""Columns of NumPy and Arrow become the same arrays; an empty or a wrong cell is named by row and column."""

import decimal

import numpy as np
import pyarrow as pa
import pytest

from onewarm.tables import convert
from onewarm.tables.row_checks import Place

AT = Place("a.file", 10)
P = np.array([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]])
FLAT = pa.array(P.ravel())
OFFSETS = pa.array([0, 3, 6], pa.int32())

MATRICES = {
    "NumPy": P,
    "fixed lists": pa.FixedSizeListArray.from_arrays(FLAT, 3),
    "lists": pa.ListArray.from_arrays(OFFSETS, FLAT),
    "large lists": pa.LargeListArray.from_arrays(OFFSETS.cast(pa.int64()), FLAT),
    "a slice of lists": pa.ListArray.from_arrays(pa.array([0, 3, 6, 9], pa.int32()), pa.array([9.0] * 3 + [*P.flat]))[
        1:
    ],
}


@pytest.mark.parametrize("kind", MATRICES)
def test_a_matrix_from_one_column(kind):
    np.testing.assert_array_equal(convert.matrix(AT, {"p": MATRICES[kind]}, ("p",), 3), P)


def test_a_matrix_from_a_column_for_each_class_in_the_order_asked_for():
    columns = {"a": P[:, 0], "b": pa.array(P[:, 1]), "c": pa.array(P[:, 2], pa.float32())}
    np.testing.assert_array_equal(convert.matrix(AT, columns, ("c", "a", "b"), 3), P[:, [2, 0, 1]])


def test_one_column_of_numbers_is_a_matrix_of_one_column():
    for column in (P[:, 0], pa.array(P[:, 0])):
        np.testing.assert_array_equal(convert.matrix(AT, {"p": column}, ("p",), 2), P[:, :1])


@pytest.mark.parametrize(
    ("columns", "names", "message"),
    [
        ({"p": P}, ("p",), "a.file: 'p' has 3 columns, but 2 classes are predicted"),
        ({"a": P[:, 0], "b": P[:, 1], "c": P[:, 2]}, ("a", "b", "c"), "a.file: 3 columns from 'a', but 2 classes"),
        ({"a": P[:, 0], "b": pa.array(["x", "y"])}, ("a", "b"), "a.file: column 'b' holds text, not numbers"),
        ({"p": np.array(["x", "y"])}, ("p",), "a.file: column 'p' holds text, not numbers"),
        (
            {"p": pa.array([[0.5, 0.5], [1.0]])},
            ("p",),
            "a.file: row 12, column 'p' holds 1 numbers: there are 2 classes: one for each",
        ),
        ({"p": pa.array([None, [0.5, 0.5]])}, ("p",), "a.file: row 11, column 'p' is empty: fill it, or leave"),
        ({"p": pa.array([[0.5, 0.5], [0.5, None]])}, ("p",), "a.file: row 12, column 'p[1]' is empty: fill it"),
        ({"a": pa.array([0.5, None]), "b": pa.array([0.5, 0.5])}, ("a", "b"), "a.file: row 12, column 'a' is empty"),
    ],
)
def test_what_is_no_matrix_of_two_classes(columns, names, message):
    with pytest.raises(ValueError) as caught:
        convert.matrix(AT, columns, names, 2)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (np.array([1, 2], np.uint8), [1, 2]),
        (pa.array([1, 2]), [1, 2]),
        (pa.array(["b", "a", "b"]).dictionary_encode(), ["b", "a", "b"]),
        (pa.array([decimal.Decimal("0.25"), decimal.Decimal("3")]), [0.25, 3.0]),
        (pa.array([True, False]), [True, False]),
    ],
)
def test_values_of_any_type(column, expected):
    values = convert.values(AT, "x", column)
    assert isinstance(values, np.ndarray) and values.tolist() == expected


def test_an_empty_value_is_named():
    with pytest.raises(
        ValueError, match=r"^a.file: row 13, column 'x' is empty: fill it, or leave such rows out with --skip-missing$"
    ):
        convert.values(AT, "x", pa.array([1, 2, None, None]))


@pytest.mark.parametrize(
    "column",
    [np.array(["b", "a", "b"]), pa.array(["b", "a", "b"]), pa.array(["b", "a", "b"]).dictionary_encode()],
    ids=["NumPy", "text", "dictionary"],
)
def test_groups_as_codes(column):
    codes, texts = convert.codes(column)
    assert codes.dtype == np.int64 and [texts[c] for c in codes] == ["b", "a", "b"]


def test_an_empty_group_is_a_group_and_numbers_are_groups_too():
    codes, texts = convert.codes(pa.array([3, None, 3, None]))
    assert [texts[c] for c in codes] == ["3", "(empty)", "3", "(empty)"]


def test_values_that_stand_alone_in_a_list_or_row_are_unnested():
    assert convert.unnested(np.array([[1], [2]])).tolist() == [1, 2]
    assert convert.unnested(pa.array([[1], [2]])).to_pylist() == [1, 2]
    lists = pa.array([[1], [2, 3]])
    assert convert.unnested(lists) is lists


def test_hashes_are_those_of_the_text_in_any_batch_and_kind_of_column():
    one = convert.hashes(AT, "who", np.array([7, 8, 7]))
    assert one.dtype == np.uint64 and one[0] == one[2] != one[1]
    for column in (pa.array(["8", "7"]), pa.array(["8", "7"]).dictionary_encode(), np.array(["8", "7"])):
        assert convert.hashes(AT, "who", column).tolist() == [one[1], one[0]]
    with pytest.raises(ValueError, match="row 12, column 'who' is empty"):
        convert.hashes(AT, "who", pa.array(["a", None]))

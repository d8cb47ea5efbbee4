"""What the first rows prove: columns are numbers, lie within 0..1, sum to 1 within the rounding of their digits."""

import numpy as np
import pyarrow as pa
import pytest

from onewarm.tables.columns.head import Head, rounding
from onewarm.tables.formats import open_source
from onewarm.tables.source import Column

P = np.random.default_rng(0).dirichlet(np.ones(3), 50)


def head(**columns):
    kinds = {"f": "float", "i": "int", "b": "int", "U": "text"}
    arrays = {n: np.asarray(c) for n, c in columns.items()}
    return Head(
        "a", {n: Column(kinds[a.dtype.kind], 1 if a.ndim == 1 else a.shape[1]) for n, a in arrays.items()}, arrays
    )


def three(p, **others):
    return head(a=p[:, 0], b=p[:, 1], c=p[:, 2], **others)


def test_rows_sum_to_1_within_their_digits_or_as_percentages():
    assert three(P).sums_to_one("abc") is True
    assert three(P.round(2)).sums_to_one("abc") is True
    assert three(100 * P).sums_to_one("abc") is True
    assert three(P, d=P[:, 0]).sums_to_one("abcd") is False
    assert three(2 * P - 1 / 3).sums_to_one("abc") is False  # they sum to 1, and are no probabilities
    assert Head("a", dict.fromkeys("abc", Column("float"))).sums_to_one("abc") is None


def test_one_bad_row_does_not_hide_what_columns_are():
    p = P.copy()
    p[3, 0] = 7
    assert three(p).sums_to_one("abc") is True


@pytest.mark.parametrize("digits", [1, 2, 4, 6])
def test_the_unit_of_the_last_decimal(digits):
    assert three(P.round(digits)).unit("abc") == pytest.approx(10.0**-digits)
    assert three(P).unit("abc") == 0
    assert head(p=P.round(digits)).unit(["p"]) == pytest.approx(10.0**-digits)


def test_rounding_is_half_a_unit_for_each_class_and_one_decimal_is_none():
    assert rounding(3, 0.01) == pytest.approx(0.015) and rounding(2, 0.1) == rounding(2, 0) == 0


def test_numbers_and_texts():
    rows = head(x=["1", "2.5", "oops"], y=["cat", " dog", "NA"], z=[0.0, 1.0, np.nan], t=[True, False, True])
    np.testing.assert_array_equal(rows.numbers("x"), [1, 2.5, np.nan])
    assert rows.numbers("y") is None and rows.is_number("x") and not rows.is_number("y")
    assert rows.texts("y") == ["cat", "dog", None] and rows.distinct("z") == {"0", "1"}
    assert rows.distinct("t") == {"True", "False"} and rows.within_unit("z") and rows.within_unit("x") is False


def test_arrays_of_other_lengths_and_bad_columns_leave_the_rest(tmp_path):
    np.savez(tmp_path / "a.npz", p=P, y=np.zeros(50, int), classes=np.array(["x", "y", "z"]))
    found = Head.of(open_source(tmp_path / "a.npz"))
    assert found.distinct("classes") == {"x", "y", "z"} and found.matrix(["p"]).shape == (50, 3)


def test_lists_are_a_matrix_without_missing_rows():
    rows = {"p": pa.array([[0.5, 0.5], None, [0.25, 0.75]])}
    found = Head("a", {"p": Column("float", None)}, rows)
    assert found.matrix(["p"]).tolist() == [[0.5, 0.5], [0.25, 0.75]]


def test_numbers_that_float64_does_not_hold():
    """A whole number beyond 2^53 in an Arrow column ended in a traceback."""
    head = Head("a.csv", {"x": Column("int")}, {"x": pa.array([2**60 + 1, 1])})
    numbers = head.numbers("x")
    assert numbers is not None and numbers.tolist() == [2.0**60, 1.0]

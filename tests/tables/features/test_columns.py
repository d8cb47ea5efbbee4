import datetime
import re

import numpy as np
import pyarrow as pa
import pytest

from onewarm.errors import InputError
from onewarm.tables.features.columns import category, typed

N = 40
RNG = np.random.default_rng(0)


def kind(name, values):
    values = values if isinstance(values, np.ndarray) else pa.chunked_array([pa.array(values)])
    return typed(name, values, "t.csv").kind


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("a", RNG.normal(size=N), "numbers"),
        ("a", RNG.integers(0, 5, N), "numbers"),
        ("Unnamed: 0", np.arange(N), "id"),
        ("", RNG.permutation(N) + 1, "id"),
        ("Unnamed: 0", np.arange(N) % 20, "index"),
        ("PassengerId", np.arange(1.0, N + 1), "id"),
        ("customer_id", RNG.permutation(10**6)[:N], "id"),
        ("age", RNG.permutation(N) + 20, "numbers"),
        ("share", [f"{i} %" for i in range(N)], "numbers"),
        ("cabin", [f"C{i}" for i in range(N)] + [None] * N, "text"),
        ("income", RNG.permutation(10**6)[:N], "numbers"),
        ("store_id", RNG.integers(0, 5, N), "levels"),
        ("customer_id", np.arange(400) // 4 * 7, "repeated id"),
        ("Individual ID", [f"N{i // 2}A{i % 2}" for i in range(200)] * 2, "repeated id"),
        ("key", [f"X-{i}" for i in range(N)], "id"),
        ("name", [f"Mr {i} Smith" for i in range(N)], "text"),
        ("ticket", [f"A/{i // 1.5}" for i in range(N)], "text"),
        ("a", [0.1] * N, "constant"),
        ("a", np.append(np.full(N, 0.3), 0.1 + 0.2), "constant"),
        ("a", ["x"] * N, "constant"),
        ("a", [None] * N, "empty"),
        ("a", ["?"] * 5 + ["N/A"] * 5, "empty"),
        ("a", np.full(N, np.nan), "empty"),
        ("a", ["yes", "no"] * 20, "levels"),
        ("a", [True, False] * 20, "levels"),
        ("a", ["red", "green", None, "blue"] * 10, "levels"),
        ("a", ["12 %", "7 %", "-"] * 10, "numbers"),
        ("a", ["007", "012"] * 20, "levels"),
        ("a", ["007", "012", *map(str, range(100, 138))], "id"),
        ("a", ["007", "012"] + [str(100 + i // 1.3)[:3] for i in range(38)], "codes"),
        ("zip", RNG.integers(10_000, 10_004, N), "levels"),
        ("zip_code", np.append(RNG.integers(10_000, 10_004, N).astype(float), np.nan), "levels"),
        ("billingZip", RNG.integers(10_000, 10_004, N), "levels"),
        ("Phone number", np.append(RNG.permutation(10**6)[: 2 * N], 7), "codes"),
        ("telephone", np.linspace(0, 1, N), "numbers"),
        ("encode", RNG.integers(0, 5, N), "numbers"),
        ("a", 2**60 + np.arange(N), "id"),
        ("a", ["1.10.2", "1.9.0"] * 20, "levels"),
        ("a", ["10.0.0.1", "10.0.0.2"] * 20, "levels"),
        ("a", ["030 12 34 56", "030 65 43 21"] * 20, "levels"),
        ("a", ["+49 151 5551", "+49 30 901"] * 20, "levels"),
        ("a", ["1 234 567", "12 345"] * 20, "numbers"),
        ("a", ["12,34,567", "1,23,456"] * 20, "numbers"),
        ("a", ["1.234.567,5", "12.345"] * 20, "numbers"),
        ("a", ["4000123412341234", "4000432143214321"] * 20, "levels"),
        ("day", np.array([20240228, 20240229, 20241224] * 9), "date"),
        ("day", np.array([20240228, 20230229, 20241224] * 9), "numbers"),
        ("a", ["1", "x", "y", "3"] * 10, "levels"),
        ("a", ["2024-01-02", "2023-05-06", None] * 10, "date"),
        ("a", ["18:30", "06:15"] * 10, "numbers"),
        ("a", [datetime.date(2024, 1, 2), datetime.date(2023, 5, 6)], "date"),
        ("a", [datetime.timedelta(hours=1), datetime.timedelta(hours=5)], "numbers"),
        ("a", [datetime.time(1), datetime.time(2, 30), None], "numbers"),
        ("a", [[1.0, 2.0], [3.0, None], None], "list"),
        ("a", [["x"], ["y"]], "bytes"),
        ("a", [b"x", b"y"], "bytes"),
    ],
)
def test_what_a_column_is(name, values, expected):
    assert kind(name, values) == expected


@pytest.mark.parametrize("values", [["u", "v", None], [10, 2, None]])
def test_categories_of_pandas_are_levels_whatever_their_values(values):
    column = pa.chunked_array([pa.array(values).dictionary_encode()] * 2)
    found = typed("a", column, "t")
    assert found.kind == "levels" and len(found.levels) == 2 and found.codes.tolist()[2] == -1


def test_dictionaries_of_several_chunks_and_unused_levels():
    chunks = [pa.DictionaryArray.from_arrays([0, 1], ["b", "a", "never"]), pa.DictionaryArray.from_arrays([0], ["a"])]
    found = typed("a", pa.chunked_array(chunks), "t")
    assert found.levels == ("a", "b") and found.codes.tolist() == [1, 0, 0]


def test_values_of_each_kind():
    dates = typed("d", pa.chunked_array([["2024-01-02", None, "2023-05-06"]]), "t")
    assert dates.parts == ("d days", "d year", "d month", "d weekday") and dates.numbers[0].tolist() == [
        241,
        2024,
        1,
        1,
    ]
    assert dates.missing.ravel().tolist() == [False, True, False]
    zoned = pa.chunked_array([pa.array([0, 7200], pa.timestamp("s", "Europe/Berlin"))])
    assert typed("d", zoned, "t").numbers[1].tolist()[-1] == 2
    clock = typed("c", pa.chunked_array([pa.array([datetime.time(1), datetime.time(2, 30)])]), "t")
    assert clock.numbers.ravel().tolist() == [3600, 9000] and clock.remark == "seconds"
    lists = typed("e", pa.chunked_array([pa.array([[1, 2], None, [3, 4]], pa.list_(pa.float32()))]), "t")
    assert lists.numbers.dtype == np.float32 and lists.missing.ravel().tolist() == [False, True, False]
    odd = typed("o", pa.chunked_array([[str(i) for i in range(2, 40, 2)] + ["seven"]]), "t")
    assert odd.odd == ("seven",) and np.isnan(odd.numbers[-1, 0])


def test_lists_of_different_lengths():
    column = pa.chunked_array([[[1.0, 2.0], None, [1.0]]])
    with pytest.raises(
        InputError, match=r"^t: row 3, column 'v' holds 1 numbers, and row 1 2; give lists of one length$"
    ):
        typed("v", column, "t")


def test_arrays_that_are_no_numbers():
    with pytest.raises(InputError, match=re.escape("t: 'x' has shape (2, 2) and holds <U1: give numbers")):
        typed("x", np.array([["a", "b"]] * 2), "t")
    with pytest.raises(InputError, match=r"^t: column 'x' holds complex128: give numbers, text or dates$"):
        typed("x", np.ones(3, complex), "t")


def test_words_of_missing_values():
    """ "N/A", "?" and "-" are missing; "none" and "unknown" may be levels of their own."""
    words = ["?", "-", "N/A", "n/a", "NA", " nan ", "NULL", "None", "", "."]
    found = typed("a", pa.chunked_array([[*words, "none", "unknown", "no", "0"] * 2]), "t")
    assert found.levels == ("0", "no", "none", "unknown") and (found.codes[:10] == -1).all()


def test_a_category_on_request_whatever_it_holds():
    for values in (np.array([1.0, 2.0, np.nan]), np.array([1, 2, 1]), pa.chunked_array([[1, 2, None]])):
        assert category("a", values, "t").levels == ("1", "2")
    assert category("a", np.array([1.5, 2.0]), "t").levels == ("1.5", "2")
    assert category("a", np.array([True, False]), "t").levels == ("false", "true")
    with pytest.raises(InputError, match=r"^t: column 'a' holds several values a row, and is to be a category: leave"):
        category("a", np.zeros((3, 2)), "t")

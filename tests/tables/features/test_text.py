import numpy as np
import pytest

from onewarm.tables.features import text
from onewarm.tables.features.text import read_numbers


def numbers(texts, decimal="."):
    found = read_numbers(texts, np.ones(len(texts), np.int64), decimal)
    return None if found is None else found.values.tolist()


@pytest.mark.parametrize(
    ("texts", "decimal", "expected"),
    [
        (["12 %", "7.5%"], ".", [12, 7.5]),
        (["$1,200", "$950.50", "-$3", "$-4"], ".", [1200, 950.5, -3, -4]),
        (["1.200,50 €", "3,00 €"], ".", [1200.5, 3]),
        (["EUR 5", "7 USD"], ".", [5, 7]),
        (["1,200", "12,500,000"], ".", [1200, 12_500_000]),
        (["1.200", "12.500.000"], ".", [1200, 12_500_000]),
        (["1.200", "2.5"], ".", [1.2, 2.5]),
        (["1.200", "3.400"], ".", [1.2, 3.4]),
        (["1.200", "3.400"], ",", [1200, 3400]),
        (["1,200", "3,400"], ",", [1.2, 3.4]),
        (["0,5", "0,75"], ".", [0.5, 0.75]),
        (["1 200", "3 400,5"], ".", [1200, 3400.5]),
        (["1'200.5", "7"], ".", [1200.5, 7]),
        (["(3)", "4"], ".", [-3, 4]),
        (["1e3", "2.5E-1"], ".", [1000, 0.25]),
        (["70 kg", "82.5kg"], ".", [70, 82.5]),
        (["12.5 km/h", "3 km/h"], ".", [12.5, 3]),
        (["34 m²", "1,200 m²"], ".", [34, 1200]),
        (["inf", "-Inf", "3"], ".", [np.inf, -np.inf, 3]),
    ],
)
def test_numbers_as_people_write_them(texts, decimal, expected):
    assert numbers(texts, decimal) == pytest.approx(expected)


@pytest.mark.parametrize(
    "texts",
    [
        ["007", "012"],
        ["a", "b"],
        ["1", "b"],
        ["3-4", "5-6"],
        ["1.2.3.4", "a"],
        ["1st", "2nd"],
        ["info", "infra"],
        ["1k", "2M"],
        [],
    ],
)
def test_texts_that_are_no_numbers(texts):
    assert numbers(texts) is None


def test_a_tenth_of_the_rows_may_be_no_number():
    texts = [str(i) for i in range(1, 19)] + ["seven"]
    found = read_numbers(texts, np.ones(19, np.int64))
    assert found.odd == ("seven",) and np.isnan(found.values[-1])
    assert read_numbers(texts, np.append(np.ones(18, np.int64), 3)) is None


@pytest.mark.parametrize(
    "written",
    [
        lambda i: f"${i * 7.25:,.2f}",
        lambda i: f"-€{i}" if i % 2 else f"£{i:,}",
        lambda i: f"{i:,}" if i % 2 else f"{i}.125",
        lambda i: str(i * 13),
    ],
)
def test_many_numbers_are_read_at_once_as_few_are(written):
    texts = [written(i) for i in range(1000, 1000 + text._MANY + 1)]
    counts = np.ones(len(texts), np.int64)
    many, few = read_numbers(texts, counts), read_numbers(texts[:500], counts[:500])
    np.testing.assert_array_equal(many.values[:500], few.values)
    assert (many.units, many.thousands, many.odd) == (few.units, few.thousands, ())
    assert read_numbers([*texts, "007"], np.append(counts, 1)) is None
    assert read_numbers([*texts, "x7"], np.append(counts, 1)).odd == ("x7",)

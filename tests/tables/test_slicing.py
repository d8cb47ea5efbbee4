"""Slices by values, by quantile bins of numbers, and by pairs."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from onewarm.audit.audit import audit
from onewarm.tables.columns.choice import Choice
from onewarm.tables.plan import plan
from onewarm.tables.slicing import Slicing, quantiles


def test_bins_hold_about_as_many_rows_each_and_are_named_for_their_edges():
    edges = quantiles(np.random.default_rng(0).permutation(np.arange(18.0, 78.0)))
    slicing = Slicing(("age",), (edges,))
    codes, texts = slicing.codes({"age": pa.array([17, 29, 30, 41, None, 66, 99])})
    assert [slicing.title(texts[c]) for c in codes] == [
        "age below 30",
        "age below 30",
        "age 30 to 42",
        "age 30 to 42",
        "age = (empty)",
        "age 66 or more",
        "age 66 or more",
    ]


@pytest.mark.parametrize("values", [np.arange(20.0), np.array([1.5, 1.5]), np.array([np.nan]), np.zeros(0)])
def test_few_whole_numbers_and_constants_are_values(values):
    assert quantiles(values) is None


def test_a_value_that_most_rows_have_leaves_fewer_bins():
    assert quantiles(np.concatenate([np.zeros(90), np.arange(1.0, 31.0)])) == (7.0,)
    assert quantiles(np.round(np.random.default_rng(0).random(1000), 6))[0] == pytest.approx(0.2, abs=0.03)


def test_slices_of_numbers_and_pairs_of_a_file(tmp_path, write_table):
    """--slice age made 3,943 slices."""
    rng = np.random.default_rng(0)
    n = 4000
    table = pa.table(
        {
            "p0": (p := rng.uniform(0.1, 0.9, n)),
            "p1": 1 - p,
            "label": (rng.random(n) < 1 - p).astype(int),
            "age": rng.uniform(18, 90, n).round(3),
            "year": rng.integers(2019, 2023, n),
            "sex": rng.choice(["f", "m"], n),
        }
    )
    for suffix in ("csv", "parquet", "npz"):
        result = audit(write_table(tmp_path / f"a.{suffix}", table), slices=["age", "year", "sex,age"])
        names = {s.name for s in result.slices}
        assert len(names) == 5 + 4 + 10 and "year = 2019" in names
        assert any(n.startswith("sex = f, age ") for n in names) and any(n.startswith("age below 3") for n in names)
        assert sum(s.rows for s in result.slices if s.column == "sex, age") == n
    before = {s.name: s.rows for s in result.slices}
    again = audit(tmp_path / "a.parquet", slices=["age", "year", "sex,age"])
    assert {s.name: s.rows for s in again.slices} == before


def test_edges_are_those_of_all_parts_of_the_first_file(tmp_path, monkeypatch):
    monkeypatch.setattr("onewarm.tables.formats.parquet._PART_ROWS", 1000, raising=False)
    n = 8000
    table = pa.table({"p0": np.full(n, 0.5), "p1": np.full(n, 0.5), "label": np.arange(n) % 2, "t": np.arange(n) * 1.0})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet", row_group_size=500)
    reading = plan([str(tmp_path / "a.parquet")], Choice(slices=("t",)))
    assert reading.slicings[0].edges[0] is not None
    if reading.parts[0] > 1:
        assert reading.slicings[0].edges[0][-1] > 4000


def test_a_column_with_a_comma_in_its_name_is_one_column(tmp_path, write_table):
    columns = {"p0": [0.5, 0.5], "p1": [0.5, 0.5], "label": [0, 1], "a,b": ["x", "y"], "a": ["x", "y"]}
    path = write_table(tmp_path / "a.parquet", pa.table(columns))
    assert plan([str(path)], Choice(slices=("a,b",))).slicings == (Slicing(("a,b",), (None,)),)
    with pytest.raises(ValueError, match=r"no column 'b' for --slice"):
        plan([str(path)], Choice(slices=("a, b",)))

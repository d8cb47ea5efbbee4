"""What counts as a missing value, in every kind of column, and that such rows are left out and counted."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from onewarm.audit.engines import run
from onewarm.tables.columns import Choice
from onewarm.tables.missing import is_missing, kept
from onewarm.tables.plan import plan

LISTS = pa.array([[1.0, 2.0], None, [3.0, None], [float("nan"), 1.0], [1.0, 1.0]])
TEXT = ["cat", "", "NA", "NaN", "null", "None", " n/a ", "none"]


@pytest.mark.parametrize(
    ("column", "missing"),
    [
        (np.array([0.5, np.nan]), [0, 1]),
        (np.array([[0.5, np.nan], [0.5, 0.5]]), [1, 0]),
        (np.array([1, 0]), [0, 0]),
        (pa.array([1, None]), [0, 1]),
        (LISTS, [0, 1, 1, 1, 0]),
        (LISTS.slice(2, 3), [1, 1, 0]),
        (LISTS.cast(pa.list_(pa.float64(), 2)), [0, 1, 1, 1, 0]),
        (np.array(TEXT), [0, 1, 1, 1, 1, 1, 1, 0]),
        (pa.array([*TEXT, None]), [0, 1, 1, 1, 1, 1, 1, 0, 1]),
        (pa.array([*TEXT, None]).dictionary_encode().slice(1), [1, 1, 1, 1, 1, 1, 0, 1]),
    ],
)
def test_a_row_without_a_value_is_missing(column, missing):
    assert is_missing(column).tolist() == [bool(m) for m in missing]


def test_rows_are_kept_in_both_kinds_of_columns():
    columns = kept({"a": np.arange(3), "b": pa.array(["x", "y", "z"])}, np.array([True, False, True]))
    assert columns["a"].tolist() == [0, 2] and columns["b"].to_pylist() == ["x", "z"]


def test_rows_with_a_missing_value_are_left_out_and_counted_on_request(tmp_path):
    data = pa.table(
        {
            "prob": [0.1, None, 0.3, 0.4, 0.5, 0.6],
            "label": [0, 1, None, 1, 1, 0],
            "w": [1.0, 1.0, 1.0, float("nan"), 1.0, 2.0],
            "who": ["a", "b", "a", "b", None, "b"],
        }
    )
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(data, path)
    reading = plan([str(path)], Choice(weight="w", group="who", skip_missing=True))
    (batch, _), *_ = reading.batches(0)
    assert batch.predictions[:, 1].tolist() == [0.1, 0.6] and batch.truth.tolist() == [0, 0]
    assert batch.places.tolist() == [0, 5] and batch.changes == {"skipped": 4} and len(set(batch.groups)) == 2
    assert run(reading).changes == {"skipped": 4} and run(reading).count == 2
    for choice, said in (
        ({}, "row 2, column 'prob' is empty: fill it, or leave such rows out with --skip-missing"),
        ({"probabilities": "w", "group": "who"}, "row 3, column 'label' is empty"),
    ):
        with pytest.raises(ValueError, match=said):
            run(plan([str(path)], Choice(**choice)))


def test_an_error_after_rows_were_left_out_names_the_row_of_the_file(tmp_path):
    (tmp_path / "a.csv").write_text("prob,label\n,0\n0.5,1\n,1\n7.5,1\n")
    with pytest.raises(ValueError, match=r"row 4, column 'prob' is 7\.5"):
        run(plan([str(tmp_path / "a.csv")], Choice(skip_missing=True)))


def test_every_row_without_a_value_is_no_audit(tmp_path):
    (tmp_path / "a.csv").write_text("prob,label\n,0\nNaN,1\n")
    with pytest.raises(ValueError, match=r"^a\.csv: every row lacks a value$"):
        run(plan([str(tmp_path / "a.csv")], Choice(skip_missing=True)))


def test_missing_truth_in_a_file_of_its_own_leaves_its_row_out(tmp_path):
    np.savez(tmp_path / "p.npz", p=np.array([[0.25, 0.75], [np.nan, 0.5], [0.5, 0.5], [1, 0]]))
    (tmp_path / "y.csv").write_text("y\n0\n1\nNA\n1\n")
    choice = Choice(labels=str(tmp_path / "y.csv"), skip_missing=True)
    (batch, _), *_ = plan([str(tmp_path / "p.npz")], choice).batches(0)
    assert batch.truth.tolist() == [0, 1] and batch.predictions.tolist() == [[0.25, 0.75], [1, 0]]
    assert batch.changes == {"skipped": 2}

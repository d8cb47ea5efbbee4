import re

import numpy as np
import pyarrow as pa
import pytest

from onewarm.errors import InputError
from onewarm.tables.features.labels import classes, find_label


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["b", "a", "a", "b", "a", "b"], ("a", "b")),
        ([7, -1, 7, -1, 7, -1], ("-1", "7")),
        ([1.0, 2.0, 1.0, 2.0, 1.0, 2.0], ("1", "2")),
        ([True, False, True, False, True, False], ("False", "True")),
        (pa.array(["u", "v"] * 3).dictionary_encode(), ("u", "v")),
        ([" u", "v "] * 3, ("u", "v")),
    ],
)
def test_labels_of_any_type(values, names):
    column = pa.chunked_array([values if isinstance(values, pa.Array) else pa.array(values)])
    found = classes("t", "y", column)
    assert found.names == names and found.notes == ()
    plain = values.to_pylist() if isinstance(values, pa.Array) else values
    given = [str(int(v) if isinstance(v, float) else v).strip() for v in plain]
    assert [names[k] for k in found.y] == given


COLUMN = pa.chunked_array([["a"] * 5 + ["b"] * 5 + ["p", "q", "q"]])
RARE = "2 classes have fewer than 3 rows of 'y', one each for training, validation and test: 'p' (1), 'q' (2)"


def test_rare_classes_are_named_all_at_once():
    """Classes of 1 or 2 rows were refused one at a time."""
    with pytest.raises(InputError) as caught:
        classes("t.csv", "y", COLUMN)
    assert str(caught.value) == (
        f"t.csv: {RARE}; merge them into 'other' with --rare merge, or leave their rows out with --rare drop"
    )


def test_rare_classes_merged_or_dropped():
    merged = classes("t", "y", COLUMN, "merge")
    assert merged.names == ("a", "b", "other") and merged.y.tolist() == [0] * 5 + [1] * 5 + [2] * 3
    assert merged.notes == (f"Merged into the class 'other': {RARE.replace('2 classes have', '2 classes with')}.",)
    dropped = classes("t", "y", COLUMN, "drop")
    assert dropped.names == ("a", "b") and dropped.kept.tolist() == list(range(10)) and len(dropped.y) == 10
    assert dropped.notes[0].startswith("Left out: 3 rows of 2 classes with fewer than 3 rows of 'y'")
    named = classes("t", "y", pa.chunked_array([["other"] * 5 + ["b"] * 5 + ["p", "q", "q"]]), "merge")
    assert named.names == ("b", "other", "other 2")


@pytest.mark.parametrize(
    ("values", "rare", "error"),
    [
        (["a"] * 5 + ["b"] * 5 + ["p"], "merge", "t: a class has fewer than 3 rows of 'y', one each for training, "
         "validation and test: 'p' (1); together they have 1: leave their rows out with --rare drop"),
        (["a"] * 5 + ["p"], "drop", "t: one class is left of 'y' without those of fewer than 3 rows"),
        (["a", "b"] * 5, "keep", "rare='keep': give 'error', 'merge' or 'drop'"),
        (["a", None, "b", None, None], "error", "t: 3 rows (2, 4, 5) have no label (column 'y'); fill it"),
        (["a"] * 5, "error", "t: one class only: every row of 'y' is 'a'"),
        ([[0], [1]], "error", "t: label column 'y' holds list<item: int64>, not one class a row"),
        ([0.5, 1.0], "error", "t: label column 'y' holds measurements, not classes: row 1 is 0.5; make classes"),
    ],
)  # fmt: skip
def test_labels_that_are_refused(values, rare, error):
    with pytest.raises(InputError, match="^" + re.escape(error)):
        classes("t", "y", pa.chunked_array([pa.array(values)]), rare)


def test_classes_need_rows_in_three_groups():
    units = np.array([0, 1, 2, 0, 1, 2, 3, 3, 3])
    with pytest.raises(InputError, match=r"fewer than 3 groups of 'y', one each .*: 'c' \(1\); merge"):
        classes("t", "y", pa.chunked_array([["a"] * 3 + ["b"] * 3 + ["c"] * 3]), units=units)


def test_the_label_column():
    assert find_label("t", ["a", "Target"], None) == "Target"
    assert find_label("t", ["species", "y"], None) == "y"  # the more usual name
    assert find_label("t", ["a", "b"], "b") == "b"
    with pytest.raises(InputError, match=r"^t: no column 'species'; nearest: 'specie'$"):
        find_label("t", ["specie", "y"], "species")


def test_words_of_missing_labels_are_no_class():
    """The "NA" of a column of text, as R writes it, was a class."""
    with pytest.raises(InputError, match=r"^t: 2 rows \(2, 4\) have no label \(column 'y'\); fill it or drop the row$"):
        classes("t", "y", pa.chunked_array([["a", "NA", "b", "?"]]))

"""Votes from tables of annotations, long and wide, against counts made by hand."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import onewarm as ow
from onewarm.errors import InputError

LONG = {
    "photo": ["b", "a", "b", "c", "b", "a"],
    "who": ["x", "x", "y", "z", "z", "y"],
    "said": ["cat", "dog", "cat", None, "owl", "cat"],
    "trust": [1.0, 1.0, 2.0, 1.0, 1.0, 3.0],
}
DENSE = np.array([[2 / 3, 0, 1 / 3], [1 / 2, 1 / 2, 0], [0, 0, 0]])  # b, a, c by cat, dog, owl
TABLES = {
    "a dict of lists": LONG,
    "a dict of arrays": {name: np.array(column, dtype=object) for name, column in LONG.items()},
    "pandas": pd.DataFrame(LONG),
    "pandas, with missing values of its own": pd.DataFrame(LONG).convert_dtypes(),
    "pyarrow": pa.table(LONG),
    "records": [dict(zip(LONG, row, strict=True)) for row in zip(*LONG.values(), strict=True)],
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_long_table_in_the_order_of_the_data(kind):
    target, items, classes = ow.votes_from(TABLES[kind], item="photo", annotator="who", label="said")
    assert (items, classes) == (["b", "a", "c"], ["cat", "dog", "owl"])
    np.testing.assert_allclose(target.dense(), DENSE, rtol=1e-12)
    assert target.has_mass().tolist() == [True, True, False]


def test_polars():
    pl = pytest.importorskip("polars")
    target, items, _ = ow.votes_from(pl.DataFrame(LONG), item="photo", label="said")
    assert items == ["b", "a", "c"]
    np.testing.assert_allclose(target.dense(), DENSE, rtol=1e-12)


WIDE = [[0, 1, 1], [2, 2, 1], [0, np.nan, None]]


@pytest.mark.parametrize(
    "table",
    [WIDE, np.array(WIDE, dtype=float), np.array(WIDE, dtype=object), pd.DataFrame(WIDE)],
    ids=["lists", "an array", "objects", "pandas"],
)
def test_a_matrix_of_labels_is_not_counts(table):
    """onewarm.votes takes it for counts, which gave nonsense."""
    target, items, classes = ow.votes_from(table)
    assert items == [0, 1, 2] and classes == [0, 1, 2]
    np.testing.assert_allclose(target.dense(), [[1 / 3, 2 / 3, 0], [0, 1 / 3, 2 / 3], [1, 0, 0]], rtol=1e-12)
    four = ow.votes_from(table, classes=4)
    assert four.target.num_classes == 4 and four.classes == [0, 1, 2, 3]


def test_a_wide_frame_is_named_by_its_index():
    frame = pd.DataFrame({"x": ["cat", "dog"], "y": ["cat", None]}, index=["second", "first"])
    target, items, classes = ow.votes_from(frame, classes=["dog", "cat"])
    assert items == ["second", "first"] and classes == ["dog", "cat"]
    assert target.dense().tolist() == [[0, 1], [1, 0]]
    weighted = ow.votes_from(frame.assign(y=["dog", "dog"]), weights={"x": 3, "y": 1}, classes=["dog", "cat"]).target
    assert weighted.dense().tolist() == [[0.25, 0.75], [1, 0]]


@pytest.mark.parametrize("weights", ["trust", LONG["trust"], {"x": 1, "y": 2, "z": 1}], ids=["column", "rows", "dict"])
def test_weights(weights):
    table = LONG | {"trust": [1.0, 1.0, 2.0, 1.0, 1.0, 2.0]} if isinstance(weights, (str, dict)) else LONG
    target = ow.votes_from(table, item="photo", annotator="who", label="said", weights=weights).target
    trust = 3 if weights is LONG["trust"] else 2
    np.testing.assert_allclose(target.dense()[1], [trust / (1 + trust), 1 / (1 + trust), 0], rtol=1e-12)
    np.testing.assert_allclose(target.dense()[0], [3 / 4, 0, 1 / 4], rtol=1e-12)


def test_many_annotations_are_those_of_a_cross_table():
    rng = np.random.default_rng(0)
    item, label = rng.permutation(np.repeat(np.arange(50), 20)), rng.integers(0, 7, 1000)
    target, items, classes = ow.votes_from({"i": item, "l": label}, item="i", label="l", classes=7)
    counts = np.zeros((50, 7))
    np.add.at(counts, (item, label), 1)
    np.testing.assert_allclose(target.dense(), ow.votes(counts[items]).dense(), rtol=1e-12)
    same = ow.votes(counts[items])
    assert np.array_equal(target.index[target.weight > 0], same.index[same.weight > 0])
    assert classes == list(range(7))


BAD = {
    "half of a long table": (TypeError, lambda: ow.votes_from(LONG, item="photo"),
        "a long table needs both item= and label=; leave both out for a wide one"),
    "no such column": (InputError, lambda: ow.votes_from(LONG, item="foto", label="said"),
        "item is 'foto', but the table has no such column: it has photo"),
    "no name": (InputError, lambda: ow.votes_from({"i": [1, None], "l": [0, 1]}, item="i", label="l"),
        "item of row 1 is None: name it, or leave the row out"),
    "no class": (InputError, lambda: ow.votes_from(LONG, item="photo", label="said", classes=["cat", "dog"]),
        "label of row 4 is 'owl', none of the 2 classes: correct it, add it to classes, or leave the cell empty (None) "
        "where it means no vote"),
    "twice": (InputError, lambda: ow.votes_from({"i": [1, 1], "a": ["x", "x"], "l": [0, 1]}, item="i", label="l",
        annotator="a"), "annotator 'x' labels item 1 in rows 0 and 1: drop one, or leave annotator out to count both"),
    "negative": (InputError, lambda: ow.votes_from([[0, -1]]),
        "a label is negative: leave cells without a vote empty (None), or name all classes="),
    "no labels": (InputError, lambda: ow.votes_from([[None, None]]),
        "no label at all: name the classes= to get rows without mass"),
    "classes": (InputError, lambda: ow.votes_from([[0, 1]], classes=[0, 0, 1]),
        "classes is empty or names one twice: name each class once"),
    "ragged": (InputError, lambda: ow.votes_from([[0, 1], [0]]),
        "table is no table: expected a row for each item, a column for each annotator"),
    "no records": (InputError, lambda: ow.votes_from([[0, 1]], item="i", label="l"),
        "table is a list, but not of records: pass a frame, a dict of columns, or a list of dicts"),
    "weights by whom": (InputError, lambda: ow.votes_from(LONG, item="photo", label="said", weights={"x": 1}),
        "weights by annotator need annotator=, the column that names them"),
    "no weight": (InputError, lambda: ow.votes_from(LONG, item="photo", annotator="who", label="said",
        weights={"x": 1, "z": 2}), "weights has none for annotator 'y': add it"),
    "a negative weight": (InputError, lambda: ow.votes_from([[0, 1]], weights=[1, -1]),
        "weights[1] is -1: expected a finite number, not negative"),
    "too few weights": (InputError, lambda: ow.votes_from([[0, 1]], weights=[1]),
        "weights has shape (1,): expected (2,), one an annotation, or a dict"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_by_the_exact_error(case):
    kind, call, message = BAD[case]
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == message

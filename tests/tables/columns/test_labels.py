"""The coding of labels is decided by the labels that occur, however late, and is said where it was a choice."""

import numpy as np
import pytest

from onewarm.tables.columns.choice import Layout
from onewarm.tables.columns.labels import binary, coded, growing, numbered
from onewarm.tables.formats import open_source
from onewarm.tables.row_checks import Place

PLACE = Place("y.npz", 0)
LATE = 70_000  # later than one batch of labels


@pytest.fixture
def source(tmp_path):
    def write(labels):
        np.savez(tmp_path / "y.npz", y=np.asarray(labels))
        return open_source(tmp_path / "y.npz")

    return write


@pytest.mark.parametrize(
    ("labels", "from_one", "first"),
    [
        ([0, 1, 2], False, 0),
        ([1, 2, 3], False, 1),
        ([1, 2, 1], False, 0),
        ([1, 2, 1], True, 1),
        ([0, 2, 1], True, 0),
        ([1] * LATE + [3], False, 1),
        ([1] * LATE + [0], True, 0),
        ([1, 2, 4], True, 0),
        ([1.0, 2.0, 3.0], False, 1),
        (["1", "2", "3"], False, 1),
    ],
    ids=str,
)
def test_labels_count_from_1_only_where_that_is_certain(source, labels, from_one, first):
    """Labels 1..3 were refused, although no label was 0 and one was 3."""
    coding, notes = numbered(source(labels), "y", 3, from_one=from_one)
    assert coding.first == first and bool(notes) == bool(first)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([0, 1], None),
        ([-1, 1], ("-1", "1")),
        ([2, 1], ("1", "2")),
        ([4, 2], ("2", "4")),
        ([True, False], ("False", "True")),
        (["No", "Yes"], ("No", "Yes")),
        (["spam", "ham"], ("ham", "spam")),
        (["zebra", "ape"], ("ape", "zebra")),
        (["no"] * LATE + ["yes"], ("no", "yes")),
    ],
    ids=str,
)
def test_the_second_class_beside_one_probability(source, labels, classes):
    coding, names, notes = binary(source(labels), "y", positive=None, named=None)
    assert names == classes
    assert coding.read(PLACE, "y", np.asarray(labels)).tolist() == [
        0 if str(v) == (classes or ("0",))[0] else 1 for v in labels
    ]
    known = classes is None or classes == ("False", "True")
    assert [f"--positive {classes[0]}" in n for n in notes] == [True] if not known else notes == ()


def test_the_positive_class_is_named_by_the_user_or_by_the_column(source):
    coding, names, _ = binary(source(["a", "b", "c"]), "y", positive="B", named=None)
    assert names == ("not B", "B") and coding.read(PLACE, "y", np.array(["a", "b", "c"])).tolist() == [0, 1, 0]
    coding, names, notes = binary(source(["no", "yes"]), "y", positive=None, named="NO")
    assert names == ("yes", "no") and "for which their column is named" in notes[0]
    assert binary(source([0, 1]), "y", positive=None, named="0")[1] == ("1", "0")


def test_one_label_only(source):
    for labels, classes in ((["yes"], [1]), (["no"], [0]), ([1], [1]), ([-1], [0])):
        coding, _, _ = binary(source(labels), "y", positive=None, named=None)
        assert coding.read(PLACE, "y", np.asarray(labels)).tolist() == classes


def test_labels_of_two_columns(source):
    named = Layout(("p_yes", "p_no"), False, ("y",), False, classes=("yes", "no"))
    layout = coded(source([0, 1]), named, 2, None, one=False)
    assert layout.predictions == ("p_no", "p_yes") and layout.notes == ("Class 1 is 'yes', and class 0 'no'.",)
    layout = coded(source(["yes", "no"]), named, 2, "no", one=False)
    assert layout.predictions == ("p_yes", "p_no") and layout.coding.lookup("No") == 1
    plain = Layout(("p0", "p1"), False, ("y",), False)
    assert coded(source(["neg", "pos"]), plain, 2, None, one=False).classes == ("neg", "pos")
    assert coded(source(["cat", "dog"]), plain, 2, None, one=False).classes is None  # no order: refused while reading
    with pytest.raises(ValueError, match="--positive 'cat' names one of two classes"):
        coded(source(["cat", "dog"]), plain, 2, "cat", one=False)


def test_numbers_that_are_names_of_classes(source):
    layout = Layout(("p_3", "p_7"), False, ("y",), False, classes=("3", "7"))
    assert coded(source([3, 7]), layout, 2, None, one=False).coding.read(PLACE, "y", np.array([7, 3])).tolist() == [
        1,
        0,
    ]


def test_labels_are_gathered_batch_by_batch(source):
    assert [sorted(seen) for seen in map(set, growing(source([1] * LATE + [0]), "y"))] == [["1"], ["0", "1"]]

"""The truth is found by its usual names; where several could be meant, what they hold decides, or the user."""

import numpy as np
import pytest

from onewarm.tables.columns.head import Head
from onewarm.tables.columns.truth import fits, label_column, label_columns, listed, no_truth, votes_columns
from onewarm.tables.source import Column

Y = np.array([0, 1, 2, 1, 0, 2])
NAMES = np.array(["cat", "dog", "eel"])[Y]
CLASSES = ("cat", "dog", "eel")


def head(**columns):
    kinds = {"f": "float", "i": "int", "U": "text"}
    arrays = {n: np.asarray(c) for n, c in columns.items()}
    return Head("a.csv", {n: Column(kinds[a.dtype.kind]) for n, a in arrays.items()}, arrays)


def chosen(columns, classes=None, num_classes=3):
    return label_column(head(**columns), list(columns), num_classes, classes)


@pytest.mark.parametrize("name", ["true_label", "Actual_species", "y_test", "truth", "obs", "Class", " y_true", "gold"])
def test_usual_names(name):
    assert chosen({name: Y, "y_pred": Y, "pred": Y, ".pred_class": Y, "predicted_label": Y}) == (name, "")


def test_a_prediction_is_never_taken_for_the_truth():
    assert chosen({"y_pred": Y, "prediction": NAMES, ".pred_class": NAMES}, CLASSES) == (None, "")


def test_rare_names_and_columns_of_classes_are_taken_where_there_is_no_other():
    assert chosen({"species": NAMES}, CLASSES)[0] == "species"
    assert label_columns(head(species=NAMES, label=Y), ["species", "label"]) == ["label"]
    name, note = chosen({"animal": NAMES, "pred": NAMES}, CLASSES)
    assert name == "animal" and "--labels" in note


def test_of_several_the_one_that_can_hold_labels():
    assert chosen({"target": np.linspace(0, 9, 6), "label": Y})[0] == "label"
    name, note = chosen({"target": Y, "label": NAMES}, CLASSES)
    assert name == "label" and "'target' could be it too: --labels" in note  # they say the same
    with pytest.raises(ValueError, match="'target', 'label' could each be used; choose one with --labels"):
        chosen({"target": Y, "label": Y[::-1]})


def test_what_can_be_labels():
    assert fits(head(y=Y), "y", 3, None) and fits(head(y=Y + 1), "y", 3, None)
    assert fits(head(y=NAMES), "y", 3, CLASSES) and fits(head(y=NAMES), "y", 3, None)
    assert not fits(head(y=Y + 2), "y", 3, None) and not fits(head(y=NAMES), "y", 2, None)
    assert fits(head(y=np.array([-1, 1])), "y", 2, None) and not fits(head(y=np.array([0.5, 1])), "y", 2, None)
    assert not fits(Head("a", {"y": Column("int")}), "y", 3, None)


def test_votes_and_the_error_where_there_is_no_truth():
    rows = Head("a.csv", {"votes": Column("int", 3), "counts": Column("int")})
    assert votes_columns(rows, ["votes", "counts"]) == ("votes",)
    assert str(no_truth(rows, rows.columns)).endswith("say which with --labels or --votes; there are 'votes', 'counts'")
    assert listed([str(k) for k in range(10)]).endswith("'7' and 2 more") and listed([]) == "no columns"

"""A name tells of which family and class a column is; usual names are known in any case and with spaces around."""

import pytest

from onewarm.tables.columns.names import clean, folded, is_extra, is_label, member, usual
from onewarm.tables.source import Column


@pytest.mark.parametrize(
    ("name", "family", "number", "label"),
    [
        ("p0", "p", 0, "0"),
        ("prob_12", "prob_", 12, "12"),
        ("prob_class_1", "prob_class_", 1, "1"),
        ("P(y=1)", "p(y=|)", 1, "1"),
        (".pred_Yes", ".pred_", None, "Yes"),
        ("pred_prob_cat", "pred_prob_", None, "cat"),
        ("Iris setosa_proba", "|_proba", None, "Iris setosa"),
        ("1_probability", "|_probability", 1, "1"),
        ("0", "", 0, "0"),
    ],
)
def test_the_class_of_a_column(name, family, number, label):
    found = member(name, "probability")
    assert (found.family, found.number, found.label) == (family, number, label)


def test_what_is_no_member_and_what_belongs_to_no_class():
    assert member("age", "probability") is None and member("0", "logit") is None
    assert is_extra("value") and is_extra("max") and not is_extra("cat")
    assert member("logit_0", "logit").number == 0 and member("votes_cat", "votes").label == "cat"


def test_usual_names():
    columns = dict.fromkeys([" Y_True", "x", "Label"], Column("int"))
    assert usual(columns, ("label", "y_true")) == [" Y_True", "Label"] and clean(" .Pred ") == "pred"
    assert all(is_label(n) for n in ("Class", "obs", "Actual_species", "y_test", " truth"))
    assert not any(is_label(n) for n in (".pred_class", "y_pred", "prediction", "classes"))


def test_names_of_classes_are_compared_without_case_and_punctuation():
    assert folded("Iris-setosa") == folded("iris setosa") == "iris_setosa"
    assert folded("-1") != folded("1") and folded("été") == "été" and folded("+") == "+"

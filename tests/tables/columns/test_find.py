"""Columns are found by their usual names, or as they are named; what cannot be decided is an error with a remedy."""

import numpy as np
import pytest

from onewarm.tables.columns import Choice, Head, find_layout, find_truth
from onewarm.tables.source import Column

NUMBER, WHOLE, TEXT, LISTS = Column("float"), Column("int"), Column("text"), Column("float", None)


def columns(**kinds):
    return kinds


def layout(kinds, **choice):
    return find_layout(Head("a.csv", kinds), Choice(**choice))


def refused(kinds, **choice):
    with pytest.raises(ValueError) as caught:
        layout(kinds, **choice)
    return str(caught.value)


P = {"p0": NUMBER, "p1": NUMBER, "p2": NUMBER}
USUAL = P | {"label": WHOLE}


@pytest.mark.parametrize(
    ("kinds", "predictions", "logits"),
    [
        (P, ("p0", "p1", "p2"), False),
        ({"prob_1": NUMBER, "prob_2": NUMBER}, ("prob_1", "prob_2"), False),
        ({"prob_cat": NUMBER, "prob_dog": NUMBER}, ("prob_cat", "prob_dog"), False),
        ({"logit_0": NUMBER, "logit_1": NUMBER}, ("logit_0", "logit_1"), True),
        ({"z1": NUMBER, "z0": NUMBER}, ("z0", "z1"), True),
        ({"y_prob": NUMBER}, ("y_prob",), False),
        ({"Softmax": LISTS}, ("Softmax",), False),
        ({"logits": LISTS}, ("logits",), True),
    ],
)
def test_usual_names_of_predictions(kinds, predictions, logits):
    found = layout(kinds | {"label": WHOLE})
    assert (found.predictions, found.logits, found.truth, found.votes) == (predictions, logits, ("label",), False)


def test_families_are_put_in_the_order_of_their_numbers():
    kinds = {f"p{k}": NUMBER for k in range(10, 0, -1)} | {"y": WHOLE}
    assert layout(kinds).predictions == tuple(f"p{k}" for k in range(1, 11))


def test_names_of_classes_come_from_the_columns():
    assert layout({"prob_cat": NUMBER, "prob_Dog": NUMBER, "y": TEXT}).classes == ("cat", "Dog")
    assert layout(USUAL).classes is None
    assert layout({"p_cat": NUMBER, "p_dog": NUMBER, "y": TEXT}, probabilities="p_").classes == ("cat", "dog")


@pytest.mark.parametrize("named", ["p", "p*", "p0,p1,p2", "p0, p1, p2"])
def test_a_family_is_named_by_its_prefix_or_by_its_columns(named):
    assert layout(USUAL | {"logits": LISTS}, probabilities=named).predictions == ("p0", "p1", "p2")


def test_the_order_of_named_columns_is_kept():
    assert layout(USUAL, logits="p2,p0").predictions == ("p2", "p0")
    assert layout(USUAL, logits="p2,p0").logits


def test_votes_slices_and_weights():
    kinds = P | {"vote_0": WHOLE, "vote_1": WHOLE, "vote_2": WHOLE, "Group": TEXT, "sample_weight": NUMBER}
    found = layout(kinds)
    assert (found.truth, found.votes) == (("vote_0", "vote_1", "vote_2"), True)
    assert (found.slices, found.weight) == (("Group",), "sample_weight")
    assert found.names == ("p0", "p1", "p2", "vote_0", "vote_1", "vote_2", "Group", "sample_weight")
    assert layout(kinds, slices=("vote_0", "vote_0"), votes="vote_").slices == ("vote_0",)
    assert layout(P | {"label": LISTS}).votes


def test_labels_come_before_votes_which_are_noted():
    found = layout(USUAL | {"votes": LISTS})
    assert (found.truth, found.votes) == (("label",), False)
    assert found.notes == ("The truth is 'label'; 'votes' could be it too: --votes votes",)


def test_a_bad_value_in_a_numbered_csv_column_makes_it_text_and_still_one_of_the_family():
    assert layout({"p0": NUMBER, "p1": TEXT, "y": WHOLE}).predictions == ("p0", "p1")
    assert layout({"p0": NUMBER, "p1": NUMBER, "p_note": TEXT, "y": WHOLE}).predictions == ("p0", "p1")


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"labels": "lable"}, "a.csv: no column 'lable' for --labels; nearest: 'label'"),
        ({"probabilities": "q0,p1,p2"}, "a.csv: no column 'q0' for --probabilities; nearest: 'p0'"),
        (
            {"votes": "label"},
            "a.csv: column 'label' holds one number a row: --votes takes one for each class; labels go with --labels",
        ),
        ({"slices": ("hour",)}, "a.csv: no column 'hour' for --slice; there are 'p0', 'p1', 'p2', 'label'"),
        ({"weight": "labels"}, "a.csv: no column 'labels' for --weight; nearest: 'label'"),
        ({"labels": "label", "votes": "p"}, "give --labels or --votes as the truth, not both"),
        ({"logits": "p", "probabilities": "p"}, "give --probabilities or --logits, not both"),
        (
            {"labels": "p0"},
            "a.csv: column 'p0' is one of the predictions 'p0'..'p2', but --labels names it; are labels and "
            "probabilities swapped?",
        ),
    ],
)
def test_choices_that_do_not_fit(choice, said):
    assert refused(USUAL, **choice) == said


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ({"p0": NUMBER, "p2": NUMBER, "y": WHOLE}, "columns 'p0' to 'p2' lack 'p1': give one for every class"),
        ({"p1": NUMBER, "p3": NUMBER, "y": WHOLE}, "columns 'p1' to 'p3' lack 'p2': give one for every class"),
        (
            {"x": NUMBER, "label": WHOLE},
            "no predictions found (looked for columns p0, p1, ..., prob_*, probabilities, "
            "logits); say which with --probabilities or --logits; there are 'x', 'label'",
        ),
        (
            P,
            "no truth found (looked for label, labels, target, targets, y, y_true, votes); say which with --labels or "
            "--votes; there are 'p0', 'p1', 'p2'",
        ),
        (
            USUAL | {"logits": LISTS},
            "'p0'..'p2', 'logits' could each be the predictions; choose one with --probabilities or --logits",
        ),
        (USUAL | {"y": WHOLE}, "'label', 'y' could each be used; choose one with --labels"),
        (USUAL | {"weight": LISTS}, "column 'weight' holds lists: --weight takes one value a row"),
    ],
)
def test_files_in_which_columns_cannot_be_found(kinds, said):
    assert refused(kinds) == f"a.csv: {said}"


def test_lists_are_no_labels_and_no_slices():
    assert refused(P | {"v": Column("int", 3)}, labels="v") == (
        "a.csv: column 'v' holds 3 numbers a row, and --labels takes one class a row; are labels and probabilities "
        "swapped? (votes: --votes)"
    )
    assert (
        refused(USUAL | {"v": LISTS}, slices=("v",)) == "a.csv: column 'v' holds lists: --slice takes one value a row"
    )


def test_the_truth_in_a_file_of_its_own():
    kinds = {"counts": LISTS, "label": WHOLE, "other": WHOLE}
    assert find_truth(Head("b.npz", kinds), Choice(labels="")) == (("label",), False)
    assert find_truth(Head("b.npz", kinds), Choice(votes="")) == (("counts",), True)
    assert find_truth(Head("b.npz", kinds), Choice(labels="other")) == (("other",), False)
    assert find_truth(Head("b.npz", kinds), Choice(votes="counts")) == (("counts",), True)
    found = find_layout(Head("a.csv", P), Choice(), separate_truth=True)
    assert found.truth == () and found.names == ("p0", "p1", "p2")


@pytest.mark.parametrize(
    ("array", "logits"),
    [
        (np.array([[0.25, 0.75], [0.5, 0.5]]), False),
        (np.array([[0.25], [0.5]]), False),
        (np.array([[-1.5, 2.0], [0.5, 0.5]]), True),
        (np.array([-1.5, 2.0]), True),
    ],
)
def test_the_only_array_of_a_file_needs_no_usual_name(array, logits):
    """``validation.npy`` beside ``--labels y.npy`` had "no predictions"."""
    column = Column("float", array.shape[1] if array.ndim == 2 else 1)
    layout = find_layout(
        Head("validation.npy", {"validation": column}, {"validation": array}), Choice(), separate_truth=True
    )
    assert layout.predictions == ("validation",) and layout.logits == logits
    assert layout.notes == (
        ("'validation' is read as logits; as probabilities: --probabilities validation",) if logits else ()
    )

"""Good labels, votes and weights come back as arrays; the first bad one is named by file, row, column and value."""

import numpy as np
import pytest

from onewarm.tables.row_checks import Place, labels, votes, weights

FIRST, LATER = Place("a.csv", 0), Place("a.csv", 1000)


def message(check, *arguments):
    with pytest.raises(ValueError) as caught:
        check(*arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        np.array([2, 0, 1], np.uint8),
        np.array([2.0, 0.0, 1.0]),
        np.array(["2", " 0", "+1"]),
        np.array(["2", "0", "1"], object),
    ],
    ids=["integers", "floats", "text", "objects"],
)
def test_labels_of_any_type(values):
    checked = labels(FIRST, "y", values, 3)
    assert checked.dtype == np.int64 and checked.tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("values", "at", "said"),
    [
        ([0, 3, 1], FIRST, "row 2, column 'y' is 3: labels are 0..2, one for each of the 3 predicted classes"),
        ([1, 3, 2], LATER, "row 1002, column 'y' is 3: labels are 0..2, one for each of the 3 predicted classes"),
        ([1, 4], FIRST, "row 2, column 'y' is 4: labels are 0..2, one for each of the 3 predicted classes"),
        (
            [0, -100],
            FIRST,
            "row 2, column 'y' is -100: labels are 0..2, one for each of the 3 predicted classes; leave rows without a "
            "label out",
        ),
        ([0, 1.5], FIRST, "row 2, column 'y' is 1.5: labels are whole numbers 0..2"),
        (
            [0.25, 1],
            FIRST,
            "row 1, column 'y' is 0.25: labels are whole numbers 0..2; are labels and probabilities swapped?",
        ),
        ([0, np.nan], FIRST, "row 2, column 'y' is nan: give its label, or leave such rows out with --skip-missing"),
        ([0, np.inf], FIRST, "row 2, column 'y' is inf: labels are whole numbers 0..2"),
        (
            ["0", "cat"],
            LATER,
            "row 1002, column 'y' is 'cat': labels are whole numbers 0..2, or names where columns are named for "
            "classes (prob_cat)",
        ),
    ],
)
def test_labels_that_are_none(values, at, said):
    assert message(labels, at, "y", np.array(values), 3) == f"a.csv: {said}"


def test_a_column_that_cannot_hold_labels():
    assert message(labels, FIRST, "y", np.array([1j]), 3) == "a.csv: column 'y' holds complex128, not labels"


def test_votes_are_whole_numbers_and_shares_are_not():
    counts = np.array([[3, 0], [1, 2]])
    for values in (counts.astype(np.uint8), counts.astype(np.float32)):
        checked = votes(FIRST, ("v",), values)
        assert checked.dtype == np.int64 and checked.tolist() == counts.tolist()
    shares = np.array([[0.25, 0.75], [1.0, 0.0005]])
    assert votes(FIRST, ("v",), shares) is shares


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([[1, 2], [3, -1]], "row 1002, column 'b' is -1: counts of votes are not negative"),
        ([[0.5, 0.5], [np.nan, 1]], "row 1002, column 'a' is nan: votes and shares are finite and not negative"),
        ([[0.5, 0.5], [1.5, -0.5]], "row 1002, column 'b' is -0.5: votes and shares are finite and not negative"),
        (
            [[0.5, 0.5], [0.5, 0.502]],
            "row 1002: 'a' and the others sum to 1.002: votes are whole numbers, shares of the vote sum to 1",
        ),
        ([[1, 2], [0, 0]], "row 1002 has no votes: leave such rows out"),
    ],
)
def test_votes_that_are_none(values, said):
    assert message(votes, LATER, ("a", "b"), np.array(values)) == f"a.csv: {said}"


def test_a_vote_of_a_list_is_named_by_its_place():
    said = "a.csv: row 1, column 'v[1]' is -1: counts of votes are not negative"
    assert message(votes, FIRST, ("v",), np.array([[1, -1]])) == said


def test_weights():
    checked = weights(FIRST, "w", np.array([0, 2], np.int8))
    assert checked.dtype == np.float64 and checked.tolist() == [0.0, 2.0]
    for bad, shown in ((-1.0, "-1"), (np.nan, "nan"), (np.inf, "inf")):
        said = f"a.csv: row 1002, column 'w' is {shown}: weights are finite and not negative"
        assert message(weights, LATER, "w", np.array([1.0, bad])) == said
    assert message(weights, FIRST, "w", np.array(["1"])) == "a.csv: column 'w' holds text, not weights"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.array([0, 1e300]), "is 1e+300"),
        (np.array([0.0, 5.0]), "is 5"),
        (np.array(["0", "9" * 400]), f"is '{'9' * 60}'"),
        (np.array([0, 2**64 - 1], np.uint64), "is 1.84467e+19"),
    ],
)
def test_a_label_that_no_integer_holds(values, said):
    """It was cast to another number, with a warning or a traceback."""
    assert message(labels, FIRST, "y", values, 3).startswith(f"a.csv: row 2, column 'y' {said}: labels are ")


def test_votes_that_no_integer_holds():
    assert message(votes, FIRST, ("v",), np.array([[1.0, 1e300]])) == (
        "a.csv: row 1, column 'v[1]' is 1e+300: there are at most 2^53 votes"
    )

"""Labels become classes by number or by name; the first label that is no class is named by its row."""

import numpy as np
import pyarrow as pa
import pytest

from onewarm.tables.columns.coding import Coding, is_number, of_names, positive_of, two
from onewarm.tables.row_checks import Place

AT = Place("a.csv", 10)


@pytest.mark.parametrize("make", [np.array, pa.array, lambda v: pa.array(v).dictionary_encode()])
def test_names_in_any_case_and_punctuation(make):
    coding = of_names(("cat", "not_a cat", "Eel"))
    assert coding.read(AT, "y", make(["EEL", "cat", "not a cat"])).tolist() == [2, 0, 1]
    with pytest.raises(ValueError, match="row 12, column 'y' is 'cow': the columns name the classes cat, not_a cat"):
        coding.read(AT, "y", make(["cat", "cow"]))


def test_an_exact_name_comes_before_one_in_another_case():
    assert of_names(("a", "A")).read(AT, "y", np.array(["A", "a"])).tolist() == [1, 0]
    with pytest.raises(ValueError, match="is 'á'"):
        of_names(("a", "A")).read(AT, "y", np.array(["á"]))


def test_numbers_from_one_and_signs():
    assert Coding(3, 1).read(AT, "y", np.array([3, 1])).tolist() == [2, 0]
    with pytest.raises(ValueError, match=r"row 12, column 'y' is 0: labels before it are 1..3: number them from 0 or"):
        Coding(3, 1).read(AT, "y", np.array([3, 0]))
    assert two("-1", "1").read(AT, "y", np.array([-1.0, 1.0])).tolist() == [0, 1]
    with pytest.raises(ValueError, match="row 11, column 'y' is '0': the labels read so far are '-1' and '1'"):
        two("-1", "1").read(AT, "y", np.array([0, 1]))


def test_one_label_against_all_others_and_missing_labels():
    coding = Coding(2, names=(("cat", 1),), rest=0)
    assert coding.read(AT, "y", np.array(["dog", "Cat", "eel"])).tolist() == [0, 1, 0]
    for missing in (np.array(["cat", "NA"]), pa.array(["cat", None])):
        with pytest.raises(
            ValueError, match="row 12, column 'y' is empty: fill it, or leave such rows out with --skip"
        ):
            coding.read(AT, "y", missing)
    assert two("none", "some").read(AT, "y", np.array(["none", "some"])).tolist() == [0, 1]  # a class of that name


@pytest.mark.parametrize(
    ("labels", "positive"),
    [
        ({"No", "Yes"}, "Yes"),
        ({"pos", "neg"}, "pos"),
        ({"ham", "spam"}, "spam"),
        ({"not spam", "spam"}, "spam"),
        ({"-1", "1"}, "1"),
        ({"cat", "dog"}, None),
        ({"yes"}, None),
        ({"yes", "true"}, None),
    ],
)
def test_words_tell_which_label_is_positive(labels, positive):
    assert positive_of(labels) == positive


def test_numbers_are_told_from_names():
    assert is_number("-1.5") and not is_number("one")

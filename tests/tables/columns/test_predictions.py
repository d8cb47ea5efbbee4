"""Families of predictions are found by what they sum to, not by a common prefix alone."""

import numpy as np
import pytest

from onewarm.errors import InputError
from onewarm.tables.columns.head import Head
from onewarm.tables.columns.predictions import (
    best,
    families,
    in_order,
    is_answer,
    named_as_labels,
    of_one_class,
    summing_run,
    with_all_classes,
)
from onewarm.tables.source import Column

RNG = np.random.default_rng(0)
P = RNG.dirichlet(np.ones(3), 40)
NUMBERED = {f"p_{k}": P[:, k] for k in range(3)}
NAMED = {f"prob_{n}": P[:, k] for k, n in enumerate(("cat", "dog", "eel"))}
KINDS = {"f": "float", "i": "int", "U": "text"}


def head(columns):
    kinds = {n: Column(KINDS[c.dtype.kind], 1 if c.ndim == 1 else c.shape[1]) for n, c in columns.items()}
    return Head("a.csv", kinds, columns)


def found(columns, labels=()):
    rows = head(columns)
    return best(rows, with_all_classes(rows, [n for n in columns if n not in labels], labels))


@pytest.mark.parametrize("extra", ["p_value", "p_total", "p_max", "p_adj", "p_any"])
def test_a_column_with_the_prefix_that_is_no_class_is_left_out(extra):
    """``p_value`` joined the family ``p_0..p_2``; ``--normalize``, which the error offered, audited four classes."""
    for values in (RNG.random(40), P.sum(axis=1), P.max(axis=1), RNG.integers(0, 2, 40)):
        assert found({extra: values, **NUMBERED}).columns == ("p_0", "p_1", "p_2")


def test_named_families_leave_out_what_they_do_not_need():
    for extra in ("prob_max", "prob_other", "prob_correct"):
        chosen = found(NAMED | {extra: P.max(axis=1)})
        assert (chosen.columns, chosen.classes, chosen.proven) == (tuple(NAMED), ("cat", "dog", "eel"), True)
    chosen = found({f"{n}_proba": P[:, k] for k, n in enumerate("ab")} | {"c_proba": P[:, 2]})
    assert chosen.classes == ("a", "b", "c")


def test_words_that_are_not_sure_need_rows_that_sum_to_1():
    columns = {f".pred_{n}": P[:, k] for k, n in enumerate(("x", "y", "z"))}
    assert found(columns).classes == ("x", "y", "z")
    assert found({"score_a": P[:, 0], "score_b": P[:, 1]}) is None


def test_numbers_other_than_positions_are_names_where_rows_sum_to_1():
    assert found({"p_3": P[:, 0], "p_7": 1 - P[:, 0]}).classes == ("3", "7")
    with pytest.raises(ValueError, match="columns 'p_0' to 'p_2' lack 'p_1': give one for every class"):
        found({"p_0": P[:, 0], "p_2": P[:, 1]})
    assert in_order("a", {2: "b", 1: "a"}) == ("a", "b")


def test_percentiles_are_no_classes_and_log_probabilities_are_logits():
    assert found({"p50": RNG.random(40), "p90": RNG.random(40)}) is None
    chosen = found({f"logprob_{k}": np.log(P[:, k]) for k in range(3)})
    assert chosen.logits and len(chosen.columns) == 3
    assert found({"log_probs": np.log(P)}).logits


def test_columns_named_as_the_labels():
    truth = np.array(["No", "Yes"])[RNG.integers(0, 2, 40)]
    columns = {"No": P[:, 0], "Yes": 1 - P[:, 0], "age": RNG.random(40), "obs": truth}
    chosen = found(columns, ["obs"])
    assert (chosen.columns, chosen.classes) == (("No", "Yes"), ("No", "Yes"))
    # a class that the first rows lack is found by the sum of its neighbours
    columns = {n: P[:, k] for k, n in enumerate("abc")} | {"y": np.array(["a", "b"] * 20)}
    assert named_as_labels(head(columns), ["a", "b", "c"], "y").columns == ("a", "b", "c")


def test_a_run_of_neighbours_that_sums_to_1():
    columns = {"age": RNG.random(40), "a": P[:, 0], "b": P[:, 1], "c": P[:, 2], "x": RNG.random(40)}
    assert summing_run(head(columns), list(columns)).columns == ("a", "b", "c")
    hard = np.eye(3)[RNG.integers(0, 3, 40)]
    assert summing_run(head({"a": hard[:, 0], "b": hard[:, 1], "c": hard[:, 2]}), ["a", "b", "c"]) is None
    assert summing_run(head({"x": RNG.random(40), "y": RNG.random(40)}), ["x", "y"]) is None


def test_probabilities_and_logits_of_one_model_are_read_as_logits():
    logits = {f"logit_{k}": np.log(P[:, k]) for k in range(3)}
    assert found(NUMBERED | logits).logits is False  # only the probabilities are proven
    rows = head({"p": P, "logits": np.log(P)})
    assert best(rows, with_all_classes(rows, ["p", "logits"], [])).logits
    rows = head({"p": P, "logits": RNG.normal(size=(40, 3))})
    with pytest.raises(
        ValueError, match="'p', 'logits' could each be the predictions; choose one with --probabilities"
    ):
        best(rows, with_all_classes(rows, ["p", "logits"], []))


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("prob_1", None),
        ("p1", None),
        ("y_score", None),
        ("prob_Yes", "Yes"),
        (".pred_Yes", "Yes"),
        ("cat_proba", "cat"),
    ],
)
def test_one_column_for_class_1(name, label):
    (one,) = of_one_class(head({name: P[:, 0]}), [name])
    assert one.columns == (name,) and one.label == label


def test_what_is_no_single_probability():
    for name in ("prob_0", "p_value", "age"):
        assert of_one_class(head({name: P[:, 0]}), [name]) == []
    columns = {"score": RNG.normal(size=40), "prob": P[:, 0]}
    assert [c.columns for c in of_one_class(head(columns), list(columns))] == [("prob",)]


def test_predictions_are_classes_or_probabilities_by_what_they_hold():
    assert is_answer(head({"prediction": np.array([0, 1])}), "prediction")
    assert not is_answer(head({"prediction": P[:, 0]}), "prediction")
    assert of_one_class(head({"y_pred": P[:, 0]}), ["y_pred"])[0].columns == ("y_pred",)


def test_families_of_votes():
    columns = {"vote_0": np.array([1, 0]), "vote_1": np.array([2, 3])}
    assert families(head(columns), list(columns), "votes")[0].columns == ("vote_0", "vote_1")


def test_the_number_of_a_column_may_be_anything():
    """The columns that are missing between p0 and p99999999999 were listed, and memory ran out."""
    with pytest.raises(InputError) as caught:
        in_order("a.csv", {0: "p0", 1: "p1", 99999999999: "p99999999999"})
    assert str(caught.value) == "a.csv: columns 'p0' to 'p99999999999' lack 'p2': give one for every class"

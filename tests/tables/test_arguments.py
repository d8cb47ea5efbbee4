"""What Python passes becomes columns: arrays, tensors, tables, names; mistakes name the argument, row and value."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import onewarm as ow
from onewarm.errors import InputError
from onewarm.tables.arguments import given
from onewarm.tables.plan import plan

P = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])


def rows(predictions=None, **arguments):
    """The one batch of the arguments, and the plan."""
    found = given(predictions, **arguments)
    reading = plan(found.files, found.choice)
    ((batch, _),) = reading.batches(0)
    return batch, reading


def test_names_of_files_and_columns_stay_names(tmp_path):
    found = given(["a.csv", tmp_path / "b.csv"], labels="y", slices="country", positive="Yes", skip_missing=True)
    assert found.files == ["a.csv", str(tmp_path / "b.csv")] and found.classes is None
    choice = found.choice
    assert (choice.labels, choice.slices, choice.positive, choice.skip_missing) == ("y", ("country",), "Yes", True)


@pytest.mark.parametrize("labels", [[0, 1, 1], (False, True, True), np.array([0, 1, 1], np.uint8)])
def test_probabilities_and_labels(labels):
    batch, reading = rows(P, labels=labels)
    np.testing.assert_array_equal(batch.predictions, P)
    assert batch.truth.tolist() == [0, 1, 1] and reading.kind == "binary"
    event, _ = rows(P[:, 1], labels=labels)
    np.testing.assert_allclose(event.predictions, P)
    nested, _ = rows(P.tolist(), labels=labels)
    np.testing.assert_array_equal(nested.predictions, P)
    column, _ = rows(P[:, 1:], labels=np.reshape(labels, (3, 1)))
    np.testing.assert_allclose(column.predictions, P)


def test_logits_confidences_and_tensors():
    torch = pytest.importorskip("torch")
    batch, reading = rows(logits=torch.tensor(np.log(P)), labels=torch.tensor([0, 1, 1]))
    assert reading.layout.logits and batch.truth.tolist() == [0, 1, 1]
    batch, reading = rows(confidence=P[:, 0], correct=np.array([True, False, True]))
    assert reading.kind == "confidence" and batch.truth.tolist() == [1, 0, 1]


def test_votes_distributions_and_soft_targets_are_truth():
    assert rows(P, labels=np.array([[3, 0], [1, 2], [0, 3]]))[0].truth.dtype.kind in "iu"
    target = ow.smooth(np.array([0, 1, 1]), 0.1, num_classes=2)
    batch, reading = rows(P, labels=target)
    np.testing.assert_allclose(batch.truth, target.dense(), atol=1e-7)
    assert reading.layout.votes
    np.testing.assert_allclose(rows(P, labels=target.scale(3.0))[0].truth, target.dense(), atol=1e-7)


@pytest.mark.parametrize("make", [pd.DataFrame, pa.table, dict])
def test_tables_with_columns_and_arrays_beside_them(make):
    table = make({"prob": P[:, 1], "y": ["no", "yes", "yes"], "site": ["a", "b", "a"]})
    batch, reading = rows(table, labels="y", group="site")
    assert batch.truth.tolist() == [0, 1, 1] and reading.layout.classes == ("no", "yes")
    assert batch.groups is not None and batch.weights is None
    batch, _ = rows(table, weight=np.array([1.0, 2.0, 3.0]), slices={"age": np.array([1, 2, 1])})
    assert batch.weights.tolist() == [1, 2, 3] and list(batch.slices) == ["age"]


@pytest.mark.parametrize(
    ("classes", "labels"),
    [(["no", "yes"], ["no", "yes", "yes"]), ([1, 2], [1, 2, 2]), ([0.0, 1.0], [0, 1, 1]), (["no", "yes"], [0, 1, 1])],
)
def test_labels_may_be_names_of_the_classes(classes, labels):
    found = given(P, labels=labels, classes=classes)
    assert found.classes == tuple(map(str, classes))
    ((batch, _),) = plan(found.files, found.choice).batches(0)
    assert batch.truth.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "there are no predictions: pass probabilities, logits=, or confidence= and correct="),
        (
            {"predictions": P, "labels": [0, 1, 1], "votes": P},
            "labels and votes are both given: pass one of them as the truth",
        ),
        (
            {"predictions": P, "labels": ["no", "yes", "yse"], "classes": ["no", "yes"]},
            "labels: row 3 is 'yse', none of the classes no, yes; nearest: 'yes'",
        ),
        (
            {"predictions": P, "labels": ow.soft(np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])).reweight([1.0, 0.0])},
            "labels: row 3 of the SoftTarget has no mass: leave such rows out",
        ),
    ],
)
def test_what_cannot_be_told(arguments, message):
    with pytest.raises(InputError) as error:
        given(**{"predictions": None, **arguments})
    assert str(error.value) == message


def test_arrays_beside_files_and_names_beside_tables():
    with pytest.raises(TypeError, match="labels is an array, but the predictions are files: name a column"):
        given("a.csv", labels=np.array([1]))
    with pytest.raises(TypeError, match="classes names the columns of an array"):
        given(pd.DataFrame({"prob": [0.5], "y": [1]}), classes=["a", "b"])

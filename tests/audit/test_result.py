"""``Audit`` from Python: arrays, estimators, how it shows itself, comparison with another."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from onewarm.audit import Audit, audit
from onewarm.errors import InputError


def model(n=4000, seed=0):
    rng = np.random.default_rng(seed)
    p = rng.uniform(0, 1, n)
    return p, (rng.random(n) < p).astype(int)


def test_memory_and_file_give_the_same_numbers(save):
    p, y = model()
    mine = audit(p, y).to_dict()
    file = audit(save(prob=p, label=y)).to_dict()
    for key in ("measures", "questions", "verdict", "options", "kind", "classes"):
        assert mine[key] == file[key]


def test_an_estimator_keeps_the_names_of_its_classes():
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    estimator = LogisticRegression(max_iter=500).fit(x[::2], names[::2])
    found = Audit.from_estimator(estimator, x[1::2], names[1::2], slices={"wide": x[1::2, 1] > 3})
    assert found.classes == ("setosa", "versicolor", "virginica") and found.rows == 75
    accuracy = estimator.score(x[1::2], names[1::2])
    assert found.measures["accuracy"].value == pytest.approx(accuracy) and len(found.slices) == 2
    numbers = LogisticRegression(max_iter=500).fit(x[::2], y[::2] + 1)
    assert Audit.from_estimator(numbers, x[1::2], y[1::2] + 1).measures["accuracy"].value > 0.9


def test_an_estimator_without_probabilities_and_a_label_that_it_does_not_know():
    x, y = load_iris(return_X_y=True)
    with pytest.raises(TypeError, match="LinearSVC has no predict_proba: pass a fitted classifier"):
        Audit.from_estimator(LinearSVC().fit(x, y), x, y)
    estimator = LogisticRegression(max_iter=500).fit(x[:100], y[:100])
    with pytest.raises(InputError, match="labels: row 101 is '2', none of the classes 0, 1"):
        Audit.from_estimator(estimator, x, y)


def test_names_of_classes_must_be_as_many_as_the_classes():
    p, y = model(100)
    with pytest.raises(InputError, match="classes has 3 names, but the predictions have 2 classes"):
        audit(p, y, classes=["a", "b", "c"])


def test_errors_name_arguments_not_options():
    p, _ = model(100)
    with pytest.raises(InputError, match="say which with labels="):
        audit(p)


def test_it_shows_itself_shortly():
    found = audit(*model())
    assert repr(found).startswith("Audit(4,000 rows, ECE ") and found.verdict.headline in repr(found)
    shown = found._repr_html_()
    assert (
        found.verdict.action.sentence in shown and "<script" not in shown and "http" not in shown.replace("xmlns", "")
    )


def test_the_worst_ece_is_the_one_that_fail_above_compares():
    found = audit(*model())
    name, value = found.worst_ece
    assert value == max(found.measures[n].value for n in ("ece", "event_ece") if n in found.measures)
    assert found.measures[name].value == value
    assert found.ece == found.measures["ece"].value


def test_before_and_after():
    p, y = model()
    before, after = audit(p**2, y), audit(p, y)
    found = before.compare(after, names=("old", "new"))
    assert found["nll"].better == "after" and "new is better in NLL" in found.headline
    assert found["nll"].before == pytest.approx(before.measures["nll"].value, abs=1e-9)
    assert json.dumps(found.to_dict())
    flipped = audit(p, np.where(np.arange(4000) == 1, 1 - y, y))
    with pytest.raises(InputError, match="row 2 has the truth"):
        before.compare(flipped)
    events = audit(confidence=p, correct=y)
    with pytest.raises(InputError, match="the audits are of other predictions: binary with the classes 0, 1, and"):
        before.compare(events)
    with pytest.raises(TypeError, match="after is a float: expected an Audit"):
        before.compare(0.5)

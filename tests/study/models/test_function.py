"""Training functions of the user: what they get, what they may give back, and what is refused."""

import random

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

import onewarm as ow
from onewarm.errors import InputError
from onewarm.softmax import softmax
from onewarm.study.arms.arm import parse_arm, parse_arms
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.estimators.estimator import Estimator
from onewarm.study.models.function import Function
from onewarm.study.models.model import Model, Run


def rows(n, seed):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    x = np.random.default_rng(0).standard_normal((3, 4))[y] + rng.standard_normal((n, 4))
    return Rows(x.astype(np.float32), y)


SPLIT = Split(rows(60, 1), rows(45, 2), rows(50, 3))


def train(model, fit, arms="hard,smooth:0.1,teacher:2", seed=3):
    function = Function(model, fit)
    assert isinstance(function, Model)
    return function.train([Run(arm, seed) for arm in parse_arms(arms)], {seed: SPLIT}, 3)


def linear(features, classes):
    return nn.Linear(features, classes)


def descend(model, target, data):
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=50)
    x = torch.from_numpy(data.x)

    def closure():
        optimizer.zero_grad()
        loss = ow.cross_entropy(model(x), target) + 0.01 * (model.weight**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)


def test_a_module_is_trained_in_place_or_returned():
    in_place = train(linear, descend)
    returned = train(linear, lambda model, target, data: descend(model, target, data) or model)
    for a, b in zip(in_place, returned, strict=True):
        np.testing.assert_array_equal(a.stopped.test, b.stopped.test)
        assert a.end is None and a.steps is None
    torch.manual_seed(3)
    module = linear(4, 3)
    descend(module, ow.smooth(torch.from_numpy(SPLIT.train.y), 0.1, num_classes=3), SPLIT.train)
    with torch.no_grad():
        expected = module(torch.from_numpy(SPLIT.test.x)).numpy()
    np.testing.assert_array_equal(in_place[1].stopped.test, expected.astype(float))


def weighted(model, target, data):
    mass = np.asarray(target.dense())
    row, label = np.nonzero(mass)
    return model.fit(data.x[row], label, sample_weight=mass[row, label])


def test_an_estimator_is_cloned_and_teachers_reach_it_as_they_reach_our_own():
    estimator = LogisticRegression()
    by_hand = train(estimator, weighted)
    ours = Estimator(estimator).train([Run(a, 3) for a in parse_arms("hard,smooth:0.1,teacher:2")], {3: SPLIT}, 3)
    for a, b in zip(by_hand, ours, strict=True):
        np.testing.assert_allclose(softmax(a.stopped.test), softmax(b.stopped.test), atol=1e-5)
    assert not hasattr(estimator, "classes_")


def test_without_a_model_the_function_makes_one():
    def fit(model, target, data):
        assert model is None and isinstance(target.weight, np.ndarray)
        return weighted(LogisticRegression(), target, data)

    (a,), (b,) = train(None, fit, "hard"), train(LogisticRegression(), weighted, "hard")
    np.testing.assert_array_equal(a.stopped.test, b.stopped.test)


def test_what_it_returns_may_be_a_function_of_the_rows_that_gives_logits():
    (run,) = train(None, lambda model, target, data: lambda x: np.asarray(x)[:, :3] * 2.0, "hard")
    np.testing.assert_array_equal(run.stopped.test, SPLIT.test.x[:, :3] * 2.0)


def test_random_numbers_are_seeded_by_the_study():
    seen = []

    def fit(model, target, data):
        seen.append((random.random(), np.random.rand(), float(torch.rand(1))))
        return lambda x: np.zeros((len(x), 3))

    train(None, fit, "hard,smooth:0.1")
    train(None, fit, "hard", seed=4)
    assert seen[0] == seen[1] != seen[2]


class Lacking:
    """No probabilities."""


class Two:
    def predict_proba(self, x):
        return np.full((len(x), 2), 0.5)


REFUSED = {
    "fit, arm hard, seed 3: returned None, and there was no model to train: return the trained model": lambda: None,
    "fit returned a Lacking: expected a module, or a model with predict_proba or predict_log_proba, or a function of "
    "the rows that gives logits": Lacking,
    "predict_proba of the model of fit gave the shape (60, 2) for 60 rows: expected (60, 3), a column for each class "
    "of its training rows": Two,
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_it_may_not_return(message):
    def fit(model, target, data):
        return REFUSED[message]()

    with pytest.raises(InputError) as raised:
        train(None, fit, "hard")
    assert str(raised.value).removeprefix("your function ") == message


def test_its_own_errors_say_which_run_and_line():
    def fit(model, target, data):
        return data.features

    with pytest.raises(InputError) as raised:
        train(None, fit, "hard")
    line = fit.__code__.co_firstlineno + 1
    assert str(raised.value) == (
        "your function fit, arm hard, seed 3: AttributeError: 'TrainingRows' object has no attribute 'features' "
        f"(test_function.py, line {line}: return data.features)"
    )


def test_arms_that_are_more_than_a_target_are_refused_in_words():
    assert Function(None, weighted).refuses(parse_arm("teacher:2")) is None
    assert Function(None, weighted).refuses(parse_arm("focal:2")) == (
        "your function weighted gets a target, and the arm focal:2 is more than a target: leave the arm out, or have "
        "the study train your module, without fit="
    )
    with pytest.raises(InputError, match=r"fit is 3: expected a function fit\(model, target, data\)"):
        Function(None, 3)


@pytest.mark.parametrize("read", ["x", "original"])
@pytest.mark.parametrize("kind", ["estimator", "module"])
def test_a_model_predicts_on_the_kind_of_rows_that_it_was_trained_on(read, kind):
    """A model fitted on the standardised data.x was asked for its predictions on data.original: NLL 1.16, not 0.71."""
    given = Split(
        *(
            Rows(part.x, part.y, original=100 + 50 * part.x.astype(float))
            for part in (SPLIT.train, SPLIT.validation, SPLIT.test)
        )
    )

    def fit(model, target, data):
        x = np.asarray(getattr(data, read), np.float32)
        if model is None:
            return LogisticRegression(max_iter=5000).fit(x, data.y)
        with torch.no_grad():
            model.weight.copy_(torch.from_numpy(x[:3] / np.abs(x).max()))
        return None

    model = None if kind == "estimator" else linear
    (run,) = Function(model, fit).train([Run(parse_arm("hard"), 3)], {3: given}, 3)
    data = given.test.x if read == "x" else given.test.original
    if kind == "estimator":
        expected = LogisticRegression(max_iter=5000)
        expected = expected.fit(getattr(given.train, read).astype(np.float32), given.train.y).predict_proba(data)
        np.testing.assert_allclose(softmax(run.stopped.test), expected, atol=1e-4)
    else:
        seen = np.asarray(getattr(given.train, read), np.float32)
        slope = seen[:3] / np.abs(seen).max()
        bias = run.stopped.test - data @ slope.T
        np.testing.assert_allclose(bias - bias[:1], 0, atol=1e-3)


def test_a_function_of_other_arguments_is_refused_at_once():
    error = r"^fit is two\(target, data\): expected a function of three arguments, fit\(model, target, data\)$"

    def two(target, data):
        pass

    with pytest.raises(InputError, match=error):
        Function(None, two)
    Function(None, lambda *given: None)


def test_a_model_of_other_classes_is_refused():
    """ "invalid literal for int() with base 10: np.str_('a')" was said of a model fitted on names."""

    def on_names(model, target, data):
        return LogisticRegression().fit(data.x, np.array(list("abc"))[data.y])

    error = r"^the model of on_names has the classes 'a', 'b', 'c': fit it on data.y, whose classes are 0 to 2"
    with pytest.raises(InputError, match=error):
        train(None, on_names, "hard")

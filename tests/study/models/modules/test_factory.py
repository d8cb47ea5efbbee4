"""How a module is made: what a factory is called with, how an instance begins anew, what outputs are refused."""

import functools

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from onewarm.errors import InputError
from onewarm.study.models.modules.factory import Factory, check_logits


class Net(nn.Module):
    def __init__(self, features=7, classes=10, width=5):
        super().__init__()
        self.layers = nn.Linear(features, classes)


def two(a, b):
    return nn.Linear(a, b)


def reversed_names(num_classes, in_features):
    return nn.Linear(in_features, num_classes)


def by_keyword(*, classes, features):
    return nn.Linear(features, classes)


def only_classes(num_classes):
    return nn.LazyLinear(num_classes)


MADE = {
    "lambda features, classes": (lambda features, classes: nn.Linear(features, classes), (4, 3)),
    "two of any name": (two, (4, 3)),
    "classes first": (reversed_names, (4, 3)),
    "keyword only": (by_keyword, (4, 3)),
    "a partial": (functools.partial(by_keyword, features=9), (9, 3)),
    "a class": (nn.Linear, (4, 3)),
    "no arguments": (lambda: nn.Linear(8, 6), (8, 6)),
}


@pytest.mark.parametrize("what", MADE)
def test_a_factory_is_called_as_it_asks(what):
    make, (features, classes) = MADE[what]
    module = Factory(make).make(4, 3, 0)
    assert (module.in_features, module.out_features) == (features, classes)


def test_a_class_with_defaults_gets_what_its_names_ask_for():
    module = Factory(Net).make(4, 3, 0)
    assert (module.layers.in_features, module.layers.out_features) == (4, 3)
    assert Factory(only_classes).make(4, 3, 0).out_features == 3


def test_equal_seeds_give_equal_weights_and_others_others():
    factory = Factory(two)
    a, b, c = (factory.make(4, 3, seed).weight for seed in (1, 1, 2))
    assert torch.equal(a, b) and not torch.equal(a, c)


def test_an_instance_is_copied_and_begins_anew():
    instance = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    before = [p.clone() for p in instance.parameters()]
    a, b, c = (Factory(instance).make(4, 3, seed) for seed in (1, 1, 2))
    assert torch.equal(a[0].weight, b[0].weight) and not torch.equal(a[0].weight, c[0].weight)
    assert all(torch.equal(p, q) for p, q in zip(instance.parameters(), before, strict=True))


def test_an_instance_is_identified_by_its_layers_not_by_its_weights():
    """With its random weights in the key, no run of an instance would ever be found again."""
    a, b, c = (Factory(nn.Sequential(nn.Linear(4, n), nn.Linear(n, 3))).identity() for n in (8, 8, 9))
    assert a == b != c


class OwnParameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 3)
        self.scale = nn.Parameter(torch.ones(3))


SHARED = nn.Linear(4, 3)
REMEDY = "give model=lambda features, classes: ..., which returns a new torch.nn.Module"
REFUSED = {
    "instance": (
        lambda: Factory(nn.Sequential(nn.ReLU(), OwnParameter())),
        "model is an instance of Sequential, whose parameter '1.scale' no reset_parameters() draws anew for each run: "
        + REMEDY,
    ),
    "one unknown": (
        lambda: Factory(lambda n: nn.Linear(n, n)),
        "it is not clear what to call your factory <lambda>(n) with: 'n' is neither 'features' nor 'classes'; "
        + REMEDY,
    ),
    "three": (
        lambda: Factory(lambda features, classes, depth: None),
        "it is not clear what to call your factory <lambda>(features, classes, depth) with: 'depth' is neither "
        "'features' nor 'classes'; " + REMEDY,
    ),
    "none": (
        lambda: Factory(lambda features, classes: None).make(4, 3, 0),
        "your factory <lambda> returned None (is a return missing?): expected a torch.nn.Module",
    ),
    "an estimator": (
        lambda: Factory(lambda features, classes: LogisticRegression()).make(4, 3, 0),
        "your factory <lambda> returned a LogisticRegression: expected a torch.nn.Module; give an estimator itself, "
        "model=LogisticRegression(...)",
    ),
    "class": (
        lambda: Factory(lambda: Net).make(4, 3, 0),
        "your factory <lambda> returned the class Net, not an instance: call it",
    ),
    "the same again": (
        lambda: [f := Factory(lambda: SHARED), f.make(4, 3, 0), f.make(4, 3, 1)],
        "your factory <lambda> returned the same module again: make a new one in each call",
    ),
    "nothing to train": (
        lambda: Factory(nn.ReLU).make(4, 3, 0),
        "the module of your factory ReLU has no parameters to train",
    ),
    "raises": (
        lambda: Factory(lambda features, classes: nn.Linear(features)).make(4, 3, 0),
        "your factory <lambda>: TypeError: Linear.__init__() missing 1 required positional argument: 'out_features' "
        "(test_factory.py, line {line}: lambda: Factory(lambda features, classes: nn.Linear(features)).make(4, 3, 0),)",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_made_is_refused_with_the_remedy(what):
    call, message = REFUSED[what]
    with pytest.raises(InputError) as raised:
        call()
    assert str(raised.value) == message.replace("{line}", str(call.__code__.co_firstlineno))


class Output:
    logits = torch.zeros(4, 3)


Z = torch.arange(12.0).reshape(4, 3)
OUTPUTS = {
    "the module of f returned a tuple of 2: expected logits, a tensor (rows, 3), alone or as the `logits` of an object "
    "or dict": (Z, Z),
    "the module of f returned a dict: expected logits, a tensor (rows, 3), alone or as the `logits` of an object or "
    "dict": {"scores": Z},
    "the module of f returned float32 (4, 5) for 4 rows: expected logits of shape (4, 3), rows by classes": torch.ones(
        4, 5
    ),
    "the module of f returned int64 (4, 3) for 4 rows: expected logits of shape (4, 3), rows by classes": Z.long(),
    "the module of f returned a logit that is not finite, in row 2 of 4": Z.masked_fill(Z == 4, float("nan")),
    "the module of f returned probabilities (each row sums to 1): return logits, without the softmax at the end, "
    "which belongs to the loss": Z.softmax(1),
}


@pytest.mark.parametrize("message", OUTPUTS)
def test_an_output_that_is_no_logits_names_the_factory_and_what_came_back(message):
    with pytest.raises(InputError) as raised:
        check_logits(OUTPUTS[message], 4, 3, "f")
    assert str(raised.value) == message


def test_outputs_that_are_logits():
    assert check_logits(Z, 4, 3, "f") is Z
    assert check_logits(Output(), 4, 3, "f") is Output.logits
    assert check_logits({"loss": None, "logits": Z}, 4, 3, "f") is Z
    check_logits(Z.log_softmax(1), 4, 3, "f")


def test_one_logit_for_two_classes():
    with pytest.raises(
        InputError, match=r"rows by classes; for two classes, too, a column for each: give the last layer 2 outputs$"
    ):
        check_logits(torch.zeros(4, 1), 4, 2, "f")

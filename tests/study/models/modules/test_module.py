"""A user's module in a study: against a loop written out in PyTorch, and against the study's own network."""

import copy
import functools

import numpy as np
import pytest
import torch
from torch import nn

import onewarm as ow
from onewarm.errors import InputError
from onewarm.study.arms.arm import parse_arms
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.model import Model, Run
from onewarm.study.models.modules.module import Module
from onewarm.study.models.stack.batches import Batches
from onewarm.study.models.training import Perceptrons, Training

TRAINING = Training(batch=25, steps=60, learning_rate=3e-3, weight_decays=(0.0, 3.0), patience=2, check_every=10)


def rows(n, seed, **more):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    x = np.random.default_rng(0).standard_normal((3, 4))[y] + rng.standard_normal((n, 4))
    return Rows(x.astype(np.float32), y, **more)


SPLIT = Split(rows(60, 1), rows(45, 2), rows(50, 3))


def make(features, classes):
    return nn.Sequential(nn.Linear(features, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, classes))


def train(factory=make, arms="hard", training=TRAINING, split=SPLIT, seed=3):
    model = Module(factory, training, "cpu")
    assert isinstance(model, Model)
    return list(model.train([Run(arm, seed) for arm in parse_arms(arms)], {seed: split}, 3))


def loop(steps, decay, alpha=0.0, seed=3):
    """PyTorch as one would write it: the module after each number of steps in `steps`."""
    torch.manual_seed(seed)
    module = make(4, 3)
    weights = [p for p in module.parameters() if p.ndim > 1]
    biases = [p for p in module.parameters() if p.ndim == 1]
    groups = [{"params": weights, "weight_decay": decay}, {"params": biases, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=3e-3)
    batches = Batches([seed], 60, 25)
    x, y = torch.from_numpy(SPLIT.train.x), torch.from_numpy(SPLIT.train.y)
    kept = {}
    for step in range(max(steps)):
        module.train()
        at = torch.from_numpy(batches(step)[0])
        if alpha:
            loss = ow.cross_entropy(module(x[at]), ow.smooth(y[at], alpha, num_classes=3))
        else:
            loss = nn.functional.cross_entropy(module(x[at]), y[at])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step + 1 in steps:
            kept[step + 1] = copy.deepcopy(module).eval()
    return kept


def logits(module, part):
    with torch.no_grad():
        return module(torch.from_numpy(part.x)).double().numpy()


@pytest.mark.parametrize(("arm", "alpha"), [("hard", 0.0), ("smooth:0.2", 0.2)])
def test_a_run_is_the_plain_loop_to_the_bit(arm, alpha):
    """Stopped at the lowest validation NLL of either decay, with patience, and trained on to the end."""
    (run,) = train(arms=arm)
    nll = {}
    for decay in TRAINING.weight_decays:
        kept = loop(range(10, 61, 10), decay, alpha)
        since, best = 0, np.inf
        for step, module in kept.items():
            loss = float(
                nn.functional.cross_entropy(
                    torch.from_numpy(logits(module, SPLIT.validation)), torch.from_numpy(SPLIT.validation.y)
                )
            )
            since, best = (0, loss) if loss < best else (since + 1, best)
            nll[loss] = (decay, step, module)
            if since == TRAINING.patience:
                break
    decay, step, module = nll[min(nll)]
    assert (run.options, run.steps, run.end_steps) == ({"weight_decay": decay}, step, 60)
    np.testing.assert_array_equal(run.stopped.test, logits(module, SPLIT.test))
    np.testing.assert_array_equal(run.stopped.train, logits(module, SPLIT.train))
    np.testing.assert_array_equal(run.end.test, logits(loop([60], decay, alpha)[60], SPLIT.test))
    assert run.curve.steps == (10, 20, 30, 40, 50, 60)
    assert min(run.curve.validation) == run.curve.validation[run.curve.steps.index(step)] == min(nll)


def test_the_arms_of_a_seed_share_weights_batches_and_dropout_and_no_run_depends_on_the_others():
    alone, (hard, almost) = train(), train(arms="hard,smooth:0.000001")
    np.testing.assert_array_equal(alone[0].stopped.test, hard.stopped.test)
    np.testing.assert_allclose(almost.stopped.test, hard.stopped.test, atol=1e-3)
    assert not np.allclose(train(seed=4)[0].end.test, hard.end.test, atol=0.1)


def test_the_random_numbers_of_the_program_are_as_before():
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    train()
    assert torch.equal(torch.rand(3), expected)


def test_every_kind_of_arm_trains():
    arms = (
        "hard,smooth:0.1,prior:0.1,exclude:0.1,negative:0.1,confusion:0.2,online:0.5,mixup:0.2,teacher:2,"
        "teacher-top:2:2,teacher-bucket:2:2,teacher-sampled:9,penalty:0.1,focal:2,maxsup:0.1,margin:0.1,votes"
    )
    known = [arm for arm in arms.split(",") if _is_arm(arm)]
    assert len(known) >= 12
    part = Split(
        *(rows(n, s, votes=np.eye(3, dtype=np.int64)[np.arange(n) % 3]) for n, s in ((60, 1), (45, 2), (50, 3)))
    )
    runs = train(
        arms=",".join(known), training=Training(batch=25, steps=20, check_every=10, learning_rate=0.01), split=part
    )
    hard = runs[0].end.test
    for arm, run in zip(known, runs, strict=True):
        assert np.isfinite(run.end.test).all()
        assert arm in ("hard", "votes") or not np.array_equal(run.end.test, hard), arm


def _is_arm(text):
    try:
        return bool(parse_arms(text))
    except InputError:
        return False


@pytest.mark.long
def test_the_studys_own_network_written_as_a_module_does_as_well():
    training = Training(hidden=32, batch=25, steps=300, check_every=20)

    def perceptron(features, classes):
        layers = nn.Linear(features, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, classes)
        for layer in layers[::2]:
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        return nn.Sequential(*layers)

    splits = {s: Split(rows(60, 3 * s), rows(45, 3 * s + 1), rows(500, 3 * s + 2)) for s in range(8)}
    runs = [Run(arm, s) for arm in parse_arms("hard,smooth:0.2") for s in splits]
    differences = []
    losses = [
        [
            float(ow.cross_entropy(t.stopped.test, splits[r.seed].test.y))
            for r, t in zip(runs, m.train(runs, splits, 3), strict=True)
        ]
        for m in (Perceptrons(training), Module(perceptron, training, "cpu"))
    ]
    differences = np.subtract(*losses)
    assert abs(differences.mean()) < 3 * differences.std(ddof=1) / 4 + 0.005


class Images(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(features[0], 2, 2), nn.BatchNorm2d(2), nn.Flatten(), nn.LazyLinear(classes)
        )

    def forward(self, x):
        return self.layers(x)


def test_images_keep_their_shape():
    split = Split(
        *(rows(n, s, original=rows(n, s).x.reshape(n, 1, 2, 2).astype(float)) for n, s in ((60, 1), (45, 2), (50, 3)))
    )
    (run,) = train(Images, split=split)
    assert run.stopped.test.shape == (50, 3)


def test_floats_have_the_dtype_of_the_weights():
    """A module of float64 was refused: PyTorch said that Float and Double were multiplied."""
    shaped = Split(
        *(rows(n, s, original=rows(n, s).x.reshape(n, 2, 2).astype(float)) for n, s in ((60, 1), (45, 2), (50, 3)))
    )
    cases = (SPLIT, lambda: nn.Linear(4, 3)), (shaped, lambda: nn.Sequential(nn.Flatten(), nn.Linear(4, 3)))
    for split, plain in cases:
        double, single = (
            train(functools.partial(in_dtype, plain, dtype), "hard,mixup:0.2", split=split)
            for dtype in (torch.float64, torch.float32)
        )
        for a, b in zip(double, single, strict=True):
            np.testing.assert_allclose(a.end.test, b.end.test, atol=1e-3)


def in_dtype(plain, dtype):
    return plain().to(dtype)


def test_a_module_of_two_inputs_is_told_what_to_do():
    class Two(nn.Module):
        def __init__(self, features, classes):
            super().__init__()
            self.layer = nn.Linear(features, classes)

        def forward(self, left, right):
            return self.layer(left)

    error = (
        r"^the module of Two takes more than one input \(.*missing 1 required positional argument: 'right'\), and a "
        r"study calls it with one tensor of rows: give all columns together, and split them in forward\(\)$"
    )
    with pytest.raises(InputError, match=error):
        train(Two)


class Fails(nn.Module):
    def __init__(self, features, classes, when):
        super().__init__()
        self.layer, self.when = nn.Linear(features, classes), when

    def forward(self, x):
        z = self.layer(x)
        if self.when == "probabilities":
            return z.softmax(1)
        if self.training:
            return z.view(7, 7)
        return z


FAULTS = {
    "probabilities": "the module of <lambda> returned probabilities (each row sums to 1): return logits, without "
    "the softmax at the end, which belongs to the loss",
    "shape": "<lambda>, arm hard, seed 3: RuntimeError: shape '[7, 7]' is invalid for input of size 75 "
    "(test_module.py, line {line}: return z.view(7, 7))",
}


@pytest.mark.parametrize("when", ["probabilities", "shape"])
def test_an_error_of_the_module_says_what_is_wrong_or_where(when):
    with pytest.raises(InputError) as raised:
        train(lambda features, classes: Fails(features, classes, when))
    assert str(raised.value) == FAULTS[when].format(line=Fails.forward.__code__.co_firstlineno + 5)


def test_weights_that_diverge_say_what_to_do():
    with pytest.raises(InputError, match=r"the validation NLL was not finite from the first check on: lower learning_"):
        train(training=Training(batch=25, steps=20, check_every=10, learning_rate=1e30))


class Diverges(nn.Module):
    """Gives NaN in training from its 15th step on."""

    def __init__(self, features, classes):
        super().__init__()
        self.layer, self.steps = nn.Linear(features, classes), 0

    def forward(self, x):
        self.steps += self.training
        return self.layer(x) * (float("nan") if self.training and self.steps > 14 else 1.0)


@pytest.mark.parametrize("arm", ["hard", "smooth:0.1"])
def test_a_module_that_diverges_is_stopped_at_its_best_and_has_no_end(arm):
    """With soft targets the study ended with an error that named neither the module nor the arm."""
    training = Training(batch=25, steps=40, check_every=5, weight_decays=(0.0,))
    (run,) = train(Diverges, arm, training)
    assert run.end is None and run.end_steps is None and run.steps in (5, 10) and run.curve.steps == (5, 10)
    assert np.isfinite(run.stopped.test).all()


def test_what_stops_the_study_passes_as_it_is():
    class Stop(Exception):
        pass

    def stop(share):
        raise Stop

    with pytest.raises(Stop):
        list(Module(make, TRAINING, "cpu").train([Run(parse_arms("hard")[0], 3)], {3: SPLIT}, 3, stop))


def test_mixup_of_token_ids_is_refused():
    class Tokens(nn.Module):
        def __init__(self, features, classes):
            super().__init__()
            self.table = nn.Embedding(9, classes)

        def forward(self, ids):
            return self.table(ids).mean(1)

    ids = {n: np.random.default_rng(n).integers(0, 9, (n, 5)) for n in (60, 45, 50)}
    split = Split(*(rows(n, s, original=ids[n]) for n, s in ((60, 1), (45, 2), (50, 3))))
    module = Module(Tokens, TRAINING, "cpu")
    module.check(split, 3)
    assert module.refuses(parse_arms("mixup:0.2")[0]) == (
        "the arm mixup:0.2 mixes features, and those that Tokens takes are integers: leave the arm out"
    )
    assert module.refuses(parse_arms("hard")[0]) is None
    assert train(Tokens, split=split)[0].stopped.test.shape == (50, 3)

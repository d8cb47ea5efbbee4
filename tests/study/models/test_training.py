import dataclasses
import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp
from torch.nn import functional

from onewarm.study.arms.arm import parse_arm, parse_arms
from onewarm.study.data.splits import Rows
from onewarm.study.models import training
from onewarm.study.models.model import Run
from onewarm.study.models.training import INIT, Perceptrons, Training

ARMS = "hard,smooth:0.1,prior:0.2,teacher:2:smooth:0.1,teacher:2,focal:2,online:0.3,mixup:0.2,confusion:0.1"


@pytest.fixture
def plain(monkeypatch):
    """The same training in plain PyTorch."""
    monkeypatch.syspath_prepend(Path(__file__).parents[3])
    return import_module("benchmarks.plain_training")


def trained(data, training, runs):
    splits = {seed: data.split(seed) for seed in {r.seed for r in runs}}
    return list(Perceptrons(training).train(runs, splits, data.num_classes))


def together(data, training, runs):
    return [t.stopped for t in trained(data, training, runs)]


def same(a, b):
    return all(x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))


def equal(a, b):
    told = [(t.steps, t.end_steps, t.options, t.curve) for t in (a, b)]
    return told[0] == told[1] and same(a.stopped, b.stopped) and same(a.end, b.end)


def test_a_run_is_the_same_bytes_in_any_group(tiny, short):
    runs = [Run(a, s) for s in (0, 1, 2) for a in parse_arms(ARMS)]
    whole = dict(zip(runs, trained(tiny, short, runs), strict=True))
    for few in ([runs[4]], runs[7:9], runs[::-3], [runs[11], runs[0]], runs[5:9]):
        for run, got in zip(few, trained(tiny, short, few), strict=True):
            assert equal(got, whole[run]), run


def test_the_memory_of_a_stack_changes_nothing(tiny, short, monkeypatch):
    """50,000 rows of 100 classes took 1.5 GB: more runs than fit are trained one stack after the other."""
    runs = [Run(a, s) for s in (0, 1) for a in parse_arms("hard,teacher:2,smooth:0.1")]
    whole, seen = trained(tiny, short, runs), []
    monkeypatch.setattr(training, "MEMORY", 1)
    splits = {seed: tiny.split(seed) for seed in (0, 1)}
    parts = list(Perceptrons(short).train(runs, splits, 3, seen.append))
    assert all(equal(a, b) for a, b in zip(whole, parts, strict=True))
    assert seen == sorted(seen) and seen[-1] == 1.0 and len({round(s * 6) for s in seen}) == 7


def test_seeds_may_have_different_numbers_of_rows(tiny, short):
    """As where whole groups are kept together: each seed is trained as it is alone, to the bit."""
    arms, seeds = parse_arms("hard,teacher:2,mixup:0.2"), (0, 1, 2, 3)
    splits = {seed: tiny.split(seed) for seed in seeds}
    for seed, part in ((1, "train"), (3, "validation")):
        rows = getattr(splits[seed], part)
        fewer = Rows(*(None if v is None else v[:-2] for v in (rows.x, rows.y, rows.posterior, rows.votes)))
        splits[seed] = dataclasses.replace(splits[seed], **{part: fewer})
    runs, seen = [Run(a, s) for s in seeds for a in arms], []
    results = list(Perceptrons(short).train(runs, splits, 3, seen.append))
    for run, got in zip(runs, results, strict=True):
        (alone,) = Perceptrons(short).train([run], splits, 3)
        assert equal(got, alone), run
        assert len(got.stopped.train) == len(splits[run.seed].train)
    assert seen == sorted(seen) and seen[-1] == 1.0


def test_the_number_of_threads_changes_nothing(tiny, short):
    shorter = dataclasses.replace(short, steps=10)
    runs = [Run(a, s) for s in (0, 1) for a in parse_arms(ARMS)]
    results = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        results.append(trained(tiny, shorter, runs))
    assert all(equal(a, b) and equal(a, c) for a, b, c in zip(*results, strict=True))


@pytest.mark.parametrize("arm", ["hard", "smooth:0.1", "prior:0.3", "teacher:2", "teacher:4:smooth:0.2"])
def test_against_plain_pytorch(tiny, short, plain, arm):
    """The same weights and batches through torch.nn, torch's cross-entropy and AdamW, one model alone."""
    split = tiny.split(0)
    y = torch.from_numpy(split.train.y)
    onehot = functional.one_hot(y, 3).float()
    this = parse_arm(arm)
    if this.teacher_arm:
        taught = onehot if arm == "teacher:2" else 0.8 * onehot + 0.2 / 3
        teacher = plain.train(split, taught, short, 0, 3, INIT + 1).stopped
        target = (torch.from_numpy(teacher(split.train.x)) / this.temperature).softmax(1)
    else:
        prior = {"hard": 0, "smooth:0.1": 1 / 3, "prior:0.3": onehot.mean(0)}[arm]
        alpha = this.alpha or 0.0
        target = (1 - alpha) * onehot + alpha * prior
    step, decay, stopped, ended = plain.train(split, target, short, 0, 3, temperature=this.temperature)
    (run,) = trained(tiny, short, [Run(this, 0)])
    assert (run.steps, run.options, run.end_steps) == (step, {"weight_decay": decay}, 60)
    for part in ("train", "validation", "test"):
        x = getattr(split, part).x
        np.testing.assert_allclose(getattr(run.stopped, part), stopped(x), atol=2e-3)
        np.testing.assert_allclose(getattr(run.end, part), ended(x), atol=2e-3)


@pytest.mark.long
def test_stacked_runs_have_the_distribution_of_plain_ones(tiny, short, plain):
    """100 runs stacked, and 100 others (other seeds) in plain PyTorch: test NLL, stopped and to the end, by
    Kolmogorov and Smirnov's test; and steps and decays of the same seeds are the same but for rounding."""
    longer = dataclasses.replace(short, steps=150)
    runs = [Run(parse_arm("hard"), seed) for seed in range(100)]
    stacked = trained(tiny, longer, runs)
    found = {"stopped": ([], []), "end": ([], [])}
    for seed, run in enumerate(stacked):
        for name, outputs in (("stopped", run.stopped), ("end", run.end)):
            found[name][0].append(nll(outputs.test, tiny.split(seed).test.y))
    agree = 0
    for seed in range(60, 200):
        split = tiny.split(seed)
        target = functional.one_hot(torch.from_numpy(split.train.y), 3).float()
        step, decay, stopped, ended = plain.train(split, target, longer, seed, 3)
        if seed < 100:
            agree += (stacked[seed].steps, stacked[seed].options["weight_decay"]) == (step, decay)
        else:
            for name, logits in (("stopped", stopped), ("end", ended)):
                found[name][1].append(nll(logits(split.test.x), split.test.y))
    assert agree >= 38
    assert all(ks_2samp(*both).pvalue > 0.01 for both in found.values())


def nll(logits, y):
    return float(functional.cross_entropy(torch.as_tensor(logits).double(), torch.from_numpy(y)))


def test_a_teacher_learns_from_the_rows_for_teachers(tiny, short):
    split = tiny.split(0)
    run = [Run(parse_arm("teacher:2"), 0)]
    alone, same_rows, other_rows = (
        next(iter(Perceptrons(short).train(run, {0: dataclasses.replace(split, teacher=rows)}, 3))).stopped
        for rows in (None, split.train, split.test)
    )
    assert same(alone, same_rows) and not same(alone, other_rows)


def test_arms_of_a_seed_start_equal_and_seeds_differ(tiny):
    no_steps = Training(hidden=32, batch=25, steps=0)
    runs = [Run(a, s) for s in (0, 1) for a in parse_arms("hard,smooth:0.2")]
    a, b, c, d = (o.test for o in together(tiny, no_steps, runs))
    assert (a == b).all() and (c == d).all() and (a != c).all()


def test_an_arm_that_changes_nothing_is_hard_labels_to_the_bit(tiny, short):
    """A strength near 0 is below the rounding of float32: any other difference would not be the target's."""
    arms = "smooth:1e-300,prior:1e-300,exclude-label:1e-300,negative:1e-300,confusion:1e-300,online:1e-300,ordinal:0.1"
    arms += ",penalty:1e-300,focal:1e-300,maxsup:1e-300,margin:1000,margin:0:1e-300"
    hard, *others = trained(tiny, short, [Run(a, 0) for a in parse_arms(f"hard,{arms}")])
    for arm, other in zip(arms.split(","), others, strict=True):
        assert equal(hard, other), arm


def test_smoothing_bounds_the_gap_near_its_optimum(tiny):
    """z_y - mean other tends to log(1 + K (1 - a) / a); hard labels go on past it (Szegedy et al. 2016, section 7)."""
    long = Training(hidden=32, batch=60, steps=800, learning_rate=5e-3, weight_decays=(0.0,))
    hard, smoothed = (t.end.train for t in trained(tiny, long, [Run(a, 0) for a in parse_arms("hard,smooth:0.1")]))
    y = tiny.split(0).train.y
    gaps = [(z[np.arange(60), y] * 1.5 - z.sum(1) / 2).mean() for z in (hard, smoothed)]
    assert gaps[1] == pytest.approx(np.log(1 + 3 * 0.9 / 0.1), rel=0.02)
    assert gaps[0] > 1.5 * gaps[1]


def test_progress_rises_to_one(tiny, short):
    seen = []
    runs = [Run(a, 0) for a in parse_arms("hard,teacher:2,confusion:0.1")]
    list(Perceptrons(short).train(runs, {0: tiny.split(0)}, 3, seen.append))
    assert seen == sorted(seen) and seen[-1] == 1.0 and 0 < seen[0] < 0.5


def test_fewer_rows_than_a_batch(tiny, short):
    whole = dataclasses.replace(short, batch=1000)
    assert np.isfinite(together(tiny, whole, [Run(parse_arm("hard"), 0)])[0].test).all()


def test_steps_follow_the_rows():
    found = [Training.for_rows(n) for n in (50, 600, 2000, 10**6)]
    assert [(t.steps, t.check_every) for t in found] == [(600, 20), (600, 20), (1200, 40), (6000, 200)]
    assert Training.for_rows(50, hidden=64) == dataclasses.replace(Training.for_rows(50), hidden=64)


def test_the_description_says_how_runs_are_stopped_and_chosen():
    said = Training().describe()
    assert said["weight_decays"] == [0.0, 1.0, 3.0] and (said["patience"], said["check_every"]) == (5, 20)
    assert json.loads(json.dumps(said)) == said
    assert Perceptrons(Training(), device="cpu").describe() == Perceptrons(Training()).describe()


def test_a_confusion_matrix_is_that_of_a_hard_model_on_the_validation_rows(tiny, short, plain, monkeypatch):
    seen = []
    matrix = training.confusion_matrix

    def noted(probabilities, labels, num_classes):
        seen.append((probabilities, labels))
        return matrix(probabilities, labels, num_classes)

    monkeypatch.setattr(training, "confusion_matrix", noted)
    trained(tiny, short, [Run(parse_arm("confusion:0.2"), 0)])
    split = tiny.split(0)
    target = functional.one_hot(torch.from_numpy(split.train.y), 3).float()
    hard = plain.train(split, target, short, 0, 3, INIT + 1).stopped
    ((p, y),) = seen
    assert (y == split.validation.y).all()
    np.testing.assert_allclose(p, torch.from_numpy(hard(split.validation.x)).softmax(1), atol=1e-3)

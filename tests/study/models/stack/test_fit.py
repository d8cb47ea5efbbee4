import dataclasses
import itertools
import math

import numpy as np
import pytest
import torch

from onewarm.errors import InputError
from onewarm.study.arms.arm import parse_arm
from onewarm.study.models.stack import fit as loop
from onewarm.study.models.stack.slopes import Job
from onewarm.study.models.training import INIT


def fitted(data, training, arms, seeds, to_end=True, progress=lambda share: None):
    splits = {seed: data.split(seed) for seed in seeds}
    jobs = []
    for seed in seeds:
        labels = torch.from_numpy(splits[seed].train.y)
        for arm in map(parse_arm, arms):
            jobs.append(Job(arm, seed, labels, arm.target(labels, data.num_classes)))
    rows = {seed: split.train for seed, split in splits.items()}
    validation = {seed: split.validation for seed, split in splits.items()}
    return loop.fit(jobs, rows, validation, data.num_classes, training, INIT, to_end=to_end, progress=progress)


def test_the_best_check_is_kept_and_the_rest_of_the_curve_is_measured(tiny, short):
    for run in fitted(tiny, short, ["hard", "smooth:0.2"], [0, 1]):
        assert run.curve.steps == tuple(range(5, 61, 5))
        at = run.curve.steps.index(run.steps)
        assert run.curve.validation[at] == min(run.curve.validation[: at + short.patience + 1])
        assert all(map(math.isfinite, run.curve.train + run.curve.validation))
        assert run.end is not None and run.weight_decay in short.weight_decays


def test_patience_decides_when_training_stops_not_the_best_of_all_steps(tiny, short):
    """A later, lower loss is not taken: to know it one would have had to go on."""
    long = dataclasses.replace(short, steps=400, learning_rate=2e-2, weight_decays=(0.0,), patience=1)
    (first,) = fitted(tiny, long, ["hard"], [3])
    (second,) = fitted(tiny, dataclasses.replace(long, patience=1000), ["hard"], [3])
    rises = next(i for i, (a, b) in enumerate(itertools.pairwise(first.curve.validation)) if b >= a)
    assert first.steps == first.curve.steps[rises]
    assert first.curve == second.curve and second.steps == second.curve.steps[int(np.argmin(second.curve.validation))]
    assert all(torch.equal(a, b) for a, b in zip(first.end, second.end, strict=True))


def test_without_the_end_only_the_stopped_model_is_trained(tiny, short):
    soon = dataclasses.replace(short, steps=400, learning_rate=2e-2, weight_decays=(0.0,), patience=2)
    (run,) = fitted(tiny, soon, ["hard"], [0], to_end=False)
    assert run.end is None and run.curve.steps[-1] == run.steps + 2 * soon.check_every < 400


def test_the_weight_decay_with_the_lowest_validation_loss_is_taken(tiny, short):
    alone = {
        decay: fitted(tiny, dataclasses.replace(short, weight_decays=(decay,)), ["hard"], [0, 1, 2])
        for decay in (0.0, 1.0, 8.0)
    }
    for i, run in enumerate(
        fitted(tiny, dataclasses.replace(short, weight_decays=(0.0, 1.0, 8.0)), ["hard"], [0, 1, 2])
    ):
        best = min(alone, key=lambda decay: min(alone[decay][i].curve.validation[:]))
        assert run.weight_decay == best and run.curve == alone[best][i].curve
        assert all(torch.equal(a, b) for a, b in zip(run.stopped, alone[best][i].stopped, strict=True))


def test_a_run_that_diverges_late_has_no_end_and_leaves_the_others_alone(tiny, short, monkeypatch):
    """A run whose weights overflow keeps its best ones; the study goes on."""
    truth = fitted(tiny, short, ["hard", "smooth:0.2"], [0])
    measured = loop._Loop._nll

    def broken(self, active):
        nll = measured(self, active)
        hard = [self.jobs[m.job].arm.kind == "hard" for m in active.now]
        return [(t, math.nan) if h and active.now[0].step > 30 else (t, v) for h, (t, v) in zip(hard, nll, strict=True)]

    monkeypatch.setattr(loop._Loop, "_nll", broken)
    hard, smooth = fitted(tiny, short, ["hard", "smooth:0.2"], [0])
    assert hard.end is None and 0 < hard.steps <= 30 and math.isnan(hard.curve.validation[-1])
    assert smooth.curve == truth[1].curve
    assert all(torch.equal(a, b) for a, b in zip(smooth.end, truth[1].end, strict=True))


def test_a_run_that_diverges_at_once_is_an_error_in_words(tiny, short):
    error = (
        r"the arm hard with seed 1 diverges: its validation NLL is not a finite number at the first check, after 5 "
        r"steps, whatever the weight decay \(0, 1, 3\); look for huge values among the features, or lower the learning "
        r"rate"
    )
    with pytest.raises(InputError, match=error):
        fitted(tiny, dataclasses.replace(short, learning_rate=1e30), ["hard"], [1])


def test_progress_rises_to_one(tiny, short):
    seen = []
    fitted(tiny, short, ["hard", "smooth:0.1"], [0], progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 1.0 and 0 < seen[0] < 0.5

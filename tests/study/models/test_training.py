import dataclasses

import numpy as np
import pytest
import torch
from torch.nn import functional

from onewarm.study.arms.arm import parse_arm, parse_arms
from onewarm.study.models.training import INIT, ORDER, Run, Training, train

ARMS = "hard,smooth:0.1,prior:0.2,teacher:2:smooth:0.1,teacher:2"


def together(data, training, runs):
    return [
        t.stopped for t in train(runs, {s: data.split(s) for s in {r.seed for r in runs}}, data.num_classes, training)
    ]


def same(a, b):
    return all(x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))


def test_a_run_is_the_same_bytes_in_any_group(tiny, short):
    runs = [Run(a, s) for s in (0, 1, 2) for a in parse_arms(ARMS)]
    whole = dict(zip(runs, together(tiny, short, runs), strict=True))
    for few in ([runs[4]], runs[7:9], runs[::-3], [runs[11], runs[0]]):
        for run, outputs in zip(few, together(tiny, short, few), strict=True):
            assert same(outputs, whole[run]), run


def test_the_number_of_threads_changes_nothing(tiny, short):
    shorter = dataclasses.replace(short, steps=10)
    runs = [Run(a, s) for s in (0, 1) for a in parse_arms(ARMS)]
    results = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        results.append(together(tiny, shorter, runs))
    assert all(same(a, b) and same(a, c) for a, b, c in zip(*results, strict=True))


@pytest.mark.parametrize("arm", ["hard", "smooth:0.1", "prior:0.3", "teacher:2", "teacher:4:smooth:0.2"])
def test_against_plain_pytorch(tiny, short, arm):
    """The same weights and batches through torch.nn, torch's cross-entropy and torch's Adam, one model alone."""
    split = tiny.split(0)
    x, y = torch.from_numpy(split.train.x), torch.from_numpy(split.train.y)

    def alone(stream, target, temperature=1.0):
        rng = np.random.default_rng([stream, 0])
        layers = []
        for i, o in ((5, 32), (32, 32), (32, 3)):
            layer = torch.nn.Linear(i, o)
            weight = rng.uniform(-1, 1, (i, o)).astype(np.float32) * np.float32((6 / i) ** 0.5)
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(weight.T))
                layer.bias.zero_()
            layers += [layer, torch.nn.ReLU()]
        model = torch.nn.Sequential(*layers[:-1])
        optimizer = torch.optim.Adam(model.parameters(), lr=short.learning_rate)
        order = np.random.default_rng([ORDER, 0])
        for step in range(short.steps):
            if step % 2 == 0:  # 60 rows in batches of 25: two a pass, the rest left out
                rows = order.permutation(60)
            at = rows[25:50] if step % 2 == 0 else rows[:25]
            optimizer.zero_grad()
            (temperature**2 * functional.cross_entropy(model(x[at]) / temperature, target[at])).backward()
            optimizer.step()
        return model

    onehot = functional.one_hot(y, 3).float()
    temperature = parse_arm(arm).temperature
    if arm.startswith("teacher"):
        taught = onehot if arm == "teacher:2" else 0.8 * onehot + 0.2 / 3
        target = (alone(INIT + 1, taught)(x).detach() / temperature).softmax(1)
    else:
        prior = {"hard": 0, "smooth:0.1": 1 / 3, "prior:0.3": onehot.mean(0)}[arm]
        alpha = parse_arm(arm).alpha or 0.0
        target = (1 - alpha) * onehot + alpha * prior
    model = alone(INIT, target, temperature)
    outputs = together(tiny, short, [Run(parse_arm(arm), 0)])[0]
    for part in ("train", "validation", "test"):
        with torch.no_grad():
            truth = model(torch.from_numpy(getattr(split, part).x)).numpy()
        np.testing.assert_allclose(getattr(outputs, part), truth, atol=2e-3)


def test_a_teacher_learns_from_the_rows_for_teachers(tiny, short):
    split = tiny.split(0)
    run = [Run(parse_arm("teacher:2"), 0)]
    alone, same_rows, other_rows = (
        train(run, {0: dataclasses.replace(split, teacher=rows)}, 3, short)[0].stopped
        for rows in (None, split.train, split.test)
    )
    assert same(alone, same_rows) and not same(alone, other_rows)


def test_arms_of_a_seed_start_equal_and_seeds_differ(tiny):
    no_steps = Training(hidden=32, batch=25, steps=0)
    runs = [Run(a, s) for s in (0, 1) for a in parse_arms("hard,smooth:0.2")]
    a, b, c, d = (o.test for o in together(tiny, no_steps, runs))
    assert (a == b).all() and (c == d).all() and (a != c).all()


def test_smoothing_bounds_the_gap_near_its_optimum(tiny):
    """z_y - mean other tends to log(1 + K (1 - a) / a); hard labels go on past it (Szegedy et al. 2016, section 7)."""
    long = Training(hidden=32, batch=60, steps=800, learning_rate=5e-3)
    hard, smoothed = (o.train for o in together(tiny, long, [Run(a, 0) for a in parse_arms("hard,smooth:0.1")]))
    y = tiny.split(0).train.y
    gaps = [(z[np.arange(60), y] * 1.5 - z.sum(1) / 2).mean() for z in (hard, smoothed)]
    assert gaps[1] == pytest.approx(np.log(1 + 3 * 0.9 / 0.1), rel=0.02)
    assert gaps[0] > 1.5 * gaps[1]


def test_progress_rises_to_one(tiny, short):
    seen = []
    runs = [Run(a, 0) for a in parse_arms("hard,teacher:2")]
    train(runs, {0: tiny.split(0)}, 3, short, seen.append)
    assert seen == sorted(seen) and seen[-1] == 1.0 and 0 < seen[0] < 0.5


def test_fewer_rows_than_a_batch(tiny, short):
    whole = dataclasses.replace(short, batch=1000)
    assert np.isfinite(together(tiny, whole, [Run(parse_arm("hard"), 0)])[0].test).all()


def test_steps_follow_the_rows():
    assert [Training.for_rows(n).steps for n in (50, 600, 2000, 10**6)] == [600, 600, 1200, 6000]
    assert Training.for_rows(50, hidden=64) == dataclasses.replace(Training.for_rows(50), hidden=64)

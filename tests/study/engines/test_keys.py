"""Stored runs are reused as long as `CODE_FORMAT` stays: a change of their numbers must be noticed here.

A small study of every kind of arm is trained and scored, and its numbers are compared with those of the format's first
commit. They agree to rounding on other processors and versions of PyTorch; a change of loss, target, initial weights,
batch order, optimizer, teacher, temperature or metric moves them by far more than the tolerance.
"""

import pytest

from onewarm.study.arms.arm import parse_arms
from onewarm.study.data.builtin import BUILT_IN
from onewarm.study.data.load import load
from onewarm.study.engines.keys import CODE_FORMAT
from onewarm.study.models.model import Run
from onewarm.study.models.training import Training, train
from onewarm.study.scoring import score

REMEDY = (
    "stored runs would be mixed with others: raise CODE_FORMAT in study/engines/keys.py, and record the numbers here"
)
ARMS = parse_arms("hard,smooth:0.1,prior:0.2,teacher:2,teacher:3:smooth:0.2")
COMPARED = ("nll", "ece", "temperature", "logit_gap", "ece_unsmoothed", "excess_nll")

# By format: (arm, seed) -> the numbers of COMPARED.
RECORDED = {
    2: {
        ("hard", 0): [0.6529, 0.0563, 0.7719, 6.0817, None, 0.4076],
        ("smooth:0.1", 0): [0.7321, 0.1366, 0.5887, 4.2208, 0.1035, 0.4902],
        ("prior:0.2", 0): [0.8753, 0.2194, 0.474, 3.0431, 0.1528, 0.6356],
        ("teacher:2", 0): [0.9449, 0.0556, 0.8624, 3.9652, None, 0.7102],
        ("teacher:3:smooth:0.2", 0): [1.1716, 0.1727, 0.5849, 2.3149, None, 0.9353],
        ("hard", 1): [0.9356, 0.0884, 0.7131, 4.0281, None, 0.6946],
        ("smooth:0.1", 1): [1.0053, 0.1584, 0.5816, 3.0942, 0.1271, 0.7673],
        ("prior:0.2", 1): [1.1079, 0.229, 0.4879, 2.4513, 0.1671, 0.8729],
        ("teacher:2", 1): [1.2651, 0.0659, 0.8138, 2.8668, None, 1.0457],
        ("teacher:3:smooth:0.2", 1): [1.5554, 0.1255, 0.6764, 1.6486, None, 1.3331],
    },
}
# Mean and standard deviation of the features, and mean label, of each part of seed 0.
ROWS = {
    "wine": [[0.0, 1.0, 0.9439], [0.0205, 1.0428, 0.9167], [-0.0089, 1.0381, 0.9429]],
    "breast-cancer": [[0.0006, 1.0058, 0.3724], [-0.058, 0.9895, 0.3684], [0.0088, 0.9407, 0.3772]],
    "iris": [[-0.0, 1.0, 1.0], [0.0161, 1.0, 1.0], [0.0424, 1.1868, 1.0]],
    "titanic-like": [[0.1857, 0.7992, 0.4037], [0.1775, 0.8131, 0.3989], [0.152, 0.7439, 0.4045]],
    "digits": [[0.3063, 0.3774, 4.5], [0.3027, 0.3747, 4.484], [0.3063, 0.3763, 4.4915]],
    "digits-noisy": [[0.3032, 0.586, 4.48], [0.3015, 0.5853, 4.5], [0.3054, 0.5825, 4.4905]],
    "blobs": [[-0.2258, 1.5322, 4.4267], [-0.2218, 1.5206, 4.441], [-0.2265, 1.5097, 4.4085]],
    "lookalikes": [
        [-0.0737, 1.4967, 5.7175],
        [-0.0397, 1.4908, 5.437],
        [-0.0513, 1.4867, 5.5295],
        [-0.0642, 1.4947, 5.51],
    ],
}


def numbers(arms, seeds):
    data = load("blobs")
    training = Training(hidden=16, batch=50, steps=40, learning_rate=1e-2)
    splits = {seed: data.split(seed) for seed in seeds}
    runs = [Run(arm, seed) for seed in seeds for arm in arms]
    outputs = [t.stopped for t in train(runs, splits, data.num_classes, training)]
    scored = {(r.arm.name, r.seed): score(r.arm, o, splits[r.seed]) for r, o in zip(runs, outputs, strict=True)}
    return {run: [scores.metrics[m] for m in COMPARED] for run, scores in scored.items()}


def rows(name):
    split = load(name).split(0)
    parts = [p for p in (split.train, split.validation, split.test, split.teacher) if p is not None]
    return [[float(p.x.mean(dtype=float)), float(p.x.std(dtype=float)), float(p.y.mean())] for p in parts]


def test_the_numbers_of_a_run_are_those_of_its_code_format():
    found = numbers(ARMS, (0, 1))
    assert found.keys() == RECORDED[CODE_FORMAT].keys()
    for run, recorded in RECORDED[CODE_FORMAT].items():
        for metric, now, then in zip(COMPARED, found[run], recorded, strict=True):
            assert now == (None if then is None else pytest.approx(then, abs=1e-3)), f"{metric} of {run}: {REMEDY}"


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_rows_of_a_built_in_data_set_are_those_of_its_code_format(name):
    assert name in ROWS, f"record the rows of {name} here"
    for now, then in zip(rows(name), ROWS[name], strict=True):
        assert now == pytest.approx(then, abs=1e-3), f"{name}: {REMEDY}"

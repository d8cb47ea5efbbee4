"""Stored runs are reused as long as `CODE_FORMAT` stays: a change of their numbers must be noticed here.

A small study of many kinds of arms is trained and scored, and its numbers are compared with those of the format's first
commit. They agree to rounding on other processors and versions of PyTorch; a change of loss, target, initial weights,
batch order, optimizer, teacher, temperature or metric moves them by far more than the tolerance.
"""

import pytest

from onewarm.study.arms.arm import parse_arms
from onewarm.study.arms.registry import KINDS
from onewarm.study.data.builtin import BUILT_IN
from onewarm.study.data.load import load
from onewarm.study.engines.keys import CODE_FORMAT
from onewarm.study.models.model import Run
from onewarm.study.models.training import Perceptrons, Training
from onewarm.study.scoring import score

REMEDY = (
    "stored runs would be mixed with others: raise CODE_FORMAT in study/engines/keys.py, and record the numbers here"
)
ARMS = parse_arms(
    "hard,smooth:0.1,prior:0.2,teacher:2,teacher:3:smooth:0.2,confusion:0.2,online:0.3,mixup:0.4,focal:2,negative:0.1,"
    "exclude-label:0.1,ordinal:0.5,penalty:0.3,maxsup:0.1,margin:1,teacher-top:2:2,teacher-bucket:2:2,teacher-sampled:5:2"
)
COMPARED = ("nll", "ece", "temperature", "logit_gap", "ece_unsmoothed", "excess_nll")

# By format: (arm, seed) -> step and weight decay, the numbers of COMPARED stopped, NLL and accuracy to the end.
RECORDED = {
    5: {
        ("hard", 0): [80, 0.0, 0.4873, 0.022, 1.0209, 9.0743, None, 0.2361, 0.4873, 0.824],
        ("smooth:0.1", 0): [80, 0.0, 0.5708, 0.122, 0.5971, 4.4308, 0.0845, 0.3281, 0.5708, 0.8255],
        ("prior:0.2", 0): [80, 0.0, 0.7062, 0.2103, 0.4871, 3.2963, 0.1289, 0.4634, 0.7062, 0.821],
        ("teacher:2", 0): [80, 1.0, 0.4664, 0.0663, 0.7451, 6.1543, None, 0.226, 0.4664, 0.831],
        ("teacher:3:smooth:0.2", 0): [80, 1.0, 0.8218, 0.2698, 0.4349, 2.6887, None, 0.5851, 0.8218, 0.803],
        ("confusion:0.2", 0): [80, 0.0, 0.6507, 0.2045, 0.4617, 4.1285, None, 0.4071, 0.6507, 0.8285],
        ("online:0.3", 0): [80, 0.0, 0.5152, 0.071, 0.671, 5.7348, None, 0.2681, 0.5152, 0.8225],
        ("mixup:0.4", 0): [60, 0.0, 0.5683, 0.0796, 0.6816, 5.3103, None, 0.3254, 0.5343, 0.8245],
        ("focal:2", 0): [80, 0.0, 0.5595, 0.0739, 0.6882, 6.5097, None, 0.312, 0.5595, 0.81],
        ("negative:0.1", 0): [80, 1.0, 0.4395, 0.055, 0.763, 7.5299, 0.1179, 0.1973, 0.4395, 0.8465],
        ("exclude-label:0.1", 0): [80, 0.0, 0.5841, 0.1303, 0.5771, 4.2546, 0.0884, 0.3412, 0.5841, 0.8235],
        ("ordinal:0.5", 0): [80, 0.0, 0.7189, 0.1995, 0.5011, 4.0172, None, 0.4684, 0.7189, 0.8115],
        ("penalty:0.3", 0): [80, 0.0, 0.542, 0.0722, 0.6849, 5.9532, None, 0.2948, 0.542, 0.818],
        ("maxsup:0.1", 0): [80, 0.0, 0.5819, 0.1342, 0.579, 4.3935, None, 0.3382, 0.5819, 0.8305],
        ("margin:1", 0): [80, 0.0, 0.5798, 0.1334, 0.5794, 4.4077, None, 0.3361, 0.5798, 0.8305],
        ("teacher-top:2:2", 0): [75, 1.0, 0.4114, 0.0242, 0.9282, 8.3854, None, 0.1668, 0.4077, 0.846],
        ("teacher-bucket:2:2", 0): [80, 1.0, 0.4603, 0.0559, 0.7832, 6.4089, None, 0.2197, 0.4603, 0.8315],
        ("teacher-sampled:5:2", 0): [80, 1.0, 0.4851, 0.0809, 0.6922, 5.9005, None, 0.2421, 0.4851, 0.83],
        ("hard", 1): [80, 0.0, 0.5126, 0.0298, 1.0577, 8.247, None, 0.2795, 0.5126, 0.813],
        ("smooth:0.1", 1): [80, 0.0, 0.6024, 0.1002, 0.6622, 4.5357, 0.0639, 0.3686, 0.6024, 0.8045],
        ("prior:0.2", 1): [80, 0.0, 0.7344, 0.2024, 0.5203, 3.3423, 0.1258, 0.5015, 0.7344, 0.8045],
        ("teacher:2", 1): [80, 1.0, 0.5757, 0.0899, 0.7474, 5.8348, None, 0.3534, 0.5757, 0.799],
        ("teacher:3:smooth:0.2", 1): [80, 0.0, 0.9343, 0.1937, 0.542, 2.8154, None, 0.7114, 0.9343, 0.7145],
        ("confusion:0.2", 1): [80, 0.0, 0.6889, 0.1731, 0.5411, 4.0279, None, 0.4539, 0.6889, 0.788],
        ("online:0.3", 1): [80, 0.0, 0.5884, 0.0876, 0.6809, 5.1143, None, 0.352, 0.5884, 0.7975],
        ("mixup:0.4", 1): [80, 0.0, 0.566, 0.0525, 0.7891, 5.5131, None, 0.3341, 0.566, 0.799],
        ("focal:2", 1): [80, 0.0, 0.5787, 0.0755, 0.7556, 6.1939, None, 0.3479, 0.5787, 0.7905],
        ("negative:0.1", 1): [80, 1.0, 0.4785, 0.0597, 0.7961, 7.2801, 0.1199, 0.2527, 0.4785, 0.825],
        ("exclude-label:0.1", 1): [80, 0.0, 0.6151, 0.1159, 0.639, 4.3446, 0.075, 0.3814, 0.6151, 0.808],
        ("ordinal:0.5", 1): [80, 0.0, 0.7539, 0.1775, 0.5853, 4.1429, None, 0.5144, 0.7539, 0.7955],
        ("penalty:0.3", 1): [80, 0.0, 0.577, 0.0809, 0.7122, 5.564, None, 0.3445, 0.577, 0.8035],
        ("maxsup:0.1", 1): [80, 0.0, 0.6158, 0.1115, 0.6386, 4.4763, None, 0.3827, 0.6158, 0.8025],
        ("margin:1", 1): [80, 0.0, 0.6082, 0.11, 0.6477, 4.5401, None, 0.3745, 0.6082, 0.8075],
        ("teacher-top:2:2", 1): [80, 1.0, 0.4885, 0.0341, 0.9095, 8.0675, None, 0.2577, 0.4885, 0.8155],
        ("teacher-bucket:2:2", 1): [80, 1.0, 0.5317, 0.0951, 0.7511, 6.2407, None, 0.3088, 0.5317, 0.822],
        ("teacher-sampled:5:2", 1): [80, 0.0, 0.6313, 0.0279, 1.1191, 7.4179, None, 0.4081, 0.6313, 0.771],
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
    training = Training(hidden=16, batch=50, steps=80, learning_rate=1e-2, check_every=5, patience=3)
    splits = {seed: data.split(seed) for seed in seeds}
    runs = [Run(arm, seed) for seed in seeds for arm in arms]
    found = {}
    for run, trained in zip(runs, Perceptrons(training).train(runs, splits, data.num_classes), strict=True):
        stopped, end = (score(run.arm, o, splits[run.seed]).metrics for o in (trained.stopped, trained.end))
        chosen = [trained.steps, trained.options["weight_decay"]]
        found[run.arm.name, run.seed] = [*chosen, *(stopped[m] for m in COMPARED), end["nll"], end["accuracy"]]
    return found


def rows(name):
    split = load(name).split(0)
    parts = [p for p in (split.train, split.validation, split.test, split.teacher) if p is not None]
    return [[float(p.x.mean(dtype=float)), float(p.x.std(dtype=float)), float(p.y.mean())] for p in parts]


def test_the_numbers_of_a_run_are_those_of_its_code_format():
    found = numbers(ARMS, (0, 1))
    assert found.keys() == RECORDED[CODE_FORMAT].keys()
    for run, recorded in RECORDED[CODE_FORMAT].items():
        names = ("steps", "weight_decay", *COMPARED, "nll to the end", "accuracy to the end")
        for name, now, then in zip(names, found[run], recorded, strict=True):
            assert now == (None if then is None else pytest.approx(then, abs=1e-3)), f"{name} of {run}: {REMEDY}"


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_rows_of_a_built_in_data_set_are_those_of_its_code_format(name):
    assert name in ROWS, f"record the rows of {name} here"
    for now, then in zip(rows(name), ROWS[name], strict=True):
        assert now == pytest.approx(then, abs=1e-3), f"{name}: {REMEDY}"


def test_every_kind_of_arm_is_recorded():
    """Votes need data that have them, and the reference is a model of its own."""
    assert {arm.kind for arm in ARMS} == set(KINDS) - {"votes", "logistic"}

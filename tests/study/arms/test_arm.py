import re

import numpy as np
import pytest
import torch

from onewarm.errors import InputError
from onewarm.study.arms.arm import Arm, parse_arm, parse_arms

LABELS = torch.tensor([0, 2, 2, 1])


@pytest.mark.parametrize(
    ("arm", "dense"),
    [
        ("hard", np.eye(4)[LABELS]),
        ("smooth:0.2", 0.8 * np.eye(4)[LABELS] + 0.2 / 4),
        ("prior:0.4", 0.6 * np.eye(4)[LABELS] + 0.4 * np.array([0.25, 0.25, 0.5, 0])),
    ],
)
def test_targets_of_labels(arm, dense):
    np.testing.assert_allclose(parse_arm(arm).target(LABELS, 4).dense().numpy(), dense, atol=1e-15)


def test_teacher_is_its_softmax_at_the_temperature():
    logits = torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
    target = parse_arm("teacher:3").target(LABELS, 4, logits)
    p = np.exp(logits.numpy().astype(float) / 3)
    np.testing.assert_allclose(target.dense().numpy(), 9 * p / p.sum(1, keepdims=True), atol=1e-12)  # T^2 its mass
    assert [a.temperature for a in parse_arms("teacher:3,hard,smooth:0.5")] == [3, 1, 1]
    with pytest.raises(ValueError, match=r"^the arm teacher:3 needs teacher_logits$"):
        parse_arm("teacher:3").target(LABELS, 4)


def test_the_arm_of_a_teacher_and_the_row_of_a_smoothing():
    arms = parse_arms("hard,smooth:0.2,prior:0.2,teacher:2,teacher:2:smooth:0.1")
    assert [a.teacher_arm and a.teacher_arm.name for a in arms] == [None, None, None, "hard", "smooth:0.1"]
    assert Arm("teacher", 2.0).teacher_arm == Arm("hard")  # made without parse_arm
    rows = [a.smoothing_row(LABELS.numpy(), 4) for a in arms]
    assert [row is None for row in rows] == [True, True, False, True, True]
    np.testing.assert_array_equal(rows[2], [0.25, 0.25, 0.5, 0])


def test_names_have_one_spelling():
    assert [a.name for a in parse_arms(" hard ,smooth:.10,prior:1e-1,teacher:2.0")] == [
        "hard",
        "smooth:0.1",
        "prior:0.1",
        "teacher:2",
    ]
    assert [a.name for a in parse_arms("teacher:2.0:smooth:.10,teacher:1:hard")] == [
        "teacher:2:smooth:0.1",
        "teacher:1",
    ]
    assert parse_arm("teacher:1:hard") == parse_arm("teacher:1")
    assert parse_arms(["hard", "smooth:0.1"]) == (Arm("hard"), Arm("smooth", 0.1))
    assert [Arm("smooth", 0.1).alpha, Arm("prior", 0.2).alpha, Arm("teacher", 2.0).alpha, Arm("hard").alpha] == [
        0.1,
        0.2,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("smoth:0.1", "no arm 'smoth:0.1'; arms are hard, smooth:ALPHA, prior:ALPHA, teacher:T, teacher:T:ARM"),
        ("hard:1", "the arm 'hard' takes no number, got 'hard:1'"),
        ("smooth", "the arm 'smooth' needs a share between 0 and 1 after the colon, e.g. smooth:0.1"),
        ("prior:x", "the arm 'prior:x' needs a share between 0 and 1 after the colon, e.g. prior:0.1"),
        ("smooth:1", "the arm 'smooth:1' needs a share between 0 and 1, got 1, e.g. smooth:0.1"),
        ("smooth:-0.1", "the arm 'smooth:-0.1' needs a share between 0 and 1, got -0.1, e.g. smooth:0.1"),
        ("smooth:nan", "the arm 'smooth:nan' needs a share between 0 and 1, got nan, e.g. smooth:0.1"),
        ("teacher:0", "the arm 'teacher:0' needs a temperature above 0, got 0, e.g. teacher:2"),
        ("teacher:inf", "the arm 'teacher:inf' needs a temperature above 0, got inf, e.g. teacher:2"),
        ("teacher::hard", "the arm 'teacher::hard' needs a temperature above 0 after the colon, e.g. teacher:2"),
        ("teacher:2:", "no arm ''; arms are hard, smooth:ALPHA, prior:ALPHA, teacher:T, teacher:T:ARM"),
        ("teacher:2:smooth:2", "the arm 'smooth:2' needs a share between 0 and 1, got 2, e.g. smooth:0.1"),
        (
            "teacher:2:teacher:1",
            "the arm 'teacher:2:teacher:1' has a teacher that has a teacher itself; name an arm without a teacher",
        ),
        ("teacher:2,teacher:2:hard", "the arm 'teacher:2' is given twice"),
        ("hard,hard", "the arm 'hard' is given twice"),
        ("smooth:0.1,smooth:.1", "the arm 'smooth:0.1' is given twice"),
        (" , ", "no arms given; arms are hard, smooth:ALPHA, prior:ALPHA, teacher:T, teacher:T:ARM"),
    ],
)
def test_what_is_no_arm(text, error):
    with pytest.raises(InputError, match="^" + re.escape(error) + "$"):
        parse_arms(text)

"""Helpers of targets: teachers and confusion matrices, each trained once."""

import numpy as np
import pytest

from onewarm.softmax import softmax
from onewarm.study.arms.arm import HARD, parse_arm, parse_arms
from onewarm.study.arms.confusion import confusion_matrix
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.each import Job, train_each
from onewarm.study.models.model import Outputs, Run, Trained


def rows(n, start=0):
    y = np.arange(start, start + n) % 3
    return Rows(np.arange(n, dtype=np.float32)[:, None] + start, y)


SPLIT = Split(rows(6), rows(9), rows(12), teacher=rows(15, start=100))


def logits(job, part):
    """Other logits for each job and row."""
    return np.sin(np.arange(3) + part.x + len(job.arm.name) + 10 * job.teaches).astype(np.float64)


@pytest.fixture
def record():
    calls = []

    def fit(job, target, split, progress):
        calls.append((job, target, split))
        progress(0.5)
        return Trained(Outputs(*(logits(job, part) for part in (split.train, split.validation, split.test))))

    fit.calls = calls
    return fit


def test_teachers_see_their_own_rows_and_give_logits_on_the_training_rows(record):
    shares = []
    arms = parse_arms("hard,teacher:2,teacher:1")
    train_each([Run(a, 5) for a in arms], {5: SPLIT}, 3, record, shares.append)
    jobs = [job for job, _, _ in record.calls]
    assert jobs == [Job(HARD, 5), Job(HARD, 5, True), Job(arms[1], 5), Job(arms[2], 5)]
    _, target, split = record.calls[1]
    assert split.train is SPLIT.teacher and len(target) == 15
    v = logits(Job(HARD, 5, True), SPLIT.train)
    np.testing.assert_allclose(np.asarray(record.calls[2][1].dense()), 4 * softmax(v, 2.0))
    np.testing.assert_allclose(np.asarray(record.calls[3][1].dense()), softmax(v))
    assert shares == sorted(shares) and shares[0] == 0.125 and shares[-1] == 1.0


def test_the_confusion_is_that_of_the_hard_arm_on_validation_rows(record):
    arm = parse_arm("confusion:0.3")
    ((trained,), calls) = train_each([Run(arm, 5)], {5: SPLIT}, 3, record), record.calls
    assert [job for job, _, _ in calls] == [Job(HARD, 5), Job(arm, 5)] and trained.stopped.test.shape == (12, 3)
    matrix = confusion_matrix(softmax(logits(Job(HARD, 5), SPLIT.validation)), SPLIT.validation.y, 3)
    dense = np.asarray(calls[1][1].dense())
    np.testing.assert_allclose(dense[0, 1] / dense[0, 2], matrix[0, 1] / matrix[0, 2])


def test_random_numbers_are_the_seeds_and_a_teachers_are_others():
    assert Job(HARD, 7).random_state == 7 != Job(HARD, 7, True).random_state
    assert 0 <= Job(HARD, 2**63 - 1, True).random_state < 2**32

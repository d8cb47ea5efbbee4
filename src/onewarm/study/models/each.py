"""Train runs one after another, with the teachers and confusion matrices that their targets need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from onewarm.softmax import softmax
from onewarm.study.arms.arm import HARD, Arm
from onewarm.study.arms.confusion import confusion_matrix
from onewarm.study.arms.recipe import Context
from onewarm.study.data.splits import Split
from onewarm.study.models.model import Run, Trained
from onewarm.target import SoftTarget


class Job(NamedTuple):
    """One training: an arm on a seed's split, and whether it makes a teacher, which has random numbers of its own."""

    arm: Arm
    seed: int
    teaches: bool = False

    @property
    def random_state(self) -> int:
        """The seed of the training's random numbers, 0..2^32 - 1: the study's own, another one for a teacher."""
        return (self.seed + self.teaches * 0x9E3779B9) % 2**32


Fit = Callable[[Job, SoftTarget, Split, Callable[[float], None]], Trained]
"""Train on the target of `split.train`, and give the logits on the three parts of the split."""


def train_each(
    runs: list[Run],
    splits: Mapping[int, Split],
    num_classes: int,
    fit: Fit,
    progress: Callable[[float], None] | None = None,
    as_labels: Callable[[NDArray[np.int64]], Any] = np.asarray,
) -> list[Trained]:
    """Train these runs with `fit`, each alone; other arguments and the result are those of `Model.train`.

    `as_labels` makes the labels an array of the library that the targets shall be in.

    A teacher is the same model trained with its arm on the same seed, on the data set's rows for teachers where it has
    any; a confusion matrix is that of the hard arm, on validation rows. Neither is trained twice for one seed.
    """
    jobs = [job for run in runs for job in (*_helpers(run), Job(*run))]
    jobs = list(dict.fromkeys(jobs))
    done: dict[Job, Trained] = {}
    for i, job in enumerate(jobs):
        split = splits[job.seed]
        if job.teaches:  # its test rows are those that it teaches
            split = replace(split, train=split.teacher or split.train, test=split.train)
        context = Context(votes=split.train.votes, seed=job.seed)
        if (teacher := job.arm.teacher_arm) is not None:
            context = replace(context, teacher_logits=done[Job(teacher, job.seed, True)].stopped.test)
        if "confusion" in job.arm.needs:
            hard = softmax(done[Job(HARD, job.seed)].stopped.validation)
            context = replace(context, confusion=confusion_matrix(hard, split.validation.y, num_classes))
        target = job.arm.target(as_labels(split.train.y), num_classes, context)

        def report(share: float, before: int = i) -> None:
            if progress is not None:
                progress((before + share) / len(jobs))

        done[job] = fit(job, target, split, report)
        report(1.0)
    return [done[Job(*run)] for run in runs]


def _helpers(run: Run) -> list[Job]:
    """The trainings whose outcome the run's target needs."""
    teacher = run.arm.teacher_arm
    helpers = [] if teacher is None else [Job(teacher, run.seed, True)]
    return [*helpers, *([Job(HARD, run.seed)] if "confusion" in run.arm.needs else [])]

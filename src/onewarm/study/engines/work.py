"""What every engine does: train and score a group of runs, a function of the data, the model and the group."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from onewarm.errors import InputError, needs
from onewarm.study.arms.arm import Arm
from onewarm.study.data.datasets import Dataset
from onewarm.study.data.splits import Split
from onewarm.study.engines.keys import versions
from onewarm.study.models.model import Model, Run, Trained
from onewarm.study.scoring import ROW_GROUPS, score
from onewarm.study.store.store import StoredRun

with needs("onewarm.study", "study"):
    import cloudpickle
    import torch


class Group(NamedTuple):
    """Runs that are trained together; groups of a call are numbered from 0."""

    number: int
    runs: tuple[Run, ...]


class Work(NamedTuple):
    """What the groups of a study have in common: its data, its model, and the one that trains the reference arm."""

    data: Dataset
    model: Model
    reference: Model | None = None

    def model_of(self, arm: Arm) -> Model:
        """The model that trains this arm."""
        return self.reference if arm.reference and self.reference is not None else self.model


Finished = tuple[Group, list[StoredRun]]
Tick = Callable[[], None]


class Engine(Protocol):
    """Where groups are trained, several at a time."""

    workers: int
    """How many at a time."""

    def start(self, group: Group) -> None:
        """Begin to train a group; there are fewer than `workers` in training."""
        ...

    def wait(self, tick: Tick, seconds: float) -> list[Finished]:
        """The groups that end first, or none where none ends within so many seconds; `tick` is called meanwhile."""
        ...

    def in_training(self) -> float:
        """The runs in training, each counted by the share of its training that is done."""
        ...

    def close(self, failed: bool) -> None:
        """End; after a failure, groups in training are given up."""
        ...


class WorkerError(OSError):
    """The workers cannot go on; the message says why and what to do."""


def train_group(work: Work, group: Group, progress: Callable[[float], None] | None = None) -> list[StoredRun]:
    """Train and score the runs of a group, all by one model.

    Args:
        work: the study's data and models.
        group: which runs.
        progress: called with the finished share, 0..1; may raise to end the training.
    """
    start = time.perf_counter()
    splits = {seed: work.data.split(seed) for seed in {run.seed for run in group.runs}}
    # Where all seeds have the same test rows, the rows' own error has to be in the intervals.
    groups = ROW_GROUPS if work.data.sampling == "fixed" else 0
    report = progress or (lambda share: None)
    trained = iter(work.model_of(group.runs[0].arm).train(list(group.runs), splits, work.data.num_classes, report))
    # A loop's variable, or zip, would keep a run's outputs while those of the next are computed.
    scored = [_scored(run, next(trained), splits[run.seed], groups) for run in group.runs]
    seconds = (time.perf_counter() - start) / len(group.runs)
    return [dataclasses.replace(run, seconds=seconds) for run in scored]


def _scored(run: Run, trained: Trained, split: Split, row_groups: int) -> StoredRun:
    return StoredRun(
        arm=run.arm.name,
        seed=run.seed,
        stopped=score(run.arm, trained.stopped, split, row_groups=row_groups),
        seconds=0.0,
        versions=versions(),
        end=None if trained.end is None else score(run.arm, trained.end, split, row_groups=row_groups),
        steps=trained.steps,
        end_steps=trained.end_steps,
        options=trained.options,
        curve=trained.curve,
    )


def pickled(work: Work) -> bytes:
    """The work as bytes for other processes, lambdas and classes of the user's script included.

    Raises InputError where something in it cannot be sent.
    """
    try:
        return bytes(cloudpickle.dumps(work))
    except Exception as error:  # whatever a user's object raises in its __reduce__ or __getstate__
        reason = f"{type(error).__name__}: {error}"
        raise InputError(
            f"the data or the model cannot be sent to worker processes ({reason}); train in this one: workers=1"
        ) from error


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Limit PyTorch to one thread, in this thread and those that start meanwhile: workers already use all cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

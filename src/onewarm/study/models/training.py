"""Trains a group of runs together: each run, an arm with a seed, is one model of a stack."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from onewarm.errors import InputError, needs
from onewarm.loss import cross_entropy
from onewarm.study.arms.arm import Arm
from onewarm.study.arms.recipe import Context
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.model import Outputs, Run, Trained
from onewarm.study.models.network import Stack, pad_features
from onewarm.target import SoftTarget, concat

with needs("onewarm.study", "study"):
    import torch


# Streams of random numbers of a seed. All arms draw from the same INIT and ORDER, so that runs of a seed are paired.
INIT, TEACHER_INIT, ORDER = 10, 11, 12


@dataclass(frozen=True)
class Training:
    """Hyperparameters of a run; part of the key under which it is stored."""

    hidden: int = 128
    batch: int = 100
    steps: int = 600
    learning_rate: float = 1e-3

    @classmethod
    def for_rows(cls, rows: int, hidden: int = 128) -> Training:
        """The default for this many training rows: about 60 epochs, at least 600 steps and at most 6000."""
        default = cls(hidden=hidden)
        return dataclasses.replace(default, steps=min(6000, max(default.steps, 60 * rows // default.batch)))

    def describe(self) -> dict[str, Any]:
        """The report's `model`: these hyperparameters, with the network, the optimizer and the teacher in words."""
        return {
            "network": "multilayer perceptron, 2 hidden layers, ReLU",
            "optimizer": "Adam, constant rate, no weight decay",
            "teacher": "same network, weights of its own; the data set's rows for teachers, else the same rows",
            **dataclasses.asdict(self),
        }


def train(
    runs: list[Run],
    splits: Mapping[int, Split],
    num_classes: int,
    training: Training,
    progress: Callable[[float], None] | None = None,
) -> list[Trained]:
    """Train these runs together; the result of a run does not depend on which others are in the group.

    Args:
        runs: the models of the stack.
        splits: each seed's data; equal sizes.
        progress: called every 20 steps with the finished share, 0..1.

    Runs of one seed share split, initial weights and batch order, and differ in their target alone.
    """
    report = progress or (lambda share: None)
    teachers = sorted({t for run in runs if (t := _teacher_of(run))}, key=lambda run: (run.arm.name, run.seed))
    first = len(teachers) / (len(teachers) + len(runs))  # the teachers' share of the training
    rows = {seed: split.train for seed, split in splits.items()}
    teacher_logits: dict[Run, torch.Tensor] = {}
    if teachers:
        teacher_rows = {seed: split.teacher or split.train for seed, split in splits.items()}
        stack = _fit(teachers, teacher_rows, num_classes, training, TEACHER_INIT, {}, lambda s: report(first * s))
        teacher_logits = dict(zip(teachers, _logits(stack, teachers, rows), strict=True))
    stack = _fit(runs, rows, num_classes, training, INIT, teacher_logits, lambda s: report(first + (1 - first) * s))
    parts = [
        _logits(stack, runs, {seed: getattr(split, part) for seed, split in splits.items()})
        for part in ("train", "validation", "test")
    ]
    return [Trained(Outputs(*(part[m].double().numpy() for part in parts))) for m in range(len(runs))]


def _teacher_of(run: Run) -> Run | None:
    """The run that trains this run's teacher, on the same seed; None for an arm without a teacher."""
    return None if run.arm.teacher_arm is None else Run(run.arm.teacher_arm, run.seed)


def _logits(stack: Stack, runs: list[Run], rows: dict[int, Rows]) -> torch.Tensor:
    """The logits (M, n, K) of each run's model on the rows of its seed."""
    seeds = sorted({r.seed for r in runs})
    x = torch.stack([pad_features(rows[s].x) for s in seeds])
    return stack.logits(x, torch.tensor([seeds.index(r.seed) for r in runs]))


def _fit(
    runs: list[Run],
    data: dict[int, Rows],
    num_classes: int,
    training: Training,
    stream: int,
    teacher_logits: dict[Run, torch.Tensor],
    progress: Callable[[float], None],
) -> Stack:
    """A stack of these runs, trained on the rows of their seeds; `stream` is that of the initial weights."""
    seeds = sorted({r.seed for r in runs})
    which = torch.tensor([seeds.index(r.seed) for r in runs])
    x = torch.stack([pad_features(data[s].x) for s in seeds])
    n, features = data[seeds[0]].x.shape
    target = _stacked([_target(r, data, num_classes, teacher_logits) for r in runs], num_classes)
    temperature = torch.tensor([r.arm.temperature for r in runs])[:, None, None]
    stack = Stack([[stream, r.seed] for r in runs], [features, training.hidden, training.hidden, num_classes])
    optimizer = torch.optim.Adam(stack.parameters(), lr=training.learning_rate, fused=True)
    batch = min(training.batch, n)
    for step, rows in enumerate(_batches(seeds, n, batch, training.steps)):
        features_of_batch = torch.take_along_dim(x, rows[:, :, None], 1)[which]  # (M, B, D)
        loss = _loss(stack(features_of_batch) / temperature, target, rows[which], n, batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if step % 20 == 19:
            progress((step + 1) / training.steps)
    return stack


def _target(run: Run, data: dict[int, Rows], num_classes: int, teacher_logits: dict[Run, torch.Tensor]) -> SoftTarget:
    if run.arm.has_extra or run.arm.mixup or run.arm.online or run.arm.needs - {"teacher"}:
        raise InputError(f"the arm {run.arm.name} cannot be trained by this model: leave it out")
    teacher = _teacher_of(run)
    logits = None if teacher is None else teacher_logits.get(teacher)
    return run.arm.target(torch.from_numpy(data[run.seed].y), num_classes, Context(teacher_logits=logits))


def _batches(seeds: list[int], n: int, batch: int, steps: int) -> Iterator[torch.Tensor]:
    """Row numbers (S, batch) of each step: each seed is shuffled in every epoch, and a last, smaller batch left out."""
    generators = [np.random.default_rng([ORDER, seed]) for seed in seeds]
    left = 0  # batches left in the epoch
    for _ in range(steps):
        if left == 0:
            order = torch.from_numpy(np.stack([g.permutation(n) for g in generators]))
            left = n // batch
        yield order[:, (left - 1) * batch : left * batch]
        left -= 1


def _stacked(targets: list[SoftTarget], classes: int) -> SoftTarget:
    """The targets of all models, one after the other, with two unused rows in their table.

    For a table of one row the kernel takes a shorter path that differs in the last bit. With the two rows, a run has
    the same bits in a group that only smooths as in one with teachers.
    """
    empty = torch.zeros(0, 1, dtype=torch.float64)
    no_rows = SoftTarget(
        index=empty.long(),
        weight=empty,
        table=torch.zeros(2, classes, dtype=torch.float64),
        table_index=empty.long(),
        table_weight=empty,
        num_classes=classes,
    )
    return concat([no_rows, *targets])


def _loss(logits: torch.Tensor, target: SoftTarget, rows: torch.Tensor, n: int, batch: int) -> torch.Tensor:
    """The sum over the models of each one's mean loss, in one call; no model's gradient depends on another's rows."""
    models, _, classes = logits.shape
    index = (rows + n * torch.arange(models)[:, None]).reshape(-1)  # row r of model m is row m n + r of the target
    loss = cross_entropy(logits.reshape(-1, classes), target[index], reduction="sum")
    return torch.as_tensor(loss) / batch


@dataclass(frozen=True)
class Perceptrons:
    """The study's own model: multilayer perceptrons of two hidden layers, all runs of a group trained as one stack."""

    training: Training
    name = "mlp"
    threads = True  # most of the time is spent in PyTorch, which lets other threads run

    def describe(self) -> dict[str, Any]:
        """See `Model`."""
        return self.training.describe()

    def refuses(self, arm: Arm) -> str | None:
        """None: every arm can be trained."""
        return None

    def train(
        self,
        runs: list[Run],
        splits: Mapping[int, Split],
        num_classes: int,
        progress: Callable[[float], None] | None = None,
    ) -> list[Trained]:
        """See `Model`."""
        return train(runs, splits, num_classes, self.training, progress)

"""Training a group of runs at once: every arm and seed of the group is one model of one stack."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from onewarm.loss import cross_entropy
from onewarm.study.arms import HARD, Arm
from onewarm.study.network import Stack, pad_features
from onewarm.study.splits import Rows, Split
from onewarm.target import SoftTarget, concat

# Streams of random numbers of one seed: arms share the first and the last, so that runs of a seed are paired.
INIT, TEACHER_INIT, ORDER = 10, 11, 12


@dataclass(frozen=True)
class Training:
    """How a run is trained; part of what a stored run is known by."""

    hidden: int = 128
    batch: int = 100
    steps: int = 600
    learning_rate: float = 1e-3

    @classmethod
    def for_rows(cls, rows: int, hidden: int = 128) -> Training:
        """The default for that many training rows: about 60 passes, at least 600 steps and at most 6000."""
        default = cls(hidden=hidden)
        return dataclasses.replace(default, steps=min(6000, max(default.steps, 60 * rows // default.batch)))

    def describe(self) -> dict[str, Any]:
        """The report's `model`: these numbers, and what they are numbers of."""
        return {
            "network": "multilayer perceptron, 2 hidden layers, ReLU",
            "optimizer": "Adam, constant rate, no weight decay",
            "teacher": "same network, weights of its own; the data set's rows for teachers, else the same rows",
            **dataclasses.asdict(self),
        }


class Run(NamedTuple):
    """One cell of a study: an arm with a seed."""

    arm: Arm
    seed: int


class Outputs(NamedTuple):
    """A trained model's float64 logits on its three parts, (n, K) each."""

    train: NDArray[np.float64]
    validation: NDArray[np.float64]
    test: NDArray[np.float64]


def train(
    runs: list[Run],
    splits: dict[int, Split],
    num_classes: int,
    training: Training,
    progress: Callable[[float], None] | None = None,
) -> list[Outputs]:
    """Train these runs together; the result of a run does not depend on which others are in the group.

    Args:
        runs: the models of the stack.
        splits: each seed's data; equal sizes.
        progress: called now and then with the finished share, 0..1.

    Runs of one seed share split, first weights and batch order and differ in their target alone.
    """
    report = progress or (lambda share: None)
    taught = sorted(
        {Run(_teacher(r.arm), r.seed) for r in runs if r.arm.kind == "teacher"}, key=lambda r: (r.arm.name, r.seed)
    )
    first = len(taught) / (len(taught) + len(runs))
    rows = {seed: split.train for seed, split in splits.items()}
    teachers: dict[Run, torch.Tensor] = {}
    if taught:
        seen = {seed: split.teacher or split.train for seed, split in splits.items()}
        stack = _fit(taught, seen, num_classes, training, TEACHER_INIT, {}, lambda s: report(first * s))
        teachers = dict(zip(taught, _logits(stack, taught, rows), strict=True))
    stack = _fit(runs, rows, num_classes, training, INIT, teachers, lambda s: report(first + (1 - first) * s))
    parts = [
        _logits(stack, runs, {seed: getattr(split, part) for seed, split in splits.items()})
        for part in ("train", "validation", "test")
    ]
    return [Outputs(*(part[m].double().numpy() for part in parts)) for m in range(len(runs))]


def _teacher(arm: Arm) -> Arm:
    return arm.teacher or HARD


def _logits(stack: Stack, runs: list[Run], rows: dict[int, Rows]) -> torch.Tensor:
    """Each run's logits (M, n, K) on the rows of its seed."""
    seeds = sorted({r.seed for r in runs})
    x = torch.stack([pad_features(rows[s].x) for s in seeds])
    return stack.logits(x, torch.tensor([seeds.index(r.seed) for r in runs]))


def _fit(
    runs: list[Run],
    data: dict[int, Rows],
    num_classes: int,
    training: Training,
    stream: int,
    teachers: dict[Run, torch.Tensor],
    progress: Callable[[float], None],
) -> Stack:
    """The stack trained on these rows, by seed."""
    seeds = sorted({r.seed for r in runs})
    which = torch.tensor([seeds.index(r.seed) for r in runs])
    x = torch.stack([pad_features(data[s].x) for s in seeds])
    n, features = data[seeds[0]].x.shape
    target = _stacked([_target(r, data, num_classes, teachers) for r in runs], num_classes)
    temperature = torch.tensor([r.arm.temperature for r in runs])[:, None, None]
    stack = Stack([[stream, r.seed] for r in runs], [features, training.hidden, training.hidden, num_classes])
    optimizer = torch.optim.Adam(stack.parameters(), lr=training.learning_rate, fused=True)
    batch = min(training.batch, n)
    for step, rows in enumerate(_batches(seeds, n, batch, training.steps)):
        seen = torch.take_along_dim(x, rows[:, :, None], 1)[which]  # (M, B, D)
        loss = _loss(stack(seen) / temperature, target, rows[which], n, batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if step % 20 == 19:
            progress((step + 1) / training.steps)
    return stack


def _target(run: Run, data: dict[int, Rows], num_classes: int, teachers: dict[Run, torch.Tensor]) -> SoftTarget:
    labels = torch.from_numpy(data[run.seed].y)
    return run.arm.target(labels, num_classes, teachers.get(Run(_teacher(run.arm), run.seed)))


def _batches(seeds: list[int], n: int, batch: int, steps: int) -> Iterator[torch.Tensor]:
    """Row numbers (S, batch) of each step: every epoch each seed shuffles anew; a last, smaller batch is left out."""
    generators = [np.random.default_rng([ORDER, seed]) for seed in seeds]
    left = 0
    for _ in range(steps):
        if left == 0:
            order = torch.from_numpy(np.stack([g.permutation(n) for g in generators]))
            left = n // batch
        yield order[:, (left - 1) * batch : left * batch]
        left -= 1


def _stacked(targets: list[SoftTarget], classes: int) -> SoftTarget:
    """All rows of all models, over a table that has two rows more than they need.

    A table of one row lets a kernel take a shorter way, whose last bit differs: with the two, a group that has
    nothing but uniform smoothing computes as one with teachers does.
    """
    none = torch.zeros(0, 1, dtype=torch.float64)
    no_rows = SoftTarget(
        index=none.long(),
        weight=none,
        table=torch.zeros(2, classes, dtype=torch.float64),
        table_index=none.long(),
        table_weight=none,
        num_classes=classes,
    )
    return concat([no_rows, *targets])


def _loss(logits: torch.Tensor, target: SoftTarget, rows: torch.Tensor, n: int, batch: int) -> torch.Tensor:
    """The sum over models of each one's mean loss: one call for the whole stack, so gradients do not mix."""
    models, _, classes = logits.shape
    at = (rows + n * torch.arange(models)[:, None]).reshape(-1)  # row r of model m is row m n + r of the target
    loss = cross_entropy(logits.reshape(-1, classes), target[at], reduction="sum")
    return torch.as_tensor(loss) / batch

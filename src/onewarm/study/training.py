"""Training a group of runs at once: every arm and seed of the group is one model of one stack."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from onewarm.dispatch import cross_entropy
from onewarm.study.arms import Arm
from onewarm.study.network import Stack, pad_features
from onewarm.study.splits import Split
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
    def for_rows(cls, rows: int) -> Training:
        """The default for that many training rows: about 60 passes, at least 600 steps and at most 6000."""
        default = cls()
        return dataclasses.replace(default, steps=min(6000, max(default.steps, 60 * rows // default.batch)))

    def describe(self) -> dict[str, Any]:
        """The report's `model`: these numbers, and what they are numbers of."""
        return {
            "network": "multilayer perceptron, 2 hidden layers, ReLU",
            "optimizer": "Adam, constant rate, no weight decay",
            "teacher": "same network and rows, hard labels, weights of its own",
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
    teacher_seeds = sorted({r.seed for r in runs if r.arm.kind == "teacher"})
    first = len(teacher_seeds) / (len(teacher_seeds) + len(runs))
    teachers: dict[int, torch.Tensor] = {}
    if teacher_seeds:
        taught = [Run(Arm("hard"), seed) for seed in teacher_seeds]
        stack, x = _fit(taught, splits, num_classes, training, TEACHER_INIT, {}, lambda s: report(first * s))
        logits = stack.logits(x, torch.arange(len(teacher_seeds)))
        teachers = dict(zip(teacher_seeds, logits, strict=True))
    stack, x = _fit(runs, splits, num_classes, training, INIT, teachers, lambda s: report(first + (1 - first) * s))
    seeds = sorted({r.seed for r in runs})
    which = torch.tensor([seeds.index(r.seed) for r in runs])
    parts = [
        stack.logits(torch.stack([pad_features(getattr(splits[s], part).x) for s in seeds]), which)
        for part in ("train", "validation", "test")
    ]
    return [Outputs(*(part[m].double().numpy() for part in parts)) for m in range(len(runs))]


def _fit(
    runs: list[Run],
    splits: dict[int, Split],
    num_classes: int,
    training: Training,
    stream: int,
    teachers: dict[int, torch.Tensor],
    progress: Callable[[float], None],
) -> tuple[Stack, torch.Tensor]:
    """The trained stack, and the training features (S, n, D) by sorted seed."""
    seeds = sorted({r.seed for r in runs})
    which = torch.tensor([seeds.index(r.seed) for r in runs])
    x = torch.stack([pad_features(splits[s].train.x) for s in seeds])
    n, features = splits[seeds[0]].train.x.shape
    target = _stacked(
        [r.arm.target(torch.from_numpy(splits[r.seed].train.y), num_classes, teachers.get(r.seed)) for r in runs],
        num_classes,
    )
    stack = Stack([[stream, r.seed] for r in runs], [features, training.hidden, training.hidden, num_classes])
    optimizer = torch.optim.Adam(stack.parameters(), lr=training.learning_rate, fused=True)
    batch = min(training.batch, n)
    for step, rows in enumerate(_batches(seeds, n, batch, training.steps)):
        seen = torch.take_along_dim(x, rows[:, :, None], 1)[which]  # (M, B, D)
        loss = _loss(stack(seen), target, rows[which], n, batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if step % 20 == 19:
            progress((step + 1) / training.steps)
    return stack, x


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

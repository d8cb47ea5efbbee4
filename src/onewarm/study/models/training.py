"""The study's own model: perceptrons, all runs of a group trained as one stack, stopped and to the end."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import needs
from onewarm.study.arms.arm import HARD, Arm
from onewarm.study.arms.confusion import confusion_matrix
from onewarm.study.arms.recipe import Context
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.model import Outputs, Run, Trained
from onewarm.study.models.stack.fit import BLOCK, Fitted, fit
from onewarm.study.models.stack.network import Stack, pad_features, padded
from onewarm.study.models.stack.slopes import Job
from onewarm.study.models.stopping import PATIENCE, WEIGHT_DECAYS

with needs("onewarm.study", "study"):
    import torch
    from torch import Tensor


# Streams of random numbers of a seed. All arms draw from the same INIT, so that runs of a seed are paired.
INIT, TEACHER_INIT = 10, 11

MEMORY = 2**27
"""Bytes that a stack may take, about: of more runs, several stacks are trained one after the other."""

WORTH_A_GPU = 2e6
"""Products of a step of one run from which on a stack of about a dozen runs gains from a GPU."""


@dataclass(frozen=True)
class Training:
    """Hyperparameters of a run; part of the key under which it is stored.

    `steps` is the length to the end; every `check_every` steps the validation NLL is measured, and training stops
    after `patience` checks without a new lowest one, under each of the `weight_decays`.
    """

    hidden: int = 128
    batch: int = 100
    steps: int = 600
    learning_rate: float = 1e-3
    weight_decays: tuple[float, ...] = WEIGHT_DECAYS
    patience: int = PATIENCE
    check_every: int = 20

    @classmethod
    def for_rows(cls, rows: int, hidden: int = 128) -> Training:
        """The default for this many training rows: about 60 epochs, at least 600 steps and at most 6000; 30 checks."""
        default = cls(hidden=hidden)
        steps = min(6000, max(default.steps, 60 * rows // default.batch))
        return dataclasses.replace(default, steps=steps, check_every=steps // 30)

    def describe(self) -> dict[str, Any]:
        """The report's `model`: these hyperparameters, with the network, the optimizer and the teacher in words."""
        return {
            "network": "multilayer perceptron, 2 hidden layers, ReLU",
            "optimizer": "AdamW, constant rate, decay of the weights but not of the biases",
            "stopping": "at the lowest validation NLL of hard labels, under the weight decay with the lowest; to the "
            "end: the same weight decay, all steps",
            "teacher": "same network, weights of its own, stopped in the same way; the data set's rows for teachers, "
            "else the same rows",
            **dataclasses.asdict(self),
            "weight_decays": list(self.weight_decays),
        }


class _Teacher(NamedTuple):
    """A model that others learn from, and the part of the split that it is trained on: "teacher" or "train"."""

    run: Run
    part: str


@dataclass(frozen=True)
class Perceptrons:
    """Multilayer perceptrons of two hidden layers, all runs of a group trained as one stack.

    Args:
        training: hyperparameters.
        device: where to train, such as "cpu" or "cuda"; None takes a CUDA GPU where there is one and a step of a dozen
            runs is enough work for it.
    """

    training: Training
    device: str | None = None
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
    ) -> Iterator[Trained]:
        """See `Model`; each run's outputs are computed when it is asked for.

        Runs of one seed share split, initial weights and batch order, and differ in their loss alone.
        """
        report = progress or (lambda share: None)
        taught: dict[_Teacher, list[Tensor]] = {}
        done = 0
        for part in self._stacks(runs, splits, num_classes):

            def of_part(share: float, done: int = done, count: int = len(part)) -> None:
                report((done + share * count) / len(runs))

            done += len(part)
            for run, fitted in zip(part, self._fit(part, splits, num_classes, taught, of_part), strict=True):
                yield self._trained(fitted, splits[run.seed], num_classes)

    def _fit(
        self,
        runs: list[Run],
        splits: Mapping[int, Split],
        num_classes: int,
        taught: dict[_Teacher, list[Tensor]],
        progress: Callable[[float], None],
    ) -> list[Fitted]:
        """Train the models that these runs learn from, unless `taught` has them, then the runs."""
        teachers = {t for run in runs for t in _teachers(run)} - set(taught)
        share = len(teachers) / (len(teachers) + len(runs))  # of the work, about
        done = 0.0
        for part in ("teacher", "train"):
            some = sorted((t for t in teachers if t.part == part), key=lambda t: (t.run.arm.name, t.run.seed))
            if some:
                rows = {t.run.seed: _rows(splits[t.run.seed], part) for t in some}
                of_part = share * len(some) / len(teachers)
                fitted = self._stack(
                    {t.run: _context(t.run, rows[t.run.seed]) for t in some},
                    *(rows, splits, num_classes, TEACHER_INIT),
                    progress=lambda s, done=done, of_part=of_part: progress(done + of_part * s),  # type: ignore[misc]
                )
                taught |= {t: f.stopped for t, f in zip(some, fitted, strict=True)}
                done += of_part
        contexts = {run: self._learns(run, splits[run.seed], num_classes, taught) for run in runs}
        rows = {run.seed: splits[run.seed].train for run in runs}
        rest = functools.partial(lambda s: progress(share + (1 - share) * s))
        return self._stack(contexts, rows, splits, num_classes, INIT, progress=rest, to_end=True)

    def _stack(
        self,
        runs: Mapping[Run, Context],
        rows: dict[int, Rows],
        splits: Mapping[int, Split],
        num_classes: int,
        stream: int,
        *,
        progress: Callable[[float], None],
        to_end: bool = False,
    ) -> list[Fitted]:
        device = self._device(next(iter(rows.values())), num_classes)
        jobs = []
        for (arm, seed), context in runs.items():
            labels = torch.from_numpy(rows[seed].y)
            exact = torch.float32 if device.type == "mps" else torch.float64  # Apple's GPUs have no float64
            target = arm.target(labels, num_classes, context).to(device, exact)
            jobs.append(Job(arm, seed, labels.to(device), target))
        validation = {seed: splits[seed].validation for seed in rows}
        return fit(jobs, rows, validation, num_classes, self.training, stream, to_end=to_end, progress=progress)

    def _learns(self, run: Run, split: Split, num_classes: int, taught: Mapping[_Teacher, list[Tensor]]) -> Context:
        """What the run's target needs: its teacher's logits, or the confusion matrix of a hard model."""
        context = _context(run, split.train)
        for teacher in _teachers(run):
            if "teacher" in run.arm.needs:
                logits = _logits(taught[teacher], split.train.x, num_classes)
                context = dataclasses.replace(context, teacher_logits=logits)
            else:
                logits = _logits(taught[teacher], split.validation.x, num_classes)
                confused = confusion_matrix(logits.double().softmax(1), split.validation.y, num_classes)
                context = dataclasses.replace(context, confusion=confused)
        return context

    def _trained(self, fitted: Fitted, split: Split, num_classes: int) -> Trained:
        def outputs(parameters: list[Tensor]) -> Outputs:
            parts = (split.train, split.validation, split.test)
            return Outputs(*(_logits(parameters, part.x, num_classes).double().numpy() for part in parts))

        stopped = outputs(fitted.stopped)
        return Trained(
            stopped=stopped,
            end=None if fitted.end is None else outputs(fitted.end),
            steps=fitted.steps,
            end_steps=None if fitted.end is None else self.training.steps,
            options={"weight_decay": fitted.weight_decay},
            curve=fitted.curve,
        )

    def _device(self, rows: Rows, num_classes: int) -> torch.device:
        """A function of one run's size, not of the group's: a run's bits must not depend on its company."""
        if self.device is not None:
            return torch.device(self.device)
        work = self.training.batch * self.training.hidden * (rows.x.shape[1] + self.training.hidden + num_classes)
        return torch.device("cuda" if work >= WORTH_A_GPU and torch.cuda.is_available() else "cpu")

    def _stacks(self, runs: list[Run], splits: Mapping[int, Split], num_classes: int) -> Iterator[list[Run]]:
        """Runs in order, parted into stacks: a stack has as many rows for each seed, and fits into `MEMORY`.

        Seeds that split whole groups differ by some rows.
        """
        for _, same in itertools.groupby(runs, key=lambda run: _sizes(splits[run.seed])):
            some = list(same)
            together = self._together(splits[some[0].seed], num_classes)
            yield from (some[i : i + together] for i in range(0, len(some), together))

    def _together(self, split: Split, num_classes: int) -> int:
        """How many runs a stack takes within `MEMORY`."""
        t = self.training
        rows, features = split.train.x.shape
        parameters = padded(t.hidden) * (padded(features) + t.hidden + padded(num_classes))
        activations = max(2 * t.batch, BLOCK) * (padded(features) + 2 * t.hidden + num_classes)
        of_member = 4 * (5 * parameters + 2 * activations)
        of_run = len(t.weight_decays) * of_member + 64 * rows
        return max(1, MEMORY // int(of_run))


def _teachers(run: Run) -> list[_Teacher]:
    """The models that must be trained before this run."""
    if run.arm.teacher_arm is not None:
        return [_Teacher(Run(run.arm.teacher_arm, run.seed), "teacher")]
    return [_Teacher(Run(HARD, run.seed), "train")] if "confusion" in run.arm.needs else []


def _sizes(split: Split) -> tuple[int, ...]:
    return tuple(len(rows) for rows in (split.train, split.validation, _rows(split, "teacher")))


def _rows(split: Split, part: str) -> Rows:
    return split.train if part == "train" or split.teacher is None else split.teacher


def _context(run: Run, rows: Rows) -> Context:
    return Context(votes=rows.votes, seed=run.seed)


@torch.no_grad()
def _logits(parameters: list[Tensor], x: NDArray[np.float32], num_classes: int) -> Tensor:
    """The logits (N, K) of one model on the CPU."""
    stack = Stack([p[None] for p in parameters], num_classes)
    rows = pad_features(x)
    blocks = [
        stack.logits(rows[None, i : i + BLOCK].to(parameters[0].device))[0].cpu() for i in range(0, len(x), BLOCK)
    ]
    return torch.cat(blocks)

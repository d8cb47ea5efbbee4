"""Trains runs as a stack: each under every entry of the grid, stopped at its best, the chosen one on to the end."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from onewarm.errors import InputError, needs
from onewarm.study.data.splits import Rows
from onewarm.study.models.model import Curve
from onewarm.study.models.stack.batches import Batches
from onewarm.study.models.stack.members import Member, Members
from onewarm.study.models.stack.network import initial, pad_features
from onewarm.study.models.stack.slopes import Job, Slopes
from onewarm.study.models.stopping import Patience, chosen

with needs("onewarm.study", "study"):
    import torch
    from torch import Tensor
    from torch.nn import functional


SAMPLE = 14  # the stream of random numbers of a seed that draws the training rows of the curve
CURVE_ROWS = 200
"""Training rows, at most, on which the curve's training NLL is measured."""

BLOCK = 256
"""Rows of a check that are computed at a time."""


class Options(Protocol):
    """What `fit` takes from `Training`."""

    @property
    def hidden(self) -> int: ...
    @property
    def batch(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def weight_decays(self) -> tuple[float, ...]: ...
    @property
    def patience(self) -> int: ...
    @property
    def check_every(self) -> int: ...


@dataclass(frozen=True)
class Fitted:
    """A run's parameters where its validation NLL was lowest, and after the last step (None where it diverged)."""

    stopped: list[Tensor]
    steps: int
    end: list[Tensor] | None
    weight_decay: float
    curve: Curve


def fit(
    jobs: list[Job],
    training: dict[int, Rows],
    validation: dict[int, Rows],
    num_classes: int,
    options: Options,
    stream: int,
    *,
    to_end: bool,
    progress: Callable[[float], None],
) -> list[Fitted]:
    """Train these jobs; the result of one does not depend on the others, to the bit.

    All members of the stack are at one step: at first all entries of the grid from step 0, then the chosen entry of
    each job, which comes in again at the step where its patience ended.

    Args:
        jobs: on the device to train on.
        training: the rows of each seed, equally many; of the jobs' labels.
        validation: the rows that stop and choose.
        num_classes: K.
        options: hyperparameters.
        stream: that of the seeds' initial weights.
        to_end: whether the chosen entry is trained to the last step.
        progress: called at each check with the finished share, 0..1.

    Raises InputError for a job that diverges before the first check whatever its weight decay.
    """
    loop = _Loop(jobs, training, validation, num_classes, options)
    features = next(iter(training.values())).x.shape[1]
    widths = [features, options.hidden, options.hidden, num_classes]
    drawn = {job.seed: [p.to(loop.device) for p in initial([stream, job.seed], widths)] for job in jobs}
    members = [
        Member.new(j, decay, Patience(options.patience), drawn[job.seed])
        for j, job in enumerate(jobs)
        for decay in options.weight_decays
    ]
    share = 0.7 if to_end else 1.0  # of the work, about; how early members stop is not known before
    best = loop.run(members, stopping=True, progress=lambda s: progress(share * s))
    stopped = [m.best for m in best]
    unfinished = [m for m in best if to_end and m.step < options.steps and not m.diverged]
    loop.run(unfinished, stopping=False, progress=lambda s: progress(share + (1 - share) * s))
    progress(1.0)
    fitted = []
    for member, parameters in zip(best, stopped, strict=True):
        ended = to_end and member.step == options.steps and not member.diverged
        fitted.append(
            Fitted(
                parameters,
                member.rule.step or 0,
                member.parameters if ended else None,
                member.weight_decay,
                Curve(*zip(*member.curve, strict=True)),
            )
        )
    return fitted


class _Loop:
    """The data of some jobs on their device, and the loop that trains members of them."""

    def __init__(
        self,
        jobs: list[Job],
        training: dict[int, Rows],
        validation: dict[int, Rows],
        num_classes: int,
        options: Options,
    ) -> None:
        self.jobs, self.options, self.classes = jobs, options, num_classes
        self.device = jobs[0].labels.device
        seeds = sorted({job.seed for job in jobs})
        self.seed_of_job = torch.tensor([seeds.index(job.seed) for job in jobs], device=self.device)
        self.x = torch.stack([pad_features(training[s].x) for s in seeds]).to(self.device)
        n = self.x.shape[1]
        self.batches = Batches(seeds, n, options.batch)
        self.slopes = Slopes(jobs, num_classes)
        # What is measured at a check: the validation rows, then a sample of the training rows.
        sample = [np.random.default_rng([SAMPLE, s]).permutation(n)[:CURVE_ROWS] for s in seeds]
        self.validation = len(validation[seeds[0]])
        x = [np.concatenate([validation[s].x, training[s].x[some]]) for s, some in zip(seeds, sample, strict=True)]
        y = [np.concatenate([validation[s].y, training[s].y[some]]) for s, some in zip(seeds, sample, strict=True)]
        self.checked_x = torch.stack([pad_features(rows) for rows in x]).to(self.device)
        self.checked_y = torch.from_numpy(np.stack(y)).to(self.device)

    @torch.no_grad()
    def run(self, members: list[Member], *, stopping: bool, progress: Callable[[float], None]) -> list[Member]:
        """Train members from their steps; each leaves when its patience is exhausted (if `stopping`) or at the end.

        With `stopping`, returns the best member of each job, in the order of the jobs; the others are dropped.
        """
        last, every = self.options.steps, self.options.check_every
        waiting = sorted(members, key=lambda m: m.step)
        best: dict[int, Member] = {}
        active = Members(self.classes, self.options.learning_rate)
        step = 0
        while waiting or active.now:
            if not active.now:
                step = waiting[0].step
            if joining := [m for m in waiting if m.step == step]:
                waiting = waiting[len(joining) :]
                self._enter(active, joining)
            if step < last:
                self._advance(active, step)
                step += 1
            if step % every and step < last:
                continue
            nll = self._nll(active)
            out, improved = [], []
            for place, member in enumerate(active.now):
                on_training, on_validation = nll[place]
                member.curve.append((step, on_training, on_validation))
                member.diverged = not math.isfinite(on_validation)
                if stopping and member.rule.improves(step, on_validation):
                    improved.append(place)
                if step == last or member.diverged or (stopping and member.rule.exhausted):
                    out.append(place)
            active.keep_best(improved)
            for member in self._leave(active, out):
                rival = best.get(member.job)
                if stopping and (rival is None or _better(member, rival)):
                    best[member.job] = member
            progress(step / last if last else 1.0)
        for job, member in best.items():
            if member.rule.step is None:
                raise self._diverged(job)
        return [best[j] for j in sorted(best)]

    def _enter(self, active: Members, members: list[Member]) -> None:
        active.enter(members)
        self._changed(active)

    def _leave(self, active: Members, out: list[int]) -> list[Member]:
        if not out:
            return []
        left = active.leave(out)
        if active.now:
            self._changed(active)
        return left

    def _changed(self, active: Members) -> None:
        jobs = [m.job for m in active.now]
        self.slopes.enter(jobs)
        self.which = self.seed_of_job[jobs]
        self.first = self.which[:, None] * self.x.shape[1]  # where the rows of the member's seed begin

    def _advance(self, active: Members, step: int) -> None:
        """One step of all members."""
        rows = torch.from_numpy(self.batches(step)).to(self.device)
        rows = rows[self.which]  # (M, B)
        x = self.x.flatten(0, 1).index_select(0, (rows + self.first).flatten()).view(*rows.shape, -1)
        mixing = {}
        online = {}
        for place, member in enumerate(active.now):
            job = self.jobs[member.job]
            if job.arm.mixup is not None:
                share, partner = mixing[place] = self.batches.mixing(job.seed, step, job.arm.mixup)
                x[place] = share * x[place] + (1 - share) * x[place][torch.from_numpy(partner).to(self.device)]
            if job.arm.online:
                online[place] = member.online
        slope = self.slopes(active.stack.forward(x), rows, mixing, online)
        active.stack.backward(slope)
        active.update()
        if (step + 1) % self.batches.in_epoch == 0:
            for place, state in online.items():
                self.slopes.end_epoch(self.jobs[active.now[place].job].arm, state)

    def _nll(self, active: Members) -> list[tuple[float, float]]:
        """The mean NLL of each member on the sampled training rows and on the validation rows."""
        parts = []
        for i in range(0, self.checked_x.shape[1], BLOCK):
            logits = active.stack.logits(self.checked_x[self.which, i : i + BLOCK])
            labels = self.checked_y[self.which, i : i + BLOCK]
            of_rows = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
            parts.append(of_rows.view(labels.shape))
        nll = torch.cat(parts, 1).cpu().double().numpy()  # NumPy's mean of a row does not depend on the other rows
        return [(float(row[self.validation :].mean()), float(row[: self.validation].mean())) for row in nll]

    def _diverged(self, job: int) -> InputError:
        run = self.jobs[job]
        return InputError(
            f"the arm {run.arm.name} with seed {run.seed} diverges: its validation NLL is not a finite number at the "
            f"first check, after {min(self.options.check_every, self.options.steps)} steps, whatever the weight decay "
            f"({', '.join(f'{d:g}' for d in self.options.weight_decays)}); look for huge values among the features, or "
            "lower the learning rate"
        )


def _better(member: Member, rival: Member) -> bool:
    """Whether it has the lower validation NLL; of equal ones the smaller weight decay is taken."""
    first, second = sorted((member, rival), key=lambda m: m.weight_decay)
    return (first, second)[chosen([first.rule.best, second.rule.best]) or 0] is member

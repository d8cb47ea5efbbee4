"""The gradient in the logits of each run's loss, for all models of a stack at once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import needs
from onewarm.loss import cross_entropy_with_gradient
from onewarm.study.arms.arm import Arm
from onewarm.study.arms.recipe import Context
from onewarm.target import SoftTarget, concat

with needs("onewarm.study", "study"):
    import torch
    from torch import Tensor
    from torch.nn import functional


DENSE = 2**18
"""Numbers of a run's target, at most, that are kept dense: few rows of few classes cost less than a call of the kernel.

For `digits` the gradient then takes a fifth of the time."""

FEW_ROWS = 16
"""The kernel takes another path for fewer rows, which differs in the last bit: they are filled up."""


@dataclass(frozen=True)
class Job:
    """One run as its loss sees it: its arm, its seed, and the labels (N,) and targets of all its training rows."""

    arm: Arm
    seed: int
    labels: Tensor
    target: SoftTarget


@dataclass
class Online:
    """Online label smoothing's state: the table (K, K) of the last epoch, and this epoch's predictions and labels."""

    table: Tensor | None = None
    predictions: list[Tensor] = field(default_factory=list)
    labels: list[Tensor] = field(default_factory=list)


Mixing = tuple[float, NDArray[np.int64]]


class Slopes:
    """d loss / d logits of M models in one call; no model's gradient depends on another's rows.

    A loss is the mean over the batch of H(target, z / T), plus the arm's extra term of z / T. Arms without a term,
    mixup or a table of their own go through the kernel alone; to the others something is added, by arm.

    Args:
        jobs: the runs; equal numbers of rows.
        num_classes: K.
    """

    def __init__(self, jobs: list[Job], num_classes: int) -> None:
        self.jobs, self.classes = jobs, num_classes
        self.rows = len(jobs[0].labels)
        device = jobs[0].labels.device
        self.target = _stacked([job.target for job in jobs], num_classes, device)
        self.labels = torch.cat([job.labels for job in jobs])
        self._dense: tuple[Tensor, Tensor] | None = None  # mass (R, 1) and target (R, K), where they are small
        if self.rows * num_classes <= DENSE:
            dense = torch.cat([job.target.dense() for job in jobs])
            self._dense = dense.sum(1, keepdim=True).float(), dense.float()
        self.temperature = torch.tensor([job.arm.temperature for job in jobs], device=device)

    def enter(self, members: list[int]) -> None:
        """The models of the stack from now on, by the number of their job."""
        self.members = members
        at = torch.tensor(members, device=self.labels.device)
        self._first = (at * self.rows)[:, None]  # the row of the target where the job's rows begin
        self._temperature = self.temperature[at][:, None, None]
        by_arm: dict[Arm, list[int]] = {}
        for m, job in enumerate(members):
            if (arm := self.jobs[job].arm).has_extra or arm.mixup is not None or arm.online:
                by_arm.setdefault(arm, []).append(m)
        self._special = [(arm, torch.tensor(which, device=at.device)) for arm, which in by_arm.items()]

    def __call__(self, logits: Tensor, rows: Tensor, mixing: dict[int, Mixing], online: dict[int, Online]) -> Tensor:
        """The gradients (M, B, K).

        Args:
            logits: (M, B, K); those of a model that has diverged are taken for 0, and the next check ends it.
            rows: (M, B), each model's rows of its job.
            mixing: by model, how mixup mixes the rows of this batch.
            online: by model, the state of online label smoothing, which takes in this batch's predictions.
        """
        batch = logits.shape[1]
        z = torch.nan_to_num(logits, nan=0.0, posinf=0.0, neginf=0.0) / self._temperature
        index = rows + self._first
        slope = self._of_targets(z.flatten(0, 1), index.flatten()).view(z.shape)
        for arm, which in self._special:
            slope[which] += self._correction(arm, z[which], index[which], which.tolist(), mixing, online)
        return slope / (batch * self._temperature)

    def _of_targets(self, z: Tensor, index: Tensor) -> Tensor:
        """The gradients (R, K) of each row's cross-entropy with these rows of the target."""
        if self._dense is not None:
            mass, target = self._dense
            return z.softmax(-1).mul_(mass.index_select(0, index)).sub_(target.index_select(0, index))
        missing = max(0, FEW_ROWS - len(index))
        if missing:
            z, index = functional.pad(z, (0, 0, 0, missing)), functional.pad(index, (0, missing))
        slope: Tensor = cross_entropy_with_gradient(z, self.target[index], reduction="sum")[1]
        return slope[: len(slope) - missing]

    def _correction(
        self, arm: Arm, z: Tensor, index: Tensor, which: list[int], mixing: dict[int, Mixing], online: dict[int, Online]
    ) -> Tensor:
        """What is added to the gradient of the arm's own target, at logits z (m, B, K).

        The gradient is linear in the target: another target's is that of the own plus the difference of the two.
        """
        labels = self.labels[index]
        target = self.target[index.reshape(-1)]
        added = torch.zeros_like(z)
        if arm.online or arm.mixup is not None:
            own = target.dense().reshape(z.shape)
            if arm.online:
                others = [self._online(arm, zm, y, online[m]) for zm, y, m in zip(z, labels, which, strict=True)]
                added += own - torch.stack([other.dense() for other in others])
            else:
                share = own.new_tensor([mixing[m][0] for m in which])[:, None, None]
                partner = torch.from_numpy(np.stack([mixing[m][1] for m in which])).to(z.device)
                added += (1 - share) * (own - torch.take_along_dim(own, partner[:, :, None], 1))
        if arm.has_extra:
            with torch.enable_grad():
                z = z.detach().requires_grad_()
                added += torch.autograd.grad(arm.extra(z, labels, target).sum(), z)[0]
        return added

    def _online(self, arm: Arm, z: Tensor, labels: Tensor, state: Online) -> SoftTarget:
        state.predictions.append(z.softmax(-1))
        state.labels.append(labels)
        return arm.target(labels, self.classes, Context(table=state.table))

    def end_epoch(self, arm: Arm, state: Online) -> None:
        """Replace the table of an online arm by that of the epoch's predictions."""
        state.table = arm.new_table(torch.cat(state.predictions), torch.cat(state.labels), self.classes)
        state.predictions, state.labels = [], []


def _stacked(targets: list[SoftTarget], classes: int, device: torch.device) -> SoftTarget:
    """The targets of all jobs, one after the other, with two unused rows in their table.

    For a table of one row the kernel takes a shorter path that differs in the last bit. With the two rows, a run has
    the same bits in a group that only smooths as in one with teachers.
    """
    dtype = targets[0].weight.dtype
    empty = torch.zeros(0, 1, dtype=dtype, device=device)
    no_rows = SoftTarget(
        index=empty.long(),
        weight=empty,
        table=torch.zeros(2, classes, dtype=dtype, device=device),
        table_index=empty.long(),
        table_weight=empty,
        num_classes=classes,
    )
    return concat([no_rows, *targets])

"""The models of a stack with all that their training needs; a model may leave, and come back later, unchanged."""

from __future__ import annotations

from dataclasses import dataclass, field

from onewarm.errors import needs
from onewarm.study.models.stack.network import Stack
from onewarm.study.models.stack.slopes import Online
from onewarm.study.models.stopping import Patience

with needs("onewarm.study", "study"):
    import torch
    from torch import Tensor


@dataclass
class Member:
    """One model: a run under one entry of the grid.

    `tensors` are its parameters, Adam's two moments and its best parameters, in this order, as they were when it was
    last outside the stack.
    """

    job: int
    weight_decay: float
    rule: Patience
    tensors: list[Tensor]
    step: int = 0
    online: Online = field(default_factory=Online)
    curve: list[tuple[int, float, float]] = field(default_factory=list)
    """(step, training NLL, validation NLL) of each check."""
    diverged: bool = False
    """Whether the last validation NLL was not finite."""

    @classmethod
    def new(cls, job: int, weight_decay: float, rule: Patience, parameters: list[Tensor]) -> Member:
        """A model that has not been trained yet."""
        zeros = [torch.zeros_like(p) for p in parameters]
        return cls(job, weight_decay, rule, [*parameters, *zeros, *zeros, *parameters])

    @property
    def parameters(self) -> list[Tensor]:
        """As they were when it left the stack."""
        return self.tensors[: len(self.tensors) // 4]

    @property
    def best(self) -> list[Tensor]:
        """Its parameters at the check with the lowest validation NLL."""
        return self.tensors[3 * len(self.tensors) // 4 :]


class Members:
    """The members that are in training, all at the same step, and their stack.

    Args:
        classes: K.
        learning_rate: Adam's.
    """

    def __init__(self, classes: int, learning_rate: float) -> None:
        self.classes, self.rate = classes, learning_rate
        self.now: list[Member] = []
        self._tensors: list[Tensor] = []  # of all members, stacked: parameters, moments, best

    def enter(self, members: list[Member]) -> None:
        """Add these to the stack."""
        new = [torch.stack(parts) for parts in zip(*(m.tensors for m in members), strict=True)]
        for m in members:
            m.tensors = []
        self._tensors = [torch.cat(pair) for pair in zip(self._tensors, new, strict=True)] if self.now else new
        self.now = [*self.now, *members]
        self._changed()

    def leave(self, out: list[int]) -> list[Member]:
        """Take these, by their place, out of the stack."""
        left = [self.now[i] for i in out]
        for i, m in zip(out, left, strict=True):
            m.tensors = [t[i].clone() for t in self._tensors]
        keep = [i for i in range(len(self.now)) if i not in out]
        self._tensors = [t[keep] for t in self._tensors] if keep else []
        self.now = [self.now[i] for i in keep]
        if keep:
            self._changed()
        return left

    def update(self) -> None:
        """One step of AdamW with the stack's gradients (Loshchilov and Hutter, ICLR 2019, algorithm 2)."""
        for weight, shrink in zip(self.stack.weights, self._shrink, strict=True):
            weight.mul_(shrink)
        self._adam.step()
        for m in self.now:
            m.step += 1

    def keep_best(self, places: list[int]) -> None:
        """Note the parameters of these members as their best."""
        count = len(self.stack.parameters)
        for best, now in zip(self._tensors[3 * count :], self._tensors[:count], strict=True):
            best[places] = now[places]

    def _changed(self) -> None:
        count = len(self._tensors) // 4
        parameters, first, second = (self._tensors[i * count : (i + 1) * count] for i in range(3))
        self.stack = Stack(parameters, self.classes)
        decay = parameters[0].new_tensor([m.weight_decay for m in self.now])[:, None, None]
        self._shrink = [1 - self.rate * decay] * len(self.stack.weights)
        self._adam = torch.optim.Adam(parameters, lr=self.rate, fused=True)
        step = torch.tensor(float(self.now[0].step), device=parameters[0].device)
        for p, gradient, m, v in zip(parameters, self.stack.gradients, first, second, strict=True):
            p.grad = gradient
            self._adam.state[p] = {"step": step.clone(), "exp_avg": m, "exp_avg_sq": v}

"""A PyTorch module of the user's as a study's model, trained by the study under the rules of its own network."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from onewarm.errors import InputError, needs
from onewarm.loss import cross_entropy
from onewarm.study.arms.arm import HARD, Arm
from onewarm.study.arms.recipe import Context
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.each import Job, train_each
from onewarm.study.models.model import Curve, Outputs, Run, Trained
from onewarm.study.models.modules.factory import Factory, logits_in
from onewarm.study.models.modules.inputs import features_of, form_of, in_dtype_of
from onewarm.study.models.stack.batches import Batches
from onewarm.study.models.stopping import Patience, chosen
from onewarm.study.models.training import Training
from onewarm.study.models.user_errors import user_code
from onewarm.target import SoftTarget, mix

with needs("onewarm.study", "study"):
    import torch
    from torch import Tensor, nn

ROWS = 512
"""Rows of a batch in evaluation."""


class Module:
    """An `nn.Module` that a factory makes for each run, trained with AdamW.

    Each run is trained under each weight decay of the grid, stopped by patience on its validation NLL with its best
    weights kept; the decay with the lowest one is taken, and that model is trained on to the end. `torch.manual_seed`
    of the study's seed comes before the factory, so that the arms of a seed share initial weights, batches and dropout.

    What the module is called with is told in `inputs`.

    Args:
        factory: see `Factory`.
        training: steps, batch, learning rate; `hidden` is not used.
        device: where to train; None is a GPU where there is one.
        key: what identifies the factory in the store; None is its code and what it uses.

    Raises:
        InputError: for a factory that it is not clear how to call.
    """

    def __init__(self, factory: Any, training: Training, device: str | None = None, key: str | None = None) -> None:
        self.factory = Factory(factory)
        self.training = training
        self.name = self.factory.name
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._identity = key or self.factory.identity()
        self._takes_integers = False

    def describe(self) -> dict[str, Any]:
        """See `Model`."""
        training = {key: value for key, value in self.training.describe().items() if key != "hidden"}
        return {**training, "network": self.name, "factory": self._identity}

    def check(self, split: Split, num_classes: int) -> None:
        """Make one module and call it, before anything is trained. Raises InputError where it is not usable."""
        with torch.random.fork_rng(), user_code(self.name):
            form = form_of(self.factory, split.train, num_classes)
        self._takes_integers = not form(split.train).is_floating_point()

    def refuses(self, arm: Arm) -> str | None:
        """See `Model`: after `check`, which tells whether the module takes integers, such as token ids."""
        if arm.mixup is None or not self._takes_integers:
            return None
        return f"the arm {arm.name} mixes features, and those that {self.name} takes are integers: leave the arm out"

    def train(
        self,
        runs: list[Run],
        splits: Mapping[int, Split],
        num_classes: int,
        progress: Callable[[float], None] | None = None,
    ) -> list[Trained]:
        """See `Model`."""
        with torch.random.fork_rng():
            return train_each(runs, splits, num_classes, partial(self._fit, num_classes), progress, torch.from_numpy)

    def _fit(
        self, num_classes: int, job: Job, target: SoftTarget, split: Split, progress: Callable[[float], None]
    ) -> Trained:
        what = f"{self.name}, arm {job.arm.name}, seed {job.seed}"
        with user_code(what):
            form = form_of(self.factory, split.train, num_classes)
            train, validation, test = (
                form(rows).to(self.device) for rows in (split.train, split.validation, split.test)
            )
            data = _Data(train, validation, test, split, target.to(self.device), num_classes)
            grid = [_Session(self, job, data, decay) for decay in self.training.weight_decays]
        for i, session in enumerate(grid):
            session.until(_share(progress, i, len(grid) + 1), lambda s: s.patience.exhausted)
        best = chosen([session.patience.best for session in grid])
        if best is None:
            raise InputError(f"{what}: the validation NLL was not finite from the first check on: lower learning_rate")
        grid[best].until(_share(progress, len(grid), len(grid) + 1))
        return grid[best].trained()


def _share(progress: Callable[[float], None], before: int, of: int) -> Callable[[float], None]:
    """The progress of one of several trainings, as that of all."""
    return lambda share: progress((before + share) / of)


@dataclass(frozen=True)
class _Data:
    """What a run is trained and scored on, on its device."""

    train: Tensor
    validation: Tensor
    test: Tensor
    split: Split
    target: SoftTarget
    num_classes: int


class _Session:
    """One training under one weight decay, which can be stopped and gone on with."""

    def __init__(self, of: Module, job: Job, data: _Data, weight_decay: float) -> None:
        self.training, self.arm, self.weight_decay = of.training, job.arm, weight_decay
        self.what = f"{of.name}, arm {job.arm.name}, seed {job.seed}"
        self.seed = job.seed
        self.module = of.factory.make(features_of(data.train), data.num_classes, job.random_state).to(of.device)
        if any(isinstance(p, nn.UninitializedParameter) for p in self.module.parameters()):
            with torch.no_grad():
                self.module.eval()(in_dtype_of(self.module, data.train[:2]))  # lazy layers learn their shapes
        weights = [p for p in self.module.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": [p for p in weights if p.ndim > 1], "weight_decay": weight_decay},
                {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0},  # biases and norms
            ],
            lr=of.training.learning_rate,
        )
        train, validation, test = (in_dtype_of(self.module, x) for x in (data.train, data.validation, data.test))
        self.data = replace(data, train=train, validation=validation, test=test)
        self.labels = torch.from_numpy(data.split.train.y).to(of.device)
        self.target = data.target
        self.batches = Batches([job.seed], len(data.train), of.training.batch)
        self.patience = Patience(of.training.patience)
        self.done = 0
        self.diverged = False
        """Whether it gave a logit that is not finite in training: it is not trained any further."""
        self.best: dict[str, Any] = {}
        self.curve: list[tuple[int, float, float]] = []
        self.epoch: list[tuple[Tensor, Tensor]] = []
        """Predictions and labels of this epoch so far, for online smoothing."""
        self.random = torch.get_rng_state()

    def until(self, report: Callable[[float], None], ended: Callable[[_Session], bool] = lambda session: False) -> None:
        """Train for the steps that are left, or until `ended`; random numbers go on where the session stopped."""
        torch.set_rng_state(self.random)
        steps = self.training.steps
        while self.done < steps and not self.diverged and not ended(self):
            with user_code(self.what):
                self._step()
                if not self.diverged and (self.done % self.training.check_every == 0 or self.done == steps):
                    self._check()
            if self.done % 20 == 0:
                report(self.done / steps)
        self.random = torch.get_rng_state()

    def _step(self) -> None:
        rows = torch.from_numpy(self.batches(self.done)[0]).to(self.labels.device)
        x, target = self.data.train[rows], self.target[rows]
        if self.arm.mixup is not None:
            share, partner = self.batches.mixing(self.seed, self.done, self.arm.mixup)
            other = torch.from_numpy(partner).to(x.device)
            x, target = share * x + (1 - share) * x[other], mix(target, target[other], share)
        self.module.train()
        logits = _logits(self.module(x)) / self.arm.temperature
        if logits.device.type == "cpu" and not bool(torch.isfinite(logits).all()):  # elsewhere the loss is NaN
            self.diverged = True
            return
        if self.arm == HARD:  # what a loop without onewarm does, to the bit
            loss = nn.functional.cross_entropy(logits, self.labels[rows])
        else:
            loss = torch.as_tensor(cross_entropy(logits, target))
        extra = self.arm.extra(logits, self.labels[rows], target)
        if extra is not None:
            loss = loss + extra.mean()
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.done += 1
        if self.arm.online:
            self.epoch.append((logits.detach().softmax(1), self.labels[rows]))
            if self.done % self.batches.in_epoch == 0:
                probabilities, labels = map(torch.cat, zip(*self.epoch, strict=True))
                table = self.arm.new_table(probabilities, labels, self.data.num_classes)
                context = Context(table=table, seed=self.seed)
                self.target = self.arm.target(self.labels, self.data.num_classes, context)
                self.epoch = []

    def _check(self) -> None:
        train, validation = (
            self._nll(self.data.train, self.data.split.train),
            self._nll(self.data.validation, self.data.split.validation),
        )
        self.curve.append((self.done, train, validation))
        if self.patience.improves(self.done, validation):
            self.best = copy.deepcopy(self.module.state_dict())

    def _nll(self, x: Tensor, rows: Rows) -> float:
        logits = self._predict(x)
        return float(nn.functional.cross_entropy(logits, torch.from_numpy(rows.y)))

    def _predict(self, x: Tensor) -> Tensor:
        """float64 logits (N, K) in evaluation mode."""
        self.module.eval()
        with torch.no_grad():
            return torch.cat([_logits(self.module(part)).double().cpu() for part in torch.split(x, ROWS)])

    def _outputs(self) -> Outputs:
        return Outputs(*(self._predict(x).numpy() for x in (self.data.train, self.data.validation, self.data.test)))

    def trained(self) -> Trained:
        end = self._outputs()
        finite = not self.diverged and all(np.isfinite(part).all() for part in end)
        self.module.load_state_dict(self.best)
        steps, train, validation = zip(*self.curve, strict=True)
        return Trained(
            self._outputs(),
            end if finite else None,
            steps=self.patience.step,
            end_steps=self.done if finite else None,
            options={"weight_decay": self.weight_decay},
            curve=Curve(steps, train, validation),
        )


def _logits(output: Any) -> Tensor:
    logits: Tensor = logits_in(output)
    return logits

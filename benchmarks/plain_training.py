"""A study's training in plain PyTorch, one model after the other: what the stack is compared with, in speed and result.

The same weights, batches, decay, checks and stopping rule, with nn.Sequential, AdamW(fused=True) and a loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.training import Training

INIT, ORDER = 10, 12

Logits = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class Plain(NamedTuple):
    """A run: the step and weight decay of the stopped model, and both models as functions of features."""

    step: int
    weight_decay: float
    stopped: Logits
    end: Logits


class _Entry(NamedTuple):
    """One entry of the grid, where its patience was exhausted or at the end."""

    best: float
    weight_decay: float
    step: int
    kept: dict[str, Any]
    model: torch.nn.Sequential
    optimizer: torch.optim.Optimizer
    done: int


def train(
    split: Split,
    target: Tensor,
    training: Training,
    seed: int,
    classes: int,
    stream: int = INIT,
    temperature: float = 1.0,
) -> Plain:
    """Train one run under each weight decay until its patience is exhausted, and the best of them to the end.

    Args:
        split: the rows.
        target: class numbers (N,) or shares (N, K) of the training rows.
        training: hyperparameters.
        seed: of initial weights and batches.
        classes: K.
        stream: that of the initial weights.
        temperature: divides the logits; the loss is multiplied by its square.
    """
    x, validation = torch.from_numpy(split.train.x), split.validation
    entries = [
        _entry(x, target, validation, training, decay, seed, classes, stream, temperature)
        for decay in training.weight_decays
    ]
    chosen = min(entries, key=lambda e: (e.best, e.weight_decay))
    for step in range(chosen.done, training.steps):
        _step(chosen, x, target, training, seed, step, temperature)
        if (step + 1) % training.check_every == 0:
            hard_nll(chosen.model, validation)  # for the curve
    return Plain(
        chosen.step,
        chosen.weight_decay,
        _logits_with(chosen.model, chosen.kept),
        _logits_with(chosen.model, _weights(chosen.model)),
    )


def _entry(
    x: Tensor,
    target: Tensor,
    validation: Rows,
    training: Training,
    decay: float,
    seed: int,
    classes: int,
    stream: int,
    temperature: float,
) -> _Entry:
    model = make(x.shape[1], training.hidden, seed, classes, stream)
    groups = [
        {"params": [p for p in model.parameters() if p.ndim == 2], "weight_decay": decay},
        {"params": [p for p in model.parameters() if p.ndim == 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=training.learning_rate, fused=True)
    entry = _Entry(math.inf, decay, 0, {}, model, optimizer, 0)
    since = 0
    for step in range(training.steps):
        _step(entry, x, target, training, seed, step, temperature)
        entry = entry._replace(done=step + 1)
        if (step + 1) % training.check_every == 0 or step + 1 == training.steps:
            nll = hard_nll(model, validation)
            since += 1
            if nll < entry.best:
                entry, since = entry._replace(best=nll, step=step + 1, kept=_weights(model)), 0
            if since >= training.patience:
                break
    return entry


def _step(
    entry: _Entry, x: Tensor, target: Tensor, training: Training, seed: int, step: int, temperature: float
) -> None:
    at = torch.from_numpy(batch_rows(len(x), training.batch, seed, step))
    loss = functional.cross_entropy(entry.model(x[at]) / temperature, target[at])
    entry.optimizer.zero_grad()
    (temperature**2 * loss).backward()  # type: ignore[no-untyped-call]
    entry.optimizer.step()


def make(features: int, hidden: int, seed: int, classes: int, stream: int = INIT) -> torch.nn.Sequential:
    """The perceptron with the seed's initial weights."""
    rng = np.random.default_rng([stream, seed])
    layers: list[torch.nn.Module] = []
    for i, o in ((features, hidden), (hidden, hidden), (hidden, classes)):
        layer = torch.nn.Linear(i, o)
        weight = rng.uniform(-1, 1, (i, o)).astype(np.float32) * np.float32((6 / i) ** 0.5)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.T))
            layer.bias.zero_()
        layers += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def batch_rows(n: int, batch: int, seed: int, step: int) -> NDArray[np.int64]:
    """The rows of a step: each epoch shuffles anew, and leaves out a last, smaller batch."""
    size = min(batch, n)
    epoch, at = divmod(step, n // size)
    return np.random.default_rng([ORDER, seed, epoch]).permutation(n)[at * size : (at + 1) * size]


@torch.no_grad()
def hard_nll(model: torch.nn.Module, rows: Rows) -> float:
    """The mean NLL of the labels."""
    return float(functional.cross_entropy(model(torch.from_numpy(rows.x)), torch.from_numpy(rows.y)))


def _weights(model: torch.nn.Module) -> dict[str, Any]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def _logits_with(model: torch.nn.Sequential, state: dict[str, Any]) -> Logits:
    @torch.no_grad()
    def logits(x: NDArray[np.float32]) -> NDArray[np.float32]:
        model.load_state_dict(state)
        return np.asarray(model(torch.from_numpy(x)).numpy())

    return logits

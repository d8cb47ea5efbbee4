"""What a study asks of a model: train these runs, and give each one's logits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onewarm.study.arms.arm import Arm
    from onewarm.study.data.splits import Split


class Run(NamedTuple):
    """One run of a study: an arm with a seed."""

    arm: Arm
    seed: int


class Outputs(NamedTuple):
    """A trained model's float64 logits (or log probabilities) on its three parts, (n, K) each."""

    train: NDArray[np.float64]
    validation: NDArray[np.float64]
    test: NDArray[np.float64]


class Curve(NamedTuple):
    """The hard-label NLL along the training, at the steps (or epochs, or rounds) where it was measured."""

    steps: tuple[int, ...]
    train: tuple[float, ...]
    validation: tuple[float, ...]


@dataclass(frozen=True)
class Trained:
    """One run, trained as an expert would, and to the end.

    `stopped` is the model at the step with its lowest validation NLL, under the options chosen on validation; a model
    that decides itself when to end has only that. `end` is the same arm trained for all steps.
    """

    stopped: Outputs
    end: Outputs | None = None
    steps: int | None = None
    """The step of `stopped`."""
    end_steps: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    """What was chosen from the grid, such as {"weight_decay": 0.1}."""
    curve: Curve | None = None


@runtime_checkable
class Model(Protocol):
    """A kind of model that a study can train."""

    name: str

    def describe(self) -> dict[str, Any]:
        """All that determines a run except data, arm and seed, as JSON values: part of the key of stored runs."""
        ...

    def refuses(self, arm: Arm) -> str | None:
        """Why this model cannot be trained with the arm, with the remedy, as a sentence; None where it can."""
        ...

    def train(
        self,
        runs: list[Run],
        splits: Mapping[int, Split],
        num_classes: int,
        progress: Callable[[float], None] | None = None,
    ) -> Iterable[Trained]:
        """Train these runs; the result of a run does not depend on which others are in the list.

        A model may give them one at a time, so that the outputs of all need not be in memory together.

        Args:
            runs: of any seeds of `splits`.
            splits: each seed's rows.
            progress: called with the finished share, 0..1; may raise to stop the training.
        """
        ...

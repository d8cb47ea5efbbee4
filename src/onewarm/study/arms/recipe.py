"""What the kind of an arm is: its syntax, what it trains on, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from onewarm.checks import Array, array_namespace, device
from onewarm.target import SoftTarget, one_hot, smooth

Numbers = tuple[float, ...]
Need = Literal["teacher", "confusion", "votes"]


@dataclass(frozen=True)
class Context:
    """What a target may need beside the labels; only what `Arm.needs` names has to be given.

    `teacher_logits` (N, K) are a teacher's, of the same rows; `confusion` (K, K) is that of
    `onewarm.study.arms.confusion.confusion_matrix`; `votes` (N, K) counts annotators' votes; `table` (K, K) is online
    label smoothing's; `seed` is the run's. NumPy arrays or tensors.
    """

    teacher_logits: Any = None
    confusion: Any = None
    votes: Any = None
    table: Any = None
    seed: int = 0


@dataclass(frozen=True)
class Number:
    """A number in an arm's name: `name` as the syntax writes it, what is `expected` of it in words, and as a test."""

    name: str
    expected: str
    valid: Callable[[float], bool]
    default: float | None = None


def hard_target(labels: Array, num_classes: int, context: Context, numbers: Numbers) -> SoftTarget:
    """All mass on the label: onehot(y)."""
    return one_hot(labels, num_classes)


@dataclass(frozen=True)
class Recipe:
    """A kind of arm. Its hooks take the numbers of the arm's name; `Arm` has them under the same names.

    A label smoothing gives `smoothing`, the share that it moves and the row (K,) it moves it to, None for the uniform
    one: its target and the inverse of the smoothing both follow from it. Other kinds give a `target`, or keep the hard
    one and add an `extra` term to its cross-entropy.
    """

    kind: str
    title: str
    trains_on: str
    equation: str
    source: str
    example: str
    numbers: tuple[Number, ...] = ()
    other_names: tuple[str, ...] = ()
    """What others call it, to be recognised in a misspelt arm."""
    needs: frozenset[Need] = frozenset()
    alpha: Callable[[Numbers], float] | None = None
    smoothing: Callable[[NDArray[np.int64], int, Numbers], tuple[float, NDArray[np.float64] | None]] | None = None
    target: Callable[[Array, int, Context, Numbers], SoftTarget] = hard_target
    extra: Callable[[Any, Any, SoftTarget | None, Numbers], Any] | None = None
    temperature: Callable[[Numbers], float] | None = None
    mixup: bool = False
    online: bool = False
    reference: bool = False
    ordered: bool = False
    """Whether the order of the classes matters."""
    targets_only: bool = True
    """Whether targets that are distributions say all of it, so that a model that takes only these can be trained."""

    @property
    def syntax(self) -> str:
        """As the command line takes it, such as `margin:M[:WEIGHT]`."""
        parts = [f"[:{n.name}]" if n.default is not None else f":{n.name}" for n in self.numbers]
        return self.kind + "".join(parts) + ("[:ARM]" if "teacher" in self.needs else "")

    def target_of(self, labels: Array, num_classes: int, context: Context, numbers: Numbers) -> SoftTarget:
        """The training target of labels (N,)."""
        if self.smoothing is None:
            return self.target(labels, num_classes, context, numbers)
        share, row = self.smoothing(to_numpy(labels), num_classes, numbers)
        return smooth(labels, share, num_classes=num_classes, prior=None if row is None else like(labels, row))


def to_numpy(array: Any) -> NDArray[Any]:
    """A tensor on any device, or an array, as a NumPy array."""
    return np.asarray(array.detach().cpu() if hasattr(array, "detach") else array)


def like(labels: Array, array: NDArray[Any]) -> Array:
    """An array in the library, and on the device, of the labels."""
    return array_namespace(labels).asarray(array, device=device(labels))


def first_number(numbers: Numbers) -> float:
    """The first number of an arm's name, where that is its alpha."""
    return numbers[0]


def between(name: str, what: str, low: float, high: float, default: float | None = None) -> Number:
    """A number of low <= x <= high, or 0 < x <= high where `low` is 0; beyond, it is a slip or overflows."""
    limits = f"above 0 and at most {high:g}" if low == 0 else f"between {low:g} and {high:g}"
    return Number(name, f"{what} {limits}", lambda x: low <= x <= high and x > 0, default)


SHARE = Number("ALPHA", "a share between 0 and 1", lambda a: 0 < a < 1)

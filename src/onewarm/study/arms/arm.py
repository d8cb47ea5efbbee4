"""Arms: the target recipes that a study compares, and their syntax. To add an arm, change only this file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError, needs
from onewarm.target import SoftTarget, one_hot, smooth, soft

with needs("onewarm.study", "study"):
    import torch


RECIPES = {
    "hard": "all mass on the label",
    "smooth:ALPHA": "a share ALPHA of the mass moved to the uniform row, e.g. smooth:0.1",
    "prior:ALPHA": "a share ALPHA moved to the class frequencies of the training labels, e.g. prior:0.1",
    "teacher:T": "distilled at temperature T from a network trained with hard labels, e.g. teacher:2",
    "teacher:T:ARM": "the same, from a network trained with that arm, e.g. teacher:2:smooth:0.1",
}
KINDS = tuple(dict.fromkeys(recipe.partition(":")[0] for recipe in RECIPES))


@dataclass(frozen=True)
class Arm:
    """One recipe: its kind (one of `KINDS`), its number, and for a student the arm its teacher was trained with."""

    kind: str
    value: float | None = None
    teacher: Arm | None = None

    @property
    def name(self) -> str:
        """As written on the command line, in one spelling: `smooth:.10` is `smooth:0.1`."""
        recipe = self.kind if self.value is None else f"{self.kind}:{self.value:g}"
        return recipe if self.teacher in (None, HARD) else f"{recipe}:{self.teacher.name}"

    @property
    def alpha(self) -> float | None:
        """The smoothed share of the mass, 0..1; None for an arm that does not smooth."""
        return self.value if self.kind in ("smooth", "prior") else None

    @property
    def temperature(self) -> float:
        """The temperature that divides the student's logits in training; 1 without a teacher."""
        return self.value if self.kind == "teacher" and self.value is not None else 1.0

    @property
    def teacher_arm(self) -> Arm | None:
        """The arm that the teacher is trained with (hard where none is named); None without a teacher."""
        return (self.teacher or HARD) if self.kind == "teacher" else None

    def smoothing_row(self, labels: NDArray[np.int64], num_classes: int) -> NDArray[np.float64] | None:
        """The row (K,) that the smoothed share moves to: the frequencies of `labels`; None is the uniform row.

        >>> Arm("prior", 0.1).smoothing_row(np.array([0, 0, 1, 0]), 2)
        array([0.75, 0.25])
        """
        return np.bincount(labels, minlength=num_classes) / len(labels) if self.kind == "prior" else None

    def target(self, labels: torch.Tensor, num_classes: int, teacher_logits: torch.Tensor | None = None) -> SoftTarget:
        """The training target of these labels (N,).

        hard: onehot(y). smooth: (1 - a) onehot(y) + a / K. prior: (1 - a) onehot(y) + a * (share of each class
        among `labels`). teacher: T^2 softmax(teacher_logits / T), for a student whose logits are divided by T too:
        its loss is T^2 H(softmax(v / T), softmax(z / T)). A teacher's target contains no label: the labels enter
        through the teacher's training alone (Hinton et al. 2015, section 2, with the soft term only; where the teacher
        was trained on the same rows, "born-again" self-distillation, Furlanello et al. 2018).

        Args:
            labels: (N,) int64, 0..K-1.
            num_classes: K.
            teacher_logits: (N, K), of the same rows; needed by arms with a teacher.

        Raises ValueError where `teacher_logits` is needed and missing.

        >>> Arm("smooth", 0.1).target(torch.tensor([0]), 4).dense().tolist()
        [[0.925, 0.025, 0.025, 0.025]]
        """
        if self.kind == "teacher":
            if teacher_logits is None:
                raise InputError(f"the arm {self.name} needs teacher_logits")
            return soft((teacher_logits.double() / self.temperature).softmax(1)).scale(self.temperature**2)
        if self.value is None:
            return one_hot(labels, num_classes)
        row = self.smoothing_row(labels.numpy(), num_classes)
        prior = None if row is None else torch.from_numpy(row)
        return smooth(labels, self.value, num_classes=num_classes, prior=prior)


HARD = Arm("hard")


def parse_arm(text: str) -> Arm:
    """Parse an arm: `hard`, `smooth:0.1`, `prior:0.1`, `teacher:2`, `teacher:2:smooth:0.1`.

    Raises InputError that gives the text and what was expected.

    >>> parse_arm("smooth:.10").name, parse_arm("teacher:2.0:smooth:.1").name
    ('smooth:0.1', 'teacher:2:smooth:0.1')
    """
    kind, colon, number = text.strip().partition(":")
    teacher = HARD if kind == "teacher" else None
    if kind == "teacher" and ":" in number:
        number, _, recipe = number.partition(":")
        teacher = parse_arm(recipe)
        if teacher.kind == "teacher":
            raise InputError(f"the arm {text!r} has a teacher that has a teacher itself; name an arm without a teacher")
    if kind not in KINDS:
        raise InputError(f"no arm {text!r}; arms are {', '.join(RECIPES)}")
    if kind == "hard":
        if colon:
            raise InputError(f"the arm 'hard' takes no number, got {text!r}")
        return HARD
    expected = "a temperature above 0" if kind == "teacher" else "a share between 0 and 1"
    example = "teacher:2" if kind == "teacher" else f"{kind}:0.1"
    try:
        value = float(number)
    except ValueError:
        raise InputError(f"the arm {text!r} needs {expected} after the colon, e.g. {example}") from None
    high = math.inf if kind == "teacher" else 1.0
    if not 0 < value < high:
        raise InputError(f"the arm {text!r} needs {expected}, got {number}, e.g. {example}")
    return Arm(kind, value, teacher)


def parse_arms(text: str | list[str] | tuple[str, ...]) -> tuple[Arm, ...]:
    """Arms from a comma-separated text or a list of texts.

    Raises InputError for a text that is not an arm, a duplicate arm, and an empty list.

    >>> [a.name for a in parse_arms("hard, smooth:0.1")]
    ['hard', 'smooth:0.1']
    """
    parts: list[Any] = text.split(",") if isinstance(text, str) else list(text)
    arms = tuple(parse_arm(part) for part in parts if part.strip())
    if not arms:
        raise InputError(f"no arms given; arms are {', '.join(RECIPES)}")
    for i, arm in enumerate(arms):
        if arm in arms[:i]:
            raise InputError(f"the arm {arm.name!r} is given twice")
    return arms

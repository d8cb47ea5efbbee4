"""Arms: the target recipes a study compares, and how they are written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from onewarm.target import SoftTarget, one_hot, smooth, soft

RECIPES = {
    "hard": "all mass on the label",
    "smooth:ALPHA": "a share ALPHA of the mass moved to the uniform row, e.g. smooth:0.1",
    "prior:ALPHA": "a share ALPHA moved to the class frequencies of the training labels, e.g. prior:0.1",
    "teacher:T": "distilled at temperature T from a network trained with hard labels, e.g. teacher:2",
    "teacher:T:ARM": "the same, from a network trained with that arm, e.g. teacher:2:smooth:0.1",
}


@dataclass(frozen=True)
class Arm:
    """One recipe: its kind (`hard`, `smooth`, `prior`, `teacher`), its number, and what a teacher was trained with."""

    kind: str
    value: float | None = None
    teacher: Arm | None = None

    @property
    def name(self) -> str:
        """As written on the command line, in one spelling: `smooth:.10` is `smooth:0.1`."""
        own = self.kind if self.value is None else f"{self.kind}:{self.value:g}"
        return own if self.teacher in (None, HARD) else f"{own}:{self.teacher.name}"

    @property
    def alpha(self) -> float | None:
        """The smoothed share, for the arms that have one."""
        return self.value if self.kind in ("smooth", "prior") else None

    @property
    def temperature(self) -> float:
        """What the student's logits are divided by in training; 1 without a teacher."""
        return self.value if self.kind == "teacher" and self.value is not None else 1.0

    def target(self, labels: torch.Tensor, num_classes: int, teacher_logits: torch.Tensor | None = None) -> SoftTarget:
        """The training target of these labels (N,).

        hard: onehot(y). smooth: (1 - a) onehot(y) + a / K. prior: (1 - a) onehot(y) + a * (share of each class
        among `labels`). teacher: T^2 softmax(teacher_logits / T), for a student whose logits are divided by T too:
        its loss is T^2 H(softmax(v / T), softmax(z / T)). The labels enter through the teacher alone (Hinton et al.
        2015, section 2, with the soft term only; where the teacher saw the same rows, "born-again" self-distillation,
        Furlanello et al. 2018).

        >>> Arm("smooth", 0.1).target(torch.tensor([0]), 4).dense().tolist()
        [[0.925, 0.025, 0.025, 0.025]]
        """
        if self.kind == "teacher":
            if teacher_logits is None:
                raise ValueError(f"the arm {self.name} needs teacher_logits")
            assert self.value is not None
            return soft((teacher_logits.double() / self.value).softmax(1)).scale(self.value**2)
        if self.value is None:
            return one_hot(labels, num_classes)
        prior = torch.bincount(labels, minlength=num_classes).double() / len(labels) if self.kind == "prior" else None
        return smooth(labels, self.value, num_classes=num_classes, prior=prior)


HARD = Arm("hard")


def parse_arm(text: str) -> Arm:
    """An arm as written: `hard`, `smooth:0.1`, `prior:0.1`, `teacher:2`, `teacher:2:smooth:0.1`.

    Raises ValueError that says what was expected.

    >>> parse_arm("smooth:.10").name, parse_arm("teacher:2.0:smooth:.1").name
    ('smooth:0.1', 'teacher:2:smooth:0.1')
    """
    kind, colon, number = text.strip().partition(":")
    teacher = HARD if kind == "teacher" else None
    if kind == "teacher" and ":" in number:
        number, _, recipe = number.partition(":")
        teacher = parse_arm(recipe)
        if teacher.kind == "teacher":
            raise ValueError(f"the arm {text!r} has a teacher that was taught itself; name what it was trained with")
    if kind not in ("hard", "smooth", "prior", "teacher"):
        raise ValueError(f"no arm {text!r}; arms are {', '.join(RECIPES)}")
    if kind == "hard":
        if colon:
            raise ValueError(f"the arm 'hard' takes no number, got {text!r}")
        return HARD
    what = "a temperature above 0" if kind == "teacher" else "a share between 0 and 1"
    example = "teacher:2" if kind == "teacher" else f"{kind}:0.1"
    try:
        value = float(number)
    except ValueError:
        raise ValueError(f"the arm {text!r} needs {what} after the colon, e.g. {example}") from None
    high = math.inf if kind == "teacher" else 1.0
    if not 0 < value < high:
        raise ValueError(f"the arm {text!r} needs {what}, got {number}, e.g. {example}")
    return Arm(kind, value, teacher)


def parse_arms(text: str | list[str] | tuple[str, ...]) -> tuple[Arm, ...]:
    """Arms from a comma-separated line or a list of them; each once.

    >>> [a.name for a in parse_arms("hard, smooth:0.1")]
    ['hard', 'smooth:0.1']
    """
    parts: list[Any] = text.split(",") if isinstance(text, str) else list(text)
    arms = tuple(parse_arm(part) for part in parts if part.strip())
    if not arms:
        raise ValueError(f"no arms given; arms are {', '.join(RECIPES)}")
    for i, arm in enumerate(arms):
        if arm in arms[:i]:
            raise ValueError(f"the arm {arm.name!r} is given twice")
    return arms

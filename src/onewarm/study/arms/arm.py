"""Arms: what a study compares, and their names."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.checks import Array, visible
from onewarm.errors import InputError
from onewarm.study.arms import confusion
from onewarm.study.arms.recipe import Context, Need, Number, Recipe
from onewarm.study.arms.registry import RECIPES
from onewarm.target import SoftTarget


@dataclass(frozen=True)
class Arm:
    """One arm: its kind (a key of `RECIPES`), its numbers, and for a student the arm that its teacher is trained with.

    Numbers that are left out have their defaults, and a teacher that is left out is trained with hard labels.

    Raises InputError for an unknown kind, numbers out of range, and a teacher that cannot be one.
    """

    kind: str
    numbers: tuple[float, ...] = ()
    teacher: Arm | None = None

    def __post_init__(self) -> None:
        if self.kind not in RECIPES:
            raise _unknown(self.kind)
        object.__setattr__(self, "numbers", self._checked_numbers())
        if self.teacher is not None:
            if "teacher" not in self.recipe.needs:
                raise InputError(f"the arm {self.kind!r} has no teacher, got {self.teacher.name!r}")
            if self.teacher.reference or self.teacher.needs - {"votes"}:
                raise InputError(
                    f"the arm {self.teacher.name!r} cannot train a teacher: name one that needs no other model"
                )
            if self.teacher.kind == "hard":
                object.__setattr__(self, "teacher", None)

    def _checked_numbers(self) -> tuple[float, ...]:
        expected = self.recipe.numbers
        if len(self.numbers) > len(expected):
            takes = f"takes {self.recipe.syntax}" if expected else "takes no number"
            raise InputError(f"the arm {self.kind!r} {takes}, got {':'.join([self.kind, *map(_text, self.numbers)])!r}")
        numbers = [float(x) + 0.0 for x in self.numbers]  # no -0
        for number in expected[len(numbers) :]:
            if number.default is None:
                raise _number_missing(":".join([self.kind, *map(_text, numbers)]), self.recipe, number)
            numbers.append(number.default)
        for value, number in zip(numbers, expected, strict=True):
            if not number.valid(value):
                given = ":".join([self.kind, *map(_text, numbers)])
                raise InputError(
                    f"the arm {given!r} needs {number.expected}, got {_text(value)}, e.g. {self.recipe.example}"
                    f"{_hint(self.kind, value)}"
                )
        return tuple(numbers)

    @property
    def recipe(self) -> Recipe:
        """What its kind is: title, equation, source, and how it makes a target."""
        return RECIPES[self.kind]

    @property
    def name(self) -> str:
        """As written on the command line, in one spelling, of [a-z0-9:.-]; `parse_arm` of it is this arm, exactly.

        >>> parse_arm("smooth:.10").name, parse_arm("smooth:0.1000001").name
        ('smooth:0.1', 'smooth:0.1000001')
        """
        numbers = list(self.numbers)
        while numbers and numbers[-1] == self.recipe.numbers[len(numbers) - 1].default:
            numbers.pop()
        parts = [self.kind, *map(_text, numbers)]
        return ":".join(parts if self.teacher is None else [*parts, self.teacher.name])

    @property
    def alpha(self) -> float | None:
        """The share of the mass that a label smoothing moves, below 0 for a negative one; None for other arms."""
        return None if self.recipe.alpha is None else self.recipe.alpha(self.numbers)

    @property
    def temperature(self) -> float:
        """The temperature that divides the student's logits in training; 1 without a teacher."""
        return 1.0 if self.recipe.temperature is None else self.recipe.temperature(self.numbers)

    @property
    def teacher_arm(self) -> Arm | None:
        """The arm that the teacher is trained with (hard where none is named); None without a teacher."""
        return (self.teacher or HARD) if "teacher" in self.needs else None

    @property
    def needs(self) -> frozenset[Need]:
        """Which parts of a `Context` its target needs."""
        return self.recipe.needs

    @property
    def mixup(self) -> float | None:
        """The parameter b of Beta(b, b) from which the share of a mixture of two rows is drawn; None without."""
        return self.numbers[0] if self.recipe.mixup else None

    @property
    def online(self) -> bool:
        """Whether its target's table is replaced by `new_table` after each epoch."""
        return self.recipe.online

    @property
    def reference(self) -> bool:
        """Whether it stands for a model of its own, which every study trains beside the compared one."""
        return self.recipe.reference

    @property
    def changes_loss(self) -> bool:
        """Whether a model that takes only distributions as targets must refuse it.

        So it is where a term is added to the loss, rows are mixed, targets change while training goes on, or mass is
        negative. A temperature is none of these: for the student's softmax at T, its logits are T log p.
        """
        return not self.recipe.targets_only

    @property
    def has_extra(self) -> bool:
        """Whether `extra` is a term, and not None."""
        return self.recipe.extra is not None

    def target(self, labels: Array, num_classes: int, context: Context | None = None) -> SoftTarget:
        """The training target of these labels; its kind's equation is `RECIPES[kind].equation`.

        Args:
            labels: (N,) integers, 0..K-1, of all training rows: a NumPy array or a tensor.
            num_classes: K.
            context: what `needs` names, of the same rows.

        Returns:
            N rows over K classes, in the labels' library. A teacher's has the mass T^2: its loss is
            T^2 H(softmax(v / T), softmax(z / T)).

        Raises:
            InputError: where something that it needs is missing.

        Example:
            >>> parse_arm("smooth:0.1").target(np.array([0]), 4).dense().tolist()
            [[0.925, 0.025, 0.025, 0.025]]
        """
        context = context or Context()
        for need, given, remedy in (
            ("teacher", context.teacher_logits, "teacher_logits"),
            ("confusion", context.confusion, "a confusion matrix"),
            ("votes", context.votes, "annotators' votes: pass votes=, or leave the arm out"),
        ):
            if need in self.needs and given is None:
                raise InputError(f"the arm {self.name} needs {remedy}")
        return self.recipe.target_of(labels, num_classes, context, self.numbers)

    def check(self, num_classes: int, *, votes: bool, names: Sequence[str] | None = None) -> None:
        """Refuse, before anything is trained, data that the arm cannot be trained on.

        Args:
            num_classes: K.
            votes: whether the rows have annotators' votes.
            names: the classes' names, in their order.

        Raises:
            InputError: too few classes, no votes, or classes that are not numbers for an arm that goes by their order.

        Example:
            >>> parse_arm("votes").check(3, votes=False)
            Traceback (most recent call last):
            onewarm.errors.InputError: the arm votes needs annotators' votes: pass votes=, or leave the arm out
        """
        if self.teacher is not None:
            self.teacher.check(num_classes, votes=votes, names=names)
        if self.recipe.ordered and num_classes > 2 and names is not None and not _increasing(names):
            listed = ", ".join(map(repr, names[:3])) + (", ..." if len(names) > 3 else "")
            raise InputError(
                f"the arm {self.name} goes by the order of the classes, and {listed} have none: give labels that are "
                "numbers (0, 1, 2, ... in their order), or leave the arm out"
            )
        each = np.ones((num_classes, num_classes))
        self.target(np.arange(num_classes), num_classes, Context(each, each, each if votes else None))

    def smoothing(self, labels: NDArray[np.int64], num_classes: int) -> tuple[float, NDArray[np.float64] | None] | None:
        """What `onewarm.unsmooth` undoes after training: the share, and the row it went to (None: uniform).

        None for an arm whose population optimum is not such a mixture.

        >>> parse_arm("prior:0.1").smoothing(np.array([0, 0, 1, 0]), 2)
        (0.1, array([0.75, 0.25]))
        """
        return None if self.recipe.smoothing is None else self.recipe.smoothing(labels, num_classes, self.numbers)

    def extra(self, logits: Any, labels: Any, target: SoftTarget | None = None) -> Any:
        """The term that is added, row by row, to the cross-entropy of the target; None where there is none.

        Args:
            logits: (..., K) tensor, divided by `temperature` where there is a teacher.
            labels: (...) int64, of the same rows.
            target: of the same rows in C order, as `target` gave them; only a teacher's bucket reads it.

        Returns:
            (...), differentiable.
        """
        return None if self.recipe.extra is None else self.recipe.extra(logits, labels, target, self.numbers)

    def new_table(self, probabilities: Any, labels: Any, num_classes: int) -> Any:
        """The table (..., K, K) of an epoch's predictions (..., N, K) for the next: see `confusion.new_table`."""
        return confusion.new_table(probabilities, labels, num_classes)


def parse_arm(text: str) -> Arm:
    """Parse an arm: `hard`, `smooth:0.1`, `margin:10:0.1`, `teacher:2`, `teacher:2:smooth:0.1`.

    Raises InputError that gives the text and what was expected.

    >>> parse_arm("smooth:.10").name, parse_arm("teacher:2.0:smooth:.1").name
    ('smooth:0.1', 'teacher:2:smooth:0.1')
    """
    kind, *parts = (part.strip() for part in text.strip().split(":"))
    if kind not in RECIPES:
        raise _unknown(text.strip())
    recipe = RECIPES[kind]
    if parts and not recipe.numbers:
        raise InputError(f"the arm {kind!r} takes no number, got {text!r}")
    numbers: list[float] = []
    for number in recipe.numbers[: max(len(parts), 1)]:
        try:
            numbers.append(float(parts[len(numbers)]))
        except (ValueError, IndexError):
            if number.default is None:
                raise _number_missing(text, recipe, number) from None
    rest = parts[len(numbers) :]
    if rest and "teacher" not in recipe.needs:
        raise InputError(f"the arm {text!r} has {':'.join(rest)!r} too many: expected {recipe.syntax}")
    if rest == [""]:
        raise InputError(
            f"the arm {text!r} needs its teacher's arm after the last colon, e.g. {recipe.example}:smooth:0.1"
        )
    return Arm(kind, tuple(numbers), parse_arm(":".join(rest)) if rest else None)


def parse_arms(text: str | Sequence[str | Arm]) -> tuple[Arm, ...]:
    """Arms from a comma-separated text, or from a list of texts and arms.

    Raises InputError for a text that is not an arm, a duplicate arm, and an empty list.

    >>> [a.name for a in parse_arms("hard, smooth:0.1")]
    ['hard', 'smooth:0.1']
    """
    parts: list[Any] = text.split(",") if isinstance(text, str) else list(text)
    for i, part in enumerate(parts):
        if not isinstance(part, (str, Arm)):
            raise InputError(f"arms[{i}] is {part!r}: expected a text, such as 'smooth:0.1'")
    arms = tuple(a if isinstance(a, Arm) else parse_arm(a) for a in parts if isinstance(a, Arm) or a.strip())
    if not arms:
        raise InputError(f"no arms given; {_KINDS}")
    for i, arm in enumerate(arms):
        if arm in arms[:i]:
            raise InputError(f"the arm {arm.name!r} is given twice")
    return arms


_KINDS = f"arms are {', '.join(recipe.syntax for recipe in RECIPES.values())}"


def _text(number: float) -> str:
    """The shortest text of a number that is this number again, without a plus: 0.1, 2, 1e20."""
    return repr(float(number)).removesuffix(".0").replace("+", "")


def _increasing(names: Sequence[str]) -> bool:
    try:
        return bool((np.diff([float(name) for name in names]) > 0).all())
    except ValueError:
        return False


def _unknown(text: str) -> InputError:
    kind, colon, rest = text.partition(":")
    known = {name: recipe.kind for recipe in RECIPES.values() for name in (recipe.kind, *recipe.other_names)}
    word = kind.strip().lower().replace("_", "-").replace(" ", "-")
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    hint = f"did you mean {visible(known[near[0]] + colon + rest)}? " if near else ""
    return InputError(f"no arm {text!r}; {hint}{_KINDS}")


def _number_missing(text: str, recipe: Recipe, number: Number) -> InputError:
    return InputError(
        f"the arm {text!r} needs {number.expected} for {number.name} in {recipe.syntax}, e.g. {recipe.example}"
    )


def _hint(kind: str, value: float) -> str:
    return f"; for negative smoothing negative:{_text(-value)}" if kind == "smooth" and -1 <= value < 0 else ""


HARD = Arm("hard")

"""The numbers of an exercise: drawn by seed, and what follows from them by the exercise's own expressions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import onewarm as ow
from onewarm.notebook.concept.model.practice import Question
from onewarm.notebook.concept.values import REFERENCE, Values, written
from onewarm.notebook.concept.walk import markdown_texts
from onewarm.notebook.concept.yaml import Document, Fault, Place

__all__ = ["Variant", "draws", "evaluate", "exercise_faults", "variants"]

_REMEDIES = ("Compute a number or a text.", "Use a format of Python's that fits all of them, such as .3f.")
MOST = 6
"""How many sets of numbers an exercise has."""


@dataclass(frozen=True)
class Variant:
    """An exercise with one set of numbers."""

    values: Mapping[str, Any]
    """The page's values, the drawn ones, the computed ones and, of a question for a number, `answer`."""
    answer: float | None
    """The right number, if the exercise asks for one."""


def evaluate(expression: str, scope: Mapping[str, Any] | None = None) -> Any:
    """The value of a Python expression over `ow`, `np` and the names of the scope.

    >>> evaluate("np.log(1 + K * (1 - .1) / .1)", {"K": 10}).__round__(4)
    np.float64(4.5109)
    """
    names = {"__name__": "__expression__", "np": np, "ow": ow, **(scope or {})}
    return eval(compile(expression.strip(), "<expression>", "eval"), names)


def draws(name: str, choices: Mapping[str, Sequence[float | int | str]]) -> tuple[dict[str, float | int | str], ...]:
    """Sets of numbers for an exercise: the first of each list, then others drawn by seed, each set once.

    >>> draws("row", {"K": [5, 8]})
    ({'K': 5}, {'K': 8})
    """
    sets = [{key: options[0] for key, options in choices.items()}]
    for seed in range(8 * MOST):
        drawn = random.Random(f"{name} {seed}")
        one = {key: drawn.choice(list(options)) for key, options in choices.items()}
        if one not in sets and len(sets) < MOST:
            sets.append(one)
    return tuple(sets)


def variants(question: Question, values: Values) -> tuple[Variant, ...]:
    """The exercise with each of its sets of numbers; the first has the first of all lists.

    Raises: whatever an expression raises.
    """
    return tuple(_variant(question, {**values, **drawn}) for drawn in draws(question.name, question.draw))


def _variant(question: Question, scope: dict[str, Any]) -> Variant:
    for name, expression in question.compute.items():
        scope[name] = _plain(evaluate(expression, scope))
    if question.number is None:
        return Variant(scope, None)
    answer = float(evaluate(question.number.expression, scope))
    return Variant({**scope, "answer": answer}, answer)


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, np.generic) else value


def exercise_faults(document: Document, i: int, question: Question, values: Values) -> Iterator[Fault]:
    """Expressions of an exercise that fail, a right number that its expression does not give, and formats in its texts
    that do not fit one of its sets of numbers."""
    place: Place = ("practice", i, "number", "expression")
    try:
        sets = variants(question, values)
    except Exception as error:
        if question.number is None or question.compute:
            place = ("practice", i, "compute")
        yield document.fault(place, f"{type(error).__name__}: {error}", "Correct the expression.")
        return
    yield from _format_faults(document, i, question, sets)
    number, first = question.number, sets[0].answer
    if number is None or first is None:
        return
    if endless := [one for one in sets if one.answer is not None and not np.isfinite(one.answer)]:
        problem = f"the expression gives {endless[0].answer}{_where(question, endless[0])}"
        yield document.fault(place, problem, "Correct the expression.")
    elif number.value is not None and not abs(first - number.value) <= number.tolerance:
        problem = f"the expression gives {first:.6g}, which is not {number.value:g} within {number.tolerance:g}"
        yield document.fault(("practice", i, "number", "value"), problem, "Correct the value or the expression.")


def _where(question: Question, one: Variant) -> str:
    drawn = ", ".join(f"{name} = {one.values[name]}" for name in question.draw)
    return f" where {drawn}" if drawn else ""


def _format_faults(document: Document, i: int, question: Question, sets: Sequence[Variant]) -> Iterator[Fault]:
    """References in the exercise's texts that one of its sets of numbers cannot fill in; the first of each."""
    for place, text in markdown_texts(document.value):
        if place[:2] != ("practice", i):
            continue
        for match in REFERENCE.finditer(text):
            for one in sets:
                if problem := _unwritten(one.values.get(match[1], ""), match[2]):
                    where, form = _where(question, one), "written" in problem
                    comma = "," if form and where else ""
                    yield document.fault(place, f"'{match[1]}' is {problem}{comma}{where}", _REMEDIES[form])
                    break


def _unwritten(value: Any, form: str | None) -> str:
    """Why a value cannot be written in this format; nothing if it can."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return f"no number or text but {value!r}"
    if isinstance(value, float) and not np.isfinite(value):
        return f"no finite number but {value!r}"
    try:
        written(value, form)
    except ValueError:
        return f"{value!r}, which cannot be written as '{form}'"
    return ""

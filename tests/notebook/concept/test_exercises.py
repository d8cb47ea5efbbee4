"""Exercises: numbers drawn by seed, and the right number by the exercise's own expression."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from onewarm.notebook.concept.exercises import draws, evaluate, exercise_faults, variants
from onewarm.notebook.concept.load import read_folder
from onewarm.notebook.concept.model.practice import Question

NOT_FINITE = "'t' is no finite number but inf where n = 9"
GIVEN = {
    "name": "entropy",
    "level": "concrete",
    "question": "{{ value:K }} classes",
    "answer": "{{ value:answer .4f }}",
    "draw": {"K": (4, 5, 8), "alpha": (0.1, 0.2)},
    "compute": {"label": "1 - alpha + alpha / K", "others": "1 - label"},
    "number": {"tolerance": 0.001, "expression": "ow.smooth(np.array([0]), alpha, num_classes=K).entropy()[0]"},
    "nudges": ("a", "b", "c"),
    "rubric": ("a", "b"),
}


def test_value_of_an_expression() -> None:
    assert evaluate(" 1 / np.array(4) ") == 0.25
    assert evaluate("a + b", {"a": 1, "b": 2}) == 3


def test_the_first_numbers_are_the_first_and_no_set_comes_twice() -> None:
    sets = draws("entropy", {"K": (4, 5, 8), "alpha": (0.1, 0.2)})
    assert sets[0] == {"K": 4, "alpha": 0.1}
    assert len(sets) == len({tuple(s.items()) for s in sets}) == 6
    assert sets == draws("entropy", {"K": (4, 5, 8), "alpha": (0.1, 0.2)}) != draws("other", {"K": (4, 5, 8)})
    assert draws("fixed", {}) == ({},)


def test_each_set_has_its_own_answer_and_values() -> None:
    for one in variants(Question.model_validate(GIVEN), {"page": 7.0}):
        K, alpha = one.values["K"], one.values["alpha"]
        assert one.values["label"] == pytest.approx(1 - alpha * (K - 1) / K)
        assert one.values["others"] == pytest.approx(alpha * (K - 1) / K)
        assert one.values["page"] == 7.0
        t = [1 - alpha * (K - 1) / K, *[alpha / K] * (K - 1)]
        assert one.answer == pytest.approx(-sum(v * math.log(v) for v in t), rel=1e-12)


def test_an_answer_that_is_infinite_for_one_of_the_drawn_sets_is_a_fault(write: Callable[..., Path]) -> None:
    folder = write(
        'number: {value: 2, tolerance: 0.1, expression: "2"}',
        'draw: {n: [2, 0]}\n    number: {tolerance: 0.1, expression: "np.float64(1) / n if n else np.inf"}',
    )
    reading = read_folder(folder)
    assert reading.document is not None and reading.file is not None
    (fault,) = exercise_faults(reading.document, 0, reading.file.practice[0], {})
    assert fault.what == "practice[0].number.expression: the expression gives inf where n = 0. Correct the expression."


@pytest.mark.parametrize(
    ("extra", "reference", "problem"),
    [
        ("draw: {n: [2, two]}", "{{ value:n .1f }}", "'n' is 'two', which cannot be written as '.1f', where n = two"),
        ("draw: {n: [2, 0.5]}", "{{ value:n d }}", "'n' is 0.5, which cannot be written as 'd', where n = 0.5"),
        ('compute: {t: "np.arange(2)"}', "{{ value:t }}", "'t' is no number or text but array([0, 1])"),
        ('draw: {n: [2, 9]}\n    compute: {t: "np.inf if n > 5 else n"}', "{{ value:t .2f }}", NOT_FINITE),
        (
            "draw: {n: [2, 3]}",
            "{{ value:answer .2q }}",
            "'answer' is 2.0, which cannot be written as '.2q', where n = 2",
        ),
    ],
)
def test_a_format_that_does_not_fit_every_drawn_set_is_a_fault(
    write: Callable[..., Path], extra: str, reference: str, problem: str
) -> None:
    folder = write("    number: {value: 2, tolerance: 0.1", f"    {extra}\n    number: {{value: 2, tolerance: 0.1")
    file = folder / "concept.yaml"
    text = file.read_text(encoding="utf-8").replace("How many sides?", f'"{reference} sides?"')
    file.write_text(text, encoding="utf-8")
    reading = read_folder(folder)
    assert reading.document is not None and reading.file is not None and reading.faults == ()
    (fault,) = exercise_faults(reading.document, 0, reading.file.practice[0], {})
    assert (fault.key, fault.problem) == ("practice[0].question", problem)
    fits = "Use a format of Python's that fits all of them, such as .3f."
    assert fault.remedy == (fits if "written" in problem else "Compute a number or a text.")
    assert reference in text.splitlines()[fault.line - 1]

"""Named values: what values.py assigns stands in the texts, and what it lacks is a fault."""

from collections.abc import Callable
from pathlib import Path

import pytest

from onewarm.notebook.concept.load import load_concept, read_folder
from onewarm.notebook.concept.values import ValuesFile, filled_text, read_values


def write_values(folder: Path, text: str) -> Path:
    file = folder / "values.py"
    file.write_text(text, encoding="utf-8")
    return file


def test_numbers_and_texts_are_values_and_nothing_else(tmp_path: Path) -> None:
    file = write_values(
        tmp_path,
        "import math\n_z = [3.0, 1.0]\nloss = np.float64(1) / 3\nK = len(_z)\nwho = 'cat'\nok = True\nrow = _z\n",
    )
    assert read_values(file) == ValuesFile({"loss": 1 / 3, "K": 2, "who": "cat"})
    assert read_values(tmp_path / "missing.py") == ValuesFile()
    assert read_values(write_values(tmp_path, "picture = {'kind': 'bars'}")).picture == {"kind": "bars"}


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [("a = 1\nb = a / 0\n", 2, "ZeroDivisionError: division by zero"), ("a = (\n", 1, "'(' was never closed")],
)
def test_code_that_fails_is_a_fault_with_its_line(tmp_path: Path, text: str, line: int, problem: str) -> None:
    (fault,) = read_values(write_values(tmp_path, text)).faults
    assert (fault.line, fault.problem) == (line, problem)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ value:loss .3f }}", "0.169"),
        ("{{value:loss}}", "0.1688"),
        ("{{ value:K }} classes", "4 classes"),
        ("{{ value:zero .3f }}", "0.000"),
        ("{{ value:gap +.3f }}", "−0.155"),
        ("${{ value:gap .3f }}$ and `{{ value:gap .3f }}`", "$-0.155$ and `-0.155`"),
        ("$a$: {{ value:gap .1e }}", "$a$: −1.6e−01"),
        ("{{ value:who }}", "cat"),
        ("{{ value:missing }}", "{{ value:missing }}"),
    ],
)
def test_a_value_in_a_text(text: str, expected: str) -> None:
    values = {"loss": 0.16884, "K": 4, "zero": -1e-9, "gap": -0.1553, "who": "cat"}
    assert filled_text(text, values) == expected


def test_a_concept_has_its_values_filled_in_but_for_its_exercises(write: Callable[..., Path]) -> None:
    folder = write("A coin has two sides.", "A coin has {{ value:sides }} sides.")
    write_values(folder, "sides = 2\nhalf = 0.5\n")
    page = folder / "page.md"
    page.write_text(page.read_text(encoding="utf-8") + "\nIt is {{ value:half .2f }}.\n", encoding="utf-8")
    concept = load_concept(folder)
    assert concept.summary == "A coin has 2 sides."
    assert "It is 0.50." in concept.page.math


def test_a_demo_state_may_have_a_value(write: Callable[..., Path]) -> None:
    folder = write("state: {sides: [0.5, 0.5]}}", 'state: {sides: ["{{ value:half .2f }}", "{{ value:half }}"]}}')
    write_values(folder, "half = 0.503\n")
    assert load_concept(folder).demo_state("fair")["sides"] == [0.5, 0.503]


def test_a_value_that_there_is_not_and_a_format_that_does_not_fit_are_faults(write: Callable[..., Path]) -> None:
    folder = write()
    write_values(folder, "half = 0.5\n")
    page = folder / "page.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(text + "\n{{ value:halv .2f }} {{ value:half .2q }} {{ half }}\n", encoding="utf-8")
    faults = [f"{fault.problem}. {fault.remedy}" for fault in read_folder(folder).faults]
    assert faults == [
        "no value 'halv' in values.py. Did you mean 'half'?",
        "'.2q' is not a format of 0.5. Use one of Python's, such as .3f.",
        "`{{ half }}` is not a value. Write {{ value:NAME .3f }}.",
    ]

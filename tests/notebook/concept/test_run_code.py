"""Code of a page that fails, or contradicts the page, fails the build and says where."""

from pathlib import Path
from typing import Any

import pytest

from onewarm.notebook.concept.load import ConceptError, load_concept
from onewarm.notebook.concept.run_code import page_outputs


def outputs(folder: Any, path: Path) -> Any:
    return page_outputs(load_concept(folder.write(path)))


def test_outputs_are_what_the_code_prints(folder: Any, tmp_path: Path) -> None:
    found = outputs(folder, tmp_path)
    assert (found.code, found.checks) == ("1", {"memory": "1", "sides": "2"})


def fault_of(folder: Any, path: Path) -> tuple[str, int, str]:
    with pytest.raises(ConceptError) as error:
        outputs(folder, path)
    (fault,) = error.value.faults
    return fault.file.name, fault.line, fault.what


@pytest.mark.parametrize(
    ("code", "line", "message"),
    [
        ("x = 1\nprint(1 / 0)", 2, "ZeroDivisionError: division by zero. Correct the code."),
        ("import sys\nsys.exit(3)", 2, "SystemExit: 3. Correct the code."),
        ("x = 1\nprint(", 2, "'(' was never closed. Correct the code."),
    ],
)
def test_code_that_fails(folder: Any, tmp_path: Path, code: str, line: int, message: str) -> None:
    folder.code = code
    assert fault_of(folder, tmp_path) == ("witness.py", line, message)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("print(2)", "witness.py printed `2` as line 1, code.output has `1`"),
        ("print(1)\nprint(2)", "witness.py printed `2` as line 2, code.output has nothing"),
        ("pass", "witness.py printed nothing as line 1, code.output has `1`"),
    ],
)
def test_code_that_prints_something_else(folder: Any, tmp_path: Path, code: str, message: str) -> None:
    folder.code = code
    name, _, what = fault_of(folder, tmp_path)
    assert (name, what) == ("concept.yaml", f"code.output: {message}. Correct the code or the output.")


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("pass", "the check printed nothing. Print the number that decides about the statement."),
        (
            "print(2)",
            "the check printed `2`, but the correction has 1 in backticks. Correct the check or the correction.",
        ),
        ("oops", "NameError: name 'oops' is not defined. Correct the check."),
    ],
)
def test_a_check_that_fails_or_contradicts_its_correction(
    folder: Any, tmp_path: Path, check: str, message: str
) -> None:
    folder.yaml["misconceptions"][0]["check"] = check
    assert fault_of(folder, tmp_path)[2] == f"misconceptions[0].check: {message}"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("0.6", "value: the expression gives 0.6, which is not 0.5 within 0.01. Correct the value or the expression."),
        (
            "float('nan')",
            "expression: the expression gives nan. Correct the expression.",
        ),
        ("1 / 0", "expression: ZeroDivisionError: division by zero. Correct the expression."),
    ],
)
def test_a_number_that_its_expression_does_not_give(folder: Any, tmp_path: Path, expression: str, message: str) -> None:
    folder.yaml["practice"][0]["number"]["expression"] = expression
    assert fault_of(folder, tmp_path)[2] == f"practice[0].number.{message}"

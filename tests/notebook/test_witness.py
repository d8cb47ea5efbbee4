"""Code of a page that fails, or contradicts the page, fails the build and says where."""

from pathlib import Path
from typing import Any

import pytest

from onewarm.notebook.concept import load_concept
from onewarm.notebook.witness import WitnessError, check_outputs


def outputs(folder: Any, path: Path) -> Any:
    return check_outputs(load_concept(folder.write(path)))


def test_outputs_are_what_the_code_prints(folder: Any, tmp_path: Path) -> None:
    found = outputs(folder, tmp_path)
    assert (found.code, found.checks) == ("1", {"memory": "1"})


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("print(2)", "it printed\n    2\nbut concept.yaml, code.output, says\n    1\nCorrect the code or the output."),
        ("x = 1\nprint(1 / 0)", "witness.py, line 2: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)", "witness.py, line 2: SystemExit: 3"),
        ("print(", "witness.py, line 1: '(' was never closed"),
    ],
)
def test_code_that_fails_or_prints_something_else(folder: Any, tmp_path: Path, code: str, message: str) -> None:
    folder.code = code
    with pytest.raises(WitnessError) as error:
        outputs(folder, tmp_path)
    assert message in str(error.value)
    assert str(tmp_path) in str(error.value)


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("pass", "the check of misconception 'memory' printed nothing."),
        ("print(2)", "printed\n    2\nbut the correction speaks of 1."),
        ("oops", "the check of misconception 'memory', line 1: NameError: name 'oops' is not defined"),
    ],
)
def test_a_check_that_fails_or_contradicts_its_correction(
    folder: Any, tmp_path: Path, check: str, message: str
) -> None:
    folder.yaml["misconceptions"][0]["check"] = check
    with pytest.raises(WitnessError) as error:
        outputs(folder, tmp_path)
    assert message in str(error.value)

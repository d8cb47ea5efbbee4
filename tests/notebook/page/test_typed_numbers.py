"""A number that someone typed is found wherever it stands in prose, and nowhere else."""

from pathlib import Path
from typing import Any

import pytest

from onewarm.notebook.concept.starter import new_concept
from onewarm.notebook.page.check import concept_faults
from onewarm.notebook.page.typed_numbers import settings, typed_numbers

SETTINGS = frozenset({0.9, 0.1, 0.15, 0.5, 1.0})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the loss is 0.845.", ("0.845",)),
        ("$z = (3, 1, -0.5, -1)$ and $\\alpha = 0.15$", ()),
        ("$3.611$, .925, 0.0025", ("3.611", ".925", "0.0025")),
        ("`0.3233` and [3.611](state:a/b/c-3.611)", ("3.611",)),
        ("{{ value:loss .3f }}, {{value:x}}", ()),
        ("400 steps of 1,000 rows, 2015, section 3.2.1, 5 %", ()),
        ("12.5 %, 97.9 %", ("12.5", "97.9")),
        ("log(0.9 / 0.1) = 2.1972, −0.155", ("2.1972", "−0.155")),
        ("about 0.17, and .7; $1.5$", ("0.17", ".7", "1.5")),
        ("a share of 0.50 and of 1.0", ()),
        ("Section 3.2 and Tables 4.1", ()),
        ("p0.845 x.123y", ()),
    ],
)
def test_what_counts_as_typed(text: str, found: tuple[str, ...]) -> None:
    assert typed_numbers(text, SETTINGS) == found


def test_settings_are_the_numbers_that_a_concept_is_made_with() -> None:
    value = {
        "demo": {"model": {"logits": [3, -0.5], "lens": True}},
        "practice": [{"draw": {"K": [7]}, "compute": {"kept": "1 - .25"}, "number": {"expression": "K**1e-2"}}],
        "misconceptions": [{"wrong": "It is 0.6.", "check": "print(0.3)"}],
    }
    assert settings(value, ["z2 = np.array([0.4])"]) == {3, 0.5, 7, 1, 0.25, 0.01, 0.3, 0.4}


def test_a_short_number_is_a_setting_or_a_value(tmp_path: Path) -> None:
    folder = new_concept("x/coin", tmp_path)
    file, page = folder / "concept.yaml", folder / "page.md"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("surprises by {{ value:even .4f }}", "surprises by 0.69"), encoding="utf-8")
    page.write_text(page.read_text(encoding="utf-8") + "\nNot 0.37.\n", encoding="utf-8")
    last = page.read_text(encoding="utf-8").count("\n")
    found = {(fault.file.name, fault.problem, fault.remedy, fault.line == last) for fault in concept_faults([folder])}
    remedy = "Compute it in values.py, and write {{ value:NAME .2f }}."
    assert found == {
        ("concept.yaml", "the number 0.69 is typed", "Write {{ value:even .2f }}, which is that number.", False),
        ("page.md", "the number 0.37 is typed", remedy, True),
    }


def test_a_drawn_number_is_not_typed_in_its_exercise(folder: Any, tmp_path: Path) -> None:
    exercise = folder.yaml["practice"][0]
    exercise |= {"draw": {"p": [0.25, 0.5]}, "number": {"tolerance": 0.1, "expression": "1 / p"}}
    assert concept_faults([folder.write(tmp_path / "coin")]) == ()
    exercise["answer"] = "At 0.25 it is so."
    (fault,) = concept_faults([folder.write(tmp_path / "coin")])
    assert fault.key == "practice[0].answer" and fault.problem == "the number 0.25 is typed, and 'p' is drawn"
    assert fault.remedy == "Write {{ value:p }}, which is that number at first."

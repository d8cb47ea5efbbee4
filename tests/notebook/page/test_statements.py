"""True and wrong statements come in one list, in an order that a reader cannot guess and that no build changes."""

from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from onewarm.notebook.concept.load import load_concept
from onewarm.notebook.concept.run_code import page_outputs
from onewarm.notebook.concept.yaml import ConceptError
from onewarm.notebook.page.statements import statements_view


@pytest.fixture
def many(folder: Any) -> Any:
    """The small concept with ten wrong statements and ten true ones."""
    wrong = folder.yaml["misconceptions"][0]
    folder.yaml["misconceptions"] = [{**wrong, "name": f"wrong-{i}"} for i in range(10)]
    folder.yaml["true_statements"] = [
        {"name": f"true-{i}", "right": "It has two sides.", "why": "So many: `2`.", "check": "print(2)"}
        for i in range(10)
    ]
    return folder


def test_every_statement_once_in_one_mixed_order(many: Any, tmp_path: Path) -> None:
    concept = load_concept(many.write(tmp_path / "coin"))
    objects = {f"misconception:basics/coin/wrong-{i}": {"anchor": f"w{i}"} for i in range(10)}
    outputs = page_outputs(concept).checks
    shown = statements_view(concept, outputs, objects, Markup)
    assert shown == statements_view(concept, outputs, objects, Markup)
    assert sorted(item["name"] for item in shown) == sorted([*objects_names(), *(f"true-{i}" for i in range(10))])
    assert {item["true"] for item in shown[:8]} == {item["true"] for item in shown[12:]} == {True, False}
    assert all((item["object"] is None) == item["true"] for item in shown)
    assert {item["output"] for item in shown if item["true"]} == {"2"}


def objects_names() -> list[str]:
    return [f"wrong-{i}" for i in range(10)]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"why": "So many: `3`."}, "but the reason has 3 in backticks"),
        ({"check": "print(1 / 0)"}, "ZeroDivisionError"),
        ({"check": "2"}, "the check printed nothing"),
        ({"name": "wrong-0"}, "duplicate name 'wrong-0'"),
    ],
)
def test_a_true_statement_is_checked_as_a_misconception_is(
    many: Any, tmp_path: Path, change: dict[str, str], problem: str
) -> None:
    many.yaml["true_statements"][3].update(change)
    with pytest.raises(ConceptError, match=problem):
        page_outputs(load_concept(many.write(tmp_path / "coin")))

"""The index is a course: each concept after what it needs, pages to come apart, and what this reader has done."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onewarm.notebook.concept.load import Concept, load_concept
from onewarm.notebook.site.course import course, in_order, planned


@pytest.fixture
def concepts(folder: Any, tmp_path: Path) -> list[Concept]:
    """Given as c, a, b: c asks for b, b for a, and a for p, which has no page; a and b are told from q."""
    made = []
    for name, needs, apart in (("c", "b", ""), ("a", "p", "q"), ("b", "a", "q")):
        edges = [
            {"key": f"concept:x/{n}", "title": n.upper(), "reason": f"For {name}.", "planned": True} for n in needs
        ]
        contrast = [
            {"key": f"concept:x/{n}", "title": n.upper(), "reason": f"Not {name}.", "planned": True} for n in apart
        ]
        folder.yaml |= {"key": f"concept:x/{name}", "title": name.upper()}
        folder.yaml["edges"] = {"prerequisites": edges, "contrast": contrast}
        made.append(load_concept(folder.write(tmp_path / name)))
    return made


def test_each_concept_comes_after_what_it_needs(concepts: list[Concept]) -> None:
    assert [concept.title for concept in in_order(concepts)] == ["A", "B", "C"]
    assert [(one["title"], one["needs"]) for one in course(concepts)] == [("A", []), ("B", ["A"]), ("C", ["B"])]


def test_pages_to_come_are_named_once_with_who_names_them(concepts: list[Concept]) -> None:
    assert [(one["title"], str(one["reason"]), one["page"]) for one in planned(concepts)] == [
        ("P", "For a.", "A"),
        ("Q", "Not a.", "A"),
    ]


@pytest.mark.browser
def test_the_index_says_what_is_done_and_what_is_next(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(our_site).page
    lessons = page.locator("[data-course] > li")
    keys = lessons.evaluate_all("all => all.map(one => one.dataset.lesson)")
    assert keys[0] == "concept:optimization/cross-entropy"
    assert keys.index("concept:optimization/label-smoothing") < keys.index(
        "concept:optimization/knowledge-distillation"
    )
    assert lessons.nth(0).locator("[data-state]").inner_text() == "begin here"
    keep = "([key, value]) => localStorage.setItem('onewarm:' + key, JSON.stringify(value))"
    page.evaluate(keep, [f"progress:{keys[0]}", {"done": 9, "of": 9}])
    page.evaluate(keep, [f"progress:{keys[1]}", {"done": 2, "of": 9}])
    page.evaluate(keep, [f"followed:{keys[1]}", True])
    page.evaluate(keep, [f"progress:{keys[2]}", None])  # foreign
    page.reload()
    states = lessons.locator("[data-state]")
    assert states.nth(0).inner_text() == "done"
    assert states.nth(1).inner_text() == "go on here · prediction followed · 2 of 9 exercises"
    assert not states.nth(2).is_visible()
    assert page.locator("[data-course-says]").inner_text().startswith(f"1 of {len(keys)} lessons done")
    planned_titles = page.locator(".planned h3").all_inner_texts()
    assert "Mixup" in planned_titles and not set(planned_titles) & set(lessons.locator("h3").all_inner_texts())

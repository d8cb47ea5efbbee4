"""The lesson's view has the ids of the panels, the states of its steps, and the ranges of its answers."""

import json
from pathlib import Path
from typing import Any

from markupsafe import Markup

from onewarm.notebook.concept.load import load_concept
from onewarm.notebook.page.lesson import chapter_id, lesson_view


def view(folder: Any, tmp_path: Path) -> dict[str, Any]:
    concept = load_concept(folder.write(tmp_path / "coin"))
    return lesson_view(
        concept, lambda text: Markup("i:") + text, lambda text: Markup("b:") + text, lambda state: json.dumps(state)
    )


def test_a_chapter_that_is_a_panel_has_its_id(lesson_folder: Any, tmp_path: Path) -> None:
    made = view(lesson_folder, tmp_path)
    assert [chapter["id"] for chapter in made["chapters"]] == [
        "storyboard", "intuition", "chapter-turn", "inquiry", "demo"
    ]  # fmt: skip
    lesson = load_concept(tmp_path / "coin").lesson
    assert [chapter_id(chapter) for chapter in lesson.chapters] == [chapter["id"] for chapter in made["chapters"]]


def test_steps_have_their_states_and_questions_their_answers(lesson_folder: Any, tmp_path: Path) -> None:
    made = view(lesson_folder, tmp_path)
    step = made["chapters"][0]["steps"][0]
    assert (step["id"], step["json"], step["highlight"]) == ("step-first", '"zero"', "side")
    ask = step["ask"]
    assert (ask["kind"], ask["json"], ask["correct"]) == ("choose", '"seven"', "heads")
    assert [(a["name"], a["low"], a["correct"]) for a in ask["answers"]] == [("heads", "", True), ("tails", "", False)]
    assert [a["ending"] for a in ask["answers"]] == ["b:Ending heads.", "b:Ending tails."]
    number = made["chapters"][2]["steps"][0]["ask"]
    assert [(a["low"], a["high"]) for a in number["answers"]] == [(0, 5), (5, 10), ("", "")]
    assert made["able"][0] == "i:toss a coin"

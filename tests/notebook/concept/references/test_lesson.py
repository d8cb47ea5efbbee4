"""Faults of a lesson: panels, names, and what its steps and questions show."""

from collections.abc import Callable
from pathlib import Path

import pytest

from onewarm.notebook.concept.load import load_concept, read_folder


def lesson_folder(write: Callable[..., Path], *changes: tuple[str, str]) -> Path:
    """A folder in whose lesson the first of each text is replaced."""
    folder = write()
    before, lesson = (folder / "concept.yaml").read_text(encoding="utf-8").split("lesson:\n")
    for old, new in changes:
        assert old in lesson
        lesson = lesson.replace(old, new, 1)
    (folder / "concept.yaml").write_text(f"{before}lesson:\n{lesson}", encoding="utf-8")
    return folder


def test_a_lesson_loads(write: Callable[..., Path]) -> None:
    lesson = load_concept(lesson_folder(write)).lesson
    assert [chapter.panel for chapter in lesson.chapters] == ["storyboard", "intuition", "inquiry", "demo"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("name: pair,", "name: guess,", "lesson.chapters[1].steps[0].name: duplicate name 'guess'. Line"),
        ("name: sides", "name: toss", "lesson.chapters[1].name: duplicate name 'toss'. Line"),
        ("panel: inquiry", "panel: intuition", "lesson.chapters: 2 chapters have the panel 'intuition'. Write"),
        (
            "          state: fair\n",
            "          state: fare\n",
            "[0].steps[0].state: no demo state 'fare'.",
        ),
        ("highlight: side", "highlight: sides", "lesson.chapters[0].steps[0].ask.highlight: no highlight 'sides'."),
        ("correct: half", "correct: hal", "lesson.chapters[0].steps[0].ask.correct: no answer 'hal'. Did you mean"),
        (
            ", between: [0.4, 0.6]",
            "",
            "[0].ask.answers: no answer has a range, as a number needs.",
        ),
        (
            "kind: number",
            "kind: point",
            "[0].ask.answers[0]: no highlight, as an answer to point",
        ),
        ("name: never", "name: half", "lesson.chapters[0].steps[0].ask.answers[1].name: duplicate name 'half'."),
    ],
)
def test_a_fault_is_named_with_its_place(write: Callable[..., Path], old: str, new: str, fault: str) -> None:
    faults = [f.what for f in read_folder(lesson_folder(write, (old, new))).faults]
    assert any(fault in found for found in faults), faults


def test_the_first_chapter_asks_and_the_last_is_the_demo(write: Callable[..., Path]) -> None:
    first, last = "panel: storyboard", "panel: demo"
    folder = lesson_folder(write, (first, "panel: X"), (last, first), ("panel: X", last))
    faults = [f.what for f in read_folder(folder).faults]
    assert faults == [
        "lesson.chapters[0]: the first chapter is not the storyboard. Write `panel: storyboard` there.",
        "lesson.chapters[3]: the last chapter is not the demo. Write `panel: demo` there.",
    ]

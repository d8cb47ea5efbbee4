"""Faults of a lesson: panels, names, and what its steps and questions show."""

from collections.abc import Callable
from pathlib import Path

import pytest

from onewarm.notebook.concept.load import load_concept, read_folder

LESSON = """\
lesson:
  minutes: 3
  able: [say what a coin does, count its sides]
  chapters:
    - name: toss
      title: Toss
      panel: storyboard
      steps:
        - name: guess
          text: A coin is tossed.
          state: fair
          ask:
            kind: number
            question: How often heads?
            answers:
              - {name: half, text: About half., feedback: Yes., between: [0.4, 0.6]}
              - {name: never, text: Never., feedback: No.}
            correct: half
            reveal: It is half.
            state: fair
            highlight: side
            gives_away: [half]
    - name: sides
      title: Sides
      panel: intuition
      steps: [{name: two, text: Two sides.}]
    - name: look
      title: Look
      panel: inquiry
      steps: [{name: which, text: Which one?}]
    - name: play
      title: Play
      panel: demo
      steps: [{name: yours, text: Yours.}]
"""


def lesson_folder(write: Callable[..., Path], old: str = "", new: str = "") -> Path:
    assert not old or old in LESSON
    return write("claims:\n", LESSON.replace(old, new, 1) + "claims:\n")


def test_a_lesson_loads(write: Callable[..., Path]) -> None:
    lesson = load_concept(lesson_folder(write)).lesson
    assert lesson is not None
    assert [chapter.panel for chapter in lesson.chapters] == ["storyboard", "intuition", "inquiry", "demo"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("name: two,", "name: guess,", "lesson.chapters[1].steps[0].name: duplicate name 'guess'. Line"),
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
    faults = [f.what for f in read_folder(lesson_folder(write, old, new)).faults]
    assert any(fault in found for found in faults), faults


def test_the_first_chapter_asks_and_the_last_is_the_demo(write: Callable[..., Path]) -> None:
    swapped = LESSON.replace("panel: storyboard", "panel: X").replace("panel: demo", "panel: storyboard")
    faults = [f.what for f in read_folder(write("claims:\n", swapped.replace("X", "demo") + "claims:\n")).faults]
    assert faults == [
        "lesson.chapters[0]: the first chapter is not the storyboard. Write `panel: storyboard` there.",
        "lesson.chapters[3]: the last chapter is not the demo. Write `panel: demo` there.",
    ]

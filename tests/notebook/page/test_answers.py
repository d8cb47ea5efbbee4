"""What gives an answer away is found in every text above its question, and not below."""

from pathlib import Path

import pytest

from onewarm.notebook.concept.load import read_folder
from onewarm.notebook.concept.model.lesson import Ask
from onewarm.notebook.concept.starter import new_concept
from onewarm.notebook.page.answers import answer_faults, given_away

LESSON = """\
lesson:
  minutes: 3
  able: [read a curve, find its bottom]
  chapters:
    - name: first
      title: Where
      panel: storyboard
      steps:
        - name: before
          text: A curve falls.
          ask:
            question: Where is it lowest, at 3.82?
            answers:
              - {name: there, text: At 3.82., feedback: Yes.}
              - {name: nowhere, text: Nowhere., feedback: No.}
            correct: there
            reveal: It is at 3.82, and then it climbs.
            gives_away: ["3.82", climbs]
        - name: after
          text: At 3.82 it climbs.
"""


@pytest.fixture
def faults(tmp_path: Path):
    def found(old: str = "", new: str = "", values: str = "") -> list[str]:
        folder = new_concept("x/curve", tmp_path)
        text = (folder / "concept.yaml").read_text(encoding="utf-8")
        lines = text.splitlines(keepends=True)
        starts = [i for i, line in enumerate(lines) if line.startswith("lesson:")]
        if starts:  # the starter's own lesson gives way
            end = next(i for i in range(starts[0] + 1, len(lines)) if lines[i][0] not in " \n")
            del lines[starts[0] : end]
        text = "".join(lines)
        (folder / "concept.yaml").write_text(text + "\n" + LESSON.replace(old, new, 1), encoding="utf-8")
        (folder / "values.py").write_text(values, encoding="utf-8")
        reading = read_folder(folder)
        assert reading.document is not None and reading.file is not None
        return [fault.what for fault in answer_faults(reading.document, reading.file, reading.values)]

    return found


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("find its bottom", "see that it climbs", "lesson.able[1]"),
        ("title: Where", "title: It climbs", "lesson.chapters[0].title"),
        ("A curve falls.", "A curve falls to 3.82.", "lesson.chapters[0].steps[0].text"),
        ("A curve falls.", "A curve falls to ${{ value:low .2f }}$.", "lesson.chapters[0].steps[0].text"),
    ],
)
def test_an_answer_above_its_question_is_a_fault(faults, old: str, new: str, where: str) -> None:
    (fault,) = faults(old, new, "low = 3.8187\n")
    assert fault.startswith("lesson.chapters[0].steps[0].ask.question: '")
    assert f"stands before it in {where}. Take it out there, or ask earlier." in fault


def test_below_the_question_and_in_its_own_answers_it_may_stand(faults) -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("at 3.82.", ("3.82",)),
        ("at 13.82, 3.821 and 0.3.82", ()),
        ("(3.82)", ("3.82",)),
        ("it CLIMBS", ("climbs",)),
        ("climbsome", ()),
    ],
)
def test_numbers_and_words_are_met_as_a_whole(text: str, found: tuple[str, ...]) -> None:
    assert given_away(text, Ask.model_construct(gives_away=("3.82", "climbs"))) == found

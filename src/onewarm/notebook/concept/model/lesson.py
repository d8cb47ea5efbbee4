"""The lesson of a page: chapters of steps, each with a state of the demo, and the questions that readers commit to."""

from typing import Annotated, Literal

from onewarm.errors import needs
from onewarm.notebook.concept.model.parts import MARKDOWN, Name, Number, Part, Plain, Text

with needs("onewarm.notebook", "notebook"):
    from pydantic import Field


class Answer(Part):
    """One answer that a reader can commit to."""

    name: Name
    """Slug, unique among the answers."""
    text: Text
    """The answer, as readers choose it; for a flag or a number: what this range of places or numbers means."""
    feedback: Text
    """Shown once it is committed to: what is right about it, or what it overlooks."""
    ending: Annotated[str, MARKDOWN] = ""
    """For the opening question: shown at the end of its chapter, what this prediction still missed."""
    between: tuple[Number, Number] | None = None
    """For a flag or a number: the answer counts as this one from the first value up to, not including, the second.
    An answer without a range has a button of its own, such as "there is no such place"."""
    highlight: Name | None = None
    """For a question of kind `point`: the visible object of the demo that is this answer."""


class Ask(Part):
    """A question to commit to before its answer is shown."""

    kind: Literal["choose", "point", "flag", "number"] = "choose"
    """How it is answered: choose an answer; point at an object of the demo; drag the demo's flag; type a number."""
    question: Text
    """The question. Nothing above or beside it may give the answer away."""
    answers: Annotated[tuple[Answer, ...], Field(min_length=2)]
    """The answers to choose from."""
    correct: Name
    """Name of the right answer."""
    start: Number = 0
    """For a flag: where it stands at first."""
    low: Number = 0
    """For a flag: the lowest place."""
    high: Number = 1
    """For a flag: the highest place."""
    step: Annotated[Number, Field(gt=0)] = 0.1
    """For a flag: the distance of two places."""
    reveal: Text
    """Shown once an answer is committed to, whichever it was: what happens, and why."""
    state: Name | None = None
    """Name of the demo state that shows it."""
    highlight: Name | None = None
    """Name of the visible object to highlight then."""
    gives_away: Annotated[tuple[Plain, ...], Field(min_length=1)]
    """Numbers and words that would answer the question: none of them may stand before it, in text or demo."""


class LessonStep(Part):
    """One step: a text, and the state of the demo that belongs to it."""

    name: Name
    """Slug, unique in the lesson."""
    title: Annotated[str, Field(min_length=0)] = ""
    """Heading of the step, if it has one; plain text."""
    text: Text
    """One idea, in a few sentences."""
    state: Name | None = None
    """Name of the demo state that the step puts the stage into; without it the state stays as it was."""
    highlight: Name | None = None
    """Name of the visible object to highlight in this step."""
    ask: Ask | None = None
    """A question that ends the step."""


class Chapter(Part):
    """A chapter of the lesson: one idea."""

    name: Name
    """Slug, unique among the chapters."""
    title: Plain
    """Heading of the chapter, short enough for the rail; plain text."""
    panel: Literal["storyboard", "intuition", "inquiry", "demo"] | None = None
    """The panel that this chapter is; each of the four is one chapter's. `storyboard` is the first, with the opening
    question; `demo` is the last, where the reader plays."""
    steps: Annotated[tuple[LessonStep, ...], Field(min_length=1)]
    """The steps, in order."""


class Lesson(Part):
    """The lesson: what it takes, what one can do afterwards, and its chapters."""

    minutes: Annotated[int, Field(gt=0, strict=True)]
    """How long the lesson takes, in minutes."""
    able: Annotated[tuple[Text, ...], Field(min_length=2, max_length=4)]
    """What a reader will be able to do, each as the end of "You will be able to ...". No answer may stand here."""
    chapters: Annotated[tuple[Chapter, ...], Field(min_length=2)]
    """The chapters, in order; the first asks the opening question in its first step."""

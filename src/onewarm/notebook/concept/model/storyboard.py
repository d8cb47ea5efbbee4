"""A prediction with the steps that follow it, and a question that the picture answers."""

from typing import Annotated

from onewarm.errors import needs
from onewarm.notebook.concept.model.parts import Name, Part, Plain, Text

with needs("onewarm.notebook", "notebook"):
    from pydantic import Field


class Option(Part):
    """One prediction that a reader can commit to."""

    name: Name
    """Slug, unique among the options."""
    text: Text
    """The prediction."""
    feedback: Text
    """Shown when the reader chooses it; must not give the answer away."""
    ending: Text
    """Shown after the last step: what this prediction got right and what it missed."""


class Step(Part):
    """One step of the storyboard."""

    name: Name
    """Slug, unique among the steps."""
    title: Plain
    """Heading of the step; plain text."""
    text: Text
    """What happens in this step, and why."""
    state: Name | None = None
    """Name of the demo state to show in this step."""
    highlight: Name | None = None
    """Name of the visible object to highlight in this step."""


class Storyboard(Part):
    """Readers commit to a prediction, then step through states of the demo."""

    question: Text
    """The question to predict the answer of, shown before the first step."""
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    """The predictions to choose from."""
    correct: Name
    """Name of the right option."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    """The steps, in order."""


class Cue(Part):
    """One visible object offered as an answer, and the feedback to choosing it."""

    name: Name
    """Slug, unique among the cues."""
    text: Text
    """The visible object, in a few words."""
    answer: Text
    """Feedback to choosing this cue: why it is right, or why it is not."""
    highlight: Name | None = None
    """Name of the visible object to highlight when the cue is chosen."""


class Reveal(Part):
    """Shown once the right cue has been chosen."""

    text: Text
    """What the picture shows."""
    state: Name | None = None
    """Name of the demo state that shows it."""
    highlight: Name | None = None
    """Name of the visible object to highlight."""


class Inquiry(Part):
    """A question to be answered by looking at the demo."""

    question: Text
    """The question."""
    cues: Annotated[tuple[Cue, ...], Field(min_length=2)]
    """The answers to choose from."""
    correct: Name
    """Name of the right cue."""
    reveal: Reveal
    """Shown once the right cue has been chosen."""

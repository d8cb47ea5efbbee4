"""What readers test themselves with: statements that are wrong or right, and exercises."""

from typing import Annotated

from onewarm.errors import needs
from onewarm.notebook.concept.model.parts import VALUE_NAME_PATTERN, Level, Name, Number, Part, Plain, Text

with needs("onewarm.notebook", "notebook"):
    from pydantic import Field, StringConstraints


DrawnValue = float | int | str
ValueName = Annotated[str, StringConstraints(pattern=VALUE_NAME_PATTERN)]


class Misconception(Part):
    """A wrong statement, its correction and a short check that runs when the page is built."""

    name: Name
    """Slug, unique among the misconceptions."""
    wrong: Text
    """The wrong statement."""
    correction: Text
    """The correction. Each number in backticks must be among those that the check prints."""
    check: Plain
    """Python code over `ow` (onewarm) and `np` (NumPy); what it prints is shown on the page."""


class TrueStatement(Part):
    """A statement that is true, for readers to tell from the misconceptions, and a short check of it."""

    name: Name
    """Slug, unique among the true statements and the misconceptions."""
    right: Text
    """The true statement; as short as the misconceptions, and as likely to be doubted."""
    why: Text
    """Why it is true. Each number in backticks must be among those that the check prints."""
    check: Plain
    """Python code over `ow` (onewarm) and `np` (NumPy); what it prints is shown on the page."""


class NumericAnswer(Part):
    """A number that the page checks the reader's answer against, and the Python expression that computes it."""

    value: Number | None = None
    """For an exercise whose numbers are not drawn: the right number, which the expression must give."""
    tolerance: Annotated[Number, Field(gt=0)]
    """Largest absolute difference between the reader's number and the right one that counts as right."""
    expression: Plain
    """Python expression over `ow` (onewarm), `np` (NumPy), the page's values and the exercise's own: the right number,
    which the exercise's texts name `{{ value:answer .4f }}`."""


class Question(Part):
    """One exercise of the practice loop."""

    name: Name
    """Slug, unique among the questions."""
    level: Level
    """Asks for a concrete answer, for the reason why it holds, or for a neighbouring idea; each level is needed."""
    question: Text
    """The exercise."""
    answer: Text
    """The full answer."""
    draw: dict[ValueName, Annotated[tuple[DrawnValue, ...], Field(min_length=2)]] = Field(default_factory=dict)
    """Numbers that are drawn anew: for each name the values to draw from, the first ones at first. The exercise's texts
    have them as `{{ value:NAME }}`."""
    compute: dict[ValueName, Plain] = Field(default_factory=dict)
    """Further values of the exercise: for each name a Python expression over `ow`, `np`, the page's values, the drawn
    ones and those above it."""
    number: NumericAnswer | None = None
    """For a numeric answer: the page then checks the reader's number."""
    nudges: Annotated[tuple[Text, ...], Field(min_length=3, max_length=3)]
    """Three hints; the last one almost gives the answer."""
    rubric: Annotated[tuple[Text, ...], Field(min_length=2)]
    """What a full answer contains, for readers to mark their own."""

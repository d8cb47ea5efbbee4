"""The schema of concept.yaml, as frozen types.

`Text` is Markdown with `$...$` for inline math, `Plain` is text without markup. A `name` is a slug that is unique in
its list; the key and the anchor of the object are computed from it (see `onewarm.notebook.concept.keys`). The
docstrings of the fields become the descriptions in the JSON Schema, which editors show.
"""

from typing import Annotated, Literal

from onewarm.errors import needs
from onewarm.notebook.concept.keys import CLAIM_PATTERN, CONCEPT_PATTERN, KEY_PATTERN, NAME_PATTERN

with needs("onewarm.notebook", "notebook"):
    from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints


class Markdown:
    """Marks a field as Markdown: its formulas and links are checked, and it becomes HTML when the page is built."""


MARKDOWN = Markdown()
Plain = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Text = Annotated[Plain, MARKDOWN]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
ConceptKey = Annotated[str, StringConstraints(pattern=CONCEPT_PATTERN)]
ClaimKey = Annotated[str, StringConstraints(pattern=CLAIM_PATTERN)]
Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
HTTPS_PATTERN = r"^https://\S+$"
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Level = Literal["concrete", "why", "neighbour"]
Kind = Literal["concept", "equation", "source", "code", "claim", "misconception", "demo-state"]
State = dict[str, JsonValue]


class Part(BaseModel):
    """Base of every part: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Layer(Part):
    """One layer of the page, for the list under the learning map."""

    name: Literal["intuition", "math", "code", "demo"]
    """The panel of this layer."""
    title: Plain
    """Title of the layer on this page; plain text."""
    text: Text
    """What the layer does for the reader."""


class Edge(Part):
    """One edge of the learning map, from this concept to another."""

    key: ConceptKey
    """`concept:section/slug` of the other concept."""
    title: Plain
    """The title of the other concept; plain text."""
    reason: Text
    """How the two concepts are related."""
    planned: bool = False
    """True while the other concept has no page; ignored once it has one."""
    more: Annotated[str, MARKDOWN] = ""
    """Shown in addition once the reader has committed to a prediction in the storyboard."""


class Edges(Part):
    """The concept's place in the learning map."""

    prerequisites: tuple[Edge, ...] = ()
    """Concepts to know before this one."""
    next: tuple[Edge, ...] = ()
    """Concepts to read after this one."""
    contrast: tuple[Edge, ...] = ()
    """Concepts that are easily confused with this one."""


class Source(Part):
    """A publication that the page relies on, with the exact place."""

    name: Name
    """Slug, unique among the sources."""
    title: Plain
    """Title of the publication; plain text."""
    citation: Plain
    """Authors, venue, year; plain text."""
    url: Annotated[str, StringConstraints(pattern=HTTPS_PATTERN)]
    """Address, https."""
    place: Plain
    """Section, equation or table; plain text."""
    read: Literal["full text", "abstract", "cited, not read"]
    """How the author of `says` read it; `cited, not read` is for a classic whose content is common knowledge."""
    says: Text
    """What that place says, in your own words."""


class Equation(Part):
    """A numbered equation; its LaTeX is in page.md, as `$$ ... $$ (name)`."""

    name: Name
    """The label of the equation in page.md."""
    title: Plain
    """Title of the equation; plain text."""
    says: Text
    """The equation in words, in one sentence."""


class Code(Part):
    """The page's code: witness.py, which runs when the page is built."""

    name: Name
    """Slug; part of the key of the code."""
    title: Plain
    """Caption of the listing; plain text."""
    text: Text
    """What to look for in the code."""
    output: Plain
    """Exactly what witness.py prints; plain text. Compared when the page is built."""


class DemoState(Part):
    """A named state of the demo."""

    name: Name
    """Slug, unique among the states."""
    title: Plain
    """Title of the state; plain text."""
    text: Text
    """What to look at in this state."""
    state: State
    """Values for some of the keys of `demo.model`, each of the same type as there."""


class Demo(Part):
    """The demo's initial model and its named states."""

    notes: Text
    """Shown while there is no demo.js: what the demo would show."""
    model: State = Field(default_factory=dict)
    """Names and start values of what the demo can change."""
    highlights: tuple[Name, ...] = ()
    """Names of visible objects of the demo; a step, a cue or the reveal can highlight one."""
    states: tuple[DemoState, ...] = ()
    """Named states, for the storyboard, the inquiry and the list below the demo."""


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


class NumericAnswer(Part):
    """A number that the page checks the reader's answer against, and the Python expression that computes it."""

    value: Number
    """The right number."""
    tolerance: Annotated[Number, Field(gt=0)]
    """Largest absolute difference between the reader's number and `value` that counts as right."""
    expression: Plain
    """Python expression over `ow` (onewarm) and `np` (NumPy); must give `value` within `tolerance`."""


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
    number: NumericAnswer | None = None
    """For a numeric answer: the page then checks the reader's number."""
    nudges: Annotated[tuple[Text, ...], Field(min_length=3, max_length=3)]
    """Three hints; the last one almost gives the answer."""
    rubric: Annotated[tuple[Text, ...], Field(min_length=2)]
    """What a full answer contains, for readers to mark their own."""


class ResearchQuestion(Part):
    """An open question about one object, or about every object of a kind that has no question of its own."""

    kind: Kind
    """The kind of object that the question is about."""
    object: Key | None = None
    """Key of the object; without it the question is for every object of the kind."""
    question: Text
    """The open question."""
    evidence: Annotated[tuple[Text, ...], Field(min_length=1)]
    """What to inspect to answer it."""
    resolves: Annotated[tuple[Text, ...], Field(min_length=1)]
    """What would settle the question."""
    next_action: Text
    """One thing to do next."""


class ConceptFile(Part):
    """The schema of concept.yaml."""

    key: ConceptKey
    """`concept:section/slug`; the route, the anchors and every other key of the page are computed from it."""
    title: Plain
    """Title of the concept; plain text."""
    section: Plain
    """Title of the section; plain text."""
    summary: Text
    """The idea in one to three sentences."""
    structure: Annotated[tuple[Layer, ...], Field(min_length=1)]
    """The layers of the page, listed under the learning map."""
    edges: Edges
    """The concept's place in the learning map."""
    sources: tuple[Source, ...] = ()
    """Publications that the page relies on."""
    equations: tuple[Equation, ...] = ()
    """Title and meaning of each labelled equation of page.md; one entry for each label."""
    code: Code
    """Title, text and output of witness.py."""
    demo: Demo
    """The demo: its notes, model and states."""
    storyboard: Storyboard
    """Readers commit to a prediction, then step through states of the demo."""
    inquiry: Inquiry
    """Readers choose the answer that they see in the demo."""
    claims: tuple[ClaimKey, ...] = ()
    """Keys of the claims in the ledger that the page reviews."""
    misconceptions: tuple[Misconception, ...] = ()
    """Wrong statements that sound right, each with a correction and a check."""
    practice: Annotated[tuple[Question, ...], Field(min_length=1)]
    """Exercises at three levels; at least one of each."""
    research: Annotated[tuple[ResearchQuestion, ...], Field(min_length=1)]
    """Open questions: one without `object` for each kind, and any number for single objects."""

"""What a concept folder says, as frozen types: the schema of concept.yaml and the parts of a loaded concept.

Texts are Markdown with `$...$` for inline math unless a field says "plain". A `name` is a slug that is unique
in its list; the key and the anchor of the object follow from it (see `onewarm.notebook.keys`).
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from onewarm.notebook.keys import CLAIM_PATTERN, CONCEPT_PATTERN, KEY_PATTERN, NAME_PATTERN

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
ConceptKey = Annotated[str, StringConstraints(pattern=CONCEPT_PATTERN)]
ClaimKey = Annotated[str, StringConstraints(pattern=CLAIM_PATTERN)]
Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Level = Literal["concrete", "why", "neighbour"]
Kind = Literal["concept", "equation", "source", "code", "claim", "misconception", "demo-state"]
State = dict[str, JsonValue]


class Part(BaseModel):
    """Base of every part: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Layer(Part):
    """One layer of the concept and what it does for the reader."""

    name: Literal["intuition", "math", "code", "demo"]
    title: Text
    """Plain."""
    text: Text


class Edge(Part):
    """One edge of the learning map, from this concept to another."""

    key: ConceptKey
    title: Text
    """Plain; the title of the other concept."""
    reason: Text
    """Why the edge is there."""
    planned: bool = False
    """True while the other concept has no page; ignored as soon as it has one."""
    more: str = ""
    """Shown as well once the storyboard's prediction was made."""


class Edges(Part):
    """The concept's place in the learning map."""

    prerequisites: tuple[Edge, ...] = ()
    next: tuple[Edge, ...] = ()
    contrast: tuple[Edge, ...] = ()

    def all(self) -> tuple[Edge, ...]:
        return self.prerequisites + self.next + self.contrast


class Source(Part):
    """A text the page leans on, with the exact place."""

    name: Name
    title: Text
    """Plain."""
    citation: Text
    """Plain; authors, venue, year."""
    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
    place: Text
    """Section, equation or table."""
    read: Literal["full text", "abstract", "cited, not read"]
    """How it was read by whoever wrote `says`; the last is for a classic whose place is common knowledge."""
    says: Text
    """What is to be found there, in our words."""


class Equation(Part):
    """A numbered equation: its LaTeX stands in page.md as `$$ ... $$ (name)`."""

    name: Name
    title: Text
    """Plain."""
    says: Text
    """The equation read aloud in one sentence."""


class Code(Part):
    """The page's code: witness.py, run at build."""

    name: Name
    title: Text
    """Plain."""
    text: Text
    """What to look for in the code."""
    output: Text
    """Plain; what witness.py prints, compared exactly at build."""


class DemoState(Part):
    """A named state of the demo."""

    name: Name
    title: Text
    """Plain."""
    text: Text
    """What is to be seen in this state."""
    state: State
    """Keys of `demo.model`, each with a value of the same type."""


class Demo(Part):
    """The demo's initial model and its named states."""

    notes: Text
    """Shown where there is no demo.js: what the demo would show."""
    model: State = Field(default_factory=dict)
    """The initial model."""
    highlights: tuple[Name, ...] = ()
    """Names of the visible objects, one of which a step, a cue or the reveal may light up."""
    states: tuple[DemoState, ...] = ()


class Option(Part):
    """One prediction that a reader can commit to."""

    name: Name
    text: Text
    feedback: Text
    """Shown as soon as it is chosen; does not give the answer away."""
    ending: Text
    """Shown after the last step: what this prediction saw and what it missed."""


class Step(Part):
    """One step of the storyboard."""

    name: Name
    title: Text
    """Plain."""
    text: Text
    state: Name | None = None
    """Name of the demo state that the step enters."""
    highlight: Name | None = None


class Storyboard(Part):
    """Predict, then step through states of the demo."""

    question: Text
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    correct: Name
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]


class Cue(Part):
    """One visible object offered as the answer, and what choosing it is told."""

    name: Name
    text: Text
    answer: Text
    highlight: Name | None = None


class Reveal(Part):
    """What the inquiry shows in the end."""

    text: Text
    state: Name | None = None
    highlight: Name | None = None


class Inquiry(Part):
    """A question that the picture answers."""

    question: Text
    cues: Annotated[tuple[Cue, ...], Field(min_length=2)]
    correct: Name
    reveal: Reveal


class Misconception(Part):
    """A wrong statement, its correction and a short check that runs at build."""

    name: Name
    wrong: Text
    correction: Text
    """Numbers written in backticks must occur in what the check prints."""
    check: Text
    """Python that prints; its output is computed at build and shown, never typed."""


class NumericAnswer(Part):
    """A number to be checked in the page, and the Python expression that gives it."""

    value: Number
    tolerance: Annotated[Number, Field(gt=0)]
    """Largest |given - value| that counts as right."""
    expression: Text
    """Python over `ow` (onewarm) and `np` (NumPy); recomputed by the tests."""


class Question(Part):
    """One question of the practice loop."""

    name: Name
    level: Level
    question: Text
    answer: Text
    number: NumericAnswer | None = None
    nudges: Annotated[tuple[Text, ...], Field(min_length=3, max_length=3)]
    """From a hint to almost the answer."""
    rubric: Annotated[tuple[Text, ...], Field(min_length=2)]
    """What a full answer contains, to mark yourself."""


class ResearchQuestion(Part):
    """An open question for one object, or for every object of a kind that has none of its own."""

    kind: Kind
    object: Key | None = None
    """Key of the object; left out: the kind's question."""
    question: Text
    evidence: Annotated[tuple[Text, ...], Field(min_length=1)]
    """What to inspect."""
    resolves: Annotated[tuple[Text, ...], Field(min_length=1)]
    """What would settle it."""
    next_action: Text


class ConceptFile(Part):
    """The schema of concept.yaml."""

    key: ConceptKey
    """`concept:section/slug`; the route, the anchors and every other key follow from it."""
    title: Text
    """Plain."""
    section: Text
    """Plain; the section's title."""
    summary: Text
    structure: Annotated[tuple[Layer, ...], Field(min_length=1)]
    edges: Edges
    sources: tuple[Source, ...] = ()
    equations: tuple[Equation, ...] = ()
    code: Code
    demo: Demo
    storyboard: Storyboard
    inquiry: Inquiry
    claims: tuple[ClaimKey, ...] = ()
    """Keys of the ledger's claims that the page reviews."""
    misconceptions: tuple[Misconception, ...] = ()
    practice: Annotated[tuple[Question, ...], Field(min_length=1)]
    research: Annotated[tuple[ResearchQuestion, ...], Field(min_length=1)]


class PageEquation(Part):
    """A labelled equation as it stands in page.md."""

    name: str
    latex: str
    line: int
    """1-based line of page.md."""


class Page(Part):
    """page.md in its two parts, and its labelled equations in order."""

    intuition: str
    intuition_line: int
    """1-based line of page.md on which the Markdown in `intuition` starts."""
    math: str
    math_line: int
    equations: tuple[PageEquation, ...]


class Concept(ConceptFile):
    """A loaded concept: concept.yaml, page.md and witness.py; made by `load_concept`."""

    folder: Path
    page: Page
    code_text: str
    """The text of witness.py."""

    @property
    def demo_file(self) -> Path | None:
        """demo.js of the folder, or None: then the page shows `demo.notes`."""
        path = self.folder / "demo.js"
        return path if path.is_file() else None

    def demo_state(self, name: str) -> dict[str, Any]:
        """The full model in a named state: the initial model with the state's values over it."""
        state = next(s for s in self.demo.states if s.name == name)
        return {**self.demo.model, **state.state}

    def research_for(self, kind: str, key: str) -> ResearchQuestion:
        """The question of an object: its own, or its kind's."""
        own = [q for q in self.research if q.object == key]
        return own[0] if own else next(q for q in self.research if q.kind == kind and q.object is None)

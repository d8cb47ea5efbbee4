"""What a concept folder says, as frozen types: the schema of concept.yaml and the parts of a loaded concept.

`Text` is Markdown with `$...$` for inline math, `Plain` is shown as it stands. A `name` is a slug that is unique in its
list; the key and the anchor of the object follow from it (see `onewarm.notebook.concept.keys`). The docstrings of the
fields become the descriptions of the JSON Schema that editors show.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from onewarm.notebook.concept.keys import CLAIM_PATTERN, CONCEPT_PATTERN, KEY_PATTERN, NAME_PATTERN


class Markdown:
    """Marks a field as Markdown: its formulas and links are checked, and converted when the page is built."""


MARKDOWN = Markdown()
Plain = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Text = Annotated[Plain, MARKDOWN]
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
    """The panel that this layer is."""
    title: Plain
    """What the layer is called here; plain."""
    text: Text
    """What the layer does for the reader."""


class Edge(Part):
    """One edge of the learning map, from this concept to another."""

    key: ConceptKey
    """`concept:section/slug` of the other concept."""
    title: Plain
    """The title of the other concept; plain."""
    reason: Text
    """Why the edge is there."""
    planned: bool = False
    """True while the other concept has no page; ignored as soon as it has one."""
    more: Annotated[str, MARKDOWN] = ""
    """Shown as well once the storyboard's prediction was made."""


class Edges(Part):
    """The concept's place in the learning map."""

    prerequisites: tuple[Edge, ...] = ()
    """Concepts to bring along."""
    next: tuple[Edge, ...] = ()
    """Concepts that this one leads to."""
    contrast: tuple[Edge, ...] = ()
    """Concepts that this one is not to be confused with."""

    def all(self) -> tuple[Edge, ...]:
        return self.prerequisites + self.next + self.contrast


class Source(Part):
    """A text the page leans on, with the exact place."""

    name: Name
    """Slug, unique among the sources."""
    title: Plain
    """Title of the publication; plain."""
    citation: Plain
    """Authors, venue, year; plain."""
    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
    """Address, https."""
    place: Plain
    """Section, equation or table; plain."""
    read: Literal["full text", "abstract", "cited, not read"]
    """How it was read by whoever wrote `says`; the last is for a classic whose place is common knowledge."""
    says: Text
    """What is to be found there, in our words."""


class Equation(Part):
    """A numbered equation: its LaTeX stands in page.md as `$$ ... $$ (name)`."""

    name: Name
    """The label of the equation in page.md."""
    title: Plain
    """What the equation is called; plain."""
    says: Text
    """The equation read aloud in one sentence."""


class Code(Part):
    """The page's code: witness.py, run at build."""

    name: Name
    """Slug of the code."""
    title: Plain
    """Caption of the listing; plain."""
    text: Text
    """What to look for in the code."""
    output: Plain
    """What witness.py prints, plain: compared exactly at build."""


class DemoState(Part):
    """A named state of the demo."""

    name: Name
    """Slug, unique among the states."""
    title: Plain
    """What the state is called; plain."""
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
    """Named states: linked to, stepped through, asked about."""


class Option(Part):
    """One prediction that a reader can commit to."""

    name: Name
    """Slug, unique among the options."""
    text: Text
    """The prediction."""
    feedback: Text
    """Shown as soon as it is chosen; does not give the answer away."""
    ending: Text
    """Shown after the last step: what this prediction saw and what it missed."""


class Step(Part):
    """One step of the storyboard."""

    name: Name
    """Slug, unique among the steps."""
    title: Plain
    """Heading of the step; plain."""
    text: Text
    """What to see in this step, and why."""
    state: Name | None = None
    """Name of the demo state that the step enters."""
    highlight: Name | None = None
    """Name of the visible object that the step lights up."""


class Storyboard(Part):
    """Predict, then step through states of the demo."""

    question: Text
    """What will happen? Asked before the first step."""
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    """The predictions to choose from."""
    correct: Name
    """Name of the option that happens."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    """The steps, in order."""


class Cue(Part):
    """One visible object offered as the answer, and what choosing it is told."""

    name: Name
    """Slug, unique among the cues."""
    text: Text
    """The visible object, offered as the answer."""
    answer: Text
    """What choosing it is told, in words of its own."""
    highlight: Name | None = None
    """Name of the visible object that choosing the cue lights up."""


class Reveal(Part):
    """What the inquiry shows in the end."""

    text: Text
    """What the picture shows."""
    state: Name | None = None
    """Name of the demo state that shows it."""
    highlight: Name | None = None
    """Name of the visible object to light up."""


class Inquiry(Part):
    """A question that the picture answers."""

    question: Text
    """A question that a look at the demo answers."""
    cues: Annotated[tuple[Cue, ...], Field(min_length=2)]
    """Where to look: the choices."""
    correct: Name
    """Name of the cue that answers the question."""
    reveal: Reveal
    """Shown with the right cue."""


class Misconception(Part):
    """A wrong statement, its correction and a short check that runs at build."""

    name: Name
    """Slug, unique among the misconceptions."""
    wrong: Text
    """The wrong statement."""
    correction: Text
    """Numbers written in backticks must occur in what the check prints."""
    check: Plain
    """Python that prints; its output is computed at build and shown, never typed."""


class NumericAnswer(Part):
    """A number to be checked in the page, and the Python expression that gives it."""

    value: Number
    """The right number."""
    tolerance: Annotated[Number, Field(gt=0)]
    """Largest |given - value| that counts as right."""
    expression: Plain
    """Python over `ow` (onewarm) and `np` (NumPy); recomputed by the tests."""


class Question(Part):
    """One question of the practice loop."""

    name: Name
    """Slug, unique among the questions."""
    level: Level
    """A concrete answer, why the claim should hold, or a neighbouring idea; each occurs."""
    question: Text
    """What is asked."""
    answer: Text
    """The full answer."""
    number: NumericAnswer | None = None
    """Given where the answer is a number: the page then checks it."""
    nudges: Annotated[tuple[Text, ...], Field(min_length=3, max_length=3)]
    """From a hint to almost the answer."""
    rubric: Annotated[tuple[Text, ...], Field(min_length=2)]
    """What a full answer contains, to mark yourself."""


class ResearchQuestion(Part):
    """An open question for one object, or for every object of a kind that has none of its own."""

    kind: Kind
    """The kind of object that the question is about."""
    object: Key | None = None
    """Key of the object; left out: the kind's question."""
    question: Text
    """The open question."""
    evidence: Annotated[tuple[Text, ...], Field(min_length=1)]
    """What to inspect."""
    resolves: Annotated[tuple[Text, ...], Field(min_length=1)]
    """What would settle it."""
    next_action: Text
    """One thing to do next."""


class ConceptFile(Part):
    """The schema of concept.yaml."""

    key: ConceptKey
    """`concept:section/slug`; the route, the anchors and every other key follow from it."""
    title: Plain
    """Title of the concept; plain."""
    section: Plain
    """Title of the section; plain."""
    summary: Text
    """The idea in one to three sentences."""
    structure: Annotated[tuple[Layer, ...], Field(min_length=1)]
    """The layers of the page that the learning map lists."""
    edges: Edges
    """The place in the learning map."""
    sources: tuple[Source, ...] = ()
    """Texts that the page leans on."""
    equations: tuple[Equation, ...] = ()
    """What the labelled equations of page.md say; each label once."""
    code: Code
    """What there is to say about witness.py."""
    demo: Demo
    """The demo: its notes, its model, its states."""
    storyboard: Storyboard
    """Predict, then step through states of the demo."""
    inquiry: Inquiry
    """Choose the cue, then see."""
    claims: tuple[ClaimKey, ...] = ()
    """Keys of the ledger's claims that the page reviews."""
    misconceptions: tuple[Misconception, ...] = ()
    """Sentences that sound right, each with a check."""
    practice: Annotated[tuple[Question, ...], Field(min_length=1)]
    """Questions at three levels."""
    research: Annotated[tuple[ResearchQuestion, ...], Field(min_length=1)]
    """Open questions: one without `object` for every kind, and any number for single objects."""


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

"""The schema of concept.yaml."""

from typing import Annotated

from onewarm.errors import needs
from onewarm.notebook.concept.model.demo import Demo
from onewarm.notebook.concept.model.edges import Edges, Layer
from onewarm.notebook.concept.model.lesson import Lesson
from onewarm.notebook.concept.model.parts import ClaimKey, ConceptKey, Part, Plain, Text
from onewarm.notebook.concept.model.practice import Misconception, Question, TrueStatement
from onewarm.notebook.concept.model.research import ResearchQuestion
from onewarm.notebook.concept.model.written import Code, Equation, Source

with needs("onewarm.notebook", "notebook"):
    from pydantic import Field


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
    lesson: Lesson
    """The lesson: chapters whose steps move the demo and ask for predictions."""
    claims: tuple[ClaimKey, ...] = ()
    """Keys of the claims in the ledger that the page reviews."""
    misconceptions: tuple[Misconception, ...] = ()
    """Wrong statements that sound right, each with a correction and a check."""
    true_statements: tuple[TrueStatement, ...] = ()
    """True statements, which readers tell from the misconceptions: one list has both, in an order of chance."""
    practice: Annotated[tuple[Question, ...], Field(min_length=1)]
    """Exercises at three levels; at least one of each."""
    research: Annotated[tuple[ResearchQuestion, ...], Field(min_length=1)]
    """Open questions: one without `object` for each kind, and any number for single objects."""

"""Open questions about the objects of a page."""

from typing import Annotated

from onewarm.errors import needs
from onewarm.notebook.concept.model.parts import Key, Kind, Part, Text

with needs("onewarm.notebook", "notebook"):
    from pydantic import Field


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

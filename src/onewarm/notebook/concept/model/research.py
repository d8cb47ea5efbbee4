"""Open questions about the objects of a page."""

from typing import Annotated, Literal

from onewarm.errors import needs
from onewarm.notebook.concept.model.parts import Key, Kind, Part, Text

with needs("onewarm.notebook", "notebook"):
    from pydantic import Field


class ResearchQuestion(Part):
    """An open question about one object, or about every object of a kind that has no question of its own."""

    kind: Kind | Literal["identity"]
    """The kind of object that the question is about; `identity` is a claim that two computations agree, `claim` one
    that a study tests. A page need have a question of its own for only one of these two."""
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


# What is asked where the page has no question of its own. No data can confirm or refute an identity.
DEFAULT_QUESTIONS = (
    ResearchQuestion(
        kind="identity",
        question="Which step of the derivation needs its conditions, and what takes the identity's place without them?",
        evidence=(
            "The scope, and the derivation on this page",
            "The witness, and the inputs on which it compared the two sides",
            "The largest difference that it found, and the tolerance",
        ),
        resolves=(
            "You named a condition, and an input without it on which the two sides differ",
            "You can say by how much they differ, and derive that",
            "You can say which part of the difference found is rounding",
        ),
        next_action="Choose an input just outside the scope and compute both sides by hand, before you run anything.",
    ),
    ResearchQuestion(
        kind="claim",
        question="What would have to be found for you to give this claim up?",
        evidence=(
            "The status, and the effects with their intervals that it was computed from",
            "The command that runs the study again",
        ),
        resolves=(
            "You wrote down what you expect, and which result would refute the claim, before you ran anything",
            "The new evidence agrees, or changes the status, and you can say why",
        ),
        next_action="Run the claim's witness, then once more on data of your own, and compare the two intervals.",
    ),
)

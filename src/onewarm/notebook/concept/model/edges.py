"""The place of a concept in the learning map, and what its page consists of."""

from typing import Annotated, Literal

from onewarm.notebook.concept.model.parts import MARKDOWN, ConceptKey, Part, Plain, Text


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
    """Shown in addition once the reader has committed to a prediction."""


class Edges(Part):
    """The concept's place in the learning map."""

    prerequisites: tuple[Edge, ...] = ()
    """Concepts to know before this one."""
    next: tuple[Edge, ...] = ()
    """Concepts to read after this one."""
    contrast: tuple[Edge, ...] = ()
    """Concepts that are easily confused with this one."""
